"""The sweep kernel: a book at a time, from order to order, so that quiet stretches cost next to nothing.

Books are kept in units that splits and reinvested dividends don't change. Between two orders a book that holds nothing
but the core moves with it, and what that comes to stands in running sums and in a table of stretches, made once for
all books; other sessions are stepped through. Orders go through the rule book. Plain functions; `compiled` twins them.
"""

# ruff: noqa: FURB136  # compiled, min() and max() look for NaN first
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.kernel.core import Core, core_of, stretch
from engine.kernel.decisions import Decisions
from engine.kernel.fills import Fills
from engine.kernel.loop import Plan
from engine.rules import LEAST_TRADE, Order, Prices, Terms, core_beside, cost, plan_trade, proceeds, settle

ALIKE = 1e-12
"""How far holdings of the core may be from the mix of `Core`, a fraction."""


class Units(NamedTuple):
    """Prices of units: a share of t=0, with all that splits and reinvested dividends have made of it since.

    Parameters
    ----------
    close
        Dollars a unit at each close, shape (sessions, instruments), each instrument's next to each other.
    shares
        As-traded shares a unit, shape (sessions, instruments).
    spot
        Dollars a unit of the hedge at each close, by which it is weighed, shape (sessions,): an option's underlying's.
    paid
        Dollars of cash dividend a unit, shape (sessions, instruments); 0 when dividends are reinvested.
    paying
        The first session from each on in which any is paid, their number where none is, shape (sessions + 1,).
    floor
        The cash return a session below which a return falls short.
    core
        The core as one price.
    grown
        What a dollar of cash, and one that is owed, has become by each session, shape (2, sessions).
    """

    close: Floats
    shares: Floats
    spot: Floats
    paid: Floats
    paying: Ints
    floor: float
    core: Core
    grown: Floats


class Given(NamedTuple):
    """What each book is given, shape (books,) but for `sizes`.

    Parameters
    ----------
    decision
        Which of the decisions it has.
    sizes, sized
        The sizes that an order at each close gets, shape (sizes, sessions), and which of them it has; the last one
        stands where it is NaN.
    core, pays
        The core's weight without a hedge, and whether the hedge's comes out of it.
    band
        The weight is restored when it is further than this from the one last ordered; inf for never.
    """

    decision: Ints
    sizes: Floats
    sized: Ints
    core: Floats
    pays: Flags
    band: Floats


class Sums(NamedTuple):
    """What is kept of each book, shape (books,): enough for every metric but the tail's.

    Parameters
    ----------
    equity
        Dollars at the last close.
    returns, squares, shortfalls
        Sums of session returns, of their squares, and of the squares of what falls short of the cash rate.
    drawdown
        The deepest fall, a fraction <= 0.
    equities
        The sum of equity over all sessions, dollars.
    lowest
        The lowest equity of sessions that were stepped through: a book at or below 0 was ruined, and has to be run by
        itself. It ends there.
    traded, costs
        Dollars bought and sold, and what that cost.
    fills, hedged
        Fills, and closes with a hedge.
    """

    equity: Floats
    returns: Floats
    squares: Floats
    shortfalls: Floats
    drawdown: Floats
    equities: Floats
    lowest: Floats
    traded: Floats
    costs: Floats
    fills: Floats
    hedged: Floats


class BookState(NamedTuple):
    """A book after a close; as of `Sums`, with its cash and the highest equity so far."""

    cash: float
    equity: float
    peak: float
    returns: float
    squares: float
    shortfalls: float
    drawdown: float
    equities: float
    lowest: float


class Room(NamedTuple):
    """Room for a book: units held, shares held and traded, shape (instruments,), and the hedge's weight, shape (1,)."""

    held: Floats
    shares: Floats
    traded: Floats
    size: Floats


def units_of(prices: Prices, terms: Terms) -> Units:
    """Return the prices of units."""
    buys = terms.stock & terms.reinvest
    grown = prices.split.copy()
    grown[:, buys] *= 1.0 + prices.dividend[:, buys] / prices.open[:, buys]
    grown[0] = 1.0
    shares: Floats = np.multiply.accumulate(grown, axis=0)
    paid = np.where(buys, 0.0, shares * prices.dividend)
    sessions = np.arange(len(paid) + 1)
    pays = np.append(np.any(paid, axis=1), True)
    paying = np.minimum.accumulate(np.where(pays, sessions, len(paid))[::-1])[::-1].copy()
    close, floor = np.asfortranarray(prices.close * shares), float(terms.cash_accrual[1:].mean())
    mix = terms.core_weights / (prices.fill[1] * shares[1])[: len(terms.core_weights)]
    mix /= mix[0]
    core = core_of((close[:, : len(mix)] * mix).sum(axis=1), mix, floor)
    if paid.any():
        core = core._replace(stretches=core.stretches[:0])
    rates = np.stack((terms.cash_accrual, terms.borrow_accrual))
    accrued: Floats = np.multiply.accumulate(1.0 + rates, axis=1)
    return Units(close, shares, prices.spot[:, -1] * shares[:, -1], paid, paying, floor, core, accrued)


