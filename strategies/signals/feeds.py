"""What signals are fed: types that say what of the market an argument is, and by which key a run names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from data.arrays import Dates, Flags, Floats
from data.events import Events

Default = Literal["underlying", "hedge", "members"]


@dataclass(frozen=True)
class Feed:
    """What of the market an argument is.

    Parameters
    ----------
    kind
        What is fed: a method of `strategies.signals.feeding.Feeder`.
    key
        The key of a run that says whose it is; empty where there is nothing to name.
    default
        Whose it is where nothing is said; ``None`` where it has to be said.
    """

    kind: str
    key: str = ""
    default: Default | None = None


@dataclass(frozen=True)
class Range:
    """The range of a signal's parameter, both ends included."""

    at_least: float | None = None
    at_most: float | None = None


Level = Annotated[Floats, Feed("level", "of", "underlying")]
"""Total-return closes, shape (sessions,)."""
OtherLevel = Annotated[Floats, Feed("level", "against")]
"""Total-return closes of another instrument, or of several held in equal parts, restored daily."""
Open = Annotated[Floats, Feed("open", "of", "underlying")]
"""Opens, highs and lows on the scale of the total-return close, shape (sessions,); NaN without a bar."""
High = Annotated[Floats, Feed("high", "of", "underlying")]
Low = Annotated[Floats, Feed("low", "of", "underlying")]
DollarVolume = Annotated[Floats, Feed("dollar_volume", "of", "hedge")]
"""As-traded close times as-traded shares, dollars, shape (sessions,); NaN where the volume isn't known."""
OtherDollarVolume = Annotated[Floats, Feed("dollar_volume", "against")]
Value = Annotated[Floats, Feed("series", "series")]
"""A series as known at each close, in its own unit, shape (sessions,); NaN before its first value."""
OtherValue = Annotated[Floats, Feed("series", "against")]
Levels = Annotated[Floats, Feed("levels", "members", "members")]
"""Total-return closes of a group's members, shape (sessions, members); NaN before a member's first bar."""
Belongs = Annotated[Flags, Feed("belongs", "members", "members")]
"""Whether each was a member at each close, shape (sessions, members); True where no dates are known."""
Sessions = Annotated[Dates, Feed("sessions")]
"""The sessions' dates, shape (sessions,)."""
Schedule = Annotated[Events, Feed("schedule", "events")]
"""Dated events, past and to come."""

Days = Annotated[int, Range(at_least=2)]
"""Sessions in a window, this one included, at least 2."""
Count = Annotated[int, Range(at_least=1)]
"""A number of sessions or of things, at least 1."""
Share = Annotated[float, Range(at_least=0.0, at_most=1.0)]
"""A fraction from 0 to 1."""
