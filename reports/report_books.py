"""Every book of a run as the report's sections name it, in one order: the hedge first, then holding less."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.format import percent
from engine.analytics.answer.words import Names, names_of
from engine.analytics.controls import CONTROLS, MATCHED
from engine.kernel.loop import Ledger
from engine.runs.run import Run
from reports.frontier_picture import marked
from reports.hedge_words import hedge_words

FIRST = tuple(kind.key for kind in sorted(CONTROLS.values(), key=lambda kind: kind.when != MATCHED) if kind.main)
"""Controls that come first, and whose lines are drawn strong."""


@dataclass(frozen=True)
class NamedBook:
    """A book.

    Parameters
    ----------
    name, title
        Its key in metrics.json, and what a person calls it.
    about
        What it is, and what has to be known of it.
    ledger
        What it did; ``None`` where it couldn't be run.
    """

    name: str
    title: str
    about: str
    ledger: Ledger | None

    @property
    def role(self) -> str:
        """``hedge`` for the hedged book, ``held`` for holding less, ``main`` for others that are drawn strong."""
        return {"hedged": "hedge", "held_less": "held"}.get(self.name, "main" if self.name in FIRST else "")


def books_of(result: Run) -> tuple[NamedBook, ...]:
    """Return every book of a run, the hedged one first."""
    names = names_of(result.config)
    order = sorted(result.controls, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    own = NamedBook("hedged", names.hedge.title, f"{hedge_words(result)}.", result.hedged)
    return (own, *(_control(result, name, names) for name in order))


def _control(result: Run, name: str, names: Names) -> NamedBook:
    control, kind = result.controls[name], CONTROLS[name]
    title = marked(kind.shown(more=names.more) or control.title, name, names)
    title += f", {kind.matched_by}" if kind.matched_by else ""
    remarks = (remark.removeprefix(f"{control.title}: ") for remark in control.remarks)
    return NamedBook(name, title, " ".join((control.about, *remarks)), control.ledger)


def by_name(books: tuple[NamedBook, ...]) -> dict[str, Floats]:
    """Return equity by name, of those that could be run."""
    return {book.name: book.ledger.equity for book in books if book.ledger is not None}


def compared_with(books: tuple[NamedBook, ...]) -> NamedBook:
    """Return the book that the hedge is compared with: holding less, or doing nothing where there is no answer."""
    named = {book.name: book for book in books}
    return named.get("held_less", named["unhedged"])


def against(book: NamedBook) -> str:
    """Return what comparing with `compared_with` is called."""
    return "holding less" if book.name == "held_less" else "doing nothing"


def bare_percent(value: float | None) -> str:
    """Write a fraction in percent, whose sign stands above."""
    return percent(value).removesuffix(" %")
