"""Whether the best of many beats a benchmark by more than luck: Hansen's test of superior predictive ability (SPA)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.bootstrap import block_length, draw_days

DRAWS = 1_000
SEED = 0
TOGETHER = 50
"""Draws whose counts are in memory at once."""
STEADY = 1e-12
"""A standard error below this share of a difference's size is rounding."""


@dataclass(frozen=True)
class Superior:
    """The test that no combination beats the benchmark, on the best and representatives of the others.

    Parameters
    ----------
    p_value
        The probability, where none is better, of a best that stands out as much: Hansen's consistent one.
    lower, upper
        His bounds of it; the upper one is White's reality check, studentised.
    without_best
        `p_value` of the representatives alone, none of which was picked by its result; ``None`` where there is none.
    representatives
        How many there are besides the best.
    left_out
        Representatives drawn that have no Sharpe ratio or run on other sessions.
    best
        The best's mean daily log-return difference, a fraction a year.
    block, draws, seed
        Mean block length in sessions, how many resamples, and what drew them.
    """

    p_value: float
    lower: float
    upper: float
    without_best: float | None
    representatives: int
    left_out: int
    best: float
    block: float
    draws: int
    seed: int


def superior(
    differences: Floats,
    left_out: int = 0,
    draws: int = DRAWS,
    seed: int = SEED,
    a_year: float = SESSIONS_A_YEAR,
) -> Superior:
    """Test the best of some books against what they are compared with.

    Parameters
    ----------
    differences
        Daily log returns less the benchmark's, shape (sessions, 1 + representatives), the best's first.
    left_out
        Passed on.
    a_year
        How many of the sessions make a year.

    Notes
    -----
    Each column is taken in units of its own standard error by the bootstrap, as Hansen has it: of plain means a large
    hedge would drown a small one. The blocks are those of the mean difference of all columns, which knows no result.

    His statistic is the highest mean or 0, whichever is more, and his p-value where it is 0 is 1 by definition, lower,
    consistent and upper alike: where no column gains on average there is nothing that luck has to explain.

    `arch.bootstrap.SPA` gives the same p-values where a column gains (it leaves the 0 out), but takes two seconds and
    200 MB to import, more than all the rest of a sweep.

    References
    ----------
    Hansen (2005), "A test for superior predictive ability", Journal of Business & Economic Statistics 23.
    """
    sessions, columns = differences.shape
    block = block_length(differences.mean(axis=1))
    means = _means(differences, block, draws, seed)
    error = np.sqrt(sessions * means.var(axis=0))
    size = np.sqrt(np.einsum("ij,ij->j", differences, differences) / sessions)
    moving = error > STEADY * size  # a book that is the benchmark hardly differs
    unit = np.divide(1.0, error, out=np.zeros(columns), where=moving)
    means *= unit
    every, alone = _p_values(differences.mean(axis=0) * unit, means, sessions)
    return Superior(
        every["consistent"],
        every["lower"],
        every["upper"],
        alone["consistent"] if columns > 1 else None,
        columns - 1,
        left_out,
        a_year * float(differences[:, 0].mean()),
        block,
        draws,
        seed,
    )


def _p_values(gained: Floats, means: Floats, sessions: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the p-values of all columns, and of all but the first; 1 where none gains.

    The three differ by where each column's resampled means are centred (Hansen's section 2.3): `lower` on its mean
    where that is a gain, `consistent` where it isn't so low a loss that it can't be the best, `upper` always.

    Parameters
    ----------
    gained
        Mean differences in units of their own standard error, shape (columns,).
    means
        The same on each resample, shape (draws, columns).
    sessions
        Of the history.
    """
    far = -np.sqrt(means.var(axis=0) * 2.0 * math.log(math.log(max(sessions, 3))))
    centres = {"lower": np.maximum(gained, 0.0), "consistent": np.where(gained >= far, gained, 0.0), "upper": gained}
    found = []
    for first in (0, min(1, len(gained) - 1)):
        best = gained[first:].max()
        luck = {name: (means - centre)[:, first:].max(axis=1) for name, centre in centres.items()}
        beaten = {name: float((highest > best).mean()) for name, highest in luck.items()}
        found.append(beaten if best > 0.0 else dict.fromkeys(beaten, 1.0))
    return found[0], found[1]


def _means(differences: Floats, block: float, draws: int, seed: int) -> Floats:
    """Return the mean of every column on each resample, shape (draws, columns)."""
    sessions, drawn = len(differences), 0
    means = np.empty((draws, differences.shape[1]))
    for days in draw_days(sessions, block, draws, seed):
        for first in range(0, len(days), TOGETHER):
            counts = [np.bincount(each, minlength=sessions) for each in days[first : first + TOGETHER]]
            some = means[drawn : drawn + len(counts)]
            np.divide(np.array(counts, np.float64) @ differences, sessions, out=some)
            drawn += len(counts)
    return means
