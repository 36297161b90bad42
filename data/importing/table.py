"""A CSV file as people have it: titles, dates and numbers in the forms vendors write them, rows oldest first."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.calendar import FIRST, LAST
from data.day_order import form_of, parsed
from data.errors import DataError, quoted
from data.foreign import (
    DATES,
    SEMICOLON,
    refuse_marks,
    refuse_packed,
    refuse_preamble,
    refuse_tickers,
    rows_of,
    separator,
)
from data.importing.notation import Notation, spelled, spelled_out
from data.numbers import (
    COMMA,
    DECIMAL_COMMA,
    POINT,
    comma_reader,
    read_certain,
    read_number,
    readings,
    shown_decimal,
    shows_decimal_comma,
    shows_thousands,
)
from data.ranges import ANY, Range
from data.stamps import Stamps, days_off, intraday_words, off_words, read_stamps, undated_words
from data.text import abridge

SAME = {
    "date": ("observationdate", "timestamp", "datetime", "day", "datum"),
    "open": ("erffnung", "eroeffnung", "erster"),
    "high": ("hoch",),
    "low": ("tief",),
    "close": ("closelast", "price", "schluss", "schlusskurs"),
    "adjclose": ("adjustedclose",),
    "volume": ("vol", "volumen"),
    "dividend": ("dividends", "dividendamount", "divcash"),
    "split": ("splits", "stocksplit", "stocksplits", "splitcoefficient", "splitfactor"),
}
"""Columns of ours, and how vendors title them, also in German, in small letters and digits of ASCII alone."""
DAYS = ("date", "known", "announced")
"""Columns of dates."""
DATED = ("releasedate", "reportdate", "reporteddate", "earningsdate")
"""How schedules title their dates; a date where no column is titled so."""
LISTED = re.compile(r"\d{4}-\d\d-\d\d")
"""A day in a list of days alone."""
COLUMN = {title: column for column, titles in SAME.items() for title in titles}
EMPTY = ("", "null", "nan", "n/a", "na", "none", "-", ".")
"""How vendors write that there is no number."""
NAMED = 5
"""Days that a note names before it says how many more there are."""


@dataclass(frozen=True)
class ImportedTable:
    """A file's rows, oldest first.

    Parameters
    ----------
    where
        The file's name, for messages.
    titles
        The title of each column in the file, by our name for it; an unknown one by its title in small letters.
    cells
        The text of each column, stripped.
    dates
        Of the rows, ``datetime64[D]``; a date may stand twice.
    lines
        Of the rows in the file, as an editor counts them.
    notes
        What was assumed so far, a sentence each.
    notation
        What is told of how numbers and dates are written.
    intraday
        Whether rows of one date have different times of day.
    semicolons
        Whether they stand between the fields.
    decimal
        The decimal mark of its numbers, as told or as they show it without doubt; ``None`` where they don't.
    """

    where: str
    titles: dict[str, str]
    cells: dict[str, list[str]]
    dates: Dates
    lines: list[int]
    notes: tuple[str, ...]
    notation: Notation = field(default_factory=Notation)
    intraday: bool = False
    semicolons: bool = False
    decimal: str | None = None

    def numbers(
        self, column: str, within: Range = ANY, read: Callable[[str], float | None] = lambda _cell: None
    ) -> Floats:
        """Return a column's numbers, NaN where it is empty; `read` reads what else a cell may hold.

        Raises DataError on what is no number, may be two, or is beyond a range.
        """
        values, as_number = np.full(len(self.lines), np.nan), self._as_number(column)
        for row, cell in enumerate(self.cells[column]):
            if cell.lower() not in EMPTY:
                value = as_number(cell)
                value = read(cell) if value is None else value
                if value is None:
                    raise self.error(row, f"{self.titles[column]} is {cell!r}, {': '.join(self._unread(cell))}")
                values[row] = value
        if len(beyond := np.flatnonzero(within.beyond(values))):
            row = int(beyond[0])
            what = f"{self.titles[column]} is {quoted(self.cells[column][row])}, beyond all bounds"
            raise self.error(row, f"{what}: correct it: it is from {within.ends}")
        return values

    def _as_number(self, column: str) -> Callable[[str], float | None]:
        """Return what reads a column's cells: by the decimal mark that is told, else only what means one thing."""
        mark = self.notation.decimal
        if mark is not None:
            return lambda cell: read_number(cell, mark)
        own = self.cells[column]
        others = [cell for each in self.cells if each not in (column, *DAYS) for cell in self.cells[each]]
        if self.decimal == COMMA:
            return comma_reader(column, (*own, *others))
        thousands = any(COMMA in cell for cell in own) and shows_thousands(own, others)
        commas = shows_decimal_comma((*own, *others)) or (self.semicolons and self.decimal is None)
        return lambda cell: read_certain(cell, thousands=thousands, commas=commas)

    def _unread(self, cell: str) -> tuple[str, str]:
        """Return what is wrong with a cell that isn't read as a number, and the remedy."""
        words, marks = readings(cell)
        if words and self.notation.decimal is None:
            return f"which is {words}", "give " + " or ".join(f"--decimal {mark}" for mark in marks)
        return "not a number", "correct it"

    def dates_of(self, column: str) -> Dates:
        """Return a column's dates; raises DataError on what is none, or may be two."""
        beside = [cell for each in DAYS if each != column for cell in self.cells.get(each, ())]
        stamps, _notes = _dates(self.where, self.titles[column], self.cells[column], self.lines, self.notation, beside)
        return stamps.days

    def unit(self, column: str) -> float:
        """Return the last decimal that the column is printed to, such as 1e-6."""
        printed = re.compile(rf"\{self.decimal or POINT}(\d*)(?:[eE]([-+]\d+))?$")
        decimals = [len(part[1]) - int(part[2] or 0) for cell in self.cells[column] if (part := printed.search(cell))]
        return float(10.0 ** -max(decimals, default=0))

    def error(self, row: int | np.intp, message: str) -> DataError:
        """Return an error that names file, line and date."""
        return DataError(f"{self.where}:{self.lines[row]}: {self.dates[row]}: {message}")

    @property
    def repeated(self) -> Flags:
        """Which rows have the date of the row above."""
        return np.concatenate(([False], self.dates[1:] == self.dates[:-1]))

    def only_once(self, message: str) -> None:
        """Raise DataError that names two lines where a date stands twice."""
        if self.intraday:
            raise DataError(f"{self.where}: {': '.join(intraday_words())}")
        if self.repeated.any():
            row = int(np.argmax(self.repeated))
            raise self.error(row, f"{message} (in line {self.lines[row - 1]} too): keep one row")

    def in_step(self, *, schedule: bool = False) -> None:
        """Raise DataError where the dates stand a day early or late (see `data.stamps.days_off`)."""
        if way := days_off(self.dates, schedule=schedule):
            raise self.error(0, ": ".join(off_words(way)))

    def passed_over(self, used: Iterable[str]) -> tuple[str, ...]:
        """Return the note that names the columns nothing was made of."""
        others = [title or "(no title)" for column, title in self.titles.items() if column not in ("date", *used)]
        return (abridge(f"Columns passed over: {', '.join(others)}."),) if others else ()


