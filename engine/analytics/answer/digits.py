"""How the answer writes its numbers: one decimal, units always, and printed parts that add up to the printed total."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.analytics.answer.answer import Answer
from engine.analytics.answer.insurance import Match

TENTH = 0.1
PRINTS_AS_NOTHING = 5e-4
"""A fraction below which a difference prints as 0.0 points."""


class Printed(NamedTuple):
    """The sum as it is printed, in tenths of a point: parts that add up to the total, and both CAGRs in percent."""

    unhedged: float
    hedged: float
    total: float
    parts: tuple[float | None, ...]


def printed_sum(answer: Answer) -> Printed:
    """Return an answer's sum as it is printed."""
    hedged = math.expm1(answer.growth + answer.logs.total)
    return print_sum(math.expm1(answer.growth), hedged, answer.cagr.parts)


def print_sum(start: float, end: float, parts: Sequence[float | None]) -> Printed:
    """Return a sum rounded to tenths of a point by largest remainder, so that what is printed adds up.

    Parameters
    ----------
    start, end
        CAGR of the unhedged and of the hedged book, fractions.
    parts
        Points of CAGR between them, fractions; none is shown where one of them is unknown.
    """
    unhedged, hedged = tenths(start), tenths(end)
    total = round(hedged - unhedged, 1) + 0.0
    known = [100.0 * part for part in parts if part is not None]
    shown = tuple(largest_remainder(known, total)) if len(known) == len(parts) else (None,) * len(parts)
    return Printed(unhedged, hedged, total, shown)


def largest_remainder(values: Sequence[float], total: float) -> list[float]:
    """Round values down to tenths, then those up that lost most, until they add up to a total of whole tenths."""
    floors = [math.floor(value / TENTH + 1e-9) for value in values]
    left = round(total / TENTH) - sum(floors)
    lost = sorted(range(len(values)), key=lambda i: floors[i] - values[i] / TENTH)
    order = lost if left >= 0 else lost[::-1]
    for k in range(abs(left)):
        floors[order[k % len(order)]] += 1 if left > 0 else -1
    return [round(floor * TENTH, 10) + 0.0 for floor in floors]


def printed_gap(match: Match) -> float:
    """Return the gap to holding less in points: the difference of both CAGRs as they are printed."""
    return apart(match.cagr + match.gap, match.cagr)


def apart(first: float, second: float) -> float:
    """Return how many points one fraction is above another, both rounded as they are printed."""
    return round(tenths(first) - tenths(second), 1) + 0.0


def tenths(value: float) -> float:
    """Return a fraction in percent, rounded to one decimal, never -0."""
    return round(100.0 * value, 1) + 0.0
