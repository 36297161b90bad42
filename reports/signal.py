"""What `backtest signal` says, in the terminal and on its page: the order, the policy, the book, and every input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.format import capital, counted, dollars, number, percent, quantity
from engine.analytics.answer.words import Piece
from engine.hedge_names import MODELLED, joined
from engine.inspection.signal import TOLERANCE, LiveSignal, Watched, flip_words
from reports.document import Chart, Column, Document, Items, Opening, Paragraph, Part, Row, Section, Table, Text
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = "▁▂▃▄▅▆▇█"
FIRED, QUIET, NOTHING = "▲", "·", " "
ALARMS = ("SIMULATED", "SYNTHETIC", "ORDERS", "PRICE INDEX", "OLD")
"""How notes begin that come before anything else."""


def show_signal(console: Console, signal: LiveSignal) -> None:
    """Print what a strategy says at the last close."""
    about = f": {signal.about}" if signal.about else ""
    show(
        console,
        [
            Paragraph([Piece(signal.name, "strong"), Piece(f"  {signal.strategy}{about}")]),
            Paragraph(""),
            *(Paragraph(note, "alarm") for note in signal.notes if note.startswith(ALARMS)),
            Paragraph(signal.headline, "strong"),
            Paragraph(reason(signal)),
            Items((*signal.state, *flip_words(signal)), "indented"),
            Paragraph(""),
            book(signal),
            Paragraph(book_note(signal), "dek"),
            *(part for rule in signal.inputs for part in _input(rule, signal, console.width)),
            Paragraph(""),
            Paragraph(fresh_words(signal), "dek"),
            *(Paragraph(note, "warning") for note in signal.notes if not note.startswith(ALARMS)),
        ],
    )


def _input(rule: Watched, signal: LiveSignal, width: int) -> list[Part]:
    """Return an input as a terminal shows it: where it stands, and its history as a line of blocks with marks below."""
    shown = min(len(rule.values), max(width - 4, 10))
    marks = "".join(FIRED if here else QUIET for here in rule.fires_at[-shown:])
    about = f"{signal.dates[-shown]} to {signal.date}, {FIRED} speaks for hedging"
    lines: list[Text] = [
        f"{standing(rule)}.",
        sparkline(rule.values[-shown:]),
        [Piece(marks, "dek")],
        [Piece(about, "dek")],
    ]
    return [Paragraph(""), Paragraph(rule.name, "strong"), Items(lines, "indented")]


def write_signal_page(path: Path, signal: LiveSignal) -> None:
    """Write the page: one file, read offline."""
    alarms = [note for note in signal.notes if note.startswith(ALARMS)]
    marked, fund = "SIMULATED " if signal.simulated else "", signal.instrument
    held = [Piece("held", "swatch"), Piece(f" {fund} is held")]
    paths = f"{signal.underlying} and {fund}"
    caption = [Piece("Total return, 100 at the first close shown. "), *held, Piece(" in the run.")]
    sections = [
        Section("", _trades(signal), [book(signal), Paragraph(book_note(signal), "dek")]),
        Section("", _moved(signal), [Chart("prices", f"Total return of {paths}", caption, "tall")]),
    ]
    for place, rule in enumerate(signal.inputs):
        caption = [Piece("fired", "swatch"), Piece(" It speaks for hedging. "), *held, Piece(".")]
        chart = Chart(f"input-{place}", f"{rule.name} against its threshold", caption)
        sections.append(Section("", _side(rule), [Paragraph(f"{standing(rule)}.", "standing"), chart]))
    if signal.intensity is not None:
        enter, leave = signal.rules["enter"], signal.rules["exit"]
        caption = [Piece(f"The policy may enter from {enter:g} and leaves below {leave:g}. "), *held, Piece(".")]
        chart = Chart("intensity", "Intensity against the policy's thresholds", caption)
        sections.append(Section("", _stands(signal.intensity[-1], enter, leave), [chart]))
    notes = Items([note for note in signal.notes if note not in alarms])
    sections.append(Section("", "", [Paragraph(fresh_words(signal), "dek"), notes]))
    opened = Opening(
        [f"{marked}{signal.name}: {signal.strategy}", str(signal.date), "" if signal.simulated else "real history"],
        "What does the strategy say at the last close?",
        signal.headline,
        reason(signal),
    )
    document = Document(
        f"{marked}{signal.name}: {signal.strategy} on {signal.date}",
        sections,
        note=" ".join(alarms),
        header=[Items((*signal.state, *flip_words(signal)), id="state")],
        data=page_data(signal),
        scripts=["signal"],
        styles=["signal"],
        opening=opened,
    )
    write_document(path, document)


def _trades(signal: LiveSignal) -> str:
    """Return what is to be traded."""
    trades = [leg for leg in signal.targets if number(leg.trade) != number(0.0)]
    told = [f"{'buy' if leg.trade > 0.0 else 'sell'} {number(abs(leg.trade))} {leg.instrument}" for leg in trades]
    return capital(joined(told)) if told else "Nothing to trade"


def _moved(signal: LiveSignal) -> str:
    """Return what the underlying and the hedge made over the sessions shown."""
    ends = {name: (y[0], y[-1]) for name, y in signal.levels.items() if y}
    made = [f"{name} {percent(b / a - 1.0, sign=True)}" for name, (a, b) in ends.items() if a and b is not None]
    told = joined(made) if made else "no close is known"
    return f"Over {counted(len(signal.dates), 'session')}: {told}"


def _side(rule: Watched) -> str:
    """Return on which side an input stands."""
    known = rule.value is not None and rule.threshold is not None
    return f"{rule.name} {'is not known' if not known else 'speaks for hedging' if rule.fired else 'is quiet'}"


def _stands(intensity: float | None, enter: float, leave: float) -> str:
    """Return where the intensity stands beside the policy's thresholds."""
    if intensity is None:
        return "The intensity isn't known"
    if intensity >= enter:
        return f"The intensity is {intensity:.4g}, and from {enter:g} the policy may enter"
    side = f"below {leave:g} the policy leaves" if intensity < leave else f"only from {enter:g} the policy may enter"
    return f"The intensity is {intensity:.4g}, and {side}"


