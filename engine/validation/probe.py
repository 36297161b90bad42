"""Asking a strategy on one history, whichever kind it is, and what it then tells: decisions and inputs, row by row."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.errors import StrategyError, UserError
from data.market import Market, load_market
from engine.config import RunConfig
from engine.evaluate_strategy import intensity_of, weigher
from engine.kernel.loop import Ledger, Weigh, decide_given, empty_ledger, move
from engine.legs import legs_of
from engine.setup import Setup, plan_of, prepare, roles_of, sizing_of
from engine.validation.histories import History, TamperedSource, cut
from strategies import parameters
from strategies.base import CloseStrategy, Strategy
from strategies.load import fault_in, fresh, kind
from strategies.sizing import most_hedge

DECISION = "decision"
SIDE = "side"
INPUT = "input"


@dataclass(frozen=True)
class OutputColumn:
    """One thing told.

    Parameters
    ----------
    role
        ``decision``; ``side``, what is left of an order when nobody asks how large it is; or ``input``.
    values
        By the market's rows, NaN where there is nothing, shape (market sessions,).
    against
        An input's threshold, of the same shape.
    """

    role: str
    values: Floats
    against: Floats | None = None


@dataclass(frozen=True)
class Output:
    """What a strategy told on one history.

    Parameters
    ----------
    sessions
        The market's sessions, whose rows the columns have.
    first
        The row at which the run starts.
    columns
        By name.
    words
        Orders in words, by row, of a backtrader.Strategy.
    fault
        Why it couldn't be asked, with the line in the user's file; ``None`` where it could.
    read
        The items it read, by name, ``series/VIX``.
    ledger
        What it did, where the whole run was made to ask it.
    """

    sessions: Dates
    first: int
    columns: Mapping[str, OutputColumn] = field(default_factory=dict)
    words: Mapping[int, str] = field(default_factory=dict)
    fault: str | None = None
    read: frozenset[str] = frozenset()
    ledger: Ledger | None = None

    def decision(self, row: int) -> str:
        """Return the decision of a row in words."""
        if "intensity" in self.columns:
            return f"{self.columns['intensity'].values[row]:.6g}"
        if "weight" in self.columns:
            return f"{self.columns['weight'].values[row]:.6g}"
        return self.words.get(row, "none")


@dataclass(frozen=True)
class Bench:
    """What a strategy is asked on: a run, its market, and it laid out."""

    config: RunConfig
    market: Market
    setup: Setup

    def market_on(self, history: History, config: RunConfig | None = None) -> Market:
        """Return the run's market, everything in it read through a history."""
        asked = config or self.config
        source = TamperedSource(self.market.source, history)
        end = None if asked.end is None else np.datetime64(asked.end)
        made = load_market(source, roles_of(asked), np.datetime64(asked.start), end)
        source.asked.clear()  # to load it isn't to read it
        return replace(made, findings=self.market.findings, synthetic=self.market.synthetic)

    def tell(
        self,
        history: History,
        upto: int | None = None,
        config: RunConfig | None = None,
        *,
        strict: bool = False,
        after: int | None = None,
    ) -> Output:
        """Ask the strategy, its code loaded afresh.

        Parameters
        ----------
        history
            What is done to the real history.
        upto
            The market's row after which nothing needs to be asked any more; the whole run where it isn't said.
        config
            Another run of the same strategy, such as one that starts later.
        strict
            Raise what goes wrong as a run would, instead of telling it.
        after
            The market's row up to which the same code is asked first, on history that ends there.

        Raises
        ------
        UserError
            The history is too short to run on; with `strict`, also what the strategy does wrong.
        """
        with fresh((config or self.config).strategy.named) as cls:
            if after is not None:
                self.ask(cls, cut(self.market.sessions[after]), after)
            return self.ask(cls, history, upto, config, strict=strict)

    def ask(
        self,
        cls: type,
        history: History,
        upto: int | None = None,
        config: RunConfig | None = None,
        *,
        strict: bool = False,
    ) -> Output:
        """Ask a class that is loaded; as for `tell`."""
        asked = config or self.config
        with warnings.catch_warnings():
            if not strict:
                warnings.simplefilter("ignore")
            prepared = self._prepared(cls, asked, history, anew=config is not None)
            try:
                return _TELLERS[kind(cls)](cls, asked, prepared, upto, strict)
            except (Exception, SystemExit) as fault:
                said = str(fault) if isinstance(fault, UserError) else fault_in(fault, inspect.getsourcefile(cls))
                if strict:
                    raise (
                        fault if isinstance(fault, UserError) else StrategyError(f"{cls.__name__} fails: {said}")
                    ) from fault
                return Output(prepared.market.sessions, prepared.market.first, fault=said)

    def _prepared(self, cls: type, config: RunConfig, history: History, *, anew: bool) -> Setup:
        """Return what a run is executed on, with a market of which nothing counts as read yet.

        Up to where history was tampered with, prices and terms are the run's own.
        """
        if anew or kind(cls) == "backtrader":
            made = prepare(config, self.market_on(history, config), None)
            return replace(made, market=self.market_on(history, config))
        return replace(self.setup, market=self.market_on(history, config))


