"""Signals of breadth: how many of a group take part.

Today's names tell of yesterday through survivors: unless a membership file says who belonged when, the members that
failed are missing, and breadth looks better than it was.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Flags, Floats
from strategies.signals.feeds import Belongs, Count, Days, Levels
from strategies.signals.windows import moving_average, padded, windows


def share_above_average(levels: Levels, belongs: Belongs, days: Days = 50, min_members: Count = 5) -> Floats:
    """The share of a group's members whose total-return close is above their own moving average.

    Counted are those that belong at this close and have `days` closes; NaN where they are fewer than `min_members`,
    and so in the first days - 1 sessions.

    Parameters
    ----------
    levels
        Total-return closes, shape (sessions, members); NaN before a member's first bar.
    belongs
        Who was a member at each close, shape (sessions, members).
    days
        Sessions in the simple moving average, this one included.
    min_members
        Members below which the share isn't told.

    Notes
    -----
    The market technicians' "per cent of stocks above their 50-day average", on total returns.

    Unit: fraction
    """
    averages = np.column_stack([moving_average(level, days) for level in _by_member(levels)])
    return _share(levels > averages, belongs & ~np.isnan(averages), min_members)


def new_lows(levels: Levels, belongs: Belongs, days: Days = 252, min_members: Count = 5) -> Floats:
    """The share of a group's members at their lowest total-return close of the last `days` sessions.

    A close that ties with an earlier low counts. Counted are those that belong at this close and have `days` closes;
    NaN where they are fewer than `min_members`, and so in the first days - 1 sessions.

    Parameters
    ----------
    levels
        Total-return closes, shape (sessions, members); NaN before a member's first bar.
    belongs
        Who was a member at each close, shape (sessions, members).
    days
        Sessions in the window, this one included; 252 are a year.
    min_members
        Members below which the share isn't told.

    Notes
    -----
    The exchanges' 52-week lows, by closes instead of the day's lows, and as a share of the members.

    Unit: fraction
    """
    lowest = np.column_stack([padded(windows(level, days).min(axis=1), len(level)) for level in _by_member(levels)])
    return _share(levels <= lowest, belongs & ~np.isnan(lowest), min_members)


def _by_member(levels: Floats) -> Floats:
    """Return a row a member, each lying together in memory, as windows of one are read fastest."""
    return np.ascontiguousarray(levels.T)


def _share(those: Flags, counted: Flags, fewest: int) -> Floats:
    """Return the share of those among the members that are counted, NaN where these are too few."""
    count = counted.sum(axis=1)
    return (those & counted).sum(axis=1) / np.where(count >= fewest, count, np.nan)
