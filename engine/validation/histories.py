"""Histories that were tampered with: cut short, poisoned, begun later, at other prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data.arrays import DAY, Dates, Flags
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.events import Events, Members
from data.series import Series
from data.sources import Held, Kind, Thing, typed
from data.sources.wrapped import Wrapped
from engine.validation.perturb import Garbage, spoil

History = Callable[[str, Thing], Thing]
"""Gives what a history has in place of an item of the real one, which goes by ``bars/SOXX`` or ``series/VIX``."""


@dataclass(frozen=True)
class TamperedSource(Wrapped):
    """A source of which everything goes through a history.

    Parameters
    ----------
    history
        What is done to it.
    asked
        What was asked of it, by the names of items.
    """

    history: History
    asked: set[str] = field(default_factory=set)
    _made: dict[str, Thing] = field(init=False, default_factory=dict, repr=False, compare=False)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what the history has in place of the inner source's; raises DataError."""
        item = f"{kind}/{name}"
        self.asked.add(item)
        if item not in self._made:
            real: Any = self.source.read(kind, name)
            self._made[item] = self.history(item, real)
        return typed(kind, self._made[item])


def whole(item: str, thing: Thing) -> Thing:
    """Return everything as it is."""
    del item
    return thing


def cut(at: np.datetime64) -> History:
    """Return the history as it stood at the close of a session: what wasn't known by then isn't there."""

    def history(item: str, thing: Thing) -> Thing:
        del item
        if isinstance(thing, Events | Members):
            # A schedule that nobody dates the announcements of stays whole: it is read in hindsight, and told.
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
        What is poisoned, by name; all of it where that isn't said.
    """

    def history(item: str, thing: Thing) -> Thing:
        if items is not None and item not in items:
            return thing
        return spoil(item, thing, known_at(thing, at), at, garbage)

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
    """Say of each row whether it was known at the close of a session."""
    if isinstance(thing, Bars):
        return thing.dates <= at
    if isinstance(thing, Series):
        return _published(thing, at)
    if isinstance(thing, Members):
        return ~(thing.since > at)
    return np.ones(len(thing), np.bool_) if thing.announced is None else thing.announced <= at


def _published(series: Series, at: np.datetime64) -> Flags:
    if series.known is not None:
        return series.known <= at
    if not len(series.dates):
        return np.zeros(0, np.bool_)
    if not series.lag:
        return series.dates <= at
    begin = min(series.dates[0], at) - (2 * series.lag + 20) * DAY
    sessions: Dates = nyse_sessions(begin, max(series.dates[-1], at))
    public: Flags = np.searchsorted(sessions, series.dates) + series.lag <= np.searchsorted(sessions, at)
    return public


def _rows(thing: Bars | Series, keep: Flags) -> Bars | Series:
    if isinstance(thing, Bars):
        return thing.rows(keep)
    prices = None if thing.prices is None else {name: column[keep] for name, column in thing.prices.items()}
    known = None if thing.known is None else thing.known[keep]
    return replace(thing, dates=thing.dates[keep], values=thing.values[keep], known=known, prices=prices)
