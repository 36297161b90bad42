"""Signals of volatility."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from strategies.signals.windows import padded, windows

SESSIONS_A_YEAR = 252


def realised_volatility(level: Floats, days: int) -> Floats:
    """Return close-to-close realised volatility, a fraction a year.

    The standard deviation (ddof 1) of the last `days` log returns times sqrt(252); NaN until there are `days` returns.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    days
        Returns in the window, at least 2.
    """
    returns = np.diff(np.log(level))
    return padded(windows(returns, days).std(axis=1, ddof=1) * np.sqrt(SESSIONS_A_YEAR), len(level))
