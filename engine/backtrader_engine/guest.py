"""`as_backtrader`: one of our strategies as a backtrader.Strategy class, for anybody's own Cerebro."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import backtrader as bt
import numpy as np

from data.bars import Bars
from data.errors import ConfigError, DataError, StrategyError, did_you_mean
from data.market import Market
from data.sources import BARS, SERIES, Held, Kind, typed
from engine.backtrader_engine.hedge import FIRST_DAY, LINES, Decider, place
from engine.config import RunConfig
from engine.evaluate_strategy import intensity_of, signals_of, weigher
from engine.hedges import roles_of
from engine.kernel.loop import ledger_on, mark
from engine.legs import legs_of
from engine.loading import build_config
from engine.rules import Order, plan_trade
from engine.setup import Setup, prepare
from strategies.base import CloseStrategy, Strategy

ROUNDING = 1e-12
"""The share of every buy left out, so that a broker that counts to the last digit doesn't refuse it."""


def as_backtrader(strategy: Strategy | CloseStrategy, settings: Sequence[str] = ()) -> type[bt.Strategy]:
    """Return a strategy as a class to be added to a Cerebro.

    Its feeds are found by name (core, hedge and underlying: SOXX and SOXS unless set otherwise) and have to be
    preloaded, which is backtrader's default. Prices are taken as they are, so feed them adjusted; the Cerebro's own
    broker, costs and cash count. It decides at each close and orders at the next open: it switches cheat-on-open on.

    Parameters
    ----------
    strategy
        Such as ``WeaknessHedge(trend_days=50)``.
    settings
        ``key=value`` texts as for --set, such as ``hedge.weight=0.2`` or ``policy.min_hold=5``.

    Raises
    ------
    ConfigError, StrategyError
        A setting is wrong; when it starts, a feed is missing.

    Examples
    --------
    >>> import backtrader
    >>> from strategies.weakness import WeaknessHedge
    >>> cerebro = backtrader.Cerebro()
    >>> cerebro.addstrategy(backtest.as_backtrader(WeaknessHedge(), ["hedge.weight=0.2"]))
    0
    """
    config = build_config({"execution": {"cash_rate": 0.0}}, settings)
    if config.untraded:
        raise ConfigError(f"{type(strategy).__name__} in a Cerebro of your own: {config.untraded}")
    return type(type(strategy).__name__, (GuestHedge,), {"params": (("strategy", strategy), ("config", config))})


