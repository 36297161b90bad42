"""A control: a put on the whole core, always on. MODELLED (docs/hedges.md): no verdict rests on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.sources import SERIES, Source
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig, PolicyConfig
from engine.hedges import costs_of_legs, roles_of, with_made
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.options import ITS_INSTRUMENT, VOLATILITY_INDEX
from engine.setup import Setup, prepare

MONEYNESS = 0.95
"""The strike, a fraction of the underlying's price at the roll."""


def run_protective_put(config: RunConfig, setup: Setup) -> tuple[Ledger, Setup]:
    """Hold a one-month put a core share from the first order on, paid for by selling core, restored monthly.

    It bears half its bid-ask, and the hedge's commission on its premium.

    Parameters
    ----------
    config, setup
        The hedged run.

    Returns
    -------
    Ledger, Setup
        The control, and what it was executed on; the last column is the put, on one share of the underlying.

    Raises
    ------
    DataError
        The put can't be priced: what it needs is missing or not known from the first session on.
    """
    commission = costs_of_legs(config)["commission_bps"][-1]
    put = HedgeConfig(
        kind="option",
        underlying=config.read,
        funding=config.hedge.funding,
        buffer=config.hedge.buffer,
        lookback=config.hedge.lookback,
        rebalance="monthly",
        commission_bps=float(commission),
        policy=PolicyConfig(),
    )
    covered = config.with_legs([put])
    market = with_made(covered, replace(setup.market, roles=roles_of(covered), made={}))
    own = prepare(covered, market, np.ones(len(market)))
    return compiled().run_policy(own.prices, own.terms, own.plan), own


def put_reads(source: Source) -> frozenset[str]:
    """Return what the put's price hangs on, besides what is traded, by kind and name."""
    volatility, other = f"series/{VOLATILITY_INDEX}", f"bars/{ITS_INSTRUMENT}"
    return frozenset((volatility, other) if VOLATILITY_INDEX in source.names(SERIES) else (volatility,))
