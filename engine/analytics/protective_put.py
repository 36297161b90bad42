"""A control: a put on the whole core, always on, by Black, Scholes and Merton. Modelled: no verdict rests on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import DAY, Dates, Flags, Floats
from data.black_scholes import OptionTerms, option_price
from data.calendar import nyse_sessions
from data.errors import DataError
from data.market import Market
from data.options import VOLATILITY_SESSIONS, base_volatility, trailing_yield
from data.sources import SERIES, Source
from engine.analytics.short_underlying import underlying_of
from engine.config import RunConfig
from engine.kernel.loop import Ledger, ledger_on, mark
from engine.legs import CORE, HEDGE
from engine.rules import Order, Prices, open_session, plan_trade, settle
from engine.setup import Setup, rebalancing_days

MONEYNESS = 0.95
"""The strike, a fraction of the underlying's price when the put is bought."""
VOLATILITY_INDEX, ITS_INSTRUMENT = "VIX", "SPY"
"""A month's implied volatility in percent, and the instrument whose realised volatility it is held against."""
STALE = np.timedelta64(10, "D")
"""A quote older than this is none."""


class Puts(NamedTuple):
    """The put of each session, dollars on one as-traded share of the underlying, shape (sessions,).

    Parameters
    ----------
    bought
        Whether a put is bought in the session: at the first fill, and at each roll's close.
    spot, premium
        Where one is bought, the underlying's price and the put's.
    paid
        What the put that expires at this close pays; 0 where none does.
    value
        The worth at the close of the put then held, a new one where it was rolled.
    """

    bought: Flags
    spot: Floats
    premium: Floats
    paid: Floats
    value: Floats


def run_protective_put(config: RunConfig, setup: Setup, beta: Floats) -> tuple[Ledger, Prices]:
    """Hold the core under a one-month put that is rolled for ever, paid for by selling core.

    Parameters
    ----------
    config, setup
        The hedged run.
    beta
        The core's beta to the underlying at each close, shape (sessions,): a dollar of core takes puts on that many
        dollars of the underlying.

    Returns
    -------
    Ledger, Prices
        The control, and what it was executed on; the last column is the put, on one share of the underlying. A put
        that expires is settled in cash and isn't in `traded`; the ledger has no decisions, for there are none.

    Raises
    ------
    DataError
        The put can't be priced: what it needs is missing or not known from the first session on.

    Notes
    -----
    It is first bought with the core, at the first fill, then rolled at the close of each month's first session, when
    the old one expires. It bears the hedge's commission and slippage on its premium.
    """
    puts = puts_of(config, setup)
    prices = _prices(config, setup, puts)
    ledger, terms, since = ledger_on(prices), setup.terms, 0
    ledger.cash[0] = ledger.equity[0] = terms.cash
    for t in range(1, len(ledger.equity)):
        ledger.shares[t] = ledger.shares[t - 1]
        cash = open_session(prices, terms, t, ledger.cash[t - 1], ledger.shares[t])
        if puts.bought[t]:
            cash += ledger.shares[t, HEDGE] * puts.paid[t]
            ledger.shares[t, HEDGE] = 0.0
            due = t == 1 or bool(setup.plan.core_due[since:t].any())
            order = _order(setup.plan.unhedged_core, float(beta[t - 1 if t == 1 else t]), puts, t, restate=due)
            plan_trade(terms, order, prices.fill[t], cash, ledger.shares[t], ledger.traded[t])
            cash = settle(terms, prices.fill[t], cash, ledger.shares[t], ledger.traded[t])
            since = t
        ledger.cash[t] = cash
        ledger.equity[t] = mark(prices, ledger, t)
    return ledger, prices


def puts_of(config: RunConfig, setup: Setup) -> Puts:
    """Return the put of each session; raises DataError where one can't be priced."""
    market, own = setup.market, underlying_of(config, setup)
    sessions = market.run_sessions
    volatility, rate, paid_out = put_volatility(market), setup.cash_yield, dividend_yield(market)
    bought = rebalancing_days(sessions, "monthly")
    bought[:2] = False, True
    at = np.maximum.accumulate(np.where(bought, np.arange(len(bought)), 1))
    spot = own.close.copy()
    spot[1] = own.fill[1]
    shares = np.cumprod(np.concatenate(([1.0], own.split[1:])))  # of today for one of t=0: splits move strikes too
    days = (_expiries(sessions, bought)[at] - sessions).astype(np.float64)
    strike = (MONEYNESS * spot * shares)[at] / shares
    value = option_price("put", OptionTerms(own.close, strike, days, volatility, rate, paid_out))
    premium = value.copy()  # the first is ordered at the close before its fill, on what is known there
    premium[1] = option_price("put", OptionTerms(spot[1], strike[1], days[1], volatility[0], rate[0], paid_out[0]))
    paid = np.zeros(len(sessions))
    rolled = np.flatnonzero(bought)[1:]
    expired = (MONEYNESS * spot * shares)[at[rolled - 1]] / shares[rolled]
    paid[rolled] = np.maximum(expired - own.close[rolled], 0.0)
    return Puts(bought, spot, premium, paid, value)


