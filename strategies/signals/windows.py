"""Rolling windows: every value is computed from its own window alone, so no later bar can change it by a bit.

Nor can an earlier start of history: a window takes the same steps wherever it stands. A window that holds a NaN has no
value. What takes a `Level` takes any values; asked for by name, `catalogue.shared`, it is fed total-return closes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.arrays import Flags, Floats
from strategies.signals.feeds import Level

Merge = Callable[[Floats, Floats, int, int], Floats]
"""What is known of adjacent windows made into what is known of both together: older, newer, their lengths."""


def windows(values: Floats, length: int) -> Floats:
    """Return every full window of `length` values, shape (len(values) - length + 1, length), or (0, length)."""
    if len(values) < length:
        return np.empty((0, length))
    return sliding_window_view(values, length)


def padded(results: Floats, sessions: int) -> Floats:
    """Put NaN before the results of full windows, so that one stands at each window's last session."""
    warm_up = np.full(sessions - len(results), np.nan)
    return np.concatenate((warm_up, results))


def folded(values: Floats, length: int, merge: Merge) -> Floats:
    """Return what `merge` makes of every full window, in time proportional to the logarithm of its length.

    Windows of 1, 2, 4, 8, ... values are merged to the length asked for (21 = 1 + 4 + 16). No sum runs along, so no
    rounding is carried from one window into the next.

    Parameters
    ----------
    values
        What is known of each value by itself, shape (..., sessions).
    length
        Values in a window, at least 1.
    merge
        Makes one window of two adjacent ones, element by element.

    Returns
    -------
    numpy.ndarray
        Shape (..., sessions - length + 1), or (..., 0).
    """
    if values.shape[-1] < length:
        return values[..., :0]
    whole, covered = values, 0
    part, size = values, 1
    while True:
        if length & size:
            whole = _joined(whole, part, covered, size, merge) if covered else part
            covered += size
        if covered == length:
            return whole
        part, size = _joined(part, part, size, size, merge), 2 * size


def _joined(older: Floats, newer: Floats, a: int, b: int, merge: Merge) -> Floats:
    """Return windows of a + b values, each from the one of a values and that of b values right after it."""
    count = older.shape[-1] - b
    return merge(older[..., :count], newer[..., a : a + count], a, b)


def moving_average(values: Level, days: int) -> Floats:
    """Return the simple moving average over `days` sessions, this one included; NaN in warm-up."""
    return padded(windows(values, days).mean(axis=1), len(values))


def moments(values: Floats, days: int) -> tuple[Floats, Floats]:
    """Return each window's mean, and the sum of squared deviations from it, both shape (sessions,); NaN in warm-up.

    Windows are merged as in Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances" (1979): nothing cancels, and a window of equal values has deviations of exactly 0.
    """
    mean, squares = folded(np.stack((values, 0.0 * values)), days, _merged_moments)
    return padded(mean, len(values)), padded(squares, len(values))


def _merged_moments(older: Floats, newer: Floats, a: int, b: int) -> Floats:
    apart = newer[0] - older[0]
    return np.stack((older[0] + apart * (b / (a + b)), older[1] + newer[1] + apart * apart * (a * b / (a + b))))


def standard_deviation(values: Level, days: int, ddof: int = 1) -> Floats:
    """Return the standard deviation of the last `days` values, this one included; NaN in warm-up."""
    return np.sqrt(moments(values, days)[1] / (days - ddof))


def zscore(values: Level, days: int) -> Floats:
    """Return how many standard deviations (ddof 1) of its last `days` values this one is above their mean.

    This value is one of them. NaN in warm-up and where they are all equal.
    """
    mean, squares = moments(values, days)
    return over(values - mean, np.sqrt(squares / (days - 1)))


def over(values: Floats, scale: Floats) -> Floats:
    """Return values over a scale; NaN where that is 0 or unknown."""
    return np.divide(values, scale, out=np.full(len(values), np.nan), where=scale > 0.0)


def highest(values: Level, days: int) -> Floats:
    """Return the highest of the last `days` values, this one included; NaN in warm-up."""
    return padded(folded(values, days, lambda older, newer, *_: np.maximum(older, newer)), len(values))


def lowest(values: Level, days: int) -> Floats:
    """Return the lowest of the last `days` values, this one included; NaN in warm-up."""
    return padded(folded(values, days, lambda older, newer, *_: np.minimum(older, newer)), len(values))


def change(values: Level, days: int) -> Floats:
    """Return the value less that of `days` sessions ago, in the value's own unit; NaN in warm-up."""
    return padded(values[days:] - values[:-days], len(values))


def before(values: Floats) -> Floats:
    """Return what the values were one session ago; NaN at the first."""
    return padded(values[:-1], len(values))


def percentile(values: Level, days: int) -> Floats:
    """Return the share of the last `days` values, this one included, that are at or below this one.

    In (0, 1]: 1 at a new high of the window. NaN in warm-up and where the window holds a NaN.
    """
    last = values[days - 1 :]
    found, block = np.zeros(len(last)), np.zeros(len(last), np.uint8)
    below: Flags = np.empty(len(last), np.bool_)
    for first in range(days):
        np.less_equal(values[first : first + len(last)], last, out=below)
        block += below.view(np.uint8)
        if first % 255 == 254 or first == days - 1:  # a byte holds 255, and adds eight times as fast as an int64
            found += block
            block[:] = 0
    known = ~np.isnan(highest(values, days))
    return np.where(known, padded(found / days, len(values)), np.nan)


def within(flags: Floats, days: int) -> Floats:
    """Return 1 where any of the last `days` flags, this one included, is 1, else 0; short windows count too."""
    lengthened = np.concatenate((np.zeros(days - 1), flags))
    return highest(lengthened, days)[days - 1 :]
