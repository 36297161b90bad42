"""Insurance: whether the hedge paid, compared with holding less of the core, all the time, to the same risk.

The measure of safety is how far a bad quarter of a book falls short of an average one: about its mean, because a
book that grew less has worse quarters for that alone; by a tail, because equal volatility overstates protection.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Flags, Floats, Ints
from engine.analytics.derisk import GRID
from engine.analytics.metrics import returns_of, worst_of
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.kernel.tails import MEASURES, TAIL, WINDOW, Blocks

PAID, NOT_PAID, CANT_TELL = "paid", "did not pay", "can't tell"
BLOCK = 63
"""Mean length of a block, sessions."""
DRAWS = 2_000
LEVEL = 0.98
FALL = 126
"""Sessions of the core's worst fall that are once more in the pool, from the first of its worst window on."""
LEAST = 2 * WINDOW
"""Returns that a book needs, for a bad quarter beside an average one: two quarters."""
CHUNK = 100
"""Draws that a thread takes at a time."""


@dataclass(frozen=True)
class Match:
    """Holding less, matched to the hedged book by one measure of risk.

    Parameters
    ----------
    share
        Of the core: 1 where the hedged book is riskier than the whole.
    cagr
        Of the book that holds it, a fraction a year.
    gap
        The hedged book's CAGR less that, a fraction a year.
    interval
        Of the gap, of level `LEVEL`.
    """

    share: float
    cagr: float
    gap: float
    interval: tuple[float, float]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json, where the share is `c`."""
        return {"c": self.share, "cagr": self.cagr, "gap": self.gap, "interval": list(self.interval)}


@dataclass(frozen=True)
class Insurance:
    """The verdict, and holding less by three measures of risk.

    Parameters
    ----------
    label
        `PAID`, `NOT_PAID` or `CANT_TELL`.
    quarter, drawdown, volatility
        Matched by a bad quarter (the verdict's), by the deepest fall and by volatility.
    with_fall
        The gap's interval with the core's worst fall once more in the pool.
    bad_quarter
        How far a bad quarter of the hedged book falls short of an average one, a fraction <= 0.
    """

    label: str
    quarter: Match
    drawdown: Match
    volatility: Match
    with_fall: tuple[float, float]
    bad_quarter: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        return {
            "label": self.label,
            **self.quarter.as_dict(),
            "interval_with_fall": list(self.with_fall),
            "bad_quarter": self.bad_quarter,
            "drawdown": self.drawdown.as_dict(),
            "volatility": self.volatility.as_dict(),
        }


class Less(NamedTuple):
    """What holding each share of `GRID` came to, shape (shares,) each.

    Parameters
    ----------
    risks
        How far a bad quarter falls short of an average one, fractions <= 0.
    growths
        Log growth over the run.
    """

    risks: Floats
    growths: Floats


class Safety(NamedTuple):
    """How safe books are, shape (books,) each; NaN where a book was ruined or the run is shorter than two quarters.

    Parameters
    ----------
    bad_quarter
        How far a bad quarter falls short of an average one, a fraction <= 0.
    gap
        The book's CAGR less that of holding less to the same bad quarter, between shares of `GRID` in straight lines.
    """

    bad_quarter: Floats
    gap: Floats


def less_of(grid: Sequence[Floats]) -> Less:
    """Return what the books that hold each share of `GRID` came to, from their equity, shape (sessions,) each."""
    levels = np.array(grid)
    ends = levels[:, -1] / levels[:, 0]
    growths = log(np.where(ends > 0.0, ends, np.nan))
    return Less(_match(levels, np.ones(1), np.zeros(1), np.zeros(1))[:, 0], growths)


def safety_of(levels: Floats, less: Less, years: float) -> Safety:
    """Return how safe books are.

    Parameters
    ----------
    levels
        Their equity at each close, shape (books, sessions).
    less
        What holding less came to, over the same sessions.
    years
        Of the run.
    """
    found = _match(levels, GRID, *less)
    alive = levels.min(axis=1) > 0.0
    found[~alive] = np.nan
    return Safety(found[:, 0], _gap(found[:, 1], levels[:, 0], levels[:, -1], alive, years))


class Tails(NamedTuple):
    """What a sweep keeps of the tails of books, shape (books,) each: their worst sessions' mean, and how safe they are.

    NaN where a book was ruined; its worst sessions then mean nothing.
    """

    worst: Floats
    safety: Safety


def tails_of(levels: Floats, alive: Flags, less: Less, years: float) -> Tails:
    """Return the tails of many books: those of `safety_of`, to the last digits, for much less work.

    Parameters
    ----------
    levels, less, years
        As of `safety_of`.
    alive
        Whether each wasn't ruined, shape (books,).
    """
    found, count = np.empty((len(levels), 3)), levels.shape[1] - 1
    compiled().tails_of(levels, worst_of(count), LEAST, GRID, *less, found)
    found[~alive] = np.nan
    gap = _gap(found[:, 2], levels[:, 0], levels[:, -1], alive, years)
    return Tails(found[:, 0], Safety(found[:, 1], gap))


def _gap(growths: Floats, first: Floats, final: Floats, alive: Flags, years: float) -> Floats:
    """Return the CAGR of books less that of holding less, from the log growths of these."""
    grown = log(np.divide(final, first, out=np.full(len(first), np.nan), where=alive))
    return expm1(grown / years) - expm1(growths / years)


def _match(levels: Floats, grid: Floats, risks: Floats, growths: Floats) -> Floats:
    """Return the bad quarter and the growth of holding less of each book, shape (books, 2)."""
    found = np.full((len(levels), 2), np.nan)
    if levels.shape[1] > LEAST:
        compiled().match_books(np.ascontiguousarray(levels), grid, risks, growths, found)
    return found


def bad_quarter(equity: Floats) -> float | None:
    """Return how far a bad quarter falls short of an average one, a fraction <= 0; None without two quarters.

    The mean of the lowest ``floor(.05 (n - 1)) + 1`` of all n overlapping 63-session simple returns, less the mean of
    all.

    Parameters
    ----------
    equity
        Dollars at each close, positive, shape (sessions,).
    """
    windows = quarters(equity)
    if len(windows) < 2:
        return None
    worst = int(TAIL * (len(windows) - 1)) + 1
    return float(np.sort(windows)[:worst].mean() - windows.mean())


def quarters(equity: Floats) -> Floats:
    """Return all 63-session simple returns, overlapping, shape (sessions - 63,)."""
    return equity[WINDOW:] / equity[:-WINDOW] - 1.0


def matches(hedged: Floats, grid: Sequence[Floats]) -> tuple[float, float, float]:
    """Return the share of the core that is as safe as the hedged book, by each of `engine.kernel.tails.MEASURES`.

    Parameters
    ----------
    hedged, grid
        Equity at each close of the hedged book, and of the books that hold each share of `GRID`, shape (sessions,).
    """
    quarter, drawdown, volatility = (float(value) for value in _as_it_was(hedged, grid, len(MEASURES))[:, 0])
    return quarter, drawdown, volatility


def gap_to_held_less(hedged: Floats, grid: Sequence[Floats], years: float) -> float:
    """Return the hedged book's CAGR less that of holding less to the same bad quarter, between shares of the grid."""
    return float(safety_of(hedged[np.newaxis], less_of(grid), years).gap[0])


def insurance_of(
    hedged: Ledger,
    grid: Sequence[Ledger],
    held: Sequence[Ledger],
    core: Floats,
    years: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> Insurance:
    """Compare the hedged book with holding less.

    Parameters
    ----------
    hedged
        The hedged book, alive to the end.
    grid
        Books that hold each share of `GRID`.
    held
        Books that hold the shares that `matches` gives, in that order.
    core
        What a dollar of the core left alone is worth at each close, shape (sessions,).
    years
        Of the run.
    draws, seed
        Of the stationary bootstrap: paired sessions, the share found anew in each draw.
    """
    books = [book.equity for book in grid]
    shares = matches(hedged.equity, books)
    intervals, with_fall = _sampled([hedged.equity, *books], core, shares, years, draws, seed)
    grown = _cagr(hedged.equity, years)
    quarter, drawdown, volatility = (
        Match(share, cagr, grown - cagr, interval)
        for share, cagr, interval in zip(shares, [_cagr(book.equity, years) for book in held], intervals, strict=True)
    )
    own = bad_quarter(hedged.equity)
    assert own is not None  # noqa: S101  # a run this short has no answer
    label = GapInterval(quarter.interval, with_fall).label
    return Insurance(label, quarter, drawdown, volatility, with_fall, own)


class GapInterval(NamedTuple):
    """Between what a book's gap to holding less to the same bad quarter lies, of level `LEVEL`.

    Parameters
    ----------
    interval
        As the sessions were, fractions a year.
    with_fall
        With the core's worst fall once more in the pool.
    """

    interval: tuple[float, float]
    with_fall: tuple[float, float]

    @property
    def label(self) -> str:
        """Whether the book's way to be safer paid, did not pay, or can't be told."""
        if self.interval[0] > 0.0:
            return PAID
        return NOT_PAID if max(self.interval[1], self.with_fall[1]) < 0.0 else CANT_TELL


def gap_interval(
    hedged: Floats, grid: Sequence[Floats], core: Floats, years: float, draws: int = DRAWS, seed: int = 0
) -> GapInterval:
    """Return the interval of a book's gap to holding less.

    Parameters
    ----------
    hedged, grid
        Equity at each close of the book, and of those that hold each share of `GRID`, shape (sessions,).
    core, years, draws, seed
        As of `insurance_of`.
    """
    (interval,), with_fall = _sampled([hedged, *grid], core, matches(hedged, grid)[:1], years, draws, seed)
    return GapInterval(interval, with_fall)


def draw_sessions(pool: int, count: int, draws: int, seed: int, block: float = BLOCK) -> Ints:
    """Return which sessions of a pool each draw of `draw_blocks` takes, in order, shape (draws, count)."""
    blocks = draw_blocks(pool, count, draws, seed, block)
    first = np.repeat(np.cumsum(blocks.length) - blocks.length, blocks.length)
    taken: Ints = (np.repeat(blocks.start, blocks.length) + np.arange(draws * count) - first) % pool
    return taken.reshape(draws, count)


def draw_blocks(pool: int, count: int, draws: int, seed: int, block: float = BLOCK) -> Blocks:
    """Draw `count` sessions in blocks that start anywhere in a pool and go round its end, some times over.

    Lengths are geometric with mean `block` (Politis and Romano 1994, the stationary bootstrap), but for a draw's last,
    which is cut. `arch` draws as many sessions as the pool has; here the pool may hold some twice.
    """
    rng, whole = np.random.default_rng(seed), draws * count
    enough = whole / block
    lengths = rng.geometric(1.0 / block, int(enough + 10.0 * np.sqrt(enough)) + 10)  # ten deviations more than that
    cut = count * np.arange(draws)  # memory has none of the block before: a new one may begin here as well
    begin, ends = np.zeros(whole, np.bool_), np.cumsum(lengths)
    begin[cut] = begin[ends[ends < whole]] = True
    begins = np.flatnonzero(begin)
    start = rng.integers(pool, size=len(begins))
    of = np.append(np.searchsorted(begins, cut), len(begins))
    return Blocks(of, start, np.diff(begins, append=whole))


def _sampled(
    books: Sequence[Floats], core: Floats, shares: Sequence[float], years: float, draws: int, seed: int
) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """Return the gap's interval by each measure, and that of the first with the core's worst fall once more."""
    returns, count = returns_of(np.stack(books, axis=1)), len(core) - 1
    pool = np.concatenate((np.arange(count), _worst_fall(core)))
    as_it_was = _intervals(returns, count, shares, years, draws, seed)
    with_fall = _intervals(returns[pool], count, shares[:1], years, draws, seed)[0]
    return as_it_was, with_fall


def _intervals(
    returns: Floats, count: int, shares: Sequence[float], years: float, draws: int, seed: int
) -> list[tuple[float, float]]:
    """Return the gap's interval by each measure of risk that a share is matched by."""
    paths, blocks = _paths(returns), draw_blocks(len(returns), count, draws, seed)
    out = np.empty((draws, len(shares), 3))
    near = np.minimum(np.searchsorted(GRID, shares, side="right"), len(GRID) - 1) - 1

    def run(first: int) -> None:
        part = slice(first, first + CHUNK)
        of = blocks.of[first : first + CHUNK + 1]
        compiled().match_draws(blocks._replace(of=of), paths, GRID, near, out[part])

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        list(threads.map(run, range(0, draws, CHUNK)))
    gaps = expm1(out[:, :, 2] / years) - expm1(out[:, :, 1] / years)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(gaps, [tail, 1.0 - tail], axis=0)
    return [(float(low[m]), float(high[m])) for m in range(len(shares))]


def _as_it_was(hedged: Floats, grid: Sequence[Floats], measures: int) -> Floats:
    """Match history itself: the share, the growth of the book that holds it and the hedged book's, by measure."""
    paths, count = _paths(returns_of(np.stack([hedged, *grid], axis=1))), len(hedged) - 1
    out = np.empty((1, measures, 3))
    whole = Blocks(np.array([0, 1]), np.array([0]), np.array([count]))
    compiled().match_draws(whole, paths, GRID, np.full(measures, len(GRID) - 2), out)
    return out[0]


def _paths(returns: Floats) -> Floats:
    """Return what a dollar becomes in each book, shape (books, sessions + 1), from returns, shape (sessions, books)."""
    grown = np.cumprod(1.0 + returns.T, axis=1)
    return np.concatenate((np.ones((len(grown), 1)), grown), axis=1)


def _worst_fall(core: Floats) -> Ints:
    """Return the indices, among returns, of the sessions of the core's worst fall."""
    first = int(quarters(core).argmin())
    return np.arange(first, min(first + FALL, len(core) - 1))


def _cagr(equity: Floats, years: float) -> float:
    return float((equity[-1] / equity[0]) ** (1.0 / years) - 1.0)