def read_table(path: Path, where: str, notation: Notation | None = None) -> ImportedTable:
    """Read a CSV file; raises DataError with file, line and remedy where it can't be read without guessing."""
    notation = notation or Notation()
    found, mark = _rows(path, where)
    rows, above = _listed(found)
    header, first = _header(rows, where)
    columns = _columns(header, where)
    rows = [(line, row) for line, row in rows[first:] if any(row)]
    refuse_tickers(header, rows, where)
    if not rows:
        raise DataError(f"{where}:{first + 1}: has no rows under its header: add history")
    for line, row in rows:
        if len(row) < len(header) or any(row[len(header) :]):
            raise DataError(f"{where}:{line}: has {len(row)} fields, the header {len(header)}: correct the row")
    lines, texts = [line for line, _row in rows], [row for _line, row in rows]
    cells = {column: [row[at] for row in texts] for column, at in columns.items()}
    beside = [cell for column in DAYS[1:] for cell in cells.get(column, ())]
    stamps, read_as = _dates(where, header[columns["date"]] or "date", cells["date"], lines, notation, beside)
    turned, order = _order(stamps.days)
    numbers = [cell for column in cells if column not in DAYS for cell in cells[column]]
    shown = shown_decimal(numbers, semicolons=mark == SEMICOLON)
    if shown == COMMA and notation.decimal is None:
        certain = next(filter(DECIMAL_COMMA.fullmatch, numbers))
        above = (*above, f"Numbers are read with a decimal comma: {certain} can be nothing else.")
    return ImportedTable(
        where,
        {column: header[at] for column, at in columns.items() if header[at] or any(cells[column])},
        {column: [texts[row] for row in order] for column, texts in cells.items()},
        stamps.days[order],
        [lines[row] for row in order],
        (*above, *read_as, *turned),
        notation,
        stamps.intraday,
        mark == SEMICOLON,
        notation.decimal or shown,
    )


def titles_of(path: Path, where: str) -> frozenset[str]:
    """Return a file's titles in small letters; raises DataError where it is no CSV file."""
    return frozenset(title.lower() for title in _rows(path, where, 1)[0][0][1])


def named_days(dates: Sequence[np.datetime64] | Dates) -> str:
    """Return the first few days by name, and how many more there are."""
    more = f" and {len(dates) - NAMED} more" if len(dates) > NAMED else ""
    return ", ".join(map(str, dates[:NAMED])) + more


