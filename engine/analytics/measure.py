"""Measures: what each figure of a book is called, its unit, which way is better, and its formula.

Each stands once, in `MEASURES`: metrics.json, its schema, a sweep's columns, tables, pages and docs/metrics.md are made
from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import power
from data.arrays import Dates, Floats, Ints
from data.calendar import sessions_a_year
from engine.analytics.metrics import CVAR_TAIL, Trades, cvar, drawdowns, mean_cash_return, returns_of
from engine.kernel.loop import Ledger
from engine.kernel.sweep import Sums
from engine.rules import Terms
from strategies.policy import ENTER

SHIFTS = 64
"""Shifts that a sweep's row estimates its timing from, evenly spaced around the calendar; a run takes all."""

AGAINST = "_vs_"
"""Stands between a measure and the book that it is a difference to, in the name of a column."""

Amount = Any
"""A number of one book, or an array of shape (books,) of a sweep's."""


class Totals(NamedTuple):
    """What formulas are made of: of one book from its ledger, of a sweep's books from the kernel's sums.

    Parameters
    ----------
    equity, mean_equity
        Dollars at the last close, and the mean over all closes.
    returns
        Simple returns from close to close, shape (sessions - 1,), or (books, sessions - 1).
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
    returns: Floats
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


@dataclass(frozen=True)
class Measure:
    """One figure.

    Parameters
    ----------
    key
        Its name in metrics.json and in a sweep's columns.
    title
        What a person calls it.
    unit
        ``fraction``, ``dollars``, ``count``, ``date``, ``a year``, or empty for a ratio; with what it is of or its
        range behind it.
    meaning
        What it is, in words.
    formula
        Its value from a book's `Totals`, NaN where it is undefined; none for one that other modules compute.
    better
        Which way is better: 1 up, -1 down, 0 neither.
    scope
        ``book``: of one book. ``hedge``, ``safety`` and ``sum``: what a sweep's
        rows hold besides, of where the hedge's dollars came from and of the answer.
    grows
        Whether it grows with a window's length, so that those of two windows have no ratio.
    """

    key: str
    title: str
    unit: str
    meaning: str
    formula: Callable[[Totals], Amount] | None = None
    better: int = 0
    scope: str = "book"
    grows: bool = False

    @property
    def format(self) -> str:
        """How it is written: ``percent``, ``dollars``, ``count``, ``date`` or ``number``."""
        return {"fraction": "percent", "dollars": "dollars", "count": "count", "date": "date"}.get(
            self.unit.partition(" ")[0], "number"
        )

    @property
    def comparable(self) -> bool:
        """Whether the difference between two books means something whatever their size: a rate or a ratio."""
        return not self.unit or self.format == "percent"


def ratio(above: Amount, below: Amount) -> Amount:
    """Return a ratio, NaN over nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.greater(below, 0.0), np.divide(above, below), np.nan)[()]


def _book(
    key: str,
    title: str,
    unit: str,
    meaning: str,
    formula: Callable[[Totals], Amount],
    better: int = 0,
    *,
    grows: bool = False,
) -> Measure:
    return Measure(key, title, unit, meaning, formula, better, grows=grows)


def _computed(
    scope: str, key: str, title: str, meaning: str, unit: str = "fraction a year", better: int = 1
) -> Measure:
    """Return a measure that another module computes."""
    return Measure(key, title, unit, meaning, None, better, scope)


