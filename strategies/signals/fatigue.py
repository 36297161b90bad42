"""Signals of fatigue: an advance that is stretched, or has just stopped being so."""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated

import numpy as np

from data.arrays import Floats
from data.ranges import Range
from strategies.signals.feeds import Count, Days, Level
from strategies.signals.windows import before, moving_average, over, standard_deviation, within


def rsi(level: Level, days: Days = 14) -> Floats:
    """Wilder's relative strength index: gains as a percentage of gains and losses together.

    100 * G / (G + L); G and L are the averages of rises and falls of the close, in the price's own unit. They start as
    the simple averages of the first `days` changes, and each later change c makes of them (G * (`days` - 1) + c) /
    `days`. 0 where no price has moved yet.

    NaN for the first `days` sessions. Sessions whose close is NaN have no value and are left out: the next change is
    against the last close that is known. The averages are recursive, so where history starts has a say that shrinks by
    (`days` - 1) / `days` a session: of 14, to a millionth in 187 sessions.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions of Wilder's smoothing.

    Notes
    -----
    Wilder, "New Concepts in Technical Trading Systems" (1978). TA-Lib's RSI, its seed included.

    Unit: index 0-100
    """
    known = ~np.isnan(level)
    changes = np.diff(level[known])
    found = np.full(len(level), np.nan)
    if len(changes) >= days:
        gain, loss = (_wilder(np.maximum(moves, 0.0), days) for moves in (changes, -changes))
        both = gain + loss
        share = np.divide(gain, both, out=np.zeros(len(both)), where=both > 0.0)
        found[np.flatnonzero(known)[days:]] = 100.0 * share
    return found


def _wilder(moves: Floats, days: int) -> Floats:
    """Return Wilder's average of moves from the `days`-th on."""
    first = float(moves[:days].mean())
    # Plain numbers: a recursion a session costs less than loading a library that compiles it.
    return np.array(
        list(accumulate(moves[days:].tolist(), lambda mean, move: (mean * (days - 1) + move) / days, initial=first))
    )


def rsi_turn(
    level: Level, days: Days = 14, overbought: Annotated[float, Range(0, 100)] = 70.0, memory: Count = 5
) -> Floats:
    """1 where the relative strength index has turned down from overbought of late, else 0.

    1 where it is below `overbought` and was at or above it on any of the `memory` sessions before this one.

    NaN where the index is: for the first `days` sessions and where the close is NaN. The index is recursive: see `rsi`.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions of Wilder's smoothing.
    overbought
        The index from which the price counts as overbought, 0 to 100.
    memory
        Sessions before this one that are looked at.

    Notes
    -----
    Wilder, "New Concepts in Technical Trading Systems" (1978), sells where the index comes back below 70.

    Unit: 0 or 1
    """
    index = rsi(level, days)
    stretched = (index >= overbought).astype(float)
    turned = (index < overbought) & (before(within(stretched, memory)) == 1.0)
    return np.where(np.isnan(index), np.nan, turned)


def trend_deviation(level: Level, days: Days = 50) -> Floats:
    """How many standard deviations the close is above its simple moving average.

    (close - average) / standard deviation of the window's closes, with ddof 0.

    NaN for the first `days` - 1 sessions, while the window holds a NaN, and where all its closes are equal.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Sessions in the window, this one included.

    Notes
    -----
    Bollinger, "Bollinger on Bollinger Bands" (2001): 2 is the upper band. The deviation has ddof 0 as in TA-Lib's
    BBANDS and STDDEV.

    Unit: standard deviations
    """
    return over(level - moving_average(level, days), standard_deviation(level, days, ddof=0))
