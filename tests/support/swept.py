"""A single book through the sweep's kernel, plain or compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from data.arrays import Floats
from engine.kernel import sweep
from engine.kernel.decisions import decisions
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
    path, trail = np.empty((2, 1, len(prices.close)))
    kernel.run_books(prices, terms, units, plan, decided, given, sums, path, trail)
    alone, nothing = sweep.empty_sums(1), np.empty((0, len(prices.close)))
    kernel.run_books(prices, terms, units, plan, decided, given, alone, nothing, nothing)
    assert all((a == b).all() for a, b in zip(sums, alone, strict=True)), "a path changes nothing"
    by_name = {name: float(values[0]) for name, values in sums._asdict().items()}
    return Swept(by_name, int(decided.entries[0]), path[0], trail[0])
