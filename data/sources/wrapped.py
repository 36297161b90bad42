"""Sources made of another: one that passes everything on, one that reads each thing once, a part of one in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.errors import DataError
from data.series import Series
from data.sources import KINDS, Held, Kind, Source, Thing


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

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what the inner source holds of a kind, sorted."""
        return self.source.names(kind)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what the inner source holds; raises DataError."""
        return self.source.read(kind, name)


@dataclass(frozen=True)
class KeptSource(Wrapped):
    """A source, read once: a run asks for its bars, the audit asks again, and so does what comes before inception."""

    lags: Mapping[str, int] = field(default_factory=dict)
    """Sessions by which a series is known late, by its name; its own lag where nothing is said."""
    _kept: dict[tuple[str, str], Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    _names: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what the inner source holds of a kind, sorted."""
        if kind not in self._names:
            self._names[kind] = self.source.names(kind)
        return self._names[kind]

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what the inner source holds, a series with its lag; raises DataError."""
        if (kind, name) not in self._kept:
            read: Any = self.source.read(kind, name)
            if isinstance(read, Series):
                read = replace(read, lag=self.lags.get(name, read.lag))
            self._kept[kind, name] = read
        kept: Held = self._kept[kind, name]
        return kept

    @property
    def reads(self) -> frozenset[str]:
        """What was read so far, by kind and name such as ``bars/SOXX``."""
        return frozenset(f"{kind}/{name}" for kind, name in self._kept)


@dataclass(frozen=True)
class PartialSource:
    """A part of another source in memory, which answers as that one does: what goes out to a cluster's workers.

    Parameters
    ----------
    name, simulated
        The other source's.
    listed
        The names of all that the other source holds, by kind.
    held
        What it was given, by kind and name such as ``bars/SOXX``; what the other source refuses is the error.
    lacking
        What it was asked for that the other may have, but it wasn't given: nothing that was computed meanwhile counts,
        and whoever sent the source out has to send these too.
    """

    name: str
    simulated: bool
    listed: Mapping[str, tuple[str, ...]]
    held: Mapping[str, Thing | DataError]
    lacking: set[str] = field(default_factory=set)

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what the other source holds of a kind, sorted."""
        return self.listed[kind]

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history; raises DataError as the other source does, and where it wasn't given."""
        key = f"{kind}/{name}"
        if key not in self.held:
            self.lacking.add(key)
            raise DataError(f"{key} wasn't sent out")
        found: Any = self.held[key]
        if isinstance(found, DataError):
            raise DataError(*found.args)
        given: Held = found
        return given


def part_of(source: Source, reads: Iterable[str]) -> PartialSource:
    """Return a part of a source in memory: what is named by kind and name, such as ``bars/SOXX`` and ``series/VIX``."""
    held = dict[str, Thing | DataError]()
    for key in sorted(reads):
        kind, _, name = key.partition("/")
        try:
            held[key] = source.read(Kind(kind), name)
        except DataError as error:
            held[key] = error
    return PartialSource(source.name, source.simulated, {kind: source.names(kind) for kind in KINDS}, held)
