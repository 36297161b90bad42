"""What drives the SIMULATED market, from a fixed seed: returns, volatility, rates, valuation; no prices yet.

Every name draws from its own stream, so adding one leaves the others' bytes as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from data.arrays import Dates, Floats, day

SEED = 3
LONG_RUN_SD = 0.0185
"""The sector's daily standard deviation in the long run, 29 % a year."""
SHOCK, FALL, MEMORY = 0.025, 0.075, 0.92
"""alpha, gamma, beta of Glosten, Jagannathan and Runkle (1993): a fall raises variance more than a rise."""
PERSISTENCE = SHOCK + FALL / 2 + MEMORY
TAILS = 7
"""Degrees of freedom of the t innovations."""
SPY_SHARE = 0.52
"""SPY's standard deviation as a part of the sector's."""
EARNINGS_MEMORY = 1 - 1 / 720
"""Earnings are the price of the last three years or so, the latest counting most."""
CHIP_OWN = 0.9
"""Standard deviation of a chip maker's own noise, as a part of the sector's of that day."""

SPELLS = (
    ("2010-04-19", 45, -0.22), ("2011-09-12", 50, -0.28), ("2011-11-28", 60, 0.25),
    ("2014-08-18", 65, -0.26), ("2017-10-30", 75, -0.28), ("2018-03-05", 50, 0.25),
    ("2020-11-09", 22, -0.36), ("2020-12-22", 60, 0.42), ("2023-03-20", 150, -0.50),
    ("2023-11-06", 60, 0.36), ("2025-08-04", 35, -0.30), ("2025-10-06", 50, 0.28),
)  # fmt: skip
"""Bear markets and rallies: first day, sessions, log move beyond the drift. The dates are made up."""

PULL = 0.01
"""Part of the shocks' sum that a session takes back, so that drawdowns are the spells', not chance's."""

BILL_RATES = (
    ("2009-01-01", 0.12), ("2015-10-01", 0.10), ("2018-09-01", 2.30),
    ("2019-08-01", 1.90), ("2020-05-01", 0.10), ("2021-11-01", 0.08),
    ("2023-06-01", 5.05), ("2024-08-01", 4.90), ("2026-06-30", 3.40),
)  # fmt: skip
"""Turning points of the T-bill discount rate, percent."""

TEN_YEAR_RATES = (
    ("2009-01-01", 2.50), ("2010-04-01", 3.80), ("2012-07-01", 1.60), ("2013-12-01", 2.90),
    ("2016-07-01", 1.60), ("2018-10-01", 3.10), ("2020-05-01", 0.90), ("2021-11-01", 1.60),
    ("2023-06-01", 4.00), ("2024-08-01", 4.10), ("2026-06-30", 4.30),
)  # fmt: skip
"""Turning points of the ten-year yield, percent: below the bill's while that is at its highest."""
CALM, A_POINT = 1.6, 0.125
"""The credit spread, percent: so much, and so much more a point of the volatility index."""


def draws(name: str) -> np.random.Generator:
    """Return a name's own random numbers, the same on every run (``hash`` is salted, crc32 is not)."""
    return np.random.Generator(np.random.PCG64([SEED, crc32(name.encode())]))


def innovations(rng: np.random.Generator, shape: int | tuple[int, int]) -> Floats:
    """Return fat-tailed draws of variance 1."""
    return rng.standard_t(TAILS, shape) * math.sqrt((TAILS - 2) / TAILS)


def sector_returns(sessions: Dates, growth: float) -> tuple[Floats, Floats]:
    """Simulate the sector: a GJR-GARCH(1,1) with t innovations about a drift of bear markets and rallies.

    Parameters
    ----------
    sessions
        Shape (sessions,).
    growth
        Log growth a year that the path is pinned to, so that the picture doesn't hang on the seed's luck.

    Returns
    -------
    Log total returns, and the standard deviation of each session's as known at the close before.
    """
    moves = _drift(sessions)
    chances = innovations(draws("sector"), len(sessions))
    returns, sds = np.empty(len(sessions)), np.empty(len(sessions))
    variance, strayed = LONG_RUN_SD**2, 0.0
    for t, (move, chance) in enumerate(zip(moves.tolist(), chances.tolist(), strict=True)):
        sds[t] = sd = math.sqrt(variance)
        returns[t] = news = sd * chance + move - PULL * strayed
        strayed += news - move
        reaction = SHOCK + (FALL if news < 0 else 0.0)
        variance = LONG_RUN_SD**2 * (1 - PERSISTENCE) + reaction * news**2 + MEMORY * variance
    return pinned(returns, sessions, growth), sds


def pinned(log_returns: Floats, sessions: Dates, growth: float) -> Floats:
    """Shift log returns evenly so that they grow by `growth` a year, in logs, over the sessions."""
    years = float((sessions[-1] - sessions[0]).astype(np.int64)) / 365.25
    return log_returns + (growth * years - log_returns.sum()) / len(sessions)


