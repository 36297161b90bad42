"""The core's falls: each from a peak to a new peak, or to a rise that makes another fall of what follows."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats

DEEP = 0.15
"""How deep a fall has to be to stand in a table."""
RISE = 0.40
"""A rise from the low that ends a fall short of its peak."""


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


def falls_of(level: Floats, deep: float = DEEP) -> tuple[Fall, ...]:
    """List the falls deeper than a fraction, oldest first.

    Parameters
    ----------
    level
        The core's total-return level at each close, positive, shape (sessions,).
    deep
        A fraction: a fall counts when it is deeper.
    """
    found, peak, trough = [], 0, 0
    for t in range(1, len(level)):
        if level[t] < level[trough]:
            trough = t
        risen = level[t] >= (1.0 + RISE) * level[trough]
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
