"""Which underlying an unknown fund is a multiple of, by its own returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.audit.history import History
from data.audit.robust import Fit, fit
from data.families import Fund

MULTIPLES = (-3.0, -2.0, -1.0, 2.0, 3.0)
NEAR, ALIKE = 0.05, 0.98
"""Part by which a slope may miss such a multiple, and the least R2. SOXS on SOXX has .996, on SMH .95."""
RECENT, BLOCK = 1000, 125
"""Sessions that are looked at, and that are compared at a time: the median block counts, so that a stretch that is
wrong doesn't hide what a fund is."""


class UnderlyingMatch(NamedTuple):
    """An underlying that was found, with how well it fits, in words."""

    fund: Fund
    says: str


def match(unknown: History, others: Mapping[str, History]) -> UnderlyingMatch | None:
    """Return the underlying whose daily returns an instrument follows at a whole multiple, or None.

    Of several the one with the largest multiple, then the best fit: of a -3x fund both its index and that index's
    3x fund are found. A pair that mirror each other (-1x) counts once, the one that lost being the fund.
    """
    found = []
    for name, other in others.items():
        if name == unknown.name:
            continue
        common = np.intersect1d(unknown.dates[-RECENT:], other.dates[-RECENT:], assume_unique=True)
        if len(common) <= BLOCK:
            continue
        line = _line(_returns(other, common), _returns(unknown, common))
        near = [each for each in MULTIPLES if abs(line.slope / each - 1.0) < NEAR]
        if near and line.r2 >= ALIKE and not (near[0] == -1.0 and _gained(unknown, other, common)):
            found.append((abs(near[0]), line.r2, name, near[0], line.slope))
    if not found:
        return None
    _, r2, name, leverage, slope = max(found)
    says = f"{leverage:g}x {name} by its own returns, slope {slope:.2f}, R2 {r2:.3f}"
    return UnderlyingMatch(Fund(name, leverage, 0.0), says)


def _line(x: Floats, y: Floats) -> Fit:
    blocks = [fit(x[start : start + BLOCK], y[start : start + BLOCK]) for start in range(0, len(x), BLOCK)]
    slopes, shares = np.array([block for block in blocks if not np.isnan(block.slope)]).T
    return Fit(float(np.median(slopes)), float(np.median(shares)))


def _returns(history: History, sessions: Dates) -> Floats:
    """Return simple returns over the sessions shared; a session that is missing between two leaves a longer one."""
    at = np.searchsorted(history.dates, sessions)
    level = np.cumprod(np.concatenate(([1.0], history.gross[1:])))[at]
    moves: Floats = level[1:] / level[:-1] - 1.0
    return moves


def _gained(unknown: History, other: History, sessions: Dates) -> bool:
    growth = [float(np.log1p(_returns(each, sessions)).sum()) for each in (unknown, other)]
    return growth[0] > growth[1]
