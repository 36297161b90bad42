"""Other ways to do it: every book's figures, and its gap to holding less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.format import UNKNOWN, counted_of, dollars, number, percent, points
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.insurance import bad_quarter
from engine.analytics.controls import MATCHED
from engine.runs.run import Run
from reports.report_books import Book
from reports.report_section import Head, Note, Part, Row, Section, Table, Value, bars_of

HEADS = (
    Head(""),
    Head("Growth a year", "CAGR: the yearly rate that compounds from the first equity to the last."),
    Head("Bad quarter, points", "How far the worst 5 % of 3-month returns fall short of an average one."),
    Head("Worst fall", "The deepest fall from a peak."),
    Head("Volatility a year", "Standard deviation of daily returns, a year."),
    Head("Sharpe", "Mean daily return over that of cash, over its standard deviation, a year."),
    Head("Costs", "Commission and slippage, over the whole run."),
    Head("End value"),
)
GAP = Head(
    "To holding less, points",
    "Growth a year less that of holding as much of the core as has the same bad quarter: above 0 is cheaper.",
)


def ways(result: Run, answer: Answer | None, books: tuple[Book, ...]) -> Section:
    """Return the section."""
    dots = {} if answer is None else {dot.name: dot for dot in answer.frontier.dots}
    parts: list[Part] = []
    if dots:
        values = [
            Value(one.title, dots[one.name].gap, points(dots[one.name].gap), one.role, one.about)
            for one in sorted(books, key=lambda one: -dots[one.name].gap if one.name in dots else 0.0)
            if one.name in dots
        ]
        parts = [
            Note(
                "Growth a year less that of holding less to the same bad quarter, points: above 0 is cheaper protection"
            ),
            bars_of("ways-bars", "Each way's gap to holding less", values),
        ]
    figures = {"hedged": result.metrics, **result.metrics["controls"]}
    rows = [_row(one, figures.get(one.name), dots) for one in books]
    table = Table("controls", [*HEADS, *([GAP] if dots else [])], rows)
    verdict = result.metrics["verdict"]
    words = [Note(verdict["price"], id="price"), Note(verdict["alternative"], id="alternative")]
    return Section(
        "controls-part",
        "Other ways",
        _finding(result, books, dots),
        [*parts, table, *([] if result.simulated else words)],
    )


def _finding(result: Run, books: tuple[Book, ...], dots: Mapping[str, Dot]) -> str:
    if dots:
        others = [dot for name, dot in dots.items() if name not in ("hedged", "unhedged")]
        better = counted_of(sum(dot.gap > dots["hedged"].gap for dot in others), len(others))
        return f"Against holding less, {better} other ways did better than the hedge"
    figures = result.metrics["controls"]
    grown = [figures[one.name]["cagr"] for one in books if one.name in figures]
    more = sum(one > result.metrics["cagr"] for one in grown)
    return f"{counted_of(more, len(grown))} other ways grew more than the hedge"


def _row(book: Book, figures: Mapping[str, Any] | None, dots: Mapping[str, Dot]) -> Row:
    gap = (
        []
        if not dots
        else [points(dots[book.name].gap) if book.name in dots else "0.0" if book.name in MATCHED else UNKNOWN]
    )
    if figures is None or book.ledger is None:
        return Row([book.title, *([UNKNOWN] * (len(HEADS) - 1)), *gap], book.about)
    short = bad_quarter(book.ledger.equity) if book.ledger.equity.min() > 0.0 else None
    cells = [
        percent(figures["cagr"]),
        points(short),
        percent(figures["max_drawdown"]),
        percent(figures["volatility"]),
        number(figures["sharpe"]),
        dollars(figures["costs"]),
        dollars(figures["final_equity"]),
    ]
    return Row([book.title, *cells, *gap], book.about, "hedge" if book.role == "hedge" else "")