def room_for(decided: Decisions, given: Given, instruments: int) -> Fills:
    """Return room for the fills of books; one with a band may order at every close."""
    books, most = len(given.decision), int(decided.orders.max())
    if np.isfinite(given.band).any():
        most = decided.at.shape[1]
    shape = books, most
    made, session = np.empty(books, np.int64), np.empty(shape, np.int64)
    return Fills(made, session, np.empty(shape), np.empty((*shape, instruments)))


def empty_sums(books: int) -> Sums:
    """Return room for the sums of books."""
    return Sums(*np.zeros((len(Sums._fields), books)))


def run_books(
    prices: Prices,
    terms: Terms,
    units: Units,
    plan: Plan,
    decided: Decisions,
    given: Given,
    sums: Sums,
    fills: Fills,
) -> None:
    """Run books through every session.

    Parameters
    ----------
    prices, terms, units, plan
        What they are executed on; of the plan nothing is read that `decided` and `given` say.
    decided, given
        When they order, and what.
    sums, fills
        Written; `fills` as of `room_for`.
    """
    instruments = units.close.shape[1]
    room = Room(np.empty(instruments), np.empty(instruments), np.empty(instruments), np.empty(1))
    for c in range(len(given.decision)):
        run_book(prices, terms, units, plan, decided, given, c, sums, fills, room)


def run_book(
    prices: Prices,
    terms: Terms,
    units: Units,
    plan: Plan,
    decided: Decisions,
    given: Given,
    c: int,
    sums: Sums,
    fills: Fills,
    room: Room,
) -> None:
    """Run one book; by itself, because only code that makes no array is spared counting their owners."""
    sessions, last, held, size = len(units.close), units.close.shape[1] - 1, room.held, room.size
    d, row = given.decision[c], given.sized[c]
    book = BookState(terms.cash, terms.cash, terms.cash, 0.0, 0.0, 0.0, 0.0, terms.cash, terms.cash)
    for i in range(last + 1):
        held[i] = 0.0
    on, anew, hedged, size[0], t, k, count = False, True, 0, 0.0, 0, 0, 0
    while t < sessions - 1 and book.lowest > 0.0:
        # the close of t orders: by its policy or a calendar, else because it has left its band
        if k < decided.orders[d] and decided.at[d, k] == t:
            on, anew = decided.on[d, k], decided.anew[d, k]
            k += 1
        else:
            anew = True
        wanted = given.sizes[row, t]
        if not on:
            size[0] = 0.0
        elif anew and wanted == wanted:  # noqa: PLR0124  # NaN, in scalars that compile
            size[0] = wanted
        core = core_beside(given.core[c], size, plan.takes, plan.a_core_share, t) if given.pays[c] else given.core[c]
        weight, restate = size[0], t == 0 or plan.core_due[t]
        size[0] = plan.sides[0] * weight * (core if plan.a_core_share[0] else 1.0)
        # it fills in the next session, and the book is carried to the next close that orders
        first = t + 1
        cash = fill(prices, terms, units, Order(core, size, restate), first, book.cash, c, sums, room)
        fills.session[c, count], fills.cash[c, count] = first, cash
        for i in range(last + 1):
            fills.held[c, count, i] = held[i]
        count += 1
        ordered, size[0] = abs(size[0]), weight
        until = decided.at[d, k] if k < decided.orders[d] else sessions - 1
        if not on and held[last] == 0.0 and is_core(units.core, held, cash, book.equity):
            book, t = carry(terms, units, held, book, cash, first, first, math.inf, 0.0)
            if t < until:
                book = leap(units, held, book, first, until)
                t = until
        else:
            band = given.band[c] if on else math.inf
            book, t = carry(terms, units, held, book, cash, first, until, band, ordered)
        if held[last] != 0.0:
            hedged += t - first + 1
    sums.equity[c], sums.returns[c], sums.squares[c] = book.equity, book.returns, book.squares
    sums.shortfalls[c], sums.drawdown[c], sums.equities[c] = book.shortfalls, book.drawdown, book.equities
    sums.lowest[c], sums.hedged[c], fills.made[c] = book.lowest, hedged, count


def fill(
    prices: Prices, terms: Terms, units: Units, order: Order, t: int, cash: float, c: int, sums: Sums, room: Room
) -> float:
    """Open session t and fill an order by the rule book, and count what it trades; return the cash."""
    price, unit, held, shares, traded = prices.fill[t], units.shares[t], room.held, room.shares, room.traded
    cash += cash * (terms.cash_accrual[t] if cash >= 0.0 else terms.borrow_accrual[t])
    for i in range(len(shares)):
        cash += held[i] * units.paid[t, i]
        shares[i] = held[i] * unit[i]
    plan_trade(terms, order, price, prices.spot_fill[t], cash, shares, traded)
    cash = settle(terms, price, cash, shares, traded)
    for i in range(len(shares)):
        if traded[i] != 0.0:
            held[i] = shares[i] / unit[i]
            value = abs(traded[i]) * price[i]
            sums.fills[c] += 1
            sums.traded[c] += value
            if traded[i] > 0.0:
                sums.costs[c] += cost(terms, i, traded[i], price[i]) - value
            else:
                sums.costs[c] += value - proceeds(terms, i, -traded[i], price[i])
    return cash


