"""Sources that change a part of another: the base that passes everything on, and one that reads each thing once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.series import Series
from data.sources import Held, Kind, Source


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
    """A source, read once: a run asks for its bars, the audit asks again, and so does what comes before inception.

    Parameters
    ----------
    source
        What is read.
    lags
        Sessions by which a series is known late, by its name; its own lag where nothing is said.
    """

    lags: Mapping[str, int] = field(default_factory=dict)
    _kept: dict[tuple[str, str], Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what the inner source holds, a series with its lag; raises DataError."""
        if (kind, name) not in self._kept:
            read: Any = self.source.read(kind, name)
            if isinstance(read, Series):
                read = replace(read, lag=self.lags.get(name, read.lag))
            self._kept[kind, name] = read
        kept: Held = self._kept[kind, name]
        return kept
