"""Measures: what each figure of a book is called, its unit, which way is better, and its formula.

Each stands once, in `MEASURES`: metrics.json, its schema, a sweep's columns, tables, pages and docs/metrics.md are made
from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.format import as_json
from engine.analytics.metrics import Amount, Totals, Trades, totals_of
from engine.kernel.loop import Ledger

SHIFTS = 64
"""Shifts that a sweep's row estimates its timing from, evenly spaced around the calendar; a run takes all."""

AGAINST = "_vs_"
"""Stands between a measure and the book that it is a difference to, in the name of a column."""


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
    grows
        Whether it grows with a window's length, so that those of two windows have no ratio.
    scope
        ``book``: of one book. ``hedge``, ``safety`` and ``sum``: what a sweep's
        rows hold besides, of where the hedge's dollars came from and of the answer.
    """

    key: str
    title: str
    unit: str
    meaning: str
    formula: Callable[[Totals], Amount] | None = None
    better: int = 0
    grows: bool = False
    scope: str = "book"

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


# fmt: off
_BOOK = (
    # key, title, unit, meaning, formula, which way is better, whether it grows with a window's length
    ("final_equity", "End value", "dollars", "cash and positions at the last close", lambda t: t.equity, 1, True),
    ("total_return", "Total return", "fraction", "final_equity / starting cash - 1", lambda t: t.growth - 1.0, 1, True),
    ("cagr", "CAGR", "fraction a year",
     "(final_equity / starting cash)^(Y/(sessions-1)) - 1; -1 for a ruined book", lambda t: t.cagr, 1, False),
    ("volatility", "Volatility a year", "fraction a year",
     "standard deviation (ddof 1) of session returns times sqrt(Y)",
     lambda t: t.spread * math.sqrt(t.a_year), -1, False),
    ("sharpe", "Sharpe", "", "mean(r - c) / std(r, ddof 1) times sqrt(Y); c is the mean cash return a session",
     lambda t: ratio(t.excess, t.spread) * math.sqrt(t.a_year), 1, False),
    ("sortino", "Sortino", "", "mean(r - c) / sqrt(mean(min(r - c, 0)^2)) times sqrt(Y)",
     lambda t: ratio(t.excess, t.shortfall) * math.sqrt(t.a_year), 1, False),
    ("max_drawdown", "Maximum drawdown", "fraction <= 0",
     "deepest fall from a peak, the starting cash counting as one", lambda t: t.drawdown, 1, True),
    ("calmar", "Calmar", "", "cagr / |max_drawdown|", lambda t: ratio(t.cagr, -t.drawdown), 1, False),
    ("cvar_95", "CVaR 95 %, a session", "fraction <= 0",
     "mean of the worst 5 % of session returns: the lowest floor(0.05 (n-1)) + 1 of n", lambda t: t.tail, 1, False),
    ("fills", "Fills", "count", "an instrument bought or sold in a session", lambda t: t.fills, -1, True),
    ("episodes", "Episodes", "count", "times the hedge was ordered on", lambda t: t.episodes, 0, True),
    ("sessions_hedged", "Sessions hedged", "count", "closes with a position in the hedge", lambda t: t.hedged, 0, True),
    ("turnover", "Turnover a year", "a year", "dollars bought and sold, before costs, over mean equity, a year",
     lambda t: t.traded / t.mean_equity / t.years, -1, False),
    ("costs", "Costs", "dollars", "commission and slippage", lambda t: t.costs, -1, True),
    ("first", "First session", "date", "the first session", lambda t: t.first, 0, False),
    ("last", "Last session", "date", "the last session with a book", lambda t: t.last, 0, False),
    ("sessions", "Sessions", "count", "sessions from first to last", lambda t: t.sessions, 0, True),
)
_YEARLY, _SHIFTED = "fraction a year", f"an estimate from {SHIFTS} of all shifted dates"
_COMPUTED = (
    # key, title, unit, meaning, scope
    ("sleeve_a_year", "The hedge, in all", _YEARLY,
     "all that the hedge made, after costs: the sum of the next seven", "hedge"),
    ("direction_a_year", "Direction", _YEARLY,
     "what a static position of the fund's leverage would have made", "hedge"),
    ("compounding_a_year", "Path effect", _YEARLY,
     "what daily reset made beside a static position: a path effect", "hedge"),
    ("financing_a_year", "Financing", _YEARLY, "what the fund earned on its cash", "hedge"),
    ("fee_a_year", "Fee", _YEARLY, "the fund's expenses", "hedge"),
    ("spread_a_year", "Spread", _YEARLY, "what its swaps cost above the bill rate", "hedge"),
    ("tracking_a_year", "Tracking", _YEARLY, "its own return less the modelled one", "hedge"),
    ("hedge_costs_a_year", "Costs of the hedge", _YEARLY,
     "commission and slippage of buying and selling it", "hedge"),
    ("decay_a_year", "Decay", _YEARLY, "what the fund itself took: fee, spread and tracking", "hedge"),
    ("hedge_times_fund", "Hedge times fund", _YEARLY,
     "mean(w R): the hedge's weight times the fund's return", "hedge"),
    ("average_hedge", "Average hedge", _YEARLY, "mean(w) mean(R): always holding the average hedge", "hedge"),
    ("hedge_timing", "Timing of the hedge", _YEARLY, "cov(w, R): what holding it when it was held added", "hedge"),
    ("bad_quarter", "Bad quarter", "fraction <= 0", "how far a bad quarter falls short of an average one", "safety"),
    ("gap_to_held_less", "Gap to holding less", _YEARLY,
     "CAGR less that of holding less of the core, all the time, to the same bad quarter", "safety"),
    ("exposure", "Exposure", _YEARLY, f"holding less on any dates, less unhedged: {_SHIFTED}", "sum"),
    ("timing", "Timing", _YEARLY, f"the dates it chose against any others: {_SHIFTED}", "sum"),
    ("drift", "Drift", _YEARLY, "the sleeve left to move between orders: sold daily less sold at entry", "sum"),
    ("fund", "Fund", _YEARLY, "the fund instead of selling: hedged less sold daily", "sum"),
)
# fmt: on
_ALL = (
    *(Measure(*each, scope="book") for each in _BOOK),
    *(Measure(key, title, unit, meaning, None, 1, scope=scope) for key, title, unit, meaning, scope in _COMPUTED),
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


def metrics_of(
    ledger: Ledger, earned: Floats, sessions: Dates, trades: Trades, entries: Sequence[int]
) -> dict[str, Any]:
    """Return every measure of one book, plain Python values; None where one is undefined.

    Parameters
    ----------
    ledger
        The book.
    earned
        What cash earns in each session, a fraction, shape (sessions,).
    sessions
        The run's sessions, shape (sessions,).
    trades
        What it traded.
    entries
        The places among the hedges whose entries are counted as episodes: `Legs.firsts`, for a collar is one hedge.
    """
    return as_json(_values(totals_of(ledger, earned, sessions, trades, entries)))


def columns_from(totals: Totals) -> dict[str, Amount]:
    """Return the numbers of a sweep's books by their columns."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books are measured by themselves
        return {key: value for key, value in _values(totals).items() if key in NUMBERS}


def _values(totals: Totals) -> dict[str, Amount]:
    return {key: measure.formula(totals) for key, measure in BOOK.items() if measure.formula}
