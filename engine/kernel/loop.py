"""The plain loop: one run, session by session (design: how money moves). The oracle of the other executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.shown import figure, screen
from engine.legs import HEDGE
from engine.rules import Order, Prices, Terms, open_session, plan_trade, settle
from strategies.policy import ENTER, SIGNAL, STAY, PolicyRules, PolicyState, start, step


class Ledger(NamedTuple):
    """What a run did, session by session, however it was executed.

    Parameters
    ----------
    equity, cash
        Dollars at each close, shape (sessions,).
    shares
        As-traded shares held at each close, shape (sessions, instruments).
    traded
        Shares bought (+) or sold (-) in each session, shape (sessions, instruments).
    ordered
        Whether target weights were decided at each close, shape (sessions,).
    core, hedge, restate
        The weights last decided by each close, and whether they restate the core, shape (sessions,).
    action
        What the policy did at each close, an index into `strategies.policy.REASONS`, shape (sessions,).
    last
        The last session with a book: that of the ruin, or the run's last.
    """

    equity: Floats
    cash: Floats
    shares: Floats
    traded: Floats
    ordered: Flags
    core: Floats
    hedge: Floats
    restate: Flags
    action: Ints
    last: int

    def __repr__(self) -> str:
        sessions, instruments = self.shares.shape
        last = min(self.last + 1, sessions)
        first, final = (figure(float(dollars), ",.2f") for dollars in self.equity[[0, self.last]])
        held = int((self.shares[:last, HEDGE] != 0.0).sum())
        return screen(
            f"Ledger: {sessions:,} sessions, {instruments} instruments, the hedge last",
            f"equity {first} to {final} dollars"
            + ("" if self.last == sessions - 1 else f", ended at session {self.last:,}"),
            f"fills in {int((self.traded[:last] != 0.0).any(axis=1).sum()):,} sessions, the hedge held in {held:,}",
            "arrays: " + ", ".join(name for name in self._fields if name != "last"),
        )


Weigh = Callable[[int, Ledger], float]
"""Gives the hedge's weight at the close of a session, from the ledger so far."""


class Plan(NamedTuple):
    """When and how a hedged run decides.

    Parameters
    ----------
    policy
        Enter, hold and exit.
    intensity, size
        The signal at each close, and the hedge weight an order then gets, shape (sessions,).
    hedge_due, core_due
        Whether the calendar calls for rebalancing of the hedged book, or of the core, shape (sessions,).
    band
        Rebalance the hedged book when the sleeve's weight is further than this from the weight last ordered.
    unhedged_core
        The core's weight while there is no hedge.
    core_pays
        The hedge's weight comes out of the core's.
    """

    policy: PolicyRules
    intensity: Floats
    size: Floats
    hedge_due: Flags
    core_due: Flags
    band: float
    unhedged_core: float
    core_pays: bool


def empty_ledger(sessions: int, instruments: int) -> Ledger:
    """Return a ledger with nothing in it yet."""
    return Ledger(
        np.zeros(sessions),
        np.zeros(sessions),
        np.zeros((sessions, instruments)),
        np.zeros((sessions, instruments)),
        np.zeros(sessions, np.bool_),
        np.zeros(sessions),
        np.zeros(sessions),
        np.zeros(sessions, np.bool_),
        np.zeros(sessions, np.int64),
        sessions - 1,
    )


def ended(ledger: Ledger, last: int) -> Ledger:
    """Return the ledger of a book that ended at session `last`."""
    return Ledger(
        ledger.equity,
        ledger.cash,
        ledger.shares,
        ledger.traded,
        ledger.ordered,
        ledger.core,
        ledger.hedge,
        ledger.restate,
        ledger.action,
        last,
    )


class Memory(NamedTuple):
    """What deciding carries from close to close: the policy's state, the entry's fill session, the weight ordered."""

    state: PolicyState
    entry: int
    weight: float


def run_policy(prices: Prices, terms: Terms, plan: Plan) -> Ledger:
    """Run a hedged book: at each close the policy decides, and orders fill in the next session."""
    ledger = empty_ledger(*prices.close.shape)
    memory = Memory(start(), 0, 0.0)
    for t in range(len(ledger.equity)):
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
        if t + 1 < len(ledger.equity):
            memory = decide(prices, plan, ledger, t, memory)
    return ledger


def run_given(prices: Prices, terms: Terms, plan: Plan, weigh: Weigh) -> Ledger:
    """Run a hedged book whose strategy gives the hedge's weight at each close; orders fill in the next session."""
    ledger = empty_ledger(*prices.close.shape)
    before = 0.0
    for t in range(len(ledger.equity)):
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
        if t + 1 < len(ledger.equity):
            weight = weigh(t, ledger)
            decide_given(prices, plan, ledger, t, weight, before)
            before = weight
    return ledger


