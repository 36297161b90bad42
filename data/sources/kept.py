"""A source that reads each thing once, however often it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data.bars import Bars
from data.events import Events, Members
from data.series import Series
from data.sources.wrapped import Wrapped


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
    _bars: dict[str, Bars] = field(init=False, default_factory=dict, repr=False, compare=False)
    _series: dict[str, Series] = field(init=False, default_factory=dict, repr=False, compare=False)
    _events: dict[str, Events] = field(init=False, default_factory=dict, repr=False, compare=False)
    _members: dict[str, Members] = field(init=False, default_factory=dict, repr=False, compare=False)

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's bars; raises DataError."""
        if instrument not in self._bars:
            self._bars[instrument] = self.source.bars(instrument)
        return self._bars[instrument]

    def series(self, name: str) -> Series:
        """Return a series, with its lag; raises DataError."""
        if name not in self._series:
            read = self.source.series(name)
            self._series[name] = replace(read, lag=self.lags.get(name, read.lag))
        return self._series[name]

    def events(self, name: str) -> Events:
        """Return a schedule; raises DataError."""
        if name not in self._events:
            self._events[name] = self.source.events(name)
        return self._events[name]

    def members(self, name: str) -> Members:
        """Return a group's members; raises DataError."""
        if name not in self._members:
            self._members[name] = self.source.members(name)
        return self._members[name]
