"""Signals of interest rates.

A yield itself, and its change, need nothing of their own: they are `series_value` of the series, with a rule's
``change_over``.
"""

from __future__ import annotations

from data.arrays import Floats
from strategies.signals.feeds import OtherValue, Value


def curve(series: Value, against: OtherValue) -> Floats:
    """The slope of the yield curve: the long yield less the short one.

    Below 0 the curve is inverted. Both are taken as quoted, in percent: a bill's discount rate (IRX, DTB3) stands a
    tenth to a quarter of a point below its yield while rates are near 5 %. NaN until both are known.

    Parameters
    ----------
    series
        The long yield, in percent, as known at each close, shape (sessions,).
    against
        The short one.

    Notes
    -----
    Estrella and Mishkin, "The Yield Curve as a Predictor of U.S. Recessions" (1996), with ten years and three months.

    Unit: percentage points
    """
    return series - against