class GuestHedge(bt.Strategy):
    """A strategy of ours in somebody else's Cerebro."""

    params = (("strategy", None), ("config", None))

    def __init__(self) -> None:
        self.env.params.cheat_on_open = True

    def start(self) -> None:
        """Read the preloaded feeds, ask the strategy, and lay out the run."""
        self.broker.set_coo(True)
        config: RunConfig = self.p.config
        market = _market(config, {feed._name: feed for feed in self.datas})  # where a feed's name is kept
        self._traded = [self.getdatabyname(name) for name in legs_of(market.roles).names]
        strategy = self.p.strategy
        signal = intensity_of(strategy, market) if isinstance(strategy, Strategy) else None
        setup = self._at_this_brokers_costs(prepare(config, market, signals_of(config, signal, market)))
        weigh = weigher(strategy, config, setup) if isinstance(strategy, CloseStrategy) else None
        self._setup = setup
        ledger = ledger_on(setup.prices)
        self._decider = Decider(setup.prices, setup.plan, ledger, weigh)
        self._rows = {day.item().toordinal(): row for row, day in enumerate(market.sessions)}
        self._ordered: Order | None = None

    def next(self) -> None:
        """Read the close, on sessions that every traded instrument has."""
        t = self._row_now()
        if t is None or t + 1 >= len(self._rows):
            return
        ledger = self._decider.ledger
        ledger.cash[t] = self.broker.getcash()
        ledger.shares[t] = self._shares()
        ledger.equity[t] = mark(self._setup.prices, ledger, t)
        self._decider.read(t)
        if ledger.ordered[t]:
            self._ordered = Order(ledger.core[t], ledger.hedges[t], bool(ledger.restate[t]))

    def next_open(self) -> None:
        """Order what was decided at the last close, at the first session that every traded instrument has."""
        if self._ordered is None or self._row_now() is None:
            return
        shares, price = self._shares(), np.array([feed.open[0] for feed in self._traded])
        traded = np.zeros_like(shares)
        plan_trade(self._setup.terms, self._ordered, price, price, self.broker.getcash(), shares, traded)
        place(self, self._traded, np.where(traded > 0.0, traded * (1.0 - ROUNDING), traded))
        self._ordered = None

    def _row_now(self) -> int | None:
        """Return the market's row of today, the latest day of any feed that has begun; None on other days."""
        return self._rows.get(int(max(feed.datetime[0] for feed in self.datas if len(feed))))

    def _shares(self) -> np.ndarray:
        return np.array([self.getposition(feed).size for feed in self._traded], dtype=np.float64)

    def _at_this_brokers_costs(self, setup: Setup) -> Setup:
        """Return the setup with the broker's own commission and slippage, by which buys are scaled to its cash."""
        slip = float(getattr(self.broker.p, "slip_perc", 0.0))
        fixed = float(getattr(self.broker.p, "slip_fixed", 0.0)) if not slip else 0.0
        per_dollar = np.array(
            [self.broker.getcommissioninfo(feed).getcommission(1e6, 1.0) / 1e6 for feed in self._traded]
        )
        terms = setup.terms._replace(
            cash=self.broker.getcash(),
            commission=per_dollar,
            commission_per_share=np.zeros_like(per_dollar),
            slippage=np.full_like(per_dollar, slip),
            slippage_per_share=np.full_like(per_dollar, fixed),
        )
        return replace(setup, terms=terms)


@dataclass(frozen=True)
class FeedSource:
    """A Source over preloaded feeds; it holds no series."""

    feeds: Mapping[str, bt.feed.DataBase]

    name = "feeds"
    simulated = False

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the feeds' names: they are instruments."""
        return tuple(sorted(self.feeds)) if kind == BARS else ()

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a feed's bars as they are, without events; raises StrategyError if it is missing or not preloaded."""
        if kind == SERIES:
            raise StrategyError(f"series {name} can't be had in a Cerebro of your own: use backtest run")
        if kind != BARS:
            raise DataError(f"no {kind} of {name}: this source holds none")
        if name not in self.feeds:
            hint = did_you_mean(name, self.feeds)
            raise StrategyError(f"no feed is named {name}{hint}: cerebro.adddata(feed, name={name!r})")
        feed = self.feeds[name]
        numbers = np.array(feed.lines.datetime.array, dtype=np.float64)
        if len(numbers) < 2:  # a live feed has one bar so far
            raise StrategyError(f"feed {name} isn't preloaded: run the Cerebro with preload=True, its default")
        days = (np.floor(numbers).astype(np.int64) - FIRST_DAY).astype("datetime64[D]")
        columns = {line: np.array(getattr(feed.lines, line).array, dtype=np.float64) for line in LINES}
        nothing = np.zeros(len(numbers))
        return typed(kind, Bars(name, days, **columns, dividend=nothing, split=nothing + 1.0))


def _market(config: RunConfig, feeds: Mapping[str, bt.feed.DataBase]) -> Market:
    """Return the market of the sessions that every traded feed has; it warms up on the first of them."""
    source, roles = FeedSource(feeds), roles_of(config)
    sessions = source.read(BARS, roles.underlying).dates
    for name in legs_of(roles).names:
        sessions = np.intersect1d(sessions, source.read(BARS, name).dates)
    if len(sessions) < 2:  # a decision and a fill
        raise StrategyError(f"the feeds {', '.join(legs_of(roles).names)} have fewer than two sessions in common")
    return Market(source, roles, sessions, 0, sessions)
