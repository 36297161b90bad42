"""Checks of events and members: schedules that end or have a hole, what is told in hindsight, who is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from data.arrays import Dates
from data.audit.finding import INFO, WARNING, Finding
from data.audit.history import identity
from data.events import Events, Members
from data.format import counted, first_dates

HOLE = 3
"""A schedule of nobody in particular that has no event for so many times its usual distance misses some."""
SHOWN = 5
"""Symbols that a finding names."""
NO_DATE = np.array(["NaT"], dtype="datetime64[D]")
"""Of a finding that is about no day."""


def check_events(events: Events, since: np.datetime64, newest: np.datetime64 | None) -> Iterator[Finding]:
    """Find what is wrong, or good to know, of a schedule.

    Parameters
    ----------
    since
        Findings about earlier events are not told.
    newest
        The last session of the history beside it; ``None`` where there is none.
    """
    name, dates = events.name, events.dates
    if newest is not None and not dates[-1] > newest:
        says = f"the schedule ends {dates[-1]}, and history runs to {newest}: nothing to come is known"
        yield _told(name, "schedule-ends", INFO, dates[-1:], says, "add the dates that are announced")
    if events.in_hindsight:
        says = "a schedule in hindsight: nothing says when each date became public"
        yield _told(name, "hindsight", INFO, NO_DATE, says, "add a column announced where that is known")
    if not (events.symbols != "").any():
        yield from _holes(name, np.unique(dates), since)


def check_members(members: Members, instruments: Collection[str]) -> Iterator[Finding]:
    """Find what is good to know of a group.

    Parameters
    ----------
    instruments
        Those the source holds bars of.
    """
    name = members.name
    if np.isnat(members.until).all():
        says = f"nobody ever left {name}: if these are today's names, the past looks better than it was (survivorship)"
        yield _told(name, "survivors", INFO, NO_DATE, says, "add those who left, with from and to")
    gone = [symbol for symbol in dict.fromkeys(members.symbols.tolist()) if symbol not in instruments]
    if gone:
        more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
        says = f"no bars of {counted(len(gone), 'member')}: {', '.join(gone[:SHOWN])}{more}"
        yield _told(name, "unpriced", INFO, NO_DATE, says, "pull or import them, or they don't count")


def _holes(name: str, dates: Dates, since: np.datetime64) -> Iterator[Finding]:
    """Find stretches without an event in a schedule that is regular otherwise, such as a year that was left out."""
    days = np.diff(dates).astype(int)
    if len(days) < 4:
        return
    wide = np.concatenate(([False], days > HOLE * np.median(days))) & (dates >= since)
    if wide.any():
        longest = int(days[wide[1:]].max())
        says = f"{counted(wide.sum(), 'hole')} of up to {longest} days, before {first_dates(dates[wide])}, "
        says += f"where events are {np.median(days):g} days apart"
        yield _told(name, "hole", WARNING, dates[wide], says, "add what is missing")


def _told(  # the parts of one finding
    name: str, kind: str, severity: str, dates: Dates, says: str, cure: str
) -> Finding:
    return Finding(identity(name, kind), severity, name, kind, dates, says, cure)
