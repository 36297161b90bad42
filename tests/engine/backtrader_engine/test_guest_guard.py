"""What somebody's own strategy can't do: change its broker, its Cerebro, its book or its bars, or order too early."""

import re
import textwrap

import backtrader as bt
import numpy as np
import pytest
from command import command
from worlds import laid_out, source

from data.errors import StrategyError
from engine.backtrader_engine.execute import run_backtrader_strategy, run_noting_orders


def run_code(when, code, until=None):
    """Run a strategy that buys at the second close and does one thing more in one of its methods."""

    def doing(self, *_order):
        if when != "next" or len(self) == 6:
            exec(code, {"self": self, "bt": bt})

    def buying(self):
        if len(self) == 2:
            self.buy(self.data, size=1)
        if when == "next":
            doing(self)

    Somebodys = type("Somebodys", (bt.Strategy,), {when: doing} | {"next": buying})  # a class
    setup = laid_out({}, source(5))
    if until is not None:
        return run_noting_orders(setup, Somebodys, {}, until)
    return run_backtrader_strategy(setup, Somebodys, {})


# What a strategy does, and what the refusal has to say of it.
SETS = {
    "self.broker.set_coo(True)": "coo.*fills at the next open",
    "self.broker.set_coc(True)": "coc.*fills at the next open",
    "self.broker.set_eosbar(True)": "eosbar.*fills at the next open",
    "self.broker.seteosbar(True)": "eosbar.*fills at the next open",
    "self.broker.set_checksubmit(False)": "checksubmit",
    "self.broker.set_filler(bt.broker.filler.FixedSize())": "filler",
    "self.broker.set_fundmode(True)": "fundmode",
    "self.broker.set_fundstartval(1.0)": "fundstartval",
    "self.broker.set_shortcash(False)": "shortcash",
    "self.broker.set_int2pnl(False)": "int2pnl.*execution.cash_rate",
    "self.broker.add_cash(1e6)": "add_cash.*portfolio.cash",
    "self.broker.set_cash(1e6)": "cash.*portfolio.cash",
    "self.broker.setcash(1e6)": "cash.*portfolio.cash",
    "self.broker.setcommission(commission=0.0)": "setcommission.*execution.commission_bps",
    "self.broker.addcommissioninfo(bt.CommInfoBase())": "addcommissioninfo.*execution.commission_bps",
    "self.broker.getcommissioninfo(self.data).p.commission = 0.0": "commission.*execution.commission_bps",
    "self.broker.getcommissioninfo(self.data).getcommission = lambda *_: 0.0": "getcommission",
    "self.broker.set_slippage_perc(0.0)": "slip_perc.*execution.slippage_bps",
    "self.broker.set_slippage_fixed(0.0)": "slip_.*execution.slippage_bps",
    "self.broker.p.coo = True": "coo",
    "self.broker.params.coc = True": "coc",
    "self.broker.p = bt.brokers.BackBroker(coc=True).p": "set p",
    "self.broker.cash = 1e6": "cash.*portfolio.cash",
    "self.broker.cash += 1e6": "cash.*portfolio.cash",
    "self.broker.slip = -0.5": "slip",
    "self.broker.next = lambda: None": "next",
    "self.broker.positions = {}": "positions",
    "self.broker.guarded = False": "guarded",
    "self.broker.add_order_history([['2020-01-01', 1, 1.0]])": "add_order_history",
    "self.broker.set_fund_history([['2020-01-01', 1.0, 1e6]])": "set_fund_history",
    "self.cerebro.p.cheat_on_open = True": "cheat_on_open.*fills at the next open",
    "self.env.params.cheat_on_open = True": "cheat_on_open",
    "self.cerebro.broker = bt.brokers.BackBroker()": "broker",
    "self.cerebro.setbroker(bt.brokers.BackBroker())": "setbroker",
    "self.cerebro.adddata(self.data)": "adddata.*portfolio.core",
    "self.cerebro.addstrategy(bt.Strategy)": "addstrategy.*strategy.class",
    "self.cerebro.runstop()": "runstop.*end",
    "self.cerebro.run()": "can't call run",
    "self.data.close[0] = 1.0": "write into a feed",
    "self.data.lines.open[1] = 1.0": "write into a feed",
    "self.data.close.set(1.0)": "write into a feed",
    "self.buy(self.data, size=1, price=0.01, exectype=bt.Order.Historical)": "price of the past",
}


@pytest.mark.parametrize("when", ["__init__", "start", "next", "notify_order"])
@pytest.mark.parametrize("code", SETS)
def test_what_it_sets_or_calls_is_refused(code, when):
    with pytest.raises(StrategyError, match=SETS[code]):
        run_code(when, code)


