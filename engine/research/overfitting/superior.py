"""Whether the best of many beats a benchmark by more than luck: Hansen's test of superior predictive ability (SPA)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.bootstrap import block_length, draw_days

DRAWS = 1_000
SEED = 0
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


class Resampled:
    """Means of resamples, given to `arch` where it would make whole resamples and take their means.

    They are one product of matrices, while row by row 1,000 of 4,000 sessions x 500 books take a minute.
    """

    def __init__(self, means: Floats) -> None:
        self._means = means

    def bootstrap(self, reps: int) -> Iterator[tuple[tuple[Floats], dict[str, Floats]]]:
        """Yield resamples that have these means."""
        for mean in self._means[:reps]:
            yield (mean[np.newaxis],), {}

    def clone(self, *_: Floats, **__: Any) -> Resampled:
        """Return the same resamples: those of other data, from the same seed, differ by a constant."""
        return self

    def apply(self, of: Callable[[Floats], Floats], reps: int) -> Floats:
        """Return a function of each resample."""
        return np.array([of(each) for (each,), _ in self.bootstrap(reps)])


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
    Each column is taken in units of its own standard error by the bootstrap, as Hansen has it: `arch` compares plain
    means, in which a large hedge would drown a small one. The blocks are those of the mean difference of all columns,
    which knows no result.

    His statistic is the highest mean or 0, whichever is more, and his p-value where it is 0 is 1 by definition, lower,
    consistent and upper alike: where no column gains on average there is nothing that luck has to explain. `arch`
    leaves the 0 out and would call a loss likely to some degree.

    References
    ----------
    Hansen (2005), "A test for superior predictive ability", Journal of Business & Economic Statistics 23.
    """
    sessions, columns = differences.shape
    block = block_length(differences.mean(axis=1))
    means = _means(differences, block, draws, seed)
    error = np.sqrt(sessions * means.var(axis=0))
    moving = error > STEADY * np.sqrt((differences**2).mean(axis=0))  # a book that is the benchmark's hardly differs
    unit = np.divide(1.0, error, out=np.zeros(columns), where=moving)
    every, alone = _p_values(differences * unit, means * unit, seed)
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


def _p_values(differences: Floats, means: Floats, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the p-values of all columns, and of all but the first, by `arch` on our resamples; 1 where none gains."""
    from arch.bootstrap import SPA

    test = SPA(np.zeros(len(differences)), -differences, reps=len(means), nested=True, seed=seed)
    test.bootstrap = cast("Any", Resampled(means))
    found, gained = [], differences.mean(axis=0)
    for first in (0, min(1, len(gained) - 1)):
        test.subset(np.arange(len(gained)) >= first)
        test.compute()
        none = bool(gained[first:].max() <= 0.0)
        found.append({str(name): 1.0 if none else float(value) for name, value in test.pvalues.items()})
    return found[0], found[1]


def _means(differences: Floats, block: float, draws: int, seed: int) -> Floats:
    """Return the mean of every column on each resample, shape (draws, columns)."""
    sessions = len(differences)
    means = []
    for days in draw_days(sessions, block, draws, seed):
        taken = np.array([np.bincount(each, minlength=sessions) for each in days], np.float64)
        means.append(taken @ differences / sessions)
    return np.concatenate(means)
