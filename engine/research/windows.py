"""Windows of one history: what is causal by construction says in a window what it says as the whole history begins.

A strategy is causal by construction where it is one that ships, which computes every value from its own past alone, to
the last bit, and where all that it reads is laid out row by row: bars and series. Schedules and groups aren't, since
which of their rows a run may read hangs on where it ends. Of code that isn't ours nothing is known: it is asked in
every window anew.
"""

from __future__ import annotations

import numpy as np

from data.market import Market
from data.roles import Roles
from engine.hedge_config import StrategyConfig
from strategies import parameters
from strategies.base import Strategy
from strategies.load import SHIPPED, strategy_class


def causal_by_construction(named: StrategyConfig, roles: Roles) -> bool:
    """Return whether a strategy is; raises StrategyError where its parameters can't be used."""
    if named.named not in SHIPPED:
        return False
    strategy: Strategy = parameters.make(strategy_class(named.named), named.params)
    reads = strategy.reads(roles)
    return not (reads.events or reads.members)


def begins(part: Market, whole: Market) -> bool:
    """Return whether a market is how another begins: the same sessions up to its end, and all of it as traded.

    What is made for a run, synthetic history before inception, bills, shorts and options, may hang on where that one
    begins or ends.
    """
    made = part.made or whole.made or part.synthetic or whole.synthetic
    same = part.roles == whole.roles and np.array_equal(part.sessions, whole.sessions[: len(part)])
    return same and not made
