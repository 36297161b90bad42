"""The Cerebro and the broker in which somebody's own strategy runs: what it orders is noted, the rest is kept."""

from __future__ import annotations

import backtrader as bt
import numpy as np

from data.arrays import Floats
from engine.backtrader_engine.broker import HistoryBroker
from engine.backtrader_engine.guard import FILLS, NEXT_OPEN, Guarded, RefusedError, refusal
from engine.backtrader_engine.orders import Ended, Placed, placed_by

CALLS = (
    *("adddata", "chaindata", "rolloverdata", "resampledata", "replaydata"),
    *("addstrategy", "optstrategy", "setbroker", "add_order_history", "set_fund_history", "run", "runstop"),
)
BROKER_CALLS = ("add_cash", "setcommission", "addcommissioninfo", "add_order_history", "set_fund_history")


class GuardedCerebro(Guarded, bt.Cerebro):
    """A Cerebro that a strategy can't change."""

    def runstrategies(self, iterstrat: object, predata: bool = False) -> list[bt.Strategy]:  # noqa: FBT001, FBT002  # backtrader's own
        """Run, guarded from the moment at which the strategy is made."""
        self.guard(*CALLS)
        ran: list[bt.Strategy] = super().runstrategies(iterstrat, predata)
        return ran


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
        if any(one is not self for one in (self.cerebro.broker, self.cerebro.runningstrats[0].broker)):
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
        taken_back: bool = super().cancel(order, bracket=bracket)
        return taken_back

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
