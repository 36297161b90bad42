"""Tables as files of spreadsheets: CSV, or a workbook with a sheet each. No text in them is taken for a formula."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import UserError

Sheet = Mapping[str, Sequence[Any] | npt.NDArray[Any]]
"""A table: columns of one length by their heads."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would compute."""
MOST_ROWS, MOST_COLUMNS, LONGEST_NAME = 1_048_576, 16_384, 31
"""What a workbook's sheet can hold, its head included, and how long its name can be."""
MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook's properties have no zone
"""When every workbook says it was made: the same tables are the same bytes."""
AT_ONCE = 10_000
"""Rows that are made plain at a time."""
WIDTH = 14
"""Of a column, letters."""


def write_csv(path: Path, sheet: Sheet) -> None:
    """Write a table as CSV: UTF-8, commas, points in numbers, ISO dates; an unknown number is empty.

    A text that a spreadsheet would take for a formula stands behind an apostrophe, as OWASP has it.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_harmless(head) for head in sheet])
        for row in _rows(sheet):
            writer.writerow(["" if value is None else _harmless(value) for value in row])


def write_xlsx(path: Path, sheets: Mapping[str, Sheet]) -> None:
    """Write tables as a workbook, a sheet each, with heads that stay in sight; texts are texts, dates are dates.

    Raises
    ------
    UserError
        A table has more rows or columns than a sheet can hold.
    """
    import xlsxwriter

    for name, sheet in sheets.items():
        rows = max(map(len, sheet.values()), default=0)
        if rows >= MOST_ROWS or len(sheet) > MOST_COLUMNS:
            what = f"{name} has {rows:,} rows and {len(sheet):,} columns"
            raise UserError(f"{what}, more than a sheet of a workbook holds: take --csv")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {**options, "constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": MADE})
        bold = book.add_format({"bold": True})
        for name, sheet in sheets.items():
            page = book.add_worksheet(name[:LONGEST_NAME])
            page.freeze_panes(1, 0)
            page.set_column(0, max(len(sheet) - 1, 0), WIDTH)
            for column, head in enumerate(sheet):
                page.write_string(0, column, head, bold)
            for place, row in enumerate(_rows(sheet), 1):
                for column, value in enumerate(row):
                    if value is not None:
                        _write(page, place, column, value)


def _write(page: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    else:
        page.write_string(row, column, str(value))


def _rows(sheet: Sheet) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table as plain values, None for what isn't known."""
    count = max(map(len, sheet.values()), default=0)
    for first in range(0, count, AT_ONCE):  # as plain values a large table would take many times its memory
        parts = (column[first : first + AT_ONCE] for column in sheet.values())
        columns = [part.tolist() if isinstance(part, np.ndarray) else part for part in parts]
        yield from zip(*(map(_plain, column) for column in columns), strict=True)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | dt.date):
        return value
    return str(value)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
