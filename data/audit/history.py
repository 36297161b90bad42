"""One instrument's bars as the checks read them: returns of each price against the last close, and their own scale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.audit.finding import Finding, identity
from data.audit.robust import local_scale
from data.bars import PRICES, Bars
from data.repairs import Repair

FIELDS = {**{name: name for name in PRICES}, "range": "high", "stale": "close", "early": "close"}
"""The price that a kind of finding is about."""
QUIETEST = 1e-4
"""A price that hardly moves is taken to move by a basis point a session, so that a ratio to it means something."""


@dataclass(frozen=True)
class History:
    """Sane bars of one instrument, oldest first, and from when on findings are reported.

    Parameters
    ----------
    bars
        Positive prices, increasing dates; volume may be NaN.
    since
        Findings about earlier sessions are not reported: those serve to measure what is usual.
    unread
        Sessions whose rows were left out because of what they held.
    """

    bars: Bars
    since: np.datetime64
    unread: Dates = field(default_factory=lambda: np.array([], dtype="datetime64[D]"))

    def __len__(self) -> int:
        return len(self.bars)

    @property
    def name(self) -> str:
        """The instrument's."""
        return self.bars.instrument

    @property
    def dates(self) -> Dates:
        """Its sessions."""
        return self.bars.dates

    @cached_property
    def reported(self) -> Flags:
        """The rows that findings may be about, shape (sessions,)."""
        return self.bars.dates >= self.since

    def on(self, sessions: Dates) -> History:
        """Return the history on some of its own sessions, events of the others folded."""
        return replace(self, bars=self.bars.onto(sessions))

    @cached_property
    def base(self) -> Floats:
        """The last close in each session's own share basis, by the splits that are recorded; NaN in the first row."""
        return np.concatenate(([np.nan], self.bars.close[:-1])) / self.bars.split

    @cached_property
    def gross(self) -> Floats:
        """Close over last close, splits undone and dividend in: 1 + the total return."""
        return (self.bars.close + self.bars.dividend) / self.base

    @cached_property
    def gap(self) -> Floats:
        """Open over last close, splits undone and dividend in."""
        return (self.bars.open + self.bars.dividend) / self.base

    @cached_property
    def day(self) -> Floats:
        """Close over open."""
        return self.bars.close / self.bars.open

    @cached_property
    def scale(self) -> Floats:
        """Standard deviation of the log total return around each session; NaN where there is none."""
        return np.maximum(local_scale(np.log(self.gross)), QUIETEST)

    @cached_property
    def yields(self) -> Floats:
        """Each session's dividend as a part of the last close, 0 without one."""
        return np.nan_to_num(self.bars.dividend / self.base)

    def finding(  # the parts of one finding
        self,
        kind: str,
        severity: str,
        rows: int | slice | Flags | list[int],
        message: str,
        remedy: str,
        *,
        factor: float | None = None,
        repair: Repair | None = None,
        against: tuple[str, ...] = (),
    ) -> Finding:
        """Return a finding about these rows; one row, as a number, puts its date into the id."""
        alone = isinstance(rows, int)
        dates = self.dates[[rows]] if isinstance(rows, int) else self.dates[rows]
        return Finding(
            identity(self.name, kind, dates[0] if alone else None),
            severity,
            self.name,
            kind,
            dates,
            message,
            remedy,
            FIELDS.get(kind, ""),
            factor,
            repair,
            against,
        )
