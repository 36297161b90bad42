"""The forward record read back out of a log: the growth of each book since registration, and what it stands beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from data.arithmetic import log
from data.arrays import Dates, Flags, Floats
from engine.follow.books import BOOKS, Ground, carry, core_return, given_by, ground_of, order_of, set_book
from engine.follow.log import Chain, Entry
from engine.follow.past import Finding, past_of
from engine.follow.promise import band_after
from engine.kernel.loop import ledger_on

CLOSE_TO = 1e-9
"""How far a book may be from what its line says, as a fraction."""


class ForwardReturns(NamedTuple):
    """What each session after the registration brought, shape (closes,) each.

    Parameters
    ----------
    dates
        The sessions.
    hedged, held_less, derisk_entry
        Log returns of the recorded books; NaN of one that was ruined before.
    core
        The core's log return, dividends included, less that of cash.
    given_up
        The core exposure given up, as a part of the book: what *sold at entry* held less of the core, by its last order
        that was filled before the session or at its open. SOXS at weight w is 4w of the core.
    late
        Whether that order was written down late, so that it is no record made before the fill.
    """

    dates: Dates
    hedged: Floats
    held_less: Floats
    derisk_entry: Floats
    core: Floats
    given_up: Floats
    late: Flags


@dataclass(frozen=True)
class ForwardRecord:
    """What a log comes to.

    Parameters
    ----------
    registered
        The registration.
    closes
        The lines of the closes since.
    dates
        The registered close and those since, shape (closes + 1,).
    growth
        Of each book: what a dollar at registration is at each of them, by what the log says; NaN after a ruin.
    wrong
        Lines whose books don't follow from the line before, a sentence each.
    changed
        What was told as changed, in order, each with the time it was written.
    """

    registered: Entry
    closes: tuple[Entry, ...]
    dates: Dates
    growth: Mapping[str, Floats]
    wrong: tuple[str, ...]
    changed: tuple[tuple[str, Finding], ...]

    @property
    def late(self) -> int:
        """How many closes were written late."""
        return sum(entry["late"] for entry in self.closes)

    def gap(self, book: str) -> Floats:
        """Return log growth of the hedged book less that of another at each close, shape (closes + 1,)."""
        with np.errstate(invalid="ignore"):  # of a ruin
            return log(self.growth["hedged"]) - log(self.growth[book])

    def band(self, book: str) -> Floats:
        """Return the promised quantiles of that gap at each close, shape (closes + 1, levels); NaN beyond them."""
        levels = len(self.registered["promised"]["levels"])
        rows = (band_after(self.registered["promised"], book, n) for n in range(len(self.dates)))
        return np.array([np.full(levels, np.nan) if row is None else row for row in rows])

    @property
    def returns(self) -> ForwardReturns:
        """What each session brought."""
        entries = (self.registered, *self.closes)
        ground = ground_of(self.registered, entries)
        with np.errstate(invalid="ignore"):  # of a ruin
            books = (np.diff(log(self.growth[name])) for name in ("hedged", "held_less", "derisk_entry"))
            hedged, held_less, sold = books
        core = np.array([_core(ground, entries, t) for t in range(1, len(entries))], np.float64)
        return ForwardReturns(self.dates[1:], hedged, held_less, sold, core, *_given_up(entries))


def record_of(chain: Chain) -> ForwardRecord:
    """Return what a log comes to, every book computed again from the line before."""
    past = past_of(chain.entries)
    entries = past.closes
    growth = {name: np.full(len(entries), np.nan) for name in BOOKS}
    for name, grown in growth.items():
        start = entries[0]["books"][name]
        for t, entry in enumerate(entries):
            if start is not None and entry["books"][name] is not None:
                grown[t] = max(entry["books"][name]["equity"] / start["equity"], 0.0)
    found = [
        (entry["written"], each) for entry in chain.entries if entry["kind"] == "changed" for each in entry["found"]
    ]
    dates = np.array([entry["date"] for entry in entries], "datetime64[D]")
    return ForwardRecord(entries[0], tuple(entries[1:]), dates, growth, tuple(_wrong(entries)), tuple(found))


def _wrong(entries: list[Entry]) -> Iterator[str]:
    """Yield the lines of which a book isn't what the line before and their own bars make of it."""
    ground = ground_of(entries[0], entries)
    books = {name: ledger_on(ground.prices) for name in BOOKS}
    for t in range(1, len(entries)):
        for name, book in books.items():
            before, own = entries[t - 1]["books"][name], entries[t]["books"][name]
            if before is None or own is None:
                continue
            set_book(ground, book, t - 1, before)
            given = given_by(own, ground.labels) if "paid" in own else None
            order = None if given else order_of(own.get("filled", before["order"]))
            carry(ground, book, t, order, given)
            off = abs(float(book.equity[t]) - own["equity"])
            held = np.array([own["shares"][label] for label in ground.labels])
            if off > CLOSE_TO * abs(own["equity"]) or not np.allclose(book.shares[t], held, rtol=CLOSE_TO, atol=1e-12):
                line, date = entries[t]["n"] + 1, entries[t]["date"]
                yield f"line {line}, {date}: {name} comes to {float(book.equity[t])!r} and not to {own['equity']!r}"


def _core(ground: Ground, entries: tuple[Entry, ...], t: int) -> float:
    """Return the core's log return in a session less that of cash, weighed as the unhedged book holds it."""
    labels, book = ground.labels[: len(ground.terms.core_weights)], entries[t - 1]["books"]["unhedged"]
    held = np.array([0.0 if book is None else book["shares"][label] for label in labels])
    return core_return(ground.prices, ground.terms, held, t)


def _given_up(entries: tuple[Entry, ...]) -> tuple[Floats, Flags]:
    """Return the core exposure given up in each session, and whether its order was written late, shape (closes,) each.

    What fills at the close bears on the session after. So does what a guest's broker filled: an order with a price of
    its own fills by the session's own prices, which nobody knew before it.
    """
    registered = entries[0]
    core = [registered["exposure"]["sold_at_entry"]]
    for entry, after in pairwise(entries):
        before, then = (each["books"]["derisk_entry"] or {} for each in (entry, after))
        order = then.get("filled", before.get("order"))
        core.append(core[-1] if order is None else order["core"])
    lag = 2 if registered["guest"] or registered["config"]["execution"]["fill"] == "next_close" else 1
    sessions = range(1, len(entries))
    stood = np.array([core[t - lag + 1] for t in sessions], np.float64)
    late = np.array([entries[max(t - lag, 0)]["late"] for t in sessions], np.bool_)
    return registered["exposure"]["unhedged"] - stood, late
