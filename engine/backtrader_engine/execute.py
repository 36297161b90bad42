"""Running a setup in backtrader: one fresh Cerebro a run, its settings pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import backtrader as bt

from data.market import Market
from engine.backtrader_engine.broker import HistoryBroker
from engine.backtrader_engine.feed import BarsFeed
from engine.backtrader_engine.guarded import GuardedBroker, GuardedCerebro
from engine.backtrader_engine.hedge import Decider, HedgeStrategy
from engine.backtrader_engine.orders import Ended, Placed
from engine.backtrader_engine.record import Recorder, Stop
from engine.kernel.loop import Ledger, Weigh, empty_ledger
from engine.legs import legs_of
from engine.rules import Prices
from engine.setup import Setup

PINNED = {"stdstats": False, "preload": True, "runonce": True}


def run_in_backtrader(setup: Setup, weigh: Weigh | None = None) -> Ledger:
    """Run the policy, or a strategy that gives the weight itself, in backtrader's broker; return what it did."""
    ledger = empty_ledger(*setup.prices.close.shape)
    decider = Decider(setup.prices, setup.plan, ledger, weigh)
    cerebro, broker = bt.Cerebro(cheat_on_open=True, **PINNED), HistoryBroker(checksubmit=False)
    _run(setup, cerebro, broker, HedgeStrategy, {"prices": setup.prices, "terms": setup.terms, "decider": decider})
    return decider.ledger


def run_backtrader_strategy(
    setup: Setup, strategy: type, params: Mapping[str, Any]
) -> tuple[Ledger, tuple[Ended, ...]]:
    """Run somebody's backtrader.Strategy as it is.

    It finds its feeds by instrument's name, core first and the hedge last, with as-traded prices and a further line
    ``total_return``. Splits, dividends and interest reach its positions, open orders and cash before each open.

    Returns
    -------
    Ledger, tuple of Ended
        What it did, and how each of its orders ended.

    Raises
    ------
    RefusedError
        It changes its broker, its Cerebro, its book or its bars, or orders before an open.
    """
    broker = GuardedBroker()
    ran = _run(setup, GuardedCerebro(**PINNED), broker, strategy, params, {"book": (Recorder, {"broker": broker})})
    return ran.analyzers.book.ledger(setup), broker.ended()


def run_noting_orders(
    setup: Setup, strategy: type, params: Mapping[str, Any], until: int | None = None
) -> tuple[Ledger | None, tuple[Placed, ...]]:
    """Run somebody's backtrader.Strategy as `run_backtrader_strategy` does, and note the orders it places.

    Parameters
    ----------
    until
        The run's session after whose close it is stopped; ``None`` for the whole run.

    Returns
    -------
    Ledger, tuple of Placed
        What it did in the whole run, else ``None``; and its orders as they were placed.
    """
    broker = GuardedBroker()
    analyzers: Analyzers = (
        {"book": (Recorder, {"broker": broker})} if until is None else {"stop": (Stop, {"until": until})}
    )
    ran = _run(setup, GuardedCerebro(**PINNED), broker, strategy, params, analyzers)
    return ran.analyzers.book.ledger(setup) if until is None else None, tuple(broker.placed)


Analyzers = Mapping[str, tuple[type, Mapping[str, Any]]]


def _run(
    setup: Setup,
    cerebro: bt.Cerebro,
    broker: HistoryBroker,
    strategy: type,
    params: Mapping[str, Any],
    analyzers: Analyzers | None = None,
) -> bt.Strategy:
    cerebro.setbroker(broker)
    feeds = _feeds(setup.market, setup.prices)
    for feed in feeds:
        cerebro.adddata(feed, name=feed._name)  # where backtrader keeps a feed's name
    broker.prepare(feeds, setup.prices, setup.terms)
    for name, (analyzer, given) in (analyzers or {}).items():
        cerebro.addanalyzer(analyzer, _name=name, **given)
    cerebro.addstrategy(strategy, **params)
    (ran,) = cerebro.run()
    for feed in feeds:
        feed.check()
    return ran


def _feeds(market: Market, prices: Prices) -> list[BarsFeed]:
    """Return a feed an instrument, its open being the price that orders fill at."""
    feeds = []
    for i, name in enumerate(legs_of(market.roles).names):
        bars = market.bars(name).rows(slice(market.first, None))
        feed = BarsFeed(
            bars=replace(bars, open=prices.fill[:, i]),
            level=market.total_return(name)[market.first :],
            name=name,
        )
        feeds.append(feed)
    return feeds
