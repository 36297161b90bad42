"""The history that scenarios are made of: the underlying's days back to its index's first, its falls and rallies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from data.arithmetic import dot
from data.arrays import DAY, Dates, Floats, Ints
from data.as_traded import Course
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.families import FUNDS
from data.filings.facts import Filings
from data.market import Market
from data.series import Series, index_bars
from data.sources import BARS, SERIES
from engine.analytics.drawdowns import falls_of
from engine.config import RunConfig
from engine.stress.courses import QUARTER, Days, columns, days_of, filled_in, usual_volume

DEEP = 0.20
"""How deep a fall has to be to be replayed, a fraction."""
LOOKBACK = 756
"""Sessions by which a beta is told."""
FEWEST = 63
"""Sessions that a beta takes at the least."""
RALLIES = 4
"""How many rises are replayed, the sharpest over a quarter."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FALL, RALLY, SINCE = "fall", "rally", "since"


class ReplaySpan(NamedTuple):
    """A part of history that is replayed.

    Parameters
    ----------
    name, title
        What it goes by, the month of its low as ``2008-11``, and what a person calls it.
    kind
        ``fall``, ``rally`` or ``since``.
    first, until
        The rows of `Past.days` that are replayed, `until` not included.
    turn
        How many sessions into it a fall's lowest close stands; of anything else its last.
    move
        What the underlying did up to there, a fraction.
    """

    name: str
    title: str
    kind: str
    first: int
    until: int
    turn: int
    move: float

    @property
    def sessions(self) -> int:
        """How many sessions it takes."""
        return self.until - self.first


@dataclass(frozen=True)
class Instrument:
    """An instrument's history up to a run's last session.

    Parameters
    ----------
    bars
        Those with a close.
    days
        What it did in each.
    usual
        Its volume of late, as `engine.stress.courses.usual_volume`.
    beside
        The underlying's days.
    """

    bars: Bars
    days: Days
    usual: float
    beside: Days

    @cached_property
    def at(self) -> Ints:
        """The row of each of the underlying's days among its own, -1 where it has no bar."""
        return self.days.at(self.beside.dates)

    @cached_property
    def beta(self) -> tuple[float, float]:
        """Its beta to the underlying over the last `LOOKBACK` sessions of both; its mean return beside it, over all.

        Days are drawn from all of history: what they leave of its return is 0 on average. Raises DataError where there
        are fewer than `FEWEST`.
        """
        every = np.flatnonzero(self.at >= 0)
        common = every[-LOOKBACK:]
        if len(common) < FEWEST:
            what = f"{self.bars.instrument} has {len(common)} sessions with the underlying"
            raise DataError(f"{what}: its beta takes {FEWEST}")
        x, y = self._returns(common)
        apart = x - x.mean()
        beta = dot(apart, y) / dot(apart, apart)
        x, y = self._returns(every)
        return beta, float(y.mean() - beta * x.mean())

    def _returns(self, rows: Ints) -> tuple[Floats, Floats]:
        """Return the underlying's returns of some of its days, and its own."""
        return self.beside.course.close[rows] - 1.0, self.days.course.close[self.at[rows]] - 1.0


class SoFar(NamedTuple):
    """What was known of a series.

    Parameters
    ----------
    rows
        Its values that were known by the last session, each with the day from whose close on it was.
    known
        What was known at each close of `Past.calendar`; NaN before its first value.
    """

    rows: Series
    known: Floats


