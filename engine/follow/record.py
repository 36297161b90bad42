"""The forward record read back out of a log: the growth of each book since registration, and what it stands beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import log
from data.arrays import Dates, Flags, Floats
from engine.follow.books import BOOKS, Ground, carry, core_return, empty_book, given_by, ground_of, order_of, set_book
from engine.follow.log import Chain, Entry
from engine.follow.past import Finding, past_of
from engine.follow.promise import band_after

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
    hedge_weight
        Of all hedges together, a fraction of the hedged book's equity at least 0, as it stood before the session: what
        was ordered at the close before, else what was held there.
    late
        Whether its line was no record made before the next session.
    """

    dates: Dates
    hedged: Floats
    held_less: Floats
    derisk_entry: Floats
    core: Floats
    hedge_weight: Floats
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
        gap: Floats = log(self.growth["hedged"]) - log(self.growth[book])
        return gap

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
        hedged, held_less, sold = (np.diff(log(self.growth[name])) for name in ("hedged", "held_less", "derisk_entry"))
        return ForwardReturns(
            self.dates[1:],
            hedged,
            held_less,
            sold,
            np.array([_core(ground, entries, t) for t in range(1, len(entries))], np.float64),
            np.array([_hedge_weight(ground, entries[t]) for t in range(len(entries) - 1)], np.float64),
            np.array([entry["late"] for entry in self.closes], np.bool_),
        )


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
    books = {name: empty_book(ground) for name in BOOKS}
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
            if off > CLOSE_TO * abs(own["equity"]) or not _same_shares(ground, book.shares[t], own):
                line, date = entries[t]["n"] + 1, entries[t]["date"]
                yield f"line {line}, {date}: {name} comes to {float(book.equity[t])!r} and not to {own['equity']!r}"


def _same_shares(ground: Ground, shares: Floats, entry: Mapping[str, Any]) -> bool:
    held = np.array([entry["shares"][label] for label in ground.labels])
    return bool(np.allclose(shares, held, rtol=CLOSE_TO, atol=1e-12))


def _core(ground: Ground, entries: tuple[Entry, ...], t: int) -> float:
    """Return the core's log return in a session less that of cash, weighed as the unhedged book holds it."""
    labels, book = ground.labels[: len(ground.terms.core_weights)], entries[t - 1]["books"]["unhedged"]
    held = np.array([0.0 if book is None else book["shares"][label] for label in labels])
    return core_return(ground.prices, ground.terms, held, t)


def _hedge_weight(ground: Ground, entry: Entry) -> float:
    """Return how much of the hedged book stands in hedges before the next session."""
    book, holdings = entry["books"]["hedged"], len(ground.terms.core_weights)
    if book is None or book["equity"] <= 0.0:
        return 0.0
    order = book["order"] or {}
    if "hedges" in order:
        return sum(abs(weight) for weight in order["hedges"].values())
    ordered, bars = order.get("trade", {}), entry["bars"]
    shares = {label: book["shares"][label] + ordered.get(label, 0.0) for label in ground.labels[holdings:]}
    return sum(abs(held * bars[label]["spot"]) for label, held in shares.items()) / float(book["equity"])