def page_data(signal: LiveSignal) -> dict[str, Any]:
    """Return what the page's script draws."""
    return {
        "simulated": signal.simulated,
        "days": [*signal.dates, signal.following],
        "hedge": signal.instrument,
        "levels": [{"name": name, "y": list(values)} for name, values in signal.levels.items()],
        "held": stretches(signal.held),
        "inputs": [
            {
                "name": rule.name,
                "unit": rule.unit,
                "values": list(rule.values),
                "thresholds": list(rule.thresholds),
                "fired": stretches(rule.fires_at),
            }
            for rule in signal.inputs
        ],
        "intensity": None if signal.intensity is None else list(signal.intensity),
        "enter": signal.rules["enter"],
        "exit": signal.rules["exit"],
    }


def stretches(flags: Sequence[bool]) -> list[list[int]]:
    """Return where flags are up: the first session of each stretch, and the one after its last."""
    edges = [
        at for at, (before, here) in enumerate(zip((False, *flags), (*flags, False), strict=True)) if before != here
    ]
    return [list(pair) for pair in zip(edges[::2], edges[1::2], strict=True)]


def book(signal: LiveSignal) -> Table:
    """Return the book by instrument: price, weight now, target weight, dollars and shares of it, shares to trade."""
    columns = [
        *(Column(""), Column("last close", format=lambda value: dollars(value, 2))),
        *(Column("weight now", format=percent), Column("target", format=percent), Column("dollars", format=dollars)),
        *(Column("shares", format=number), Column("to trade", format=lambda value: number(value or None, sign=True))),
    ]
    rows = []
    for leg in signal.targets:
        cells = [leg.instrument, leg.price, leg.weight, leg.target, leg.dollars, leg.shares, leg.trade]
        mark = MODELLED if leg.contract else ""
        rows.append(Row(cells, role="hedge" if leg.instrument == signal.instrument else "", mark=mark))
    return Table("book", columns, rows)


def reason(signal: LiveSignal) -> str:
    """Return what was decided at the last close and by which rule."""
    return f"At the close of {signal.date} {signal.close.why}."


def book_note(signal: LiveSignal) -> str:
    """Return what the book's dollars are."""
    whose = "your book" if signal.own else "the run's own book; --equity or --hold tells it for yours"
    filled = "open" if signal.fill == "next_open" else "close"
    options = [f"{leg.instrument} is a {leg.contract}." for leg in signal.targets if leg.contract]
    options += ["A listed contract is on 100 of the shares."] if options else []
    own = f"Of {dollars(signal.equity)}, {whose}, at the prices of the last close."
    if any(not leg.trade and leg.weight != leg.target for leg in signal.targets):
        own += f" It is within {percent(TOLERANCE)} of every target: nothing to trade."
    return " ".join([own, f"An order fills at the next session's {filled}, whatever that is.", *options])


def fresh_words(signal: LiveSignal) -> str:
    """Return of which days the last values are."""
    days = dict.fromkeys(item.last for item in signal.fresh)
    words = [f"{', '.join(item.name for item in signal.fresh if item.last == day)} {day}" for day in sorted(days)[::-1]]
    return f"Last values: {'; '.join(words)}."


def standing(rule: Watched) -> str:
    """Return where an input stands: on which side of its threshold, how far from it, and for how long."""
    if rule.value is None or rule.threshold is None:
        return f"It isn't known {'yet' if rule.whole else f'since {rule.since}'}"
    at, bound = quantity(rule.value, rule.unit), quantity(rule.threshold, rule.unit)
    since = "for all the history there is" if rule.whole else f"since {rule.since}, {counted(rule.sessions, 'session')}"
    if rule.fired:
        return f"{at} is {rule.fires} {bound}, by {_distance(rule)}: it speaks for hedging {since}"
    return f"{at} is not {rule.fires} {bound}, by {_distance(rule)}: quiet {since}"


def sparkline(values: Sequence[float | None]) -> str:
    """Return a line of blocks, the lowest value to the highest; a space where there is none."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    unit = (len(LEVELS) - 1) / (high - low) if high > low and math.isfinite(high - low) else 0.0
    return "".join(NOTHING if value is None else LEVELS[round((value - low) * unit)] for value in values)


def _distance(rule: Watched) -> str:
    distance = abs(rule.distance or 0.0)
    written = f"{number(100 * distance)} points" if rule.unit.startswith("fraction") else quantity(distance, rule.unit)
    return written if rule.relative is None else f"{written} or {percent(abs(rule.relative))} of it"