@dataclass(frozen=True)
class Past:
    """A run's history up to its last session.

    Parameters
    ----------
    config, market
        The run, and its market.
    """

    config: RunConfig
    market: Market
    _read: dict[str, list[tuple[Bars, Instrument]]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _series: dict[str, tuple[Series, SoFar]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _filed: dict[str, tuple[Filings, Filings]] = field(init=False, default_factory=dict, repr=False, compare=False)

    @property
    def last(self) -> np.datetime64:
        """The last session."""
        return self.market.sessions[-1]

    def instrument(self, bars: Bars) -> Instrument:
        """Return the history of an instrument by its bars, made once: of a valuation they are others than a run's."""
        kept = self._read.setdefault(bars.instrument, [])
        for seen, made in kept:
            if seen is bars:
                return made
        before = bars.up_to(self.last)
        before = before.rows(~np.isnan(before.close))
        made = Instrument(before, days_of(before), usual_volume(before), self.days)
        kept.append((bars, made))
        return made

    def filings(self, filings: Filings) -> Filings:
        """Return what a company filed up to the last session, made once."""
        kept = self._filed.get(filings.name)
        if kept is None or kept[0] is not filings:
            kept = self._filed[filings.name] = filings, filings.up_to(self.last)
        return kept[1]

    def named(self, name: str) -> Instrument:
        """Return the history of an instrument; raises DataError."""
        return self.instrument(self.market.source.read(BARS, name))

    @cached_property
    def calendar(self) -> Dates:
        """Every session of the exchange from that before the first of `days` on, by which series are known."""
        return nyse_sessions(self.days.dates[0] - 10 * DAY, self.last)

    def series(self, series: Series) -> SoFar:
        """Return what was known of a series, made once."""
        kept = self._series.get(series.name)
        if kept is None or kept[0] is not series:
            seen = series.up_to(self.last)
            public = seen.public_days(self.market.calendar)
            there = public <= self.last
            rows = replace(
                seen, dates=seen.dates[there], values=seen.values[there], known=public[there], lag=0, prices=None
            )
            kept = self._series[series.name] = series, SoFar(rows, seen.as_known(self.calendar, self.calendar))
        return kept[1]

    @cached_property
    def joint(self) -> Dates:
        """The days on which all of core and hedges have bars, but for funds, which are modelled; and the underlying."""
        roles, dates = self.market.roles, self.own.dates
        funds = {role.instrument for role in roles.hedges if role.kind == "fund"}
        for name in dict.fromkeys(roles.listed):
            if name not in funds:
                dates = dates[self.named(name).days.at(dates) >= 0]
        return dates

    @cached_property
    def own(self) -> Days:
        """The underlying's own days."""
        bars = self.market.source.read(BARS, self.market.underlying).up_to(self.last)
        return days_of(bars.rows(~np.isnan(bars.close)))

    @cached_property
    def index(self) -> str | None:
        """The series of the index that the underlying followed before its first bar; None where there is none."""
        earlier = {fund.earlier for fund in FUNDS.values() if fund.underlying == self.market.underlying}
        return next((name for name in sorted(filter(None, earlier)) if self.market.has_series(name)), None)

    @cached_property
    def days(self) -> Days:
        """The underlying's days, its index's before its own: of those, only closes are known, and no dividends."""
        if self.index is None:
            return self.own
        bars = index_bars(self.market.source.read(SERIES, self.index).up_to(self.last))
        older = bars.up_to(self.own.dates[0] - DAY)
        if len(older) < 2:  # a day is one close over another
            return self.own
        made = days_of(older)
        filled = filled_in(made.dates, made.course.close, self.own, np.random.default_rng(0))
        return _joined(filled, self.own)

    @cached_property
    def level(self) -> Floats:
        """The underlying's level before the first of `days` and at each close, shape (days + 1,)."""
        return np.concatenate(([1.0], np.cumprod(self.days.course.close)))

    @cached_property
    def spans(self) -> tuple[ReplaySpan, ...]:
        """What is replayed: every fall of over `DEEP`, then the sharpest rallies, each oldest first."""
        return (*_named(self._falls()), *_named(self._rallies()))

    def since(self, month: np.datetime64, sessions: int) -> ReplaySpan:
        """Return the span of so many sessions from a month's first one on; raises DataError where there are fewer."""
        first = int(np.searchsorted(self.days.dates, month.astype("datetime64[D]")))
        until = first + sessions
        if self.days.dates[0].astype("datetime64[M]") > month or until > len(self.days):
            begin, end = self.days.dates[0], self.days.dates[max(len(self.days) - sessions, 0)]
            raise DataError(
                f"{month}: {sessions} sessions from there are not in the history: it takes {begin} to {end}"
            )
        move = float(self.level[until] / self.level[first] - 1.0)
        title = f"{sessions} sessions from {_words(month)}"
        return ReplaySpan(str(month), title, SINCE, first, until, sessions, move)

    def _falls(self) -> list[ReplaySpan]:
        """Return each fall from the session after its peak to the close that ends it."""
        found = []
        for fall in falls_of(self.level, DEEP):
            low, high = self.month(fall.trough), self.month(fall.peak)
            title = f"{_words(high)} to {_words(low)}"
            found.append(ReplaySpan(str(low), title, FALL, fall.peak, fall.end, fall.trough - fall.peak, fall.depth))
        return found

    def _rallies(self) -> list[ReplaySpan]:
        """Return the sharpest rises over a quarter that don't overlap, each from the session after its first close."""
        rises = self.level[QUARTER:] / self.level[:-QUARTER] - 1.0
        chosen: list[int] = []
        for first in np.argsort(-rises, kind="stable").tolist():
            if len(chosen) < RALLIES and all(abs(first - other) >= QUARTER for other in chosen):
                chosen.append(first)
        found = []
        for first in sorted(chosen):
            month = self.month(first + 1)
            span = f"rally-{month}", f"{_words(month)} rally", RALLY, first, first + QUARTER, QUARTER
            found.append(ReplaySpan(*span, float(rises[first])))
        return found

    def month(self, close: int) -> np.datetime64:
        """Return the month of a close of `level`, of the one before the first day that of this."""
        return self.days.dates[max(close - 1, 0)].astype("datetime64[M]")


def _joined(older: Days, newer: Days) -> Days:
    course = Course(*map(np.concatenate, zip(columns(older.course), columns(newer.course), strict=True)))
    dates, volume = (np.concatenate((getattr(older, name), getattr(newer, name))) for name in ("dates", "volume"))
    return Days(dates, course, volume)


def _named(spans: list[ReplaySpan]) -> list[ReplaySpan]:
    """Return spans whose names differ: the second of a month has a b behind it."""
    found, seen = [], dict[str, int]()
    for span in spans:
        seen[span.name] = seen.get(span.name, 0) + 1
        suffix = "" if seen[span.name] == 1 else "abcdefgh"[seen[span.name] - 1]
        found.append(span._replace(name=span.name + suffix))
    return found


def _words(month: np.datetime64) -> str:
    return f"{MONTHS[int(str(month)[5:]) - 1]} {str(month)[:4]}"
