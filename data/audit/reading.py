"""What the audit reads: each instrument once, only when asked for, and a broken file as far as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from data.audit.bars import extra, sane
from data.audit.finding import ERROR, Finding, about
from data.audit.history import History
from data.bars import Bars
from data.errors import DataError
from data.repairs import Repair, mended
from data.schema import Fault
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind, Source


@dataclass(frozen=True)
class Reader:
    """Reads a source for the audit and keeps what it read.

    Parameters
    ----------
    source
        Where from.
    since, until
        The days between which findings are reported; nothing after `until` is read.
    trial
        Repairs of bars that are tried out, over those that the source keeps.
    """

    source: Source
    since: np.datetime64
    until: np.datetime64
    trial: tuple[Repair, ...] = ()
    held: dict[str, History | None] = field(default_factory=dict)
    found: dict[str, list[Finding]] = field(default_factory=dict)

    def history(self, name: str) -> History | None:
        """Return an instrument's sane bars, None where it has none; what is wrong with it goes into `found`."""
        if name not in self.held:
            faults, bars = self._read(BARS, name)
            if bars is not None and len(bars) and not bars.dates[-1] <= self.until:
                bars = bars.rows(~(bars.dates > self.until))
            self.found[name] = [finding for fault in faults for finding in self._finding_of(name, fault)]
            mends = [each for each in self.trial if each.instrument == name]
            self.held[name] = None if bars is None else self._sane(name, mended(bars, mends), faults)
        return self.held[name]

    def _sane(self, name: str, bars: Bars, faults: Sequence[Fault]) -> History | None:
        """Return the rows that the checks can read; what is wrong with the others goes into `found`."""
        wrong, history = sane(bars, self.since)
        self.found[name] += wrong
        if len(history) < 2:
            return None
        more, history = extra(history)
        self.found[name] += more
        if len(history) < 2:
            return None
        return replace(history, unread=np.concatenate([history.unread, *(fault.dates for fault in faults)]))

    def series(self, name: str) -> tuple[list[Finding], Series | None]:
        """Return what is wrong with a series' file, and its values up to the last day audited."""
        found, series = self.whole(SERIES, name)
        if series is not None:
            kept = ~(series.dates > self.until)
            known = None if series.known is None else series.known[kept]
            series = Series(name, series.dates[kept], series.values[kept], known, series.lag)
        return found, series

    def whole(self, kind: Kind[Held], name: str) -> tuple[list[Finding], Held | None]:
        """Return what is wrong with a file, and all that it holds, what lies ahead included."""
        faults, held = self._read(kind, name)
        return [finding for fault in faults for finding in self._finding_of(name, fault)], held

    def _read(self, kind: Kind[Held], name: str) -> tuple[Sequence[Fault], Held | None]:
        """Return what is held; where the source refuses it, all its faults, and the rows that can be read."""
        try:
            return (), self.source.read(kind, name)
        except DataError as error:
            examine = getattr(self.source, "examine", None)
            if examine is None:
                return (Fault("unreadable", str(error), ""),), None
            read: tuple[Sequence[Fault], Held | None] = examine(kind, name)
            return read

    def _finding_of(self, name: str, fault: Fault) -> list[Finding]:
        """Return a file's fault as a finding, unless all its rows lie outside the days audited."""
        dated = fault.dates[~np.isnat(fault.dates)]
        inside = dated[(dated >= self.since) & (dated <= self.until)]
        if len(dated) and not len(inside):
            return []
        dates = np.sort(inside) if len(inside) else np.array(["NaT"], dtype="datetime64[D]")
        return [about(name, fault.key, ERROR, dates, fault.message, fault.remedy)]
