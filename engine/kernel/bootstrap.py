"""The bootstrap's kernel: every book's figures on the same resampled sessions.

A plain function; `compiled` twins it.
"""

from __future__ import annotations

import math

import numpy as np

from data.arrays import Floats, Ints

FIGURES = ("growth", "sharpe", "max_drawdown", "cvar_95")
"""The columns of what `resample` writes."""


def resample(days: Ints, logs: Floats, returns: Floats, cash: Floats, ranked: Ints, worst: int, out: Floats) -> None:
    """Write the figures of every book on every draw of sessions; the same sessions for all books.

    Parameters
    ----------
    days
        Which returns each draw takes, in order, shape (draws, n).
    logs, returns
        Log and simple returns of the books, shape (n, books).
    cash
        What cash returns, shape (n,).
    ranked
        The rows of `returns` from the worst up, for each book, shape (books, n).
    worst
        How many of the lowest returns the tail's mean takes.
    out
        Written, shape (draws, books, 4): mean log return a session; Sharpe a session, the cash's mean taken off,
        NaN for returns that don't vary; deepest fall from a peak and mean of the tail, fractions <= 0.
    """
    (draws, n), books = days.shape, logs.shape[1]
    level, peak, fall = np.zeros(books), np.zeros(books), np.zeros(books)
    total, squares, taken = np.zeros(books), np.zeros(books), np.zeros(n, np.int64)
    for d in range(draws):
        level[:], peak[:], fall[:], total[:], squares[:], taken[:] = 0.0, 0.0, 0.0, 0.0, 0.0, 0
        earned = 0.0
        for t in range(n):
            day = days[d, t]
            taken[day] += 1
            earned += cash[day]
            for b in range(books):
                level[b] += logs[day, b]
                peak[b] = level[b] if level[b] > peak[b] else peak[b]  # noqa: FURB136  # max() looks for NaN first
                below = level[b] - peak[b]
                fall[b] = below if below < fall[b] else fall[b]  # noqa: FURB136  # the same
                total[b] += returns[day, b]
                squares[b] += returns[day, b] * returns[day, b]
        for b in range(books):
            mean = total[b] / n
            variance = (squares[b] - n * mean * mean) / (n - 1)
            steady = variance <= 1e-14 * squares[b] / n  # what rounding leaves of returns that are all equal
            left, tail, k = worst, 0.0, 0
            while left > 0:
                day = ranked[b, k]
                count = taken[day] if taken[day] < left else left  # noqa: FURB136  # the same
                tail += count * returns[day, b]
                left -= count
                k += 1
            out[d, b, 0] = level[b] / n
            out[d, b, 1] = math.nan if steady else (mean - earned / n) / math.sqrt(variance)
            out[d, b, 2] = math.expm1(fall[b])
            out[d, b, 3] = tail / worst if tail < 0.0 else 0.0