def replay(prices: Prices, terms: Terms, orders: Ledger) -> Ledger:
    """Run a book on orders already decided: those of `orders`, session by session."""
    ledger = empty_ledger(*prices.close.shape)
    for t in range(len(ledger.equity)):
        ledger.ordered[t], ledger.restate[t] = orders.ordered[t], orders.restate[t]
        ledger.core[t], ledger.hedge[t] = orders.core[t], orders.hedge[t]
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
    return ledger


def move(prices: Prices, terms: Terms, ledger: Ledger, t: int) -> None:
    """Carry the book from one close to the next: events, interest, fills, mark; write row t of the ledger."""
    cash = terms.cash
    if t > 0:
        ledger.shares[t] = ledger.shares[t - 1]
        cash = open_session(prices, terms, t, ledger.cash[t - 1], ledger.shares[t])
        if ledger.ordered[t - 1]:
            target = Order(ledger.core[t - 1], ledger.hedge[t - 1], ledger.restate[t - 1])
            plan_trade(terms, target, prices.fill[t], cash, ledger.shares[t], ledger.traded[t])
            cash = settle(terms, prices.fill[t], cash, ledger.shares[t], ledger.traded[t])
    ledger.cash[t] = cash
    ledger.equity[t] = mark(prices, ledger, t)


def mark(prices: Prices, ledger: Ledger, t: int) -> float:
    """Return the book's worth in dollars at the close of t."""
    worth = ledger.cash[t]
    for i in range(ledger.shares.shape[1]):
        worth += ledger.shares[t, i] * prices.close[t, i]
    return worth


def decide(prices: Prices, plan: Plan, ledger: Ledger, t: int, memory: Memory) -> Memory:
    """Read the close of t: let the policy decide, write the order into row t of the ledger, return what to remember."""
    fund = fund_return(prices, memory.entry, t) if memory.state.on else 0.0
    state, action = step(plan.policy, memory.state, plan.intensity[t], plan.size[t], fund)
    due = is_due(prices, plan, ledger, t, state.on and state.held > 0, memory.weight)
    weight = memory.weight
    if action != STAY or due:
        weight = next_weight(state, plan.size[t], memory.weight)
    write_order(plan, ledger, t, action, weight, due)
    return Memory(state, t + 1 if action == ENTER else memory.entry, weight)


def decide_given(prices: Prices, plan: Plan, ledger: Ledger, t: int, weight: float, before: float) -> None:
    """Write the order of a strategy that gives the hedge's weight itself; it is `before` that was last ordered."""
    action = STAY
    if before == 0.0 and weight > 0.0:
        action = ENTER
    if before > 0.0 and weight == 0.0:
        action = SIGNAL
    due = weight != before or is_due(prices, plan, ledger, t, weight > 0.0, weight)
    write_order(plan, ledger, t, action, weight, due)


def fund_return(prices: Prices, entry: int, t: int) -> float:
    """Return the fund's return from the entry's fill price to the close of t, before costs, events included."""
    level = prices.fund_level
    return level[t] / level[entry] * prices.close[entry, HEDGE] / prices.fill[entry, HEDGE] - 1.0


def is_due(
    prices: Prices, plan: Plan, ledger: Ledger, t: int, hedged: bool, weight: float
) -> bool:  # compiled: no keywords
    """Return whether the core's calendar or, when hedged, the hedge's own rule calls for rebalancing at this close."""
    if plan.core_due[t]:
        return True
    sleeve = ledger.shares[t, HEDGE] * prices.close[t, HEDGE] / ledger.equity[t]
    return hedged and (plan.hedge_due[t] or abs(sleeve - weight) > plan.band)


def next_weight(state: PolicyState, size: float, weight: float) -> float:
    """Return the hedge weight to order: today's size while on, the last one where no size can be told, 0 when off."""
    if not state.on:
        return 0.0
    return size if size == size else weight  # noqa: PLR0124  # NaN, in scalars that compile


def write_order(plan: Plan, ledger: Ledger, t: int, action: int, weight: float, due: bool) -> None:  # compiled
    """Write what was decided at this close; the first close always orders, by the configured core weights."""
    ledger.ordered[t] = t == 0 or action != STAY or due
    ledger.core[t] = plan.unhedged_core - weight if plan.core_pays else plan.unhedged_core
    ledger.hedge[t] = weight
    ledger.restate[t] = t == 0 or plan.core_due[t]
    ledger.action[t] = action
