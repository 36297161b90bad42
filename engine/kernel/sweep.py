"""The sweep kernel: sessions outside, a block of combinations inside, so that a block moves through a session at once.

Books are kept in units that splits and reinvested dividends don't change, so between orders a session is a few sums
over arrays. Orders, which are rare, go through the rule book one at a time. Plain functions; `compiled` twins them.
"""

# ruff: noqa: FURB136  # compiled, min() and max() look for NaN first, and so keep a loop from being vectorised
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.kernel.loop import Plan, empty_memory, fund_return, recall, remember, rules_of
from engine.rules import Order, Prices, Terms, core_beside, cost, plan_trade, proceeds, settle
from strategies.policy import ENTER, STAY, step


class Units(NamedTuple):
    """Prices of units: a share of t=0, with all that splits and reinvested dividends have made of it since.

    Parameters
    ----------
    close
        Dollars a unit at each close, shape (sessions, instruments).
    shares
        As-traded shares a unit, shape (sessions, instruments).
    paid
        Dollars of cash dividend a unit, shape (sessions, instruments); 0 when dividends are reinvested.
    pays
        Whether any is paid, shape (sessions,).
    """

    close: Floats
    shares: Floats
    paid: Floats
    pays: Flags


class Orders(NamedTuple):
    """Orders of a block, oldest fill first.

    Parameters
    ----------
    session, column
        In which session each fills, and whose it is, shape (orders,).
    core, restate
        Its target weight of the core, and whether it restates it, shape (orders,).
    hedges
        Its target weights of the hedges, shape (orders, hedges).
    """

    session: Ints
    column: Ints
    core: Floats
    hedges: Floats
    restate: Flags


class Sums(NamedTuple):
    """What is kept of each book while it runs, shape (combinations,): enough for every metric but the tail's.

    Parameters
    ----------
    cash, equity, peak
        Dollars now, and the highest equity so far.
    returns, squares, shortfalls
        Sums of session returns, of their squares, and of the squares of what falls short of the cash rate.
    drawdown
        The deepest fall so far, a fraction <= 0.
    equities
        The sum of equity over all sessions, dollars.
    traded, costs
        Dollars bought and sold, and what that cost.
    fills, hedged, since
        Fills, closes with a hedge, and the session since which one is held (-1 when none is).
    lowest
        The lowest equity so far: a book at or below 0 was ruined, and has to be run by itself.
    """

    cash: Floats
    equity: Floats
    peak: Floats
    returns: Floats
    squares: Floats
    shortfalls: Floats
    drawdown: Floats
    equities: Floats
    traded: Floats
    costs: Floats
    fills: Ints
    hedged: Ints
    since: Ints
    lowest: Floats


class Room(NamedTuple):
    """Room for what a session needs of each book, shape (combinations,), and of one that trades, (instruments,)."""

    equity: Floats
    change: Floats
    shares: Floats
    traded: Floats


def units_of(prices: Prices, terms: Terms) -> Units:
    """Return the prices of units."""
    buys = terms.stock & terms.reinvest
    grown = prices.split.copy()
    grown[:, buys] *= 1.0 + prices.dividend[:, buys] / prices.open[:, buys]
    grown[0] = 1.0
    shares: Floats = np.multiply.accumulate(grown, axis=0)
    paid = np.where(buys, 0.0, shares * prices.dividend)
    pays: Flags = np.any(paid, axis=1)
    return Units(prices.close * shares, shares, paid, pays)


def empty_sums(combinations: int, cash: float) -> Sums:
    """Return the sums of books that hold cash at t=0."""
    zeros, dollars = np.zeros((6, combinations)), np.full((4, combinations), cash)
    counts = np.zeros((2, combinations), np.int64)
    return Sums(
        cash=dollars[0],
        equity=dollars[1],
        peak=dollars[2],
        returns=zeros[0],
        squares=zeros[1],
        shortfalls=zeros[2],
        drawdown=zeros[3],
        equities=np.full(combinations, cash),
        traded=zeros[4],
        costs=zeros[5],
        fills=counts[0],
        hedged=counts[1],
        since=np.full(combinations, -1),
        lowest=dollars[3],
    )


