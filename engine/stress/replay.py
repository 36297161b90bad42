"""Scenarios that replay a part of history, stand still, or are somebody's own."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from data.arrays import Floats, Ints
from data.as_traded import Course
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError, did_you_mean
from data.series import Series
from data.sources import BARS, KINDS, Thing
from engine.stress.continuation import LEAST_LEFT, Continuation, following, is_rate, replayed_schedule, unchanged
from engine.stress.courses import Days, days_of, still, with_bars
from engine.stress.past import Instrument, Past, ReplaySpan

HOLES = 0.1
"""Part of a span's days on which an instrument may have no bar: what it did over a hole is in the next one."""


def replay(past: Past, span: ReplaySpan) -> Continuation:
    """Return the continuation in which the days of a span come again, one after the other.

    An instrument does what it did on them; a leg that had no bar then goes by its beta, and what is left of another
    day's return, one day for all such legs. Rates do from today's level what they did, and don't get below 0 by it;
    every other series has the values it had. Events come where they came.

    Raises
    ------
    DataError
        When it is read: something that a signal reads has no value on those days.
    """
    days = past.days.rows(np.arange(span.first, span.until))
    sessions, dates = following(past.last, len(days)), days.dates
    rng = np.random.default_rng(zlib.crc32(span.name.encode()))
    drawn = past.joint[rng.integers(0, max(len(past.joint), 1), len(days))] if len(past.joint) else dates

    def moves(own: Instrument) -> Days:
        rows, name = own.at[span.first : span.until], own.bars.instrument
        if own.days.dates[0] <= dates[0] and (rows < 0).mean() <= HOLES:
            return own.days.rows_or_still(rows)
        if name not in past.market.roles.listed:
            raise DataError(f"{name}, which it reads, has no bar on {dates[rows < 0][0]}")
        return by_beta(own, days, past.days.at(drawn), np.ones(len(days)))

    def values(series: Series) -> Floats:
        known, rows = past.series(series).known, np.searchsorted(past.calendar, dates)
        found = known[rows]
        if is_rate(series.name) or series.name == past.config.execution.cash_rate:
            now = known[-1]
            found = np.maximum(now + (found - known[rows[0] - 1]), min(now, 0.0))
        if np.isnan(found).any():
            raise DataError(f"series {series.name}, which it reads, isn't known on {dates[np.isnan(found)][0]}")
        return found

    return Continuation(past, sessions, days, moves, values, replayed_schedule(past, dates, sessions))


def standing_still(past: Past, count: int) -> Continuation:
    """Return the continuation in which no price moves, every series stays, and events come as they are scheduled."""
    sessions = following(past.last, count)
    nothing = still(sessions)

    def values(series: Series) -> Floats:
        return _last_known(past, series, count)

    return Continuation(past, sessions, nothing, lambda _bars: nothing, values, unchanged)


def given(past: Past, things: Mapping[str, Thing]) -> Continuation:
    """Return the continuation by what somebody gives of the sessions after the last.

    Parameters
    ----------
    things
        Histories by ``bars/SOXX`` or ``series/VIX``, of which what is later than the last session counts; bars of the
        underlying are needed. A fund without bars is modelled, and a rate without values stays what it is.

    Raises
    ------
    DataError
        Something is given that the history lacks; there is no bar of the underlying after the last session, one on no
        session of the exchange; when it is read, naming it: something that nobody gave.
    """
    market, last = past.market, past.last
    for kind in KINDS:
        known = market.source.names(kind)
        for name in (item.partition("/")[2] for item in things if item.startswith(f"{kind}/")):
            if name not in known:
                guess = did_you_mean(name, known)
                raise DataError(f"a scenario has {kind} of {name}, of which there is no history{guess}")
    item = f"{BARS}/{market.underlying}"
    bars = things.get(item)
    if not isinstance(bars, Bars) or not (bars.dates > last).any():
        raise DataError(f"a scenario takes bars of {market.underlying} after {last}, the last session")
    days = days_of(with_bars(past.named(market.underlying).bars, bars.rows(bars.dates > last)))
    days = days.rows(np.flatnonzero(days.dates > last))
    sessions = nyse_sessions(last, days.dates[-1])
    if len(strange := days.dates[~np.isin(days.dates, sessions)]):
        raise DataError(
            f"a scenario has a bar of {market.underlying} on {strange[0]}, on which the NYSE holds no session"
        )

    def moves(own: Instrument) -> Days:
        raise DataError(f"{own.bars.instrument}, which it reads, has no bars in the scenario: give them")

    def values(series: Series) -> Floats:
        if not is_rate(series.name) and series.name != past.config.execution.cash_rate:
            raise DataError(f"series {series.name}, which it reads, has no values in the scenario: give them")
        return _last_known(past, series, len(days))

    return Continuation(past, days.dates, days, moves, values, unchanged, dict(things))


def by_beta(own: Instrument, underlying: Days, rows: Ints, scale: Floats) -> Days:
    """Return what an instrument does by its beta to what the underlying does, and what other days left of its returns.

    Parameters
    ----------
    own
        Its history.
    underlying
        What the underlying does, shape (sessions,).
    rows, scale
        The underlying's days whose remainders are added, and how many times, shape (sessions,).

    Raises
    ------
    DataError
        It has too few sessions with the underlying, or none on one of the days.
    """
    (beta, mean), at, now = own.beta, own.at[rows], underlying.course
    if (at < 0).any():
        raise DataError(f"{own.bars.instrument}, which it reads, has no bar on {own.beside.dates[rows[at < 0][0]]}")
    day, beside = own.days.rows(at), own.beside.rows(rows).course

    def price(name: str, alpha: float) -> Floats:
        left = getattr(day.course, name) - 1.0 - beta * (getattr(beside, name) - 1.0) - alpha
        return np.maximum(1.0 + beta * (getattr(now, name) - 1.0) + scale * left, LEAST_LEFT)

    close, opened = price("close", mean), price("open", 0.0)
    above = 1.0 + scale * (day.course.high / np.maximum(day.course.open, day.course.close) - 1.0)
    below = np.maximum(1.0 + scale * (day.course.low / np.minimum(day.course.open, day.course.close) - 1.0), LEAST_LEFT)
    high, low = np.maximum(opened, close) * above, np.minimum(opened, close) * below
    return Days(underlying.dates, Course(opened, high, low, close), day.volume)


def _last_known(past: Past, series: Series, count: int) -> Floats:
    now = past.series(series).known[-1]
    if np.isnan(now):
        raise DataError(f"series {series.name}, which it reads, isn't known on {past.last}")
    return np.full(count, now)
