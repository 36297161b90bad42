"""Several runs of one core and span: p-values that count how many signals were tried.

The runs are tested on the same shifts of their paths, so that how alike they are counts too: of twelve signals that
are nearly one, hardly more is asked than of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats


@dataclass(frozen=True)
class Tested:
    """A run's timing as its family takes it.

    Parameters
    ----------
    family
        What it shares with those it is adjusted with: its core and its sessions.
    t
        The studentised growth of its shifts, its own first, shape (closes,).
    """

    family: Hashable
    t: Floats


@dataclass(frozen=True)
class Adjusted:
    """A run's p-value among its family's, and how many runs that is: 1 for one that stands alone."""

    p: float
    runs: int


def adjusted_in_families(tested: Mapping[str, Tested]) -> dict[str, Adjusted]:
    """Return the adjusted p-value of each run's timing among the runs of its own core and sessions."""
    size = Counter(run.family for run in tested.values())
    adjusted: dict[str, Adjusted] = {}
    for family in size:
        p = family_adjusted({name: run.t for name, run in tested.items() if run.family == family})
        adjusted |= {name: Adjusted(value, size[family]) for name, value in p.items()}
    return {name: adjusted[name] for name in tested}


def family_adjusted(shifts: Mapping[str, Floats]) -> dict[str, float]:
    """Return the two-sided p-value of each run's timing, adjusted for all of them by step-down.

    Parameters
    ----------
    shifts
        The studentised growth of each run's shifts by the run's name, its own (shift 0) first, shape (closes,): the
        column `t` of timing.parquet. The same shifts in the same order for all.

    Returns
    -------
    dict
        In the order given. With one run its own p-value.

    Raises
    ------
    ValueError
        The runs have different numbers of shifts.

    References
    ----------
    Westfall and Young (1993), "Resampling-based multiple testing", algorithm 2.8 (minP).
    """
    if len({len(values) for values in shifts.values()}) > 1:
        raise ValueError("runs of different spans have different shifts")
    names, p = list(shifts), np.array([two_sided(values) for values in shifts.values()])
    order = np.argsort(p[:, 0], kind="stable")
    least = np.minimum.accumulate(p[order][::-1], axis=0)[::-1]  # over the runs that are left at each step
    stepped = np.maximum.accumulate((least <= p[order, :1] + 1e-12).mean(axis=1))
    adjusted = dict(zip((names[i] for i in order), (float(value) for value in stepped), strict=True))
    return {name: adjusted[name] for name in names}


def two_sided(values: Floats) -> Floats:
    """Return the two-sided p-value that each of some values would have among them all, shape (values,)."""
    ranked, count = np.sort(values), len(values)
    low = np.searchsorted(ranked, values, side="right") / count
    high = (count - np.searchsorted(ranked, values, side="left")) / count
    return np.minimum(1.0, 2.0 * np.minimum(low, high))
