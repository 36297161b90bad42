"""How safe a book is, and which share of the core is as safe: on resampled sessions, and for many books at once.

Plain functions; `compiled` twins them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from data.arrays import Floats, Ints

WINDOW = 63
"""Sessions of a quarter."""
TAIL = 0.05
"""The share of windows, the lowest, that make a bad quarter."""
SOME = 64
"""Windows that `quarter` sums up at a time."""
STRIDE = 16
"""Of so many values, `lowest_few` looks at one first."""
MEASURES = ("quarter", "drawdown", "volatility")
"""What books are matched by; the columns of what `match_draws` writes."""


class Blocks(NamedTuple):
    """Draws of sessions, each as blocks that follow each other in a pool and go round its end.

    Parameters
    ----------
    of
        Where each draw's blocks begin among all: those of draw d are ``of[d]`` to ``of[d + 1] - 1``, shape
        (draws + 1,).
    start, length
        The first session of each block, and how many it has, shape (blocks,); every draw has as many sessions in all.
    """

    of: Ints
    start: Ints
    length: Ints


def match_draws(blocks: Blocks, paths: Floats, grid: Floats, near: Ints, out: Floats) -> None:
    """Write, for each draw of sessions, the share of the core that is as safe as the hedged book, and both growths.

    Parameters
    ----------
    blocks
        What each draw takes.
    paths
        What a dollar becomes over the pool: in the hedged book, then in those that hold each share of `grid`, shape
        (1 + shares, pool + 1).
    grid
        Shares of the core, increasing, 1 last, shape (shares,).
    near
        From which place in `grid`, but the last, each measure is looked for, shape (measures,): from the last but one
        the largest share is found that is as safe, and from any the same one where more of the core is riskier.
    out
        Written, shape (draws, measures, 3): by the first of `MEASURES`, the share, the log growth of the book that
        holds it and the hedged book's, over the draw. Between two shares straight lines; 1 where the hedged book is
        riskier than the whole.
    """
    closes = 1
    for i in range(blocks.of[0], blocks.of[1]):  # numba's sum would load scipy, which takes longer than many draws
        closes += blocks.length[i]
    level, room = np.empty(closes), np.empty(closes)
    for d in range(len(blocks.of) - 1):
        for m in range(out.shape[1]):
            own, out[d, m, 2] = risk_and_growth(blocks, d, m, paths[0], level, room)
            out[d, m, 0], out[d, m, 1] = match(blocks, d, m, own, paths, grid, near[m], level, room)


def match(
    blocks: Blocks,
    draw: int,
    measure: int,
    own: float,
    paths: Floats,
    grid: Floats,
    k: int,
    level: Floats,
    room: Floats,
) -> tuple[float, float]:
    """Return the share that is as safe as a book of risk `own`, looked for from place k on, and its log growth."""
    high, more = risk_and_growth(blocks, draw, measure, paths[2 + k], level, room)
    low, less = high, more
    if not own <= high:  # else it isn't asked for
        low, less = risk_and_growth(blocks, draw, measure, paths[1 + k], level, room)
    while own <= high and k + 2 < len(grid):
        k, low, less = k + 1, high, more
        high, more = risk_and_growth(blocks, draw, measure, paths[2 + k], level, room)
    while own > low and own > high and k > 0:
        k, high, more = k - 1, low, less
        low, less = risk_and_growth(blocks, draw, measure, paths[1 + k], level, room)
    if own <= high:
        return grid[k + 1], more
    if own > low:
        return grid[k], less
    return between(own, low, high, grid[k], grid[k + 1], less, more)


def between(
    own: float, low: float, high: float, share: float, next_share: float, less: float, more: float
) -> tuple[float, float]:
    """Return share and log growth at risk `own`, in straight lines from those of risk `high` to those of `low`."""
    part = (own - high) / (low - high)
    return next_share + part * (share - next_share), more + part * (less - more)


def as_safe(own: float, grid: Floats, risks: Floats, growths: Floats) -> tuple[float, float]:
    """Return the share of the core that is as safe as a book, and the log growth of the book that holds it.

    The first share from the top that is at least as safe, straight lines between it and the one above; 1 where the
    book is riskier than the whole, the lowest share where it is safer than all. What lies below isn't read.

    Parameters
    ----------
    own
        The book's risk, as `risk_of` gives it.
    grid, risks, growths
        Shares, increasing, and the risk and the log growth of the books that hold them, shape (shares,).
    """
    for k in range(len(grid) - 1, -1, -1):
        if own <= risks[k]:
            if k + 1 == len(grid):
                return grid[k], growths[k]
            return between(own, risks[k], risks[k + 1], grid[k], grid[k + 1], growths[k], growths[k + 1])
    return grid[0], growths[0]


def match_books(levels: Floats, grid: Floats, risks: Floats, growths: Floats, out: Floats) -> None:
    """Write how far a bad quarter of each book falls short, and the log growth of holding less to the same.

    Parameters
    ----------
    levels
        What each book is worth at each close, shape (books, sessions), two quarters long at least.
    grid, risks, growths
        As of `as_safe`, by a bad quarter.
    out
        Written, shape (books, 2).
    """
    room = np.empty(levels.shape[1] - WINDOW)
    for j in range(len(levels)):
        out[j, 0] = quarter(levels[j], room)
        out[j, 1] = as_safe(out[j, 0], grid, risks, growths)[1]


def tails_of(levels: Floats, worst: int, least: int, grid: Floats, risks: Floats, growths: Floats, out: Floats) -> None:
    """Write what a sweep keeps of the tails of many books.

    Parameters
    ----------
    levels
        What each book is worth at each close, shape (books, sessions).
    worst
        How many sessions are the worst.
    least
        Fewer returns have no bad quarter.
    grid, risks, growths
        As of `as_safe`, by a bad quarter.
    out
        Written, shape (books, 3): the mean return of its worst sessions, how far a bad quarter falls short, and the log
        growth of holding less to the same; NaN in sessions that have no quarter.
    """
    values, room = np.empty(levels.shape[1]), np.empty(levels.shape[1])
    for j in range(len(levels)):
        tail_of(levels, j, worst, least, grid, risks, growths, values, room, out)


def tail_of(
    levels: Floats,
    j: int,
    worst: int,
    least: int,
    grid: Floats,
    risks: Floats,
    growths: Floats,
    values: Floats,
    room: Floats,
    out: Floats,
) -> None:
    """Write the tail of one book."""
    count = levels.shape[1] - 1
    for t in range(count):
        values[t] = levels[j, t + 1] / levels[j, t] - 1.0
    out[j, 0], out[j, 1], out[j, 2] = lowest_few(values, count, worst, room) / worst, math.nan, math.nan
    if count >= least:
        count = levels.shape[1] - WINDOW
        for t in range(count):
            values[t] = levels[j, t + WINDOW] / levels[j, t] - 1.0
        few = int(TAIL * (count - 1)) + 1
        out[j, 1] = lowest_few(values, count, few, room) / few - total(values, count) / count
        out[j, 2] = as_safe(out[j, 1], grid, risks, growths)[1]


def lowest_few(values: Floats, count: int, worst: int, room: Floats) -> float:
    """Return the sum of the lowest of some values, which are few beside all: those that a sample says are put aside."""
    sample, kept, high = count // STRIDE, 0, math.inf
    for i in range(sample):
        room[i] = values[i * STRIDE]
    some = worst // STRIDE + worst // (4 * STRIDE) + 8  # a quarter more than they would be, and a few for chance
    if some < sample:
        high = cut(room, sample, some, some + 4)[1]
    for t in range(count):
        room[kept] = values[t]
        kept += values[t] <= high
    if kept < worst:
        for t in range(count):
            room[t] = values[t]
        kept = count
    low, high = cut(room, kept, worst, worst)
    below, added = 0, 0.0
    for i in range(kept):
        below += room[i] <= low
        added += room[i] if room[i] <= low else 0.0
    return added + (worst - below) * high


def cut(values: Floats, count: int, least: int, most: int) -> tuple[float, float]:
    """Return two bounds: at or below the first are at most `most` of some values, below the second at least `least`.

    They are one where that can be; where values are equal just there, nothing lies between them.
    """
    low, high = values[0], values[0]
    for i in range(count):
        low = values[i] if values[i] < low else low  # noqa: FURB136  # min() looks for NaN first
        high = values[i] if values[i] > high else high  # noqa: FURB136  # the same
    low = low - abs(low) * 1e-15 - 1e-300
    while True:
        middle, below = low + (high - low) * 0.5, 0
        if not low < middle < high:
            return low, high
        for i in range(count):
            below += values[i] <= middle
        if below > most:
            high = middle
        elif below < least:
            low = middle
        else:
            return middle, middle


def total(values: Floats, count: int) -> float:
    """Return a sum, in eight that don't wait for each other."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = count - count % 8
    for t in range(0, whole, 8):
        a, b, c, d = a + values[t], b + values[t + 1], c + values[t + 2], d + values[t + 3]
        e, f, g, h = e + values[t + 4], f + values[t + 5], g + values[t + 6], h + values[t + 7]
    for t in range(whole, count):
        a += values[t]
    return (a + b) + (c + d) + ((e + f) + (g + h))


