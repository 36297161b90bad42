"""What measures of a book are made of: returns, falls, tails, and what it traded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from engine.rules import Terms, costs_of

CVAR_TAIL = 0.05


def returns_of(equity: Floats) -> Floats:
    """Return simple returns from close to close, shape (sessions - 1,)."""
    returns: Floats = equity[1:] / equity[:-1] - 1.0
    return returns


def mean_cash_return(terms: Terms, last: int) -> float:
    """Return the mean of what cash earns a session, a fraction: the rate Sharpe and Sortino are measured over."""
    return float(terms.earned[1 : last + 1].mean())


def annual(per_session: float, a_year: float = SESSIONS_A_YEAR) -> float:
    """Return the rate that so many sessions compound to, the form quantstats takes a rate in."""
    return float((1.0 + per_session) ** a_year - 1.0)


def drawdowns(equity: Floats) -> Floats:
    """Return the fall from the highest equity so far, fractions <= 0, shape (sessions,)."""
    falls: Floats = equity / np.maximum.accumulate(equity) - 1.0
    return falls


def cvar(returns: Floats, tail: float = CVAR_TAIL) -> float:
    """Return the mean of the worst returns, a fraction: the lowest ``floor(tail (n - 1)) + 1`` of n."""
    worst = int(tail * (len(returns) - 1)) + 1
    return float(np.sort(returns)[:worst].mean())


class Trades(NamedTuple):
    """What a book traded in each session, shape (sessions, instruments) each.

    Parameters
    ----------
    dollars
        Bought and sold, before costs.
    costs
        Commission and slippage in dollars.
    fills
        How often.
    """

    dollars: Floats
    costs: Floats
    fills: Floats


def trades_of(traded: Floats, price: Floats, terms: Terms) -> Trades:
    """Return what a book traded, from shares bought (+) or sold (-) and the prices they filled at, before slippage."""
    commission, slippage = costs_of(terms, price, traded)
    return Trades(np.abs(traded) * price, commission + slippage, (traded != 0.0).astype(np.float64))
