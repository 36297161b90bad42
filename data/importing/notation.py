"""How a file writes its dates and numbers: as it is told, else as the file itself shows without doubt."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data.day_order import parsed
from data.errors import DataError
from data.numbers import COMMA, POINT

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
