"""How findings say numbers and dates: one line that a person reads."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates

SHOWN = 3
"""Dates that a grouped finding names."""


def percent(share: float) -> str:
    """Return ``21.3 %``, with a decimal below 100 %."""
    return f"{100 * share:.1f} %" if abs(share) < 1 else f"{100 * share:,.0f} %"


def signed(share: float) -> str:
    """Return ``+3.2 %`` or ``-3.2 %``."""
    return f"{100 * share:+.1f} %" if abs(share) < 1 else f"{100 * share:+,.0f} %"


def number(value: float) -> str:
    """Return a level without noise: ``15``, ``18.25``, ``0.0667``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def times(factor: float) -> str:
    """Return a factor above 1: ``15``, ``12``, ``1.5``."""
    return f"{factor:,.0f}" if factor >= 9.5 else f"{factor:.2g}"


def dollars(price: float) -> str:
    """Return ``$38.7 billion``, ``$2.45``."""
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if price >= size:
            return f"${price / size:.1f}{word}"
    return f"${price:,.2f}" if price >= 0.1 else f"${price:.4f}"


def multiple(leverage: float) -> str:
    """Return ``-3x``."""
    return f"{leverage:g}x"


def expectation(leverage: float, of: str, move: float) -> str:
    """Return what an underlying says of a fund's day: ``-3x SOXX says -18.3 %``."""
    return f"{multiple(leverage)} {of} says {signed(move)}"


def counted(count: int | np.integer, noun: str) -> str:
    """Return ``1 session``, ``203 sessions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def sessions(count: int | np.integer) -> str:
    """Return ``1 session``, ``203 sessions``."""
    return counted(count, "session")


def listed(dates: Dates) -> str:
    """Return the first dates, and how many more there are."""
    named = ", ".join(str(date) for date in dates[:SHOWN])
    more = len(dates) - SHOWN
    return f"{named} and {more:,} more" if more > 0 else named
