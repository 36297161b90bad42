"""A file of dated values as a series, of an index's prices as one with open, high and low, of dates as a schedule."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates
from data.bars import PRICES
from data.errors import DataError
from data.events import AFTER_CLOSE, BEFORE_OPEN, Events, make_events
from data.importing.prices import daily, read_prices
from data.importing.table import ImportedTable, counted, named_days
from data.publication import RIGHT_AS_KNOWN, known_early
from data.series import Series

WORDS = ("symbol", "ticker", "timing", "announced")
"""Columns of a schedule beside its date."""


def read_series(table: ImportedTable, name: str, column: str, lag: int | None) -> tuple[Series, tuple[str, ...]]:
    """Return a file's series, and what was assumed.

    Parameters
    ----------
    table
        With date, the values and perhaps ``known``, the day on which each became public.
    name
        Of the series.
    column
        The one that holds the values. Rows where it is empty are left out.
    lag
        Sessions by which it is known late; ``None`` where nothing was said of that.

    Raises
    ------
    DataError
        File, line, date and remedy.
    """
    table.in_step()
    values = table.numbers(column)
    known, notes = None, [f"{table.titles[column]} is taken as the value."] if column != "value" else []
    if "known" in table.titles:
        known = _known(table)
        if lag:
            notes.append(f"Its column {table.titles['known']} says when each value was known: the lag is passed over.")
        lag = 0
    else:
        table.only_once("the date stands twice, without a column known to tell revisions")
    held = ~np.isnan(values)
    if not held.any():
        raise DataError(f"{table.where}: has no value in any row: add history")
    if not held.all():
        gone = table.dates[~held]
        notes.append(f"{counted(len(gone), 'row')} without a value left out: {named_days(gone)}.")
    series = Series(name, table.dates[held], values[held], None if known is None else known[held], lag or 0)
    return series, (*table.notes, *table.passed_over((column, "known")), *notes, *_of_lag(series, lag))


def read_index(table: ImportedTable, name: str, lag: int) -> tuple[Series, tuple[str, ...]]:
    """Return an index's closes as a series with open, high and low, and what was assumed; raises DataError."""
    table.only_once("the date stands twice")
    table.in_step()
    prices, has_bar, notes = read_prices(table)
    daily(table, table.dates[has_bar])
    opened, high, low, close = prices[:, has_bar]
    index = "An index: kept as a series of its closes, with open, high and low."
    series = Series(name, table.dates[has_bar], close, None, lag, {"open": opened, "high": high, "low": low})
    return series, (*table.notes, *table.passed_over(PRICES), *notes, index)


def _of_lag(series: Series, lag: int | None) -> tuple[str, ...]:
    """Return the note on when values count as known, where nothing was said of it or that is too early."""
    early = known_early(series)
    if series.known is not None:
        return () if early is None else (f"It is known too early: {early.why}: {RIGHT_AS_KNOWN}.",)
    if lag is None:
        remedy = "give a lag if it is later" if early is None else f"{early.why}, so give a lag of {early.lag}"
        return (f"Each value is taken as known at the close of its own date: {remedy}.",)
    return () if early is None else (f"Its lag is too short: {early.why}, so give a lag of {early.lag}.",)


def _known(table: ImportedTable) -> Dates:
    """Return the day that each value became public; raises DataError where that isn't so of a value."""
    known = table.dates_of("known")
    early = known < table.dates
    if early.any():
        row = int(np.argmax(early))
        raise table.error(row, f"{table.titles['known']} is {known[row]}, before the date itself: correct one of them")
    order = np.lexsort((known, table.dates))
    same = table.repeated & np.concatenate(([False], known[order][1:] == known[order][:-1]))
    if same.any():
        raise table.error(int(order[np.argmax(same)]), "date and known stand twice: keep one row for both")
    return known


def is_schedule(table: ImportedTable) -> bool:
    """Return whether a file holds events: its date is titled as schedules do, or nothing stands beside it but words."""
    others = set(table.titles) - {"date"}
    return others <= set(WORDS) or ("value" not in others and table.titles["date"].lower().startswith(("rel", "rep")))


def read_events(table: ImportedTable, name: str) -> tuple[Events, tuple[str, ...]]:
    """Return a file's schedule, and what was assumed; raises DataError with file, line, date and remedy."""
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
            raise table.error(row, f"announced is {announced[row]}, after the date itself: correct one of them")
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
            raise table.error(row, f"{what} (in line {lines[key]} too): keep one row")
        lines[key] = table.lines[row]


def _of_timing(timing: list[str] | None) -> tuple[str, ...]:
    """Return the note on words that say neither before the open nor after the close."""
    others = [word for word in timing or () if word and word.upper() not in (BEFORE_OPEN, AFTER_CLOSE)]
    if not others:
        return ()
    return (f"Timing is neither BMO nor AMC in {counted(len(others), 'row')} ({others[0]}), and unknown there.",)
