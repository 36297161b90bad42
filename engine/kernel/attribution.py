"""The sleeve's attribution of many books of one market at once, session by session, as sums.

It needs nothing of a book but its equity and the units of the hedge it holds from each fill on. Plain functions;
`compiled` twins them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from engine.kernel.fills import Fills


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


def empty_sleeves(books: int) -> SleeveSums:
    """Return sums of nothing."""
    zeros = np.zeros((9, books))
    return SleeveSums(*[zeros[k] for k in range(9)])


def attribute_books(daily: Daily, fills: Fills, equity: Floats, sums: SleeveSums) -> None:
    """Write the sums of every book, by the rules of `engine.analytics.attribution.attribute`.

    Parameters
    ----------
    daily
        What a session does to a unit.
    fills
        What they hold from each fill on; of the hedge, the last instrument, never less than none.
    equity
        Dollars at each close, shape (books, sessions), all positive: a ruined book has to be attributed by itself.
    sums
        Written.
    """
    for c in range(len(equity)):
        attribute_book(daily, fills, equity, c, sums)


def attribute_book(daily: Daily, fills: Fills, equity: Floats, c: int, sums: SleeveSums) -> None:
    """Write one book's sums: only sessions with a hedge count, and what a fill changes comes on top."""
    direction, compounding, financing, fee, spread, tracking, costs = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    weights, products, static, before, last = 0.0, 0.0, 0.0, 0.0, fills.held.shape[2] - 1
    for k in range(fills.made[c]):
        first, after = fills.session[c, k], fills.held[c, k, last]
        until = fills.session[c, k + 1] if k + 1 < fills.made[c] else equity.shape[1]
        if before == 0.0 and after == 0.0:
            continue
        for t in range(first, until if after != 0.0 else first + 1):
            share, weight = link(equity[c, t - 1], equity[c, t]), before * daily.worth[t] / equity[c, t - 1]
            unit, still = before * share, static * share * daily.static[t]
            carry = daily.financing[t] + daily.fee[t] + daily.spread[t]
            direction += still
            compounding += unit * daily.indexed[t] - still
            tracking += unit * (daily.made[t] - daily.indexed[t] - carry)
            financing += unit * daily.financing[t]
            fee += unit * daily.fee[t]
            spread += unit * daily.spread[t]
            weights += weight
            products += weight * daily.fund[t]
            if t == first and after != before:
                bought, had = after - before, static
                static = had + bought * daily.a_unit[t] if bought > 0.0 else had * (after / before)
                indexed = before * daily.indexed_before[t] + after * daily.indexed_after[t]
                still = (static - had) * daily.static_filled[t]
                direction += still * share
                compounding += (indexed - still) * share
                tracking += (bought * daily.filled[t] - indexed) * share
                costs += abs(bought) * (daily.buying[t] if bought > 0.0 else daily.selling[t]) * share
                before = after
    sums.direction[c], sums.compounding[c], sums.tracking[c] = direction, compounding, tracking
    sums.financing[c], sums.fee[c], sums.spread[c] = financing, fee, spread
    sums.costs[c], sums.weights[c], sums.products[c] = costs, weights, products


def link(before: float, after: float) -> float:
    """Return what a dollar of a session counts for in the log of a book's growth: ``ln(after/before)`` a dollar made.

    ``2/(before + after) * (1 + z^2/3 + z^4/5 + ...)``, ``z`` what was made over ``before + after``: to the last bit or
    two up to a ninth; more is rare.
    """
    made, middle = after - before, 1.0 / (before + after)
    z = made * middle
    if abs(z) > 1 / 9:
        return math.log(after / before) / made
    y = z * z
    series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y * (1 / 11 + y * (1 / 13 + y * (1 / 15))))))
    return 2.0 * middle * (1.0 + y * series)
