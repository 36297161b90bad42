"""Signals of weakness: the price below its trend, its recent self, its high, or the floor of a narrow range."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from data.errors import StrategyError
from strategies.signals.feeds import Count, Days, High, Level, Low, Share
from strategies.signals.windows import before, highest, lowest, moving_average, padded, percentile


def moving_average_gap(level: Level, days: Days = 50) -> Floats:
    """The close over its simple moving average, less 1.

    NaN for the first `days` - 1 sessions and while the window holds a NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the average, this one included.

    Notes
    -----
    Faber, "A Quantitative Approach to Tactical Asset Allocation" (2007). The average is TA-Lib's SMA.

    Unit: fraction
    """
    return level / moving_average(level, days) - 1.0


def crossing(level: Level, fast: Days = 20, slow: Days = 50) -> Floats:
    """The fast simple moving average of the close over the slow one, less 1.

    NaN for the first `slow` - 1 sessions and while the slow window holds a NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    fast, slow
        Sessions in the averages, this one included; `fast` is the fewer.

    Raises
    ------
    StrategyError
        `fast` isn't below `slow`: the signal would be 0, or mean its opposite.

    Notes
    -----
    Brock, Lakonishok and LeBaron, "Simple Technical Trading Rules and the Stochastic Properties of Stock Returns"
    (1992). The averages are TA-Lib's SMA.

    Unit: fraction
    """
    if fast >= slow:
        raise StrategyError(f"crossing: fast has to be below slow, not {fast} against {slow}")
    return moving_average(level, fast) / moving_average(level, slow) - 1.0


def rate_of_change(level: Level, days: Count = 20) -> Floats:
    """The close over that of some sessions ago, less 1.

    NaN for the first `days` sessions, and where either close is NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions back.

    Notes
    -----
    TA-Lib's ROCP. As a signal: Moskowitz, Ooi and Pedersen, "Time Series Momentum" (2012), with longer spans.

    Unit: fraction
    """
    return padded(level[days:] / level[:-days], len(level)) - 1.0


def drawdown(level: Level, days: Days = 252) -> Floats:
    """The close over the highest close of the window, less 1: 0 at a high, else below 0.

    NaN for the first `days` - 1 sessions and while the window holds a NaN.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the window, this one included.

    Notes
    -----
    The highest is TA-Lib's MAX. The distance from the year's high: George and Hwang, "The 52-Week High and Momentum
    Investing" (2004).

    Unit: fraction
    """
    return level / highest(level, days) - 1.0


def channel_breakdown(
    level: Level, high: High, low: Low, days: Days = 20, narrow: Share = 0.25, year: Days = 252
) -> Floats:
    """The close over the floor of the channel before it, less 1; below 0 is a breakdown, and only after a narrow range.

    The channel is Donchian's: highest high H and lowest low L of the `days` sessions before this one. Its width
    (H - L) / ((H + L) / 2) is narrow when fewer than the share `narrow` of its last `year` values, itself included, are
    below it: a range that stays the narrowest for long stays narrow. Where it is narrow, the value is close / L - 1.
    Where it isn't, that or 0, whichever is more.

    NaN for the first `days` + `year` - 1 sessions, and while they hold a NaN of `level`. A session without a bar, whose
    high and low are NaN, counts with its carried close.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    high, low
        Highs and lows on the same scale, shape (sessions,).
    days
        Sessions in the channel, this one not included.
    narrow
        The share of its own last `year` widths to which a narrow one belongs: 1 is any, 0 is none.
    year
        Widths among which each is ranked.

    Notes
    -----
    Donchian's channel: TA-Lib's MAX of highs and MIN of lows, one session ago. Breakouts from consolidation: Edwards
    and Magee, "Technical Analysis of Stock Trends" (1948).

    Unit: fraction
    """
    ceiling = before(highest(np.where(np.isnan(high), level, high), days))
    floor = before(lowest(np.where(np.isnan(low), level, low), days))
    as_wide = percentile((floor - ceiling) / ((ceiling + floor) / 2.0), year)
    fallen = level / floor - 1.0
    return np.where(np.isnan(as_wide), np.nan, np.where(as_wide > 1.0 - narrow, fallen, np.maximum(fallen, 0.0)))
