"""Series: dated values that are no price (rates, VIX, valuations), and when each was known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Dates, Floats, Ints
from data.calendar import nyse_sessions


@dataclass(frozen=True)
class Series:
    """Dated values with the rule for when each was known.

    Parameters
    ----------
    name
        Such as ``VIX``.
    dates
        The day each value is of, ``datetime64[D]``, shape (values,).
    values
        Float64, in the series' own unit (IRX and VIX in percent), shape (values,).
    known
        The day each value became public, shape (values,); ``None`` when `lag` rules. Several rows may then share
        a date: the latest public revision counts.
    lag
        Sessions after its date at whose close a value is known; 0 is the same session's close.
    """

    name: str
    dates: Dates
    values: Floats
    known: Dates | None = None
    lag: int = 0

    def as_known(self, sessions: Dates, calendar: Dates) -> Floats:
        """Return what was known of the series at each session's close; NaN before the first known value.

        Parameters
        ----------
        sessions
            The sessions to answer for, a subset of `calendar`.
        calendar
            Every exchange session over the same span, by which `lag` is counted. A value dated on a day without
            a session counts from the next session.
        """
        if not len(self.dates):
            return np.full(len(sessions), np.nan)
        if self.known is None:
            calendar = self._lengthened(calendar)
            public = np.searchsorted(calendar, self.dates) + self.lag
            order = np.arange(len(self.dates))
        else:
            public = np.searchsorted(calendar, self.known)
            order = np.lexsort((self.known, self.dates, public))
        best = _latest_so_far(order, self.dates)
        asked = np.searchsorted(calendar, sessions)
        count = np.searchsorted(public[order], asked, side="right")
        known: Floats = np.where(count > 0, self.values[best[np.maximum(count, 1) - 1]], np.nan)
        return known

    def _lengthened(self, calendar: Dates) -> Dates:
        """Return the calendar with sessions before it, by which the lag of values dated before it is counted."""
        if not self.lag or self.dates[0] >= calendar[0]:
            return calendar
        return np.concatenate((nyse_sessions(calendar[0] - 2 * self.lag - 20, calendar[0] - 1), calendar))


def _latest_so_far(order: Ints, dates: Dates) -> Ints:
    """Return, for each step through `order`, the row with the latest date so far; a later row wins a tie."""
    best = order.copy()
    for step in range(1, len(order)):
        if dates[order[step]] < dates[best[step - 1]]:
            best[step] = best[step - 1]
    return best
