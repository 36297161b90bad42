"""Signals of volume, in dollars: as-traded shares jump twentyfold at a reverse split, dollars don't.

A vendor's 0 is an unknown volume, and reaches these functions as NaN. SOXS has two hundred such sessions up to 2013,
so a window goes on without them as long as at least half of it is known. What is known of those years is rounded too,
to steps of up to 80,000 shares: its z-scores are coarse.
"""

from __future__ import annotations

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from strategies.signals.feeds import Days, DollarVolume, OtherDollarVolume
from strategies.signals.windows import padded, windows


def dollar_volume(volume: DollarVolume, days: Days = 20) -> Floats:
    """Mean dollars traded a session, over the last `days` sessions.

    The mean of what is known in the window; NaN in the first days - 1 sessions, and where less than half is known.

    Parameters
    ----------
    volume
        As-traded close times as-traded shares, shape (sessions,); NaN or 0 where it isn't known.
    days
        Sessions in the window, this one included.

    Notes
    -----
    Unit: dollars
    """
    total, count = _summed(_known(volume), days)
    return padded(total / _enough(count, days), len(volume))


def volume_zscore(volume: DollarVolume, days: Days = 63) -> Floats:
    """How far today's dollar volume stands from that of the sessions before, in standard deviations of its log.

    ``(x[t] - mean) / sd`` with x the log of dollar volume, and mean and sd (ddof 1) those of x over the `days`
    sessions before this one: today is no part of what it is held against. Dollars, because share volume jumps at each
    reverse split. NaN in the first `days` sessions, where today's volume or more than half of the window isn't known,
    and where the window doesn't vary.

    Parameters
    ----------
    volume
        As-traded close times as-traded shares, shape (sessions,); NaN or 0 where it isn't known.
    days
        Sessions in the window, this one not included.

    Notes
    -----
    The log, because volume is skewed and its log nearly normal: Ajinkya and Jain, "The Behavior of Daily Stock Market
    Trading Volume" (1989).

    Unit: standard deviations
    """
    logs = log(_known(volume))
    total, count = _summed(logs[:-1], days)
    mean = total / np.maximum(count, 1.0)
    off = windows(logs[:-1], days) - mean[:, np.newaxis]
    np.multiply(off, off, out=off)
    squares = np.fmax(off, 0.0, out=off).sum(axis=1)  # fmax passes over NaN: what isn't known adds nothing
    spread = np.sqrt(squares / np.maximum(_enough(count, days) - 1.0, 1.0))
    # A window of one and the same volume has a spread of nothing but rounding.
    return padded((logs[days:] - mean) / np.where(spread > 1e-12, spread, np.nan), len(volume))


def volume_share(volume: DollarVolume, other: OtherDollarVolume, days: Days = 5) -> Floats:
    """The fund's share of the dollars traded in it and in another together, over the last `days` sessions.

    SOXS against SOXL: how much of the leveraged trade in the sector is on the short side. Dollars of both are summed
    over the sessions on which both are known; NaN in the first days - 1 sessions, and where those are less than half.

    Parameters
    ----------
    volume, other
        As-traded close times as-traded shares, shape (sessions,); NaN or 0 where it isn't known.
    days
        Sessions in the window, this one included.

    Notes
    -----
    Unit: fraction
    """
    ours, theirs = _known(volume), _known(other)
    both = ours + theirs
    total, count = _summed(both, days)
    part, _ = _summed(np.where(np.isnan(both), np.nan, ours), days)
    return padded(part / np.where(np.isnan(_enough(count, days)), np.nan, total), len(volume))


def _known(volume: Floats) -> Floats:
    """Return volumes with NaN for those that aren't known: no session of a listed fund trades nothing."""
    return np.where(volume > 0.0, volume, np.nan)


def _summed(values: Floats, days: int) -> tuple[Floats, Floats]:
    """Return the sum of what is known in each full window, and how many values that are."""
    known = ~np.isnan(values)
    return (
        windows(np.where(known, values, 0.0), days).sum(axis=1),
        windows(known.astype(np.float64), days).sum(axis=1),
    )


def _enough(count: Floats, days: int) -> Floats:
    """Return the counts of known values, NaN where they are less than half a window."""
    return np.where(2.0 * count >= days, count, np.nan)
