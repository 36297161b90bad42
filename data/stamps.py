"""Dates as files write them, read as the exchange's days, and columns of days that stand one off."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from data.arrays import DAY, Dates, Ints

STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(Z|UTC|[+-]\d\d:?\d\d)?)?")
"""A day, perhaps a time of day behind it, and behind that the offset of its clock from UTC."""
UNIX = {10: ("seconds", 1), 13: ("milliseconds", 10**3), 16: ("microseconds", 10**6), 19: ("nanoseconds", 10**9)}
"""By the number of their digits, one less before September 2001: the unit, and how many make a second."""
COUNT = re.compile(r"-?(\d{9,19})(?:\.0*)?")
EXCEL = re.compile(r"([2-7]\d{4})(?:\.\d*)?")
"""Days that Excel counts, from 1954 to 2118."""
COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4}")
"""A day and a time of day run together, as long as milliseconds before September 2001."""
EXCEL_EPOCH = dt.date(1899, 12, 30)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NEW_YORK = "America/New_York"
MONDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 2, 3, 4, 5, 6
DAILY = 3
"""Of the four days between a Sunday and its Friday, those that have to be there in a week of daily rows."""
ENOUGH = 2
"""Such weeks that tell, and Sundays of a schedule."""
MOST = 0.4
"""The most of a schedule that may stand on Sundays where they count as Mondays a day early."""
FEW = 0.25
"""Days off that a schedule may have beside, as part of those Sundays: vendors put some events on weekends."""


class Stamps(NamedTuple):
    """A column of dates.

    Parameters
    ----------
    days
        ``datetime64[D]``, shape (rows,).
    timed
        Whether any has a time of day.
    intraday
        Whether two rows have one day and different times.
    as_written
        Whether the days are those that are written; else they are New York's at that moment.
    """

    days: Dates
    timed: bool
    intraday: bool
    as_written: bool

    @property
    def note(self) -> str:
        """What was assumed; empty where nothing was."""
        if not self.timed:
            return ""
        return (
            "The time of day beside its dates is passed over."
            if self.as_written
            else "Its stamps are read as days in New York, which differ from those written."
        )


def read_stamps(cells: Sequence[str]) -> Stamps:
    """Read a column of days or of stamps, all by one rule.

    A stamp means the day that is written or, where it has an offset, New York's day at that moment. Midnight stands
    for a day, so the day written comes first where all times are midnight; any other time is a moment, and New York's
    day comes first. The first reading that isn't a day off (see `days_off`) is taken, else the day written.

    Raises
    ------
    ValueError
        A cell is neither.
    """
    parts = [match for cell in cells if (match := STAMP.fullmatch(cell))]
    if len(parts) < len(cells):
        raise ValueError("neither a day nor a stamp")
    written = np.array([part[1] for part in parts], dtype="datetime64[D]")
    times = np.array([(part[2] or "").ljust(8, ":")[:5] for part in parts])
    timed = any(part[2] for part in parts)
    intraday = timed and len(np.unique(written)) < len(np.unique(np.char.add(written.astype(str), times)))
    taken = written
    if parts and all(part[3] for part in parts):
        moments = all(part[2][:5] != "00:00" for part in parts)
        there = np.array([_new_york(part) for part in parts], dtype="datetime64[D]")
        readings = (there, written) if moments else (written, there)
        taken = next((days for days in readings if not off(days)), written)
    return Stamps(taken, timed, intraday, bool((taken == written).all()))


def off(days: Dates) -> int:
    """Return by how many days a column of any kind stands off (see `days_off`)."""
    return days_off(days) or days_off(days, schedule=True)


def days_off(days: Dates, *, schedule: bool = False) -> int:
    """Return -1 where days stand a day early, 1 where they stand a day late, else 0.

    Daily rows a day early have Sundays, and miss the Friday of the same week; a day late, Saturdays, and miss their
    Monday. Two such weeks tell, or one where no Friday (Monday) stands anywhere. A row that strays onto a Sunday takes
    no Friday away.

    Parameters
    ----------
    days
        In any order, NaT and repetitions passed over.
    schedule
        Whether they are an event's days, which aren't daily: then two Sundays tell, up to 40 % of days that are
        otherwise Monday to Thursday, but for a few; and so for Saturdays where nearly nothing is on Sunday or Monday.
    """
    held = np.unique(days[~np.isnat(days)])
    return next((way for way in (-1, 1) if (_sparse if schedule else _daily)(held, way)), 0)


def off_words(way: int) -> tuple[str, str]:
    """Return what is wrong with days that are off that way (see `days_off`), and the remedy."""
    early = way < 0
    what = "Sundays are there and Fridays missing" if early else "Saturdays are there and Mondays missing"
    remedy = f"write each session's own day as YYYY-MM-DD, one {'later' if early else 'earlier'} than here"
    return f"the dates stand a day {'early' if early else 'late'}: {what}", remedy


def intraday_words() -> tuple[str, str]:
    """Return what is wrong with rows of which several share a day, and the remedy."""
    return "has several times of one day: intraday rows", "make daily bars of them, one row a session"


def undated_words(cell: str) -> str:
    """Return what a cell is that is no date, with what to do, where that is known; else nothing."""
    if serial := EXCEL.fullmatch(cell):
        counted = EXCEL_EPOCH + dt.timedelta(days=int(serial[1]))
        return f"a day as Excel counts it ({counted} where it counts from 1900): format the column as YYYY-MM-DD"
    count = COUNT.fullmatch(cell)
    known = None if count is None else UNIX.get(len(count[1])) or UNIX.get(len(count[1]) + 1)
    if known is None or COMPACT.fullmatch(cell):
        return ""
    unit, second = known
    moment = EPOCH + dt.timedelta(seconds=int(cell.partition(".")[0]) // second)
    return f"unix {unit} ({moment:%Y-%m-%d %H:%M} UTC): write each session's own day as YYYY-MM-DD"


def weekdays(days: Dates) -> Ints:
    """Return the day of the week of each, 0 on Mondays."""
    found: Ints = (days.astype(np.int64) + THURSDAY) % 7  # day 0, 1970-01-01, was a Thursday
    return found


def _new_york(stamp: re.Match[str]) -> dt.date:
    offset = stamp[3] if stamp[3][0] in "+-" else "+00:00"
    moment = dt.datetime.fromisoformat(f"{stamp[1]}T{stamp[2]}{offset}")
    try:
        return moment.astimezone(ZoneInfo(NEW_YORK)).date()
    except OverflowError:
        raise ValueError("no day of any calendar") from None


def _daily(held: Dates, way: int) -> bool:
    """Return whether daily rows stand off that way: -1 early, 1 late."""
    stray, lost = (SUNDAY, FRIDAY) if way < 0 else (SATURDAY, MONDAY)
    strayed, weekday = held[weekdays(held) == stray], weekdays(held)
    between = strayed[:, None] - way * np.arange(1, 5) * DAY
    missed = strayed - way * 5 * DAY
    inside = (missed >= held[:1]) & (missed <= held[-1:])
    weeks = int((inside & ~np.isin(missed, held) & (np.isin(between, held).sum(axis=1) >= DAILY)).sum())
    return weeks >= ENOUGH or (weeks == 1 and not (weekday == lost).any())


def _sparse(held: Dates, way: int) -> bool:
    """Return whether a schedule's days stand off that way."""
    counts = np.bincount(weekdays(held), minlength=7)
    stray, never = (SUNDAY, [FRIDAY, SATURDAY]) if way < 0 else (SATURDAY, [MONDAY, SUNDAY])
    usual = np.setdiff1d(np.arange(7), [stray, *never])
    strayed = ENOUGH <= counts[stray] <= MOST * len(held) and counts[never].sum() <= FEW * counts[stray]
    return bool(strayed and np.count_nonzero(counts[usual]) >= DAILY)
