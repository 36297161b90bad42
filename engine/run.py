"""One run, whole: config to market to intensity to orders to books to metrics, on one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Floats
from data.market import Market
from data.sources import Source
from engine.asking import intensity_of
from engine.config import RunConfig
from engine.controls import run_derisk_entry, run_unhedged
from engine.executing import execute
from engine.kernel.loop import Ledger
from engine.metrics import metrics_of
from engine.rules import costs_of
from engine.setup import Setup, open_market, prepare, run_beta, sizing_of
from strategies import parameters
from strategies.base import Strategy
from strategies.load import kind, strategy_class
from strategies.sizing import most_hedge

SIMULATED = "SIMULATED market: it shows the machine and says nothing about {hedge}."

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RunResult:
    """One run and its controls.

    Parameters
    ----------
    config
        As run, every default written out.
    setup
        Market, prices and terms it was executed on.
    label
        The strategy's name as it shows.
    intensity
        The signal at each of the run's closes, shape (sessions,); NaN for a strategy that has none.
    hedged, unhedged, derisk_entry
        What each book did.
    metrics
        What metrics.json holds.
    notes
        What a reader has to know besides the numbers, a sentence each.
    engine
        What executed the hedged book.
    """

    config: RunConfig
    setup: Setup
    label: str
    intensity: Floats
    hedged: Ledger
    unhedged: Ledger
    derisk_entry: Ledger
    metrics: dict[str, Any]
    notes: tuple[str, ...]
    engine: str = "backtrader"

    @property
    def market(self) -> Market:
        """The market it was fed."""
        return self.setup.market

    @property
    def simulated(self) -> bool:
        """Whether its history is made up."""
        return self.setup.market.simulated


def run(
    config: RunConfig, source: Source | None = None, progress: Progress | None = None, engine: str = "backtrader"
) -> RunResult:
    """Run a hedge, and its controls beside it.

    Parameters
    ----------
    config
        The run.
    source
        Where history comes from; what the config names unless given.
    progress
        Told each step as it begins.
    engine
        What executes the hedged book: one of `engine.executing.ENGINES`.

    Raises
    ------
    UserError
        What can't be used, in one line: DataError, ConfigError or StrategyError.
    """
    say = progress or (lambda _step: None)
    say("reading history")
    market = open_market(config, source)
    cls = strategy_class(config.strategy.named)
    say("asking the strategy")
    strategy = None if kind(cls) == "backtrader" else parameters.make(cls, config.strategy.params)
    signal = intensity_of(strategy, market) if isinstance(strategy, Strategy) else None
    setup = prepare(config, market, signal)
    say(f"running in {engine}")
    hedged, remarks = execute(engine, config, setup, strategy, cls)
    say("running the controls")
    unhedged = run_unhedged(setup)
    derisk, floored = run_derisk_entry(setup, hedged, run_beta(config, market))
    label = cls.__name__ if strategy is None else strategy.label(market)
    notes = (
        *_notes(config, setup, {"hedged": hedged, "unhedged": unhedged, "de-risked": derisk}, floored),
        *remarks,
    )
    intensity = np.full(len(market.run_sessions), np.nan) if signal is None else signal[market.first :]
    metrics = _metrics(config, setup, label, hedged, {"unhedged": unhedged, "derisk_entry": derisk}, notes)
    return RunResult(config, setup, label, intensity, hedged, unhedged, derisk, metrics, notes, engine)


def _metrics(
    config: RunConfig,
    setup: Setup,
    label: str,
    hedged: Ledger,
    controls: dict[str, Ledger],
    notes: tuple[str, ...],
) -> dict[str, Any]:
    sessions = setup.market.run_sessions

    def figures(ledger: Ledger) -> dict[str, Any]:
        commission, slippage = costs_of(setup.terms, setup.prices.fill, ledger.traded)
        return metrics_of(ledger, setup.prices, setup.terms, sessions, commission + slippage)

    head = {
        "name": config.name,
        "strategy": label,
        "source": setup.market.source.name,
        "simulated": setup.market.simulated,
    }
    return {
        **head,
        **figures(hedged),
        "controls": {name: figures(ledger) for name, ledger in controls.items()},
        "notes": list(notes),
    }


def _notes(config: RunConfig, setup: Setup, books: dict[str, Ledger], floored: int) -> tuple[str, ...]:
    """Say what the numbers alone don't."""
    market, sizing, notes = setup.market, sizing_of(config), []
    if market.simulated:
        notes.append(SIMULATED.format(hedge=market.hedge))
    if sizing.method in ("fixed", "proportional") and sizing.weight > most_hedge(sizing):
        notes.append(f"The hedge's weight of {sizing.weight:g} is clipped to {most_hedge(sizing):g}.")
    held = np.count_nonzero((market.calendar >= market.run_sessions[0]) & (market.calendar <= market.run_sessions[-1]))
    if missing := held - len(market.run_sessions):
        notes.append(f"{missing} NYSE sessions are left out: not every traded instrument has a bar there.")
    if floored:
        notes.append(f"The de-risked core was held at 0 on {floored} orders: less beta would have meant going short.")
    for name, ledger in books.items():
        if ledger.equity[ledger.last] <= 0.0:
            notes.append(f"The {name} book was ruined on {market.run_sessions[ledger.last]}.")
    return tuple(notes)
