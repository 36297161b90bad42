"""backtrader's broker with the night's events and costs by instrument, and guarded for somebody's own strategy."""

from __future__ import annotations

import backtrader as bt
import numpy as np

from data.arrays import Floats
from engine.backtrader_engine.guard import FILLS, NEXT_OPEN, Guarded, RefusedError, column_of, refusal
from engine.backtrader_engine.record import Ended, Placed, placed_by
from engine.rules import Prices, Terms, open_session

CALLS = (
    *("adddata", "chaindata", "rolloverdata", "resampledata", "replaydata"),
    *("addstrategy", "optstrategy", "setbroker", "add_order_history", "set_fund_history", "run", "runstop"),
)
BROKER_CALLS = ("add_cash", "setcommission", "addcommissioninfo", "add_order_history", "set_fund_history")


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

    slip, slip_each = 0.0, 0.0
    """Of the order being filled, a fraction of its price and dollars a share."""
    limit: float | None = None
    """The price that it is to fill at or better; None where it has none."""

    def prepare(self, feeds: list[bt.feed.DataBase], prices: Prices, terms: Terms) -> None:
        """Set what it trades: feeds in the order of the columns of `prices`."""
        self.feeds, self.prices, self.terms = feeds, prices, terms
        self.session = 0
        self.set_cash(terms.cash)
        for i, feed in enumerate(feeds):
            self.addcommissioninfo(
                Commission(commission=terms.commission[i], per_share=terms.commission_per_share[i]), name=feed._name
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
        i = column_of(self.feeds, order.data)
        self.slip, self.slip_each = float(self.terms.slippage[i]), float(self.terms.slippage_per_share[i])
        self.limit = _limit(order)
        super()._try_exec(order)

    def _try_exec_close(self, order: bt.Order, pclose: float) -> None:
        super()._try_exec_close(order, self._slipped(pclose, 1.0 if order.isbuy() else -1.0))

    def _slip_up(self, _pmax: float, price: float, doslip: bool = True, lim: bool = False) -> float:  # noqa: ARG002, FBT001, FBT002  # backtrader's own
        slipped = self._slipped(price, 1.0)
        return slipped if self.limit is None else min(slipped, self.limit)

    def _slip_down(self, _pmin: float, price: float, doslip: bool = True, lim: bool = False) -> float:  # noqa: ARG002, FBT001, FBT002  # backtrader's own
        slipped = self._slipped(price, -1.0)
        return slipped if self.limit is None else max(slipped, self.limit)

    def _slipped(self, price: float, side: float) -> float:
        return price * (1.0 + side * self.slip) + side * self.slip_each


def _limit(order: bt.Order) -> float | None:
    """Return the price that an order is to fill at or better; None where it has none."""
    if order.exectype == bt.Order.Limit:
        return float(order.created.price)
    limited = order.exectype in (bt.Order.StopLimit, bt.Order.StopTrailLimit)
    return float(order.created.pricelimit) if limited else None


class GuardedCerebro(Guarded, bt.Cerebro):
    """A Cerebro that a strategy can't change."""

    def runstrategies(self, iterstrat: object, predata: bool = False) -> list[bt.Strategy]:  # noqa: FBT001, FBT002  # backtrader's own
        """Run, guarded from the moment at which the strategy is made."""
        self.guard(*CALLS)
        return super().runstrategies(iterstrat, predata)


class GuardedBroker(Guarded, HistoryBroker):
    """The broker of somebody's own strategy: it notes every order, and the book changes by fills and overnight only."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[Placed] = []
        self._taken: list[tuple[Placed, bt.Order]] = []
        self._filled = -1
        """The last session whose fills are done; -1 before the first."""

    def start(self) -> None:
        """Begin with the run's cash, guarded."""
        super().start()
        self._costs = dict(self.comminfo)
        for commission in self._costs.values():
            if isinstance(commission, Guarded):
                commission.guard()
        self._book = self.book()
        self.guard(*BROKER_CALLS)

    def next(self) -> None:
        """Fill what is pending, on a book that nobody else has changed."""
        self.check()
        if any(len(feed) - 1 != self._filled + 1 for feed in self.feeds):
            raise self._changed("has moved its feeds")
        super().next()
        self._filled += 1
        self._book = self.book()

    def check(self) -> None:
        """Raise RefusedError where the book, its costs or its broker aren't what the last fills left."""
        (cash, shares), now = self._book, self.book()
        if now[0] != cash or self._cash_addition:
            raise self._changed("has changed its cash")
        if not np.array_equal(now[1], shares) or len(self.positions) > len(self.feeds):
            raise self._changed("has changed its positions")
        if self.comminfo != self._costs or self._userhist or self._fundhist:
            raise self._changed("has changed its broker")
        if self.cerebro.broker is not self or self.cerebro.runningstrats[0].broker is not self:
            raise self._changed("has replaced its broker")

    def submit(self, order: bt.Order, check: bool = True) -> bt.Order:  # noqa: FBT001, FBT002  # backtrader's own
        """Note an order, then take it, if it is placed between a close and the next open."""
        if order.exectype == bt.Order.Historical:
            raise refusal("a strategy can't order at a price of the past (Order.Historical)", FILLS)
        if self._filled < 0 or len(order.data) - 1 != self._filled:
            raise refusal("an order is placed before the open of its session, or before the first close", NEXT_OPEN)
        self._taken.append((self._note(order, order.exectype), order))
        return super().submit(order, check=check)

    def cancel(self, order: bt.Order, bracket: bool = False) -> bool:  # noqa: FBT001, FBT002  # backtrader's own
        """Note that an order is taken back, unless the broker does so itself, then do it."""
        if not bracket:
            self._note(order, -1)
        return super().cancel(order, bracket=bracket)

    def ended(self) -> tuple[Ended, ...]:
        """Return how every order ended, in the order of their placing."""
        days = self.feeds[0].lines.datetime.array
        return tuple(
            Ended(bt.num2date(days[placed.session]).date().isoformat(), placed, order.getstatusname())
            for placed, order in self._taken
        )

    def _note(self, order: bt.Order, kind: int) -> Placed:
        self.placed.append(placed_by(order, len(self.feeds[0]) - 1, kind))
        return self.placed[-1]

    def _changed(self, what: str) -> RefusedError:
        name = type(self.cerebro.runningstrats[0]).__name__
        day = bt.num2date(self.feeds[0].lines.datetime.array[max(self._filled, 0)]).date()
        return RefusedError(f"{name} {what} by itself at the close of {day}: only fills and the night change a book")

    _book: tuple[float, Floats]
