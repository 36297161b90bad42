"""A source in memory, of what it was given and no more: what goes out to the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from data.bars import Bars
from data.errors import DataError
from data.events import Events, Members
from data.series import Series
from data.sources import Source

KINDS = ("bars", "series", "events", "members")

Thing = Bars | Series | Events | Members


class Lacking(BaseException):
    """A held source was asked for what its own source may have, but it wasn't given: `args` is ``("series/VIX",)``.

    No Exception, so that neither a strategy nor a failing row catches it: whoever sent the source out gives it more.
    """


@dataclass(frozen=True)
class HeldSource:
    """A part of another source, which answers as that one does.

    Parameters
    ----------
    name, simulated
        The other source's.
    names
        The names of all that the other source holds, by kind: ``bars``, ``series``, ``events``, ``members``.
    held
        What it was given, by kind and name such as ``bars/SOXX``; what the other source refuses is the error.
    """

    name: str
    simulated: bool
    names: Mapping[str, tuple[str, ...]]
    held: Mapping[str, Thing | DataError]

    def instruments(self) -> tuple[str, ...]:
        """Return the names of the instruments the other source holds bars of, sorted."""
        return self.names["bars"]

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series the other source holds, sorted."""
        return self.names["series"]

    def event_names(self) -> tuple[str, ...]:
        """Return the names of the schedules the other source holds, sorted."""
        return self.names["events"]

    def member_names(self) -> tuple[str, ...]:
        """Return the names of the groups whose members the other source holds, sorted."""
        return self.names["members"]

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's bars; raises DataError as the other source does, and Lacking."""
        found: Bars = self._given("bars", instrument)  # type: ignore[assignment]  # what stands there by its kind
        return found

    def series(self, name: str) -> Series:
        """Return a series; raises DataError as the other source does, and Lacking."""
        found: Series = self._given("series", name)  # type: ignore[assignment]
        return found

    def events(self, name: str) -> Events:
        """Return a schedule; raises DataError as the other source does, and Lacking."""
        found: Events = self._given("events", name)  # type: ignore[assignment]
        return found

    def members(self, name: str) -> Members:
        """Return a group's members; raises DataError as the other source does, and Lacking."""
        found: Members = self._given("members", name)  # type: ignore[assignment]
        return found

    def _given(self, kind: str, name: str) -> Thing:
        if (key := f"{kind}/{name}") not in self.held:
            raise Lacking(key)
        found = self.held[key]
        if isinstance(found, DataError):
            raise DataError(*found.args)
        return found


def held(source: Source, wanted: Iterable[str]) -> HeldSource:
    """Return a part of a source in memory.

    Parameters
    ----------
    source
        Where it is read.
    wanted
        Of what, by kind and name: ``bars/SOXX``, ``series/VIX``.
    """
    names = (source.instruments(), source.series_names(), source.event_names(), source.member_names())
    return HeldSource(
        source.name,
        source.simulated,
        dict(zip(KINDS, names, strict=True)),
        {key: _read(source, *key.split("/", 1)) for key in sorted(wanted)},
    )


def _read(source: Source, kind: str, name: str) -> Thing | DataError:
    reads = (source.bars, source.series, source.events, source.members)
    read: Callable[[str], Thing] = reads[KINDS.index(kind)]
    try:
        return read(name)
    except DataError as fault:
        return fault
