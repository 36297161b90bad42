"""Signals of valuation, of earnings where the data tell and of prices alone; `percentile_over` ranks any of them."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from data.ranges import CENTURY, Range
from strategies.signals.feeds import Days, Earnings, Level
from strategies.signals.windows import folded, moving_average, over, padded


def valuation(level: Level, series: Earnings, days: Days = 200) -> Floats:
    """Price over earnings, as known at each close; where the data tell no earnings, the close over its own average.

    The series is the one named, else the underlying's own (``SOXX_PE``), else that of the chip makers whose filings
    there are (``CHIPS_PE``). Which it is, is told wherever the signal shows. NaN where earnings aren't known or aren't
    positive, and as `price_to_trend` where that stands in. The two have no level in common: rank them, with
    `percentile_over`.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    series
        Price/earnings, shape (sessions,); ``None`` where the data hold none.
    days
        Sessions in the average that stands in, this one included.

    Notes
    -----
    Unit: ratio
    """
    return price_to_trend(level, days) if series is None else series + 0.0


def price_to_trend(level: Level, days: Days = 200) -> Floats:
    """The close as a multiple of its simple moving average.

    NaN for the first `days` - 1 sessions and while the window holds a NaN. No earnings are in it: it is dear or cheap
    against its own past alone.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the average, this one included.

    Notes
    -----
    Mebane Faber's 200 sessions; the average is TA-Lib's SMA.

    Unit: ratio
    """
    return level / moving_average(level, days)


def log_trend_deviation(level: Level, days: Annotated[int, Range(3, CENTURY)] = 1260) -> Floats:
    """How many standard deviations the last log price is above the straight line through the window's log prices.

    The line is fitted by least squares to the last `days` log closes against time. The residual of the last one is told
    in standard errors of the regression, sqrt(sum of squared residuals / (`days` - 2)).

    NaN for the first `days` - 1 sessions, while the window holds a NaN, and where the prices lie on the line to within
    rounding (residuals under a millionth of the prices' own spread).

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the window, this one included; 1260 are five years.

    Notes
    -----
    A log-linear trend as in Jeremy Siegel, "Stocks for the Long Run" (1994), on the past alone. The line's end is
    TA-Lib's LINEARREG of log closes.

    Unit: standard deviations
    """
    prices = log(level)
    mean, squares, with_time = folded(np.stack((prices, 0.0 * prices, 0.0 * prices)), days, _merged_lines)
    time_squares = days * (days * days - 1) / 12.0
    slope = with_time / time_squares
    residual = prices[days - 1 :] - mean - slope * ((days - 1) / 2.0)
    unexplained = squares - slope * with_time
    spread = np.sqrt(np.where(unexplained > 1e-12 * squares, unexplained, 0.0) / (days - 2))
    return padded(over(residual, spread), len(level))


def _merged_lines(older: Floats, newer: Floats, a: int, b: int) -> Floats:
    """Merge mean, squared deviations, and their products with the deviations of time, of adjacent windows.

    Chan, Golub and LeVeque (1979) for the first two; the third is their formula for a product of two variables, whose
    means of time are (a + b) / 2 apart.
    """
    apart, weight = newer[0] - older[0], a * b / (a + b)
    return np.stack(
        (
            older[0] + apart * (b / (a + b)),
            older[1] + newer[1] + apart * apart * weight,
            older[2] + newer[2] + apart * (weight * (a + b) / 2.0),
        )
    )
