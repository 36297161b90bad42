"""The books of ways to be safer: runs of one market, each with its own hedges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from data.arrays import Floats
from data.errors import StrategyError
from data.market import Market
from engine.analytics.derisk import sold_at_entry
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy, signals_of
from engine.hedges import roles_of, with_made
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup, prepare, run_beta

Configure = Callable[[Sequence[str]], RunConfig]
"""Gives a file's run with further settings."""


class FileGiven(NamedTuple):
    """A file whose run is placed, how its config comes with further settings, and the command that runs it."""

    config: RunConfig
    configure: Configure
    command: str


class WayRun(NamedTuple):
    """A run of a way: its place among the ways, how much of it, its config, and the file it came from."""

    way: int
    strength: float
    amount: str
    config: RunConfig
    file: FileGiven
    settings: tuple[str, ...]


def strategy_key(config: RunConfig) -> str:
    """Return by what a run's strategy is known: its class and every parameter."""
    return repr(config.strategy)


class WayBooks:
    """Runs books on one market, each strategy's intensity computed once.

    Parameters
    ----------
    market
        Of every book.
    known
        Intensities by `strategy_key`, shape (market sessions,) each.
    """

    def __init__(self, market: Market, known: Mapping[str, Floats]) -> None:
        self.market = market
        self._signals: dict[str, Floats | None] = dict(known)

    def setup_of(self, config: RunConfig) -> Setup:
        """Lay a run out on the market's sessions."""
        own = with_made(config, replace(self.market, roles=roles_of(config), made={}))
        return prepare(config, own, signals_of(config, self._signal(config), own))

    def run(self, run: WayRun, *, sold: bool) -> Ledger:
        """Run a book, or the one that sells core at its orders instead; raises DataError and StrategyError."""
        if self._signal(run.config) is None:
            return self._by_itself(run.config, sold=sold)
        setup = self.setup_of(run.config)
        ledger = compiled().run_policy(setup.prices, setup.terms, setup.plan)
        if sold:
            ledger = sold_at_entry(setup, ledger, run_beta(run.config, setup.market))
        return ledger

    def _by_itself(self, config: RunConfig, *, sold: bool) -> Ledger:
        """Run a strategy that gives weights or orders itself; a book of which nothing can be concluded is refused."""
        own = with_made(config, replace(self.market, roles=roles_of(config), made={}))
        with evaluate_strategy(config, own) as prepared:
            ledger, said = execute(prepared.plain_engine, config, prepared)
            if said.withheld:
                raise StrategyError(said.withheld)
            return sold_at_entry(prepared.setup, ledger, run_beta(config, own)) if sold else ledger

    def _signal(self, config: RunConfig) -> Floats | None:
        key = strategy_key(config)
        if key not in self._signals:
            own = replace(self.market, roles=roles_of(config))
            with evaluate_strategy(config, with_made(config, own)) as prepared:
                self._signals[key] = prepared.signal
        return self._signals[key]
