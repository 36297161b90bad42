"""The plain loop: one run, session by session (design: how money moves). The oracle of the other executions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.shown import figure, screen
from engine.rules import Order, Prices, Terms, core_beside, open_session, plan_trade, settle
from strategies.policy import ENTER, SIGNAL, STAY, PolicyRules, PolicyState, step


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
    core, restate
        The core's weight last decided by each close, and whether it restates the core, shape (sessions,).
    hedges
        The weights last decided of the hedges, below 0 for one sold short, shape (sessions, hedges).
    actions
        What each hedge's policy did at each close, indices into `strategies.policy.REASONS`, shape (sessions, hedges).
    last
        The last session with a book: that of the ruin, or the run's last.
    """

    equity: Floats
    cash: Floats
    shares: Floats
    traded: Floats
    ordered: Flags
    core: Floats
    hedges: Floats
    restate: Flags
    actions: Ints
    last: int

    def __repr__(self) -> str:
        sessions, instruments = self.shares.shape
        last = min(self.last + 1, sessions)
        first, final = (figure(float(dollars), ",.2f") for dollars in self.equity[[0, self.last]])
        held = int((self.shares[:last, instruments - self.hedges.shape[1] :] != 0.0).any(axis=1).sum())
        return screen(
            f"Ledger: {sessions:,} sessions, {instruments} instruments, hedges last",
            f"equity {first} to {final} dollars"
            + ("" if self.last == sessions - 1 else f", ended at session {self.last:,}"),
            f"fills in {int((self.traded[:last] != 0.0).any(axis=1).sum()):,} sessions, a hedge held in {held:,}",
            "arrays: " + ", ".join(name for name in self._fields if name != "last"),
        )


Weigh = Callable[[int, Ledger], Floats]
"""Gives the hedges' sizes, as of `Plan`, at the close of a session, shape (hedges,), from the ledger so far."""


class Policies(NamedTuple):
    """The settings of each hedge's policy, as `PolicyRules` has them, shape (hedges,)."""

    enter: Floats
    exit: Floats
    confirm: Ints
    min_hold: Ints
    max_hold: Ints
    cooldown: Ints
    stop_loss: Floats
    take_profit: Floats


def policies_of(rules: Sequence[PolicyRules]) -> Policies:
    """Return the policies of the hedges, a column a setting."""
    return Policies(*map(np.array, zip(*rules, strict=True)))


class Plan(NamedTuple):
    """When and how a hedged run decides.

    Parameters
    ----------
    policies
        When each hedge is entered, held and left.
    intensity, size
        The signal at each close, and the hedge weight an order then gets, at least 0, shape (sessions, hedges): of one
        that is `a_core_share` its weight by the core's.
    sides
        1, or -1 for a hedge that is sold short, shape (hedges,).
    takes
        What a unit of its weight takes out of the core at each close, shape (sessions, hedges): 1, 0 of what is sold
        short, an option's premium as a fraction of the underlying.
    a_core_share
        Whether its size is what it weighs by the core's weight, as an option's contracts a core share, shape (hedges,).
    hedge_due
        Whether the calendar calls for rebalancing the book while that hedge is on, shape (sessions, hedges).
    core_due
        Whether it calls for rebalancing the core, shape (sessions,).
    band
        Rebalance the hedged book when a sleeve's weight is further than this from the weight last ordered, shape
        (hedges,).
    unhedged_core
        The core's weight while there is no hedge.
    core_pays
        The hedges' weights come out of the core's.
    """

    policies: Policies
    intensity: Floats
    size: Floats
    sides: Floats
    takes: Floats
    a_core_share: Flags
    hedge_due: Flags
    core_due: Flags
    band: Floats
    unhedged_core: float
    core_pays: bool


def empty_ledger(sessions: int, instruments: int, hedges: int = 1) -> Ledger:
    """Return a ledger with nothing in it yet; the last of its instruments are hedges."""
    return Ledger(
        np.zeros(sessions),
        np.zeros(sessions),
        np.zeros((sessions, instruments)),
        np.zeros((sessions, instruments)),
        np.zeros(sessions, np.bool_),
        np.zeros(sessions),
        np.zeros((sessions, hedges)),
        np.zeros(sessions, np.bool_),
        np.zeros((sessions, hedges), np.int64),
        sessions - 1,
    )


def ledger_on(prices: Prices) -> Ledger:
    """Return a ledger with nothing in it yet, for books on these prices."""
    return empty_ledger(len(prices.close), prices.close.shape[1], prices.level.shape[1])


