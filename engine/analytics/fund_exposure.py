"""What drives a leveraged fund, session by session: its index, its carry, and when it set its exposure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.fund import FEE, SPREAD
from data.rates import accrual, days_between
from engine.setup import Setup

WIPED_OUT = 0.01
"""What a modelled fund needs to have left of a dollar after a night, for its day to follow from the last close."""


class Index(NamedTuple):
    """The underlying's total return over a run, shape (sessions,) each; returns are 0 and levels 1 at t=0.

    Parameters
    ----------
    whole, night
        Simple returns from the close before to the close, and to the open; a dividend falls into the night.
    before, opened, level
        The level at the close before, at the open and at the close.
    """

    whole: Floats
    night: Floats
    before: Floats
    opened: Floats
    level: Floats


class Carry(NamedTuple):
    """What a dollar in the fund earns (+) and pays (-) each session beside the index, shape (sessions,) each."""

    financing: Floats
    fee: Floats
    spread: Floats

    @property
    def total(self) -> Floats:
        """Their sum."""
        return self.financing + self.fee + self.spread


def index_of(setup: Setup, added_back: float = 0.0) -> Index:
    """Return the underlying's total return over a run's sessions.

    A session on which the underlying has no bar returns 0, and the next one's return holds all since the last bar.

    Parameters
    ----------
    added_back
        An expense ratio, a fraction a year, that holders of the underlying pay and the fund's index doesn't.
    """
    market = setup.market
    bars, total, close = market.bars(), market.total_return(), market.close()
    growth = np.ones((2, len(market)))
    growth[0, 1:] = total[1:] / total[:-1]
    growth[1, 1:] = (bars.open[1:] + bars.dividend[1:]) / (close[:-1] / bars.split[1:])
    growth = np.nan_to_num(growth[:, market.first :], nan=1.0)
    growth *= 1.0 + added_back * days_between(market.run_sessions) / 365.0
    growth[:, 0] = 1.0
    level: Floats = np.cumprod(growth[0])
    before = np.concatenate(([1.0], level[:-1]))
    return Index(growth[0] - 1.0, growth[1] - 1.0, before, before * growth[1], level)


def carry_of(setup: Setup, leverage: float, fee: float = FEE, spread: float = SPREAD) -> Carry:
    """Return the carry of `data.fund.fund_return`, part by part, at the rate known at the close before."""
    b, sessions = leverage, setup.market.run_sessions
    days = days_between(sessions)
    return Carry((1.0 - b) * accrual(sessions, setup.cash_yield), -fee * days / 365.0, -abs(b) * spread * days / 360.0)


def day_return(leverage: float, index: Index) -> Floats:
    """Return the fund's modelled index part from the open to the close, a fraction, shape (sessions,).

    ``(1 + b r)/(1 + b r1) - 1``, r1 the night's return: it set its exposure at the last close, so that a fall of an
    inverse fund's index overnight leaves it with less than b times its worth. Where the night would have wiped it out
    it is b times the day's own return.
    """
    left, day = 1.0 + leverage * index.night, index.level / index.opened - 1.0
    alive = left > WIPED_OUT
    safe = np.where(alive, left, 1.0)
    return np.where(alive, (1.0 + leverage * index.whole) / safe - 1.0, leverage * day)


def fills_at_open(setup: Setup) -> bool:
    """Return whether orders fill at the open, inside the session; else at its close."""
    return np.array_equal(setup.prices.fill, setup.prices.open)
