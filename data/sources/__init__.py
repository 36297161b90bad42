"""Where bars, series, events, members and filings come from. A run reads one source and never goes online."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from data.bars import Bars
from data.events import Events, Members
from data.filings.facts import Filings
from data.series import Series

Held = TypeVar("Held")
_Read_co = TypeVar("_Read_co", covariant=True)
Thing = Bars | Series | Events | Members | Filings


class Kind(str, Generic[_Read_co]):
    """A kind of data: its name, with the type that is read of it."""

    __slots__ = ()


BARS: Kind[Bars] = Kind("bars")
SERIES: Kind[Series] = Kind("series")
EVENTS: Kind[Events] = Kind("events")
MEMBERS: Kind[Members] = Kind("members")
FILINGS: Kind[Filings] = Kind("filings")
KINDS: tuple[Kind[Any], ...] = (BARS, SERIES, EVENTS, MEMBERS, FILINGS)


class Source(Protocol):
    """What every source answers."""

    @property
    def name(self) -> str:
        """A word for what it is: ``csv``, ``demo``."""

    @property
    def simulated(self) -> bool:
        """Whether the history is made up; True puts SIMULATED wherever its numbers show."""

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, sorted."""

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a whole validated history; raises DataError that says how to get it."""


def typed(kind: Kind[Held], thing: Any) -> Held:
    """Return what was read, with the type of its kind."""
    del kind
    held: Held = thing
    return held
