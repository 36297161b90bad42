"""How old the data are: the last session by the NYSE's calendar, and each input by the last session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from data.arrays import DAY, day
from data.bars import Bars
from data.calendar import nyse_sessions
from data.market import Market
from data.series import Series
from data.sources import BARS, SERIES, Kind

CLOSED = dt.time(16)
"""New York's clock at the close."""
RHYTHM = 20
"""Last values among which the longest wait for the next one is looked for."""


@dataclass(frozen=True)
class Fresh:
    """How old an input's last value is.

    Parameters
    ----------
    name, kind
        Such as ``VIX`` and ``series``.
    last
        The day its last value is of.
    behind
        Sessions between that day and the last close.
    late
        Whether it is further behind than its lag and its usual rhythm explain.
    """

    name: str
    kind: str
    last: str
    behind: int
    late: bool


def age(last: np.datetime64, now: dt.datetime | None = None) -> int:
    """Return how many sessions the NYSE has closed since `last`.

    Parameters
    ----------
    now
        With a time zone; the clock's unless given. A session counts from four in the afternoon in New York, a half-day
        too.
    """
    there = (now or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo("America/New_York"))
    until = day(there.date()) if there.time() >= CLOSED else day(there.date()) - DAY
    return _between(last, until)


def freshness(market: Market, reads: Iterable[str]) -> Iterator[Fresh]:
    """Yield how old every bar and series that is read is, by the last session."""
    last = market.sessions[-1]
    for read in sorted(reads):
        kind, _, name = read.partition("/")
        if kind not in (BARS, SERIES) or name not in market.source.names(Kind(kind)):
            continue
        held: Bars | Series = market.source.read(Kind(kind), name)
        seen, lag = held.dates <= last, 0
        if isinstance(held, Series):
            lag = held.lag
            if held.known is not None:
                seen &= held.known <= last
        dates = np.unique(held.dates[seen])
        if not len(dates):
            continue
        if isinstance(held, Series) and held.known is not None:
            lag = _between(dates[-1], held.known[seen][held.dates[seen] == dates[-1]].min())
        rhythm = max([1, *(_between(*two) for two in pairwise(dates[-RHYTHM:]))])
        behind = _between(dates[-1], last)
        yield Fresh(name, kind, str(dates[-1]), behind, behind > lag + rhythm - 1)


def _between(first: np.datetime64, other: np.datetime64) -> int:
    """Return how many sessions there are after one day, up to another."""
    return len(nyse_sessions(first + DAY, other)) if other > first else 0
