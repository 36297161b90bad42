"""The sleeve's attribution of many books of one market at once, session by session, as sums.

It needs nothing of a book but its equity and the units of the hedge it holds after each session. Plain functions;
`compiled` twins them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from data.arrays import Floats


class Daily(NamedTuple):
    """What each session does to a unit of the fund, and to one of the static position, dollars, shape (sessions,) each.

    Parameters
    ----------
    fund
        The fund's own total return of the session, a fraction.
    worth
        Of a unit held, at the close before; the next five are of such a unit over the whole session.
    made, indexed, financing, fee, spread
        What it makes, dividends included; the modelled index part of that; and the carry.
    filled
        What a unit makes from the fill to the close.
    indexed_before, indexed_after
        What a fill changes in the index part, for a unit held before it and for one held after it.
    static, static_filled
        What a unit of the static position makes over the whole session, and from the fill to the close.
    a_unit
        Static units for the price of a unit at the fill.
    buying, selling
        The costs of a unit, signed.
    """

    fund: Floats
    worth: Floats
    made: Floats
    indexed: Floats
    financing: Floats
    fee: Floats
    spread: Floats
    filled: Floats
    indexed_before: Floats
    indexed_after: Floats
    static: Floats
    static_filled: Floats
    a_unit: Floats
    buying: Floats
    selling: Floats


class SleeveSums(NamedTuple):
    """What `attribute_books` adds up, shape (books,) each.

    Parameters
    ----------
    direction, compounding, financing, fee, spread, tracking, costs
        Dollars of each session times Carino's ``k(r) / equity before``, ``k(r) = ln(1 + r)/r`` of the book's return.
    weights, products
        The sleeve's share of equity at the close before, and that times the fund's return.
    """

    direction: Floats
    compounding: Floats
    financing: Floats
    fee: Floats
    spread: Floats
    tracking: Floats
    costs: Floats
    weights: Floats
    products: Floats


class Desk(NamedTuple):
    """Room for a session, shape (books,) each: the static position, what links a dollar, and the weight."""

    static: Floats
    share: Floats
    weight: Floats


def empty_sleeves(books: int) -> SleeveSums:
    """Return sums of nothing."""
    zeros = np.zeros((9, books))
    return SleeveSums(*[zeros[k] for k in range(9)])


def attribute_books(daily: Daily, held: Floats, equity: Floats, sums: SleeveSums) -> None:
    """Add every session of every book to its sums, by the rules of `engine.analytics.attribution.attribute`.

    Parameters
    ----------
    daily
        What a session does to a unit.
    held
        Units of the fund after each session's fills, shape (sessions, books), none negative.
    equity
        Dollars at each close, shape (sessions, books), all positive: a ruined book has to be attributed by itself.
    sums
        Changed in place.
    """
    books = held.shape[1]
    attribute_sessions(daily, held, equity, sums, Desk(np.zeros(books), np.empty(books), np.empty(books)))


def attribute_sessions(daily: Daily, held: Floats, equity: Floats, sums: SleeveSums, desk: Desk) -> None:
    """Do what `attribute_books` says; by itself, because only code that makes no array is spared counting its owners.

    In loops that write three arrays at most, so that each vectorises; what a fill changes comes on top.
    """
    sessions, books = held.shape
    for t in range(1, sessions):
        some, trades = False, False
        for c in range(books):
            some |= held[t - 1, c] + held[t, c] != 0.0
            trades |= held[t, c] != held[t - 1, c]
        if not some:
            continue
        link(equity, t, desk)
        static, carry = daily.static[t], daily.financing[t] + daily.fee[t] + daily.spread[t]
        for c in range(books):
            unit = held[t - 1, c] * desk.share[c]
            direction = desk.static[c] * desk.share[c] * static
            sums.direction[c] += direction
            sums.compounding[c] += unit * daily.indexed[t] - direction
            sums.tracking[c] += unit * (daily.made[t] - daily.indexed[t] - carry)
        for c in range(books):
            unit = held[t - 1, c] * desk.share[c]
            sums.financing[c] += unit * daily.financing[t]
            sums.fee[c] += unit * daily.fee[t]
            sums.spread[c] += unit * daily.spread[t]
        for c in range(books):
            weight = held[t - 1, c] * daily.worth[t] / equity[t - 1, c]
            sums.weights[c] += weight
            sums.products[c] += weight * daily.fund[t]
        if trades:
            for c in range(books):
                if held[t, c] != held[t - 1, c]:
                    attribute_fill(daily, t, held[t - 1, c], held[t, c], c, sums, desk)


def link(equity: Floats, t: int, desk: Desk) -> None:
    """Write what a dollar of session t counts for in the log of each book's growth.

    ``ln(1 + r)/r = 2/(2 + r) * (1 + z^2/3 + z^4/5 + ...)``, ``z = r/(2 + r)``: a sum that vectorises, to the last bit
    or two up to a fifth; returns beyond that are rare.
    """
    far = False
    for c in range(len(desk.share)):
        change = equity[t, c] / equity[t - 1, c] - 1.0
        far |= abs(change) > 0.2
        z = change / (2.0 + change)
        y = z * z
        series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y * (1 / 11 + y * (1 / 13 + y * (1 / 15))))))
        desk.share[c] = 2.0 / (2.0 + change) * (1.0 + y * series) / equity[t - 1, c]
    if far:
        for c in range(len(desk.share)):
            change = equity[t, c] / equity[t - 1, c] - 1.0
            if abs(change) > 0.2:
                desk.share[c] = math.log1p(change) / change / equity[t - 1, c]


def attribute_fill(
    daily: Daily, t: int, before: float, after: float, c: int, sums: SleeveSums, desk: Desk
) -> None:  # compiled
    """Add what a fill changes in a session: the units held from it on, the static position, and the costs."""
    had, share = desk.static[c], desk.share[c]
    bought = after - before
    desk.static[c] = had + bought * daily.a_unit[t] if bought > 0.0 else had * (after / before)
    indexed = before * daily.indexed_before[t] + after * daily.indexed_after[t]
    direction = (desk.static[c] - had) * daily.static_filled[t]
    sums.direction[c] += direction * share
    sums.compounding[c] += (indexed - direction) * share
    sums.tracking[c] += (bought * daily.filled[t] - indexed) * share
    sums.costs[c] += abs(bought) * (daily.buying[t] if bought > 0.0 else daily.selling[t]) * share
