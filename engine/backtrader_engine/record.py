"""What somebody's own backtrader.Strategy did, written down session by session."""

from __future__ import annotations

from typing import NamedTuple

import backtrader as bt
import numpy as np

from data.arrays import Floats
from engine.backtrader_engine.broker import HistoryBroker
from engine.kernel.loop import Ledger, empty_ledger
from engine.setup import Setup
from strategies.policy import ENTER, SIGNAL, STAY


class Lost(NamedTuple):
    """An order that ended without a fill: its date, instrument, side and backtrader's word for why."""

    date: str
    instrument: str
    side: str
    status: str


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
        return {
            "size": self.size,
            "type": float(self.kind),
            "price": self.price,
            "limit": self.limit,
            "trail": self.trail,
        }

    @property
    def words(self) -> str:
        """The order in words."""
        side = "take back" if self.kind < 0 else "buy" if self.size > 0.0 else "sell"
        how = "" if self.kind <= 0 else f" {bt.Order.ExecTypes[self.kind].lower()}"
        at = next((f" at {price:.6g}" for price in (self.price, self.limit, self.trail) if price == price), "")  # noqa: PLR0124  # NaN
        return f"{side} {abs(self.size):.6g} {self.instrument}{how}{at if self.kind > 0 else ''}"


class NotingBroker(HistoryBroker):
    """Notes every order when it is placed, before anything is filled, and every order that is taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[Placed] = []

    def submit(self, order: bt.Order, check: bool = True) -> bt.Order:  # noqa: FBT001, FBT002  # backtrader's own
        """Note an order, then take it."""
        self._note(order, order.exectype)
        return super().submit(order, check=check)

    def cancel(self, order: bt.Order, bracket: bool = False) -> bool:  # noqa: FBT001, FBT002  # backtrader's own
        """Note that an order is taken back, unless the broker does so itself, then do it."""
        if not bracket:
            self._note(order, -1)
        taken_back: bool = super().cancel(order, bracket=bracket)
        return taken_back

    def _note(self, order: bt.Order, kind: int) -> None:
        asked = (order.price, order.pricelimit, order.trailamount or order.trailpercent)
        numbers = (np.nan if one is None else float(one) for one in asked)
        session = len(self.feeds[0]) - 1
        self.placed.append(Placed(session, order.data._name, float(order.size), int(kind), *numbers))


class Stop(bt.Analyzer):
    """Ends a run after a session."""

    params = (("until", 0),)

    def next(self) -> None:
        """Ask for the end when the session is over: orders of its close aren't filled any more."""
        if len(self.datas[0]) - 1 >= self.p.until:
            self.strategy.env.runstop()


class Recorder(bt.Analyzer):
    """Notes the book after every session, and every order that wasn't filled."""

    def start(self) -> None:
        """Begin with nothing noted."""
        self.cash: list[float] = []
        self.shares: list[Floats] = []
        self.traded: list[Floats] = []
        self.lost: list[Lost] = []
        self._filled: dict[int, float] = {}
        self._now = np.zeros(len(self.datas))

    def notify_order(self, order: bt.Order) -> None:
        """Note fills, and an order that ended otherwise."""
        done = order.executed.size - self._filled.get(order.ref, 0.0)
        if done:
            self._filled[order.ref] = order.executed.size
            self._now[self.datas.index(order.data)] += done
        if order.status in (bt.Order.Margin, bt.Order.Rejected):
            day = str(order.data.datetime.date())
            self.lost.append(Lost(day, order.data._name, order.ordtypename(), order.getstatusname()))

    def next(self) -> None:
        """Note the book at this close."""
        cash, shares = self.strategy.broker.book()
        self.cash.append(cash)
        self.shares.append(shares)
        self.traded.append(self._now)
        self._now = np.zeros(len(self.datas))

    def ledger(self, setup: Setup) -> Ledger:
        """Return what was noted."""
        return ledger_of(setup, np.array(self.cash), np.array(self.shares), np.array(self.traded))


def ledger_of(setup: Setup, cash: Floats, shares: Floats, traded: Floats) -> Ledger:
    """Return the ledger of a book and its fills; the weights of an order are those the hedge had when it had filled."""
    empty, prices = empty_ledger(*setup.prices.close.shape), setup.prices
    equity = cash + (shares * prices.close).sum(axis=1)
    ordered, hedge = _orders(setup, cash, shares, traded)
    core = setup.plan.unhedged_core - hedge if setup.plan.core_pays else np.full_like(hedge, setup.plan.unhedged_core)
    restate = np.zeros_like(ordered)
    restate[0] = True
    ruined = np.flatnonzero(equity <= 0.0)
    return empty._replace(
        equity=equity,
        cash=cash,
        shares=shares,
        traded=traded,
        ordered=ordered,
        core=core,
        hedge=hedge,
        restate=restate,
        action=_actions(shares[:, -1] != 0.0),
        last=int(ruined[0]) if len(ruined) else len(equity) - 1,
    )


def _orders(setup: Setup, cash: Floats, shares: Floats, traded: Floats) -> tuple[np.ndarray, Floats]:
    """Return when the hedge was ordered, and the weight it had at the fill, one close before it filled."""
    fills = traded[:, -1] != 0.0
    worth = shares * setup.prices.fill
    filled = worth[:, -1] / (cash + worth.sum(axis=1))
    ordered = np.zeros(len(cash), np.bool_)
    ordered[:-1] = fills[1:]
    hedge = np.zeros(len(cash))
    for t in range(len(cash) - 1):
        hedge[t] = filled[t + 1] if ordered[t] else hedge[t - 1] if t else 0.0
    ordered[0] = True
    return ordered, hedge


def _actions(held: np.ndarray) -> np.ndarray:
    """Return the policy's words for a position that comes and goes: entered and left one close before it shows."""
    action = np.full(len(held), STAY)
    change = np.diff(held.astype(np.int64))
    action[:-1][change > 0] = ENTER
    action[:-1][change < 0] = SIGNAL
    return action
