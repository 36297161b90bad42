"""Sweeps made by hand: rows with made-up metrics, for tests of their numbers and of their page."""

from __future__ import annotations

import itertools

import numpy as np

from reports.sweep_numbers import Rows

DAYS, FLOOR, WEIGHT = "strategy.params.trend_days", "strategy.params.volatility_floor", "hedge.weight"
GRID = {DAYS: [10, 50, 100, 200], FLOOR: [0.0, 0.25, 0.5], WEIGHT: [0.05, 0.1]}
WORDS = {"hedge.rebalance": ["never", "daily", "on"], "policy.max_hold": [None, 20, 5], "hedge.cover": [True, False]}
METRICS = ("cagr", "max_drawdown", "sharpe", "final_equity", "episodes", "costs", "cagr_vs_unhedged")


def grid(axes, names=METRICS, seed=3, holes=0.0):
    """All combinations, the last axis turning fastest, with made-up metrics, some of them undefined."""
    rng = np.random.default_rng(seed)
    combinations = list(itertools.product(*axes.values()))
    columns = zip(*combinations, strict=True)
    metrics = {name: rng.normal(0.1, 0.05, len(combinations)) for name in names}
    for column in metrics.values():
        column[rng.random(len(column)) < holes] = np.nan
    return Rows(tuple(axes), dict(zip(axes, map(list, columns), strict=True)), metrics, len(combinations))


def by_hand(column, lower):
    """The best and the median of what is defined."""
    known = column[~np.isnan(column)]
    if not len(known):
        return np.nan, np.nan
    return (known.min() if lower else known.max()), np.median(known)
