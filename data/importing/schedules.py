"""A file of dates as a schedule: as agencies publish theirs, and vendors their calendars of earnings."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import numpy as np

from data.bars import PRICES
from data.errors import DataError
from data.events import AFTER_CLOSE, BEFORE_OPEN, Events, make_events
from data.importing.table import DATED, ImportedTable, counted
from data.stamps import NEW_YORK, STAMP
from data.text import abridge

WORDS = ("symbol", "ticker", "timing", "announced")
"""Columns of a schedule beside its date."""
OF_TIMING = ("timing", "timeoftheday", "reporttime", "releasetime", "earningscalltime", "time", "hour")
"""How the column is titled that says when in the day; of several the first here counts."""
OF_EVENTS = ("event", "eventtype", "releaseid", "releasename")
"""How one is titled that says of what events a file is, which have to be the same."""
ABOUT = ("referencemonth", "referenceperiod", "meeting", "type")
"""Titles of what else may stand in a schedule of nobody's."""
SAID = {
    BEFORE_OPEN: ("bmo", "premarket", "timepremarket", "beforeopen", "beforemarket", "beforemarketopen"),
    AFTER_CLOSE: ("amc", "postmarket", "afterhours", "timeafterhours", "afterclose", "aftermarket", "aftermarketclose"),
}
"""How vendors say it, in small letters alone."""
TIMING = {word: timing for timing, words in SAID.items() for word in words}
CLOCK = re.compile(r"(\d?\d):(\d\d)(?::\d\d)? ?([ap]\.?m\.?)?(?: ?e[ds]?t)?", re.IGNORECASE)
OPENS, CLOSES = dt.time(9, 30), dt.time(16)
UNTIMED = "The time of day beside its dates is passed over."
SOME = 3
"""Kinds of events that a message names."""


def is_schedule(table: ImportedTable) -> bool:
    """Return whether a file holds events.

    Its date is titled as schedules title theirs, or nothing stands beside it but words about it, or it says of symbols
    when in the day.
    """
    others = set(table.titles) - {"date"}
    if others & {"value", *PRICES}:
        return False
    titled = re.sub(r"[^a-z0-9]", "", table.titles["date"].lower()) in DATED
    timed = bool(others & {"symbol", "ticker"} and others & set(OF_TIMING))
    return titled or timed or others <= {*WORDS, *OF_TIMING, *OF_EVENTS, *ABOUT}


def read_events(table: ImportedTable, name: str) -> tuple[Events, tuple[str, ...]]:
    """Return a file's schedule, and what was assumed; raises DataError with file, line, date and remedy."""
    if {"symbol", "ticker"} <= set(table.titles):
        raise DataError(f"{table.where}:1: symbol and ticker are one column twice: take one out")
    table.in_step(schedule=True)
    _refuse_several(table)
    of = "ticker" if "ticker" in table.titles else "symbol"
    symbols = table.cells.get(of, [""] * len(table.dates))
    _refuse_twice(table, symbols)
    announced = None
    if "announced" in table.titles:
        announced = table.dates_of("announced")
        late = announced > table.dates
        if late.any():
            row = int(np.argmax(late))
            raise table.error(row, f"announced is {announced[row]}, after the date itself: correct one of them")
    column = next((title for title in OF_TIMING if title in table.titles), "")
    timing, told = _by_words(table.cells[column]) if column else _by_stamps(table.cells["date"])
    read = [note for note in table.notes if note != UNTIMED or not any(timing)]
    notes = (*read, *table.passed_over((*WORDS, column)), *told)
    if announced is None:
        notes = (*notes, "No column announced says when each date became public: a schedule in hindsight.")
    return make_events(name, table.dates, symbols, timing, announced), notes


def _refuse_several(table: ImportedTable) -> None:
    """Refuse a calendar of several kinds of events: which one is meant isn't told."""
    for column in (title for title in OF_EVENTS if title in table.titles):
        kinds = sorted(set(table.cells[column]))
        if len(kinds) > 1:
            named = ", ".join(kinds[:SOME]) + (f" and {len(kinds) - SOME} more" if len(kinds) > SOME else "")
            what = f"holds {len(kinds)} kinds of events by its column {table.titles[column]} ({abridge(named)})"
            raise DataError(f"{table.where}: {what}: save one file a kind")


def _refuse_twice(table: ImportedTable, symbols: list[str]) -> None:
    lines: dict[tuple[np.datetime64, str], int] = {}
    for row, key in enumerate(zip(table.dates, symbols, strict=True)):
        if key in lines:
            what = f"the date stands twice for {key[1]}" if key[1] else "the date stands twice"
            raise table.error(row, f"{what} (in line {lines[key]} too): keep one row")
        lines[key] = table.lines[row]


def _by_words(cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return when each event is, by words or by New York's clock, and the note on cells that don't say it."""
    timing = [TIMING.get(re.sub(r"[^a-z]", "", cell.lower())) or _by_clock(cell) for cell in cells]
    others = [cell for cell, when in zip(cells, timing, strict=True) if cell and not when]
    if not others:
        return timing, ()
    return timing, (
        f"Timing is neither BMO nor AMC in {counted(len(others), 'row')} ({others[0]}), and unknown there.",
    )


def _by_clock(cell: str) -> str:
    clock = CLOCK.fullmatch(cell)
    if clock is None or int(clock[2]) > 59 or not (0 < int(clock[1]) <= 12 if clock[3] else int(clock[1]) < 24):
        return ""
    late = 12 * (clock[3] or "").lower().startswith("p")
    hour = int(clock[1]) % 12 + late if clock[3] else int(clock[1])
    return _of_time(dt.time(hour, int(clock[2])))


def _by_stamps(cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return when each event is, by the time of day beside its date; not at all where one is midnight or none."""
    stamps = [STAMP.fullmatch(cell) for cell in cells]
    times = [stamp[2] for stamp in stamps if stamp and stamp[2] and stamp[2][:5] != "00:00"]
    if len(times) < len(cells):
        return [""] * len(cells), ()
    read = [dt.datetime.fromisoformat(cell.replace(" UTC", "+00:00").replace("UTC", "+00:00")) for cell in cells]
    there = [moment.astimezone(ZoneInfo(NEW_YORK)) if moment.tzinfo else moment for moment in read]
    timing = [_of_time(moment.time()) for moment in there]
    return timing, ("Timing is told by the time of day beside the dates.",) if any(timing) else ()


def _of_time(time: dt.time) -> str:
    return BEFORE_OPEN if time < OPENS else AFTER_CLOSE if time >= CLOSES else ""