COMPARED = {
    "vars(self.broker)['cash'] = 1e6": "has changed its cash by itself at the close of",
    "self.broker.comminfo[None] = bt.CommInfoBase(); self.broker.comminfo['AAA'] = bt.CommInfoBase()": "its broker",
    "self.position.size += 100": "has changed its positions",
    "self.broker.positions[self.data].size = 5": "has changed its positions",
    "self.broker._cash_addition.append(1e6)": "has changed its cash",
    "self.broker = bt.brokers.BackBroker()": "has replaced its broker",
    "self.data.advance(size=2)": "has moved its feeds",
    "self.data.open.array[20] = 0.01": "line open of feed AAA",
    "self.data.datetime.array[3] += 0.25": "dates of feed AAA",
}


@pytest.mark.parametrize("code", COMPARED)
def test_what_goes_past_the_guard_is_found_by_comparing(code):
    with pytest.raises(StrategyError, match=COMPARED[code]):
        run_code("next", code)


@pytest.mark.parametrize("code", ["vars(self.broker)['cash'] = 1e6", "self.position.size += 100"])
def test_the_proof_compares_too(code):
    with pytest.raises(StrategyError, match="by itself"):
        run_code("next", code, until=10)


def test_a_change_at_the_last_close_is_found():
    setup = laid_out({}, source(5))
    last = len(setup.prices.close)

    class Late(bt.Strategy):
        def next(self):
            if len(self) == last:
                vars(self.broker)["cash"] = 1e9

    with pytest.raises(StrategyError, match="has changed its cash"):
        run_backtrader_strategy(setup, Late, {})


class Early(bt.Strategy):
    """Orders by a timer that rings before the session's fills, at a limit inside of the bar that it can read."""

    def __init__(self):
        self.add_timer(when=bt.Timer.SESSION_START, cheat=True)

    def notify_timer(self, timer, when):
        if len(self.data) > 3:
            self.buy(self.data, size=1, exectype=bt.Order.Limit, price=self.data.low[0])


class AtStart(bt.Strategy):
    """Orders before the first close, where a feed reads its last bar."""

    def start(self):
        self.buy(self.data, size=1, exectype=bt.Order.Limit, price=self.data.close[0])


@pytest.mark.parametrize("strategy", [Early, AtStart])
def test_an_order_before_its_sessions_open_is_refused_with_its_line(strategy):
    with pytest.raises(StrategyError, match=r"^test_guest_guard.py:\d+: an order is placed before the open"):
        run_backtrader_strategy(laid_out({}, source(5)), strategy, {})
    with pytest.raises(StrategyError, match="before the open"):
        run_noting_orders(laid_out({}, source(5)), strategy, {}, 10)


def test_what_it_may_do_it_still_can():
    class Reading(bt.Strategy):
        def next(self):
            if len(self) == 2:
                self.order_target_percent(self.data, 0.5)
            self.seen = (self.broker.getvalue(), self.broker.get_cash(), self.broker.p.commission, self.position.size)
            self.costs = self.broker.getcommissioninfo(self.data).getcommission(10, 100.0)

    setup = laid_out({}, source(5))
    ledger, orders = run_backtrader_strategy(setup, Reading, {})

    assert [one.status for one in orders] == ["Completed"]
    assert np.count_nonzero(ledger.traded) == 1


CHEAT = """
    import backtrader as bt

    class S(bt.Strategy):
        params = (("weight", 0.8),)

        def __init__(self):
            self.x = self.getdatabyname("SOXX")
            self.broker.set_coo(True)
            self.cerebro.p.cheat_on_open = True

        def next_open(self):
            self.order_target_percent(self.x, self.p.weight if self.x.close[0] < self.x.open[0] else 0.99)
"""
COMMANDS = {
    "run": ("--no-tearsheet",),
    "signal": (),
    "explain": ("2020-03-02",),
    "lookahead": (),
    "study": (),
    "sweep": ("--param", "hedge.weight=0.1,0.2"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_gives_the_same_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cheat.py").write_text(textwrap.dedent(CHEAT))
    (tmp_path / "cheat.yaml").write_text(
        "data: {source: demo}\nstart: 2020-01-02\nend: 2020-06-30\nstrategy: {class: cheat.py:S}\n"
    )

    answer = command(name, "cheat.yaml", *COMMANDS[name])

    said = " ".join((answer.err or answer.out).split())
    assert re.search(r"cheat\.py:9: a strategy can't set coo: what is ordered in next, at a close, fills at", said)
    assert answer.status == (3 if name == "lookahead" else 2)  # nothing can be proved of it
    assert "Traceback" not in answer.err
