"""How a sweep stands, made by hand: statistics of overfitting for tests of what shows them."""

from __future__ import annotations

import numpy as np

from engine.research.overfitting.findings import SERIES, Best, Overfitting, Standing
from engine.research.overfitting.history import Tried
from engine.research.overfitting.sharpe import Deflated
from engine.research.overfitting.splits import block_sums, splits_of, sums_of
from engine.research.overfitting.superior import Superior


def standing(*, adds=0.4, tried=24, splits=True, p_value=0.25):
    """A sweep of 24 combinations of noise, its best's hedge with a Sharpe ratio of its own."""
    returns = np.random.default_rng(1).normal(0.0005, 0.01, (24, 640))
    held = block_sums(returns, 0.0)
    of = {
        name: Deflated(sharpe, -0.5, 6.0, 1_000, 0.12, 24, measured, 9.0, 0.2)
        for name, sharpe, measured in zip(SERIES, (0.9, adds, -0.1), (24, 24, 12), strict=True)
    }
    test = Superior(p_value, p_value / 2, 1.0, 2 * p_value, 11, 0, 0.01, 4.5, 1_000, 0)
    best = Best(3, {"hedge.weight": 0.1}, 0.9, 0.8, 0.004, 31)
    tests = {"unhedged": test, "derisk": test}
    cut = splits_of(sums_of(held, 640), held[0], 2) if splits else None
    return Standing(Overfitting(24, 24, best, of, cut, tests), Tried(tried, 1 if tried == 24 else 2))
