"""What a strategy looks at: its inputs against their thresholds, and what it needs of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from data.arrays import Flags, Floats
from data.errors import StrategyError

Side = Literal["above", "below", "at least", "at most"]
SIDES: dict[str, np.ufunc] = {
    "above": np.greater,
    "below": np.less,
    "at least": np.greater_equal,
    "at most": np.less_equal,
}


@dataclass(frozen=True)
class Input:
    """One thing a signal looks at, and on which side of what it speaks for hedging.

    Parameters
    ----------
    name
        What a person calls it: ``SOXX realised volatility over 20 sessions``.
    values
        Its value at each close, shape (sessions,); NaN where it isn't known.
    threshold
        What it is held against: a number, or one a session, shape (sessions,).
    fires
        The side on which it speaks for hedging; ``at least`` and ``at most`` take the threshold itself in.
    unit
        Of value and threshold; one that begins with ``fraction`` shows in percent.
    ranked
        The series of which the value is a rank, and among how many sessions it is ranked; None of any other value.
    """

    name: str
    values: Floats
    threshold: Floats | float
    fires: Side
    unit: str = ""
    ranked: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        if self.fires not in SIDES:
            raise StrategyError(f"input {self.name} fires {self.fires}: has to be one of {', '.join(SIDES)}")

    @property
    def fired(self) -> Flags:
        """Whether it speaks for hedging at each close, shape (sessions,); what isn't known doesn't."""
        fired: Flags = SIDES[self.fires](self.values, self.threshold)
        return fired


@dataclass(frozen=True)
class Reads:
    """What a strategy needs of the data besides what is traded, by name.

    Parameters
    ----------
    bars, series, events, members
        Names of instruments, of series, of tables of events, of groups.
    chip_makers
        Whether it needs the sector's members, whoever of them the data hold.
    ranges
        Instruments of which more than the close is read.
    optional
        Series that it reads where the data hold them, and does without where they don't.
    """

    bars: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    chip_makers: bool = False
    ranges: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def by_kind(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the names of each kind."""
        return (("bars", self.bars), ("series", self.series), ("events", self.events), ("members", self.members))

    def __or__(self, other: Reads) -> Reads:
        """Return what both need."""
        both: dict[str, Any] = {
            kind: tuple(dict.fromkeys(getattr(self, kind) + getattr(other, kind)))
            for kind in ("bars", "series", "events", "members", "ranges", "optional")
        }
        return Reads(**both, chip_makers=self.chip_makers or other.chip_makers)
