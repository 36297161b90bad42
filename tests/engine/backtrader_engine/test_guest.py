"""Our strategies in anybody's Cerebro, and anybody's backtrader.Strategy in our run."""

import json
from dataclasses import replace

import backtrader as bt
import numpy as np
import pytest
from worlds import WARM_UP, configured, laid_out, market, source

from data.errors import ConfigError, StrategyError
from engine.backtrader_engine.execute import ordinals, run_backtrader_strategy
from engine.backtrader_engine.guest import as_backtrader
from engine.evaluate_strategy import intensity_of, signals_of
from engine.kernel.loop import run_policy
from engine.setup import prepare
from strategies import CloseStrategy
from strategies.weakness import WeaknessHedge

NAMES = ["portfolio.core={AAA: 1.0}", "hedge.instrument=HHH", "hedge.underlying=AAA"]


class Plain(bt.feed.DataBase):
    """Somebody's own feed."""

    params = (("bars", None),)

    def start(self):
        super().start()
        self._row = 0

    def _load(self):
        bars, row = self.p.bars, self._row
        if row >= len(bars):
            return False
        for name in ("open", "high", "low", "close", "volume"):
            getattr(self.l, name)[0] = getattr(bars, name)[row]
        self.l.openinterest[0] = 0.0
        self.l.datetime[0] = ordinals(bars.dates[row : row + 1])[0]
        self._row += 1
        return True


def somebodys_cerebro(fed, names=("AAA", "HHH"), **options):
    cerebro = bt.Cerebro(stdstats=False, **options)
    for name in names:
        cerebro.adddata(Plain(bars=fed.bars_by_name[name]), name=name)
    cerebro.broker.setcash(50_000.0)
    cerebro.broker.setcommission(commission=0.001)
    cerebro.broker.set_slippage_perc(0.0005, slip_open=True, slip_match=True, slip_out=True)
    return cerebro


def test_it_trades_in_a_cerebro_as_the_loop_does_on_the_same_prices():
    fed = source(3, events=False)
    strategy = WeaknessHedge(trend_days=5, volatility_floor=0.0)
    cerebro = somebodys_cerebro(fed)
    cerebro.addstrategy(as_backtrader(strategy, [*NAMES, "hedge.weight=0.2"]))
    cerebro.run()

    keys = {
        "hedge.weight": 0.2,
        "hedge.rebalance": "weekly",
        "portfolio.cash": 50_000.0,
        "execution.commission_bps": 10.0,
        "execution.slippage_bps": 5.0,
    }
    both = np.intersect1d(fed.bars_by_name["AAA"].dates, fed.bars_by_name["HHH"].dates)
    together = replace(fed, bars_by_name={name: bars.onto(both) for name, bars in fed.bars_by_name.items()})
    config = configured(keys | {"start": str(both[0])})
    seen = market(config, together)
    setup = prepare(config, seen, intensity_of(strategy, seen))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)

    assert np.count_nonzero(ledger.traded) > 6
    assert cerebro.broker.getvalue() == pytest.approx(ledger.equity[-1], rel=1e-9)


def test_several_hedges_trade_there_as_the_loop_does():
    fed = source(3, events=False, missing=False)
    strategy = WeaknessHedge(trend_days=5, volatility_floor=0.0)
    hedges = [
        {"instrument": "HHH", "underlying": "AAA", "weight": 0.2},
        {"kind": "asset", "instrument": "BBB", "weight": 0.3, "policy": {"enter": 0.1, "exit": 0.1}},
    ]
    cerebro = somebodys_cerebro(fed, ("AAA", "HHH", "BBB"))
    cerebro.addstrategy(as_backtrader(strategy, [NAMES[0], f"hedges={json.dumps(hedges)}"]))
    cerebro.run()

    keys = {"portfolio.cash": 50_000.0, "execution.commission_bps": 10.0, "execution.slippage_bps": 5.0}
    config = configured(keys | {"hedges": hedges, "start": str(fed.bars_by_name["AAA"].dates[0])})
    seen = market(config, fed)
    setup = prepare(config, seen, signals_of(config, intensity_of(strategy, seen), seen))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)

    assert (np.count_nonzero(ledger.traded, axis=0) > 2).all()
    assert cerebro.broker.getvalue() == pytest.approx(ledger.equity[-1], rel=1e-9)


