"""What many trials come to: how often each label is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.calibration.trial import Trial
from engine.analytics.answer.timing import LEVEL

POWER = 0.80
"""The share in which a size has to be found."""


class Rate(NamedTuple):
    """How often something came out.

    Parameters
    ----------
    hits, markets
        Of so many.
    """

    hits: int
    markets: int

    @property
    def share(self) -> float:
        """Of all."""
        return self.hits / self.markets

    @property
    def error(self) -> float:
        """The share's standard error; as if there were one hit and one miss more, so that 0 of many isn't exact."""
        likely = (self.hits + 1) / (self.markets + 2)
        return math.sqrt(likely * (1.0 - likely) / (self.markets + 2))

    def above(self, aim: float) -> bool:
        """Return whether the share is above an aim by more than two of the standard errors it would have there."""
        return self.share > aim + 2.0 * math.sqrt(aim * (1.0 - aim) / self.markets)


class Mean(NamedTuple):
    """A mean over markets, and its standard error."""

    value: float
    error: float


def two_sided(trial: Trial) -> float:
    """Return the timing's two-sided p-value."""
    return min(1.0, 2.0 * min(trial.p_low, trial.p_high))


def helped(trials: Sequence[Trial]) -> Rate:
    """Return how often timing is said to have helped."""
    return _rate([2.0 * trial.p_high < LEVEL for trial in trials])


def hurt(trials: Sequence[Trial]) -> Rate:
    """Return how often timing is said to have hurt."""
    return _rate([2.0 * trial.p_low < LEVEL for trial in trials])


def better(trials: Sequence[Trial], moved: float = 0.0) -> Rate:
    """Return how often the fund is called better than selling, its interval moved by so much."""
    return _rate([trial.fund_low + moved > 0.0 and not trial.rests for trial in trials])


def worse(trials: Sequence[Trial], moved: float = 0.0) -> Rate:
    """Return how often the fund is called worse than selling, its interval moved by so much."""
    return _rate([trial.fund_high + moved < 0.0 and not trial.rests for trial in trials])


def paid(trials: Sequence[Trial], moved: float = 0.0) -> Rate:
    """Return how often the verdict is that the hedge paid, the gap's interval moved by so much."""
    return _rate([trial.low + moved > 0.0 for trial in trials])


def not_paid(trials: Sequence[Trial], moved: float = 0.0) -> Rate:
    """Return how often the verdict is that the hedge did not pay, the gap's interval moved by so much."""
    return _rate([max(trial.high, trial.fall_high) + moved < 0.0 for trial in trials])


def mean_of(trials: Sequence[Trial], name: str) -> Mean:
    """Return the mean of a figure of `Trial`, over the markets that have it."""
    return mean([getattr(trial, name) for trial in trials])


def median_of(trials: Sequence[Trial], name: str) -> float:
    """Return the median of a figure of `Trial`, over the markets that have it."""
    return float(np.nanmedian([getattr(trial, name) for trial in trials]))


def mean(figures: Sequence[float]) -> Mean:
    """Return the mean of figures that aren't NaN; its error is NaN for fewer than two."""
    values = np.array(figures, dtype=np.float64)
    values = values[~np.isnan(values)]
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else math.nan
    return Mean(float(values.mean()), error)


def found_at(sizes: Sequence[float], shares: Sequence[float], power: float = POWER) -> float | None:
    """Return the size that is found in a share of `power`, between the sizes tried; None where none is found so often.

    Parameters
    ----------
    sizes
        Increasing in what they plant.
    shares
        How often each was found.
    """
    for k, share in enumerate(shares):
        if share >= power:
            if k == 0:
                return sizes[0]
            part = (power - shares[k - 1]) / (share - shares[k - 1])
            return sizes[k - 1] + part * (sizes[k] - sizes[k - 1])
    return None


def _rate(held: Sequence[bool]) -> Rate:
    return Rate(sum(held), len(held))
