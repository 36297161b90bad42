"""A CSV file as people have it: titles, dates and numbers in the forms vendors write them, rows oldest first."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.calendar import FIRST, LAST
from data.errors import DataError
from data.foreign import refuse_packed, refuse_preamble, refuse_tickers, rows_of
from data.stamps import Stamps, days_off, intraday_words, off_words, read_stamps, undated_words
from data.text import cut

SAME = {
    "date": ("observationdate", "timestamp", "datetime", "day"),
    "close": ("closelast", "price"),
    "adjclose": ("adjustedclose",),
    "volume": ("vol",),
    "dividend": ("dividends", "dividendamount", "divcash"),
    "split": ("splits", "stocksplit", "stocksplits", "splitcoefficient", "splitfactor"),
}
"""Columns of ours, and how vendors title them, in small letters and digits alone."""
DATED = ("releasedate", "reportdate")
"""How schedules title their dates; a date where no column is titled so."""
COLUMN = {title: column for column, titles in SAME.items() for title in titles}
EMPTY = ("", "null", "nan", "n/a", "na", "none", "-", ".")
"""How vendors write that there is no number."""
AMERICAN = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")
DRESSED = re.compile(r"(-?)\$?(\d{1,3}(?:,\d{3})+|\d+)(\.\d*)?([KMB]?)", re.IGNORECASE)
"""A number with a dollar sign, commas between thousands, or K, M, B behind it."""
PRINTED = re.compile(r"\.(\d*)(?:[eE]([-+]\d+))?$")
"""The decimals of a number, and its exponent."""
TIMES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9}
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
    intraday
        Whether rows of one date have different times of day.
    """

    where: str
    titles: dict[str, str]
    cells: dict[str, list[str]]
    dates: Dates
    lines: list[int]
    notes: tuple[str, ...]
    intraday: bool = False

    def numbers(self, column: str, read: Callable[[str], float] | None = None) -> Floats:
        """Return a column's numbers, NaN where it is empty; raises DataError on what is no number."""
        values = np.full(len(self.lines), np.nan)
        for row, cell in enumerate(self.cells[column]):
            if cell.lower() not in EMPTY:
                try:
                    values[row] = (read or number)(cell)
                except ValueError:
                    raise self.error(row, f"{self.titles[column]} is {cell!r}, not a number: correct it") from None
        return values

    def dates_of(self, column: str) -> Dates:
        """Return a column's dates; raises DataError on what is none."""
        return _dates(self.where, self.titles[column], self.cells[column], self.lines).days

    def unit(self, column: str) -> float:
        """Return the last decimal that the column is printed to, such as 1e-6."""
        decimals = [len(part[1]) - int(part[2] or 0) for cell in self.cells[column] if (part := PRINTED.search(cell))]
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
        return (cut(f"Columns passed over: {', '.join(others)}."),) if others else ()


def read_table(path: Path, where: str) -> ImportedTable:
    """Read a CSV file; raises DataError with file, line and cure where it can't be read without guessing."""
    rows = _rows(path, where)
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
    stamps = _dates(where, header[columns["date"]] or "date", cells["date"], lines)
    turned, order = _order(stamps.days)
    return ImportedTable(
        where,
        {column: header[at] for column, at in columns.items() if header[at] or any(cells[column])},
        {column: [texts[row] for row in order] for column, texts in cells.items()},
        stamps.days[order],
        [lines[row] for row in order],
        (*_of_dates(cells["date"], stamps), *turned),
        stamps.intraday,
    )


def titles_of(path: Path, where: str) -> frozenset[str]:
    """Return a file's titles in small letters; raises DataError where it is no CSV file."""
    return frozenset(title.lower() for title in _rows(path, where)[0][1])


def number(text: str) -> float:
    """Read a number as people write it; raises ValueError on anything that could mean two things."""
    try:
        value = float(text)
    except ValueError:
        dressed = DRESSED.fullmatch(text)
        if not dressed:
            raise
        sign, whole, rest, times = dressed.groups()
        value = float(sign + whole.replace(",", "") + (rest or "")) * TIMES[times.upper()]
    if not np.isfinite(value):
        raise ValueError(text)
    return value


def named_days(dates: Sequence[np.datetime64] | Dates) -> str:
    """Return the first few days by name, and how many more there are."""
    more = f" and {len(dates) - NAMED} more" if len(dates) > NAMED else ""
    return ", ".join(map(str, dates[:NAMED])) + more


def counted(count: int, what: str) -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _rows(path: Path, where: str) -> list[tuple[int, list[str]]]:
    try:
        raw = path.read_bytes()
        refuse_packed(raw, where)
        rows = rows_of(raw.decode("utf-8-sig"))
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
    return rows


def _header(rows: list[tuple[int, list[str]]], where: str) -> tuple[list[str], int]:
    """Return the titles, and how many rows they take: yfinance's downloads have three, the tickers in the second."""
    header = rows[0][1]
    if header[0] == "Price" and len(rows) > 2 and rows[1][1][:1] == ["Ticker"]:
        tickers = sorted(set(rows[1][1][1:]))
        if len(tickers) > 1:
            raise DataError(f"{where}:2: holds {', '.join(tickers)}: save one file an instrument")
        return ["Date", *header[1:]], 3
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise DataError(f"{where}:1: its fields aren't separated by commas: save it as CSV with commas")
    refuse_preamble(rows, where)
    return header, 1


def _columns(header: list[str], where: str) -> dict[str, int]:
    """Return which field is which column; an untitled first one is the date where none is titled so."""
    columns: dict[str, int] = {}
    twice = ""
    for at, title in enumerate(header):
        plain = re.sub(r"[^a-z0-9]", "", title.lower()) or title
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


def _dates(where: str, title: str, cells: list[str], lines: list[int]) -> Stamps:
    """Return a column's days; raises DataError with the line of what is none."""
    written = [f"{us[3]}-{us[1]:0>2}-{us[2]:0>2}" if (us := AMERICAN.fullmatch(cell)) else cell for cell in cells]
    try:
        stamps = read_stamps(written)
    except ValueError:
        stamps = None
    if stamps is not None and ((stamps.days >= FIRST) & (stamps.days <= LAST)).all():
        return stamps
    row = next(row for row, cell in enumerate(written) if not _is_day(cell))
    known = undated_words(cells[row])
    how = known or "write it as YYYY-MM-DD (or as MM/DD/YYYY)"
    raise DataError(f"{where}:{lines[row]}: {title} is {cells[row]!r}, {'' if known else 'not a date: '}{how}")


def _is_day(cell: str) -> bool:
    try:
        return bool(FIRST <= read_stamps([cell]).days[0] <= LAST)
    except ValueError:
        return False


def _of_dates(cells: list[str], stamps: Stamps) -> tuple[str, ...]:
    """Return what was assumed of how dates are written."""
    american = any(map(AMERICAN.fullmatch, cells))
    notes = ("Dates with slashes are read as month/day/year." if american else "", stamps.note)
    return tuple(note for note in notes if note)


def _order(dates: Dates) -> tuple[tuple[str, ...], list[int]]:
    """Return what to say of the rows' order, and the rows in the order of their dates."""
    steps = np.diff(dates).astype(int)
    if (steps >= 0).all():
        return (), list(range(len(dates)))
    if (steps <= 0).all():
        backwards = np.arange(len(dates))[::-1]
        return ("The newest row came first: turned round.",), list(map(int, backwards))
    return ("Rows weren't in the order of their dates: sorted.",), list(map(int, np.argsort(dates, kind="stable")))