def ended(ledger: Ledger, last: int) -> Ledger:
    """Return the ledger of a book that ended at session `last`."""
    return Ledger(
        ledger.equity,
        ledger.cash,
        ledger.shares,
        ledger.traded,
        ledger.ordered,
        ledger.core,
        ledger.hedges,
        ledger.restate,
        ledger.actions,
        last,
    )


class Memory(NamedTuple):
    """What deciding carries from close to close, by hedge, shape (hedges,); changed in place.

    Parameters
    ----------
    on, held, streak, cooling, spent
        The policy's state.
    entry
        The session in which the last entry fills.
    size
        As last ordered, as of `Plan`.
    """

    on: Flags
    held: Ints
    streak: Ints
    cooling: Ints
    spent: Flags
    entry: Ints
    size: Floats


def empty_memory(hedges: int) -> Memory:
    """Return the memory before the first close."""
    return Memory(
        np.zeros(hedges, np.bool_),
        np.zeros(hedges, np.int64),
        np.zeros(hedges, np.int64),
        np.zeros(hedges, np.int64),
        np.zeros(hedges, np.bool_),
        np.zeros(hedges, np.int64),
        np.zeros(hedges),
    )


def run_policy(prices: Prices, terms: Terms, plan: Plan) -> Ledger:
    """Run a hedged book: at each close the policy decides, and orders fill in the next session."""
    ledger, memory = ledger_on(prices), empty_memory(len(plan.sides))
    for t in range(len(ledger.equity)):
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
        if t + 1 < len(ledger.equity):
            decide(prices, plan, ledger, t, memory)
    return ledger


def run_given(prices: Prices, terms: Terms, plan: Plan, weigh: Weigh) -> Ledger:
    """Run a hedged book whose hedges' sizes are given at each close; orders fill in the next session."""
    ledger, before = ledger_on(prices), np.zeros(len(plan.sides))
    for t in range(len(ledger.equity)):
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
        if t + 1 < len(ledger.equity):
            sizes = weigh(t, ledger)
            decide_given(prices, plan, ledger, t, sizes, before)
            before = sizes
    return ledger


