"""A stress in a terminal: the page's sentences and digits, in 80 columns of ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.format import counted, percent, share
from engine.analytics.answer.words import plain
from engine.stress.books import HEDGED, UNHEDGED
from engine.stress.results import Stress
from reports.document import Column, Paragraph, Part, Row, Table, notes
from reports.first_terminal import wrapped
from reports.renderers.terminal import show
from reports.stress_words import (
    END,
    LOW,
    StressBook,
    StressTold,
    alarm_of,
    fell_finding,
    headline,
    lead,
    meaning,
    moved,
    question,
    reverse_sentence,
    standing,
)

if TYPE_CHECKING:
    from rich.console import Console


def show_stress(console: Console, found: Stress) -> None:
    """Print the answer, every fall, the paths and where the hedge fails, in 80 columns."""
    told = StressTold(found)
    parts: list[Part] = [
        *wrapped("; ".join(standing(told)), "dek"),
        *notes(filter(None, [alarm_of(told)])),
        *wrapped(f"{question(told)}  {headline(told).upper()}", "strong"),
        *wrapped(plain(lead(told))),
    ]
    if found.replays:
        parts += [Paragraph(""), _terminal_table(told)]
    if found.refused:
        first = found.refused[0]
        parts += wrapped(f"{len(found.refused)} can't be replayed; {first.name}: {first.why}.", "warning")
    if found.drawn is not None:
        parts += [Paragraph(""), *wrapped(f"{told.marks}: {fell_finding(told)}.", "strong"), _terminal_paths(told)]
    if found.reverse is not None:
        parts.append(Paragraph(""))
        for book in told.others:
            parts += wrapped(f"{reverse_sentence(told, book)}.")
    show(console, [*parts, Paragraph(""), *wrapped(meaning(told), "dek")])


def _terminal_table(told: StressTold) -> Table:
    """Return every replay in two rows: at its low, and at its end."""
    columns = [
        *(Column(told.marks), Column("", align="left"), Column(told.underlying)),
        *(Column(book.brief.replace(" %", "%"), role="hedge" if book.key == HEDGED else "") for book in told.books),
    ]
    rows = []
    for each in told.found.replays:
        times = (LOW, END) if each in told.falls else (END,)
        for when in times:
            title = each.title if when == times[0] else f"  {counted(len(each.books.sessions) - 1, 'session')}"
            cells = [title, when, percent(moved(each, when))]
            rows.append(Row([*cells, *(percent(told.came(each, book.key, when)) for book in told.books)]))
    return Table("replays", columns, rows, "dense")


def _terminal_paths(told: StressTold) -> Table:
    """Return what the books came to on all paths, in six lines."""
    rows = {
        "a twentieth end above": "end_95",
        "half end above": "end_50",
        "a twentieth end below": "end_05",
        "mean of that twentieth": "shortfall",
        "deepest fall, median": "worst_fall",
        "end behind doing nothing": "behind_unhedged",
    }
    columns = [
        Column(f"{len(told.found.drawn.fell) if told.found.drawn else 0:,} paths, {told.found.horizon} sessions")
    ]
    columns += [
        Column(book.brief.replace(" %", "%"), role="hedge" if book.key == HEDGED else "") for book in told.books
    ]
    lines = [Row([title, *(_on_paths(told, "all", book, key) for book in told.books)]) for title, key in rows.items()]
    return Table("paths", columns, lines, "dense")


def _on_paths(told: StressTold, which: str, book: StressBook, key: str) -> str:
    if key == "behind_unhedged":
        return "" if book.key == UNHEDGED else share(told.on_paths[which, book.key][key])
    return percent(told.on_paths[which, book.key][key])