def _read(market: Market) -> frozenset[str]:
    """Return what was read through a market, or past it from its source."""
    return frozenset(market.source.asked)  # type: ignore[attr-defined]  # it is tampered with


def _intensity(cls: type, config: RunConfig, setup: Setup, upto: int | None, strict: bool) -> Output:  # noqa: FBT001
    """Ask for the intensity and for the inputs; what it gives on garbage may lie outside 0 and 1."""
    del upto
    strategy: Strategy = parameters.make(cls, config.strategy.params)
    market = setup.market
    given = intensity_of(strategy, market) if strict else np.asarray(strategy.intensity(market), dtype=np.float64)
    if given.shape != (len(market),):
        raise StrategyError(f"{cls.__name__}.intensity has shape {given.shape}, not ({len(market)},)")
    columns = {"intensity": OutputColumn(DECISION, np.nan_to_num(given))}
    for one in strategy.inputs(market):
        values = np.array(one.values, dtype=np.float64)
        threshold = np.array(np.broadcast_to(one.threshold, values.shape), dtype=np.float64)
        name = one.name if one.name not in columns else f"{one.name}, number {len(columns)}"
        columns[name] = OutputColumn(INPUT, values, threshold)
    read = _read(market)
    if config.hedge.sizing != "fixed":
        size = np.full(len(market), np.nan)
        size[market.first :] = plan_of(config, market, np.clip(columns["intensity"].values, 0.0, 1.0)).size
        columns["the hedge's size"] = OutputColumn(DECISION, size)
    return Output(market.sessions, market.first, columns, read=read)


def _weights(cls: type, config: RunConfig, setup: Setup, upto: int | None, strict: bool) -> Output:  # noqa: FBT001
    """Ask at every close for the weight, in the plain loop, up to a row."""
    del strict
    market = setup.market
    strategy: CloseStrategy = parameters.make(cls, config.strategy.params)
    sessions = len(setup.prices.close) - 1 if upto is None else upto + 1 - market.first
    ledger, weights = asked_at_closes(setup, weigher(strategy, setup, most_hedge(sizing_of(config))), sessions)
    values = np.full(len(market), np.nan)
    values[market.first : market.first + len(weights)] = weights
    columns = {"weight": OutputColumn(DECISION, values)}
    return Output(market.sessions, market.first, columns, read=_read(market), ledger=ledger)


def asked_at_closes(setup: Setup, weigh: Weigh, closes: int) -> tuple[Ledger, list[float]]:
    """Run a book as the plain loop does, asking at the first so many closes; return it and the weights given."""
    prices, terms, plan = setup.prices, setup.terms, setup.plan
    ledger, weights = empty_ledger(*prices.close.shape), list[float]()
    for t in range(closes):
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            break
        weight = weigh(t, ledger)
        decide_given(prices, plan, ledger, t, weight, weights[-1] if weights else 0.0)
        weights.append(weight)
    return ledger, weights


def _orders(cls: type, config: RunConfig, setup: Setup, upto: int | None, strict: bool) -> Output:  # noqa: FBT001
    """Run it in backtrader up to a row, and note the orders it places at each close."""
    from engine.backtrader_engine.execute import run_noting_orders

    del strict
    market = setup.market
    until = None if upto is None else upto - market.first
    ledger, placed = run_noting_orders(setup, cls, config.strategy.params, until)
    columns: dict[str, Floats] = {}
    sides: dict[str, Floats] = {}
    words: dict[int, str] = {}
    count: dict[int, int] = {}
    empty = np.full(len(market), np.nan)
    for order in placed:
        row = market.first + order.session
        if order.session < 0 or (upto is not None and row > upto):
            continue
        count[row] = count.get(row, 0) + 1
        numbers = {"instrument": float(legs_of(market.roles).column(order.instrument)), **order.numbers}
        for name, value in numbers.items():
            columns.setdefault(f"order {count[row]}: {name}", empty.copy())[row] = value
        side = sides.setdefault(f"side of {order.instrument}", np.zeros(len(market)))
        side[row] = np.sign(side[row] + np.sign(order.size))
        words[row] = f"{words[row]}, {order.words}" if row in words else order.words
    made = {name: OutputColumn(DECISION, values) for name, values in columns.items()}
    made |= {name: OutputColumn(SIDE, values) for name, values in sides.items()}
    feeds = frozenset(f"bars/{name}" for name in market.roles.traded)
    return Output(market.sessions, market.first, made, words, read=_read(market) | feeds, ledger=ledger)


_TELLERS: Mapping[str, Any] = {"intensity": _intensity, "on_close": _weights, "backtrader": _orders}
