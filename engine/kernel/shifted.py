"""A run's weights on other days: its path shifted around the calendar, each with its own daily-matched de-risk.

Plain functions; `compiled` twins them. Both books go through the rule book, session by session.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.rules import Order, Prices, Terms, open_session, plan_trade, settle


class Path(NamedTuple):
    """What a run had decided by each close that decides, shape (closes,): all sessions but the last.

    Parameters
    ----------
    ordered
        Whether target weights were ordered at it.
    core, hedge
        The weights last ordered.
    restate
        Whether the order put the core back to its configured weights.
    """

    ordered: Flags
    core: Floats
    hedge: Floats
    restate: Flags


class Rings(NamedTuple):
    """Rings of closes, around each of which a path is shifted by itself.

    Parameters
    ----------
    closes
        The closes, ring after ring, each in the order of time, shape (closes,).
    begin, length, rank
        For each close: where its ring begins in `closes`, how long it is, and the close's place in it, shape (closes,).
    """

    closes: Ints
    begin: Ints
    length: Ints
    rank: Ints


class Pair(NamedTuple):
    """Room for two books, the hedged one and its de-risk; columns of `shares` and `traded` are the instruments.

    Parameters
    ----------
    cash, core, hedge
        Dollars, and the target weights ordered, shape (2,).
    orders, restate
        Whether anything is ordered, and whether that restates the core, shape (2,).
    shares
        Shape (2, instruments).
    traded
        Shape (instruments,).
    """

    cash: Floats
    core: Floats
    hedge: Floats
    orders: Flags
    restate: Flags
    shares: Floats
    traded: Floats


def matched(core: Floats, hedge: Floats, beta: Floats, leverage: float) -> Floats:
    """Return the weight of a core by itself that has the beta of core and hedge together, and is at least 0.

    Elementwise, for scalars as for arrays.
    """
    return np.maximum((core * beta + leverage * hedge) / beta, 0.0)


def source_of(rings: Rings, t: int, shift: int) -> int:
    """Return the close whose decision stands at close t once the path is shifted."""
    return rings.closes[rings.begin[t] + (rings.rank[t] - shift) % rings.length[t]]


def run_shifts(
    prices: Prices, terms: Terms, path: Path, rings: Rings, beta: Floats, leverage: float, shifts: Ints, ends: Floats
) -> None:
    """Run a path shifted by each of some numbers of closes, with its daily-matched de-risk beside it.

    Parameters
    ----------
    prices, terms
        What they are executed on.
    path, rings
        The decisions, and the rings they are shifted around.
    beta
        The core's beta to the underlying at each close, shape (sessions,).
    leverage
        The fund's multiple of the underlying's daily move.
    shifts
        By how many closes, shape (draws,); 0 is the run itself.
    ends
        The last equity of the hedged book and of its de-risk is written here, shape (draws, 2); 0 or below when ruined.
    """
    instruments = prices.close.shape[1]
    pair = Pair(
        np.empty(2),
        np.empty(2),
        np.empty(2),
        np.empty(2, np.bool_),
        np.empty(2, np.bool_),
        np.empty((2, instruments)),
        np.empty(instruments),
    )
    for j in range(len(shifts)):
        last = run_pair(prices, terms, path, rings, beta, leverage, shifts[j], pair)
        for b in range(2):
            ends[j, b] = worth(prices, pair, b, last)


def run_pair(
    prices: Prices, terms: Terms, path: Path, rings: Rings, beta: Floats, leverage: float, shift: int, pair: Pair
) -> int:
    """Run one shifted path and its de-risk; return the last close, or the one at which either was ruined."""
    for b in range(2):
        pair.cash[b] = terms.cash
        for i in range(pair.shares.shape[1]):
            pair.shares[b, i] = 0.0
    for t in range(1, len(prices.close)):
        order_pair(prices, path, rings, beta, leverage, shift, t - 1, pair)
        for b in range(2):
            pair.cash[b] = open_session(prices, terms, t, pair.cash[b], pair.shares[b])
            if pair.orders[b]:
                target = Order(pair.core[b], pair.hedge[b], pair.restate[b])
                plan_trade(terms, target, prices.fill[t], pair.cash[b], pair.shares[b], pair.traded)
                pair.cash[b] = settle(terms, prices.fill[t], pair.cash[b], pair.shares[b], pair.traded)
        if worth(prices, pair, 0, t) <= 0.0 or worth(prices, pair, 1, t) <= 0.0:
            return t
    return len(prices.close) - 1


def order_pair(
    prices: Prices, path: Path, rings: Rings, beta: Floats, leverage: float, shift: int, t: int, pair: Pair
) -> None:
    """Write what both books order at the close of t.

    A close takes the order along that it is given; besides, one is due where its weights are not those of the close
    before, and at the first close. The de-risk orders where the hedged book does, to the weights that one is about to
    have, and at every other close at which that one holds the hedge, to those it has.
    """
    at = source_of(rings, t, shift)
    before = source_of(rings, t - 1, shift) if t > 0 else at
    changes = path.core[at] != path.core[before] or path.hedge[at] != path.hedge[before]
    pair.orders[0] = t == 0 or changes or path.ordered[at]
    pair.restate[0] = t == 0 or path.restate[at]
    pair.core[0], pair.hedge[0] = path.core[at], path.hedge[at]
    core, hedge, last = path.core[at], path.hedge[at], len(pair.traded) - 1
    if not pair.orders[0]:
        equity = worth(prices, pair, 0, t)
        hedge = pair.shares[0, last] * prices.close[t, last] / equity
        core = (equity - pair.cash[0]) / equity - hedge
    pair.orders[1] = pair.orders[0] or pair.shares[0, last] != 0.0
    pair.restate[1] = pair.restate[0]
    pair.core[1], pair.hedge[1] = matched(core, hedge, beta[t], leverage), 0.0


def worth(prices: Prices, pair: Pair, b: int, t: int) -> float:
    """Return what book b is worth in dollars at the close of t."""
    dollars = pair.cash[b]
    for i in range(len(pair.traded)):
        dollars += pair.shares[b, i] * prices.close[t, i]
    return dollars