_ALL = (
    _book(
        "final_equity",
        "End value",
        "dollars",
        "cash and positions at the last close",
        lambda t: t.equity,
        1,
        grows=True,
    ),
    _book(
        "total_return",
        "Total return",
        "fraction",
        "final_equity / starting cash - 1",
        lambda t: t.growth - 1.0,
        1,
        grows=True,
    ),
    _book(
        "cagr",
        "CAGR",
        "fraction a year",
        "(final_equity / starting cash)^(Y/(sessions-1)) - 1; -1 for a ruined book",
        lambda t: t.cagr,
        1,
    ),
    _book(
        "volatility",
        "Volatility a year",
        "fraction a year",
        "standard deviation (ddof 1) of session returns times sqrt(Y)",
        lambda t: t.spread * math.sqrt(t.a_year),
        -1,
    ),
    _book(
        "sharpe",
        "Sharpe",
        "",
        "mean(r - c) / std(r, ddof 1) times sqrt(Y); c is the mean cash return a session",
        lambda t: ratio(t.excess, t.spread) * math.sqrt(t.a_year),
        1,
    ),
    _book(
        "sortino",
        "Sortino",
        "",
        "mean(r - c) / sqrt(mean(min(r - c, 0)^2)) times sqrt(Y)",
        lambda t: ratio(t.excess, t.shortfall) * math.sqrt(t.a_year),
        1,
    ),
    _book(
        "max_drawdown",
        "Maximum drawdown",
        "fraction <= 0",
        "deepest fall from a peak, the starting cash counting as one",
        lambda t: t.drawdown,
        1,
        grows=True,
    ),
    _book("calmar", "Calmar", "", "cagr / |max_drawdown|", lambda t: ratio(t.cagr, -t.drawdown), 1),
    _book(
        "cvar_95",
        "CVaR 95 %, a session",
        "fraction <= 0",
        "mean of the worst 5 % of session returns: the lowest floor(0.05 (n-1)) + 1 of n",
        lambda t: t.tail,
        1,
    ),
    _book("fills", "Fills", "count", "an instrument bought or sold in a session", lambda t: t.fills, -1, grows=True),
    _book("episodes", "Episodes", "count", "times the hedge was ordered on", lambda t: t.episodes, grows=True),
    _book(
        "sessions_hedged",
        "Sessions hedged",
        "count",
        "closes with a position in the hedge",
        lambda t: t.hedged,
        grows=True,
    ),
    _book(
        "turnover",
        "Turnover a year",
        "a year",
        "dollars bought and sold, before costs, over mean equity, a year",
        lambda t: t.traded / t.mean_equity / t.years,
        -1,
    ),
    _book("costs", "Costs", "dollars", "commission and slippage", lambda t: t.costs, -1, grows=True),
    _book("first", "First session", "date", "the first session", lambda t: t.first),
    _book("last", "Last session", "date", "the last session with a book", lambda t: t.last),
    _book("sessions", "Sessions", "count", "sessions from first to last", lambda t: t.sessions, grows=True),
    *(
        _computed("hedge", *each)
        for each in (
            ("sleeve_a_year", "The hedge, in all", "all that the hedge made, after costs: the sum of the next seven"),
            ("direction_a_year", "Direction", "what a static position of the fund's leverage would have made"),
            ("compounding_a_year", "Path effect", "what daily reset made beside a static position: a path effect"),
            ("financing_a_year", "Financing", "what the fund earned on its cash"),
            ("fee_a_year", "Fee", "the fund's expenses"),
            ("spread_a_year", "Spread", "what its swaps cost above the bill rate"),
            ("tracking_a_year", "Tracking", "its own return less the modelled one"),
            ("hedge_costs_a_year", "Costs of the hedge", "commission and slippage of buying and selling it"),
            ("decay_a_year", "Decay", "what the fund itself took: fee, spread and tracking"),
            ("hedge_times_fund", "Hedge times fund", "mean(w R): the hedge's weight times the fund's return"),
            ("average_hedge", "Average hedge", "mean(w) mean(R): always holding the average hedge"),
            ("hedge_timing", "Timing of the hedge", "cov(w, R): what holding it when it was held added"),
        )
    ),
    _computed(
        "safety", "bad_quarter", "Bad quarter", "how far a bad quarter falls short of an average one", "fraction <= 0"
    ),
    _computed(
        "safety",
        "gap_to_held_less",
        "Gap to holding less",
        "CAGR less that of holding less of the core, all the time, to the same bad quarter",
    ),
    *(
        _computed("sum", *each)
        for each in (
            (
                "exposure",
                "Exposure",
                f"holding less on any dates, less unhedged: an estimate from {SHIFTS} of all shifted dates",
            ),
            (
                "timing",
                "Timing",
                f"the dates it chose against any others: an estimate from {SHIFTS} of all shifted dates",
            ),
            ("drift", "Drift", "the sleeve left to move between orders: sold daily less sold at entry"),
            ("fund", "Fund", "the fund instead of selling: hedged less sold daily"),
        )
    ),
)
MEASURES = {measure.key: measure for measure in _ALL}
"""Every measure by its key, each scope in the order of metrics.json.

The hedge's are those that metrics.json has under `attribution`: gains are positive and costs negative, so
that more is always better, and the yearly ones are parts of the book's CAGR. Safety is the verdict's measure, as
under `answer.insurance`; the gap is read in straight lines between shares of the core, where a run runs the very share.
The sum is in points of CAGR, as under `answer.sum.cagr`.
"""


def measures_of(*scopes: str) -> dict[str, Measure]:
    """Return the measures of some scopes by their keys."""
    return {key: measure for key, measure in MEASURES.items() if measure.scope in scopes}


BOOK, HEDGE, SAFETY, SUM = (measures_of(scope) for scope in ("book", "hedge", "safety", "sum"))
NUMBERS = tuple(key for key, measure in BOOK.items() if measure.format != "date")
"""The measures of a book that are numbers."""
COMPARABLE = tuple(key for key, measure in BOOK.items() if measure.comparable)
"""The measures of a book that columns hold as differences to another book too: ``cagr_vs_unhedged``."""


def base_of(column: str) -> str:
    """Return the measure that a column is, or is the difference of."""
    return column.partition(AGAINST)[0]


def lower_is_better(column: str) -> bool:
    """Return whether the best of a column is its lowest."""
    base = base_of(column)
    return base in MEASURES and MEASURES[base].better < 0


