"""A single book through the sweep's kernel, plain or compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from data.arrays import Floats
from engine.kernel import sweep
from engine.kernel.decisions import decisions
from engine.kernel.fills import Fills
from engine.setup import Setup


class Swept(NamedTuple):
    """A book's sums by name, how often its hedge was entered, and equity and units of the hedge, shape (sessions,)."""

    sums: dict[str, float]
    entries: int
    path: Floats
    trail: Floats


def swept(setup: Setup, kernel: Any = sweep) -> Swept:
    """Run the book of a setup with one hedge by a kernel: the plain module, or its twins."""
    prices, terms, plan = setup.prices, setup.terms, setup.plan
    assert len(plan.sides) == 1
    rows, zero = np.ascontiguousarray(plan.size.T), np.zeros(1, np.int64)
    intensity, due = (np.ascontiguousarray(values.T) for values in (plan.intensity, plan.hedge_due))
    decide = decisions if kernel is sweep else kernel.decisions
    decided = decide(prices, plan, intensity, rows, due, np.zeros((1, 4), np.int64))
    given = sweep.Given(zero, rows, zero, np.full(1, plan.unhedged_core), np.full(1, plan.core_pays), plan.band)
    units, sums = sweep.units_of(prices, terms), sweep.empty_sums(1)
    fills, path = sweep.room_for(decided, given, prices.close.shape[1]), np.empty((1, len(prices.close)))
    kernel.run_books(prices, terms, units, plan, decided, given, sums, fills)
    kernel.follow_books(terms, units, fills, path)
    by_name = {name: float(values[0]) for name, values in sums._asdict().items()}
    return Swept(by_name, int(decided.entries[0]), path[0], held_in(fills, len(prices.close))[0])


def held_in(fills: Fills, sessions: int) -> Floats:
    """Return the units of the hedge held after each session, shape (books, sessions)."""
    held = np.zeros((len(fills.made), sessions))
    for c, made in enumerate(fills.made.tolist()):
        for k in range(made):
            held[c, fills.session[c, k] :] = fills.held[c, k, -1]
    return held


def fills_in(held: Floats) -> Fills:
    """Return a fill a session of books that hold so many units of the hedge after each, shape (books, sessions)."""
    books, sessions = held.shape
    session = np.tile(np.arange(1, sessions), (books, 1))
    return Fills(np.full(books, sessions - 1), session, np.zeros(session.shape), held[:, 1:, np.newaxis].copy())
