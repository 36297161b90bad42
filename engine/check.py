"""Everything a run can fail at before it trades."""

from __future__ import annotations

from data.market import Market
from engine.asking import intensity_of
from engine.config import RunConfig
from engine.setup import prepare
from strategies import parameters
from strategies.base import Strategy
from strategies.load import kind, strategy_class


def check_run(config: RunConfig, market: Market) -> None:
    """Ask the strategy and lay the run out; raises UserError where that fails."""
    cls = strategy_class(config.strategy.named)
    strategy = None if kind(cls) == "backtrader" else parameters.make(cls, config.strategy.params)
    signal = intensity_of(strategy, market) if isinstance(strategy, Strategy) else None
    prepare(config, market, signal)
