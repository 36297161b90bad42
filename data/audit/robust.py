"""Statistics that a few wrong rows don't sway, in numpy alone: a run audits its history before anything heavy loads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arithmetic import dot
from data.arrays import Flags, Floats

BLOCK = 126
"""Sessions, half a year, over which a scale is taken to be one number."""
TAIL = 1.645
"""Standard deviations within which 90 % of a normal variable lies."""
MEDIAN = 0.6745
"""Standard deviations within which half of a normal variable lies."""
OUTSIDE = 4.0
"""Rows that miss a line by this many times what 90 % of them do are no part of it."""


class Fit(NamedTuple):
    """A straight line through the origin's neighbourhood: slope and share of the variance explained."""

    slope: float
    r2: float


def local_scale(values: Floats) -> Floats:
    """Return the standard deviation of each stretch of a series about 0, from its 90th percentile.

    That quantile, not the median, because a stale price returns exactly 0 on half of all sessions. Each block of
    `BLOCK` rows is measured with half a block on either side; NaN are left out; a block without values is NaN.

    Parameters
    ----------
    values
        Such as log returns, shape (sessions,).
    """
    return _local_quantile(np.abs(values), 0.9) / TAIL


def local_median(values: Floats) -> Floats:
    """Return the median of each stretch of a series, measured as by `local_scale`."""
    return _local_quantile(values, 0.5)


def _local_quantile(values: Floats, part: float) -> Floats:
    quantiles = np.full(len(values), np.nan)
    for start in range(0, len(values), BLOCK):
        seen = values[max(0, start - BLOCK // 2) : start + BLOCK + BLOCK // 2]
        seen = np.sort(seen[~np.isnan(seen)])
        if len(seen):
            quantiles[start : start + BLOCK] = seen[int(part * (len(seen) - 1))]
    return quantiles


def fit(x: Floats, y: Floats) -> Fit:
    """Regress y on x, both clipped at 5 standard deviations, and again without the rows that are far off.

    NaN rows are left out; fewer than 20 rows give NaN.
    """
    seen = ~(np.isnan(x) | np.isnan(y))
    if seen.sum() < 20:
        return Fit(np.nan, np.nan)
    x, y = x[seen], y[seen]
    line = _fit(_clipped(x), _clipped(y))
    off = np.abs(y - line.slope * x)
    near = off <= OUTSIDE * float(np.quantile(off, 0.9)) if not np.isnan(line.slope) else np.zeros(0)
    return _fit(_clipped(x[near]), _clipped(y[near])) if near.sum() > 0.9 * len(x) else line


def _fit(x: Floats, y: Floats) -> Fit:
    x, y = x - x.mean(), y - y.mean()
    xx, xy, yy = dot(x, x), dot(x, y), dot(y, y)
    return Fit(xy / xx, xy * xy / (xx * yy)) if xx > 0 and yy > 0 else Fit(np.nan, np.nan)


def _clipped(values: Floats) -> Floats:
    spread = 5.0 * float(np.quantile(np.abs(values), 0.9)) / TAIL
    return np.clip(values, -spread, spread)


def grown(flags: Flags, by: int) -> Flags:
    """Return flags with each run of True longer by some rows at either end."""
    wider = flags.copy()
    for start, stop in stretches(flags):
        wider[max(0, start - by) : stop + by] = True
    return wider


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """Return each run of True as its first row and the row after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
