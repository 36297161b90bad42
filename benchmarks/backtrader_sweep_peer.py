"""backtrader's part of `benchmarks.peers`: two feeds, orders sized at the open that fills them."""

from __future__ import annotations

import warnings

import numpy as np
import peer_work
from peer_work import Given

warnings.simplefilter("ignore")
import backtrader as bt  # noqa: E402
import pandas as pd  # noqa: E402


class Switch(bt.Strategy):
    """Hold the core, and a weight of the hedge where a state says so."""

    params = (("on", None), ("weight", 0.0), ("orders", None))

    def __init__(self) -> None:
        self.equity: list[float] = []

    def next_open(self) -> None:
        """Trade what the close before ordered."""
        before = len(self.data) - 2
        if before < 0 or not self.p.orders[before]:
            return
        core, hedge = self.datas
        opens, info = (core.open[0], hedge.open[0]), self.broker.getcommissioninfo(core).p.commission
        slip = self.broker.p.slip_perc
        kept, cost = (1 - slip) * (1 - info), (1 + slip) * (1 + info)
        held = self.getposition(core).size, self.getposition(hedge).size
        if not held[0]:
            weights = (1 - self.p.weight * self.p.on[before], self.p.weight * self.p.on[before])
            for data, price, weight in zip((core, hedge), opens, weights, strict=True):
                if weight:
                    self.buy(data, size=self.broker.getcash() * weight / (price * cost) * (1 - 1e-9))
            return
        if self.p.on[before]:
            sold = self.p.weight * (held[0] * opens[0] + held[1] * opens[1])
            self.sell(core, size=sold / opens[0])
            self.buy(hedge, size=sold * kept / cost / opens[1] * (1 - 1e-9))
        elif held[1]:
            self.sell(hedge, size=held[1])
            self.buy(core, size=held[1] * opens[1] * kept / cost / opens[0] * (1 - 1e-9))

    def next(self) -> None:
        """Note the book's worth."""
        self.equity.append(self.broker.getvalue())


def run(given: Given, combination: int) -> float:
    """Run one combination; return its final equity."""
    cerebro, index = bt.Cerebro(stdstats=False), pd.bdate_range("2000-01-03", periods=len(given["close"]))
    cerebro.broker.set_coo(True)
    cerebro.broker.set_checksubmit(False)
    cerebro.broker.setcash(float(given["cash"]))
    cerebro.broker.setcommission(float(given["commission"]))
    cerebro.broker.set_slippage_perc(
        float(given["slippage"]), slip_open=True, slip_limit=True, slip_match=True, slip_out=True
    )
    for leg in range(2):
        opened, closed = given["fill"][:, leg], given["close"][:, leg]
        bars = pd.DataFrame({"open": opened, "high": np.maximum(opened, closed)}, index=index)
        bars = bars.assign(low=np.minimum(opened, closed), close=closed, volume=0.0, openinterest=0.0)
        cerebro.adddata(bt.feeds.PandasData(dataname=bars))
    on = peer_work.state(given, combination)
    weight, orders = float(given["weight"][combination]), peer_work.ordered(on)
    cerebro.addstrategy(Switch, on=on, weight=weight, orders=orders)
    equity = np.array(cerebro.run(cheat_on_open=True)[0].equity)
    peer_work.four(equity)
    return float(equity[-1])


if __name__ == "__main__":
    peer_work.answer(bt.__version__, peer_work.one_by_one(run))
