"""What somebody's own backtrader.Strategy did: its book session by session, its orders, and remarks on those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import backtrader as bt
import numpy as np

from data.arrays import Flags, Floats, Ints
from data.format import counted
from engine.backtrader_engine.guard import column_of
from engine.kernel.loop import Ledger, ledger_on
from engine.setup import Setup
from strategies.policy import ENTER, SIGNAL, STAY

MOST_REJECTED = 0.1
"""The share of the orders above which a book with so many rejected isn't the one that the strategy meant."""
OPEN_HOOKS = ("next_open", "nextstart_open", "prenext_open")


class Placed(NamedTuple):
    """An order as it was when the strategy placed it, or took it back.

    Parameters
    ----------
    session
        The run's session at whose close that was.
    instrument, size
        Signed shares, of what.
    kind
        backtrader's number of an execution type; -1 for an order taken back.
    price, limit, trail
        What it asks for, NaN where it doesn't.
    """

    session: int
    instrument: str
    size: float
    kind: int
    price: float
    limit: float
    trail: float

    @property
    def numbers(self) -> dict[str, float]:
        """All of it but the instrument, as numbers."""
        prices = {"price": self.price, "limit": self.limit, "trail": self.trail}
        return {"size": self.size, "type": float(self.kind), **prices}

    @property
    def words(self) -> str:
        """The order in words."""
        side = "take back" if self.kind < 0 else "buy" if self.size > 0.0 else "sell"
        how = "" if self.kind <= 0 else f" {bt.Order.ExecTypes[self.kind].lower()}"
        at = next((f" at {price:.6g}" for price in (self.price, self.limit, self.trail) if price == price), "")  # noqa: PLR0124  # NaN
        return f"{side} {abs(self.size):.6g} {self.instrument}{how}{at if self.kind > 0 else ''}"


def placed_by(order: bt.Order, session: int, kind: int) -> Placed:
    """Return an order of backtrader's as it stands at the close of a session."""
    asked = (order.price, order.pricelimit, order.trailamount or order.trailpercent)
    numbers = (np.nan if price is None else float(price) for price in asked)
    return Placed(session, order.data._name, float(order.size), int(kind), *numbers)  # where a feed's name is kept


class Ended(NamedTuple):
    """How an order ended: the date of the close at which it was placed, what it was, and backtrader's word."""

    date: str
    placed: Placed
    status: str

    @property
    def rejected(self) -> bool:
        """Return whether the broker refused it, or the order that it hung on."""
        return self.status in ("Margin", "Rejected")


def withheld_because(orders: Sequence[Ended]) -> str:
    """Return why nothing can be concluded from a book with such orders; nothing where it can."""
    rejected = sum(order.rejected for order in orders)
    if rejected <= MOST_REJECTED * len(orders):
        return ""
    placed = counted(len(orders), "order")
    return f"{rejected:,} of the strategy's {placed} were rejected, so that this isn't the book it meant"


def order_remarks(cls: type, orders: Sequence[Ended], sessions: int) -> Iterator[str]:
    """Yield what a reader has to know of a run's orders before its figures, a sentence each."""
    for hook in OPEN_HOOKS:
        if getattr(cls, hook) is not getattr(bt.Strategy, hook):
            yield f"ORDERS: {cls.__name__}.{hook} is never called: what is ordered in next fills at the next open."
    if not orders:
        yield f"ORDERS: {cls.__name__} placed none."
    if rejected := [order for order in orders if order.rejected]:
        first = rejected[0]
        yield (
            f"ORDERS: {len(rejected):,} of {counted(len(orders), 'order')} were rejected for want of cash, the first of"
            f" {first.date}, to {first.placed.words}: leave cash for costs and for a higher open."
        )
    words = {"Expired": "expired", "Canceled": "were cancelled", "Partial": "filled in part"}
    missed = Counter(
        words.get(order.status, "still waited at the end")
        for order in orders  # those of the last close have no open to fill at
        if order.status != "Completed" and not order.rejected and order.placed.session < sessions - 1
    )
    if missed:
        how = ", ".join(f"{count:,} {word}" for word, count in sorted(missed.items()))
        yield f"ORDERS: {missed.total():,} of {counted(len(orders), 'order')} never filled: {how}."


