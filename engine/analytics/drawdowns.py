"""The core's falls: each from a peak to a new peak, or to a large rise; and how the hedge met the deep ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arithmetic import log, weighted
from data.arrays import Flags, Floats
from engine.analytics.episodes import Episode
from engine.setup import Setup

DEEP = 0.15
"""How deep a fall has to be to stand in a table."""
RISE = 0.40
"""A rise from the low that ends a fall short of its peak."""
DRAWDOWN = 0.10
"""How deep a fall has to be to count as a drawdown, which only a new peak ends."""


@dataclass(frozen=True)
class Fall:
    """One fall.

    Parameters
    ----------
    peak, trough, end
        Session numbers of the last close at the high, of the lowest close after it, and of the close that ends it: a
        new peak or the rise; the last of history where it goes on.
    depth
        A fraction < 0.
    ended
        ``peak``, ``rise``, or ``open`` where it goes on.
    """

    peak: int
    trough: int
    end: int
    depth: float
    ended: str


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

    drawdown: Fall
    trigger: int | None
    sessions: int | None
    after: float
    hedged: float


def core_level(setup: Setup) -> Floats:
    """Return what a dollar of the core bought at t=0 by its configured weights and left alone is worth, total return.

    Shape (sessions,).
    """
    market = setup.market
    paths = [market.total_return(name)[market.first :] for name in market.roles.core]
    return weighted(np.column_stack([path / path[0] for path in paths]), market.roles.core_weights)


def falls_of(level: Floats, deep: float = DEEP, rise: float = RISE) -> tuple[Fall, ...]:
    """List the falls deeper than a fraction, oldest first.

    Parameters
    ----------
    level
        The core's total-return level at each close, positive, shape (sessions,).
    deep
        A fraction: a fall counts when it is deeper.
    rise
        A rise from the low that ends a fall, a fraction.
    """
    found, peak, trough = [], 0, 0
    for t in range(1, len(level)):
        if level[t] < level[trough]:
            trough = t
        risen = level[t] >= (1.0 + rise) * level[trough]
        if level[t] < level[peak] and not risen:
            continue
        found.append(_fall(level, peak, trough, t, "peak" if level[t] >= level[peak] else "rise"))
        peak = trough = t
    found.append(_fall(level, peak, trough, len(level) - 1, "open"))
    return tuple(fall for fall in found if fall.depth < -deep)


def _fall(level: Floats, peak: int, trough: int, end: int, ended: str) -> Fall:
    return Fall(peak, trough, end, float(level[trough] / level[peak] - 1.0), ended)


def deepest(falls: tuple[Fall, ...], count: int) -> tuple[Fall, ...]:
    """Return the deepest of some falls, oldest first."""
    chosen = sorted(falls, key=lambda fall: fall.depth)[:count]
    return tuple(sorted(chosen, key=lambda fall: fall.peak))


def deep_drawdowns(level: Floats, depth: float = DRAWDOWN) -> tuple[Fall, ...]:
    """List the falls deeper than `depth`, each counted once until there is a new peak, oldest first."""
    return falls_of(level, depth, math.inf)


def triggers_of(
    drawdowns: Sequence[Fall], level: Floats, weight: Floats, episodes: Sequence[Episode]
) -> tuple[Trigger, ...]:
    """Return when the hedge was decided on in each drawdown, and what share of the fall it caught.

    Parameters
    ----------
    drawdowns, level
        As of `deep_drawdowns`.
    weight
        The sleeve's share of equity at each close, shape (sessions,).
    episodes
        The run's.
    """
    return tuple(_trigger(drawdown, log(level), weight > 0.0, episodes) for drawdown in drawdowns)


def _trigger(drawdown: Fall, logs: Floats, on: Flags, episodes: Sequence[Episode]) -> Trigger:
    fall = logs[drawdown.trough] - logs[drawdown.peak]
    span = slice(drawdown.peak, drawdown.trough)  # closes at which the sessions of the fall begin
    hedged = float(np.diff(logs)[span][on[span]].sum() / fall) + 0.0  # no -0.0
    running = any(e.decided <= drawdown.peak and (e.left is None or e.left > drawdown.peak) for e in episodes)
    later = [e.decided for e in episodes if drawdown.peak < e.decided < drawdown.trough]
    at = drawdown.peak if running else min(later, default=None)
    if at is None:
        return Trigger(drawdown, None, None, 0.0, hedged)
    return Trigger(drawdown, at, at - drawdown.peak, float((logs[drawdown.trough] - logs[at]) / fall), hedged)
