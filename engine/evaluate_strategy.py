"""Evaluate a strategy and check what it returns; an error in the user's code is reported with its line."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Floats
from data.errors import StrategyError, UserError, did_you_mean
from data.market import Market, RecordedMarket
from engine.config import RunConfig
from engine.hedge_config import StrategyConfig
from engine.hedges import most_of
from engine.kernel.loop import Ledger, Weigh
from engine.reads import fed
from engine.setup import Setup, prepare
from strategies import parameters
from strategies.base import Book, CloseStrategy, Strategy, View
from strategies.load import fault_in, fresh, kind


@dataclass(frozen=True)
class PreparedRun:
    """A run ready to execute: its strategy evaluated, its arrays laid out.

    Parameters
    ----------
    config
        The run.
    cls, strategy
        The strategy's class, and one of it, fresh; ``None`` for a backtrader.Strategy, which backtrader makes itself.
    signal
        The intensity, shape (market sessions,); ``None`` for a strategy that has none.
    signals
        The intensity of each hedge of the config, shape (market sessions, hedges): the run's strategy's, or its own.
    setup
        What the run is executed on.
    view
        The market as the strategy is fed it.
    """

    config: RunConfig
    cls: type
    strategy: Strategy | CloseStrategy | None
    signal: Floats | None
    setup: Setup
    view: Market
    signals: Floats | None = None

    @property
    def label(self) -> str:
        """The strategy's name as it shows."""
        return self.cls.__name__ if self.strategy is None else self.strategy.label(self.view)

    @property
    def about(self) -> str:
        """What the strategy's class says of itself, its first line."""
        return (self.cls.__doc__ or "").strip().partition("\n")[0]

    @property
    def plain_engine(self) -> str:
        """The plain loop, or backtrader for a strategy that only backtrader can run."""
        return "backtrader" if self.strategy is None else "python"

    @property
    def reads(self) -> frozenset[str]:
        """What the run has read so far, by kind and name: what it is fed, and what its strategy read of its view."""
        read = self.view.reads if isinstance(self.view, RecordedMarket) else ()
        return fed(self.config, self.view.roles) | frozenset(read)


@contextmanager
def evaluate_strategy(config: RunConfig, market: Market, view: Market | None = None) -> Iterator[PreparedRun]:
    """Load the config's strategy afresh, compute its intensity, and lay the run out.

    Use the strategy only inside the context: its modules are its own there. Raises UserError where anything fails.

    Parameters
    ----------
    config, market
        The run, and what it is fed.
    view
        The market as the strategy is fed it, such as one that records what is read; `market` itself unless given.
    """
    view = market if view is None else view
    with fresh(config.strategy.named) as cls:
        strategy = None if kind(cls) == "backtrader" else parameters.make(cls, config.strategy.params)
        signal = intensity_of(strategy, view) if isinstance(strategy, Strategy) else None
        signals = signals_of(config, signal, view)
        yield PreparedRun(config, cls, strategy, signal, prepare(config, market, signals), view, signals)


def signals_of(config: RunConfig, signal: Floats | None, view: Market) -> Floats | None:
    """Return the intensity of each hedge of a run, shape (market sessions, hedges).

    Parameters
    ----------
    signal
        That of the run's strategy, for every hedge without one of its own; ``None`` where it gives none.

    Raises
    ------
    StrategyError
        A hedge has a strategy of its own that gives no intensity, or beside a run's that gives none.
    """
    own = [leg.strategy for leg in config.legs]
    if signal is None:
        if any(own):
            raise StrategyError(
                f"strategy.class {config.strategy.named} decides for every hedge: take the hedges' own strategies out"
            )
        return None
    return np.column_stack([signal if named is None else _own_signal(named, view) for named in own])


def _own_signal(named: StrategyConfig, view: Market) -> Floats:
    with fresh(named.named) as cls:
        if not issubclass(cls, Strategy):
            raise StrategyError(f"{cls.__name__} gives no intensity: a hedge's own strategy has to")
        return intensity_of(parameters.make(cls, named.params), view)


@contextmanager
def errors_named(strategy: object, what: str) -> Iterator[None]:
    """Raise StrategyError, with the line in the user's code, for whatever a strategy's method raises."""
    cls = type(strategy)
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        raise StrategyError(f"{cls.__name__}.{what}: {fault_in(error, file)}") from error


