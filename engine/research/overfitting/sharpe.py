"""The Sharpe ratio of the best of many, held against the best that luck alone would give: the deflated Sharpe ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from data.arrays import Floats, Ints
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.evidence import beyond_normal, probabilistic_sharpe

SURE = 0.95
"""The confidence that a track record has to be long enough for."""

ROUNDING = 1e-12
"""The share of the largest eigenvalue below which one is what rounding left of 0; and a power below which it is."""
TOGETHER = 64
"""Rows whose scores are in memory at once."""
SESSIONS = 128
"""Sessions of all rows whose scores are."""
STEADY = 1e-14
"""The share of a second moment that rounding leaves of returns that are all equal."""


@dataclass(frozen=True)
class Deflated:
    """One series of the best combination, and how the same series spreads over all that was tried.

    Parameters
    ----------
    sharpe
        Its Sharpe ratio a year.
    skew, kurtosis
        Of its session returns, plain moments; kurtosis is raw, 3 for a normal distribution. 0 and 3 where they don't
        vary.
    sessions
        How many returns it has.
    spread
        Standard deviation (ddof 1) of the trials' Sharpe ratios, a year.
    trials
        Combinations that have a Sharpe ratio.
    measured_on
        On how many of them the effective number was measured.
    effective
        The effective number of trials among those.
    growth
        By which power of their number it grows beyond them, from 0 (others add nothing) to 1 (each is a new one).
    sessions_a_year
        How many of its returns make a year.
    """

    sharpe: float
    skew: float
    kurtosis: float
    sessions: int
    spread: float
    trials: int
    measured_on: int
    effective: float
    growth: float
    sessions_a_year: float = SESSIONS_A_YEAR

    def effective_of(self, tried: int) -> float:
        """Return the effective number of that many trials of the same kind."""
        if tried <= self.measured_on:
            return min(self.effective, float(tried))
        return min(self.effective * (tried / self.measured_on) ** self.growth, float(tried))

    def luck(self, tried: float) -> float:
        """Return the Sharpe ratio a year that the best of so many without skill reaches on average."""
        return self.spread * expected_best(tried)

    @property
    def undefined(self) -> str | None:
        """Why its skew or kurtosis allows no deflated Sharpe ratio and no track record; ``None`` where they do."""
        return beyond_normal(self.sessions, self.skew, self.kurtosis)

    def deflated(self, tried: float) -> float | None:
        """Return the deflated Sharpe ratio: the probability that the true one is above what luck gives, in [0, 1].

        ``None`` where it is `undefined`.
        """
        if self.undefined:
            return None
        yearly = math.sqrt(self.sessions_a_year)
        return probabilistic_sharpe(
            self.sharpe / yearly, self.sessions, self.skew, self.kurtosis, self.luck(tried) / yearly
        )

    def track_record(self, above: float = 0.0) -> float | None:
        """Return the sessions after which a Sharpe ratio `above` (a year) is ruled out; ``None``: no number of them.

        ``None``, too, where it is `undefined`.
        """
        if self.undefined:
            return None
        yearly = math.sqrt(self.sessions_a_year)
        return minimum_track_record(self.sharpe / yearly, self.skew, self.kurtosis, above / yearly)

    def as_dict(self, tried: int) -> dict[str, Any]:
        """Return what was measured, and what follows from it for that many trials, as plain values."""
        alike = self.effective_of(tried)
        return {
            **self.__dict__,
            "undefined": self.undefined,
            "tried": tried,
            "luck": self.luck(tried),
            "deflated_sharpe": self.deflated(tried),
            "tried_effectively": alike,
            "luck_effectively": self.luck(alike),
            "deflated_sharpe_effectively": self.deflated(alike),
            "track_record": self.track_record(),
            "track_record_beyond_luck": self.track_record(self.luck(tried)),
        }


def expected_best(trials: float) -> float:
    """Return the mean of the highest of so many independent standard normal numbers, about; 0 for one.

    References
    ----------
    Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio", Journal of Portfolio Management 40, equation 1.
    """
    if trials <= 1.0:
        return 0.0
    place, gamma = NormalDist().inv_cdf, float(np.euler_gamma)
    return max(0.0, (1.0 - gamma) * place(1.0 - 1.0 / trials) + gamma * place(1.0 - 1.0 / (trials * math.e)))


def minimum_track_record(
    sharpe: float, skew: float, kurtosis: float, above: float = 0.0, sure: float = SURE
) -> float | None:
    """Return how many returns make it `sure` that a Sharpe ratio is above a bound; ``None`` where it isn't above.

    Parameters
    ----------
    sharpe, above
        Sharpe ratios a period, not a year.
    skew, kurtosis
        Of the returns; kurtosis is raw.

    References
    ----------
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", Journal of Risk 15, equation 11.
    """
    if sharpe <= above:
        return None
    wide = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return 1.0 + wide * (NormalDist().inv_cdf(sure) / (sharpe - above)) ** 2


def sharpes(returns: Floats, a_year: float = SESSIONS_A_YEAR) -> Floats:
    """Return the Sharpe ratio a year of each row, shape (rows,); 0 where the returns don't vary, or are all 0."""
    mean, spread = _mean_and_spread(returns)
    return np.divide(mean, spread, out=np.zeros_like(mean), where=spread > 0.0) * math.sqrt(a_year)


