"""What a move computes: a run's books by the compiled engine, and how they lie beside holding less."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.errors import UserError
from data.market import Market
from data.sources import EVENTS, SERIES
from engine.analytics.answer.answer import NEVER, no_comparison
from engine.analytics.answer.frontier import Dot, place
from engine.analytics.answer.insurance import Match, less_of, matches, safety_of
from engine.analytics.controls import unhedged_plan
from engine.analytics.derisk import GRID, held_less_grid, net_beta, run_held_less
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy, signals_of
from engine.hedge_config import StrategyConfig
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.research.cache import Recent
from engine.runs.execute import check_worth
from engine.runs.run import Run
from engine.setup import Setup, market_key, open_market, plan_of, prepare, run_beta
from strategies.base import CloseStrategy, Strategy
from strategies.load import kind, strategy_class

MARKETS, SIGNALS, LINES = 3, 24, 8
"""How many are kept: a market of sixteen years takes some ten megabytes, a signal 50 kilobytes, a line 700."""
TRIED = 10
"""Strengths of the same hedge that are laid beside it."""


class Strengths(NamedTuple):
    """The same hedge at other strengths.

    Parameters
    ----------
    key
        What is varied, such as ``hedge.weight``.
    values
        To what, shape (strengths,).
    cagrs, bad_quarters, gaps
        Of each book, fractions, shape (strengths,); NaN where one was ruined.
    """

    key: str
    values: Floats
    cagrs: Floats
    bad_quarters: Floats
    gaps: Floats


@dataclass(frozen=True)
class Move:
    """What a run came to.

    Parameters
    ----------
    config
        The run.
    sessions
        Its own, shape (sessions,).
    hedged, unhedged
        The books with and without the hedge.
    held
        The book that holds less, as safe as the hedged one; ``None`` where it can't be told.
    match
        Holding less to the same bad quarter, without an interval; ``None`` as above.
    net_beta
        How much of the hedged book's equity moves with the underlying at each close, shape (sessions,).
    line, dots
        Holding less at each share of the core, and the books hedged and unhedged beside it; empty as above.
    strengths
        The same hedge at other strengths; ``None`` where it has none that can be varied.
    figures
        Every measure of the hedged book, as metrics.json has them.
    unknown
        Why it can't be compared with holding less; empty where it can.
    years
        Of the run.
    simulated, synthetic
        Whether its history is made up, and whether the fund model made a part of it.
    remarks
        What has to be read before its figures, a sentence each.
    """

    config: RunConfig
    sessions: Dates
    hedged: Ledger
    unhedged: Ledger
    held: Ledger | None
    match: Match | None
    net_beta: Floats
    line: tuple[Dot, ...]
    dots: Mapping[str, Dot]
    strengths: Strengths | None
    figures: Mapping[str, Any]
    unknown: str
    years: float
    simulated: bool
    synthetic: bool
    remarks: tuple[str, ...] = ()


class MoveEngine:
    """Computes moves, one at a time: what a move leaves as it was is remembered, markets and signals a few of each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._markets, self._signals, self._lines = Recent(MARKETS), Recent(SIGNALS), Recent(LINES)

    def names(self, config: RunConfig) -> tuple[tuple[str, ...], ...]:
        """Return the names of what a run's data hold: instruments, series, events; raises DataError."""
        with self._lock:
            market = self._market(config)
        return market.instruments(), market.source.names(SERIES), market.source.names(EVENTS)

    def net_beta(self, run: Run) -> Floats | None:
        """Return how much of a kept run's equity moved with the underlying; None where the data are others by now.

        Its strategy is neither loaded nor asked: what was held stands in its folder.
        """
        try:
            config = RunConfig.model_validate(run.settings).with_strategies(lambda _own: StrategyConfig())
            ended = config.model_copy(update={"end": run.tables["ledger"]["date"].max().item()})
            with self._lock:
                market = self._market(ended)
            setup = prepare(ended, market, None)
        except (UserError, ValueError):
            return None
        book, sessions = run.hedged, market.run_sessions
        same = len(book.equity) == len(sessions) and np.array_equal(sessions[: book.last + 1], run.sessions)
        return net_beta(setup, book, run_beta(ended, market)) if same else None

    def move(self, config: RunConfig) -> Move:
        """Run a config; raises UserError in one line where it can't be."""
        with self._lock:
            market = self._market(config)
            if kind(strategy_class(config.strategy.named)) != "intensity":
                return self._asked(config, market)
            setup = prepare(config, market, signals := self._signal(config, market))
            hedged = compiled().run_policy(setup.prices, setup.terms, setup.plan)
            return _move(config, setup, hedged, signals, self._less(config, setup))

    def _market(self, config: RunConfig) -> Market:
        made: Market = self._markets.get(market_key(config), lambda: open_market(config))
        return made

    def _signal(self, config: RunConfig, market: Market) -> Floats:
        """Return the intensity of each hedge, asked for anew only where parameters or the market have changed."""

        def asked() -> Floats:
            with evaluate_strategy(config, market) as prepared:
                found = signals_of(config, prepared.signal, market) if prepared.signals is None else prepared.signals
            assert found is not None  # noqa: S101  # it gives an intensity
            return found

        key = (market_key(config), repr(config.strategy), tuple(repr(leg.strategy) for leg in config.legs))
        return self._signals.get(key, asked)

    def _less(self, config: RunConfig, setup: Setup) -> Callable[[], HeldLess]:
        return lambda: self._lines.get(_terms_key(config), lambda: _held_less(setup))

    def _asked(self, config: RunConfig, market: Market) -> Move:
        """Run a strategy that decides in the run itself: by the plain loop, or in backtrader."""
        with evaluate_strategy(config, market) as prepared:
            hedged, said = execute(prepared.plain_engine, config, prepared)
            move = _move(config, prepared.setup, hedged, None, self._less(config, prepared.setup))
        slow = (ON_CLOSE if isinstance(prepared.strategy, Strategy | CloseStrategy) else IN_BACKTRADER,)
        withheld = (said.withheld,) if said.withheld else ()
        return replace(move, remarks=(*said.remarks, *withheld, *slow))


