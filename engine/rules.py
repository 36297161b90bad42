"""The rules by which money moves (design: how money moves), as functions on one session's rows.

Written in scalars, arrays and named tuples, so that the same functions run in Python and compiled. Columns are the
core holdings and then the hedges.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats

LEAST_TRADE = 1e-12
"""The share of equity below which a difference isn't traded."""

WHOLE_SHARE = 1e-9
"""How close to the next whole share counts as having it."""


class Prices(NamedTuple):
    """What a run is executed on, t=0 first.

    Parameters
    ----------
    open, close, fill
        Dollars a share as traded, shape (sessions, instruments); `fill` is what orders fill at.
    dividend, split
        Events effective before the open, shape (sessions, instruments).
    level
        The hedges' total-return closes, shape (sessions, hedges); NaN of an option.
    spot, spot_fill
        What a share stands for when its weight is counted, at the close and where orders fill, shape (sessions,
        instruments): its own price, or of an option that of the underlying.
    """

    open: Floats
    close: Floats
    fill: Floats
    dividend: Floats
    split: Floats
    level: Floats
    spot: Floats
    spot_fill: Floats


class Terms(NamedTuple):
    """On what terms a book trades.

    Parameters
    ----------
    cash
        Dollars at the start.
    core_weights
        The configured weights, shape (holdings,): the first columns; the rest are hedges.
    commission, slippage
        Fractions of the price, shape (instruments,).
    commission_per_share, slippage_per_share
        Dollars an as-traded share, added to them, shape (instruments,).
    cash_accrual, borrow_accrual
        What a dollar of positive or of negative cash earns or owes by each session, shape (sessions,).
    borrow
        What a dollar of shares sold short owes their lender by each session, shape (sessions,).
    reinvest
        Dividends buy shares at the open; else they are cash.
    whole
        Whole shares only.
    margin
        Cash may go negative; else buys are scaled to the cash there is.
    stock
        Whether it is a share of something, shape (instruments,): an option pays in cash whatever `reinvest`, and nobody
        lends it.
    levy
        What selling takes besides, of the amount sold, and buying again doesn't give back: a fraction, shape
        (instruments,); 0 but where the price of selling is asked for.
    """

    cash: float
    core_weights: Floats
    commission: Floats
    slippage: Floats
    commission_per_share: Floats
    slippage_per_share: Floats
    cash_accrual: Floats
    borrow_accrual: Floats
    borrow: Floats
    reinvest: bool
    whole: bool
    margin: bool
    stock: Flags
    levy: Floats


class Order(NamedTuple):
    """Target weights decided at a close, fractions of equity, below 0 for what is sold short.

    Parameters
    ----------
    core
        Of all holdings together.
    hedges
        Of each hedge, shape (hedges,); of an option that of the underlying it is written on.
    restate
        Put the core back to its configured weights.
    """

    core: float
    hedges: Floats
    restate: bool


def core_beside(whole: float, sizes: Floats, takes: Floats, a_core_share: Flags, t: int) -> float:
    """Return the core's weight beside hedges whose money comes out of it.

    What is sized by the core, as contracts a core share are, is paid for by what the others leave of it.

    Parameters
    ----------
    whole
        The core's weight without a hedge.
    sizes
        At the close of t, shape (hedges,).
    takes, a_core_share
        As of `engine.kernel.loop.Plan`.
    """
    paid, a_share = 0.0, 1.0
    for k in range(len(sizes)):
        if a_core_share[k]:
            a_share += sizes[k] * takes[t, k]
        else:
            paid += sizes[k] * takes[t, k]
    return (whole - paid) / a_share


def open_session(prices: Prices, terms: Terms, t: int, cash: float, shares: Floats) -> float:
    """Apply splits, dividends and interest before session t's open; change `shares` in place, return the cash.

    Interest is on the cash of the close before, before a dividend. Shares sold short pay their lender a fee on what
    they were worth at the close before, and their dividends in cash.
    """
    paid = cash * (terms.cash_accrual[t] if cash >= 0.0 else terms.borrow_accrual[t])
    for i in range(len(shares)):
        if shares[i] < 0.0 and terms.stock[i]:
            paid += shares[i] * prices.close[t - 1, i] * terms.borrow[t]
        shares[i] *= prices.split[t, i]
        if prices.dividend[t, i] != 0.0:
            if terms.reinvest and shares[i] > 0.0 and terms.stock[i]:
                shares[i] *= 1.0 + prices.dividend[t, i] / prices.open[t, i]
            else:
                paid += shares[i] * prices.dividend[t, i]
    return cash + paid