def test_a_hedge_without_bars_has_no_feed_there():
    with pytest.raises(ConfigError, match=r"hedge.kind cash has no bars to trade: take a fund or an asset"):
        as_backtrader(WeaknessHedge(), ["hedge.kind=cash"])


def test_an_on_close_strategy_trades_there_too():
    class Always(CloseStrategy):
        def __init__(self):
            self.closes = 0

        def on_close(self, view, book):
            self.closes += 1
            return 0.3 if len(view.close()) > 5 and book.equity > 0 else 0.0

    fed, asked = source(4, events=False, missing=False), Always()
    cerebro = somebodys_cerebro(fed)
    cerebro.addstrategy(as_backtrader(asked, NAMES))
    (ran,) = cerebro.run()

    assert asked.closes == WARM_UP + 45 - 1
    assert ran.getposition(ran.getdatabyname("HHH")).size > 0


def test_a_missing_feed_is_named_with_its_cure():
    cerebro = somebodys_cerebro(source(3), names=("AAA",))
    cerebro.addstrategy(as_backtrader(WeaknessHedge(), NAMES))

    with pytest.raises(StrategyError, match=r"no feed is named HHH: cerebro.adddata\(feed, name='HHH'\)"):
        cerebro.run()


def test_feeds_that_are_not_preloaded_are_refused():
    cerebro = somebodys_cerebro(source(3), preload=False, runonce=False)
    cerebro.addstrategy(as_backtrader(WeaknessHedge(), NAMES))

    with pytest.raises(StrategyError, match="isn't preloaded"):
        cerebro.run()


def test_a_wrong_setting_is_told_at_once():
    with pytest.raises(ConfigError, match="did you mean weight"):
        as_backtrader(WeaknessHedge(), ["hedge.wieght=0.2"])


class Alternating(bt.Strategy):
    """Somebody's strategy: core at first, every ten sessions half of it into the fund and back."""

    params = (("every", 10),)

    def __init__(self):
        self.core, self.fund = self.getdatabyname("AAA"), self.getdatabyname("HHH")
        self.average = bt.indicators.SMA(self.core.total_return, period=3)

    def next(self):
        t = len(self) - 1
        if t == 2:
            self.buy(self.core, size=int(0.9 * self.broker.getcash() / self.core.close[0]))
        elif t % (2 * self.p.every) == self.p.every:
            self.sell(self.core, size=self.getposition(self.core).size / 2)
            self.buy(self.fund, size=0.4 * self.broker.getvalue() / self.fund.close[0])
        elif t % (2 * self.p.every) == 0 and self.getposition(self.fund).size:
            self.close(self.fund)


def somebodys(seed=5, **keys):
    setup = laid_out({"execution.cash_rate": 0.05, **keys}, source(seed))
    return setup, *run_backtrader_strategy(setup, Alternating, {"every": 10})


def test_somebodys_strategy_gets_splits_dividends_and_interest():
    setup, ledger, orders = somebodys()
    prices, terms = setup.prices, setup.terms
    shares, cash = np.zeros(2), terms.cash
    for t in range(1, len(ledger.equity)):
        cash *= 1.0 + terms.cash_accrual[t]
        shares *= prices.split[t] * (1.0 + prices.dividend[t] / prices.open[t])
        for i in range(2):
            deal, price = ledger.traded[t, i], prices.open[t, i]
            value = deal * price * (1 + np.sign(deal) * 2e-4)
            cash -= value + abs(value) * 1e-4
            shares[i] += deal
        assert ledger.shares[t] == pytest.approx(shares)
        assert ledger.cash[t] == pytest.approx(cash)

    assert (prices.split[3:] != 1).any()
    assert {one.status for one in orders} == {"Completed"}
    assert np.count_nonzero(ledger.traded) >= 5