def put_reads(source: Source) -> frozenset[str]:
    """Return what the put's price hangs on, besides what is traded, by kind and name."""
    volatility, other = f"series/{VOLATILITY_INDEX}", f"bars/{ITS_INSTRUMENT}"
    return frozenset((volatility, other) if VOLATILITY_INDEX in source.names(SERIES) else (volatility,))


def put_volatility(market: Market) -> Floats:
    """Return the volatility a put is priced at, as known at each of the run's closes: a fraction a year, modelled.

    VIX/100 times the realised volatility of the underlying over that of SPY, both over 63 sessions; raises DataError
    where that isn't known.
    """
    if not market.has_series(VOLATILITY_INDEX):
        raise DataError(f"there is no series {VOLATILITY_INDEX}, from which the put's volatility would come")
    if not market.has_bars(ITS_INSTRUMENT):
        raise DataError(f"there are no bars of {ITS_INSTRUMENT}, which {VOLATILITY_INDEX} is held against")
    _check_fresh(VOLATILITY_INDEX, market.source.read(SERIES, VOLATILITY_INDEX).dates, market.run_sessions)
    quoted = ~np.isnan(market.bars(ITS_INSTRUMENT).close)
    _check_fresh(ITS_INSTRUMENT, market.sessions[quoted], market.run_sessions)
    levels = market.total_return(), market.total_return(ITS_INSTRUMENT)
    volatility = base_volatility(market.series(VOLATILITY_INDEX), levels)[market.first :]
    unknown = np.flatnonzero(~(volatility > 0.0))
    if len(unknown):
        date = market.run_sessions[unknown[0]]
        raise DataError(
            f"the put's volatility isn't known on {date}: it needs {VOLATILITY_INDEX} and {VOLATILITY_SESSIONS}"
            f" sessions of {market.underlying} and {ITS_INSTRUMENT} before"
        )
    return volatility


def dividend_yield(market: Market) -> Floats:
    """Return the underlying's dividends of the last year as a continuous yield a year, at each run close."""
    bars = market.bars()
    return trailing_yield(market.sessions, bars.close, bars.dividend)[market.first :]


def _order(invested: float, beta: float, puts: Puts, t: int, *, restate: bool) -> Order:
    """Return the weights by which each dollar of core has puts on `beta` dollars of the underlying."""
    core = invested / (1.0 + beta * puts.premium[t] / puts.spot[t])
    return Order(core, np.array([invested - core]), restate)


def _prices(config: RunConfig, setup: Setup, puts: Puts) -> Prices:
    """Return prices with the put last; what is bought at a roll is bought at its close."""
    held, own = setup.prices, underlying_of(config, setup)
    fill = np.column_stack((held.close[:, CORE], puts.premium))
    fill[1, :-1] = held.fill[1, :-1]

    def with_put(columns: Floats, put: Floats) -> Floats:
        return np.column_stack((columns[:, CORE], put))

    none = np.zeros(len(puts.value))
    return Prices(
        with_put(held.open, puts.value),
        with_put(held.close, puts.value),
        fill,
        with_put(held.dividend, none),
        with_put(held.split, own.split),
        puts.value[:, np.newaxis],
    )


def _expiries(sessions: Dates, bought: Flags) -> Dates:
    """Return when a put bought in each session expires: at the next roll, or at next month's first NYSE session."""
    expiry = sessions.copy()
    rolls = np.flatnonzero(bought)
    expiry[rolls[:-1]] = sessions[rolls[1:]]
    following = (sessions[rolls[-1]].astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]")
    expiry[rolls[-1]] = nyse_sessions(following, following + 10 * DAY)[0]
    return expiry


def _check_fresh(name: str, dates: Dates, sessions: Dates) -> None:
    """Refuse quotes that are missing for longer than a holiday: the last one carries forward, but not for ever."""
    place = np.searchsorted(dates, sessions, side="right") - 1
    stale = np.flatnonzero((place < 0) | (sessions - dates[np.maximum(place, 0)] > STALE))
    if len(stale):
        raise DataError(f"{name} has no value in the {STALE.astype(int)} days to {sessions[stale[0]]}")
