"""A file of dates as a schedule of events: whose each is, when on its day, and when it was announced."""

from __future__ import annotations

import numpy as np

from data.errors import DataError
from data.events import AFTER_CLOSE, BEFORE_OPEN, Events, make_events
from data.importing.table import ImportedTable, counted

WORDS = ("symbol", "ticker", "timing", "announced")
"""Columns of a schedule beside its date."""


def is_schedule(table: ImportedTable) -> bool:
    """Say whether a file holds events: its date is titled as schedules do, or nothing stands beside it but words."""
    others = set(table.titles) - {"date"}
    return others <= set(WORDS) or ("value" not in others and table.titles["date"].lower().startswith(("rel", "rep")))


def read_events(table: ImportedTable, name: str) -> tuple[Events, tuple[str, ...]]:
    """Return a file's schedule, and what was assumed; raises DataError with file, line, date and cure."""
    if {"symbol", "ticker"} <= set(table.titles):
        raise DataError(f"{table.where}:1: symbol and ticker are one column twice: take one out")
    table.in_step(schedule=True)
    of = "ticker" if "ticker" in table.titles else "symbol"
    symbols = table.cells.get(of, [""] * len(table.dates))
    _refuse_twice(table, symbols)
    announced = None
    if "announced" in table.titles:
        announced = table.dates_of("announced")
        late = announced > table.dates
        if late.any():
            row = int(np.argmax(late))
            raise table.fault(row, f"announced is {announced[row]}, after the date itself: correct one of them")
    timing = table.cells.get("timing")
    notes = (*table.notes, *table.passed_over(WORDS), *_of_timing(timing))
    if announced is None:
        notes = (*notes, "No column announced says when each date became public: a schedule in hindsight.")
    return make_events(name, table.dates, symbols, timing, announced), notes


def _refuse_twice(table: ImportedTable, symbols: list[str]) -> None:
    lines: dict[tuple[np.datetime64, str], int] = {}
    for row, key in enumerate(zip(table.dates, symbols, strict=True)):
        if key in lines:
            what = f"the date stands twice for {key[1]}" if key[1] else "the date stands twice"
            raise table.fault(row, f"{what} (in line {lines[key]} too): keep one row")
        lines[key] = table.lines[row]


def _of_timing(timing: list[str] | None) -> tuple[str, ...]:
    """Return the note on words that say neither before the open nor after the close."""
    others = [word for word in timing or () if word and word.upper() not in (BEFORE_OPEN, AFTER_CLOSE)]
    if not others:
        return ()
    return (f"Timing is neither BMO nor AMC in {counted(len(others), 'row')} ({others[0]}), and unknown there.",)