def test_somebodys_strategy_trades_every_hedge_its_run_names():
    class Both(bt.Strategy):
        def next(self):
            if len(self) == 1:
                self.buy(self.getdatabyname("HHH"), size=3)
                self.buy(self.getdatabyname("BBB"), size=5)
            if len(self) == 9:
                self.close(self.getdatabyname("BBB"))

    hedges = [{"instrument": "HHH", "underlying": "AAA"}, {"kind": "asset", "instrument": "BBB", "weight": 0.1}]
    setup = laid_out({"hedges": hedges}, source(6, events=False, missing=False))
    ledger, _ = run_backtrader_strategy(setup, Both, {})

    assert ledger.traded[1].tolist() == [0.0, 3.0, 5.0]
    assert ledger.traded[9].tolist() == [0.0, 0.0, -5.0]
    assert ledger.ordered[[0, 8]].all()
    worth = ledger.shares[1:3, 1:] * setup.prices.fill[1:3, 1:]
    equity = ledger.cash[1:3] + worth.sum(axis=1)
    assert ledger.hedges[0] == pytest.approx(worth[0] / equity[0])
    assert ledger.actions[[0, 8]].tolist() == [[1, 1], [0, ledger.actions[8, 1]]]


def test_somebodys_open_order_follows_a_split():
    """An order for a tenth of the cash still buys a tenth when the shares are split overnight."""
    setup, ledger, _ = somebodys()
    halves = np.flatnonzero(ledger.traded[:, 0] < 0)

    assert len(halves)
    for t in halves:
        before = ledger.shares[t - 1, 0] * setup.prices.split[t, 0]
        assert ledger.traded[t, 0] == pytest.approx(-before / 2)


class Asking(bt.Strategy):
    """Asks for a feed that the run doesn't have."""

    def next(self):
        self.getdatabyname("SPY")


def test_a_feed_that_is_not_there_is_told_with_those_that_are():
    setup = laid_out({}, source(5))

    with pytest.raises(KeyError) as unknown:
        run_backtrader_strategy(setup, Asking, {})
    assert str(unknown.value) == "the run has no SPY: its feeds are AAA, HHH"


class Leaving(bt.Strategy):
    """Buys the fund a session after the run begins, and closes it the evening before a split."""

    params = (("evening", 0),)

    def next(self):
        fund, t = self.getdatabyname("HHH"), len(self) - 1
        if t == 1:
            self.buy(fund, size=0.3 * self.broker.getvalue() / fund.close[0])
        if t == self.p.evening:
            self.close(fund)


@pytest.mark.parametrize("seed", range(5, 11))
def test_an_order_of_the_evening_before_a_split_follows_it(seed):
    setup = laid_out({"execution.cash_rate": 0.05}, source(seed))
    splits = np.flatnonzero(setup.prices.split[:, 1] != 1.0)
    for t in splits[splits > 4]:
        ledger, orders = run_backtrader_strategy(setup, Leaving, {"evening": int(t) - 1})
        assert {one.status for one in orders} == {"Completed"}
        assert ledger.shares[t - 1, 1] > 0
        assert ledger.shares[t, 1] == pytest.approx(0, abs=1e-9)


def test_somebodys_episodes_are_when_the_funds_position_is_not_zero():
    _, ledger, _ = somebodys()
    held = ledger.shares[:, -1] != 0

    starts = np.flatnonzero(ledger.actions[:, -1] == 1)
    ends = np.flatnonzero(ledger.actions[:, -1] == 2)

    assert len(starts) >= 2
    assert all(held[t + 1] and not held[t] for t in starts)
    assert all(held[t] and not held[t + 1] for t in ends)


def test_an_order_that_cannot_be_paid_is_told():
    class Greedy(bt.Strategy):
        def next(self):
            if len(self) == 2:
                self.buy(self.data, size=1e9)

    setup = laid_out({}, source(5))
    ledger, orders = run_backtrader_strategy(setup, Greedy, {})

    assert [(one.placed.words, one.status) for one in orders] == [("buy 1e+09 AAA", "Margin")]
    assert not ledger.traded.any()
