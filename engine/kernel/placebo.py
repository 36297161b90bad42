"""A core's path of orders shifted around the calendar: the same weights on other days, session by session.

Some shifts go through the sessions together, so that a processor does several at once. Orders and events go through the
rule book, a book at a time; on a day without either, prices alone move a book. Plain functions; `compiled` twins them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.rules import Order, Prices, Terms, open_session, plan_trade, settle

TOGETHER = 64
"""Shifts that go through the sessions together: the fastest of those tried."""


class Path(NamedTuple):
    """What a book of core and cash had ordered by each close that decides, shape (closes,): all sessions but the last.

    Parameters
    ----------
    ordered
        Whether a target weight was ordered at it; that the first close always orders isn't part of the path.
    core
        The weight last ordered.
    restate
        Whether the order put the core back to its configured weights.
    """

    ordered: Flags
    core: Floats
    restate: Flags


class Clock(NamedTuple):
    """What the studentising sum of a shift is made of.

    Parameters
    ----------
    apart
        The core's log return less that of cash, less the mean of that, shape (sessions,).
    weight
        The mean weight ordered over all closes.
    at_open
        Whether orders fill at the open, inside the session; else at its close.
    """

    apart: Floats
    weight: float
    at_open: bool


class Shifted(NamedTuple):
    """Books of some shifts as they stand, shape (books,) but for `shares`.

    Parameters
    ----------
    at
        The close of the path that each follows.
    cash, worth, total
        Dollars, what the book is worth by the last prices asked for, and the sum so far.
    shares
        Held, shape (instruments, books).
    over
        Whether it was ruined.
    """

    at: Ints
    cash: Floats
    worth: Floats
    total: Floats
    shares: Floats
    over: Flags


class Scratch(NamedTuple):
    """Room for a book: shares held and traded, shape (instruments,), and no hedge, shape (hedges,)."""

    shares: Floats
    traded: Floats
    none: Floats


def run_shifts(
    prices: Prices, terms: Terms, path: Path, clock: Clock, shifts: Ints, ends: Floats, sums: Floats
) -> None:
    """Run a path shifted in a circle by each of some numbers of closes.

    Parameters
    ----------
    prices, terms
        What it is executed on; the hedges' columns are never traded.
    path, clock
        The orders, and what the sums are made of.
    shifts
        By how many closes, shape (shifts,): what was ordered at close t stands at t + shift; 0 is the path itself.
    ends
        The last equity of each is written here, dollars, shape (shifts,); 0 or below when it was ruined.
    sums
        The sum over sessions of ``((x - weight) apart)^2`` is written here, shape (shifts,); x is the core's weight
        once the open's orders are filled.
    """
    (sessions, instruments), closes = prices.close.shape, len(path.core)
    orders, eventful = np.empty(closes, np.bool_), np.zeros(sessions, np.bool_)
    for t in range(closes):
        orders[t] = path.ordered[t] or path.core[t] != path.core[t - 1]
    for t in range(sessions):
        for i in range(instruments):
            eventful[t] |= prices.dividend[t, i] != 0.0 or prices.split[t, i] != 1.0
    scratch = Scratch(np.empty(instruments), np.empty(instruments), np.zeros(prices.level.shape[1]))
    for first in range(0, len(shifts), TOGETHER):
        some = shifts[first : first + TOGETHER]
        count, zeros = len(some), np.zeros((2, len(some)))
        shares, over = np.zeros((instruments, count)), np.zeros(count, np.bool_)
        books = Shifted((-1 - some) % closes, zeros[0] + terms.cash, np.empty(count), zeros[1], shares, over)
        run_some(prices, terms, path, clock, orders, eventful, books, scratch, ends[first:], sums[first:])


def run_some(
    prices: Prices,
    terms: Terms,
    path: Path,
    clock: Clock,
    orders: Flags,
    eventful: Flags,
    books: Shifted,
    scratch: Scratch,
    ends: Floats,
    sums: Floats,
) -> None:
    """Run some books, given which closes of the path order and which sessions have a split or a dividend."""
    count, short = len(books.at), False
    for t in range(1, len(prices.close)):
        open_books(prices, terms, t, eventful[t] or short, books, scratch)
        for j in range(count):
            books.at[j] = books.at[j] + 1 if books.at[j] + 1 < len(orders) else 0
        if clock.at_open:
            short |= order_books(prices, terms, path, orders, t, books, scratch)
        value_books(prices.open, t, books)
        for j in range(count):
            off = (1.0 - books.cash[j] / books.worth[j] - clock.weight) * clock.apart[t]
            books.total[j] += off * off
        if not clock.at_open:
            short |= order_books(prices, terms, path, orders, t, books, scratch)
        value_books(prices.close, t, books)
        ruined = False
        for j in range(count):
            ruined |= books.worth[j] <= 0.0
        if ruined:
            for j in range(count):
                if books.worth[j] <= 0.0 and not books.over[j]:
                    books.over[j], ends[j], sums[j] = True, books.worth[j], books.total[j]
    for j in range(count):
        if not books.over[j]:
            ends[j], sums[j] = books.worth[j], books.total[j]


def open_books(prices: Prices, terms: Terms, t: int, eventful: bool, books: Shifted, scratch: Scratch) -> None:
    """Open session t: by the rule book where it has events or a book is short, else with interest alone."""
    if eventful:
        for j in range(len(books.cash)):
            for i in range(len(books.shares)):
                scratch.shares[i] = books.shares[i, j]
            books.cash[j] = open_session(prices, terms, t, books.cash[j], scratch.shares)
            for i in range(len(books.shares)):
                books.shares[i, j] = scratch.shares[i]
        return
    earned, owed = terms.cash_accrual[t], terms.borrow_accrual[t]
    for j in range(len(books.cash)):
        books.cash[j] += books.cash[j] * (earned if books.cash[j] >= 0.0 else owed)


def order_books(
    prices: Prices, terms: Terms, path: Path, orders: Flags, t: int, books: Shifted, scratch: Scratch
) -> bool:
    """Fill what is ordered for session t by the rule book; return whether a book is short of anything then."""
    short = False
    for j in range(len(books.at)):
        at = books.at[j]
        if (t == 1 or orders[at]) and not books.over[j]:
            for i in range(len(books.shares)):
                scratch.shares[i] = books.shares[i, j]
            order = Order(path.core[at], scratch.none, t == 1 or path.restate[at])
            plan_trade(terms, order, prices.fill[t], prices.spot_fill[t], books.cash[j], scratch.shares, scratch.traded)
            books.cash[j] = settle(terms, prices.fill[t], books.cash[j], scratch.shares, scratch.traded)
            for i in range(len(books.shares)):
                books.shares[i, j] = scratch.shares[i]
                short |= scratch.shares[i] < 0.0
    return short


def value_books(price: Floats, t: int, books: Shifted) -> None:
    """Write what books are worth in dollars at session t's prices."""
    for j in range(len(books.cash)):
        books.worth[j] = books.cash[j]
    for i in range(len(books.shares)):
        one = price[t, i]
        for j in range(len(books.cash)):
            books.worth[j] += books.shares[i, j] * one
