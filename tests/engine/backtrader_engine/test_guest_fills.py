"""What somebody's own strategy pays for a fill: each order its own instrument's slippage, and a limit is kept."""

import backtrader as bt
import numpy as np
import pytest
from worlds import laid_out, source

from engine.backtrader_engine.execute import run_backtrader_strategy

SLIP = 0.01
COSTS = {"execution.slippage_bps": {"AAA": 100.0, "HHH": 0.0}, "execution.commission_bps": 0.0}


class OneOrder(bt.Strategy):
    """Trades the fund, which slips by nothing, then orders one share of the core."""

    params = (("kind", bt.Order.Market), ("price", None), ("plimit", None))

    def __init__(self):
        self.fills = []

    def next(self):
        if len(self) == 1:
            self.buy(self.getdatabyname("HHH"), size=1)
        if len(self) == 3:
            self.buy(self.getdatabyname("AAA"), size=1, exectype=self.p.kind, price=self.p.price, plimit=self.p.plimit)


def paid(kind, price=None, plimit=None):
    """Return the price paid for one share of the core, and the bars of the session in which it filled."""
    setup = laid_out({"execution.cash_rate": 0.0, **COSTS}, source(5, events=False, missing=False))
    ledger, orders = run_backtrader_strategy(setup, OneOrder, {"kind": kind, "price": price, "plimit": plimit})
    assert orders[-1].status == "Completed"
    (t,) = np.flatnonzero(ledger.traded[:, 0])
    return ledger.cash[t - 1] - ledger.cash[t], setup.prices, int(t)


def test_a_market_order_slips_from_the_open():
    price, prices, t = paid(bt.Order.Market)
    assert price == pytest.approx(prices.open[t, 0] * (1.0 + SLIP), rel=1e-9)


def test_an_order_on_close_slips_from_the_close():
    price, prices, t = paid(bt.Order.Close)
    assert price == pytest.approx(prices.close[t, 0] * (1.0 + SLIP), rel=1e-9)


def test_a_limit_far_above_slips_from_the_open_by_its_own_instruments_slippage():
    price, prices, t = paid(bt.Order.Limit, 1e3)
    assert price == pytest.approx(prices.open[t, 0] * (1.0 + SLIP), rel=1e-9)


def test_a_limit_at_the_open_is_kept():
    _, prices, t = paid(bt.Order.Market)
    at = float(prices.open[t, 0])
    assert paid(bt.Order.Limit, at)[0] == pytest.approx(at, rel=1e-9)


def test_a_stop_slips_and_a_stop_limit_keeps_its_limit():
    _, prices, t = paid(bt.Order.Market)
    at = float(prices.open[t, 0])
    assert paid(bt.Order.Stop, at)[0] == pytest.approx(at * (1.0 + SLIP), rel=1e-9)
    assert paid(bt.Order.StopLimit, at, at)[0] == pytest.approx(at, rel=1e-9)
