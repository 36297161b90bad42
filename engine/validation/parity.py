"""Parity: one run in all three executions, and the first session where one parts from the plain loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.errors import UserError
from engine.config import RunConfig
from engine.engines import ENGINES, execute
from engine.evaluate_strategy import evaluate_strategy
from engine.kernel.loop import Ledger
from engine.setup import Setup, open_market
from strategies.base import CloseStrategy
from strategies.load import kind, strategy_class

TOLERANCE = 1e-9
"""Of equity, on every session."""


class Parity(NamedTuple):
    """How one execution compares with the plain loop.

    Parameters
    ----------
    engine
        Its name.
    final_equity, fills
        Dollars, and instruments bought or sold in a session.
    largest, at
        The largest difference of equity as a fraction of it, and the session it is on.
    parts
        The first session whose equity differs by more than `TOLERANCE` or whose orders differ; ``None`` for never.
    """

    engine: str
    final_equity: float
    fills: int
    largest: float
    at: str
    parts: str | None


def parity(config: RunConfig) -> tuple[Parity, ...]:
    """Run a config in every execution that can run it, the plain loop first; raises UserError if only one can."""
    cls = strategy_class(config.strategy.named)
    if kind(cls) == "backtrader":
        raise UserError(f"{cls.__name__} is a backtrader.Strategy: backtrader alone can run it")
    market = open_market(config)

    def ran(engine: str) -> tuple[Setup, Ledger]:
        with evaluate_strategy(config, market) as prepared:
            return prepared.setup, execute(engine, config, prepared)[0]

    engines = [engine for engine in reversed(ENGINES) if engine != "compiled" or not issubclass(cls, CloseStrategy)]
    runs = {engine: ran(engine) for engine in engines}
    setup, plain = runs["python"]
    return tuple(compare(engine, setup, plain, ledger) for engine, (_setup, ledger) in runs.items())


def compare(engine: str, setup: Setup, plain: Ledger, ledger: Ledger) -> Parity:
    """Hold one ledger against the plain loop's."""
    end = max(plain.last, ledger.last) + 1
    scale = np.maximum(np.abs(plain.equity[:end]), 1e-300)
    apart = np.abs(ledger.equity[:end] - plain.equity[:end]) / scale
    worth = np.abs(ledger.traded[:end] - plain.traded[:end]) * setup.prices.fill[:end] / scale[:, None]
    orders = (np.sign(ledger.traded[:end]) != np.sign(plain.traded[:end])).any(axis=1) | (worth > TOLERANCE).any(axis=1)
    parts = np.flatnonzero((apart > TOLERANCE) | orders)
    sessions = setup.market.run_sessions
    return Parity(
        engine,
        float(ledger.equity[ledger.last]),
        int(np.count_nonzero(ledger.traded)),
        float(apart.max()),
        str(sessions[int(apart.argmax())]),
        str(sessions[parts[0]]) if len(parts) else None,
    )
