"""The sensitivity strip: the same run and its daily-matched de-risk with one thing changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from data.arrays import Floats
from data.errors import DataError
from engine.asking import Asked
from engine.config import RunConfig
from engine.executing import execute
from engine.judgement.controls import run_derisk_daily
from engine.kernel.loop import Ledger
from engine.setup import prepare, run_beta
from strategies import parameters
from strategies.base import CloseStrategy
from strategies.load import fresh

COSTS = ("commission_bps", "slippage_bps", "commission_per_share", "slippage_per_share")
TIMES = 5.0
"""By how much the dearer variation multiplies every cost."""


def sensitivity(config: RunConfig, asked: Asked) -> dict[str, float]:
    """Run each variation of `engine.judgement.verdict.VARIATIONS` that can be run.

    Returns
    -------
    dict
        The mean daily log-return difference of hedged less de-risked, a fraction a year, by variation.
        Left out are those in which a book is ruined, late signals for a strategy that has no signal, and all of
        them for somebody's own ``backtrader.Strategy``.
    """
    if asked.strategy is None:
        return {}
    late = None if asked.signal is None else np.concatenate(([0.0], asked.signal[:-1]))
    varied: dict[str, tuple[RunConfig, Floats | None]] = {
        **{f"rebalanced {how}": (_with(config, "hedge", rebalance=how), asked.signal) for how in _REBALANCED},
        "filled at the next close": (_with(config, "execution", fill="next_close"), asked.signal),
        **({} if late is None else {"signals one session late": (config, late)}),
        "costs times five": (_with(config, "execution", **_dearer(config)), asked.signal),
        "cash rate 0": (_with(config, "execution", cash_rate=0.0), asked.signal),
    }
    growths = {name: _growth(changed, asked, signal) for name, (changed, signal) in varied.items()}
    return {name: growth for name, growth in growths.items() if growth is not None}


_REBALANCED = ("never", "daily", "weekly")


def growth_difference(hedged: Ledger, derisk: Ledger, a_year: float) -> float | None:
    """Return the mean daily log-return difference of two books, a fraction a year; None where one is ruined.

    The mean of daily log differences is that of the first and last closes: nothing else counts.
    """
    ends = hedged.equity[-1], derisk.equity[-1]
    if min(ends) <= 0.0:
        return None
    sessions = len(hedged.equity) - 1
    apart = math.log(ends[0] / hedged.equity[0]) - math.log(ends[1] / derisk.equity[0])
    return float(a_year * apart / sessions)


def _growth(config: RunConfig, asked: Asked, signal: Floats | None) -> float | None:
    market = asked.setup.market
    try:
        setup = prepare(config, market, signal)
    except DataError:  # five times the costs take all of a share's price
        return None
    hedged = _varied(config, replace(asked, signal=signal, setup=setup))
    derisk, _floored = run_derisk_daily(setup, hedged, run_beta(config, market))
    return growth_difference(hedged, derisk, market.sessions_a_year)


def _varied(config: RunConfig, asked: Asked) -> Ledger:
    """Run a variation; a strategy that is asked at every close is loaded afresh, for it may keep state anywhere."""
    if not isinstance(asked.strategy, CloseStrategy):
        return execute("compiled", config, asked)[0]
    with fresh(config.strategy.named) as cls:
        strategy: CloseStrategy = parameters.make(cls, config.strategy.params)
        return execute("python", config, replace(asked, cls=cls, strategy=strategy))[0]


def _with(config: RunConfig, section: str, **changed: Any) -> RunConfig:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=changed)})


def _dearer(config: RunConfig) -> Mapping[str, Any]:
    costs = {name: getattr(config.execution, name) for name in COSTS}
    return {
        name: {of: TIMES * each for of, each in cost.items()} if isinstance(cost, dict) else TIMES * cost
        for name, cost in costs.items()
    }
