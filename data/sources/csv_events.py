"""Files of events and of members, read, checked, and made into what a source answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data.event_schema import check_events, check_members
from data.events import Events, Members, make_events, make_members
from data.sources.csv_file import EVENTS, MEMBERS, days_of, read_words

if TYPE_CHECKING:
    import pandas as pd


def read_events(path: Path, where: str, name: str) -> Events:
    """Read a schedule, its rows in any order; raises DataError with file, row, date and cure."""
    frame = read_words(path, where, EVENTS)
    check_events(frame, where)
    return as_events(name, frame)


def read_members(path: Path, where: str, name: str) -> Members:
    """Read a group's members, its rows in any order; raises DataError with file, row and cure."""
    frame = read_words(path, where, MEMBERS)
    check_members(frame, where)
    return as_members(name, frame)


def as_events(name: str, frame: pd.DataFrame) -> Events:
    """Return a file's rows as a schedule."""
    symbols, timing = (list(frame[word]) if word in frame else None for word in ("symbol", "timing"))
    announced = days_of(frame["announced"]) if "announced" in frame else None
    return make_events(name, days_of(frame["date"]), symbols, timing, announced)


def as_members(name: str, frame: pd.DataFrame) -> Members:
    """Return a file's rows as a group's members."""
    since, until = (days_of(frame[column]) if column in frame else None for column in ("from", "to"))
    return make_members(name, list(frame["symbol"]), since, until)