def risk_and_growth(
    blocks: Blocks, draw: int, measure: int, path: Floats, level: Floats, room: Floats
) -> tuple[float, float]:
    """Return a book's risk and its log growth over a draw of sessions."""
    walk(blocks, draw, path, level)
    return risk_of(measure, level, room), math.log(level[len(level) - 1])


def walk(blocks: Blocks, draw: int, path: Floats, level: Floats) -> None:
    """Write what a dollar becomes over a draw's sessions, 1 first."""
    level[0], at, pool = 1.0, 0, len(path) - 1
    for i in range(blocks.of[draw], blocks.of[draw + 1]):
        day, left = blocks.start[i], blocks.length[i]
        while left > 0:
            taken, scale = min(left, pool - day), level[at] / path[day]
            to, of = level[at + 1 : at + 1 + taken], path[day + 1 : day + 1 + taken]
            for j in range(taken):
                to[j] = scale * of[j]
            day, left, at = 0, left - taken, at + taken


def risk_of(measure: int, level: Floats, room: Floats) -> float:
    """Return a book's risk by one of `MEASURES`, fractions <= 0: lower is riskier."""
    if measure == 0:
        return quarter(level, room)
    return deepest(level) if measure == 1 else spread(level)


def quarter(level: Floats, room: Floats) -> float:
    """Return how far a bad quarter falls short of an average one, a fraction <= 0.

    The mean of the lowest ``floor(TAIL (n - 1)) + 1`` of the n overlapping window returns, less the mean of all.
    """
    count, total = len(level) - WINDOW, 0.0
    for first in range(0, count, SOME):
        some, early, late = room[first : min(first + SOME, count)], level[first:], level[first + WINDOW :]
        for t in range(len(some)):
            some[t] = late[t] / early[t] - 1.0
        for t in range(len(some)):  # by itself: the next divisions needn't wait for a sum, which takes longer than they
            total += some[t]
    worst = int(TAIL * (count - 1)) + 1
    return lowest(room, count, worst) / worst - total / count


