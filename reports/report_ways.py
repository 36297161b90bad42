"""What else might have been done: other books, the same signal sized otherwise, and one thing changed at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from data.format import UNKNOWN, capital, counted_of, dollars, number, percent, points
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import PRINTS_AS_NOTHING, printed_sum
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.insurance import bad_quarter
from engine.analytics.answer.variations import Alternative, Variation
from engine.analytics.answer.words import Names
from engine.analytics.controls import HELD_LESS
from engine.hedge_names import PARTS
from engine.runs.run import Run
from reports.document import Bar, BarChart, Column, Details, Paragraph, Part, Row, Section, Table
from reports.report_books import NamedBook

GROWTH = Column(
    "Growth a year", "CAGR: the yearly rate that compounds from the first equity to the last.", format=percent
)
QUARTER = Column(
    "Bad quarter",
    "How far the worst 5 % of 3-month returns fall short of an average one.",
    unit="points",
    format=points,
)
FALL = Column("Worst fall", "The deepest fall from a peak.", format=percent)
GAP = Column(
    "To holding less",
    "Growth a year less that of holding as much of the core as has the same bad quarter: above 0 is cheaper.",
    unit="points",
    format=points,
)


def ways(result: Run, answer: Answer | None, books: tuple[NamedBook, ...]) -> Section:
    """Return every book's figures, and its gap to holding less."""
    dots = {} if answer is None else {dot.name: dot for dot in answer.frontier.dots}
    parts: list[Part] = []
    if dots:
        beside = sorted((book for book in books if book.name in dots), key=lambda book: -dots[book.name].gap)
        bars = [Bar(book.title, dots[book.name].gap, book.role, book.about) for book in beside]
        about = "Growth a year less that of holding less to the same bad quarter, points: above 0 is cheaper protection"
        parts = [Paragraph(about, "dek"), BarChart("ways-bars", "Each way's gap to holding less", bars, points)]
    columns = [
        Column(""),
        GROWTH,
        QUARTER,
        FALL,
        Column("Volatility a year", "Standard deviation of daily returns, a year.", format=percent),
        Column("Sharpe", "Mean daily return over that of cash, over its standard deviation, a year.", format=number),
        Column("Costs", "Commission and slippage, over the whole run.", format=dollars),
        Column("End value", format=dollars),
        *([GAP] if dots else []),
    ]
    figures = {"hedged": result.figures, **result.figures["controls"]}
    parts.append(Table("controls", columns, [_book_row(book, figures.get(book.name), dots) for book in books]))
    if not result.simulated:
        verdict = result.figures["verdict"]
        parts += [Paragraph(verdict[name], id=name) for name in ("price", "alternative")]
    return Section("controls-part", _ways_finding(result, books, dots), parts, "Other ways")


def _ways_finding(result: Run, books: tuple[NamedBook, ...], dots: Mapping[str, Dot]) -> str:
    if dots:
        others = [dot for name, dot in dots.items() if name not in ("hedged", "unhedged")]
        better = counted_of(sum(dot.gap > dots["hedged"].gap + PRINTS_AS_NOTHING for dot in others), len(others))
        return f"Against holding less, {better} other ways did better than the hedge"
    figures = result.figures["controls"]
    grown = [figures[book.name]["cagr"] for book in books if book.name in figures]
    more = counted_of(sum(growth > result.figures["cagr"] for growth in grown), len(grown))
    return f"{more} other ways grew more than the hedge"


def _book_row(book: NamedBook, figures: Mapping[str, Any] | None, dots: Mapping[str, Dot]) -> Row:
    gap = dots[book.name].gap if book.name in dots else "0.0" if book.name in HELD_LESS else UNKNOWN
    gaps = [gap] if dots else []
    if figures is None or book.ledger is None:
        return Row([book.title, *([UNKNOWN] * 7), *gaps], book.about)
    quarter = bad_quarter(book.ledger.equity) if book.ledger.equity.min() > 0.0 else None
    keys = ("max_drawdown", "volatility", "sharpe", "costs", "final_equity")
    cells = [book.title, figures["cagr"], quarter, *(figures[key] for key in keys), *gaps]
    return Row(cells, book.about, "hedge" if book.role == "hedge" else "")