ON_CLOSE = "This strategy is asked at every close, so that a move takes longer than with one that gives a signal."
IN_BACKTRADER = "This strategy runs in backtrader, so that a move takes longer than with one that gives a signal."


class HeldLess(NamedTuple):
    """Books that hold each share of `GRID`, their equity, and where they lie."""

    grid: tuple[Floats, ...]
    line: tuple[Dot, ...]


def _held_less(setup: Setup) -> HeldLess:
    years = (len(setup.prices.close) - 1) / setup.market.sessions_a_year
    grid = [book.equity for book in held_less_grid(setup)]
    line = (place(f"held_{k}", "", grid[k], grid, years, float(share)) for k, share in enumerate(GRID))
    return HeldLess(tuple(grid), tuple(line))


def _terms_key(config: RunConfig) -> str:
    """Return all of a config on which holding less hangs: what the hedge is made of and when it is held isn't in it."""
    costs = [(leg.commission_bps, leg.slippage_bps, leg.funding) for leg in config.legs]
    return repr((market_key(config), config.portfolio, config.execution, costs))


def _move(
    config: RunConfig, setup: Setup, hedged: Ledger, signals: Floats | None, less: Callable[[], HeldLess]
) -> Move:
    """Lay a hedged book beside holding less."""
    market, sessions = setup.market, setup.market.run_sessions
    check_worth(hedged, market)
    unhedged = compiled().run_policy(setup.prices, setup.terms, unhedged_plan(setup))
    bought = bool(hedged.shares[:, setup.legs.of_hedges].any())
    unknown = no_comparison(hedged, unhedged, bought=bought) or ""
    trades = trades_of(hedged.traded, setup.prices.fill, setup.terms)
    figures = metrics_of(hedged, setup.terms.cash_accrual, sessions, trades, setup.legs.firsts)
    beta = net_beta(setup, hedged, run_beta(config, market))
    found: tuple[Any, ...] = (None, None, (), {}, None)
    if unknown in ("", NEVER):  # a hedge that is never bought is as safe as none
        found = _beside(config, setup, hedged, unhedged, signals, less())
    held, match, line, dots, strengths = found
    return Move(
        config,
        sessions,
        hedged,
        unhedged,
        held,
        match,
        beta,
        line,
        dots,
        strengths,
        figures,
        unknown,
        (len(hedged.equity) - 1) / market.sessions_a_year,
        market.simulated,
        bool(market.synthetic),
    )


def _beside(
    config: RunConfig, setup: Setup, hedged: Ledger, unhedged: Ledger, signals: Floats | None, less: HeldLess
) -> tuple[Ledger, Match, tuple[Dot, ...], dict[str, Dot], Strengths | None]:
    """Return the book that holds less, its match, the line, the dots, and the hedge at other strengths."""
    years = (len(hedged.equity) - 1) / setup.market.sessions_a_year
    grid = list(less.grid)
    share = matches(hedged.equity, grid)[0]
    held = run_held_less(setup, share)
    dots = {
        "hedged": place("hedged", "", hedged.equity, grid, years),
        "unhedged": place("unhedged", "", unhedged.equity, grid, years),
    }
    grown = float((held.equity[-1] / held.equity[0]) ** (1.0 / years) - 1.0)
    match = Match(share, grown, dots["hedged"].cagr - grown, (math.nan, math.nan))
    return held, match, less.line, dots, None if signals is None else _strengths(config, setup, signals, grid, years)


def _strengths(
    config: RunConfig, setup: Setup, signals: Floats, grid: Sequence[Floats], years: float
) -> Strengths | None:
    """Run the same hedge at other strengths; None where there are several hedges, or its size follows from returns."""
    leg = config.hedge
    covers = leg.kind == "option" or leg.sizing == "beta"
    if len(config.legs) > 1 or not (covers or leg.sizing in ("fixed", "proportional")):
        return None
    key = "cover" if covers else "weight"
    own = leg.cover if covers else leg.weight
    top = max(1.0 if covers else min(0.5, config.paid), own)
    values = np.round(np.linspace(top / TRIED, top, TRIED), 4)
    levels = np.empty((TRIED, len(setup.prices.close)))
    for k, value in enumerate(values):
        changed: dict[str, Any] = {key: float(value)}
        changed |= {} if covers else {"max_weight": max(leg.max_weight, float(value))}
        run = config.model_copy(update={"hedge": leg.model_copy(update=changed)})
        levels[k] = compiled().run_policy(setup.prices, setup.terms, plan_of(run, setup.market, signals)).equity
    alive = levels.min(axis=1) > 0.0
    ends = np.where(alive, levels[:, -1] / levels[:, 0], np.nan)
    safety = safety_of(levels, less_of(grid), years)
    return Strengths(f"hedge.{key}", values, ends ** (1.0 / years) - 1.0, safety.bad_quarter, safety.gap)
