"""Rolling windows: every value is computed from its own window alone, so no later bar can change it by a bit."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.arrays import Floats


def windows(values: Floats, length: int) -> Floats:
    """Return every full window of `length` values, shape (len(values) - length + 1, length), or (0, length)."""
    if len(values) < length:
        return np.empty((0, length))
    return sliding_window_view(values, length)


def padded(results: Floats, sessions: int) -> Floats:
    """Put NaN before the results of full windows, so that one stands at each window's last session."""
    warm_up = np.full(sessions - len(results), np.nan)
    return np.concatenate((warm_up, results))


def moving_average(values: Floats, days: int) -> Floats:
    """Return the simple moving average over `days` sessions, this one included; NaN in warm-up."""
    return padded(windows(values, days).mean(axis=1), len(values))


def percentile(values: Floats, days: int) -> Floats:
    """Return the share of the last `days` values, this one included, that are at or below this one.

    In (0, 1]: 1 at a new high of the window. NaN in warm-up and where the window holds a NaN.
    """
    seen = windows(values, days)
    share = (seen <= seen[:, -1:]).mean(axis=1)
    share[np.isnan(seen).any(axis=1)] = np.nan
    return padded(share, len(values))


def within(flags: Floats, days: int) -> Floats:
    """Return 1 where any of the last `days` flags, this one included, is 1, else 0; short windows count too."""
    lengthened = np.concatenate((np.zeros(days - 1), flags))
    return windows(lengthened, days).max(axis=1)
