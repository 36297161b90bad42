"""Sensitivity: what the gap and the fund's part become when one thing is changed. It informs and vetoes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.format import UNKNOWN, points
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.variations import Variation
from reports.report_section import Fold, Head, Note, Part, Row, Section, Table, Value, bars_of

GROUPS = {
    "fills": "Filled otherwise",
    "costs": "Dearer",
    "time": "Half of the time",
    "falls": "A fall left out",
    "start": "Started later",
    "weight": "Another weight",
}
HEADS = (
    Head("Changed"),
    Head("Gap, points", "Growth a year less that of holding less to the same bad quarter."),
    Head("Fund, points", "What the fund did beside selling core day by day, log growth a year."),
)


def sensitivity(answer: Answer, variations: Sequence[Variation]) -> Section:
    """Return the section."""
    own = answer.insurance.quarter.gap
    gaps = [one.gap for one in variations]
    side = sum(math.copysign(1.0, gap) != math.copysign(1.0, own) for gap in gaps)
    span = f"between {points(min(gaps))} and {points(max(gaps))} points"
    turned = f"it changes sides in {side} of {len(gaps)}" if side else "it never changes sides"
    finding = f"With one thing changed the gap to holding less lies {span}: {turned}"
    shown = [_row("As it is", own, answer.fund.estimate, "sum"), *_rows(variations)]
    starts = [one for one in variations if one.group == "start"]
    values = [
        Value("As it is", own, points(own), "hedge"),
        *(
            Value(_said(one.name), one.gap, points(one.gap), group=GROUPS[one.group])
            for one in variations
            if one.group != "start"
        ),
        *_range(starts),
    ]
    parts: list[Part] = [
        Note("The gap to holding less, points of growth a year, with one thing changed. It informs and vetoes nothing"),
        bars_of("sensitivity-bars", "The gap to holding less with one thing changed", values),
        Table("sensitivity", HEADS, shown),
    ]
    if starts:
        rows = [_row(_said(one.name), one.gap, one.fund) for one in starts]
        parts.append(Fold(f"Each of the {len(starts)} later starts", [Table("starts", HEADS, rows)]))
    return Section("sensitivity-part", "Sensitivity", finding, parts)


def _said(name: str) -> str:
    return name[:1].upper() + name[1:]


def _row(name: str, gap: float, fund: float | None, role: str = "") -> Row:
    return Row([name, points(gap), UNKNOWN if fund is None else points(fund)], role=role)


def _rows(variations: Sequence[Variation]) -> list[Row]:
    """Return a row each, of later starts the range alone."""
    rows = [_row(_said(one.name), one.gap, one.fund) for one in variations if one.group != "start"]
    starts = [one for one in variations if one.group == "start"]
    if not starts:
        return rows
    funds = [one.fund for one in starts if one.fund is not None]
    ranges = [_span(some) for some in ([one.gap for one in starts], funds)]
    return [*rows, Row([_later(starts), *ranges])]


def _range(starts: Sequence[Variation]) -> list[Value]:
    """Return the lowest and the highest gap of the later starts."""
    if not starts:
        return []
    low, high = min(starts, key=lambda one: one.gap), max(starts, key=lambda one: one.gap)
    return [
        Value(f"{_said(one.name)}, {which} of {len(starts)}", one.gap, points(one.gap), group=GROUPS["start"])
        for one, which in ((low, "lowest"), (high, "highest"))
    ]


def _span(values: Sequence[float]) -> str:
    told = list(dict.fromkeys(points(pick(values)) for pick in (min, max))) if values else [UNKNOWN]
    return " to ".join(told)


def _later(starts: Sequence[Variation]) -> str:
    return f"Started 1 to {len(starts)} months later" if len(starts) > 1 else _said(starts[0].name)
