"""What `backtest explain` says in the terminal: signal, policy, order, fills, and what the day brought."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.format import UNKNOWN, dollars, percent
from engine.inspection.explained import Close, Day, Reading

COLUMNS = {
    "direction": "Direction: a static position",
    "compounding": "Path effect of daily reset",
    "financing": "Financing",
    "fee": "Fee",
    "spread": "Swap spread",
    "tracking": "Tracking",
    "hedge_costs": "Costs of the hedge",
    "core": "Core",
    "interest": "Interest",
    "core_costs": "Costs of the core",
}
"""What a person calls the attribution's columns."""


def show_day(console: Console, day: Day) -> None:
    """Print one session, explained."""
    about = f": {escape(day.about)}" if day.about else ""
    console.print(f"[bold]{escape(day.name)}[/]  {escape(day.strategy)}{about}", highlight=False)
    console.print(f"session {day.session:,} of {day.sessions - 1:,}", style="dim", highlight=False)
    console.print()
    console.print(escape(day.headline), style="bold", highlight=False)
    console.print(f"At the close of {day.date} {escape(day.closes[-1].why)}.", highlight=False)
    for table in (_decisions(day), _fills(day), _bars(day), _dollars(day), _books(day)):
        if table.row_count:
            console.print()
            console.print(table)
    for note in day.notes:
        style = "bold yellow" if note.startswith(("SIMULATED", "SYNTHETIC")) else "yellow"
        console.print(escape(note), style=style, highlight=False)


def _decisions(day: Day) -> Table:
    """Return what was read and decided at the close before and at the day's, side by side."""
    table = _table("", *(f"close of {close.date}" for close in day.closes))
    for row in zip(*(close.inputs for close in day.closes), strict=True):
        table.add_row(escape(row[0].name), *(_number(one.value, one.unit) for one in row))
        table.add_row(
            f"  speaks for hedging when {row[0].fires}",
            *(_number(one.threshold, one.unit) for one in row),
            style="dim",
        )
        table.add_row("", *(_spoke(one) for one in row))
    if any(close.intensity is not None for close in day.closes):
        table.add_row("Intensity, 0 to 1", *(_plain(close.intensity) for close in day.closes))
    if any(close.policy is not None for close in day.closes):
        enter, leave = day.rules["enter"], day.rules["exit"]
        table.add_row(f"Policy, on from {enter:g}, off below {leave:g}", *(_state(day, close) for close in day.closes))
    table.add_row("Order", *(_order(day, close) for close in day.closes))
    return table


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "not known yet"
    kind, _, rest = unit.partition(" ")
    shown = f"{value:.2%}" if kind == "fraction" else f"{value:,.2f}"
    return escape(" ".join(filter(None, (shown, rest if kind == "fraction" else unit))))


def _spoke(one: Reading) -> str:
    if one.value is None or one.threshold is None:
        return "no"
    away = (
        f", {one.value / one.threshold - 1:+.1%}" if one.threshold > 0.0 and not one.unit.startswith("fraction") else ""
    )
    return f"[bold]yes[/]{away}" if one.fired else f"no{away}"


def _state(day: Day, close: Close) -> str:
    """Say where the policy stands after a close."""
    read = close.policy
    if read is None:
        return UNKNOWN
    since = f" since {close.since}" if close.since else ""
    if read.after.on:
        held = f"\nheld for {read.after.held} closes" if read.after.held else ""
        made = "" if read.fund_return is None else f"\nfund {read.fund_return:+.1%} since its fill"
        return f"[bold]on[/]{since}{held}{made}"
    waits = []
    if day.rules["confirm"] > 1:
        waits.append(f"confirmed {read.after.streak} of {day.rules['confirm']}")
    if read.after.cooling:
        waits.append(f"cooling down, {read.after.cooling} closes left")
    if read.after.spent:
        waits.append("not re-armed after a forced exit")
    return "\n".join((f"off{since}", *waits))


def _order(day: Day, close: Close) -> str:
    if close.order is None:
        return "none"
    return f"{close.order}: core {percent(close.core, gap='')}, {escape(day.instrument)} {percent(close.hedge, gap='')}"


def _fills(day: Day) -> Table:
    table = _table("filled", "", "shares", "price", "value", "commission", "slippage")
    for fill in (fill for close in day.closes for fill in close.fills):
        table.add_row(
            fill.filled,
            f"{fill.side} {escape(fill.instrument)}",
            f"{fill.shares:,.2f}",
            f"${fill.price:,.2f}",
            dollars(fill.value),
            f"${fill.commission:,.2f}",
            f"${fill.slippage:,.2f}",
        )
    return table


def _bars(day: Day) -> Table:
    table = _table(f"{day.date}, as traded", "open", "high", "low", "close", "volume", "total return")
    for bar in day.bars:
        prices = (UNKNOWN if one is None else f"{one:,.2f}" for one in (bar.open, bar.high, bar.low, bar.close))
        volume = UNKNOWN if bar.volume is None else f"{bar.volume:,.0f}"
        table.add_row(escape(bar.instrument), *prices, volume, _signed(bar.made))
    return table


def _dollars(day: Day) -> Table:
    """Return where the day's dollars came from; a session in which nothing moved has none."""
    table = _table("where the day's dollars came from", "dollars", "of equity")
    hedged, total = day.books[0], sum(day.attribution.values())
    before = hedged.equity - total
    for name, value in day.attribution.items():
        if abs(value) >= 0.005:  # a cent
            table.add_row(COLUMNS[name], f"{value:+,.2f}", _signed(value / before))
    if table.row_count:
        table.add_row("In all", f"{total:+,.2f}", _signed(total / before), style="bold")
    return table


def _books(day: Day) -> Table:
    table = _table("book", "equity", "in the session")
    for book in day.books:
        table.add_row(escape(book.title), dollars(book.equity), _signed(book.made))
    return table


def _signed(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:+.2%}"


def _plain(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.4g}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for title in others:
        table.add_column(title, justify="right")
    return table
