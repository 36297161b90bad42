"""Interest rates: from a quoted series to a yield, and from a yield to what cash earns from close to close."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates, Floats
from data.errors import DataError
from data.ranges import YEARLY

DISCOUNT_SERIES = ("IRX", "DTB3")
"""Series quoted as 91-day Treasury-bill discount rates in percent; any other rate series is a yield in percent."""


def as_yield(name: str, percent: Floats) -> Floats:
    """Turn a quoted rate series in percent into a yield, a fraction a year.

    A discount rate d is turned by ``f = d / (1 - d * 91/360)``; any other series is a yield already. NaN stay.
    """
    quoted = percent / 100.0
    return quoted / (1.0 - quoted * 91.0 / 360.0) if name in DISCOUNT_SERIES else quoted


def yield_known(name: str, percent: Floats, sessions: Dates) -> Floats:
    """Return a quoted rate series in percent, as known at each session's close, as a yield (see `as_yield`).

    Raises
    ------
    DataError
        A yield is beyond what cash can earn: a stray value, or a series in another unit.
    """
    yields = as_yield(name, percent)
    if len(beyond := np.flatnonzero(YEARLY.beyond(yields))):
        row = int(beyond[0])
        what = f"is {percent[row]:.10g} at the close of {sessions[row]}, and no cash rate in percent a year"
        raise DataError(f"series {name} {what}: correct it: as a yield it is from {YEARLY.ends}")
    return yields


def days_between(sessions: Dates) -> Floats:
    """Return the calendar days from the session before to each session, 0 for the first."""
    days = np.zeros(len(sessions))
    days[1:] = np.diff(sessions).astype("timedelta64[D]").astype(float)
    return days


def accrual(sessions: Dates, rate: Floats) -> Floats:
    """Return what a dollar of cash held from the close before earns by each session: ``f[t-1] * n/360``.

    Parameters
    ----------
    sessions
        Shape (sessions,).
    rate
        Yield a year as a fraction, known at each session's close, shape (sessions,).
    """
    earned = np.zeros(len(sessions))
    earned[1:] = rate[:-1] * days_between(sessions)[1:] / 360.0
    return earned
