"""What somebody's own backtrader.Strategy did, written down session by session."""

from __future__ import annotations

import backtrader as bt
import numpy as np

from data.arrays import Floats
from engine.kernel.loop import Ledger, empty_ledger
from engine.legs import HEDGE
from engine.setup import Setup
from strategies.policy import ENTER, SIGNAL, STAY


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
            self._now[self.datas.index(order.data)] += done

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
        action=_actions(shares[:, HEDGE] != 0.0),
        last=int(ruined[0]) if len(ruined) else len(equity) - 1,
    )


def _orders(setup: Setup, cash: Floats, shares: Floats, traded: Floats) -> tuple[np.ndarray, Floats]:
    """Return when the hedge was ordered, and the weight it had at the fill, one close before it filled."""
    fills = traded[:, HEDGE] != 0.0
    worth = shares * setup.prices.fill
    filled = worth[:, HEDGE] / (cash + worth.sum(axis=1))
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
