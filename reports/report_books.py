"""Every book of a run as the report's sections name it, in one order: the hedge first, then holding less."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from engine.analytics.answer.words import names_of
from engine.kernel.loop import Ledger
from engine.runs.run import Run
from reports.first_sum import hedge_words
from reports.report_section import Head

FIRST = ("held_less", "unhedged", "derisk_entry", "derisk_daily")
"""Controls that come first, and whose lines are drawn strong."""
MATCHED_BY = {
    "held_less": "as safe",
    "held_less_drawdown": "same worst fall",
    "held_less_volatility": "same volatility",
}


@dataclass(frozen=True)
class Book:
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

    @property
    def head(self) -> Head:
        """Its column."""
        return Head(self.title, self.about, self.role)


def books_of(result: Run) -> tuple[Book, ...]:
    """Return every book of a run, the hedged one first."""
    names = names_of(result.config)
    order = sorted(result.controls, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    own = Book("hedged", f"{names.hedge} hedge", f"{hedge_words(result, names)}.", result.hedged)
    return (own, *(_control(result, name, more=names.more) for name in order))


def _control(result: Run, name: str, *, more: bool) -> Book:
    control = result.controls[name]
    titles = {
        "unhedged": "Doing nothing",
        "derisk_entry": "Bought at entry" if more else "Sold at entry",
        "derisk_daily": "Bought daily" if more else "Sold daily",
        "protective_put": "Put, MODELLED",
    }
    title = titles.get(name, control.title)
    if name in MATCHED_BY:
        title = f"{control.title}, {MATCHED_BY[name]}"
    remarks = (remark.removeprefix(f"{control.title}: ") for remark in control.remarks)
    return Book(name, title, " ".join((control.about, *remarks)), control.ledger)


def by_name(books: tuple[Book, ...]) -> dict[str, Floats]:
    """Return equity by name, of those that could be run."""
    return {one.name: one.ledger.equity for one in books if one.ledger is not None}


def judged_by(books: tuple[Book, ...]) -> Book:
    """Return the book that the hedge is compared with: holding less, or doing nothing where there is no answer."""
    named = {one.name: one for one in books}
    return named.get("held_less", named["unhedged"])


def against(book: Book) -> str:
    """Return what comparing with `judged_by` is called."""
    return "holding less" if book.name == "held_less" else "doing nothing"
