"""The stationary bootstrap of paired sessions (Politis and Romano 1994): block length, draws, figures on each draw."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from data.arrays import Floats, Ints
from engine.metrics import CVAR_TAIL, returns_of

DRAWS = 10_000
CHUNK = 200
"""Draws held in memory at once: 200 of 4,000 sessions are 6 MB."""


def block_length(series: Floats) -> float:
    """Return the mean length of a block in sessions, at least 1: `arch.bootstrap.optimal_block_length`.

    Parameters
    ----------
    series
        What a mean is wanted of, shape (n,); 1 where it doesn't vary.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23; corrected by Patton, Politis and White (2009), ibid. 28.
    """
    from arch.bootstrap import optimal_block_length

    if len(series) < 10 or (series == series[0]).all():  # autocorrelations need some sessions
        return 1.0
    told = float(optimal_block_length(series)["stationary"].iloc[0])
    return max(told, 1.0) if math.isfinite(told) else 1.0


def draw_days(count: int, block: float, draws: int, seed: int) -> Iterator[Ints]:
    """Yield which of `count` sessions each draw takes, in chunks of shape (some draws, count), from `arch`.

    Blocks start anywhere and go round the end; their length is geometric with mean `block`.
    """
    from arch.bootstrap import StationaryBootstrap

    drawn = StationaryBootstrap(block, np.arange(count), seed=seed).bootstrap(draws)  # type: ignore[arg-type]
    for first in range(0, draws, CHUNK):
        yield np.stack([next(drawn)[0][0] for _ in range(min(CHUNK, draws - first))]).astype(np.int64)


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
    logs = np.ascontiguousarray(np.diff(np.log(equity), axis=0))
    ranked = np.ascontiguousarray(np.argsort(returns, axis=0, kind="stable").T)
    worst = int(CVAR_TAIL * (len(returns) - 1)) + 1  # as engine.metrics.cvar
    out = np.empty((len(days), equity.shape[1], len(FIGURES)))
    compiled().resample(days, logs, returns, np.ascontiguousarray(cash), ranked, worst, out)
    return out


def bootstrapped(equity: Floats, cash: Floats, block: float, draws: int, seed: int) -> Floats:
    """Return every book's figures on `draws` resamples of the same sessions for all: `figures_on` of `draw_days`."""
    chunks = draw_days(len(cash), block, draws, seed)
    return np.concatenate([figures_on(days, equity, cash) for days in chunks])
