"""The stationary bootstrap of paired sessions (Politis and Romano 1994): block length, draws, figures on each draw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from data.arithmetic import dot, log
from data.arrays import Floats, Ints
from engine.analytics.metrics import returns_of, worst_of

DRAWS = 2_000
CHUNK = 50
"""Draws held in memory at once: those of 4,000 sessions take 3 MB while they are put together."""


def block_length(series: Floats) -> float:
    """Return the mean length of a block in sessions, at least 1: the optimal one of a stationary bootstrap's mean.

    `arch.bootstrap.optimal_block_length`, its sums in an order that no processor changes.

    Parameters
    ----------
    series
        What a mean is wanted of, shape (n,); 1 where it doesn't vary.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23; corrected by Patton, Politis and White (2009), ibid. 28.
    """
    n = len(series)
    if n < 10 or (series == series[0]).all():  # autocorrelations need some sessions
        return 1.0
    covariances, correlations = _autocorrelation(series - series.mean(), _most_lags(n))
    lags = _lags_that_count(correlations, 2.0 * math.sqrt(math.log10(n) / n), _in_a_row(n))
    spectrum, slope = float(covariances[0]), 0.0
    for lag in range(1, lags + 1):
        taper = 1.0 if lag <= lags / 2 else 2.0 * (1.0 - lag / lags)
        spectrum += 2.0 * taper * float(covariances[lag])
        slope += 2.0 * taper * lag * float(covariances[lag])
    longest = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    optimal = math.cbrt(slope * slope / (spectrum * spectrum) * n) if spectrum else math.inf
    return min(max(optimal, 1.0), longest)


def _in_a_row(n: int) -> int:
    return max(5, int(math.log10(n)))


def _most_lags(n: int) -> int:
    return math.ceil(math.sqrt(n)) + _in_a_row(n)


def _autocorrelation(off: Floats, most: int) -> tuple[Floats, Floats]:
    """Return autocovariances and absolute autocorrelations of deviations at lags 0 to `most`, shape (most + 1,) each.

    Those of a lag are over what both ends have of the series, less one session, as in `arch`.
    """
    products = np.array([dot(off[lag:], off[: len(off) - lag]) for lag in range(most + 1)])
    later = np.array([dot(off[lag:], off[lag:]) for lag in range(1, most + 2)])
    sooner = np.array([dot(off[:-lag], off[:-lag]) for lag in range(1, most + 2)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return products / len(off), np.abs(products) / np.sqrt(later * sooner)


def _lags_that_count(correlations: Floats, small: float, in_a_row: int) -> int:
    """Return twice the lag before the first `in_a_row` small correlations, at least 2; all lags where none are."""
    most = len(correlations) - 1
    for lag in range(most + 1 - in_a_row):
        if (correlations[lag : lag + in_a_row] < small).all():
            return min(2 * max(lag, 1), most)
    return most


def draw_days(count: int, block: float, draws: int, seed: int) -> Iterator[Ints]:
    """Yield which of `count` sessions each draw takes, in chunks of shape (some draws, count).

    Blocks start anywhere and go round the end; their length is geometric with mean `block`. The draws are those of
    `arch.bootstrap.StationaryBootstrap`, which takes as long to import as the rest of a run.
    """
    random, at = np.random.default_rng(seed), np.arange(count)

    def draw() -> Ints:
        starts = random.integers(count, size=count)
        first = np.maximum.accumulate(np.where(random.random(count) <= 1.0 / block, at, 0))  # of the block it is in
        return (starts[first] + at - first) % count

    for done in range(0, draws, CHUNK):
        yield np.stack([draw() for _ in range(min(CHUNK, draws - done))])


def figures_on(days: Ints, equity: Floats, cash: Floats) -> Floats:
    """Return every book's figures on draws of sessions, shape (draws, books, `engine.kernel.bootstrap.FIGURES`).

    Parameters
    ----------
    days
        Which returns each draw takes, shape (draws, sessions - 1).
    equity
        Dollars at each close, positive, shape (sessions, books).
    cash
        What cash returned in each session but the first, a fraction, shape (sessions - 1,).
    """
    from engine.kernel.bootstrap import FIGURES
    from engine.kernel.compiled import compiled

    returns = np.ascontiguousarray(returns_of(equity))
    logs = np.ascontiguousarray(np.diff(log(equity), axis=0))
    ranked = np.ascontiguousarray(np.argsort(returns, axis=0, kind="stable").T)
    worst = worst_of(len(returns))
    out = np.empty((len(days), equity.shape[1], len(FIGURES)))
    compiled().resample(days, logs, returns, np.ascontiguousarray(cash), ranked, worst, out)
    return out


def bootstrapped(equity: Floats, cash: Floats, block: float, draws: int, seed: int) -> Floats:
    """Return every book's figures on `draws` resamples of the same sessions for all: `figures_on` of `draw_days`."""
    chunks = draw_days(len(cash), block, draws, seed)
    return np.concatenate([figures_on(days, equity, cash) for days in chunks])


class BlockDraws(NamedTuple):
    """Draws of the stationary bootstrap as their blocks: a sum over a block is a difference of two running sums.

    Parameters
    ----------
    sessions
        Of history, and of each draw.
    starts, lengths
        The session each block begins at and how many it takes, round the end if need be, shape (blocks,).
    begin
        The first block of each draw, shape (draws,).
    """

    sessions: int
    starts: Ints
    lengths: Ints
    begin: Ints

    def sums(self, values: Floats) -> Floats:
        """Return the sums over each draw of values a session, shape (sessions, columns), as (draws, columns)."""
        running = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(np.concatenate((values, values)), axis=0)))
        return np.add.reduceat(running[self.starts + self.lengths] - running[self.starts], self.begin, axis=0)

    def taken(self, rows: Ints) -> Floats:
        """Return how often each draw takes each of some sessions, shape (draws, rows)."""
        after = rows.astype(np.int32) - self.starts.astype(np.int32)[:, None]
        after += np.int32(self.sessions) * (after < 0)
        return np.add.reduceat(after < self.lengths[:, None], self.begin, axis=0, dtype=np.float64)


def draw_blocks(count: int, mean: float, draws: int, seed: int) -> BlockDraws:
    """Draw as many sessions as there are, in blocks that start anywhere; the last of each draw is cut off.

    Parameters
    ----------
    mean
        Of the blocks' lengths, which are geometric.
    """
    rng, expected = np.random.default_rng(seed), count / mean
    most = int(expected + 8.0 * np.sqrt(expected)) + 20  # not one draw in 10^9 needs more: its last block is longer
    ends = np.minimum(np.cumsum(rng.geometric(1.0 / mean, size=(draws, most)), axis=1), count)
    ends[:, -1] = count
    lengths = np.diff(ends, axis=1, prepend=0)
    needed = lengths > 0
    begin = np.cumsum(needed.sum(axis=1)) - needed.sum(axis=1)
    return BlockDraws(count, rng.integers(count, size=int(needed.sum())), lengths[needed], begin)
