"""Small markets made by hand, on real NYSE sessions, for tests that need a source or a whole Market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data.arrays import DAY, Dates, Floats, day
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.events import Events, Members
from data.filings.facts import Filings
from data.market import Market, load_market
from data.roles import Roles
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind, Thing
from data.sources.wrapped import KeptSource

Column = Sequence[float] | Floats | Mapping[int, float] | None
"""One value a row; or only the rows that differ from the default, by their number; or the default in every row."""

ROLES = Roles.with_fund({"CORE": 1.0}, "FUND", "CORE", -3.0)
"""One core holding, which is the underlying too, and its -3x fund."""


@dataclass(frozen=True)
class MemorySource:
    """A source that holds what it was given: ``MemorySource({"CORE": bars}, {"VIX": series})``."""

    held_bars: Mapping[str, Bars]
    held_series: Mapping[str, Series] = field(default_factory=dict)
    held_events: Mapping[str, Events] = field(default_factory=dict)
    held_members: Mapping[str, Members] = field(default_factory=dict)
    held_filings: Mapping[str, Filings] = field(default_factory=dict)
    name: str = "memory"
    simulated: bool = False

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        return tuple(sorted(getattr(self, f"held_{kind}")))

    def read(self, kind: Kind[Held], name: str) -> Held:
        held: Mapping[str, Held] = getattr(self, f"held_{kind}")
        if name not in held:
            raise DataError(f"memory: no {kind}{'' if kind == SERIES else ' of'} {name}")
        return held[name]


def source_of(*held: Thing) -> MemorySource:
    """Return a source of these bars, series, events, members and filings, each by its own name."""
    return MemorySource(
        {each.instrument: each for each in held if isinstance(each, Bars)},
        {each.name: each for each in held if isinstance(each, Series)},
        {each.name: each for each in held if isinstance(each, Events)},
        {each.name: each for each in held if isinstance(each, Members)},
        {each.name: each for each in held if isinstance(each, Filings)},
    )


def nyse(first: str, count: int) -> Dates:
    """Return `count` sessions of the NYSE, the first on or after `first`."""
    begin = day(first)
    return nyse_sessions(begin, begin + (2 * count + 10) * DAY)[:count]


def days(*texts: str) -> Dates:
    """Return dates written as ISO text."""
    return np.array(texts, dtype="datetime64[D]")


def make_bars(
    instrument: str,
    dates: Dates,
    close: Sequence[float] | Floats,
    open: Column = None,  # noqa: A002  # the column's own name
    high: Column = None,
    low: Column = None,
    volume: Column = None,
    dividend: Column = None,
    split: Column = None,
) -> Bars:
    """Return bars that need no more said than a close.

    The open is the close unless told, high and low are the outer ones of the two, volume is 1000, and there are no
    events. A column may name only the rows that differ: ``split={3: 0.1}``.
    """
    closes = np.array(close, dtype=np.float64)
    opens = _column(open, closes)
    return Bars(
        instrument,
        np.asarray(dates, dtype="datetime64[D]"),
        opens,
        _column(high, np.fmax(opens, closes)),
        _column(low, np.fmin(opens, closes)),
        closes,
        _column(volume, np.full(len(closes), 1000.0)),
        _column(dividend, np.zeros(len(closes))),
        _column(split, np.ones(len(closes))),
    )


def make_series(
    name: str,
    dates: Dates,
    values: Sequence[float] | Floats,
    known: Dates | None = None,
    lag: int = 0,
) -> Series:
    """Return a series of these values."""
    return Series(name, dates, np.array(values, dtype=np.float64), known, lag)


def make_market(*held: Thing, roles: Roles = ROLES, row: int = 0, lags: Mapping[str, int] | None = None) -> Market:
    """Return the Market of a run that starts at `row` of the underlying's own dates, to the end of the data."""
    source = KeptSource(source_of(*held), lags or {})
    return load_market(source, roles, source.read(BARS, roles.underlying).dates[row])


def random_bars(
    instrument: str,
    dates: Dates,
    rng: np.random.Generator,
    *,
    sd: float = 0.02,
    follows: Bars | None = None,
    beta: float = 1.0,
) -> Bars:
    """Return bars of a random walk, with gaps at the open, a few dividends and splits.

    Parameters
    ----------
    sd
        Daily standard deviation of its own log returns.
    follows, beta
        Bars, on the same dates, whose total return it follows `beta` times, its own noise being a tenth of `sd` then.
    """
    moves = np.exp(rng.normal(0.0, sd, len(dates)))
    if follows is not None:
        level = follows.total_return()
        followed = np.concatenate(([0.0], level[1:] / level[:-1] - 1.0))
        moves = np.maximum(1.0 + beta * followed + rng.normal(0.0, sd / 10, len(dates)), 0.2)
    close = 40.0 * np.cumprod(moves)
    gap = np.exp(rng.normal(0.0, sd / 2, len(dates)))
    shares = np.where(rng.random(len(dates)) < 0.02, rng.choice([0.1, 0.25, 2.0, 4.0], len(dates)), 1.0)
    dividend = np.where(rng.random(len(dates)) < 0.03, 0.005, 0.0) * close
    basis = np.cumprod(shares)
    return make_bars(
        instrument,
        dates,
        close / basis,
        open=close * gap / basis,
        volume=np.round(rng.uniform(1e5, 1e6, len(dates))),
        dividend=dividend / basis,
        split=shares,
    )


def scaled(bars: Bars, shares: Floats) -> Bars:
    """Return the same bars in another share basis: `shares` new shares per old share on each session."""
    columns = {name: getattr(bars, name) / shares for name in ("open", "high", "low", "close", "dividend")}
    return replace(bars, volume=bars.volume * shares, **columns)


def _column(told: Column, default: Floats) -> Floats:
    if told is None:
        return default.copy()
    if not isinstance(told, Mapping):
        return np.array(told, dtype=np.float64)
    column = default.copy()
    for row, value in told.items():
        column[row] = value
    return column


def executed_with(run, **changes):
    """Return a run that is still in memory with some of what was executed changed."""
    return replace(run, executed=replace(run.executed, **changes))