def intensity_of(strategy: Strategy, market: Market) -> Floats:
    """Return a strategy's intensity, shape (market sessions,), NaN as 0; raises StrategyError naming the session."""
    name = type(strategy).__name__
    with errors_named(strategy, "intensity fails"):
        given = np.asarray(strategy.intensity(market), dtype=np.float64)
    if given.shape != (len(market),):
        raise StrategyError(f"{name}.intensity has shape {given.shape}: return one value a session, ({len(market)},)")
    if ((given >= 0.0) & (given <= 1.0)).all():  # so none is NaN, which takes ten times as long to replace
        return given.copy()
    wrong = np.flatnonzero((given < 0.0) | (given > 1.0))
    if len(wrong):
        date, value = market.sessions[wrong[0]], given[wrong[0]]
        raise StrategyError(f"{name}.intensity is {value:g} on {date}: return values between 0 and 1")
    return np.nan_to_num(given)


def weigher(strategy: CloseStrategy, config: RunConfig, setup: Setup, view: Market | None = None) -> Weigh:
    """Return a function that asks an `on_close` strategy for its weights at the close of a session.

    It is fed `view`, the setup's own market unless given. A strategy gives one weight, or one of each hedge of the
    config: in their order, or by instrument, 0 for those it leaves out.

    It raises StrategyError naming the session when a weight isn't a number from 0 to what is allowed.
    """
    name, market = type(strategy).__name__, setup.market if view is None else view
    legs, of = config.legs, [role.leg for role in setup.market.roles.hedges]
    names, most = [leg.instrument for leg in legs], [most_of(leg) for leg in legs]
    bought = [leg.kind not in ("short", "option") for leg in legs]

    def weigh(t: int, ledger: Ledger) -> Floats:
        date = market.run_sessions[t]
        with errors_named(strategy, f"on_close fails on {date}"):
            weights = _weights(strategy.on_close(View(market, market.first + t), _book(names, setup, ledger, t)), names)
        for leg, weight, allowed in zip(names, weights, most, strict=True):
            if not math.isfinite(weight) or not 0.0 <= weight <= allowed:
                of_what = f" for {leg}" if len(legs) > 1 else ""
                raise StrategyError(
                    f"{name}.on_close gives {weight:g}{of_what} on {date}: return a weight from 0 to {allowed:g}"
                )
        together = math.fsum(weight for weight, paid in zip(weights, bought, strict=True) if paid)
        if len(legs) > 1 and together > config.paid + 1e-9:
            raise StrategyError(
                f"{name}.on_close gives {together:g} together on {date}, more than the {config.paid:g} that is paid for"
            )
        return np.array([weights[leg] for leg in of])

    return weigh


def _weights(given: object, names: Sequence[str]) -> list[float]:
    """Return the weight of each hedge of the config, whose names these are, from what a strategy gave."""
    if isinstance(given, Mapping):
        if unknown := [key for key in given if key not in names]:
            raise ValueError(f"there is no hedge {unknown[0]}{did_you_mean(str(unknown[0]), names)}")
        if twice := [key for key in given if names.count(key) > 1]:
            raise ValueError(f"{twice[0]} stands more than once among the hedges: give a list of weights")
        return [float(given.get(name, 0.0)) for name in names]
    weights: list[Any] = list(given) if isinstance(given, Sequence | np.ndarray) and np.ndim(given) else [given]
    if len(weights) != len(names):
        raise ValueError(f"{len(weights)} weights for {len(names)} hedges: give one of {', '.join(names)} each")
    return [float(weight) for weight in weights]


def _book(names: Sequence[str], setup: Setup, ledger: Ledger, t: int) -> Book:
    """Return the book at a close; a hedge of two contracts weighs what the one that is bought does."""
    worth = ledger.shares[t] * setup.prices.spot[t] / ledger.equity[t]
    held = dict.fromkeys(names, 0.0)
    for name, k in zip(names, setup.legs.firsts, strict=True):
        held[name] += abs(float(worth[setup.legs.of_hedge(k)]))
    core = float(worth[setup.legs.of_core].sum())
    return Book(float(ledger.equity[t]), float(ledger.cash[t]), core, math.fsum(held.values()), held)
