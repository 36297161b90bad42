"""The answer in words: the same sentences and digits on every screen. ASCII; a page sets its own signs and spaces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.judgement.answer.answer import Answer
from engine.judgement.answer.fund_part import CANT_TELL as FUND_UNTOLD
from engine.judgement.answer.insurance import LEVEL, NOT_PAID, PAID, Match


class Piece(NamedTuple):
    """A piece of a sentence and its role: ``number``, ``hedge`` (the hedged book's), ``safe`` (a term), or plain."""

    text: str
    role: str = ""


class Printed(NamedTuple):
    """The sum as printed, in tenths of a point: four parts that add up to the total, and both CAGRs in percent."""

    unhedged: float
    hedged: float
    total: float
    parts: tuple[float | None, ...]


def headline(answer: Answer) -> str:
    """Return the answer in under six words, which never claim more than the label."""
    insurance = answer.insurance
    if insurance.label == PAID:
        return "It paid."
    if insurance.label == NOT_PAID:
        return "It did not pay."
    return "No sign that it did." if insurance.quarter.gap < 0.0 else "Perhaps; can't tell."


def lead(answer: Answer, core: str) -> tuple[Piece, ...]:
    """Return the sentence that carries the answer, in pieces.

    Parameters
    ----------
    core
        What a person calls the core: the name of its one holding, or ``the core``.
    """
    held, hedged = answer.insurance.quarter, answer.insurance.quarter.cagr + answer.insurance.quarter.gap
    grown, made = Piece(f"{percent(held.cagr)} a year", "number"), Piece(percent(hedged), "hedge")
    if held.share >= 1.0:
        start = Piece(f"It protected from nothing: all of {core}, all the time, was ")
        return start, Piece("safer", "safe"), Piece(" and grew "), grown, Piece("; the hedge grew "), made, Piece(".")
    start = Piece(f"Holding {share(held.share)} {core} and the rest in bills all the time was ")
    return start, Piece("as safe", "safe"), Piece(" and grew "), grown, Piece("; the hedge grew "), made, Piece(".")


def label_line(match: Match, label: str) -> str:
    """Return what follows the label: the gap with its interval."""
    low, high = match.interval
    gap = f"{points(match.gap)} points a year, {LEVEL:.0%} interval {points(low)} to {points(high, sign=True)}"
    gap = gap.replace("%", " %")
    if label == PAID:
        return f"the gap is more than luck: {gap}."
    if label == NOT_PAID:
        return f"the gap is more than luck: {gap}, and so with the worst fall once more."
    just = min(abs(low), abs(high)) < 0.005
    return f"if the gap is luck: {gap}{', just reaching zero' if just else ''}."


def sum_words(answer: Answer, instrument: str) -> str:
    """Return the sum in one sentence."""
    printed, timing = printed_sum(answer), answer.timing
    total = f"{abs(printed.total):.1f} points a year"
    if printed.total > 0.0:
        start = f"Against doing nothing the hedge gained {total}"
    else:
        start = f"Against doing nothing the hedge cost {total}"
    if None in printed.parts:
        return f"{start}; the parts can't be told, because a book of them was ruined."
    side = 1.0 if printed.total > 0.0 else -1.0
    exposure, when, drift, fund = (f"{side * part:.1f}" for part in printed.parts if part is not None)
    short = " until the book was short" if answer.net_short.closes else ""
    better = f"{100 * timing.better_dates:.0f} % of random dates did better"
    known = f"{instrument} instead of selling ({fund_words(answer)})"
    return (
        f"{start}: {exposure} for holding less, {when} for when ({timing.label}: {better}), {drift} for letting it move"
        f"{short}, {fund} for {known}."
    )


def fund_words(answer: Answer) -> str:
    """Return the fund's label, or that its part is what was known in advance."""
    fund = answer.fund
    if fund.label is None:
        return "the same book"
    if fund.estimate is not None and abs(fund.estimate - fund.expected) < 0.002:
        return "as known in advance" if fund.label == FUND_UNTOLD else f"{fund.label}, as known in advance"
    return fund.label


def printed_sum(answer: Answer) -> Printed:
    """Return the sum rounded to tenths of a point by largest remainder, so that what is printed adds up."""
    unhedged = round(100.0 * math.expm1(answer.growth), 1)
    hedged = round(100.0 * math.expm1(answer.growth + answer.logs.total), 1)
    total = round(hedged - unhedged, 1)
    parts = answer.cagr.parts
    known = [100.0 * part for part in parts if part is not None]
    shown = tuple(largest_remainder(known, total)) if len(known) == len(parts) else (None,) * len(parts)
    return Printed(unhedged, hedged, total, shown)


def largest_remainder(values: Sequence[float], total: float, step: float = 0.1) -> list[float]:
    """Round values down to steps, then those up that lost most, until they add up to a total (a whole of steps)."""
    floors = [math.floor(value / step + 1e-9) for value in values]
    left = round(total / step) - sum(floors)
    lost = sorted(range(len(values)), key=lambda i: floors[i] - values[i] / step)
    order = lost if left >= 0 else lost[::-1]
    for k in range(abs(left)):
        floors[order[k % len(order)]] += 1 if left > 0 else -1
    return [round(floor * step, 10) + 0.0 for floor in floors]


def percent(value: float) -> str:
    """Write a fraction in percent with one decimal."""
    return f"{100.0 * value:z.1f} %"


def share(value: float) -> str:
    """Write a share in whole percent."""
    return f"{100.0 * value:.0f} %"


def points(value: float, *, sign: bool = False) -> str:
    """Write a difference in points with one decimal."""
    return f"{100.0 * value:+z.1f}" if sign else f"{100.0 * value:z.1f}"


def plain(pieces: Sequence[Piece]) -> str:
    """Return a sentence in pieces as one text."""
    return "".join(piece.text for piece in pieces)
