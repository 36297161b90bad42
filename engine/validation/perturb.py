"""Garbage in place of what wasn't known yet: seeded, another one for every item, and of the kind the item is of."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from data.arithmetic import exp
from data.arrays import DAY, Dates, Flags, Floats
from data.bars import COLUMNS, Bars
from data.events import Events, Members, make_events, make_members
from data.series import Series
from data.sources import Thing

WILD, MILD = math.log(3.0), math.log(1.02)
"""Logarithms of the factor by which a price or a value is at most off, up or down."""
EVENT_SHARE = 0.05
"""The share of sessions on which made-up bars have a split, and a dividend."""


class Garbage(NamedTuple):
    """Which garbage it is.

    Parameters
    ----------
    seed
        Another one gives other garbage; so does another item.
    most
        Logarithm of the factor by which prices and values are at most off.
    fields
        The columns of bars that are spoilt, whatever the others of a bar are; all of them where that isn't said.
    """

    seed: int
    most: float = WILD
    fields: tuple[str, ...] | None = None


def spoil(item: str, thing: Thing, known: Flags, at: np.datetime64, garbage: Garbage) -> Thing:
    """Return an item with garbage in the rows that weren't known.

    Parameters
    ----------
    item, thing
        Its name, and it.
    known
        For each row whether it was known.
    at
        The session at whose close that counts.
    garbage
        Which garbage.
    """
    rng = np.random.default_rng([garbage.seed, zlib.crc32(item.encode())])
    if isinstance(thing, Bars):
        return _bars(thing, known, rng, garbage)
    if isinstance(thing, Series):
        return _series(thing, known, rng, garbage)
    return _events(thing, known, at, rng) if isinstance(thing, Events) else _members(thing, known, at, rng)


def _factors(rng: np.random.Generator, count: int, most: float) -> Floats:
    factors: Floats = exp(rng.uniform(-most, most, count))
    return factors


def _bars(bars: Bars, known: Flags, rng: np.random.Generator, garbage: Garbage) -> Bars:
    """Return bars whose later prices, volumes, dividends and splits are others; high and low stay the outer ones."""
    count = int(np.count_nonzero(~known))
    if not count:
        return bars
    base = bars.close[known][-1] if known.any() else bars.close[0]
    opened, close = base * _factors(rng, count, garbage.most), base * _factors(rng, count, garbage.most)
    wide, deep = exp(rng.uniform(0.0, garbage.most / 10.0, (2, count)))
    made = {
        "open": opened,
        "close": close,
        "high": np.maximum(opened, close) * wide,
        "low": np.minimum(opened, close) / deep,
        "volume": np.round(bars.volume[~known] * _factors(rng, count, WILD)),
        "dividend": np.where(rng.random(count) < EVENT_SHARE, close * 0.02, 0.0),
        "split": np.where(rng.random(count) < EVENT_SHARE, rng.choice([0.1, 0.5, 2.0, 5.0], count), 1.0),
    }
    columns = {name: getattr(bars, name).copy() for name in COLUMNS}
    for name in COLUMNS if garbage.fields is None else garbage.fields:
        columns[name][~known] = np.where(np.isnan(columns[name][~known]), np.nan, made[name])
    return replace(bars, **columns)


def _series(series: Series, known: Flags, rng: np.random.Generator, garbage: Garbage) -> Series:
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


def _events(events: Events, known: Flags, at: np.datetime64, rng: np.random.Generator) -> Events:
    """Return a schedule whose later announcements are of other days, all after the session."""
    days = at + rng.integers(1, 120, len(events)) * DAY
    timing = np.where(known, events.timing, rng.permutation(events.timing))
    dates: Dates = np.where(known, events.dates, days)
    return make_events(events.name, dates, events.symbols, timing, events.announced)


def _members(members: Members, known: Flags, at: np.datetime64, rng: np.random.Generator) -> Members:
    """Return a group whom others joined later, and left later."""
    days = at + rng.integers(1, 700, (2, len(members))) * DAY
    symbols = np.where(known, members.symbols, rng.permutation(members.symbols))
    since: Dates = np.where(known, members.since, days.min(axis=0))
    until: Dates = np.where(members.until > at, days.max(axis=0) + DAY, members.until)
    return make_members(members.name, symbols, since, until)
