"""Holding less: a part of the core and bills, all the time, which needs no signal and no fund."""

from __future__ import annotations

import numpy as np

from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger, empty_ledger
from engine.setup import Setup, rebalancing_days

GRID = np.linspace(0.0, 1.0, 21)
"""Shares of the core at which books are run; what lies between is told by straight lines."""


def run_held_less(setup: Setup, share: float) -> Ledger:
    """Hold a share of the core, the rest in cash, restored at the first close of each calendar month."""
    due = setup.plan.core_due
    orders = empty_ledger(*setup.prices.close.shape)
    orders.ordered[:] = rebalancing_days(setup.market.run_sessions, "monthly") | due
    orders.restate[:] = due
    orders.ordered[0] = orders.restate[0] = True
    orders.core[:] = share
    return compiled().replay(setup.prices, setup.terms, orders)


def held_less_grid(setup: Setup) -> tuple[Ledger, ...]:
    """Run the books of `GRID`."""
    return tuple(run_held_less(setup, float(share)) for share in GRID)