def moments(returns: Floats) -> tuple[float, float]:
    """Return skew and raw kurtosis of returns, shape (n,), by plain moments; 0 and 3 where they don't vary."""
    mean, unit = _mean_and_unit(returns[np.newaxis])
    if not unit[0]:
        return 0.0, 3.0
    scores = _scores(returns[np.newaxis], mean, unit)
    variance = float((scores**2).mean())
    return float((scores**3).mean()) / variance**1.5, float((scores**4).mean()) / variance**2


def effective_trials(returns: Floats, rows: Ints | None = None) -> tuple[float, float]:
    """Return how many independent trials spread as these do, and by which power of their number that grows.

    Parameters
    ----------
    returns
        A row a trial, drawn without regard to result, shape (trials, sessions).
    rows
        Those that count; all of them unless given.

    Returns
    -------
    float, float
        ``(sum sqrt(l))^2 / sum l`` over the eigenvalues l of the covariance of the trials' standardised returns, less
        the mean trial's: what all have in common moves every Sharpe ratio alike, and is no part of their spread. The
        power is that from every other trial to all of them, in [0, 1].

    References
    ----------
    Galwey (2009), "A new measure of the effective number of tests", Genetic Epidemiology 33. Equal to the number of
    trials where they share one correlation, and to the number of groups where those of a group are the same.
    """
    rows = np.arange(len(returns)) if rows is None else rows
    trials, sessions = len(rows), returns.shape[1]
    products = _products(returns, rows)
    whole = _galwey(products, trials * sessions)
    if trials < 4 or whole <= 1.0:
        return whole, 0.0
    some = rows[::2]
    halved = _less_mean(products[::2, ::2]) if trials <= sessions else _products(returns, some)
    power = math.log(whole / _galwey(halved, len(some) * sessions)) / math.log(trials / len(some))
    return whole, min(1.0, power) if power > ROUNDING else 0.0  # what rounding leaves of 0 differs by processor


def _galwey(products: Floats, size: int) -> float:
    """Return the effective number of trials, from the products of so many scores less the mean trial's."""
    if np.trace(products) <= ROUNDING**2 * size:
        return 1.0  # all trials are the same
    values = np.linalg.eigvalsh(products)
    values = values[values > ROUNDING * values[-1]]
    return max(1.0, float(np.sqrt(values).sum()) ** 2 / float(values.sum()))


def _products(returns: Floats, rows: Ints) -> Floats:
    """Return the products of the scores of some rows less their mean: of trials, or of sessions where those are fewer.

    Few scores at a time, as those of a thousand books would take 33 MB.
    """
    trials, sessions = len(rows), returns.shape[1]
    mean, unit = _mean_and_unit(returns)
    small = np.zeros((min(trials, sessions),) * 2)
    more = np.empty_like(small)
    if trials <= sessions:
        for some in _parts(sessions, SESSIONS):
            scores = _scores(returns[rows, some], mean[rows], unit[rows])
            scores -= scores.mean(axis=0)
            small += np.matmul(scores, scores.T, out=more)
        return small
    common = np.zeros(sessions)
    for some in _parts(trials):
        common += _scores(returns[rows[some]], mean[rows[some]], unit[rows[some]]).sum(axis=0)
    common /= trials
    for some in _parts(trials):
        scores = _scores(returns[rows[some]], mean[rows[some]], unit[rows[some]])
        scores -= common
        small += np.matmul(scores.T, scores, out=more)
    return small


def _less_mean(products: Floats) -> Floats:
    """Return what the products of trials are when the mean of these is taken off each."""
    mean = products.mean(axis=0)
    return products - mean - mean[:, np.newaxis] + mean.mean()


def _parts(count: int, together: int = TOGETHER) -> list[slice]:
    """Return slices of so many together."""
    return [slice(first, min(first + together, count)) for first in range(0, count, together)]


def _mean_and_spread(returns: Floats) -> tuple[Floats, Floats]:
    """Return each row's mean and standard deviation, exactly 0 for rows that don't vary."""
    mean, spread = returns.mean(axis=1), np.zeros(len(returns))
    for some in _parts(len(returns)):
        off = returns[some] - mean[some, np.newaxis]
        squares = np.einsum("ij,ij->i", off, off)
        moving = squares > STEADY * np.einsum("ij,ij->i", returns[some], returns[some])
        spread[some] = np.where(moving, np.sqrt(squares / max(returns.shape[1] - 1, 1)), 0.0)
    return mean, spread


def _mean_and_unit(returns: Floats) -> tuple[Floats, Floats]:
    """Return each row's mean, and one over its standard deviation, 0 for rows that don't vary."""
    mean, spread = _mean_and_spread(returns)
    return mean, np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)


def _scores(returns: Floats, mean: Floats, unit: Floats) -> Floats:
    """Return standardised returns, 0 for rows that don't vary."""
    scores = returns - mean[:, np.newaxis]
    scores *= unit[:, np.newaxis]
    return scores