def decisions(prices: Prices, plan: Plan) -> tuple[Ints, Flags, Flags, int]:
    """Read every close by the policies, which know no book but for `band`, so that books of any weight share them.

    Returns
    -------
    sessions, flags, flags, int
        The closes that order, shape (orders,); whether each hedge is on after it, and whether it is sized anew, shape
        (orders, hedges) each; and how often hedges were entered.
    """
    sessions, hedges = plan.intensity.shape
    at = np.empty(sessions, np.int64)
    on, anew = np.empty((sessions, hedges), np.bool_), np.empty((sessions, hedges), np.bool_)
    memory, count, entries = empty_memory(hedges), 0, 0
    for t in range(sessions - 1):
        orders = t == 0
        for k in range(hedges):
            fund = plan.sides[k] * fund_return(prices, k, memory.entry[k], t) if memory.on[k] else 0.0
            state, action = step(rules_of(plan, k), recall(memory, k), plan.intensity[t, k], plan.size[t, k], fund)
            remember(memory, k, state)
            if action == ENTER:
                memory.entry[k] = t + 1
                entries += 1
            due = plan.core_due[t] or (state.on and state.held > 0 and plan.hedge_due[t, k])
            on[count, k], anew[count, k] = state.on, action != STAY or due
            orders |= anew[count, k]
        if orders:
            at[count] = t
            count += 1
    return at[:count], on[:count], anew[:count], entries


def orders_of(
    starts: Ints,
    at: Ints,
    on: Flags,
    anew: Flags,
    which: Ints,
    sized: Ints,
    sizes: Floats,
    sides: Floats,
    takes: Floats,
    a_core_share: Flags,
    cores: Floats,
    pays: Flags,
    due: Flags,
) -> Orders:
    """Return the orders of a block of books, sorted by the session they fill in.

    Parameters
    ----------
    starts, at, on, anew
        Decisions end to end: those of decision d are ``at[starts[d]:starts[d + 1]]``.
    which
        Which decision each book has, shape (combinations,).
    sized
        Which row of `sizes` each of its hedges has, shape (combinations, hedges).
    sizes
        The size an order at each close gets, shape (sizes, sessions); the last one stands where it is NaN.
    sides, takes, a_core_share
        As of `engine.kernel.loop.Plan`.
    cores, pays
        The core's weight without a hedge, and whether the hedges' come out of it, shape (combinations,).
    due
        The closes at which the core's calendar restates its weights, shape (sessions,).
    """
    hedges = len(sides)
    begin = np.zeros(sizes.shape[1] + 1, np.int64)
    for c in range(len(which)):
        for k in range(starts[which[c]], starts[which[c] + 1]):
            begin[at[k] + 1] += 1
    for t in range(sizes.shape[1]):
        begin[t + 1] += begin[t]
    total = begin[-1]
    session, column = np.empty(total, np.int64), np.empty(total, np.int64)
    core, weights, restate = np.empty(total), np.empty((total, hedges)), np.empty(total, np.bool_)
    last = np.empty(hedges)
    for c in range(len(which)):
        last[:] = 0.0
        for k in range(starts[which[c]], starts[which[c] + 1]):
            t = at[k]
            place = begin[t]
            begin[t] += 1
            for j in range(hedges):
                size = sizes[sized[c, j], t]
                if not on[k, j]:
                    last[j] = 0.0
                elif anew[k, j] and size == size:  # noqa: PLR0124  # NaN, in scalars that compile
                    last[j] = size
            session[place], column[place] = t + 1, c
            core[place] = core_beside(cores[c], last, takes, a_core_share, t) if pays[c] else cores[c]
            for j in range(hedges):
                weights[place, j] = sides[j] * last[j] * (core[place] if a_core_share[j] else 1.0)
            restate[place] = t == 0 or due[t]
    return Orders(session, column, core, weights, restate)


def run_block(
    prices: Prices,
    terms: Terms,
    units: Units,
    orders: Orders,
    floor: float,
    sums: Sums,
    held: Floats,
    path: Floats,
    trail: Floats,
) -> None:
    """Run a block of books through every session.

    Parameters
    ----------
    prices, terms, units
        What they are executed on.
    orders
        Their orders.
    floor
        The cash return a session below which a return falls short.
    sums
        Changed in place, shape (combinations,) each.
    held
        Units held, changed in place, shape (instruments, combinations).
    path, trail
        Equity of every session, and the units of the hedge held after its fills, are written here where `path` has
        rows: shape (sessions, combinations), or (0, combinations).
    """
    instruments, width = held.shape
    room = Room(np.empty(width), np.empty(width), np.empty(instruments), np.empty(instruments))
    run_sessions(prices, terms, units, orders, floor, sums, held, path, trail, room)


