"""Books of core and cash run by another loop, written from the design's rules alone: numpy, one session at a time."""

import numpy as np

from data.rates import days_between

BORROW = 0.005


def run_by_hand(setup, at_open, at_close):
    """Return equity at each close of a book that trades to a weight of core, shape (sessions,); NaN after its ruin.

    `at_open` and `at_close` map sessions to ``(weight, whether configured weights are restored)``.
    """
    prices, terms = setup.prices, setup.terms
    n = days_between(setup.market.run_sessions)
    cash, held = terms.cash, np.zeros(prices.close.shape[1] - 1)
    equity = np.full(len(prices.close), np.nan)
    equity[0] = cash
    for t in range(1, len(prices.close)):
        income = cash * (terms.cash_accrual[t] if cash >= 0 else terms.borrow_accrual[t])
        income -= (np.maximum(-held, 0) * prices.close[t - 1, :-1]).sum() * BORROW * n[t] / 360
        held = held * prices.split[t, :-1]
        paid = prices.dividend[t, :-1]
        bought = (held > 0) & terms.reinvest
        income += (held * paid)[~bought].sum()
        held = np.where(bought, held * (1 + paid / prices.open[t, :-1]), held)
        cash += income
        for orders, price in ((at_open, prices.open[t, :-1]), (at_close, prices.close[t, :-1])):
            if t in orders:
                cash, held = trade(terms, *orders[t], price, cash, held)
        equity[t] = cash + held @ prices.close[t, :-1]
        if equity[t] <= 0:
            break
    return equity


def trade(terms, weight, restored, price, cash, held):
    """Trade to a weight of core; buys share what cash there is, but those that cover what was sold short."""
    commission, slip = terms.commission[:-1], terms.slippage[:-1]
    each, slip_each = terms.commission_per_share[:-1], terms.slippage_per_share[:-1]
    worth = held @ price
    equity = max(cash + worth, 0.0)
    spread = terms.core_weights if restored or abs(worth) <= 1e-12 * equity else held * price / worth
    target = weight * spread * equity / price
    if terms.whole:
        target = np.floor(target + 1e-9)
    deal = target - held
    deal[np.abs(deal) * price < 1e-12 * equity] = 0.0
    got = (price * (1 - slip) - slip_each) * (1 - commission) - each
    costs = (price * (1 + slip) + slip_each) * (1 + commission) + each
    cash -= (np.minimum(deal, 0) * got).sum()
    covers = (deal > 0) & (held < 0)
    cash -= (deal * costs)[covers].sum()
    buys = (deal > 0) & ~covers
    if buys.any():
        needed = (deal * costs)[buys].sum()
        share = 1.0 if terms.margin or needed <= cash else max(cash, 0.0) / needed
        bought = deal[buys] * share
        deal[buys] = np.floor(bought + 1e-9) if terms.whole else bought
        cash -= (deal * costs)[buys].sum()
    return cash, held + deal


def entry_by_hand(setup, hedged, beta):
    """Return equity of the book sold at entry."""
    b, at = setup.market.roles.leverage, {}
    for t in np.flatnonzero(hedged.ordered[:-1]):
        weight = (hedged.core[t] * beta[t] + b * hedged.hedges[t, -1]) / beta[t]
        at[int(t) + 1] = weight, bool(hedged.restate[t])
    opens = np.array_equal(setup.prices.fill, setup.prices.open)
    return run_by_hand(setup, at if opens else {}, {} if opens else at)


def daily_by_hand(setup, hedged, beta):
    """Return equity of the book sold daily."""
    prices, b = setup.prices, setup.market.roles.leverage
    opens = np.array_equal(prices.fill, prices.open)
    at_open, at_close = {}, {}
    for t in range(1, len(prices.close)):
        if hedged.shares[t, -1] != 0 and t < hedged.last:
            worth = hedged.shares[t] * prices.close[t] / hedged.equity[t]
            at_close[t] = (worth[:-1].sum() * beta[t] + b * worth[-1]) / beta[t], False
        if hedged.ordered[t - 1]:
            night = night_of(setup, t)
            then = b * (1 + night) / (1 + b * night) if opens and 1 + b * night > 0.01 else b
            order = (hedged.core[t - 1] * beta[t - 1] + then * hedged.hedges[t - 1, -1]) / beta[t - 1]
            (at_open if opens else at_close)[t] = order, bool(hedged.restate[t - 1])
    return run_by_hand(setup, at_open, at_close)


def night_of(setup, t):
    """Return the underlying's total return from the last close to this open; 0 where it has no bar."""
    market, row = setup.market, setup.market.first + t
    bars = market.bars()
    night = (bars.open[row] + bars.dividend[row]) * bars.split[row] / market.close()[row - 1] - 1.0
    return 0.0 if np.isnan(night) else float(night)
