"""The two kinds of strategy: one that gives an intensity for every session, one that is asked at every close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.arrays import Floats
from data.errors import StrategyError
from data.market import Market
from data.roles import Roles
from strategies import parameters
from strategies.inputs import Input, Reads
from strategies.rules import Rule, all_fire, reads_of, remarks_of


class Strategy:
    """Base of a strategy that says, for every session, how strongly to hedge.

    Derive a frozen dataclass whose fields are its parameters, and write `intensity`, or `rules` that all have to hold.
    Policy and sizing of the run turn the intensity into orders. An instance keeps no state.
    """

    def __post_init__(self) -> None:
        parameters.check(self)

    def intensity(self, market: Market) -> Floats:
        """Return how strongly to hedge, in [0, 1], shape (sessions,); NaN counts as 0. By rules: 1 where all hold.

        Row i may use only rows up to i of what `market` gives: it is decided on at the close of session i and
        traded on from the next session.
        """
        if self.rules():
            return all_fire(self.inputs(market))
        raise StrategyError(f"{type(self).__name__} has no method intensity: write it, it returns a value a session")

    def rules(self) -> Sequence[Rule]:
        """Return the rules that its intensity is made of, where it is made of rules."""
        return ()

    def inputs(self, market: Market) -> Sequence[Input]:
        """Return what the intensity is made from, for `backtest explain`; its rules' values, unless it tells others."""
        return tuple(rule.input(market) for rule in self.rules())

    def reads(self, roles: Roles) -> Reads:
        """Return what it needs of the data, so that what is lacking is reported before anything runs."""
        return reads_of(self.rules(), roles)

    def remarks(self, market: Market) -> Sequence[str]:
        """Return what a reader has to know of what it reads, a sentence each."""
        return remarks_of(self.rules(), market)

    def label(self, market: Market) -> str:
        """Return the name it goes by wherever it shows, in the light of the data it found."""
        del market
        return type(self).__name__


class CloseStrategy:
    """Base of a strategy that is asked at every close for the hedge's weight, and may keep state.

    Derive a dataclass whose fields are its parameters, and write `on_close`. Every run gets a fresh instance.
    Policy and sizing of the run don't apply: it orders when the weight it gives changes.
    """

    def __post_init__(self) -> None:
        parameters.check(self)

    def on_close(self, view: View, book: Book) -> float | Sequence[float] | Mapping[str, float]:
        """Return the hedge's weight from the next session on, a fraction of equity; 0 is no hedge.

        With several hedges one weight each: in the order of the config, or by instrument, 0 for those left out. Of a
        hedge that is sold short, and of an option that of the underlying it covers, the weight is above 0 too.
        """
        del view, book
        raise StrategyError(f"{type(self).__name__} has no method on_close: write it, it returns the hedge's weight")

    def label(self, market: Market) -> str:
        """Return the name it goes by wherever it shows."""
        del market
        return type(self).__name__


@dataclass(frozen=True)
class Book:
    """The run's book at a close, for an `on_close` strategy.

    Parameters
    ----------
    equity, cash
        Dollars.
    core_weight, hedge_weight
        Fractions of equity at this close; of all hedges together, shorts counted as what is sold.
    hedge_weights
        Of each hedge by its instrument.
    """

    equity: float
    cash: float
    core_weight: float
    hedge_weight: float
    hedge_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What is known at one close: every array ends with that session.

    Parameters
    ----------
    row
        The session's row among the market's sessions.
    """

    _market: Market
    row: int

    @property
    def date(self) -> np.datetime64:
        """The session's date."""
        return self._market.sessions[self.row]

    @property
    def session(self) -> int:
        """The session's number in the run, 0 for the first."""
        return self.row - self._market.first

    def close(self, instrument: str | None = None) -> Floats:
        """Return as-traded closes up to this one, the underlying's unless named."""
        return self._market.close(instrument)[: self.row + 1]

    def volume(self, instrument: str | None = None) -> Floats:
        """Return as-traded volumes up to this session's, the underlying's unless named."""
        return self._market.volume(instrument)[: self.row + 1]

    def total_return(self, instrument: str | None = None) -> Floats:
        """Return total-return closes up to this one, the underlying's unless named."""
        return self._market.total_return(instrument)[: self.row + 1]

    def series(self, name: str) -> Floats:
        """Return a series as known at each close up to this one."""
        return self._market.series(name)[: self.row + 1]

    def value(self, name: str, of: np.datetime64) -> float:
        """Return a series' value of one day as it stands at this close; raises DataError where it isn't known yet."""
        return self._market.value(name, of, self.date)
