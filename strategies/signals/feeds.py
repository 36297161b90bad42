"""What signals are fed: types that say what of the market an argument is, and what that is in a market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.events import Events
from data.families import CHIPS, chip_makers, holds_chips
from data.market import Market
from data.ranges import COUNT, DAYS, SHARE

Default = Literal["underlying", "hedge", "members", "valuation"]
Names = str | tuple[str, ...] | None


@dataclass(frozen=True)
class Feed:
    """What of the market an argument is.

    Parameters
    ----------
    kind
        What is fed: a method of `Feeder`.
    key
        The key of a run that says whose it is; empty where there is nothing to name.
    default
        Whose it is where nothing is said; ``None`` where it has to be said.
    """

    kind: str
    key: str = ""
    default: Default | None = None


Level = Annotated[Floats, Feed("level", "of", "underlying")]
"""Total-return closes, shape (sessions,)."""
OtherLevel = Annotated[Floats, Feed("level", "against")]
"""Total-return closes of another instrument, or of several held in equal parts, restored daily."""
Open = Annotated[Floats, Feed("open", "of", "underlying")]
"""Opens, highs and lows on the scale of the total-return close, shape (sessions,); NaN without a bar."""
High = Annotated[Floats, Feed("high", "of", "underlying")]
Low = Annotated[Floats, Feed("low", "of", "underlying")]
DollarVolume = Annotated[Floats, Feed("dollar_volume", "of", "hedge")]
"""As-traded close times as-traded shares, dollars, shape (sessions,); NaN where the volume isn't known."""
OtherDollarVolume = Annotated[Floats, Feed("dollar_volume", "against")]
Value = Annotated[Floats, Feed("series", "series")]
"""A series as known at each close, in its own unit, shape (sessions,); NaN before its first value."""
OtherValue = Annotated[Floats, Feed("series", "against")]
Earnings = Annotated[Floats | None, Feed("valuation", "series", "valuation")]
"""Price/earnings as known at each close, shape (sessions,): of the series named, else of the underlying's own or its
companies', `valuation_of`; ``None`` where the data hold none."""
Levels = Annotated[Floats, Feed("levels", "members", "members")]
"""Total-return closes of a group's members, shape (sessions, members); NaN before a member's first bar."""
Belongs = Annotated[Flags, Feed("belongs", "members", "members")]
"""Whether each was a member at each close, shape (sessions, members); True where no dates are known."""
Sessions = Annotated[Dates, Feed("sessions")]
"""The sessions' dates, shape (sessions,)."""
Schedule = Annotated[Events, Feed("schedule", "events")]
"""Dated events, past and to come."""

Days = Annotated[int, DAYS]
"""Sessions in a window, this one included, from 2."""
Count = Annotated[int, COUNT]
"""A number of sessions or of things, from 1."""
Share = Annotated[float, SHARE]
"""A fraction from 0 to 1."""


@dataclass(frozen=True)
class Feeder:
    """Gives what signals are fed; each method is a kind of `Feed`, and takes whose it is."""

    market: Market

    def level(self, named: Names) -> Floats:
        """Return total-return closes; of several instruments, those of equal parts restored daily."""
        if isinstance(named, tuple):
            return basket(self.levels(named))
        return self.market.total_return(named)

    def open(self, named: str) -> Floats:
        """Return opens on the scale of the total-return close."""
        return self.market.bars(named).open * self._scale(named)

    def high(self, named: str) -> Floats:
        """Return highs on the scale of the total-return close."""
        return self.market.bars(named).high * self._scale(named)

    def low(self, named: str) -> Floats:
        """Return lows on the scale of the total-return close."""
        return self.market.bars(named).low * self._scale(named)

    def dollar_volume(self, named: str) -> Floats:
        """Return as-traded close times as-traded shares; NaN where the volume isn't known."""
        return self.market.close(named) * self.market.volume(named)

    def series(self, named: str) -> Floats:
        """Return a series as known at each close."""
        return self.market.series(named)

    def valuation(self, named: str | None) -> Floats | None:
        """Return price/earnings as known at each close; None where nobody names a series and the data hold none."""
        name = named or valuation_of(self.market)
        return None if name is None else self.market.series(name)

    def levels(self, named: Names) -> Floats:
        """Return the total-return closes of a group's members, shape (sessions, members)."""
        return np.column_stack([self.market.total_return(name) for name in members_of(self.market, named)])

    def belongs(self, named: Names) -> Flags:
        """Return who was a member when; everybody always, where no dates are known."""
        symbols = members_of(self.market, named)
        if isinstance(named, str):
            return self.market.members(named).on(self.market.sessions, symbols)
        return np.ones((len(self.market), len(symbols)), np.bool_)

    def sessions(self, named: None) -> Dates:
        """Return the sessions' dates."""
        del named
        return self.market.sessions

    def schedule(self, named: str) -> Events:
        """Return dated events."""
        return self.market.events(named)

    def _scale(self, named: str) -> Floats:
        return self.market.total_return(named) / self.market.close(named)


def members_of(market: Market, named: Names) -> tuple[str, ...]:
    """Return a group's members, sorted where nobody gives an order.

    A list is itself; a name is a membership file's symbols of which the market has bars; ``None`` is every chip maker
    it has bars of.
    """
    if isinstance(named, tuple):
        return named
    there = market.instruments()
    if named is None:
        return chip_makers(there)
    return tuple(sorted(set(market.members(named).symbols.tolist()) & set(there)))


def valuation_of(market: Market) -> str | None:
    """Return the series that tells how dear a market's underlying is; None where the data hold none."""
    return next((name for name in valuations_of(market.underlying) if market.has_series(name)), None)


def valuations_of(underlying: str) -> tuple[str, ...]:
    """Return the series that can tell how dear an underlying is, the one that counts first: its own, its companies'."""
    return (f"{underlying}_PE", *((f"{CHIPS}_PE",) if holds_chips(underlying) else ()))


def basket(levels: Floats) -> Floats:
    """Return the level of equal parts restored daily; members without a return that day don't count.

    NaN before the first return of any, then 1 at the close before that.
    """
    with np.errstate(invalid="ignore"):
        returns = levels[1:] / levels[:-1] - 1.0
    known = ~np.isnan(returns)
    total, count = np.where(known, returns, 0.0).sum(axis=1), known.sum(axis=1)
    level = np.concatenate(([1.0], np.cumprod(1.0 + total / np.maximum(count, 1))))
    begun = np.flatnonzero(count)
    level[: begun[0] if len(begun) else len(level)] = np.nan
    return level
