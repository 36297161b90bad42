"""What instruments did in each session, over the close before; taken out of history and put behind its end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.arithmetic import exp, log
from data.arrays import Dates, Floats, Ints
from data.as_traded import Course
from data.bars import COLUMNS, Bars
from strategies.signals.windows import moving_average

QUARTER = 63
"""Sessions."""
USUAL = QUARTER
"""Sessions over which volume is usual, and those before a close by which a day's is told."""
NEAREST = 50
"""Days of about the same return, of which one gives a session its open and its range."""


@dataclass(frozen=True)
class Days:
    """What an instrument did in each of its sessions but the first, splits undone and dividends put in.

    Parameters
    ----------
    dates
        Shape (days,).
    course
        Prices over the close before, shape (days,) each.
    volume
        Over the mean of the `USUAL` sessions before; NaN where that isn't known, shape (days,).
    """

    dates: Dates
    course: Course
    volume: Floats

    def __len__(self) -> int:
        return len(self.dates)

    def rows(self, rows: Ints) -> Days:
        """Return some of the days, in any order, as often as asked for."""
        taken = Course(*(column[rows] for column in columns(self.course)))
        return Days(self.dates[rows], taken, self.volume[rows])

    def rows_or_still(self, rows: Ints) -> Days:
        """Return some of the days, where a row is -1 one without a move, of which no volume is known."""
        days, none = self.rows(np.maximum(rows, 0)), rows < 0
        course = Course(*(np.where(none, 1.0, column) for column in columns(days.course)))
        return Days(days.dates, course, np.where(none, np.nan, days.volume))

    def at(self, dates: Dates) -> Ints:
        """Return the row of each date, -1 where there is none."""
        rows = np.searchsorted(self.dates, dates)
        rows[rows == len(self)] = 0
        return np.where(self.dates[rows] == dates, rows, -1)


def days_of(bars: Bars) -> Days:
    """Return what an instrument did in each session of its bars but the first."""
    before = bars.close[:-1] / bars.split[1:]
    course = Course(
        *((column[1:] + bars.dividend[1:]) / before for column in (bars.open, bars.high, bars.low, bars.close))
    )
    shares = _in_last_basis(bars)
    usual = np.concatenate((np.full(1, np.nan), moving_average(shares, USUAL)[:-1]))
    return Days(bars.dates[1:], course, (shares / usual)[1:])


def usual_volume(bars: Bars) -> float:
    """Return the mean volume of the last `USUAL` sessions, in the last one's shares; NaN where none of it is known."""
    shares = _in_last_basis(bars)[-USUAL:]
    return float(shares[~np.isnan(shares)].mean()) if (~np.isnan(shares)).any() else math.nan


def appended(bars: Bars, usual: float, sessions: Dates, days: Days) -> Bars:
    """Return bars that go on over some sessions as they did on some days.

    What the days paid is in their closes; they have no split.

    Parameters
    ----------
    usual
        Volume that is usual in the last of the bars.
    sessions, days
        Shape (sessions,).
    """
    course = days.course
    close = bars.close[-1] * np.cumprod(course.close)
    before = np.concatenate((bars.close[-1:], close[:-1]))
    opened, high, low = (before * column for column in (course.open, course.high, course.low))
    added = {
        "open": opened,
        "high": np.maximum(high, np.maximum(opened, close)),  # the last bit of a close that is high or low
        "low": np.minimum(low, np.minimum(opened, close)),
        "close": close,
        "volume": usual * days.volume,
        "dividend": np.zeros(len(sessions)),
        "split": np.ones(len(sessions)),
    }
    return with_bars(bars, Bars(bars.instrument, sessions, **added))


def with_bars(bars: Bars, more: Bars) -> Bars:
    """Return bars with later ones behind them."""
    names = ("dates", *COLUMNS)
    return Bars(bars.instrument, **{name: np.concatenate((getattr(bars, name), getattr(more, name))) for name in names})


def still(sessions: Dates) -> Days:
    """Return days on which no price moves and volume is as usual."""
    ones = np.ones(len(sessions))
    return Days(sessions, Course(ones, ones, ones, ones), ones)


def moved(days: Days, growth: Floats, scale: Floats) -> Days:
    """Return days whose closes over the close before are others; gaps and ranges are theirs, in logs times a scale.

    Parameters
    ----------
    growth, scale
        Shape (days,) each.
    """
    course = days.course
    to_open, high, low = (log(column) for column in (course.open, course.high, course.low))
    outer, inner = np.maximum(to_open, log(course.close)), np.minimum(to_open, log(course.close))
    opened = exp(to_open * scale)
    above = np.maximum(opened, growth) * exp((high - outer) * scale)
    below = np.minimum(opened, growth) * exp((low - inner) * scale)
    return Days(days.dates, Course(opened, above, below, growth), days.volume)


def filled_in(dates: Dates, growth: Floats, own: Days, rng: np.random.Generator) -> Days:
    """Return days of which only closes are known, an index's: open, range and volume are of days of about that return.

    Parameters
    ----------
    dates, growth
        The days, and their closes over the close before, shape (sessions,).
    own
        The instrument's own days.
    rng
        Draws one of the `NEAREST` days of each.
    """
    order = np.argsort(own.course.close, kind="stable")
    about = np.searchsorted(own.course.close[order], growth)
    count = min(NEAREST, len(own))
    first = np.clip(about - count // 2, 0, len(own) - count)
    like = own.rows(order[first + rng.integers(0, count, len(growth))])
    made = moved(like, growth, np.ones(len(growth)))
    return Days(dates, made.course, made.volume)


def columns(course: Course) -> tuple[Floats, ...]:
    """Return open, high, low and close."""
    return course.open, course.high, course.low, course.close


def _in_last_basis(bars: Bars) -> Floats:
    """Return volume in shares of the last session's basis; NaN where it isn't known."""
    later = np.cumprod(np.append(bars.split[1:], 1.0)[::-1])[::-1]
    return np.where(bars.volume > 0.0, bars.volume * later, np.nan)