def counted(count: int, what: str) -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _rows(path: Path, where: str, most: int | None = None) -> tuple[list[tuple[int, list[str]]], str]:
    """Return a file's rows, or those of its first lines, and what stands between their fields."""
    try:
        raw = path.read_bytes()
        refuse_packed(raw, where)
        text = raw.decode("utf-8-sig")
        rows = rows_of(text, most)
    except OSError as error:
        raise DataError(f"{where}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{where}:{line}: is no text: save the file as CSV in UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{where}: can't be read as CSV: {error}") from None
    for line, row in rows:
        if any("\n" in cell for cell in row):
            raise DataError(f"{where}:{line}: a quote is open: close it, or take it out")
    if not rows or not any(rows[0][1]):
        raise DataError(f"{where}:1: is empty: the first line is the header")
    return rows, separator(text)


def _listed(rows: list[tuple[int, list[str]]]) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """Return the rows of a file, and what to say: a list of days alone, as ALFRED has releases, gets a header of ours.

    What stands above the days says whose they are. Any other file stays as it is.
    """
    filled = [(line, row) for line, row in rows if any(row)]
    first = len(filled)
    while first and len(filled[first - 1][1]) == 1 and LISTED.fullmatch(filled[first - 1][1][0]):
        first -= 1
    dated = any(row[0][:1].isdigit() or spelled(row[0]) for _line, row in filled[:first])
    if first in (0, len(filled)) or dated or any(_plain(title) in DATES for title in filled[0][1]):
        return rows, ()
    note = f"Days alone, below {counted(first, 'line')} that {'is' if first == 1 else 'are'} passed over."
    return [(filled[first - 1][0], ["date"]), *filled[first:]], (note,)


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())


def _header(rows: list[tuple[int, list[str]]], where: str) -> tuple[list[str], int]:
    """Return the titles, and how many rows they take: yfinance's downloads have three, the tickers in the second."""
    header = rows[0][1]
    if header[0] == "Price" and len(rows) > 2 and rows[1][1][:1] == ["Ticker"]:
        tickers = sorted(set(rows[1][1][1:]))
        if len(tickers) > 1:
            raise DataError(f"{where}:2: holds {', '.join(tickers)}: save one file an instrument")
        return ["Date", *header[1:]], 3
    refuse_marks(header, where)
    refuse_preamble(rows, where)
    return header, 1


def _columns(header: list[str], where: str) -> dict[str, int]:
    """Return which field is which column; an untitled first one is the date where none is titled so."""
    columns: dict[str, int] = {}
    twice = ""
    for at, title in enumerate(header):
        plain = _plain(title) or title
        column = COLUMN.get(plain, plain) or f"#{at}"
        twice = twice or (f"{header[columns[column]]} and {title}" if column in columns else "")
        columns.setdefault(column, at)
    if "date" not in columns and "#0" in columns and len(header) > 1:
        columns = {"date": columns.pop("#0"), **columns}
    for title in (each for each in DATED if each in columns and "date" not in columns):
        columns = {"date": columns.pop(title), **columns}
    if "date" not in columns:
        raise DataError(f"{where}:1: column date is missing: the header is {','.join(header)[:80]!r}")
    if twice:
        raise DataError(f"{where}:1: {twice} are one column twice: take one out")
    return columns


def _dates(
    where: str, title: str, cells: list[str], lines: list[int], notation: Notation, beside: list[str]
) -> tuple[Stamps, tuple[str, ...]]:
    """Return a column's days, and what was assumed; raises DataError with the line of what is none, or may be two."""
    try:
        named = None if notation.dates else spelled_out(cells)
        form, note = (notation.dates, "") if notation.dates else form_of(cells, beside)
    except ValueError as doubt:
        row, what, remedy = doubt.args
        raise DataError(f"{where}:{lines[row]}: {title} is {cells[row]!r}, {what}: {remedy}") from None
    if named:
        cells, note = named
    written = [parsed(cell, form) for cell in cells] if form else cells
    try:
        stamps = read_stamps(written)
    except ValueError:
        stamps = None
    if stamps is not None and ((stamps.days >= FIRST) & (stamps.days <= LAST)).all():
        return stamps, tuple(each for each in (note, stamps.note) if each)
    row = next(row for row, cell in enumerate(written) if not _is_day(cell))
    known = undated_words(cells[row])
    how = known or ("correct it" if form else "write it as YYYY-MM-DD, or give its form, such as --dates %m/%d/%y")
    what = f"not a date{f' by {form}' if form else ''}: "
    raise DataError(f"{where}:{lines[row]}: {title} is {cells[row]!r}, {'' if known else what}{how}")


def _is_day(cell: str) -> bool:
    try:
        return bool(FIRST <= read_stamps([cell]).days[0] <= LAST)
    except ValueError:
        return False


def _order(dates: Dates) -> tuple[tuple[str, ...], list[int]]:
    """Return what to say of the rows' order, and the rows in the order of their dates."""
    steps = np.diff(dates).astype(int)
    if (steps >= 0).all():
        return (), list(range(len(dates)))
    if (steps <= 0).all():
        backwards = np.arange(len(dates))[::-1]
        return ("The newest row came first: turned round.",), list(map(int, backwards))
    return ("Rows weren't in the order of their dates: sorted.",), list(map(int, np.argsort(dates, kind="stable")))
