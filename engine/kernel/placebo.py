"""A core's path of orders shifted around the calendar: the same weights on other days, session by session.

Plain functions; `compiled` twins them. Each shifted book goes through the rule book like any other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.rules import Order, Prices, Terms, open_session, plan_trade, settle


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
    instruments = prices.close.shape[1]
    shares, traded, none = np.empty(instruments), np.empty(instruments), np.zeros(prices.level.shape[1])
    for j in range(len(shifts)):
        ends[j], sums[j] = run_shift(prices, terms, path, clock, shifts[j], none, shares, traded)


def run_shift(
    prices: Prices,
    terms: Terms,
    path: Path,
    clock: Clock,
    shift: int,
    none: Floats,
    shares: Floats,
    traded: Floats,
) -> tuple[float, float]:
    """Run one shifted path; return its last equity and its sum. No hedge, and room for shares and trades, are given."""
    closes, cash, total = len(path.core), terms.cash, 0.0
    equity = cash
    for i in range(len(shares)):
        shares[i] = 0.0
    for t in range(1, len(prices.close)):
        cash = open_session(prices, terms, t, cash, shares)
        at = (t - 1 - shift) % closes
        before = (t - 2 - shift) % closes
        orders = t == 1 or path.ordered[at] or path.core[at] != path.core[before]
        order = Order(path.core[at], none, t == 1 or path.restate[at])
        if orders and clock.at_open:
            plan_trade(terms, order, prices.fill[t], prices.spot_fill[t], cash, shares, traded)
            cash = settle(terms, prices.fill[t], cash, shares, traded)
        weight = 1.0 - cash / worth(prices.open, t, cash, shares)
        total += ((weight - clock.weight) * clock.apart[t]) ** 2
        if orders and not clock.at_open:
            plan_trade(terms, order, prices.fill[t], prices.spot_fill[t], cash, shares, traded)
            cash = settle(terms, prices.fill[t], cash, shares, traded)
        equity = worth(prices.close, t, cash, shares)
        if equity <= 0.0:
            return equity, total
    return equity, total


def worth(price: Floats, t: int, cash: float, shares: Floats) -> float:
    """Return what a book is worth in dollars at session t's prices."""
    dollars = cash
    for i in range(len(shares)):
        dollars += shares[i] * price[t, i]
    return dollars
