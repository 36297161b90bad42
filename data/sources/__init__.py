"""Where bars, series, events and memberships come from. A run reads one source and never goes online."""

from __future__ import annotations

from typing import Protocol

from data.bars import Bars
from data.events import Events, Members
from data.series import Series


class Source(Protocol):
    """What every source answers."""

    @property
    def name(self) -> str:
        """A word for what it is: ``csv``, ``demo``."""

    @property
    def simulated(self) -> bool:
        """Whether the history is made up; True puts SIMULATED wherever its numbers show."""

    def instruments(self) -> tuple[str, ...]:
        """Return the names of the instruments it holds bars of, sorted."""

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series it holds, sorted."""

    def event_names(self) -> tuple[str, ...]:
        """Return the names of the schedules of events it holds, sorted."""

    def member_names(self) -> tuple[str, ...]:
        """Return the names of the groups whose members it holds, sorted."""

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's whole validated history; raises DataError that says how to get it."""

    def series(self, name: str) -> Series:
        """Return a whole validated series; raises DataError that says how to get it."""

    def events(self, name: str) -> Events:
        """Return a whole validated schedule; raises DataError that says how to get it."""

    def members(self, name: str) -> Members:
        """Return a group's validated members; raises DataError that says how to get them."""
