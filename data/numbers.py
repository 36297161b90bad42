"""Numbers as files write them: with a decimal point or a decimal comma, and marks between thousands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable
from functools import partial

POINT, COMMA = ".", ","
SPACES = " '\u2019\u00a0\u2009\u202f"
"""Marks between thousands beside a decimal point and a decimal comma alike."""
TIMES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9}
FORMS = {
    decimal: re.compile(
        rf"([-+]?)\$?(\d{{1,3}}([{other}{SPACES}])\d{{3}}(?:\3\d{{3}})*|\d*)(?:{re.escape(decimal)}(\d*))?"
        r"([eE][-+]?\d+)?([KMB]?)",
        re.IGNORECASE | re.ASCII,
    )
    for decimal, other in ((POINT, COMMA), (COMMA, POINT))
}
"""By the decimal mark: perhaps a dollar sign, marks between thousands, an exponent, or K, M, B behind it."""
SINGLE = re.compile(r"[-+]?\$?\d{1,3}([.,])\d{3}[KMB]?", re.IGNORECASE | re.ASCII)
"""A number whose one mark is a decimal one or stands between thousands."""
GROUPED = re.compile(r"[-+]?\$?\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})[KMB]?", re.IGNORECASE | re.ASCII)
"""A number whose points can only stand between thousands."""
ZERO_POINT = re.compile(r"[-+]?\$?(?:0\d*)?\.\d", re.ASCII)
"""How a number begins whose point can't stand between thousands: nothing before it, or a zero first."""
THOUSANDS = re.compile(r"[-+]?\$?\d{1,3}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})[KMB]?", re.IGNORECASE | re.ASCII)
"""A number whose commas can only stand between thousands."""
DECIMAL_POINT = re.compile(r"[-+]?\$?\d*\.(?:\d{1,2}|\d{4,})[KMB]?", re.IGNORECASE | re.ASCII)
"""A number whose point can only be the decimal one."""
DECIMAL_COMMA = re.compile(
    r"[-+]?\$?(?:\d*,(?:\d{1,2}|\d{4,})|\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,}))[KMB]?", re.IGNORECASE | re.ASCII
)
"""A number whose comma can only be the decimal one, or whose points can only stand between thousands."""


def read_number(text: str, decimal: str) -> float | None:
    """Return the number that a text is with this decimal mark; ``None`` where it is none, or isn't finite."""
    form = FORMS[decimal].fullmatch(text)
    if form is None:
        return None
    sign, whole, mark, rest, exponent, times = form.groups("")
    digits = whole.replace(mark, "") if mark else whole
    try:
        value = float(f"{sign}{digits}.{rest}{exponent}") * TIMES[times.upper()]
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_certain(text: str, *, thousands: bool = False, commas: bool = False) -> float | None:
    """Return the number that a text can only be, ``None`` where it is none or may be two.

    Parameters
    ----------
    text
        With a decimal point, and no mark between thousands but commas.
    thousands
        Whether the commas of its column stand between thousands (see `shows_thousands`): ``1,234`` is 1234 then.
    commas
        Whether a decimal comma stands anywhere in its file: ``1.234`` may be 1234 then.
    """
    single = SINGLE.fullmatch(text)
    doubtful = single is not None and (not thousands if single[1] == COMMA else commas)
    unusual = any(mark in text for mark in SPACES) or (COMMA in text and text.lstrip("+-$").startswith("0"))
    return None if doubtful or unusual else read_number(text, POINT)


def shows_thousands(column: Collection[str], others: Iterable[str]) -> bool:
    """Return whether a column's commas stand between thousands.

    They do where the column shows it (``1,234,567``, ``1,234.5``), or has no point itself while another column of the
    file has a decimal one (``12.5``; not ``1.234``, which may be a thousand).

    Parameters
    ----------
    column, others
        The column's texts, and those of the file's other columns.
    """
    if any(map(THOUSANDS.fullmatch, column)):
        return True
    return not any(POINT in text for text in column) and any(map(DECIMAL_POINT.fullmatch, others))


def shows_decimal_comma(texts: Iterable[str]) -> bool:
    """Return whether any of a file's texts has a comma that can only be a decimal one (``12,5``, ``1.234,5``)."""
    return any(map(DECIMAL_COMMA.fullmatch, texts))


def shown_decimal(texts: Iterable[str], *, semicolons: bool) -> str | None:
    """Return the decimal mark that a file's texts show without doubt, ``None`` where they don't.

    A comma is one where a text can be nothing else and none can only have a point; between fields that commas part,
    no text may have two readings either.

    Parameters
    ----------
    texts
        Of all columns but dates.
    semicolons
        Whether semicolons stand between the fields.
    """
    marked = [text for text in texts if POINT in text or COMMA in text]
    points = any(
        DECIMAL_POINT.fullmatch(text) or THOUSANDS.fullmatch(text) or ZERO_POINT.match(text) for text in marked
    )
    if not shows_decimal_comma(marked):
        return POINT if points else None
    return None if points or (not semicolons and any(map(SINGLE.fullmatch, marked))) else COMMA


def read_comma(text: str, *, counts: bool = False, grouped: bool = False) -> float | None:
    """Return the number that a text can only be in a file of decimal commas, ``None`` where it is none or may be two.

    Parameters
    ----------
    text
        With a decimal comma; points, spaces or apostrophes stand between thousands.
    counts
        Whether its column counts something: ``1.234`` is 1234 there, and ``1,234`` isn't read.
    grouped
        Whether its file shows points between thousands (``1.234,5``): ``1.234`` is 1234 then.
    """
    single = SINGLE.fullmatch(text)
    if single is not None and not ((counts or grouped) if single[1] == POINT else not counts):
        return None
    return None if ZERO_POINT.match(text) else read_number(text, COMMA)


def comma_reader(column: str, texts: Iterable[str]) -> Callable[[str], float | None]:
    """Return what reads a column's texts in a file that shows decimal commas.

    Parameters
    ----------
    column
        Its name.
    texts
        Of all the file's columns but dates.
    """
    return partial(read_comma, counts=column == "volume", grouped=any(map(GROUPED.fullmatch, texts)))


def readings(text: str) -> tuple[str, str]:
    """Return what a text may be as a number, in words, and the decimal marks it then has; nothing where it is none."""
    found = {mark: value for mark in FORMS if (value := read_number(text, mark)) is not None}
    return " or ".join(dict.fromkeys(f"{value:.12g}" for value in found.values())), "".join(found)
