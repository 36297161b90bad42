"""Series: dated values that are no price (rates, VIX, valuations), and when each was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import DAY, Dates, Flags, Floats, Ints
from data.bars import Bars
from data.calendar import LAST, nyse_sessions
from data.errors import DataError


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
    prices
        ``open``, ``high`` and ``low`` of an index whose closes the values are, each shape (values,); ``None`` where
        they aren't known.
    """

    name: str
    dates: Dates
    values: Floats
    known: Dates | None = None
    lag: int = 0
    prices: Mapping[str, Floats] | None = None

    def up_to(self, last: np.datetime64) -> Series:
        """Return the values of days up to one."""
        return self._rows(self.dates <= last)

    def public_by(self, session: np.datetime64) -> Series:
        """Return the values that were public at the close of a session, by their known days or by the lag."""
        if self.known is not None:
            return self._rows(self.known <= session)
        sessions = nyse_sessions(session - (2 * self.lag + 20) * DAY, session)
        return self._rows(self.dates <= sessions[-1 - self.lag])

    def _rows(self, seen: Flags) -> Series:
        known = None if self.known is None else self.known[seen]
        prices = None if self.prices is None else {name: column[seen] for name, column in self.prices.items()}
        return replace(self, dates=self.dates[seen], values=self.values[seen], known=known, prices=prices)

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
        calendar = self._lengthened(calendar)
        public = self._public(calendar)
        order = np.arange(len(self.dates)) if self.known is None else np.lexsort((self.known, self.dates, public))
        best = _latest_so_far(order, self.dates)
        asked = np.searchsorted(calendar, sessions)
        count = np.searchsorted(public[order], asked, side="right")
        known: Floats = np.where(count > 0, self.values[best[np.maximum(count, 1) - 1]], np.nan)
        return known

    def public_days(self, calendar: Dates) -> Dates:
        """Return the day at whose close each value became known, by `known` or `lag`; `LAST` after the calendar's end.

        Parameters
        ----------
        calendar
            As for `as_known`.
        """
        if self.known is not None or not len(self.dates):
            return self.dates if self.known is None else self.known
        calendar = self._lengthened(calendar)
        days: Dates = np.append(calendar, LAST)[np.minimum(self._public(calendar), len(calendar))]
        return days

    def value(self, of: np.datetime64, at: np.datetime64, calendar: Dates) -> float:
        """Return the value of one day as it stood at the close of a session.

        Parameters
        ----------
        of
            The day the value is of.
        at
            The session at whose close it is read.
        calendar
            As for `as_known`.

        Raises
        ------
        DataError
            There is no value of that day, or it wasn't known yet: to read it would be to look ahead.
        """
        rows = np.flatnonzero(self.dates == of)
        if not len(rows):
            raise DataError(f"series {self.name} has no value of {of}")
        calendar = self._lengthened(calendar)
        public, asked = self._public(calendar)[rows], np.searchsorted(calendar, at)
        if public.min() > asked:
            rule = f"its lag is {self.lag}" if self.known is None else f"it became known on {self.known[rows].min()}"
            raise DataError(f"series {self.name}: the value of {of} wasn't known at the close of {at}: {rule}")
        seen = rows[public <= asked]
        latest = seen[-1] if self.known is None else seen[np.argmax(self.known[seen])]
        return float(self.values[latest])

    def _public(self, calendar: Dates) -> Ints:
        """Return the row of the calendar at whose close each value is known."""
        if self.known is not None:
            return np.searchsorted(calendar, self.known)
        return np.searchsorted(calendar, self.dates) + self.lag

    def _lengthened(self, calendar: Dates) -> Dates:
        """Return the calendar with sessions before it, by which the lag of values dated before it is counted."""
        if self.known is not None or not self.lag or self.dates[0] >= calendar[0]:
            return calendar
        return np.concatenate((nyse_sessions(calendar[0] - (2 * self.lag + 20) * DAY, calendar[0] - DAY), calendar))


def index_bars(series: Series) -> Bars:
    """Return a series of index levels as bars on the NYSE's sessions, without volume (NaN), dividend or split.

    Rows on days without a session are left out. Where only closes are known each session opens at the last close, the
    first at its own, and high and low are the higher and the lower of the two.

    Raises
    ------
    DataError
        A level isn't positive, or no row is of a session.
    """
    held = np.isin(series.dates, nyse_sessions(series.dates[0], series.dates[-1])) if len(series.dates) else slice(0)
    dates, close = series.dates[held], series.values[held]
    if not len(dates) or not (close > 0).all():
        raise DataError(f"series {series.name} holds no levels of an index: they have to be positive, on NYSE sessions")
    opened = np.concatenate((close[:1], close[:-1]))
    prices = {"open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close)}
    if series.prices is not None:
        prices = {name: column[held] for name, column in series.prices.items()}
    nothing, ones = np.zeros(len(dates)), np.ones(len(dates))
    unknown = np.full(len(dates), np.nan)
    return Bars(series.name, dates, **prices, close=close, volume=unknown, dividend=nothing, split=ones)


def _latest_so_far(order: Ints, dates: Dates) -> Ints:
    """Return, for each step through `order`, the row with the latest date so far; a later row wins a tie."""
    in_order = dates[order]
    latest = in_order == np.maximum.accumulate(in_order)
    best: Ints = order[np.maximum.accumulate(np.where(latest, np.arange(len(order)), 0))]
    return best
