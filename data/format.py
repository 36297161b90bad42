"""How numbers, amounts and counts are written, in every sentence, table and page; ASCII, a dash for what is not known.

Fractions are given as fractions (0.05) and written in percent (``5.0 %``); differences of two in points (``+5.0``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from data.arrays import Dates

UNKNOWN = "-"
NAMED = 3
"""Dates that are named of many."""


def number(value: float | None, places: int = 2, *, sign: bool = False) -> str:
    """Write a plain number; what rounds to 0 has no sign."""
    if value is None or math.isnan(value):
        return UNKNOWN
    text = f"{value:{'+' if sign else ''}z,.{places}f}"
    return text.removeprefix("+") if float(text.replace(",", "")) == 0.0 else text


def percent(value: float | None, places: int = 1, *, sign: bool = False, gap: str = " ") -> str:
    """Write a fraction in percent; a `gap` of "" sets the sign close, as narrow tables do."""
    text = number(None if value is None else 100.0 * value, places, sign=sign)
    return text if text == UNKNOWN else f"{text}{gap}%"


def rough(share: float, *, sign: bool = False) -> str:
    """Write a fraction in percent, without a decimal from 100 % on: ``21.3 %``, ``+1,240 %``."""
    return percent(share, 1 if abs(share) < 1 else 0, sign=sign)


def points(value: float | None, places: int = 1) -> str:
    """Write a difference of two fractions in points, with its sign."""
    return number(None if value is None else 100.0 * value, places, sign=True)


def signed(value: float, places: int = 1) -> str:
    """Write points, given as points, with their sign."""
    return number(value, places, sign=True)


def share(value: float) -> str:
    """Write a share in whole percent; with a decimal where it would pass for all or for none."""
    return f"{_share(value):g} %"


def in_percent(value: float) -> str:
    """Write a weight with a decimal where it has one: ``15 %``, ``7.5 %``."""
    return percent(value, 1).replace(".0 ", " ")


def rest(value: float) -> str:
    """Write what a share leaves, so that both add up to 100 %."""
    return f"{round(100.0 - _share(value), 1):g} %"


def _share(value: float) -> float:
    whole = round(100.0 * value)
    return round(100.0 * value, 1) if (whole == 100 and value < 1.0) or (whole == 0 and value > 0.0) else whole


def dollars(value: float | None, places: int = 0, *, sign: bool = False) -> str:
    """Write dollars in full."""
    text = number(value, places, sign=sign)
    return text if text == UNKNOWN else _with_dollar(text)


def _with_dollar(text: str) -> str:
    sign = text[0] if text[0] in "+-" else ""
    return f"{sign}${text.removeprefix(sign)}"


def money(value: float) -> str:
    """Write dollars as a screen does: millions with two decimals, less in full."""
    if value >= 999_995_000.0:
        return f"${value / 1e9:,.2f}bn"
    return f"${value / 1e6:.2f}m" if value >= 999_999.5 else dollars(value)


def amount(value: float) -> str:
    """Write a price, however large or small: ``$2.45``, ``$0.0213``, ``$38.7 billion``."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"${value / size:.1f} {word}"
    return f"${value:,.2f}" if value >= 0.1 else f"${value:.4f}"


def significant(value: float, digits: int = 4, whole: float = 1e3) -> str:
    """Write a number in so many significant digits, as a whole one from `whole` on: ``18.25``, ``0.0667``, ``15``."""
    return f"{value:,.0f}" if abs(value) >= whole else f"{value:.{digits}g}"


def multiple(value: float) -> str:
    """Write a factor above 1: ``15``, ``12``, ``1.5``."""
    return f"{value:,.0f}" if value >= 9.5 else f"{value:.2g}"


def p_value(value: float | None) -> str:
    """Write a p-value."""
    return number(value, 3)


def figure(value: float | None, spec: str) -> str:
    """Write a number as a format specification has it, in the part of it that Python shares with d3: ``$,.0f``."""
    if value is None or math.isnan(value):
        return UNKNOWN
    text = format(value, spec.replace("$", ""))
    return _with_dollar(text) if "$" in spec else text


def written(value: float | None, kind: str, places: int = 2) -> str:
    """Write a value by its measure's kind: ``percent``, ``dollars``, ``count``, or a plain number."""
    if kind == "percent":
        return percent(value, places)
    return dollars(value) if kind == "dollars" else number(value, 0 if kind == "count" else places)


def quantity(value: float, unit: str, gap: str = " ") -> str:
    """Write a value with its unit, a fraction in percent: ``1.20 % a year``, ``21.00 index points``."""
    kind, _, rest = unit.partition(" ")
    parts = (percent(value, 2, gap=gap), rest) if kind == "fraction" else (number(value), unit)
    return " ".join(filter(None, parts))


def counted(count: int | np.integer, noun: str) -> str:
    """Write a count with its noun: ``1 session``, ``1,203 sessions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted_of(count: int, total: int) -> str:
    """Write a part of a count, ``5 of 17``; a dash where there is nothing to count."""
    return f"{count:,} of {total:,}" if total else UNKNOWN


def times(count: int) -> str:
    """Write how often: ``once``, ``12 times``."""
    return "once" if count == 1 else f"{count:,} times"


def first_dates(dates: Dates) -> str:
    """Write the first dates, and how many more there are."""
    more = len(dates) - NAMED
    return ", ".join(map(str, dates[:NAMED])) + (f" and {more:,} more" if more > 0 else "")


def lowered(words: str) -> str:
    """Return words as they stand within a sentence; a name in capitals stays."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def capital(words: str) -> str:
    """Return words as they stand at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def as_json(value: Any, digits: int | None = None) -> Any:
    """Return a value as JSON holds it: dates as text, floats to so many digits, what is no number as null."""
    if isinstance(value, Mapping):
        return {str(name): as_json(item, digits) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item, digits) for item in value]
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if not isinstance(value, float | np.floating):
        return value
    return None if not math.isfinite(value) else float(value) if digits is None else float(f"{value:.{digits}g}")
