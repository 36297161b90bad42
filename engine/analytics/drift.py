"""Drift: whether a hedged book's beta falls below 0 between rebalancings, on the moves that its history has had."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.analytics.fund_exposure import index_of
from engine.config import RunConfig
from engine.evaluate_strategy import PreparedRun

RARE = 1e-3
"""Of all closes: one in four years."""
LEFT = 1e-9
"""What a session that would have wiped the fund out leaves of a dollar in it."""


class ShortDrift(NamedTuple):
    """What is to be said of a beta that can drift below 0.

    Parameters
    ----------
    said
        The sentence.
    rare
        Whether it is so at hardly any close: good to know, and nothing that a setting has to mend.
    """

    said: str
    rare: bool


def short_drift(config: RunConfig, prepared: PreparedRun) -> ShortDrift | None:
    """Return where the ordered beta can drift below 0 between rebalancings; None where it can't.

    By the largest weight ordered, as if the hedge were held throughout: since the last close at which
    rebalancing was due; never rebalanced, since the underlying's last peak. A band lets the hedge grow by itself.
    """
    setup, hedge, market = prepared.setup, config.hedge, prepared.setup.market
    sizes = setup.plan.size[np.isfinite(setup.plan.size)]
    weight = float(sizes.max(initial=0.0)) if prepared.signal is not None else hedge.weight
    if not market.roles.one_fund:
        return None
    leverage = market.roles.leverage
    ordered = setup.plan.unhedged_core + (leverage - float(setup.plan.core_pays)) * weight
    weight += hedge.band if hedge.rebalance == "band" else 0.0
    core = setup.plan.unhedged_core - (weight if setup.plan.core_pays else 0.0)
    level = index_of(setup).level
    since = np.arange(len(level)) if hedge.rebalance == "band" else _since(level, setup.plan.hedge_due[:, 0])
    short = drifted(level, since, core, weight, leverage) < 0.0
    if not short.any():
        return None
    if ordered < -1e-12:  # what is left of a beta of 0
        said = f"the largest weight in {hedge.instrument} orders a net beta of {ordered:.2f}: lower hedge.weight"
        return ShortDrift(said, rare=False)
    day, count = market.run_sessions[int(short.argmax())], int(short.sum())
    how = "never rebalanced" if hedge.rebalance == "never" else f"with hedge.rebalance: {hedge.rebalance}"
    closes = "one close" if count == 1 else f"{count:,} closes"
    rare = count < RARE * len(short)
    of = f"{closes} of {len(short):,}" if rare else f"{closes} of this history"
    said = f"{how}, {100 * weight:.4g} % in {hedge.instrument} would have drifted net short at {of}, first on {day}"
    said += ", had it been held"
    return ShortDrift(said if rare else f"{said}: rebalance more often, or lower hedge.weight", rare)


def drifted(level: Floats, since: Ints, core: float, hedge: float, leverage: float) -> Floats:
    """Return the beta, times equity then, of a dollar left alone since an earlier close, shape (sessions,).

    Parameters
    ----------
    level
        The underlying's total-return level at each close, shape (sessions,); the core moves with it, and the fund by
        `leverage` times its return each session.
    since
        The close since which it is left alone, for each close, shape (sessions,).
    core, hedge
        Weights at that close.
    """
    moves = np.diff(level, prepend=level[0]) / np.append(level[0], level[:-1])
    fund = np.cumprod(np.maximum(1.0 + leverage * moves, LEFT))
    return core * level / level[since] + leverage * hedge * fund / fund[since]


def _since(level: Floats, due: Flags) -> Ints:
    """Return the last close before each at which rebalancing was due; the last peak where it never is."""
    peaks = level >= np.maximum.accumulate(level)
    at = np.maximum.accumulate(np.where(due if due.any() else peaks, np.arange(len(level)), 0))
    return np.concatenate(([0], at[:-1]))