def run_sessions(
    prices: Prices,
    terms: Terms,
    units: Units,
    orders: Orders,
    floor: float,
    sums: Sums,
    held: Floats,
    path: Floats,
    trail: Floats,
    room: Room,
) -> None:
    """Do what `run_block` says; by itself, because only code that makes no array is spared counting their owners."""
    (instruments, width), sessions, equity = held.shape, len(prices.close), room.equity
    following = 0
    if len(path):
        for c in range(width):
            path[0, c], trail[0, c] = sums.equity[c], 0.0
    for t in range(1, sessions):
        earned, owed = terms.cash_accrual[t], terms.borrow_accrual[t]
        for c in range(width):
            sums.cash[c] += sums.cash[c] * (earned if sums.cash[c] >= 0.0 else owed)
        if units.pays[t]:
            for i in range(instruments):
                for c in range(width):
                    sums.cash[c] += held[i, c] * units.paid[t, i]
        following = fill(prices, terms, units, orders, t, following, sums, held, room)
        for c in range(width):
            equity[c] = sums.cash[c]
        for i in range(instruments):
            worth = units.close[t, i]
            for c in range(width):
                equity[c] += held[i, c] * worth
        accumulate(sums, room, floor)
        if len(path):
            for c in range(width):
                path[t, c], trail[t, c] = equity[c], held[instruments - 1, c]
    for c in range(width):
        if sums.since[c] >= 0:
            sums.hedged[c] += sessions - sums.since[c]


def accumulate(sums: Sums, room: Room, floor: float) -> None:
    """Add one session of every book to its sums.

    In loops that write three arrays at most, for then the compiler can tell them apart and each vectorises; and few
    sessions deepen a drawdown, which a product tells without a division.
    """
    equity, change = room.equity, room.change
    width = len(equity)
    for c in range(width):
        change[c] = equity[c] / sums.equity[c] - 1.0
        sums.equity[c] = equity[c]
    for c in range(width):
        short = change[c] - floor
        short = short if short < 0.0 else 0.0
        sums.returns[c] += change[c]
        sums.squares[c] += change[c] * change[c]
        sums.shortfalls[c] += short * short
    for c in range(width):
        sums.equities[c] += equity[c]
        sums.peak[c] = equity[c] if equity[c] > sums.peak[c] else sums.peak[c]
        sums.lowest[c] = equity[c] if equity[c] < sums.lowest[c] else sums.lowest[c]
    deeper = False
    for c in range(width):
        deeper |= equity[c] < (1.0 + sums.drawdown[c]) * sums.peak[c]
    if deeper:
        for c in range(width):
            fall = equity[c] / sums.peak[c] - 1.0
            sums.drawdown[c] = fall if fall < sums.drawdown[c] else sums.drawdown[c]


def fill(
    prices: Prices, terms: Terms, units: Units, orders: Orders, t: int, first: int, sums: Sums, held: Floats, room: Room
) -> int:
    """Fill a session's orders, from `first` on, by the rule book, and count them; return the next session's first."""
    price, unit, shares, traded = prices.fill[t], units.shares[t], room.shares, room.traded
    k = first
    while k < len(orders.session) and orders.session[k] == t:
        c = orders.column[k]
        for i in range(len(shares)):
            shares[i] = held[i, c] * unit[i]
        target = Order(orders.core[k], orders.hedges[k], orders.restate[k])
        plan_trade(terms, target, price, prices.spot_fill[t], sums.cash[c], shares, traded)
        sums.cash[c] = settle(terms, price, sums.cash[c], shares, traded)
        for i in range(len(shares)):
            held[i, c] = shares[i] / unit[i]
            if traded[i] != 0.0:
                value = abs(traded[i]) * price[i]
                sums.fills[c] += 1
                sums.traded[c] += value
                if traded[i] > 0.0:
                    sums.costs[c] += cost(terms, i, traded[i], price[i]) - value
                else:
                    sums.costs[c] += value - proceeds(terms, i, -traded[i], price[i])
        hedged = False
        for i in range(len(terms.core_weights), len(shares)):
            hedged |= shares[i] != 0.0
        if hedged and sums.since[c] < 0:
            sums.since[c] = t
        if not hedged and sums.since[c] >= 0:
            sums.hedged[c] += t - sums.since[c]
            sums.since[c] = -1
        k += 1
    return k
