"""Running a setup in backtrader: feeds of its bars as traded, one fresh Cerebro a run, its settings pinned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import backtrader as bt
import numpy as np
from backtrader.linebuffer import LineBuffer

from data.arrays import Dates
from engine.backtrader_engine.broker import GuardedBroker, GuardedCerebro, HistoryBroker
from engine.backtrader_engine.guard import DATA, RefusedError, refusal
from engine.backtrader_engine.hedge import FIRST_DAY, LINES, Decider, HedgeStrategy
from engine.backtrader_engine.record import Ended, Placed, Recorder, Stop
from engine.kernel.loop import Ledger, Weigh, ledger_on
from engine.setup import Setup


class UnknownFeedError(KeyError):
    """A feed that the run doesn't have."""

    def __str__(self) -> str:
        return str(self.args[0])


class Feeds(dict[str, bt.feed.DataBase]):
    """A run's feeds by name, as a strategy's getdatabyname reads them."""

    def __missing__(self, name: str) -> None:
        raise UnknownFeedError(f"the run has no {name}: its feeds are {', '.join(self)}")


PINNED = {"stdstats": False, "preload": True, "runonce": True}
Analyzer = tuple[type, Mapping[str, Any]]


def run_in_backtrader(setup: Setup, weigh: Weigh | None = None) -> Ledger:
    """Run the policy, or a strategy that gives the weight itself, in backtrader's broker; return what it did."""
    ledger = ledger_on(setup.prices)
    decider = Decider(setup.prices, setup.plan, ledger, weigh)
    cerebro, broker = bt.Cerebro(cheat_on_open=True, **PINNED), HistoryBroker(checksubmit=False)
    _run(setup, cerebro, broker, HedgeStrategy, {"prices": setup.prices, "terms": setup.terms, "decider": decider})
    return decider.ledger


def run_backtrader_strategy(
    setup: Setup, strategy: type, params: Mapping[str, Any]
) -> tuple[Ledger, tuple[Ended, ...]]:
    """Run somebody's backtrader.Strategy as it is.

    It finds its feeds by instrument's name, core first and hedges last, with as-traded prices and a further line
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
    ran = _run(setup, GuardedCerebro(**PINNED), broker, strategy, params, (Recorder, {"broker": broker}))
    return ran.analyzers.own.ledger(setup), broker.ended()


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
    analyzer: Analyzer = (Recorder, {"broker": broker}) if until is None else (Stop, {"until": until})
    ran = _run(setup, GuardedCerebro(**PINNED), broker, strategy, params, analyzer)
    return ran.analyzers.own.ledger(setup) if until is None else None, tuple(broker.placed)


def _run(
    setup: Setup,
    cerebro: bt.Cerebro,
    broker: HistoryBroker,
    strategy: type,
    params: Mapping[str, Any],
    analyzer: Analyzer | None = None,
) -> bt.Strategy:
    cerebro.setbroker(broker)
    feeds = list(_feeds(setup))
    for feed in feeds:
        cerebro.adddata(feed)
    object.__setattr__(cerebro, "datasbyname", Feeds(cerebro.datasbyname))  # past a Cerebro that is guarded
    broker.prepare(feeds, setup.prices, setup.terms)
    if analyzer is not None:
        cerebro.addanalyzer(analyzer[0], _name="own", **analyzer[1])
    cerebro.addstrategy(strategy, **params)
    (ran,) = cerebro.run()
    for feed in feeds:
        feed.check()
    return ran


def _feeds(setup: Setup) -> Iterator[BarsFeed]:
    """Yield the feeds, in the order of the columns; an instrument that stands twice is named with its place."""
    market, prices = setup.market, setup.prices
    names, holdings = setup.legs.names, len(setup.legs.core)
    for i, name in enumerate(names):
        bars = replace(market.bars(name).rows(slice(market.first, None)), open=prices.fill[:, i])
        level = market.total_return(name)[market.first :] if i < holdings else prices.level[:, i - holdings]
        yield BarsFeed(bars=bars, level=level, name=f"{name} ({i + 1})" if name in names[:i] else name)


class KeptLine(LineBuffer):
    """A line of a feed that is loaded: nobody writes into it any more."""

    def __setitem__(self, ago: int, value: float) -> None:
        """Refuse to write a value."""
        raise refusal("a strategy can't write into a feed", DATA)

    def set(self, value: float, ago: int = 0) -> None:
        """Refuse to write a value."""
        self[ago] = value


class BarsFeed(bt.feed.DataBase):
    """An instrument's bars on the run's sessions; the line ``total_return`` has splits and dividends in it."""

    lines = ("total_return",)
    params = (("bars", None), ("level", None))

    def start(self) -> None:
        """Begin at the first session."""
        super().start()
        self._row, bars = 0, self.p.bars
        self._table = {name: getattr(bars, name).tolist() for name in LINES} | {"total_return": self.p.level.tolist()}
        self._days = ordinals(bars.dates)

    def preload(self) -> None:
        """Load all bars, and keep them as they are."""
        super().preload()
        for line in self.l.lines:
            line.__class__ = KeptLine

    def check(self) -> None:
        """Raise RefusedError where the lines aren't the bars any more."""
        loaded = {name: getattr(self.l, name).array[: len(self._days)] for name in self._table}
        changed = [name for name, held in loaded.items() if not np.array_equal(held, self._table[name], equal_nan=True)]
        if changed or list(self.l.datetime.array[: len(self._days)]) != self._days:
            what = f"line {changed[0]}" if changed else "dates"
            raise RefusedError(f"the strategy has written into the {what} of feed {self._name}: {DATA}")

    def _load(self) -> bool:
        if self._row >= len(self._days):
            return False
        for name, column in self._table.items():
            getattr(self.l, name)[0] = column[self._row]
        self.l.openinterest[0] = 0.0
        self.l.datetime[0] = self._days[self._row]
        self._row += 1
        return True


def ordinals(sessions: Dates) -> list[float]:
    """Return backtrader's day numbers."""
    return [float(day) for day in (sessions.astype("datetime64[D]").astype(np.int64) + FIRST_DAY)]
