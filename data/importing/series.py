"""A file of dated values as a series, and of an index's prices as one with open, high and low."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates
from data.bars import PRICES
from data.errors import DataError
from data.importing.prices import daily, read_prices
from data.importing.table import ImportedTable, counted, named_days
from data.publication import RIGHT_AS_KNOWN, known_early
from data.series import Series


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
