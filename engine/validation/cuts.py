"""Where history is cut: evenly over the run, and at the closes around its decisions, where a leak shows."""

from __future__ import annotations

import numpy as np

from data.arrays import Flags, Ints
from data.market import Market
from engine.validation.probe import DECISION, Output

SEED = 20_100_311
AROUND = (-1, 0, 1)
"""Sessions from a switch, at whose closes history is cut."""


def switches(told: Output) -> Flags:
    """Say of each row whether a decision, or an input's side of its threshold, differs from the one before."""
    changed = np.zeros(len(told.sessions), np.bool_)
    for column in told.columns.values():
        values = column.values
        if column.role == DECISION:
            same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
            changed[1:] |= ~same
        elif column.against is not None:
            with np.errstate(invalid="ignore"):
                above = values > column.against
            changed[1:] |= above[1:] != above[:-1]
    return changed


def choose_cuts(market: Market, told: Output, many: int) -> Ints:
    """Return rows of the market to cut at, in order: at most so many, half of them around switches.

    A cut leaves a decision and a fill before it, and at least a session after it.
    """
    low, high = market.first + 1, len(market) - 2
    if high - low + 1 <= many:
        return np.arange(low, high + 1)
    rng = np.random.default_rng(SEED)
    near = (np.flatnonzero(switches(told))[:, None] + np.array(AROUND)).ravel()
    near = np.unique(near[(near >= low) & (near <= high)])
    chosen = rng.choice(near, min(len(near), many // 2), replace=False)
    edges = np.linspace(low, high + 1, many - len(chosen) + 1)
    spread = np.floor(edges[:-1] + rng.random(len(edges) - 1) * np.diff(edges)).astype(np.int64)
    rows = np.unique(np.concatenate((chosen, np.minimum(spread, high))))
    left = np.setdiff1d(np.arange(low, high + 1), rows)  # where both fell on one
    return np.sort(np.concatenate((rows, rng.choice(left, many - len(rows), replace=False))))