def chip_returns(sector: Floats, sds: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Split the sector among its chip makers so that ``weights @ returns`` is the sector's return exactly.

    Each has its own beta, drift and noise, shifted alike until their weighted means are 1, 0 and 0.

    Parameters
    ----------
    sector
        Simple returns before the sector fund's fee, shape (sessions,).
    sds
        The sector's standard deviations, shape (sessions,).
    weights
        Positive, sum 1, restored at every close, shape (chips,).

    Returns
    -------
    Simple total returns, shape (chips, sessions), and betas, shape (chips,).
    """
    rng, column = draws("chips"), weights[:, np.newaxis]
    beta = rng.uniform(0.75, 1.3, (len(weights), 1))
    drift = rng.normal(0.0, 0.06 / 252, (len(weights), 1))
    own = drift + CHIP_OWN * sds * innovations(rng, (len(weights), len(sector)))
    beta += 1.0 - (column * beta).sum()
    returns: Floats = beta * sector + own - (column * own).sum(axis=0)
    return returns, beta.ravel()


def bill_rate(sessions: Dates) -> Floats:
    """Return a T-bill discount rate in percent: straight lines between turning points, and a little noise."""
    line = _between(BILL_RATES, sessions)
    noise = decayed(draws("IRX").normal(0.0, 0.01, len(sessions)), keep=0.97)
    return np.round(line * np.exp(noise), 3)


def ten_year_rate(sessions: Dates, sector: Floats) -> Floats:
    """Return a ten-year yield in percent: straight lines between turning points, noise, a little less after falls.

    Parameters
    ----------
    sector
        The sector's log returns, shape (sessions,): money flees from shares into bonds.
    """
    moves = draws("TNX").normal(0.0, 0.05, len(sessions)) + 0.6 * sector
    return np.round(_between(TEN_YEAR_RATES, sessions) * np.exp(0.3 * decayed(moves, keep=0.98)), 3)


def credit_spread(volatility: Floats) -> Floats:
    """Return what junk bonds yield over Treasuries, in percent: it follows a volatility index within a month or so."""
    followed = 0.05 * decayed(volatility, keep=0.95) + volatility[0] * 0.95 ** (1 + np.arange(len(volatility)))
    noise = decayed(draws("HY_SPREAD").normal(0.0, 0.012, len(volatility)), keep=0.97)
    return np.round((CALM + A_POINT * followed) * np.exp(noise), 2)


def volatility_index(name: str, horizon: int, sds: Floats, sector: Floats) -> Floats:
    """Return a VIX-like index in percent: the GARCH forecast of SPY's volatility, dearer after recent falls.

    Parameters
    ----------
    name
        Whose stream of noise.
    horizon
        Sessions ahead: 21 for VIX, 63 for VIX3M. Variance reverts to its long-run mean over the horizon, so
        the short index stands above the long one in stress.
    sds
        The sector's standard deviations, shape (sessions,).
    sector
        The sector's log returns.
    """
    tomorrow = np.append(sds[1:], sds[-1]) ** 2
    ahead = (1 - PERSISTENCE**horizon) / (horizon * (1 - PERSISTENCE))
    variance = LONG_RUN_SD**2 + (tomorrow - LONG_RUN_SD**2) * ahead
    fear = -1.3 * math.sqrt(21 / horizon) * decayed(sector, keep=0.9)
    noise = decayed(draws(name).normal(0.0, 0.03, len(sds)), keep=0.8)
    premium = 1.14 + 0.06 * horizon / 21
    return np.round(100 * premium * SPY_SHARE * np.sqrt(252 * variance) * np.exp(fear + noise), 2)


def price_earnings(level: Floats) -> Floats:
    """Return a price/earnings ratio: price over earnings that follow it slowly, with a cycle of their own."""
    followed = (1 - EARNINGS_MEMORY) * decayed(level, EARNINGS_MEMORY)
    followed += level[0] * EARNINGS_MEMORY ** (1 + np.arange(len(level)))
    cycle = decayed(draws("SOXX_PE").normal(0.0, 0.012, len(level)), keep=0.995)
    return np.round(16.0 * level / followed * np.exp(cycle), 2)


def decayed(values: Floats, keep: float) -> Floats:
    """Return ``y[t] = keep * y[t-1] + values[t]``, y 0 before the first."""
    total, totals = 0.0, []
    for value in values.tolist():
        total = keep * total + value
        totals.append(total)
    return np.array(totals)


def _between(turns: Sequence[tuple[str, float]], sessions: Dates) -> Floats:
    """Return straight lines between dated levels."""
    dates = np.array([day(date) for date, _ in turns]).astype(np.float64)
    return np.interp(sessions.astype(np.float64), dates, [level for _, level in turns])


def _drift(sessions: Dates) -> Floats:
    drift = np.zeros(len(sessions))
    for first, length, move in SPELLS:
        begin = int(np.searchsorted(sessions, day(first)))
        drift[begin : begin + length] += move / length
    return drift
