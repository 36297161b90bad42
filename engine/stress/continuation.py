"""How every history goes on over the sessions of a scenario: bars, series and schedules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from data.arrays import DAY, Dates, Flags, Floats, among
from data.as_traded import Course
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.events import Events, make_events
from data.extension import Extension, FundTerms, terms_of
from data.filings.facts import Filings
from data.fund import dated, fund_return
from data.market import Market
from data.publication import LATE, LATE_TOO
from data.rates import DISCOUNT_SERIES, days_between, yield_known
from data.roles import HedgeRole
from data.series import Series
from data.sources import BARS, SERIES, Thing
from data.sources.altered import AlteredSource, Companies
from data.sources.valued import valued_in
from engine.hedges import with_made
from engine.stress.courses import Days, appended, with_bars
from engine.stress.past import Instrument, Past

RATES = re.compile(r"\^?(IRX|FVX|TNX|TYX)|FEDFUNDS|TB\d+MS|GS\d+M?")
"""Rates beside those that FRED publishes late: what they did from day to day is added to what they are today."""
LEAST_LEFT = 0.01
"""What a session leaves of a fund at the least, a fraction of the close before: the model alone would leave nothing."""

Moves = Callable[[Instrument], Days]
"""Gives what an instrument does in each session of a scenario, by its history; raises DataError naming it."""
Values = Callable[[Series], Floats]
"""Gives a series' values at the closes of a scenario; raises DataError naming one that can't be carried along."""
Schedule = Callable[[Events], Events]
"""Gives a schedule as it goes on."""


@dataclass(frozen=True)
class Continuation:
    """How all that a run reads goes on; called as a `data.sources.altered.History`.

    A fund hedge follows its model, of the underlying and the cash rate as they go on. Nothing is filed, and nobody
    joins or leaves a group.

    Parameters
    ----------
    past
        What goes on.
    sessions
        Over which sessions.
    underlying
        What the underlying does in each.
    moves, values, schedule
        What is done in them by anything else.
    given
        What somebody gave, by ``bars/SOXX`` or ``series/VIX``: it stands behind the last session as it is.
    shift
        -1 and 1 put each return of a modelled fund at the lower and the upper edge of the model's error band.
    """

    past: Past
    sessions: Dates
    underlying: Days
    moves: Moves
    values: Values
    schedule: Schedule
    given: Mapping[str, Thing] = field(default_factory=dict)
    shift: int = 0

    def __call__(self, item: str, thing: Thing) -> Thing:
        """Return what an item is with the scenario behind it; raises DataError for one that can't be carried along."""
        if item in self.given:
            return joined(thing, self.given[item], self.past.last)
        if isinstance(thing, Bars):
            return self._bars(thing)
        if isinstance(thing, Series):
            valued = valued_in(self.past.market.source)
            made = valued is not None and thing.name in valued.valuations  # of bars and filings, which went on already
            return thing if made else self._series(thing)
        if isinstance(thing, Events):
            return self.schedule(thing)
        return self.past.filings(thing) if isinstance(thing, Filings) else thing.up_to(self.past.last)

    def _bars(self, bars: Bars) -> Bars:
        roles, own = self.past.market.roles, self.past.instrument(bars)
        funds = [role for role in roles.hedges if role.kind == "fund" and role.instrument == bars.instrument]
        if bars.instrument == roles.underlying:
            days = self.underlying
        else:
            days = self._fund(funds[0]) if funds else self.moves(own)
        return appended(own.bars, own.usual, self.sessions, days)

    def _series(self, series: Series) -> Series:
        """Return a series with its values so far, each known when it was, and the scenario's."""
        rows, values = self.past.series(series).rows, self.values(series)
        public = rows.dates if rows.known is None else rows.known
        return replace(
            rows,
            dates=np.concatenate((rows.dates, self.sessions)),
            values=np.concatenate((rows.values, values)),
            known=np.concatenate((public, self.sessions)),
        )

    def _fund(self, role: HedgeRole) -> Days:
        """Return what a fund does by its model: of prices over the close before, each bears the day's financing."""
        extension = Extension(role.instrument, self.past.market.underlying, role.leverage)
        terms, dates = terms_of(extension, on_index=False), np.append(self.past.last, self.sessions)
        days, f = days_between(dates)[1:], self._rate(dates)[:-1]
        course = self.underlying.course
        made = np.stack([self._return(getattr(course, name) - 1.0, f, days, terms) for name in PRICES])
        made = np.maximum(1.0 + made, LEAST_LEFT)
        fund = Course(made[0], made.max(axis=0), made.min(axis=0), made[3])  # a negative leverage swaps high and low
        return Days(self.sessions, fund, np.full(len(self.sessions), np.nan))

    def _return(self, r: Floats, f: Floats, days: Floats, terms: FundTerms) -> Floats:
        fee, spread = dated(terms.fee, self.sessions), dated(terms.spread, self.sessions)
        return fund_return(r, f, days, terms.leverage, fee, spread) + self.shift * terms.band * days / 365.0

    def _rate(self, dates: Dates) -> Floats:
        """Return the cash rate as known at each close, a yield a year."""
        rate = self.past.config.execution.cash_rate
        if not isinstance(rate, str):
            return np.full(len(dates), float(rate))
        series = self._series(self.past.market.source.read(SERIES, rate))
        return yield_known(rate, series.as_known(dates, dates), dates)


