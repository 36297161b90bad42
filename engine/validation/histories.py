"""Histories that were tampered with: cut short, poisoned, begun later, at other prices."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from data.arithmetic import exp
from data.arrays import DAY, Dates, Flags, Floats
from data.bars import COLUMNS, PRICES, Bars
from data.calendar import FIRST, nyse_sessions
from data.events import Events, Members, make_events, make_members
from data.filings.facts import Filings
from data.publication import ended
from data.series import Series
from data.sources import Thing
from data.sources.altered import History

WILD, MILD = math.log(3.0), math.log(1.02)
"""Logarithms of the factor by which a price or a value is at most off, up or down."""
EVENT_SHARE = 0.05
"""The share of sessions on which made-up bars have a split, and a dividend."""


class Garbage(NamedTuple):
    """Which garbage stands in place of what wasn't known yet: another one for every item.

    Parameters
    ----------
    seed
        Another one gives other garbage.
    most
        Logarithm of the factor by which prices and values are at most off.
    fields
        The columns of bars that are spoilt, whatever the others of a bar are; ``None`` for all of them.
    """

    seed: int
    most: float = WILD
    fields: tuple[str, ...] | None = None


def whole(item: str, thing: Thing) -> Thing:
    """Return everything as it is."""
    del item
    return thing


def cut(at: np.datetime64) -> History:
    """Return the history as it stood at the close of a session: what wasn't known by then isn't there."""

    def history(item: str, thing: Thing) -> Thing:
        del item
        if isinstance(thing, Events | Members | Filings):
            # A schedule without dates of announcement stays whole: it is read in hindsight, which the proof reports.
            return thing if isinstance(thing, Events) and thing.in_hindsight else thing.up_to(at)
        return _rows(thing, known_at(thing, at))

    return history


def poisoned(at: np.datetime64, garbage: Garbage, items: frozenset[str] | None = None) -> History:
    """Return the history with garbage in place of all that wasn't known at the close of a session.

    Parameters
    ----------
    at
        The session.
    garbage
        Which.
    items
        What is poisoned, by name; ``None`` for all of it.
    """

    def history(item: str, thing: Thing) -> Thing:
        if items is not None and item not in items:
            return thing
        known = known_at(thing, at)
        if isinstance(thing, Bars):
            return _spoilt_bars(thing, known, item, garbage)
        rng = _random(item, garbage)
        if isinstance(thing, Series):
            return _spoilt_series(thing, known, rng, garbage)
        if isinstance(thing, Events):
            return _spoilt_events(thing, known, at, rng)
        if isinstance(thing, Filings):
            return thing.with_values(
                np.where(known, thing.value, thing.value * _factors(rng, len(thing), garbage.most))
            )
        return _spoilt_members(thing, known, at, rng)

    return history


def later(first: np.datetime64) -> History:
    """Return the history as if it had begun with a session; of a series the value known then is left."""

    def history(item: str, thing: Thing) -> Thing:
        del item
        if isinstance(thing, Bars):
            return _rows(thing, thing.dates >= first)
        if isinstance(thing, Series):
            known = known_at(thing, first)
            begin = min(thing.dates[known].max(), first) if known.any() else first
            return _rows(thing, thing.dates >= begin)
        return thing.rows(thing.dates >= first) if isinstance(thing, Events) else thing

    return history


def scaled(times: float) -> History:
    """Return the history with every price, and every dividend, that many times as high."""

    def history(item: str, thing: Thing) -> Thing:
        del item
        if not isinstance(thing, Bars):
            return thing
        return replace(thing, **{name: getattr(thing, name) * times for name in (*PRICES, "dividend")})

    return history


def known_at(thing: Thing, at: np.datetime64) -> Flags:
    """Return for each row whether it was known at the close of a session."""
    if isinstance(thing, Bars):
        return thing.dates <= at
    if isinstance(thing, Series):
        return _published(thing, at)
    if isinstance(thing, Members):
        return ~(thing.since > at)
    if isinstance(thing, Filings):
        return thing.filed < at
    return np.ones(len(thing), np.bool_) if thing.announced is None else thing.announced <= at


def _published(series: Series, at: np.datetime64) -> Flags:
    if series.known is not None:
        return series.known <= at
    if not len(series.dates):
        return np.zeros(0, np.bool_)
    lag = max(series.lag, ended(series.dates))  # whatever is said of it, before its period is over it isn't known
    if not lag:
        return series.dates <= at
    begin = max(min(series.dates[0], at) - (2 * lag + 20) * DAY, FIRST)
    sessions: Dates = nyse_sessions(begin, max(series.dates[-1], at))
    public: Flags = np.searchsorted(sessions, series.dates) + lag <= np.searchsorted(sessions, at)
    return public


def _rows(thing: Bars | Series, keep: Flags) -> Bars | Series:
    if isinstance(thing, Bars):
        return thing.rows(keep)
    prices = None if thing.prices is None else {name: column[keep] for name, column in thing.prices.items()}
    known = None if thing.known is None else thing.known[keep]
    return replace(thing, dates=thing.dates[keep], values=thing.values[keep], known=known, prices=prices)


def _random(item: str, garbage: Garbage) -> np.random.Generator:
    return np.random.default_rng([garbage.seed, zlib.crc32(item.encode())])


def _factors(rng: np.random.Generator, count: int, most: float) -> Floats:
    return exp(rng.uniform(-most, most, count))


class Draws(NamedTuple):
    """What made-up bars are made of: factors, where a dividend is paid, and splits."""

    open: Floats
    close: Floats
    wide: Floats
    deep: Floats
    volume: Floats
    pays: Flags
    split: Floats


@lru_cache(maxsize=32)  # of a company bars are read as they stand, and as traded for its valuation
def _drawn(item: str, count: int, garbage: Garbage) -> Draws:
    rng = _random(item, garbage)
    opened, close = _factors(rng, count, garbage.most), _factors(rng, count, garbage.most)
    wide, deep = exp(rng.uniform(0.0, garbage.most / 10.0, (2, count)))
    volume, pays = _factors(rng, count, WILD), rng.random(count) < EVENT_SHARE
    split = np.where(rng.random(count) < EVENT_SHARE, rng.choice([0.1, 0.5, 2.0, 5.0], count), 1.0)
    return Draws(opened, close, wide, deep, volume, pays, split)


def _spoilt_bars(bars: Bars, known: Flags, item: str, garbage: Garbage) -> Bars:
    """Return bars whose later prices, volumes, dividends and splits are others; high and low stay the outer ones."""
    since = int(np.count_nonzero(known))  # what is known comes first
    if since == len(bars):
        return bars
    later, drawn, base = slice(since, None), _drawn(item, len(bars) - since, garbage), bars.close[max(since - 1, 0)]
    opened, close = base * drawn.open, base * drawn.close
    made = {
        "open": opened,
        "close": close,
        "high": np.maximum(opened, close) * drawn.wide,
        "low": np.minimum(opened, close) / drawn.deep,
        "volume": np.round(bars.volume[later] * drawn.volume),
        "dividend": np.where(drawn.pays, close * 0.02, 0.0),
        "split": drawn.split,
    }
    columns = {name: getattr(bars, name).copy() for name in (COLUMNS if garbage.fields is None else garbage.fields)}
    for name, column in columns.items():
        np.copyto(column[later], made[name], where=~np.isnan(column[later]))
    return replace(bars, **columns)


def _spoilt_series(series: Series, known: Flags, rng: np.random.Generator, garbage: Garbage) -> Series:
    """Return a series whose later values are others: of the sign that all known ones have, or around them."""
    count = int(np.count_nonzero(~known))
    if not count:
        return series
    seen = series.values[known & ~np.isnan(series.values)]
    seen = seen if len(seen) else series.values[~np.isnan(series.values)][:1]
    if len(seen) and (seen > 0.0).all():
        made = seen[-1] * _factors(rng, count, garbage.most)
    else:
        about, apart = (float(seen[-1]), float(seen.std())) if len(seen) else (0.0, 1.0)
        made = about + 3.0 * (apart or 1.0) * garbage.most / WILD * rng.normal(size=count)
    values, prices = series.values.copy(), series.prices
    values[~known] = made
    if prices is not None:
        prices = {name: column.copy() for name, column in prices.items()}
        for column in prices.values():
            column[~known] = made
    return replace(series, values=values, prices=prices)


def _spoilt_events(events: Events, known: Flags, at: np.datetime64, rng: np.random.Generator) -> Events:
    """Return a schedule whose later announcements are of other days, all after the session."""
    days = at + rng.integers(1, 120, len(events)) * DAY
    timing = np.where(known, events.timing, rng.permutation(events.timing))
    dates: Dates = np.where(known, events.dates, days)
    return make_events(events.name, dates, events.symbols, timing, events.announced)


def _spoilt_members(members: Members, known: Flags, at: np.datetime64, rng: np.random.Generator) -> Members:
    """Return a group whom others joined later, and left later."""
    days = at + rng.integers(1, 700, (2, len(members))) * DAY
    symbols = np.where(known, members.symbols, rng.permutation(members.symbols))
    since: Dates = np.where(known, members.since, days.min(axis=0))
    until: Dates = np.where(members.until > at, days.max(axis=0) + DAY, members.until)
    return make_members(members.name, symbols, since, until)
