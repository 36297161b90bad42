"""How safe a book is, and which share of the core is as safe: on resampled sessions, and for many books at once.

Plain functions; `compiled` twins them.
"""

from __future__ import annotations

import math

import numpy as np

from data.arrays import Floats, Ints

WINDOW = 63
"""Sessions of a quarter."""
TAIL = 0.05
"""The share of windows, the lowest, that make a bad quarter."""
MEASURES = ("quarter", "drawdown", "volatility")
"""What books are matched by; the columns of what `match_draws` writes."""


def match_draws(days: Ints, returns: Floats, grid: Floats, out: Floats) -> None:
    """Write, for each draw of sessions, the share of the core that is as safe as the hedged book, and both growths.

    Parameters
    ----------
    days
        Which returns each draw takes, in order, shape (draws, n).
    returns
        Simple returns: the hedged book's, then those of the books that hold each share of `grid`, shape
        (1 + shares, pool); growths are taken from these.
    grid
        Shares of the core, increasing, 1 last, shape (shares,).
    out
        Written, shape (draws, 3, 3): by measure, the share, the log growth of the book that holds it and the hedged
        book's, over the draw. Between two shares straight lines; 1 where the hedged book is riskier than the whole.
    """
    draws, n = days.shape
    level, room = np.empty(n + 1), np.empty(max(n + 1 - WINDOW, 1))
    own, found = np.empty(3), np.empty(3, np.bool_)
    risks, growths = np.empty((3, len(grid))), np.empty(len(grid))
    for d in range(draws):
        out[d, :, 2] = walk(days[d], returns[0], level)
        for m in range(3):
            own[m], found[m] = risk_of(m, level, room), False
        for k in range(len(grid) - 1, -1, -1):
            growths[k] = walk(days[d], returns[1 + k], level)
            for m in range(3):
                if not found[m]:
                    risks[m, k] = risk_of(m, level, room)
                    found[m] = own[m] <= risks[m, k]
            if found[0] and found[1] and found[2]:
                break
        for m in range(3):
            out[d, m, 0], out[d, m, 1] = as_safe(own[m], grid, risks[m], growths)


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
            part = (own - risks[k + 1]) / (risks[k] - risks[k + 1])
            return grid[k + 1] + part * (grid[k] - grid[k + 1]), growths[k + 1] + part * (growths[k] - growths[k + 1])
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


def walk(days: Ints, returns: Floats, level: Floats) -> float:
    """Write what a dollar becomes over drawn sessions; return the log growth."""
    level[0] = 1.0
    for t in range(len(days)):
        level[t + 1] = level[t] * (1.0 + returns[days[t]])
    return math.log(level[len(days)])


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
    for t in range(count):
        room[t] = level[t + WINDOW] / level[t] - 1.0
        total += room[t]
    worst = int(TAIL * (count - 1)) + 1
    return lowest(room, count, worst) / worst - total / count


def lowest(values: Floats, count: int, worst: int) -> float:
    """Return the sum of the lowest of some values, which are put into another order (Hoare's selection)."""
    low, high, place = 0, count - 1, worst - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
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