def carry(
    terms: Terms,
    units: Units,
    held: Floats,
    book: BookState,
    cash: float,
    first: int,
    until: int,
    band: float,
    ordered: float,
) -> tuple[BookState, int]:
    """Step through the sessions from `first`, opened and filled already, to `until`, or to where it leaves its band.

    Parameters
    ----------
    cash
        Of the book after the fills of `first`; `book` is as of the close before.
    band, ordered
        Stop at the close at which the hedge's weight is further than `band` from `ordered`.
    """
    equity, peak, drawdown, lowest = book.equity, book.peak, book.drawdown, book.lowest
    returns, squares, shortfalls, equities = book.returns, book.squares, book.shortfalls, book.equities
    last, t = len(held) - 1, first
    for t in range(first, until + 1):
        if t > first:
            cash += cash * (terms.cash_accrual[t] if cash >= 0.0 else terms.borrow_accrual[t])
            if units.paying[t] == t:
                for i in range(last + 1):
                    cash += held[i] * units.paid[t, i]
        hedge = held[last] * units.close[t, last]
        worth = cash
        for i in range(last):
            worth += held[i] * units.close[t, i]
        worth += hedge
        change = worth / equity - 1.0
        equity = worth
        short = change - units.floor
        short = short if short < 0.0 else 0.0
        returns += change
        squares += change * change
        shortfalls += short * short
        equities += equity
        lowest = equity if equity < lowest else lowest
        if equity >= peak:
            peak = equity
        elif equity < (1.0 + drawdown) * peak:  # few sessions deepen it, which a product tells without a division
            fall = equity / peak - 1.0
            drawdown = fall if fall < drawdown else drawdown
        if lowest <= 0.0 or (band < math.inf and abs(abs(held[last]) * units.spot[t] / equity - ordered) > band):
            break
    return BookState(cash, equity, peak, returns, squares, shortfalls, drawdown, equities, lowest), t


def is_core(core: Core, held: Floats, cash: float, equity: float) -> bool:
    """Return whether a book without a hedge holds nothing but the core, in its mix."""
    alike = len(core.stretches) > 0 and held[0] > 0.0 and abs(cash) <= LEAST_TRADE * equity
    for i in range(1, len(core.mix)):
        alike &= abs(held[i] - held[0] * core.mix[i]) <= ALIKE * held[i]
    return alike


def leap(units: Units, held: Floats, book: BookState, after: int, until: int) -> BookState:
    """Carry a book that holds nothing but the core from the close of `after` to that of `until`."""
    core, owned, owed = units.core, held[0], 0 if book.cash >= 0.0 else 1
    sums, dust = core.sums, book.cash * (units.grown[owed, until] / units.grown[owed, after])
    low, high, fall = stretch(core, after + 1, until)
    peak, drawdown = book.peak, book.drawdown
    below = owned * low / peak - 1.0
    drawdown = below if below < drawdown else drawdown
    drawdown = fall if fall < drawdown else drawdown
    return BookState(
        dust,
        owned * core.price[until],
        owned * high if owned * high > peak else peak,
        book.returns + (sums[0, until] - sums[0, after]),
        book.squares + (sums[1, until] - sums[1, after]),
        book.shortfalls + (sums[2, until] - sums[2, after]),
        drawdown,
        book.equities + owned * (sums[3, until] - sums[3, after]),
        book.lowest,
    )


def follow_books(terms: Terms, units: Units, fills: Fills, path: Floats) -> None:
    """Write the equity of books at every close, shape (books, sessions); after a ruin it means nothing."""
    for c in range(len(path)):
        path[c, 0] = terms.cash
        for k in range(fills.made[c]):
            follow(units, fills, c, k, path)


def follow(units: Units, fills: Fills, c: int, k: int, path: Floats) -> None:
    """Write the path of a book from a fill to the next, from one cash dividend to the next."""
    first, cash, last = fills.session[c, k], fills.cash[c, k], fills.held.shape[2] - 1
    until = fills.session[c, k + 1] if k + 1 < fills.made[c] else path.shape[1]
    while first < until:
        end = min(until, units.paying[first + 1])
        owed = 0 if cash >= 0.0 else 1
        base = cash / units.grown[owed, first]
        to, grown = path[c, first:end], units.grown[owed, first:end]  # by pieces, each next to each other: at once
        for t in range(len(to)):
            to[t] = base * grown[t]
        for i in range(last + 1):
            held, close = fills.held[c, k, i], units.close.T[i, first:end]
            if held != 0.0:
                for t in range(len(to)):
                    to[t] += held * close[t]
        if end < until:
            cash = base * units.grown[owed, end]
            for i in range(last + 1):
                cash += fills.held[c, k, i] * units.paid[end, i]
        first = end
