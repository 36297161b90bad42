"""Controls: the books a hedge is judged against, with the same costs on the same sessions."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from engine.kernel.loop import Ledger, replay, run_policy
from engine.setup import Setup


def run_unhedged(setup: Setup) -> Ledger:
    """Run the same book with the hedge's weight at 0: the policy is never on."""
    calm = setup.plan._replace(size=np.zeros_like(setup.plan.size))
    return run_policy(setup.prices, setup.terms, calm)


def run_derisk_entry(setup: Setup, hedged: Ledger, beta: Floats) -> tuple[Ledger, int]:
    """Run the entry-matched de-risk: the hedged run's orders, met by selling core down to the same beta.

    Parameters
    ----------
    setup
        What the hedged run was executed on.
    hedged
        The hedged run.
    beta
        The core's beta to the underlying at each close, shape (sessions,).

    Returns
    -------
    Ledger, int
        The control, and on how many orders its core was held at 0 because it can't go short.
    """
    wanted = (hedged.core * beta + setup.market.roles.leverage * hedged.hedge) / beta
    orders = hedged._replace(core=np.maximum(wanted, 0.0), hedge=np.zeros_like(hedged.hedge))
    floored = int(np.count_nonzero(hedged.ordered & (wanted < 0.0)))
    return replay(setup.prices, setup.terms, orders), floored
