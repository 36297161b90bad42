"""Days and months before their year: which comes first, as a column of dates shows it without doubt."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

PARTED = re.compile(r"(\d\d?)([/.-])(\d\d?)\2(\d{4})")
"""A day and a month, or a month and a day, before their year."""
ORDERS = {"day/month/year": "%d{0}%m{0}%Y", "month/day/year": "%m{0}%d{0}%Y"}
MONTHS = 12
CENTURY = 2050


def parsed(text: str, form: str) -> str:
    """Return a text's day, ISO, by a form as `strptime` takes it; nothing where it isn't in that form.

    Of years in two digits 50 to 68 are none: `strptime` takes them for 2050 to 2068.
    """
    try:
        day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007  # the day as written, whatever the zone
    except ValueError:
        return ""
    return "" if "%y" in form and day.year >= CENTURY else str(day)


def shown_orders(texts: Iterable[str]) -> dict[str, str]:
    """Return the orders of day and month that texts show, by a text each that can be nothing else."""
    shown: dict[str, str] = {}
    for text in texts:
        part = PARTED.fullmatch(text)
        if part and max(int(part[1]), int(part[3])) > MONTHS:
            shown.setdefault("day/month/year" if int(part[1]) > MONTHS else "month/day/year", text)
    return shown


def form_of(texts: Sequence[str], beside: Sequence[str]) -> tuple[str, str]:
    """Return the form of a column of days and months before their year, and the note on it; both empty for any other.

    Parameters
    ----------
    texts, beside
        The column's texts, and those of the file's other dates, which decide where the column doesn't.

    Raises
    ------
    ValueError
        The column has several forms, or may be read in two ways, which no form with points is taken for: the number
        of the row, what is wrong, what to do.
    """
    parts = [PARTED.fullmatch(text) for text in texts]
    marks = [part[2] if part else "" for part in parts]
    if not any(marks):
        return "", ""
    mixed = "write all dates in one form"
    if len(set(marks)) > 1:
        row = next(row for row, mark in enumerate(marks) if mark != marks[0])
        raise ValueError(row, f"though the first is {texts[0]!r}", mixed)
    own = shown_orders(texts)
    if len(own) > 1:
        known, other = own.values()
        raise ValueError(
            texts.index(other), f"which is no {next(iter(own))}, though {known!r} can be nothing else", mixed
        )
    orders = own or shown_orders(beside)
    if len(orders) == 1:
        ((order, text),) = orders.items()
        return ORDERS[order].format(marks[0]), f"Dates are read as {order}: {text} can be nothing else."
    forms = [form.format(marks[0]) for form in ORDERS.values()]
    if marks[0] == ".":
        return forms[0], "Dates with points are read as day.month.year."
    options = [f'--dates "{form}"' for form in forms]
    for row, (text, part) in enumerate(zip(texts, parts, strict=True)):
        if part and int(part[1]) != int(part[3]):
            meanings = " or ".join(parsed(text, form) for form in forms)
            raise ValueError(row, f"which is {meanings}", f"give {' or '.join(options)}")
    return forms[0], ""
