"""Rebalancing and size: the same signal with another calendar or weight."""

from __future__ import annotations

from collections.abc import Sequence

from data.format import percent, points
from engine.analytics.answer.variations import Alternative
from engine.runs.run import Run
from reports.report_section import Head, Note, Row, Section, Table, Value, bars_of
from reports.report_ways import GAP

TITLES = {"rebalance": "Rebalanced", "weight": "Weight"}
HEADS = (
    Head(""),
    Head("Growth a year", "CAGR."),
    Head("Worst fall", "The deepest fall from a peak."),
    Head("Bad quarter, points", "How far the worst 5 % of 3-month returns fall short of an average one."),
    Head("Fills", "Instruments bought or sold in a session."),
    Head("Closes net short", "At which the book's beta was below 0: the hedge had outgrown the core."),
    GAP,
)


def sizes(result: Run, alternatives: Sequence[Alternative]) -> Section:
    """Return the section."""
    if not alternatives:
        why = f"{result.label} orders weights itself: there is no signal to size or to rebalance otherwise."
        return Section("sizes-part", "Size", "Rebalancing and size: its own alone", [Note(why)])
    best = max(alternatives, key=lambda one: one.dot.gap)
    title = f"{'the run as it is, ' if best.own else ''}{best.dot.title}"
    came = "Nearest to holding less came" if best.dot.gap < 0.0 else "Furthest above holding less came"
    finding = f"{came} {title}: {points(best.dot.gap)} points a year"
    values = [
        Value(
            _name(one).removeprefix("Rebalanced "),
            one.dot.gap,
            points(one.dot.gap),
            "hedge" if one.own else "",
            group=TITLES[one.kind],
        )
        for one in alternatives
    ]
    rows = [
        Row(
            [
                _name(one),
                percent(one.dot.cagr),
                percent(one.dot.max_drawdown),
                points(one.dot.bad_quarter),
                f"{one.fills:,}",
                f"{one.net_short:,}",
                points(one.dot.gap),
            ],
            role="hedge" if one.own else "",
        )
        for one in alternatives
    ]
    return Section(
        "sizes-part",
        "Size",
        finding,
        [
            Note(
                "The same signal: growth a year less that of holding less to the same bad quarter, points."
                " In colour: the run's own"
            ),
            bars_of("sizes-bars", "Gap to holding less of each rebalancing and weight", values),
            Table("sizes", HEADS, rows),
        ],
    )


def _name(one: Alternative) -> str:
    name = one.dot.title[:1].upper() + one.dot.title[1:]
    return f"{name}{', own' if one.own else ''}"