def table_of(*scopes: str) -> str:
    """Return the Markdown table of some scopes' measures, as docs/metrics.md holds it."""
    rows = [
        f"| `{key}` | {measure.unit or '-'} | {measure.meaning.replace('|', '&#124;')} |"
        for key, measure in measures_of(*scopes).items()
    ]
    return "\n".join(("| metric | unit | meaning |", "|---|---|---|", *rows))


def metrics_of(ledger: Ledger, terms: Terms, sessions: Dates, trades: Trades) -> dict[str, Any]:
    """Return every measure of one book, plain Python values; None where one is undefined.

    Parameters
    ----------
    ledger, terms
        The book and on what terms it was executed.
    sessions
        The run's sessions, shape (sessions,).
    trades
        What it traded.
    """
    return {key: _plain(value) for key, value in _values(totals_of(ledger, terms, sessions, trades)).items()}


def columns_from(totals: Totals) -> dict[str, Amount]:
    """Return the numbers of a sweep's books by their columns."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books are measured by themselves
        return {key: value for key, value in _values(totals).items() if key in NUMBERS}


def _values(totals: Totals) -> dict[str, Amount]:
    return {key: measure.formula(totals) for key, measure in BOOK.items() if measure.formula}


def totals_of(ledger: Ledger, terms: Terms, sessions: Dates, trades: Trades) -> Totals:
    """Return what the formulas take of one book, to its last session; arguments as of `metrics_of`."""
    end = ledger.last + 1
    equity = ledger.equity[:end]
    returns, a_year = returns_of(equity), sessions_a_year(sessions[:end])
    years = (end - 1) / a_year
    excess = returns - mean_cash_return(terms, ledger.last)
    growth = equity[-1] / equity[0]
    return Totals(
        equity=equity[-1],
        mean_equity=equity.mean(),
        returns=returns,
        growth=growth,
        cagr=growth ** (1.0 / years) - 1.0 if growth > 0.0 else -1.0,
        excess=excess.mean(),
        spread=_spread(returns),
        shortfall=math.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)),
        drawdown=float(drawdowns(equity).min()),
        tail=min(cvar(returns), 0.0),
        fills=int(trades.fills[:end].sum()),
        episodes=int(np.count_nonzero(ledger.action[:end] == ENTER)),
        hedged=int(np.count_nonzero(ledger.shares[:end, -1])),
        traded=float(trades.dollars[:end].sum()),
        costs=float(trades.costs[:end].sum()),
        sessions=end,
        years=years,
        a_year=a_year,
        first=str(sessions[0]),
        last=str(sessions[ledger.last]),
    )


def totals_from(sums: Sums, entries: Ints, returns: Floats, cash: float, cash_return: float, a_year: float) -> Totals:
    """Return what the formulas take of a sweep's books.

    Parameters
    ----------
    sums
        The kernel's, over the whole run.
    entries
        How often each hedge was ordered on, shape (books,).
    returns
        Of each book, shape (books, sessions - 1).
    cash, cash_return
        Starting dollars, and the mean of what cash earns a session.
    a_year
        How many of the sessions make a year.
    """
    count = returns.shape[1]
    years, mean, growth = count / a_year, sums.returns / count, sums.equity / cash
    with np.errstate(divide="ignore", invalid="ignore"):
        return Totals(
            equity=sums.equity,
            mean_equity=sums.equities / (count + 1),
            returns=returns,
            growth=growth,
            cagr=np.where(growth > 0.0, power(growth, 1.0 / years) - 1.0, -1.0),
            excess=mean - cash_return,
            spread=np.sqrt(np.maximum(sums.squares - count * mean**2, 0.0) / (count - 1)),
            shortfall=np.sqrt(sums.shortfalls / count),
            drawdown=sums.drawdown,
            tail=_tails(returns),
            fills=sums.fills,
            episodes=entries,
            hedged=sums.hedged,
            traded=sums.traded,
            costs=sums.costs,
            sessions=count + 1,
            years=years,
            a_year=a_year,
        )


def _tails(returns: Floats) -> Floats:
    """Return the mean of each book's worst returns, at most 0, shape (books,)."""
    worst = int(CVAR_TAIL * (returns.shape[1] - 1)) + 1
    lowest = np.partition(returns, worst - 1, axis=1)[:, :worst]
    # A running sum adds in the order of a row, whatever stands beside it: a plain one's bits hang on its company.
    return np.minimum(np.sort(lowest, axis=1).cumsum(axis=1)[:, -1] / worst, 0.0)


def _spread(returns: Floats) -> float:
    """Return the sample standard deviation, exactly 0 for returns that are all equal."""
    same = len(returns) < 2 or bool((returns == returns[0]).all())  # ddof 1 needs two
    return 0.0 if same else float(returns.std(ddof=1))


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