def plan_trade(
    terms: Terms, order: Order, price: Floats, spot: Floats, cash: float, shares: Floats, traded: Floats
) -> None:
    """Write what an order buys (+) and sells (-): buys scaled by one factor to the cash that the sales will leave.

    What buys back shares sold short is owed, so it isn't scaled, and comes before the other buys.

    Parameters
    ----------
    terms, order
        On what terms, towards which weights.
    price, spot
        Fill prices, and what a share counts for in a weight, shape (instruments,) each.
    cash, shares
        The book before, dollars and shape (instruments,); unchanged.
    traded
        Shares are written here, shape (instruments,).
    """
    least = wanted(terms, order, price, spot, cash, shares, traded)
    for i in range(len(shares)):
        if traded[i] < 0.0:
            cash += proceeds(terms, i, -traded[i], price[i])
    scale_buys(terms, price, spot, cash, least, shares, traded)


def settle(terms: Terms, price: Floats, cash: float, shares: Floats, traded: Floats) -> float:
    """Carry out what was planned, sells first; change `shares` in place and return the cash."""
    for i in range(len(shares)):
        if traded[i] < 0.0:
            cash += proceeds(terms, i, -traded[i], price[i])
    for i in range(len(shares)):
        if traded[i] > 0.0:
            cash -= cost(terms, i, traded[i], price[i])
        shares[i] += traded[i]
    return cash


def wanted(terms: Terms, order: Order, price: Floats, spot: Floats, cash: float, shares: Floats, out: Floats) -> float:
    """Write the difference in shares between the order's targets and what is held, and return the least worth trading.

    A difference is 0 where it isn't worth that many dollars. The core's part is spread over its holdings pro rata to
    what they are worth now, long or short, or by the configured weights when the order restates them or nothing is
    held.
    """
    holdings = len(terms.core_weights)
    core_worth = 0.0
    for i in range(holdings):
        core_worth += shares[i] * price[i]
    equity = cash + core_worth
    for i in range(holdings, len(shares)):
        equity += shares[i] * price[i]
    equity = max(equity, 0.0)
    least = LEAST_TRADE * equity
    for i in range(len(shares)):
        if i < holdings:
            configured = order.restate or abs(core_worth) <= least
            weight = order.core * (terms.core_weights[i] if configured else shares[i] * price[i] / core_worth)
        else:
            weight = order.hedges[i - holdings]
        target = weight * equity / spot[i]
        if terms.whole and i >= holdings and target < 0.0:
            target = -math.floor(WHOLE_SHARE - target)  # what is sold short is no more than was ordered
        elif terms.whole:
            target = math.floor(target + WHOLE_SHARE)
        difference = target - shares[i]
        out[i] = difference if abs(difference) * spot[i] >= least else 0.0
    return least


def scale_buys(
    terms: Terms, price: Floats, spot: Floats, cash: float, least: float, shares: Floats, traded: Floats
) -> None:
    """Scale the buys by one factor, so that the cash there is pays for them; on margin, or from short, leave them.

    An option is bought in full, before shares: its weight was ordered by what it covers, at the premium of the close
    before, and a premium that jumped overnight would leave it a part of its cover just then. What is then worth less
    than `least` isn't bought: the cash that rounding left would buy a little of everything.
    """
    needed = 0.0
    for i in range(len(traded)):
        if traded[i] > 0.0 and (shares[i] < 0.0 or not terms.stock[i]):
            cash -= cost(terms, i, traded[i], price[i])
        elif traded[i] > 0.0:
            needed += cost(terms, i, traded[i], price[i])
    scale = 1.0
    if not terms.margin and needed > max(cash, 0.0):
        scale = max(0.0, cash / needed)
    for i in range(len(traded)):
        if traded[i] > 0.0 and shares[i] >= 0.0 and terms.stock[i]:
            traded[i] *= scale
            if terms.whole:
                traded[i] = math.floor(traded[i] + WHOLE_SHARE)
            if traded[i] * spot[i] < least:
                traded[i] = 0.0


def proceeds(terms: Terms, i: int, shares: float, price: float) -> float:
    """Return the dollars that selling shares of instrument i brings, after slippage and commission."""
    got = price * (1.0 - terms.slippage[i]) - terms.slippage_per_share[i]
    return shares * (got * (1.0 - terms.commission[i]) - terms.commission_per_share[i] - price * terms.levy[i])


def cost(terms: Terms, i: int, shares: float, price: float) -> float:
    """Return the dollars that buying shares of instrument i takes, with slippage and commission."""
    paid = price * (1.0 + terms.slippage[i]) + terms.slippage_per_share[i]
    return shares * (paid * (1.0 + terms.commission[i]) + terms.commission_per_share[i])


def costs_of(terms: Terms, price: Floats, traded: Floats) -> tuple[Floats, Floats]:
    """Return commission and slippage of every fill in dollars, each shape (sessions, instruments).

    Parameters
    ----------
    price
        The prices filled at, before slippage, shape (sessions, instruments).
    traded
        Shares bought (+) or sold (-), shape (sessions, instruments).
    """
    shares, side = np.abs(traded), np.sign(traded)
    slipped = price * terms.slippage + terms.slippage_per_share
    commission = shares * ((price + side * slipped) * terms.commission + terms.commission_per_share)
    return commission, shares * slipped