class Stop(bt.Analyzer):
    """Ends a run after a session."""

    params = (("until", 0),)

    def next(self) -> None:
        """Ask for the end when the session is over: orders of its close aren't filled any more."""
        if len(self.datas[0]) - 1 >= self.p.until:
            bt.Cerebro.runstop(self.strategy.env)  # a strategy's own call would be refused


class Recorder(bt.Analyzer):
    """Notes the book after every session, and what was filled in it."""

    params = (("broker", None),)

    def start(self) -> None:
        """Begin with nothing noted."""
        self.cash: list[float] = []
        self.shares: list[Floats] = []
        self.traded: list[Floats] = []
        self._filled: dict[int, float] = {}
        self._now = np.zeros(len(self.datas))

    def notify_order(self, order: bt.Order) -> None:
        """Note fills."""
        done = order.executed.size - self._filled.get(order.ref, 0.0)
        if done:
            self._filled[order.ref] = order.executed.size
            self._now[column_of(self.datas, order.data)] += done

    def next(self) -> None:
        """Note the book at this close."""
        self.p.broker.check()
        cash, shares = self.p.broker.book()
        self.cash.append(cash)
        self.shares.append(shares)
        self.traded.append(self._now)
        self._now = np.zeros(len(self.datas))

    def ledger(self, setup: Setup) -> Ledger:
        """Return what was noted."""
        return ledger_of(setup, np.array(self.cash), np.array(self.shares), np.array(self.traded))


def ledger_of(setup: Setup, cash: Floats, shares: Floats, traded: Floats) -> Ledger:
    """Return the ledger of a book and its fills; an order's weights are those the hedges had when it had filled."""
    prices, plan = setup.prices, setup.plan
    equity = cash + (shares * prices.close).sum(axis=1)
    ordered, hedges = _orders(setup, cash, shares, traded)
    restate = np.zeros_like(ordered)
    restate[0] = True
    ruined = np.flatnonzero(equity <= 0.0)
    return ledger_on(prices)._replace(
        equity=equity,
        cash=cash,
        shares=shares,
        traded=traded,
        ordered=ordered,
        core=plan.unhedged_core - (np.abs(hedges) * plan.takes).sum(axis=1) * plan.core_pays,
        hedges=hedges,
        restate=restate,
        actions=_actions(shares[:, setup.legs.of_hedges] != 0.0),
        last=int(ruined[0]) if len(ruined) else len(equity) - 1,
    )


def _orders(setup: Setup, cash: Floats, shares: Floats, traded: Floats) -> tuple[Flags, Floats]:
    """Return when hedges were ordered, and the weights they had at the fill, one close before it filled."""
    worth, own = (shares * setup.prices.fill).sum(axis=1), setup.legs.of_hedges
    filled = (shares * setup.prices.spot_fill)[:, own] / (cash + worth)[:, np.newaxis]
    ordered, hedges = np.zeros(len(cash), np.bool_), np.zeros_like(filled)
    ordered[:-1] = (traded[1:, own] != 0.0).any(axis=1)
    for t in range(len(cash) - 1):
        hedges[t] = filled[t + 1] if ordered[t] else hedges[t - 1] if t else 0.0
    ordered[0] = True
    return ordered, hedges


def _actions(held: Flags) -> Ints:
    """Return the policy's words for positions that come and go: entered and left one close before it shows."""
    actions, change = np.full(held.shape, STAY), np.diff(held.astype(np.int64), axis=0)
    actions[:-1][change > 0] = ENTER
    actions[:-1][change < 0] = SIGNAL
    return actions
