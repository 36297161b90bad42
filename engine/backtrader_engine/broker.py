"""backtrader's broker, with what happens to a book overnight: splits, dividends, interest; and costs by instrument."""

from __future__ import annotations

from typing import Any

import backtrader as bt
import numpy as np

from data.arrays import Floats
from engine.backtrader_engine.guard import Guarded
from engine.rules import Prices, Terms, open_session


class Commission(Guarded, bt.CommInfoBase):
    """A fraction of the value traded and dollars a share."""

    params = (
        ("commission", 0.0),
        ("per_share", 0.0),
        ("stocklike", True),
        ("commtype", bt.CommInfoBase.COMM_PERC),
        ("percabs", True),
    )

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:  # noqa: FBT001  # backtrader's own
        del pseudoexec
        return abs(size) * (price * self.p.commission + self.p.per_share)


class HistoryBroker(bt.brokers.BackBroker):
    """Fills at each session's open, after the night's events have been applied to positions, cash and open orders.

    Every price that isn't an order's own is slipped by the instrument's own slippage, in the bar or out of it.
    """

    slip = 0.0
    """Of the order being filled, a fraction of its price."""
    limit: float | None = None
    """The price that it is to fill at or better; None where it has none."""

    def prepare(self, feeds: list[bt.feed.DataBase], prices: Prices, terms: Terms) -> None:
        """Tell it what it trades: feeds in the order of the columns of `prices`."""
        self.feeds, self.prices, self.terms = feeds, prices, terms
        self.session = 0
        self.set_cash(terms.cash)
        for i, feed in enumerate(feeds):
            self.addcommissioninfo(
                Commission(commission=terms.commission[i], per_share=terms.commission_per_share[i]),
                name=feed._name,
            )

    def book(self) -> tuple[float, Floats]:
        """Return cash in dollars and shares by instrument."""
        return self.cash, np.array([self.positions[feed].size for feed in self.feeds], dtype=np.float64)

    def open_session(self, t: int) -> None:
        """Apply the splits, dividends and interest of session t, once, before anything fills in it."""
        if t <= self.session:
            return
        self.session = t
        before, shares = self.book()
        after = shares.copy()
        self.cash = open_session(self.prices, self.terms, t, before, after)
        for i, feed in enumerate(self.feeds):
            position, split = self.positions[feed], self.prices.split[t, i]
            if position.size:
                position.price *= shares[i] / after[i]
                position.size = after[i]
            for order in (*self.pending, *self.submitted):
                if order.data is feed:
                    order.executed.remsize *= split

    def next(self) -> None:
        """Carry the book overnight if the strategy didn't ask for it already, then fill what is pending."""
        self.open_session(len(self.feeds[0]) - 1)
        super().next()

    def _try_exec(self, order: bt.Order) -> None:
        i = self.feeds.index(order.data)
        self.slip = self.terms.slippage[i] + self.terms.slippage_per_share[i] / order.data.open[0]
        self.limit = _limit(order)
        super()._try_exec(order)

    def _try_exec_close(self, order: bt.Order, pclose: float) -> None:
        super()._try_exec_close(order, pclose * (1.0 + self.slip if order.isbuy() else 1.0 - self.slip))

    def _slip_up(self, _pmax: float, price: float, doslip: bool = True, lim: bool = False) -> float:  # noqa: ARG002, FBT001, FBT002  # backtrader's own
        slipped = price * (1.0 + self.slip)
        return slipped if self.limit is None else min(slipped, self.limit)

    def _slip_down(self, _pmin: float, price: float, doslip: bool = True, lim: bool = False) -> float:  # noqa: ARG002, FBT001, FBT002  # backtrader's own
        slipped = price * (1.0 - self.slip)
        return slipped if self.limit is None else max(slipped, self.limit)

    def fills(self, order: Any) -> tuple[int, float]:
        """Return the column and the signed shares of a completed order."""
        return self.feeds.index(order.data), order.executed.size


def _limit(order: bt.Order) -> float | None:
    """Return the price that an order is to fill at or better; None where it has none."""
    if order.exectype == bt.Order.Limit:
        return float(order.created.price)
    limited = order.exectype in (bt.Order.StopLimit, bt.Order.StopTrailLimit)
    return float(order.created.pricelimit) if limited else None
