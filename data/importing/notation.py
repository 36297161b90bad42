"""How a file writes its dates and numbers: as it is told, else as the file itself shows without doubt."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data.errors import DataError
from data.numbers import COMMA, POINT

PARTED = re.compile(r"(\d\d?)([/.-])(\d\d?)\2(\d{4})")
"""A day and a month, or a month and a day, before their year."""
ORDERS = {"day/month/year": "%d{0}%m{0}%Y", "month/day/year": "%m{0}%d{0}%Y"}
MONTHS = 12
NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
SHORT = 3
"""Letters by which a month is known."""
_MONTH = rf"(?:sept|{'|'.join(f'{name[:SHORT]}(?:{name[SHORT:]})?' for name in NAMES)})\.?"
_DAY = r"\d\d?(?:st|nd|rd|th)?"
MONTH_FIRST = re.compile(
    rf"(?:[a-z]{{3,9}},? )?(?P<month>{_MONTH})(?:/(?P<second>{_MONTH}))? (?P<day>{_DAY})"
    rf"(?P<to> ?[-\u2013] ?(?:(?P<next>{_MONTH}) )?(?P<last>{_DAY}))?\*?(?: meeting -)?,? (?P<year>\d{{4}})",
    re.IGNORECASE,
)
"""``Feb. 13, 2024``; of several days ``April 30-May 1, 2024`` and so on, as the Federal Reserve writes its meetings."""
DAY_FIRST = re.compile(rf"(?P<day>{_DAY})[ -](?P<month>{_MONTH}),?[ -](?P<year>\d{{4}})", re.IGNORECASE)
"""``13 February 2024``, ``13-Feb-2024``."""
CENTURY = 2050
PROBE = dt.date(2013, 2, 28)


@dataclass(frozen=True)
class Notation:
    """What is told of how files write numbers and dates.

    Parameters
    ----------
    decimal
        The decimal mark, a point or a comma; ``None`` for a point, where nothing has two meanings.
    dates
        The form of dates, as `strptime` takes it; ``None`` for ``YYYY-MM-DD``, and days and months before their year
        where the file shows which is which.

    Raises
    ------
    DataError
        One of them is none.
    """

    decimal: str | None = None
    dates: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, POINT, COMMA):
            raise DataError(f"--decimal {self.decimal}: is no decimal mark: give . or ,")
        if self.dates is not None and parsed(PROBE.strftime(self.dates), self.dates) != str(PROBE):
            raise DataError(f"--dates {self.dates}: names no whole day: give one such as %d/%m/%Y or %Y%m%d")


def parsed(text: str, form: str) -> str:
    """Return a text's day, ISO, by a form as `strptime` takes it; nothing where it isn't in that form.

    Of years in two digits 50 to 68 are none: `strptime` takes them for 2050 to 2068.
    """
    try:
        day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007  # the day as written, whatever the zone
    except ValueError:
        return ""
    return "" if "%y" in form and day.year >= CENTURY else str(day)


class Spelled(NamedTuple):
    """A day whose month is written by name, ISO, and whether it is the last of several."""

    day: str
    several: bool


def spelled(text: str) -> Spelled | None:
    """Return the day of a text in which the month is written in English, the last one of several; None of any other."""
    found = MONTH_FIRST.fullmatch(text) or DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    first = _day(parts["year"], parts["month"], parts["day"])
    if not parts.get("to"):
        return Spelled(str(first), several=False) if first else None
    last = _day(parts["year"], parts["second"] or parts["next"] or parts["month"], parts["last"])
    return Spelled(str(last), several=True) if first and last and first < last else None


def _day(year: str, month: str, number: str) -> dt.date | None:
    at = next(at for at, name in enumerate(NAMES, 1) if name.startswith(month[:SHORT].lower()))
    try:
        return dt.date(int(year), at, int(re.sub(r"\D", "", number)))
    except ValueError:  # the 31st of June
        return None


def spelled_out(texts: Sequence[str]) -> tuple[list[str], str] | None:
    """Return a column's days, ISO, and the note on them, where their months are written by name; None where none is.

    Raises
    ------
    ValueError
        Only some are: the number of the row, what is wrong, what to do.
    """
    days = [spelled(text) for text in texts]
    if not any(days):
        return None
    if not all(days):
        row = next(row for row, day in enumerate(days) if (day is None) != (days[0] is None))
        raise ValueError(row, f"though the first is {texts[0]!r}", "write all dates in one form")
    known = [day for day in days if day]
    several = any(day.several for day in known)
    return [day.day for day in known], "Of events of several days the last one counts." if several else ""


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
        The column has several forms, or may be read in two ways: the number of the row, what is wrong, what to do.
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
    options = [f'--dates "{form}"' for form in forms]
    for row, (text, part) in enumerate(zip(texts, parts, strict=True)):
        if part and int(part[1]) != int(part[3]):
            meanings = " or ".join(parsed(text, form) for form in forms)
            raise ValueError(row, f"which is {meanings}", f"give {' or '.join(options)}")
    return forms[0], ""
