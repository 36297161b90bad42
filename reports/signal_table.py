"""What `backtest signal` says in the terminal: the order, where the policy stands, the book, every input."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from data.format import counted, number, percent
from engine.inspection.live_signal_read import Signal, Watched

LEVELS = "▁▂▃▄▅▆▇█"
FIRED, QUIET, UNKNOWN = "▲", "·", " "
BOOK = ("last close", "weight now", "target", "dollars", "shares", "to trade")
ALARMS = ("SIMULATED", "SYNTHETIC", "ORDERS", "OLD")
"""How notes begin that come before anything else."""


def show_signal(console: Console, signal: Signal) -> None:
    """Print what a strategy says at the last close."""
    about = f": {escape(signal.about)}" if signal.about else ""
    console.print(f"[bold]{escape(signal.name)}[/]  {escape(signal.strategy)}{about}", highlight=False)
    console.print()
    for note in signal.notes:
        if note.startswith(ALARMS):
            console.print(escape(note), style="bold yellow", highlight=False)
    console.print(escape(signal.headline), style="bold", highlight=False)
    console.print(escape(reason(signal)), highlight=False)
    for said in signal.state:
        console.print(_indented(escape(said)), highlight=False)
    console.print()
    console.print(_book(signal))
    console.print(book_note(signal), style="dim", highlight=False)
    for one in signal.inputs:
        _show_input(console, one, signal)
    console.print()
    console.print(fresh_words(signal), style="dim", highlight=False)
    for note in signal.notes:
        if not note.startswith(ALARMS):
            console.print(escape(note), style="yellow", highlight=False)


def reason(signal: Signal) -> str:
    """Say what was decided at the last close and by which rule."""
    return f"At the close of {signal.date} {signal.close.why}."


def book_note(signal: Signal) -> str:
    """Say what the book's dollars are."""
    whose = "your book" if signal.own else "the run's own book; --equity DOLLARS tells it for yours"
    filled = "open" if signal.fill == "next_open" else "close"
    return (
        f"Of ${number(signal.equity, 0)}, {whose}, at the prices of the last close. An order fills at the next "
        f"session's {filled}, whatever that is."
    )


def fresh_words(signal: Signal) -> str:
    """Say of which days the last values are."""
    days = dict.fromkeys(one.last for one in signal.fresh)
    told = [f"{', '.join(one.name for one in signal.fresh if one.last == day)} {day}" for day in sorted(days)[::-1]]
    return f"Last values: {'; '.join(told)}."


def standing(one: Watched) -> str:
    """Say where an input stands, on which side of its threshold, how far from it, and for how long."""
    if one.value is None or one.threshold is None:
        return f"It isn't known {'yet' if one.whole else f'since {one.since}'}"
    at, bound = quantity(one.value, one.unit), quantity(one.threshold, one.unit)
    since = "for all the history there is" if one.whole else f"since {one.since}, {counted(one.sessions, 'session')}"
    if one.fired:
        return f"{at} is {one.fires} {bound}, by {_apart(one)}: it speaks for hedging {since}"
    return f"{at} is not {one.fires} {bound}, by {_apart(one)}: quiet {since}"


def quantity(value: float, unit: str) -> str:
    """Write a value with its unit; a fraction in percent."""
    kind, _, rest = unit.partition(" ")
    if kind == "fraction":
        return " ".join(filter(None, (percent(value, 2), rest)))
    return " ".join(filter(None, (number(value), unit)))


def sparkline(values: Sequence[float | None]) -> str:
    """Return a line of blocks, the lowest value to the highest; a space where there is none."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    unit = (len(LEVELS) - 1) / (high - low) if high > low and math.isfinite(high - low) else 0.0
    return "".join(UNKNOWN if value is None else LEVELS[round((value - low) * unit)] for value in values)


def _apart(one: Watched) -> str:
    distance = abs(one.distance or 0.0)
    told = f"{number(100 * distance)} points" if one.unit.startswith("fraction") else quantity(distance, one.unit)
    return told if one.relative is None else f"{told} or {percent(abs(one.relative))} of it"


def _show_input(console: Console, one: Watched, signal: Signal) -> None:
    shown = min(len(one.values), max(console.width - 4, 10))
    marks = "".join(FIRED if here else QUIET for here in one.fires_at[-shown:])
    about = f"{signal.dates[-shown]} to {signal.date}, {FIRED} speaks for hedging"
    console.print()
    console.print(escape(one.name), style="bold", highlight=False)
    for said, style in (
        (escape(f"{standing(one)}."), ""),
        (sparkline(one.values[-shown:]), ""),
        (marks, "dim"),
        (about, "dim"),
    ):
        console.print(_indented(said), style=style, highlight=False)


def _indented(said: str) -> Padding:
    return Padding(said, (0, 0, 0, 2), expand=False)


def _book(signal: Signal) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for title in BOOK:
        table.add_column(title, justify="right")
    for name, *cells in book_rows(signal):
        table.add_row(escape(name), *cells, style="bold" if name == signal.instrument else None)
    return table


def book_rows(signal: Signal) -> list[list[str]]:
    """Return the book by instrument: price, weight now, target weight, dollars and shares of it, shares to trade."""
    return [
        [
            one.instrument,
            f"${number(one.price)}",
            percent(one.weight),
            percent(one.target),
            f"${number(one.dollars, 0)}",
            number(one.shares),
            number(one.trade, sign=True) if one.trade else "-",
        ]
        for one in signal.targets
    ]
