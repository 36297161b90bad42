"""A control: the underlying sold short in the fund's place, without the daily reset and without the fund's fee."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from data.rates import days_between
from engine.config import RunConfig
from engine.judgement.underlying import costs_from, underlying_of
from engine.kernel.loop import Ledger, empty_ledger, ended, mark
from engine.rules import Order, Prices, Terms, open_session, scale_buys, settle, wanted
from engine.setup import Setup

BORROW_FEE = 0.005
"""A fraction a year, actual/360: what lenders of a large sector fund ask."""


def run_short_underlying(
    config: RunConfig, setup: Setup, hedged: Ledger, borrow_fee: float = BORROW_FEE
) -> tuple[Ledger, Prices, Terms]:
    """Run the hedged run's orders with ``leverage * h`` of equity in the underlying in the fund's place.

    Parameters
    ----------
    config, setup, hedged
        The hedged run. Its core is ordered as it was; a fund of positive leverage is replaced by a purchase on margin.
    borrow_fee
        A fraction a year of what was short at the close before, actual/360, paid in cash.

    Returns
    -------
    Ledger, Prices, Terms
        The control, its last column the underlying, and what it was executed on.

    Raises
    ------
    DataError
        The underlying has no bar on one of the run's sessions.

    Notes
    -----
    A short pays its dividends and its borrow fee in cash, whatever the core does with dividends, and the cash that its
    sale brought earns the cash rate like any other. What covers a short is bought first and whole: it is owed, and no
    shortage of cash may leave a part of it.
    """
    leverage = setup.market.roles.leverage
    prices = _prices(config, setup, borrow_fee, short=leverage < 0.0)
    terms = _terms(setup, margin=setup.terms.margin or leverage > 0.0)
    orders = hedged._replace(hedge=leverage * hedged.hedge)
    return _replay(prices, terms, orders), prices, terms


def _prices(config: RunConfig, setup: Setup, borrow_fee: float, *, short: bool) -> Prices:
    """Return prices with the underlying last: reinvested dividends are written as splits, those of a short are paid."""
    held, own = setup.prices, underlying_of(config, setup)
    dividend, split = np.column_stack((held.dividend[:, :-1], own.dividend)), held.split.copy()
    split[:, -1] = own.split
    opens = np.column_stack((held.open[:, :-1], own.open))
    if setup.terms.reinvest:
        grows = slice(None, -1) if short else slice(None)
        split[:, grows] *= 1.0 + dividend[:, grows] / opens[:, grows]
        dividend[:, grows] = 0.0
    if short:
        owed = own.close[:-1] / own.split[1:]
        dividend[1:, -1] += owed * borrow_fee * days_between(setup.market.run_sessions)[1:] / 360.0
    close, fill = np.column_stack((held.close[:, :-1], own.close)), np.column_stack((held.fill[:, :-1], own.fill))
    return Prices(opens, close, fill, dividend, split, own.close)


def _terms(setup: Setup, *, margin: bool) -> Terms:
    """Return the run's terms with the underlying's costs last; `_prices` has reinvested dividends already."""
    terms, source = setup.terms, costs_from(setup)

    def with_last(each: Floats) -> Floats:
        return np.append(each[:-1], each[source])

    return terms._replace(
        commission=with_last(terms.commission),
        slippage=with_last(terms.slippage),
        commission_per_share=with_last(terms.commission_per_share),
        slippage_per_share=with_last(terms.slippage_per_share),
        reinvest=False,
        margin=margin,
    )


def _replay(prices: Prices, terms: Terms, orders: Ledger) -> Ledger:
    """Run orders as `engine.kernel.loop.replay` does, with a last column that may be short."""
    ledger = empty_ledger(*prices.close.shape)._replace(
        ordered=orders.ordered, core=orders.core, hedge=orders.hedge, restate=orders.restate
    )
    ledger.cash[0] = ledger.equity[0] = terms.cash
    for t in range(1, len(ledger.equity)):
        shares = ledger.shares[t]
        shares[:] = ledger.shares[t - 1]
        cash = open_session(prices, terms, t, ledger.cash[t - 1], shares)
        if orders.ordered[t - 1]:
            order = Order(orders.core[t - 1], orders.hedge[t - 1], orders.restate[t - 1])
            cash = _trade(terms, order, prices.fill[t], cash, shares, ledger.traded[t])
        ledger.cash[t] = cash
        ledger.equity[t] = mark(prices, ledger, t)
        if ledger.equity[t] <= 0.0:
            return ended(ledger, t)
    return ledger


def _trade(terms: Terms, order: Order, price: Floats, cash: float, shares: Floats, traded: Floats) -> float:
    """Fill an order: sales and whatever the last column trades, whole; then the core's buys, scaled to what is left."""
    wanted(terms, order, price, cash, shares, traded)
    buys = np.where(traded > 0.0, traded, 0.0)
    buys[-1] = 0.0
    traded -= buys
    cash = settle(terms, price, cash, shares, traded)
    scale_buys(terms, price, cash, buys)
    cash = settle(terms, price, cash, shares, buys)
    traded += buys
    return cash
