"""How the hedge report writes numbers."""

from __future__ import annotations

import math

UNKNOWN = "-"


def percent(value: float | None, places: int = 2, *, sign: bool = False) -> str:
    """Write a fraction in percent, a dash for none."""
    text = number(None if value is None else 100 * value, places, sign=sign)
    return text if text == UNKNOWN else f"{text} %"


def points(value: float | None, places: int = 2) -> str:
    """Write a difference of two percentages in points, with its sign."""
    return percent(value, places, sign=True).removesuffix(" %")


def dollars(value: float | None, *, sign: bool = False) -> str:
    """Write dollars without cents."""
    if value is None or math.isnan(value):
        return UNKNOWN
    whole = round(value)
    return f"{'-' if whole < 0 else '+' if sign and whole else ''}${abs(whole):,}"


def number(value: float | None, places: int = 2, *, sign: bool = False) -> str:
    """Write a plain number, a dash for none; what rounds to 0 has no sign."""
    if value is None or math.isnan(value):
        return UNKNOWN
    text = f"{value:{'+' if sign else ''}z,.{places}f}"
    return text.removeprefix("+") if float(text.replace(",", "")) == 0.0 else text


def many(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