def sizes(result: Run, alternatives: Sequence[Alternative]) -> Section:
    """Return the same signal with another calendar or weight."""
    if not alternatives:
        why = f"{result.label} orders weights itself: there is no signal to size or to rebalance otherwise."
        return Section("sizes-part", "Rebalancing and size: its own alone", [Paragraph(why, "dek")], "Size")
    best = max(alternatives, key=lambda way: way.dot.gap)
    came = "Nearest to holding less came" if best.dot.gap < 0.0 else "Furthest above holding less came"
    finding = f"{came} {'the run as it is, ' if best.own else ''}{best.dot.title}: {points(best.dot.gap)} points a year"
    groups = {"rebalance": "Rebalanced", "weight": "Weight"}
    short = "At which the book's beta was below 0: the hedge had outgrown the core."
    columns = [
        *(Column(""), Column("Growth a year", "CAGR.", format=percent), FALL, QUARTER),
        Column("Fills", "Instruments bought or sold in a session.", format="{:,}".format),
        *(Column("Closes net short", short, format="{:,}".format), GAP),
    ]
    bars, rows = [], []
    for way in alternatives:
        name, role = f"{capital(way.dot.title)}{', own' if way.own else ''}", "hedge" if way.own else ""
        dot = way.dot
        bars.append(Bar(name.removeprefix("Rebalanced "), dot.gap, role, group=groups[way.kind]))
        cells = [name, dot.cagr, dot.max_drawdown, dot.bad_quarter, way.fills, way.net_short, dot.gap]
        rows.append(Row(cells, role=role))
    about = (
        "The same signal: growth a year less that of holding less to the same bad quarter, points."
        " In colour: the run's own"
    )
    parts: list[Part] = [
        Paragraph(about, "dek"),
        BarChart("sizes-bars", "Gap to holding less of each rebalancing and weight", bars, points),
        Table("sizes", columns, rows),
    ]
    return Section("sizes-part", finding, parts, "Size")


GROUPS = {
    "fills": "Filled otherwise",
    "costs": "Dearer",
    "time": "Half of the time",
    "falls": "A fall left out",
    "start": "Started later",
    "weight": "Another weight",
}


def sensitivity(answer: Answer, variations: Sequence[Variation], names: Names) -> Section:
    """Return what the gap and the hedge's own part become when one thing is changed. It informs and vetoes nothing."""
    changed = _changed(names)
    own = answer.insurance.quarter.gap
    gaps = [variation.gap for variation in variations]
    starts = [variation for variation in variations if variation.group == "start"]
    others = [variation for variation in variations if variation.group != "start"]
    side = sum(math.copysign(1.0, gap) != math.copysign(1.0, own) for gap in gaps)
    turned = f"it changes sides in {side} of {len(gaps)}" if side else "it never changes sides"
    between = f"between {points(min(gaps))} and {points(max(gaps))} points"
    bars = [Bar("As it is", own, "hedge")]
    bars += [Bar(capital(variation.name), variation.gap, group=GROUPS[variation.group]) for variation in others]
    part = printed_sum(answer).parts[-1]  # rounded as the sum above is, so that it is the same number
    rows = [Row(["As it is", own, None if part is None else part / 100.0], role="sum"), *_changed_rows(others)]
    if starts:
        bars += _range(starts)
        later = f"Started 1 to {len(starts)} months later" if len(starts) > 1 else capital(starts[0].name)
        funds = [start.fund_cagr for start in starts if start.fund_cagr is not None]
        rows.append(Row([later, _span([start.gap for start in starts]), _span(funds)]))
    about = "The gap to holding less, points of growth a year, with one thing changed. It informs and vetoes nothing"
    parts: list[Part] = [
        Paragraph(about, "dek"),
        BarChart("sensitivity-bars", "The gap to holding less with one thing changed", bars, points),
        Table("sensitivity", changed, rows),
    ]
    if starts:
        table = Table("starts", changed, _changed_rows(starts))
        parts.append(Details(f"Each of the {len(starts)} later starts", [table]))
    finding = f"With one thing changed the gap to holding less lies {between}: {turned}"
    return Section("sensitivity-part", finding, parts, "Sensitivity")


def _changed(names: Names) -> tuple[Column, ...]:
    what = "the fund" if names.hedge.part == PARTS["fund"] else names.hedge.called
    own = f"What {what} did beside {names.selling} core day by day, points of CAGR."
    return (
        Column("Changed"),
        Column("Gap", "Growth a year less that of holding less to the same bad quarter.", unit="points", format=points),
        Column(names.hedge.part, own, unit="points", format=points),
    )


def _changed_rows(variations: Sequence[Variation]) -> list[Row]:
    return [Row([capital(variation.name), variation.gap, variation.fund_cagr]) for variation in variations]


def _range(starts: Sequence[Variation]) -> list[Bar]:
    """Return the lowest and the highest gap of the later starts."""
    low, high = min(starts, key=lambda start: start.gap), max(starts, key=lambda start: start.gap)
    return [
        Bar(f"{capital(start.name)}, {which} of {len(starts)}", start.gap, group=GROUPS["start"])
        for start, which in ((low, "lowest"), (high, "highest"))
    ]


def _span(values: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(points(pick(values)) for pick in (min, max))) if values else UNKNOWN
