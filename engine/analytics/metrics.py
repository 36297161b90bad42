"""Metrics of one book: plain formulas, each stated where it stands; a year is 252 sessions of the exchange."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.calendar import SESSIONS_A_YEAR, sessions_a_year
from engine.kernel.loop import Ledger
from engine.rules import Terms, costs_of
from strategies.policy import ENTER

CVAR_TAIL = 0.05


class Metric(NamedTuple):
    """A metric's unit and meaning, as metrics.json's schema tells it."""

    unit: str
    meaning: str


METRICS: dict[str, Metric] = {
    "final_equity": Metric("dollars", "cash and positions at the last close"),
    "total_return": Metric("fraction", "final_equity / starting cash - 1"),
    "cagr": Metric("fraction a year", "(final_equity / starting cash)^(Y/(sessions-1)) - 1; -1 for a ruined book"),
    "volatility": Metric("fraction a year", "standard deviation (ddof 1) of session returns times sqrt(Y)"),
    "sharpe": Metric("", "mean(r - c) / std(r, ddof 1) times sqrt(Y); c is the mean cash return a session"),
    "sortino": Metric("", "mean(r - c) / sqrt(mean(min(r - c, 0)^2)) times sqrt(Y)"),
    "max_drawdown": Metric("fraction <= 0", "deepest fall from a peak, the starting cash counting as one"),
    "calmar": Metric("", "cagr / |max_drawdown|"),
    "cvar_95": Metric(
        "fraction <= 0", "mean of the worst 5 % of session returns: the lowest floor(0.05 (n-1)) + 1 of n"
    ),
    "fills": Metric("count", "an instrument bought or sold in a session"),
    "episodes": Metric("count", "times the hedge was ordered on"),
    "sessions_hedged": Metric("count", "closes with a position in the hedge"),
    "turnover": Metric("a year", "dollars bought and sold, before costs, over mean equity, a year"),
    "costs": Metric("dollars", "commission and slippage"),
    "first": Metric("date", "the first session"),
    "last": Metric("date", "the last session with a book"),
    "sessions": Metric("count", "sessions from first to last"),
}


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


def metrics_of(ledger: Ledger, terms: Terms, sessions: Dates, trades: Trades) -> dict[str, Any]:
    """Return every metric of `METRICS` for one book, plain Python values; None where one is undefined.

    Parameters
    ----------
    ledger, terms
        The book and on what terms it was executed.
    sessions
        The run's sessions, shape (sessions,).
    trades
        What it traded.
    """
    end = ledger.last + 1
    equity = ledger.equity[:end]
    returns, a_year = returns_of(equity), sessions_a_year(sessions[:end])
    years = (end - 1) / a_year
    excess = returns - mean_cash_return(terms, ledger.last)
    growth = equity[-1] / equity[0]
    cagr = growth ** (1.0 / years) - 1.0 if growth > 0.0 else -1.0
    deepest = float(drawdowns(equity).min())
    figures: dict[str, Any] = {
        "final_equity": equity[-1],
        "total_return": growth - 1.0,
        "cagr": cagr,
        "volatility": _spread(returns) * math.sqrt(a_year),
        "sharpe": _ratio(excess.mean(), _spread(returns)) * math.sqrt(a_year),
        "sortino": _ratio(excess.mean(), math.sqrt(np.mean(np.minimum(excess, 0.0) ** 2))) * math.sqrt(a_year),
        "max_drawdown": deepest,
        "calmar": _ratio(cagr, -deepest),
        "cvar_95": min(cvar(returns), 0.0),
        "fills": int(trades.fills[:end].sum()),
        "episodes": int(np.count_nonzero(ledger.action[:end] == ENTER)),
        "sessions_hedged": int(np.count_nonzero(ledger.shares[:end, -1])),
        "turnover": float(trades.dollars[:end].sum()) / equity.mean() / years,
        "costs": float(trades.costs[:end].sum()),
        "first": str(sessions[0]),
        "last": str(sessions[ledger.last]),
        "sessions": end,
    }
    return {name: _plain(value) for name, value in figures.items()}


def _spread(returns: Floats) -> float:
    """Return the sample standard deviation, exactly 0 for returns that are all equal."""
    same = len(returns) < 2 or bool((returns == returns[0]).all())  # ddof 1 needs two
    return 0.0 if same else float(returns.std(ddof=1))


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 else math.nan


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