def joined(thing: Thing, given: Thing, last: np.datetime64) -> Thing:
    """Return a history up to a session with what is given of the days after it; of filings and groups all is given."""
    if isinstance(thing, Bars) and isinstance(given, Bars):
        return with_bars(thing.up_to(last), given.rows(given.dates > last))
    if isinstance(thing, Series) and isinstance(given, Series):
        return _with_values(thing.up_to(last), given, given.dates > last)
    if isinstance(thing, Events) and isinstance(given, Events):
        return with_events(thing.rows(thing.dates <= last), given.rows(given.dates > last))
    return given


def with_events(events: Events, more: Events) -> Events:
    """Return a schedule with further events; announced where both say when they were."""
    announced = None
    if events.announced is not None and more.announced is not None:
        announced = np.concatenate((events.announced, more.announced))
    dates, symbols, timing = (
        np.concatenate((getattr(events, name), getattr(more, name))) for name in ("dates", "symbols", "timing")
    )
    return make_events(events.name, dates, symbols, timing, announced)


def _with_values(series: Series, more: Series, keep: Flags) -> Series:
    known = None
    if series.known is not None and more.known is not None:
        known = np.concatenate((series.known, more.known[keep]))
    elif series.known is not None or more.known is not None:
        raise DataError(f"series {series.name}: give a column known where its history has one, and only there")
    dates, values = np.concatenate((series.dates, more.dates[keep])), np.concatenate((series.values, more.values[keep]))
    return replace(series, dates=dates, values=values, known=known, prices=None)


def continued(past: Past, continuation: Continuation, companies: Companies | None = None) -> Market:
    """Return the market with a scenario behind its last session; its bars are read, others when they are asked for.

    Parameters
    ----------
    companies
        What values companies, one for all scenarios; anew unless given.
    """
    market, after = past.market, continuation.sessions
    source = AlteredSource(market.source, continuation, Companies() if companies is None else companies)
    held = after
    for name in dict.fromkeys(market.roles.listed):
        held = held[among(held, source.read(BARS, name).dates)]
    calendar = nyse_sessions(past.last + DAY, after[-1])
    longer = replace(
        market,
        source=source,
        sessions=np.concatenate((market.sessions, held)),
        calendar=np.concatenate((market.calendar, calendar)),
    )
    return with_made(past.config, longer)


def following(last: np.datetime64, count: int) -> Dates:
    """Return the NYSE's next so many sessions after one."""
    return nyse_sessions(last + DAY, last + (2 * count + 20) * DAY)[:count]


def is_rate(name: str) -> bool:
    """Return whether a series is an interest rate, in percent a year."""
    late = name in LATE and name != "VIXCLS"
    return late or name in DISCOUNT_SERIES or bool(RATES.fullmatch(name) or LATE_TOO.fullmatch(name))


def unchanged(events: Events) -> Events:
    """Return a schedule as it is: all that is scheduled comes."""
    return events


def replayed_schedule(past: Past, dates: Dates, sessions: Dates) -> Schedule:
    """Return how schedules go on as they did over some days: an event of such a day comes on the scenario's session.

    One of a day without a session comes on the next; it is announced as many sessions before, at the earliest on the
    last of history.
    """

    def schedule(events: Events) -> Events:
        kept = events.rows(events.dates <= past.last)
        if not len(events) or events.dates[0] > dates[0]:
            begin = events.dates[0] if len(events) else "nowhere"
            raise DataError(f"events {events.name}, which it reads, begin {begin}, after {dates[0]}")
        within = (events.dates >= dates[0]) & (events.dates <= dates[-1])
        rows = np.minimum(np.searchsorted(dates, events.dates[within]), len(sessions) - 1)
        announced = None
        if events.announced is not None:
            said = np.searchsorted(dates, events.announced[within], side="right") - 1
            announced = np.where(said >= 0, sessions[np.maximum(said, 0)], past.last)
        replayed = make_events(events.name, sessions[rows], events.symbols[within], events.timing[within], announced)
        return with_events(kept, replayed)

    return schedule
