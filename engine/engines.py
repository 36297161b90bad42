"""The three executions of one rule book, by name; nothing falls back from one to another."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from data.errors import StrategyError, UserError, did_you_mean
from engine.config import RunConfig
from engine.evaluate_strategy import PreparedRun, weigher
from engine.kernel.loop import Ledger, run_given, run_policy
from engine.setup import Setup
from strategies.base import CloseStrategy
from strategies.load import fault_in, raised_in

ENGINES = ("backtrader", "compiled", "python")


class Said(NamedTuple):
    """What has to be said of an execution.

    Parameters
    ----------
    remarks
        To be read before its figures, a sentence each.
    withheld
        Why nothing can be concluded from its book; empty where something can.
    """

    remarks: tuple[str, ...] = ()
    withheld: str = ""


def execute(engine: str, config: RunConfig, prepared: PreparedRun) -> tuple[Ledger, Said]:
    """Run the hedged book.

    Parameters
    ----------
    engine
        One of `ENGINES`: backtrader's own broker, the compiled kernel, or the plain loop.
    config, prepared
        The run, laid out; its strategy may keep state, so each execution asks anew.

    Returns
    -------
    Ledger, Said
        What it did, and what has to be said of it.

    Raises
    ------
    UserError
        The engine can't run that kind of strategy, or the strategy fails.
    """
    if engine not in ENGINES:
        raise UserError(f"there is no engine {engine}{did_you_mean(engine, ENGINES) or ': ' + ', '.join(ENGINES)}")
    cls, strategy, setup = prepared.cls, prepared.strategy, prepared.setup
    if strategy is None and engine != "backtrader":
        raise UserError(f"{cls.__name__} is a backtrader.Strategy: --engine {engine} can't run it, backtrader can")
    if strategy is None:
        return _somebodys(config, setup, cls)
    weigh = weigher(strategy, config, setup, prepared.view) if isinstance(strategy, CloseStrategy) else None
    if engine == "backtrader":
        from engine.backtrader_engine.execute import run_in_backtrader

        return run_in_backtrader(setup, weigh), Said()
    if engine == "compiled":
        if weigh is not None:
            raise UserError(f"{cls.__name__} is asked at every close: --engine compiled can't run it, python can")
        from engine.kernel.compiled import compiled

        return compiled().run_policy(setup.prices, setup.terms, setup.plan), Said()
    if weigh is not None:
        return run_given(setup.prices, setup.terms, setup.plan, weigh), Said()
    return run_policy(setup.prices, setup.terms, setup.plan), Said()


def _somebodys(config: RunConfig, setup: Setup, cls: type) -> tuple[Ledger, Said]:
    """Run somebody's backtrader.Strategy; an error in their code is reported with its line."""
    from engine.backtrader_engine.execute import run_backtrader_strategy
    from engine.backtrader_engine.record import order_remarks, withheld_because

    try:
        ledger, orders = run_backtrader_strategy(setup, cls, config.strategy.params)
    except UserError:
        raise
    except Exception as error:
        if not raised_in(error, file := inspect.getsourcefile(cls)):
            raise
        raise StrategyError(f"{cls.__name__} fails: {fault_in(error, file)}") from error
    return ledger, Said(tuple(order_remarks(cls, orders, len(ledger.equity))), withheld_because(orders))
