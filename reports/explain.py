"""What `backtest explain` says in the terminal: signal, policy, order, fills, and what the day brought."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from data.format import UNKNOWN, dollars, number, percent, quantity
from engine.analytics.answer.words import Piece
from engine.inspection.session import Close, Day, HedgeRead, Reading
from reports.document import Cell, Column, Paragraph, Part, Row, Table, notes
from reports.hedge_parts import titles_of
from reports.renderers.terminal import show
from reports.valuation import valuation_parts

if TYPE_CHECKING:
    from rich.console import Console

OTHERS = {
    "hedge_costs": "Costs of the hedge",
    "core": "Core",
    "interest": "Interest",
    "core_costs": "Costs of the core",
}
"""What a person calls the attribution's columns that are no part of the hedge's own."""

CENT = 0.005
"""Dollars from which a part of the day's gain is shown."""
tight = partial(percent, gap="")
signed = partial(percent, places=2, sign=True)
cents = partial(dollars, places=2)


def show_day(console: Console, day: Day) -> None:
    """Print one session, explained."""
    about = f": {day.about}" if day.about else ""
    head = [
        Paragraph([Piece(day.name, "strong"), Piece(f"  {day.strategy}{about}")]),
        Paragraph(f"session {day.session:,} of {day.sessions - 1:,}", "dek"),
        Paragraph(""),
        Paragraph(day.headline, "strong"),
        Paragraph(f"At the close of {day.date} {day.closes[-1].why}."),
    ]
    show(console, head)
    parts: list[Part] = [_decisions(day)]
    for read in day.valuations:
        parts += valuation_parts(read)
    parts += [_fills(day), _bars(day), _dollars(day), _books(day)]
    for part in parts:
        if not isinstance(part, Table):
            show(console, [part])
        elif part.rows:
            show(console, [Paragraph(""), part])
    show(console, notes(day.notes))


def _decisions(day: Day) -> Table:
    """Return what was read and decided at the close before and at the day's, side by side."""
    closes, rows = day.closes, []
    for inputs in zip(*(close.inputs for close in closes), strict=True):
        bounds = (_value(reading.threshold, reading.unit) for reading in inputs)
        rows += [
            Row([inputs[0].name, *(_value(reading.value, reading.unit) for reading in inputs)]),
            Row([f"  speaks for hedging when {inputs[0].fires}", *bounds], role="dek"),
            Row(["", *map(_spoke, inputs)]),
        ]
    several = len(closes[-1].hedges) > 1
    for reads in zip(*(close.hedges for close in closes), strict=True):
        of = f"{reads[0].instrument}: " if several else ""
        if any(read.intensity is not None for read in reads):
            known = (UNKNOWN if read.intensity is None else f"{read.intensity:.4g}" for read in reads)
            rows.append(Row([f"{of}{'i' if of else 'I'}ntensity, 0 to 1", *known]))
        if any(read.policy is not None for read in reads):
            levels = "" if several else f", on from {day.rules['enter']:g}, off below {day.rules['exit']:g}"
            rows.append(Row([f"{of}{'p' if of else 'P'}olicy{levels}", *(_state(day, read) for read in reads)]))
    rows.append(Row(["Order", *map(_order, closes)]))
    return _table("decisions", rows, "", *(f"close of {close.date}" for close in closes))


def _value(value: float | None, unit: str) -> str:
    return "not known yet" if value is None else quantity(value, unit, gap="")


def _spoke(reading: Reading) -> Cell:
    if reading.value is None or reading.threshold is None:
        return Cell("no")
    relative = reading.threshold > 0.0 and not reading.unit.startswith("fraction")
    away = f", {tight(reading.value / reading.threshold - 1.0, sign=True)}" if relative else ""
    return Cell(f"yes{away}", "strong") if reading.fired else Cell(f"no{away}")


def _state(day: Day, hedge: HedgeRead) -> str:
    """Return where a hedge's policy stands after a close."""
    read = hedge.policy
    if read is None:
        return UNKNOWN
    since = f" since {hedge.since}" if hedge.since else ""
    if read.after.on:
        held = f"\nheld for {read.after.held} closes" if read.after.held else ""
        made = "" if read.fund_return is None else f"\nmade {tight(read.fund_return, sign=True)} since the fill"
        return f"on{since}{held}{made}"
    waits = []
    if day.rules["confirm"] > 1:
        waits.append(f"confirmed {read.after.streak} of {day.rules['confirm']}")
    if read.after.cooling:
        waits.append(f"cooling down, {read.after.cooling} closes left")
    if read.after.spent:
        waits.append("not re-armed after a forced exit")
    return "\n".join((f"off{since}", *waits))


def _order(close: Close) -> str:
    if close.order is None:
        return "none"
    hedges = ", ".join(f"{read.instrument} {tight(read.weight)}" for read in close.hedges)
    return f"{close.order}: core {tight(close.core)}, {hedges}"


def _fills(day: Day) -> Table:
    columns = [
        *(Column("filled"), Column(""), Column("shares", format=number), Column("price", format=cents)),
        *(Column("value", format=dollars), Column("commission", format=cents), Column("slippage", format=cents)),
    ]
    names = ("shares", "price", "value", "commission", "slippage")
    fills = [fill for close in day.closes for fill in close.fills]
    rows = [[fill.filled, f"{fill.side} {fill.instrument}", *(getattr(fill, name) for name in names)] for fill in fills]
    return Table("fills", columns, list(map(Row, rows)))


def _bars(day: Day) -> Table:
    columns = [
        Column(f"{day.date}, as traded"),
        *(Column(name, format=number) for name in ("open", "high", "low", "close")),
        *(Column("volume", format=partial(number, places=0)), Column("total return", format=signed)),
    ]
    rows = [Row([bar.instrument, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.made]) for bar in day.bars]
    return Table("bars", columns, rows)


def _dollars(day: Day) -> Table:
    """Return where the day's dollars came from; a session in which nothing moved has none."""
    total = sum(day.attribution.values())
    before = day.books[0].equity - total
    titles = titles_of(frozenset(day.kinds)) | OTHERS
    parts = [(titles[name], value, "") for name, value in day.attribution.items() if abs(value) >= CENT]
    parts += [("In all", total, "sum")] if parts else []
    rows = [Row([title, number(value, sign=True), signed(value / before)], role=role) for title, value, role in parts]
    return _table("dollars", rows, "where the day's dollars came from", "dollars", "of equity")


def _books(day: Day) -> Table:
    rows = [Row([book.title, dollars(book.equity), signed(book.made)]) for book in day.books]
    return _table("books", rows, "book", "equity", "in the session")


def _table(name: str, rows: list[Row], *heads: Any) -> Table:
    return Table(name, [Column(head) for head in heads], rows)
