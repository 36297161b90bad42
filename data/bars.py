"""Bars: one instrument's as-traded sessions, with splits and dividends as events (design: market data)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from data.arithmetic import log
from data.arrays import Dates, Flags, Floats, Ints, among
from data.ranges import SPLIT, SPLITS

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume", "dividend", "split")
MULTIPLY = ("splits up to here multiply beyond all bounds", f"correct them: their product is from {SPLITS.ends}")
"""What is wrong where `splits_beyond`, and the remedy."""


@dataclass(frozen=True)
class Bars:
    """One instrument's daily bars, as traded.

    Parameters
    ----------
    instrument
        Its name, such as ``SOXS``.
    dates
        Sessions, ``datetime64[D]``, strictly increasing, shape (sessions,).
    open, high, low, close
        Dollars a share in that session's own share basis; NaN where the instrument has no bar.
    volume
        Shares in that session's own basis; NaN where there is no bar.
    dividend
        Dollars a share on the ex-date, in that session's share basis.
    split
        New shares per old share, effective before that session's open (0.1 for a 1:10 reverse split).
    """

    instrument: str
    dates: Dates
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats

    def __len__(self) -> int:
        return len(self.dates)

    def rows(self, keep: Flags | slice) -> Bars:
        """Return the bars of the chosen rows."""
        return replace(self, **{f.name: getattr(self, f.name)[keep] for f in fields(self) if f.name != "instrument"})

    def up_to(self, last: np.datetime64) -> Bars:
        """Return the bars up to a day: what comes after a run's last session is never seen, nor hashed."""
        return self.rows(slice(0, int(np.searchsorted(self.dates, last, side="right"))))

    def onto(self, sessions: Dates) -> Bars:
        """Lay these bars on other sessions, folding the events of those that are cut away.

        Splits of a session that is cut away multiply, and its dividends, put into the new share basis, add into
        the next session that is kept. Sessions without a bar are NaN, with no dividend and split 1.

        Parameters
        ----------
        sessions
            The sessions to keep, ``datetime64[D]``, strictly increasing.
        """
        if len(sessions) == len(self) and np.array_equal(sessions, self.dates):
            return self
        own, at = _places(self.dates, sessions)
        dividend, split = (self.dividend, self.split) if isinstance(own, slice) else _fold_events(self, own)
        columns = {name: getattr(self, name)[own] for name in (*PRICES, "volume")}
        columns |= {"dividend": dividend[own], "split": split[own]}
        laid = {}
        for name, values in columns.items():
            laid[name] = np.full(len(sessions), {"dividend": 0.0, "split": 1.0}.get(name, np.nan))
            laid[name][at] = values
        return Bars(self.instrument, sessions, **laid)

    def total_return(self) -> Floats:
        """Return the total-return close: the close with splits undone and dividends put back in.

        ``T[t]/T[t-1] = (close[t] + dividend[t]) / (close[t-1] / split[t])``; T starts at the first close. A session
        without a bar carries the last level; before the first bar it is NaN.
        """
        there = ~np.isnan(self.close)
        first = int(np.argmax(there)) if len(there) else 0
        has_bar = slice(first, None) if there[first:].all() else there
        close, dividend, split = self.close[has_bar], self.dividend[has_bar], self.split[has_bar]
        level = np.full(len(self), np.nan)
        if not len(close):
            return level
        growth = (close[1:] + dividend[1:]) / (close[:-1] / split[1:])
        level[has_bar] = close[0] * np.concatenate(([1.0], np.cumprod(growth)))
        return carried_forward(level)


def later_splits(split: Floats) -> Floats:
    """Return the product of the splits after each row: a traded price is the split-adjusted one times this."""
    return np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)


def splits_beyond(split: Floats) -> Flags:
    """Return the rows up to which splits multiply to what no share became; those that can't be alone count as 1."""
    able = (split >= SPLIT.low) & (split <= SPLIT.high)
    product = np.cumsum(log(np.where(able, split, 1.0)))
    beyond: Flags = (product < math.log(SPLITS.low)) | (product > math.log(SPLITS.high))
    return beyond


def carried_forward(values: Floats) -> Floats:
    """Fill each NaN with the last value before it; leading NaN stay."""
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    filled: Floats = np.where(last >= 0, values[last], np.nan)
    return filled


def _places(days: Dates, sessions: Dates) -> tuple[Flags | slice, Ints | slice]:
    """Return which of some days are sessions, and their rows there: slices where both lie together, as is usual."""
    if not len(sessions):
        return slice(0), slice(0)
    own = slice(int(np.searchsorted(days, sessions[0])), int(np.searchsorted(days, sessions[-1], side="right")))
    since = int(np.searchsorted(sessions, days[own][0])) if len(days[own]) else 0
    at = slice(since, since + len(days[own]))
    if np.array_equal(sessions[at], days[own]):
        return own, at
    kept = among(days, sessions)
    return kept, np.searchsorted(sessions, days[kept])


def _fold_events(bars: Bars, kept: Flags) -> tuple[Floats, Floats]:
    """Return dividend and split with the events of rows that aren't kept moved into the next row that is."""
    dividend, split = bars.dividend.copy(), bars.split.copy()
    rows = np.flatnonzero(kept)
    events = np.flatnonzero(~kept & ((split != 1.0) | (dividend != 0.0)))
    for row in events[::-1]:
        following = np.searchsorted(rows, row)
        if 0 < following < len(rows):
            into = rows[following]
            dividend[into] += bars.dividend[row] / split[into]
            split[into] *= bars.split[row]
    return dividend, split
