"""Signals of leadership: how few carry a group, and how much its members move as one.

As with breadth, without a membership file the group is today's survivors.
"""

from __future__ import annotations

import numpy as np

from data.arithmetic import log
from data.arrays import Flags, Floats
from strategies.signals.feeds import Belongs, Count, Days, Level, Levels
from strategies.signals.windows import padded, windows

STILL = 1e-12
"""A daily standard deviation up to which a member counts as not moving: what is left of it is rounding."""
BLOCK = 512
"""Sessions taken at once, so that their windows stay in the processor's cache."""


def gain_concentration(
    levels: Levels, belongs: Belongs, days: Days = 63, top: Count = 3, min_members: Count = 5
) -> Floats:
    """The share of the members' gains over the last `days` sessions that the `top` best of them made.

    Gains are the positive total returns over `days` sessions, each member counting for as much as any other; losers
    count as nothing. Were the gains of all n members alike, it would be top / n; 1 is when only the best gained. NaN
    where nobody gained, and where the members that belong at this close and have a return are fewer than
    `min_members` or not more than `top`; so in the first `days` sessions.

    Parameters
    ----------
    levels
        Total-return closes, shape (sessions, members); NaN before a member's first bar.
    belongs
        Who was a member at each close, shape (sessions, members).
    days
        Sessions over which gains are made.
    top
        Members that are taken for the leaders.
    min_members
        Members below which the share isn't told.

    Notes
    -----
    Unit: fraction
    """
    returns = levels[days:] / levels[:-days] - 1.0
    counted = belongs[days:] & ~np.isnan(returns)
    gains = np.sort(np.where(counted, np.maximum(returns, 0.0), 0.0), axis=1)
    best, rest = gains[:, -top:].sum(axis=1), gains[:, :-top].sum(axis=1)
    known = (counted.sum(axis=1) >= max(min_members, top + 1)) & (best > 0.0)
    return padded(best / np.where(known, best + rest, np.nan), len(levels))


def equal_against_cap(
    level: Level, levels: Levels, belongs: Belongs, days: Days = 63, min_members: Count = 5
) -> Floats:
    """The return of a group's members in equal parts less that of the cap-weighted fund, over the last `days` sessions.

    Below 0 the large ones lead. Equal parts are restored at every close; a member is held over a session when it
    belonged at the close before. NaN in the first `days` sessions, before the fund's first bar, and where any session
    of the window has fewer than `min_members`.

    Parameters
    ----------
    level
        Total-return closes of the cap-weighted fund, shape (sessions,).
    levels
        Those of the members, shape (sessions, members); NaN before a member's first bar.
    belongs
        Who was a member at each close, shape (sessions, members).
    days
        Sessions over which returns are made.
    min_members
        Members below which it isn't told.

    Notes
    -----
    No costs, and no fee on the side of the members, where the fund's return is after its fee.

    Unit: fraction
    """
    returns = levels[1:] / levels[:-1] - 1.0
    counted = belongs[:-1] & ~np.isnan(returns)
    count = counted.sum(axis=1)
    mean = np.where(counted, returns, 0.0).sum(axis=1) / np.where(count >= min_members, count, np.nan)
    equal = windows(1.0 + mean, days).prod(axis=1)
    return padded(equal - level[days:] / level[:-days], len(level))


def average_correlation(levels: Levels, belongs: Belongs, days: Days = 63, min_members: Count = 5) -> Floats:
    """The mean correlation between the daily log returns of a group's members, over the last `days` sessions.

    The mean over all pairs of Pearson's correlation. With z the n members' returns of the window, standardised so that
    each has the sum of squares 1, all n x n correlations add up to the sum over sessions of (the sum of z over
    members) squared; n of them are 1. Counted are members that belong at this close, have `days` returns and moved;
    NaN where they are fewer than 2 or `min_members`, and so in the first `days` sessions.

    Parameters
    ----------
    levels
        Total-return closes, shape (sessions, members); NaN before a member's first bar.
    belongs
        Who was a member at each close, shape (sessions, members).
    days
        Returns in the window.
    min_members
        Members below which it isn't told.

    Notes
    -----
    Pollet and Wilson, "Average Correlation and Stock Market Returns" (2010).

    Unit: a correlation
    """
    returns = np.diff(log(levels.T), axis=1)
    blocks = [
        _mean_correlation(returns[:, start : start + BLOCK + days - 1], belongs[start + days : start + days + BLOCK])
        for start in range(0, len(levels) - days, BLOCK)
    ]
    mean, count = np.concatenate(blocks, axis=1) if blocks else np.empty((2, 0))
    return padded(np.where(count >= max(min_members, 2), mean, np.nan), len(levels))


def _mean_correlation(returns: Floats, belongs: Flags) -> Floats:
    """Return the mean over pairs, and the number of members counted, shape (2, sessions).

    Parameters
    ----------
    returns
        Shape (members, sessions + days - 1).
    belongs
        Shape (sessions, members).
    """
    days = returns.shape[1] - len(belongs) + 1
    together, count = np.zeros((len(belongs), days)), np.zeros(len(belongs))
    for own, belonged in zip(returns, belongs.T, strict=True):
        mean = windows(own, days).mean(axis=1)  # NaN where the window isn't full
        off = windows(np.nan_to_num(own), days) - np.nan_to_num(mean)[:, np.newaxis]
        size = np.sqrt((off * off).sum(axis=1))
        counted = belonged & ~np.isnan(mean) & (size > STILL * np.sqrt(days))
        off *= np.where(counted, 1.0 / np.where(counted, size, 1.0), 0.0)[:, np.newaxis]
        together += off
        count += counted
    total = (together * together).sum(axis=1)
    return np.stack(((total - count) / np.maximum(count * (count - 1.0), 1.0), count))
