"""A source that reads each instrument and series once, however often it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data.bars import Bars
from data.series import Series
from data.sources import Source


@dataclass(frozen=True)
class KeptSource:
    """A source, read once: a run asks for its bars, the audit asks again, and so does what comes before inception.

    Parameters
    ----------
    source
        What is read.
    lags
        Sessions by which a series is known late, by its name; its own lag where nothing is said.
    """

    source: Source
    lags: Mapping[str, int] = field(default_factory=dict)
    _bars: dict[str, Bars] = field(init=False, default_factory=dict, repr=False, compare=False)
    _series: dict[str, Series] = field(init=False, default_factory=dict, repr=False, compare=False)

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
