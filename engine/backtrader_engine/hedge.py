"""HedgeStrategy: our rules as a backtrader.Strategy, in our own run and in anybody's Cerebro."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import backtrader as bt
import numpy as np

from data.arithmetic import dot
from data.arrays import Floats
from engine.backtrader_engine.guard import column_of
from engine.kernel.loop import Ledger, Plan, Weigh, decide, decide_given, empty_memory, mark
from engine.rules import Order, Prices, Terms, cost, plan_trade

ROUNDING = 1e-9
"""The share of equity lent over a fill, so that a buy that takes all cash isn't refused for a rounding."""

LINES = ("open", "high", "low", "close", "volume")
FIRST_DAY = 719_163
"""1970-01-01 by backtrader's day numbers, of which 0001-01-01 is 1."""


class OrderLostError(RuntimeError):
    """backtrader ended an order without filling it: a bug of the adapter, never of the user."""


class Decider:
    """Reads each close, by the policy or by asking a strategy, and writes the order into the ledger."""

    def __init__(self, prices: Prices, plan: Plan, ledger: Ledger, weigh: Weigh | None) -> None:
        self.prices, self.plan, self.ledger, self.weigh = prices, plan, ledger, weigh
        self.memory, self.weights = empty_memory(len(plan.sides)), np.zeros(len(plan.sides))

    def read(self, t: int) -> None:
        """Decide at the close of t."""
        if self.weigh is None:
            decide(self.prices, self.plan, self.ledger, t, self.memory)
            return
        weights = self.weigh(t, self.ledger)
        decide_given(self.prices, self.plan, self.ledger, t, weights, self.weights)
        self.weights = weights


class HedgeStrategy(bt.Strategy):
    """Decides at each close, in `next`, and orders before the next open, in `next_open` (cheat-on-open)."""

    params = (("prices", None), ("terms", None), ("decider", None))
    _credit = 0.0
    """Dollars lent over a fill, returned at its close."""

    def next(self) -> None:
        """Write the book into the ledger, then read the close."""
        t, ledger = len(self.data) - 1, self.p.decider.ledger
        self.broker.cash -= self._credit
        self._credit = 0.0
        ledger.cash[t], ledger.shares[t] = self.broker.book()
        ledger.equity[t] = mark(self.p.prices, ledger, t)
        if ledger.equity[t] <= 0.0:
            self.p.decider.ledger = ledger._replace(last=t)
            self.env.runstop()
        elif t + 1 < len(ledger.equity):
            self.p.decider.read(t)

    def next_open(self) -> None:
        """Carry the book overnight, then order what was decided at the last close: sells first."""
        t, ledger = len(self.data) - 1, self.p.decider.ledger
        self.broker.open_session(t)
        if t == 0 or not ledger.ordered[t - 1]:
            return
        cash, shares = self.broker.book()
        traded = np.zeros_like(shares)
        order = Order(ledger.core[t - 1], ledger.hedges[t - 1], bool(ledger.restate[t - 1]))
        prices = self.p.prices
        plan_trade(self.p.terms, order, prices.fill[t], prices.spot_fill[t], cash, shares, traded)
        self._credit = credit(self.p.terms, prices.fill[t], cash, shares, traded)
        self.broker.cash += self._credit
        place(self, self.datas, traded)

    def notify_order(self, order: bt.Order) -> None:
        """Write a fill into the ledger; anything but a complete fill is an error."""
        if order.alive():
            return
        if order.status != bt.Order.Completed:
            name = order.data._name  # where backtrader keeps a feed's name
            raise OrderLostError(f"{name}: {order.getstatusname()} on {order.data.datetime.date()}")
        column = column_of(self.datas, order.data)
        self.p.decider.ledger.traded[len(self.data) - 1, column] += order.executed.size


def credit(terms: Terms, price: Floats, cash: float, shares: Floats, traded: Floats) -> float:
    """Return dollars to lend over a fill: the broker nullifies whatever opens a position and leaves its cash below 0.

    Where the rules let cash go below 0, on margin, for options and beside what is sold short, that is twice what the
    fill may take.
    Else the broker's own refusal stands, but for a rounding.
    """
    rounding = max(cash + dot(shares, price), 0.0) * ROUNDING
    in_full = terms.margin or not terms.stock.all()
    if not (in_full or cash < -rounding or (shares < 0.0).any() or (shares + traded < 0.0).any()):
        return rounding
    bought = (cost(terms, i, abs(float(traded[i])), float(price[i])) for i in range(len(traded)))
    return 2.0 * (abs(cash) + sum(bought)) + rounding


def place(strategy: bt.Strategy, feeds: Sequence[Any], traded: Floats) -> None:
    """Place market orders, sells before buys."""
    for i in np.flatnonzero(traded < 0.0).tolist():
        strategy.sell(data=feeds[i], size=-traded[i])
    for i in np.flatnonzero(traded > 0.0).tolist():
        strategy.buy(data=feeds[i], size=traded[i])
