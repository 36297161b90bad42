"""What measures of a book are made of: returns, falls, tails, what it traded, and their totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import power
from data.arrays import Dates, Floats, Ints
from data.calendar import SESSIONS_A_YEAR, sessions_a_year
from engine.kernel.loop import Ledger
from engine.kernel.sweep import Sums
from engine.rules import Terms, costs_of
from strategies.policy import ENTER

CVAR_TAIL = 0.05


def returns_of(equity: Floats) -> Floats:
    """Return simple returns from close to close, shape (sessions - 1,)."""
    return equity[1:] / equity[:-1] - 1.0


def mean_cash_return(earned: Floats, last: int) -> float:
    """Return the mean of what cash earns a session, a fraction: the rate Sharpe and Sortino are measured over."""
    return float(earned[1 : last + 1].mean())


def annual(per_session: float, a_year: float = SESSIONS_A_YEAR) -> float:
    """Return the rate that so many sessions compound to, the form quantstats takes a rate in."""
    return float((1.0 + per_session) ** a_year - 1.0)


def log_growth(book: Ledger, years: float) -> float:
    """Return log growth a year, -inf for a book that was ruined."""
    grown = book.equity[book.last] / book.equity[0]
    return math.log(grown) / years if grown > 0.0 else -np.inf


def drawdowns(equity: Floats) -> Floats:
    """Return the fall from the highest equity so far, fractions <= 0, shape (sessions,)."""
    return equity / np.maximum.accumulate(equity) - 1.0


def cvar(returns: Floats) -> float:
    """Return the mean of the worst returns, a fraction."""
    return float(np.sort(returns)[: worst_of(len(returns))].mean())


def worst_of(count: int) -> int:
    """Return how many of some returns are the worst: ``floor(0.05 (n - 1)) + 1`` of n."""
    return int(CVAR_TAIL * (count - 1)) + 1


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


Amount = Any
"""A number of one book, or an array of shape (books,) of a sweep's."""


class Totals(NamedTuple):
    """What formulas are made of: of one book from its ledger, of a sweep's books from the kernel's sums.

    Parameters
    ----------
    equity, mean_equity
        Dollars at the last close, and the mean over all closes.
    growth, cagr
        Equity at the last close over starting cash, and that a year less 1.
    excess, spread, shortfall
        A session's mean return over cash, the standard deviation of returns (ddof 1), and the root of the mean square
        of what falls short of cash.
    drawdown, tail
        The deepest fall, and the mean of the worst returns, fractions <= 0.
    fills, episodes, hedged
        Counts of fills, of orders that turned the hedge on, and of closes with a position in it.
    traded, costs
        Dollars.
    sessions, years, a_year
        How many sessions, how many years they are, and how many make a year.
    first, last
        Dates; empty for a sweep's books.
    """

    equity: Amount
    mean_equity: Amount
    growth: Amount
    cagr: Amount
    excess: Amount
    spread: Amount
    shortfall: Amount
    drawdown: Amount
    tail: Amount
    fills: Amount
    episodes: Amount
    hedged: Amount
    traded: Amount
    costs: Amount
    sessions: int
    years: float
    a_year: float
    first: str = ""
    last: str = ""


def totals_of(ledger: Ledger, earned: Floats, sessions: Dates, trades: Trades, entries: Sequence[int]) -> Totals:
    """Return what the formulas take of one book, to its last session; arguments as of `metrics_of`."""
    end = ledger.last + 1
    equity = ledger.equity[:end]
    returns, a_year = returns_of(equity), sessions_a_year(sessions[:end])
    years = (end - 1) / a_year
    excess = returns - mean_cash_return(earned, ledger.last)
    growth = equity[-1] / equity[0]
    return Totals(
        equity=equity[-1],
        mean_equity=equity.mean(),
        growth=growth,
        cagr=growth ** (1.0 / years) - 1.0 if growth > 0.0 else -1.0,
        excess=excess.mean(),
        spread=_spread(returns),
        shortfall=math.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)),
        drawdown=float(drawdowns(equity).min()),
        tail=min(cvar(returns), 0.0),
        fills=int(trades.fills[:end].sum()),
        episodes=int(np.count_nonzero(ledger.actions[:end][:, entries] == ENTER)),
        hedged=int(ledger.shares[:end, -ledger.hedges.shape[1] :].any(axis=1).sum()),
        traded=float(trades.dollars[:end].sum()),
        costs=float(trades.costs[:end].sum()),
        sessions=end,
        years=years,
        a_year=a_year,
        first=str(sessions[0]),
        last=str(sessions[ledger.last]),
    )


def totals_from(
    sums: Sums, entries: Ints, tail: Floats, count: int, cash: float, cash_return: float, a_year: float
) -> Totals:
    """Return what the formulas take of a sweep's books.

    Parameters
    ----------
    sums
        The kernel's, over the whole run.
    entries
        How often each hedge was ordered on, shape (books,).
    tail
        The mean of each one's worst returns, of which there are `worst_of`, shape (books,).
    count
        How many returns each has.
    cash, cash_return
        Starting dollars, and the mean of what cash earns a session.
    a_year
        How many of the sessions make a year.
    """
    years, mean, growth = count / a_year, sums.returns / count, sums.equity / cash
    with np.errstate(divide="ignore", invalid="ignore"):
        return Totals(
            equity=sums.equity,
            mean_equity=sums.equities / (count + 1),
            growth=growth,
            cagr=np.where(growth > 0.0, power(growth, 1.0 / years) - 1.0, -1.0),
            excess=mean - cash_return,
            spread=np.sqrt(np.maximum(sums.squares - count * mean**2, 0.0) / (count - 1)),
            shortfall=np.sqrt(sums.shortfalls / count),
            drawdown=sums.drawdown,
            tail=np.minimum(tail, 0.0),
            fills=sums.fills,
            episodes=entries,
            hedged=sums.hedged,
            traded=sums.traded,
            costs=sums.costs,
            sessions=count + 1,
            years=years,
            a_year=a_year,
        )


def _spread(returns: Floats) -> float:
    """Return the sample standard deviation, exactly 0 for returns that are all equal."""
    same = len(returns) < 2 or bool((returns == returns[0]).all())  # ddof 1 needs two
    return 0.0 if same else float(returns.std(ddof=1))