def lowest(values: Floats, count: int, worst: int) -> float:
    """Return the sum of the lowest of some values, which are put into another order (Hoare's selection)."""
    low, high, place, places = 0, count - 1, worst - 1, np.empty(count, np.int64)
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = part(values[low : high + 1], pivot, places)
        i, j = low + i, low + j
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break
    total = 0.0
    for i in range(worst):
        total += values[i]
    return total


def part(values: Floats, pivot: float, places: Ints) -> tuple[int, int]:
    """Make the exchanges of Hoare's partition that a search from both ends makes first; return where it goes on.

    It makes the first exchanges, in the same order, between the places that end up below the pivot's and the others.
    Of the latter as many are below the pivot as of the former are not, so that none of these is left. What is to be
    exchanged is noted first: no branch then depends on a value, and a processor guesses every other of those wrong.
    """
    below, n, m = 0, 0, 0
    for k in range(len(values)):
        below += values[k] < pivot
    left, right = values[:below], values[below:]
    up, down = places[:below], places[below:]
    for k in range(len(left)):
        up[n] = k
        n += not left[k] < pivot  # NaN is exchanged, too
    for k in range(len(right) - 1, -1, -1):
        down[m] = k
        m += not right[k] > pivot
    for k in range(n):
        left[up[k]], right[down[k]] = right[down[k]], left[up[k]]
    return below, below + (down[n] if n < m else -1)


def deepest(level: Floats) -> float:
    """Return the deepest fall from a peak, a fraction <= 0."""
    peak, fall = level[0], 0.0
    for t in range(len(level)):
        peak = level[t] if level[t] > peak else peak  # noqa: FURB136  # max() looks for NaN first
        below = level[t] / peak - 1.0
        fall = below if below < fall else fall  # noqa: FURB136  # the same
    return fall


def spread(level: Floats) -> float:
    """Return less the standard deviation (ddof 1) of session returns."""
    total, squares, count = 0.0, 0.0, len(level) - 1
    for t in range(count):
        change = level[t + 1] / level[t] - 1.0
        total += change
        squares += change * change
    return -math.sqrt(max(squares - total * total / count, 0.0) / (count - 1))
