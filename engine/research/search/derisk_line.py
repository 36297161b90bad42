"""What plain selling would have brought: the core with a share of it in cash, for a front to be held against."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from data.market import Market
from engine.analytics.controls import unhedged_plan
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.kernel.compiled import compiled
from engine.research.cache import part_of
from engine.research.search.objectives import PAIR
from engine.research.search.run import Search
from engine.setup import prepare, rebalancing_days

SHARES = tuple(round(0.05 * step, 2) for step in range(17))
"""Of the core, sold."""


def selling_line(search: Search, market: Market) -> Floats | None:
    """Return the share of the core that is sold, what that costs a year, and the drawdown it avoids.

    The share is held in cash and restated at the first close of each month, at the run's costs.

    Returns
    -------
    Shape (shares, 3); None where the search isn't for this pair, or its trials differ in what they trade, when or on
    what terms.
    """
    if {one.name for one in search.objectives} != set(PAIR):
        return None
    if any(part_of(one.keys) == "world" for one in search.space):
        return None
    setup = prepare(search.config, market, None)
    idle = unhedged_plan(setup)
    monthly = rebalancing_days(market.run_sessions, "monthly")
    plans = [idle] + [
        idle._replace(unhedged_core=idle.unhedged_core * (1.0 - sold), core_due=monthly) for sold in SHARES
    ]
    found = []
    for plan in plans:
        ledger = compiled().run_policy(setup.prices, setup.terms, plan)
        trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
        told = metrics_of(ledger, setup.terms, market.run_sessions, trades)
        found.append((told["cagr"], told["max_drawdown"]))
    (cagr, deepest), *sold = found
    return np.array([(share, cagr - one, fall - deepest) for share, (one, fall) in zip(SHARES, sold, strict=True)])


def cost_of_selling(line: Floats, avoided: Floats) -> Floats:
    """Return what selling costs a year for the same drawdown avoided, between two shares in a straight line.

    NaN beyond the line's end; where nothing is avoided selling costs nothing.
    """
    order = np.argsort(line[:, 2])
    cost = np.interp(avoided, line[order, 2], line[order, 1], left=0.0, right=np.nan)
    return np.where(avoided <= 0.0, 0.0, cost)