def replay(prices: Prices, terms: Terms, orders: Ledger) -> Ledger:
    """Run a book on orders already decided: those of `orders`, session by session."""
    ledger = ledger_on(prices)
    for t in range(len(ledger.equity)):
        ledger.ordered[t], ledger.restate[t] = orders.ordered[t], orders.restate[t]
        ledger.core[t] = orders.core[t]
        for k in range(ledger.hedges.shape[1]):
            ledger.hedges[t, k] = orders.hedges[t, k]
        move(prices, terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
    return ledger


def move(prices: Prices, terms: Terms, ledger: Ledger, t: int) -> None:
    """Carry the book from one close to the next: events, interest, fills, mark; write row t of the ledger."""
    cash = terms.cash
    if t > 0:
        for i in range(ledger.shares.shape[1]):
            ledger.shares[t, i] = ledger.shares[t - 1, i]
        cash = open_session(prices, terms, t, ledger.cash[t - 1], ledger.shares[t])
        if ledger.ordered[t - 1]:
            target = Order(ledger.core[t - 1], ledger.hedges[t - 1], ledger.restate[t - 1])
            plan_trade(terms, target, prices.fill[t], prices.spot_fill[t], cash, ledger.shares[t], ledger.traded[t])
            cash = settle(terms, prices.fill[t], cash, ledger.shares[t], ledger.traded[t])
    ledger.cash[t] = cash
    ledger.equity[t] = mark(prices, ledger, t)


def mark(prices: Prices, ledger: Ledger, t: int) -> float:
    """Return the book's worth in dollars at the close of t."""
    worth = ledger.cash[t]
    for i in range(ledger.shares.shape[1]):
        worth += ledger.shares[t, i] * prices.close[t, i]
    return worth


def decide(prices: Prices, plan: Plan, ledger: Ledger, t: int, memory: Memory) -> None:
    """Read the close of t: let each hedge's policy decide, write the order into row t of the ledger, and remember."""
    orders = False
    for k in range(len(plan.sides)):
        fund = plan.sides[k] * fund_return(prices, k, memory.entry[k], t) if memory.on[k] else 0.0
        state, action = step(rules_of(plan, k), recall(memory, k), plan.intensity[t, k], plan.size[t, k], fund)
        due = is_due(prices, plan, ledger, t, k, state.on and state.held > 0, last_ordered(ledger, t, k))
        if action != STAY or due:
            memory.size[k] = next_size(state, plan.size[t, k], memory.size[k])
            orders = True
        if action == ENTER:
            memory.entry[k] = t + 1
        remember(memory, k, state)
        ledger.actions[t, k] = action
    write_order(plan, ledger, t, memory.size, orders)


def decide_given(prices: Prices, plan: Plan, ledger: Ledger, t: int, sizes: Floats, before: Floats) -> None:
    """Write the order of sizes that are given; it is `before` that were last ordered."""
    orders = False
    for k in range(len(sizes)):
        if before[k] == 0.0 and sizes[k] > 0.0:
            ledger.actions[t, k] = ENTER
        if before[k] > 0.0 and sizes[k] == 0.0:
            ledger.actions[t, k] = SIGNAL
        due = is_due(prices, plan, ledger, t, k, sizes[k] > 0.0, last_ordered(ledger, t, k))
        orders = orders or due or sizes[k] != before[k]
    write_order(plan, ledger, t, sizes, orders)


def rules_of(plan: Plan, k: int) -> PolicyRules:
    """Return the policy of one hedge."""
    rules = plan.policies
    return PolicyRules(
        rules.enter[k],
        rules.exit[k],
        rules.confirm[k],
        rules.min_hold[k],
        rules.max_hold[k],
        rules.cooldown[k],
        rules.stop_loss[k],
        rules.take_profit[k],
    )


def recall(memory: Memory, k: int) -> PolicyState:
    """Return where the policy of one hedge stands."""
    counts = int(memory.held[k]), int(memory.streak[k]), int(memory.cooling[k])
    return PolicyState(bool(memory.on[k]), *counts, bool(memory.spent[k]))


def remember(memory: Memory, k: int, state: PolicyState) -> None:
    """Keep where the policy of one hedge stands."""
    memory.on[k], memory.held[k], memory.streak[k] = state.on, state.held, state.streak
    memory.cooling[k], memory.spent[k] = state.cooling, state.spent


def fund_return(prices: Prices, k: int, entry: int, t: int) -> float:
    """Return a hedge's return from the entry's fill price to the close of t, before costs, events included."""
    i = prices.close.shape[1] - prices.level.shape[1] + k
    return prices.level[t, k] / prices.level[entry, k] * prices.close[entry, i] / prices.fill[entry, i] - 1.0


def is_due(
    prices: Prices, plan: Plan, ledger: Ledger, t: int, k: int, hedged: bool, weight: float
) -> bool:  # compiled: no keywords
    """Return whether the core's calendar or, when hedged, the hedge's own rule calls for rebalancing at this close."""
    if plan.core_due[t]:
        return True
    i = ledger.shares.shape[1] - len(plan.sides) + k
    sleeve = abs(ledger.shares[t, i]) * prices.spot[t, i] / ledger.equity[t]
    return hedged and (plan.hedge_due[t, k] or abs(sleeve - weight) > plan.band[k])


def next_size(state: PolicyState, size: float, before: float) -> float:
    """Return the size to order: today's while on, the one before where none can be told, 0 when off."""
    if not state.on:
        return 0.0
    return size if size == size else before  # noqa: PLR0124  # NaN, in scalars that compile


def last_ordered(ledger: Ledger, t: int, k: int) -> float:
    """Return the weight, at least 0, that was last ordered of a hedge before this close."""
    return abs(ledger.hedges[t - 1, k]) if t > 0 else 0.0


def write_order(plan: Plan, ledger: Ledger, t: int, sizes: Floats, due: bool) -> None:  # compiled: no keywords
    """Write what was last decided by this close; the first close always orders, by the configured core weights."""
    ledger.ordered[t] = t == 0 or due
    ledger.restate[t] = t == 0 or plan.core_due[t]
    if not ledger.ordered[t]:
        ledger.core[t] = ledger.core[t - 1]
        for k in range(len(sizes)):
            ledger.hedges[t, k] = ledger.hedges[t - 1, k]
        return
    core = plan.unhedged_core
    if plan.core_pays:
        core = core_beside(core, sizes, plan.takes, plan.a_core_share, t)
    ledger.core[t] = core
    for k in range(len(sizes)):
        ledger.hedges[t, k] = plan.sides[k] * sizes[k] * (core if plan.a_core_share[k] else 1.0)
