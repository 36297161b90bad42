"""Source ``store``: what `backtest data pull` and `backtest data import` keep. It never goes online."""

from __future__ import annotations

from dataclasses import dataclass

from data.bars import Bars
from data.events import Events, Members
from data.series import Series
from data.store import BARS, EVENTS, MEMBERS, SERIES, Store


@dataclass(frozen=True)
class StoreSource:
    """A store, read."""

    store: Store

    name = "store"
    simulated = False

    def instruments(self) -> tuple[str, ...]:
        """Return the names of the instruments it holds bars of, sorted."""
        return tuple(self.store.entries(BARS))

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series it holds, sorted."""
        return tuple(self.store.entries(SERIES))

    def event_names(self) -> tuple[str, ...]:
        """Return the names of the schedules it holds, sorted."""
        return tuple(self.store.entries(EVENTS))

    def member_names(self) -> tuple[str, ...]:
        """Return the names of the groups whose members it holds, sorted."""
        return tuple(self.store.entries(MEMBERS))

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's bars, repairs applied; raises DataError that says what to pull."""
        return self.store.bars(instrument)

    def series(self, name: str) -> Series:
        """Return a series, with its lag; raises DataError that says what to pull."""
        return self.store.series(name)

    def events(self, name: str) -> Events:
        """Return a schedule; raises DataError that says what to import."""
        return self.store.events(name)

    def members(self, name: str) -> Members:
        """Return a group's members; raises DataError that says what to import."""
        return self.store.members(name)
