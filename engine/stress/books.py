"""The books of a run in a scenario: the hedged one and what it is compared with, each from what it holds today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.errors import DataError
from data.market import recorded
from data.sources import Source
from data.sources.altered import Companies
from engine.analytics.answer.insurance import LEAST, matches
from engine.analytics.answer.variations import CALENDARS
from engine.analytics.controls import unhedged_plan
from engine.analytics.derisk import held_less_grid, run_held_less, sold_at_entry
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup, open_market, run_beta
from engine.stress.continuation import Continuation, continued
from engine.stress.courses import QUARTER
from engine.stress.past import Past

HEDGED, UNHEDGED, SOLD, LESS = "hedged", "unhedged", "derisk_entry", "held_less"
"""The books, by their keys in metrics.json."""


@dataclass(frozen=True)
class Today:
    """Where a run stands at the last close of its history.

    Parameters
    ----------
    past
        The run's history.
    share
        Of the core, that was as safe as the hedged book over the run; ``None`` where the run is too short to tell, or a
        book was ruined.
    equity
        What the hedged book is worth, dollars.
    weights
        The hedges' weights at the close, fractions of equity, shape (hedges,).
    reads
        What the run has read, by kind and name.
    label
        The strategy's name as it shows.
    engine
        What executes the hedged book.
    companies
        What values companies in every scenario.
    """

    past: Past
    share: float | None
    equity: float
    weights: Floats
    reads: frozenset[str]
    label: str
    engine: str
    companies: Companies = field(default_factory=Companies, repr=False, compare=False)

    @property
    def decides(self) -> bool:
        """Whether the strategy has an intensity, so that it can be rebalanced otherwise."""
        return self.engine == "compiled"


class ScenarioBooks(NamedTuple):
    """What books came to in a scenario.

    Parameters
    ----------
    sessions
        The last session of history, then the scenario's, shape (sessions + 1,).
    underlying
        The underlying, total return, over its last close of history, shape (sessions + 1,).
    growth
        Each book over what it was worth at the last close of history, by name, shape (sessions + 1,); 0 from a ruin on.
    orders
        How often the hedged book orders in the scenario.
    """

    sessions: Dates
    underlying: Floats
    growth: Mapping[str, Floats]
    orders: int


class Figures(NamedTuple):
    """What a book came to, fractions.

    Parameters
    ----------
    end
        At the last close.
    worst
        The deepest fall from any close before, today's included.
    quarter
        The worst return over `QUARTER` sessions, over all of them where there are fewer.
    turn
        At the close of the fall's low, of anything else the last.
    """

    end: float
    worst: float
    quarter: float
    turn: float


def figures(growth: Floats, turn: int | None = None) -> Figures:
    """Return what a book came to, by its growth from 1 on, shape (sessions + 1,)."""
    peak = np.maximum.accumulate(growth)
    window = min(QUARTER, len(growth) - 1)
    alive = growth[:-window] > 0.0
    over = growth[window:][alive] / growth[:-window][alive]
    at = len(growth) - 1 if turn is None else min(turn, len(growth) - 1)
    came = growth[-1] - 1.0, (growth / peak - 1.0).min(), over.min() - 1.0, growth[at] - 1.0
    return Figures(*map(float, came))


def today_of(config: RunConfig, source: Source | None = None) -> Today:
    """Return where a run stands at its last close.

    Raises
    ------
    UserError
        What can't be used, or the hedged book was ruined before.
    """
    market = open_market(config, source)
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        engine = prepared.plain_engine if prepared.signal is None else "compiled"
        hedged, _said = execute(engine, config, prepared)
        share = _as_safe(prepared.setup, hedged)
        return standing(config, prepared.setup, hedged, share, engine, prepared.label, prepared.reads)


def standing(
    config: RunConfig, setup: Setup, hedged: Ledger, share: float | None, engine: str, label: str, reads: frozenset[str]
) -> Today:
    """Return where a run stands whose hedged book is known; raises DataError where that was ruined."""
    market, t = setup.market, len(hedged.equity) - 1
    if hedged.last < t or hedged.equity[t] <= 0.0:
        raise DataError(f"the hedged book was ruined on {market.run_sessions[hedged.last]}: none is left to stress")
    worth = hedged.shares[t] * setup.prices.spot[t] / hedged.equity[t]
    held = worth[setup.legs.of_hedges]
    return Today(Past(config, market), share, float(hedged.equity[t]), held, reads, label, engine)


def run_books(today: Today, continuation: Continuation, *, calendars: bool = False) -> ScenarioBooks:
    """Run the books of a run through history and a scenario behind it.

    Parameters
    ----------
    calendars
        Whether the hedged book is run with other rebalancings too, of a strategy that has an intensity.

    Raises
    ------
    UserError
        The strategy fails, or what it reads can't be carried along.
    """
    config, market = today.past.config, continued(today.past, continuation, today.companies)
    with evaluate_strategy(config, market) as prepared:
        setup = prepared.setup
        hedged, _said = execute(today.engine, config, prepared)
    first = len(today.past.market.run_sessions) - 1
    books = dict(_books(today, setup, hedged, calendars=calendars))
    grown = np.cumprod(continuation.underlying.course.close)
    at = np.searchsorted(continuation.underlying.dates, market.run_sessions[first + 1 :])
    return ScenarioBooks(
        market.run_sessions[first:],
        np.concatenate(([1.0], grown[at] if len(at) != len(grown) else grown)),
        {name: _growth(book, first) for name, book in books.items()},
        int(np.count_nonzero(hedged.ordered[first:])),
    )


def _books(today: Today, setup: Setup, hedged: Ledger, *, calendars: bool) -> Iterator[tuple[str, Ledger]]:
    prices, terms, run = setup.prices, setup.terms, compiled()
    yield HEDGED, hedged
    yield UNHEDGED, run.run_policy(prices, terms, unhedged_plan(setup))
    yield SOLD, sold_at_entry(setup, hedged, run_beta(today.past.config, setup.market))
    if today.share is not None:
        yield LESS, run_held_less(setup, today.share)
    if calendars and today.decides:
        for how, changed in CALENDARS:
            yield f"rebalanced {how}", run.run_policy(prices, terms, setup.rebalanced(**changed))


def _growth(book: Ledger, first: int) -> Floats:
    """Return a book over what it was worth at a close, from there on; 0 from its ruin on."""
    growth = np.zeros(len(book.equity) - first)
    if book.last >= first and book.equity[first] > 0.0:
        alive = book.equity[first : book.last + 1] / book.equity[first]
        growth[: len(alive)] = np.maximum(alive, 0.0)
    return growth


def _as_safe(setup: Setup, hedged: Ledger) -> float | None:
    """Return the share of the core that was as safe as the hedged book; None where that can't be told."""
    if len(hedged.equity) <= LEAST:
        return None
    grid = held_less_grid(setup)
    if any(book.equity[book.last] <= 0.0 for book in grid):
        return None
    return matches(hedged.equity, [book.equity for book in grid])[0]
