"""Signals of volatility: how far the price moves a session, told as a fraction a year."""

from __future__ import annotations

import math

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from strategies.signals.feeds import Days, High, Level, Low, Open, Share
from strategies.signals.windows import folded, moments, moving_average, padded, windows


def realised_volatility(level: Level, days: Days = 20) -> Floats:
    """The standard deviation of close-to-close log returns, a year.

    With ddof 1, over the last `days` returns, times sqrt(252).

    NaN for the first `days` sessions and while the window holds a NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Returns in the window, at least 2.

    Unit: fraction a year
    """
    returns = np.diff(log(level))
    return padded(windows(returns, days).std(axis=1, ddof=1) * np.sqrt(SESSIONS_A_YEAR), len(level))


def parkinson(high: High, low: Low, days: Days = 20) -> Floats:
    """Parkinson's volatility, from the range between high and low, a year.

    sqrt(252 * average of ln(high / low)^2 / (4 ln 2)) over `days` sessions. What happens overnight isn't in it.

    NaN for the first `days` - 1 sessions and while the window holds a session without a bar.

    Parameters
    ----------
    high, low
        On any one scale, shape (sessions,).
    days
        Sessions in the window, this one included.

    Notes
    -----
    Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return" (1980).

    Unit: fraction a year
    """
    return _a_year(moving_average(log(high / low) ** 2, days) / (4.0 * math.log(2.0)))


def garman_klass(open: Open, high: High, low: Low, level: Level, days: Days = 20) -> Floats:  # noqa: A002  # its name
    """Garman and Klass's volatility, from open, high, low and close, a year.

    sqrt(252 * average of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2) over `days` sessions. What happens
    overnight isn't in it.

    NaN for the first `days` - 1 sessions, while the window holds a session without a bar, and where closes that lie
    outside of their bars make the average negative.

    Parameters
    ----------
    open, high, low
        On the scale of the total-return close, shape (sessions,).
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the window, this one included.

    Notes
    -----
    Garman and Klass, "On the Estimation of Security Price Volatilities from Historical Data" (1980), their practical
    estimator.

    Unit: fraction a year
    """
    session = log(high / low) ** 2 / 2.0 - (2.0 * math.log(2.0) - 1.0) * log(level / open) ** 2
    return _a_year(moving_average(session, days))


def yang_zhang(open: Open, high: High, low: Low, level: Level, days: Days = 20) -> Floats:  # noqa: A002  # its name
    """Yang and Zhang's volatility, from open, high, low and close with what happens overnight, a year.

    sqrt(252 * (O + k C + (1 - k) RS)) over n = `days` sessions, k = 0.34 / (1.34 + (n + 1) / (n - 1)): O is the
    variance (ddof 1) of ln(open / close before), C that of ln(close / open), RS the average, after Rogers and Satchell,
    of ln(high / close) ln(high / open) + ln(low / close) ln(low / open). Neither drift nor a gap at the open biases it.

    NaN for the first `days` sessions, while the window holds a session without a bar, and where opens and closes that
    lie outside of their bars make it negative.

    Parameters
    ----------
    open, high, low
        On the scale of the total-return close, shape (sessions,).
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the window, this one included.

    Notes
    -----
    Yang and Zhang, "Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices" (2000).

    Unit: fraction a year
    """
    up, down, day = log(high[1:] / open[1:]), log(low[1:] / open[1:]), log(level[1:] / open[1:])
    overnight = log(open[1:] / level[:-1])
    k = 0.34 / (1.34 + (days + 1) / (days - 1))
    at_open, by_day = (moments(moves, days)[1] / (days - 1) for moves in (overnight, day))
    range_alone = moving_average(up * (up - day) + down * (down - day), days)
    return padded(_a_year(at_open + k * by_day + (1.0 - k) * range_alone), len(level))


def ewma_volatility(level: Level, decay: Share = 0.94, days: Days = 150) -> Floats:
    """Exponentially weighted volatility of close-to-close log returns, a year.

    sqrt(252 * the average of the last `days` squared log returns), a return of k sessions ago weighing `decay`^k; the
    mean return is taken as 0. The window is cut rather than recursive, so where history starts changes nothing: what
    150 returns at 0.94 leave out would weigh a ten-thousandth.

    NaN for the first `days` sessions and while the window holds a NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    decay
        What a return's weight is multiplied by every session.
    days
        Returns in the window.

    Notes
    -----
    J.P. Morgan, "RiskMetrics Technical Document" (1996), whose daily decay is 0.94.

    Unit: fraction a year
    """
    squared = np.diff(log(level)) ** 2
    weighed = folded(squared, days, lambda older, newer, _, b: decay**b * older + newer)
    return padded(_a_year(weighed / math.fsum(decay**k for k in range(days))), len(level))


def _a_year(variance: Floats) -> Floats:
    """Return the volatility a year of a variance a session; NaN where that is negative."""
    return np.sqrt(SESSIONS_A_YEAR * np.where(variance >= 0.0, variance, np.nan))
