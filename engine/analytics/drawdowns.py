"""The core's deep falls: how many there were, how soon the hedge was on, and how much of each was still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arithmetic import log
from data.arrays import Flags, Floats
from engine.analytics.episodes import Episode

DEEP = 0.10
"""How deep a fall of the core has to be to count as a drawdown."""


@dataclass(frozen=True)
class Drawdown:
    """A fall from a peak, counted once until there is a new peak.

    Parameters
    ----------
    peak, trough
        Session numbers of the last close at the high and of the lowest close after it.
    recovered
        The first close back at the high, or ``None``.
    depth
        Fraction < 0.
    """

    peak: int
    trough: int
    recovered: int | None
    depth: float


@dataclass(frozen=True)
class Trigger:
    """How the hedge met one drawdown.

    Parameters
    ----------
    drawdown
        The fall.
    trigger
        The close at which the hedge was decided on: the peak's own when it was on already, else the first before the
        trough; ``None`` when there was none.
    sessions
        Sessions from the peak to it.
    after
        The share of the fall, in logs, that came after it; 0 without one.
    hedged
        The share of the fall, in logs, made in sessions that began with a hedge: below `after` where it was left too
        soon, above 1 where it sat out the rebounds.
    """

    drawdown: Drawdown
    trigger: int | None
    sessions: int | None
    after: float
    hedged: float


def deep_drawdowns(level: Floats, depth: float = DEEP) -> tuple[Drawdown, ...]:
    """List the falls deeper than `depth`, oldest first.

    Parameters
    ----------
    level
        The core's total-return level at each close, positive, shape (sessions,).
    depth
        A fraction: a fall counts when it is deeper.
    """
    high = np.maximum.accumulate(level)
    peaks = np.flatnonzero(level >= high)
    found = []
    for peak, recovered in zip(peaks, [*peaks[1:], None], strict=True):
        fallen = level[peak:recovered] / level[peak] - 1.0
        if fallen.min() < -depth:
            trough = int(peak + fallen.argmin())
            found.append(
                Drawdown(int(peak), trough, None if recovered is None else int(recovered), float(fallen.min()))
            )
    return tuple(found)


def triggers_of(
    drawdowns: Sequence[Drawdown], level: Floats, weight: Floats, episodes: Sequence[Episode]
) -> tuple[Trigger, ...]:
    """Say of each drawdown when the hedge was decided on, and what share of the fall was caught.

    Parameters
    ----------
    drawdowns, level
        As `deep_drawdowns` takes and gives them.
    weight
        The sleeve's share of equity at each close, shape (sessions,).
    episodes
        The run's.
    """
    return tuple(_trigger(one, log(level), weight > 0.0, episodes) for one in drawdowns)


def _trigger(one: Drawdown, logs: Floats, on: Flags, episodes: Sequence[Episode]) -> Trigger:
    fall = logs[one.trough] - logs[one.peak]
    span = slice(one.peak, one.trough)  # closes at which the sessions of the fall begin
    hedged = float(np.diff(logs)[span][on[span]].sum() / fall) + 0.0  # no -0.0
    running = any(e.decided <= one.peak and (e.left is None or e.left > one.peak) for e in episodes)
    later = [e.decided for e in episodes if one.peak < e.decided < one.trough]
    at = one.peak if running else min(later, default=None)
    if at is None:
        return Trigger(one, None, None, 0.0, hedged)
    return Trigger(one, at, at - one.peak, float((logs[one.trough] - logs[at]) / fall), hedged)
