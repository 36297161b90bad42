"""Signals of any series a user has: credit spreads, earnings revisions, price/earnings, volatility indices."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from strategies.signals.feeds import OtherValue, Value


def series_value(series: Value) -> Floats:
    """The series itself, as it was known at each close.

    The last known value carries forward. NaN before the first.

    Parameters
    ----------
    series
        Shape (sessions,).

    Notes
    -----
    Unit: the series' own
    """
    return np.array(series, dtype=np.float64)


def series_ratio(series: Value, against: OtherValue) -> Floats:
    """One series as a multiple of another, as both were known at each close.

    VIX against VIX3M: above 1 fear of the next month exceeds that of the next three, which marks stress. NaN until
    both are known, and where the other isn't above 0.

    Parameters
    ----------
    series, against
        Shape (sessions,).

    Notes
    -----
    Unit: a ratio
    """
    return series / np.where(against > 0.0, against, np.nan)
