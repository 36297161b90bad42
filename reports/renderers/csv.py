"""Tables as CSV, the one way in which the project writes it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would execute (OWASP, CSV injection)."""


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as lines of CSV: nothing for None, and an apostrophe before a text that would be a formula."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
