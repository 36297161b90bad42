"""Bases that let a source say only what is its own: one that passes everything on, and one without events."""

from __future__ import annotations

from dataclasses import dataclass

from data.bars import Bars
from data.errors import DataError
from data.events import Events, Members
from data.series import Series
from data.sources import Source


@dataclass(frozen=True)
class Wrapped:
    """A source that passes everything on; derive from it and write what is different.

    Parameters
    ----------
    source
        The inner source.
    """

    source: Source

    @property
    def name(self) -> str:
        """The inner source's name."""
        return self.source.name

    @property
    def simulated(self) -> bool:
        """Whether the inner source is made up."""
        return self.source.simulated

    def instruments(self) -> tuple[str, ...]:
        """Return the names of the instruments the inner source holds bars of, sorted."""
        return self.source.instruments()

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series the inner source holds, sorted."""
        return self.source.series_names()

    def event_names(self) -> tuple[str, ...]:
        """Return the names of the schedules the inner source holds, sorted."""
        return self.source.event_names()

    def member_names(self) -> tuple[str, ...]:
        """Return the names of the groups whose members the inner source holds, sorted."""
        return self.source.member_names()

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's bars; raises DataError."""
        return self.source.bars(instrument)

    def series(self, name: str) -> Series:
        """Return a series; raises DataError."""
        return self.source.series(name)

    def events(self, name: str) -> Events:
        """Return a schedule; raises DataError."""
        return self.source.events(name)

    def members(self, name: str) -> Members:
        """Return a group's members; raises DataError."""
        return self.source.members(name)


class Eventless:
    """What a source answers that holds bars and perhaps series, but neither events nor members."""

    def event_names(self) -> tuple[str, ...]:
        """Return no name: there are no events."""
        return ()

    def member_names(self) -> tuple[str, ...]:
        """Return no name: there are no members."""
        return ()

    def events(self, name: str) -> Events:
        """Raise DataError."""
        raise DataError(f"no events of {name}: this source holds none")

    def members(self, name: str) -> Members:
        """Raise DataError."""
        raise DataError(f"no members of {name}: this source holds none")
