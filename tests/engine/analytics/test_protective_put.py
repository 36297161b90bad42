"""The protective put: its volatility by construction, its book by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_bars, make_series, nyse, source_of
from worlds import configured

from data.black_scholes import OptionTerms, option_price
from data.errors import DataError
from data.market import load_market
from engine.analytics.protective_put import (
    dividend_yield,
    put_volatility,
    puts_of,
    run_protective_put,
)
from engine.setup import prepare, roles_of, run_beta

WARM = 70


def price(spot, strike, years, volatility, rate, dividends):
    """Price a put with continuous rates, as textbooks do."""
    n = 365.0 * years
    simple = (np.exp(rate * years) - 1.0) * 360.0 / n
    return float(option_price("put", OptionTerms(*map(np.array, (spot, strike, n, volatility, simple, dividends)))))


def world(closes=None, *, splits=None, dividend=None, vix=25.0, spread=2.0, **keys):
    """Lay out a run of AAA from 2019-06-04 on; its volatility is `spread` times SPY's by construction."""
    dates = nyse("2019-02-22", WARM + 60)
    rng = np.random.default_rng(6)
    move = rng.normal(0.0, 0.01, len(dates))
    own = 100.0 * np.cumprod(np.exp(move * spread)) if closes is None else closes
    basis = np.cumprod(np.ones(len(dates)) if splits is None else splits)
    paid = np.zeros(len(dates)) if dividend is None else dividend
    fed = source_of(
        make_bars("AAA", dates, own / basis, open=own * 1.01 / basis, dividend=paid / basis, split=splits),
        make_bars("HHH", dates, np.full(len(dates), 10.0)),
        make_bars("SPY", dates, 300.0 * np.cumprod(np.exp(move))),
        make_series("VIX", dates, np.full(len(dates), vix)),
        make_series("SIGNAL", dates, np.zeros(len(dates))),
    )
    return laid(fed, dates, **keys)


def laid(fed, dates, **keys):
    free = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.cash_rate": 0.0}
    config = configured({**free, "start": str(dates[WARM]), **{key.replace("__", "."): v for key, v in keys.items()}})
    market = load_market(fed, roles_of(config), np.datetime64(config.start))
    return config, prepare(config, market, np.zeros(len(market)))


def put_run(config, setup):
    return run_protective_put(config, setup, run_beta(config, setup.market))


def test_its_volatility_is_vix_times_the_ratio_of_realised_volatilities():
    _, setup = world(spread=2.0, vix=25.0)

    assert put_volatility(setup.market) == pytest.approx(0.5)


def test_it_is_rolled_on_the_first_session_of_each_month():
    config, setup = world()
    puts, sessions = puts_of(config, setup), setup.market.run_sessions

    assert str(sessions[0]) == "2019-06-04"
    assert sessions[puts.bought].tolist() == days("2019-06-05", "2019-07-01", "2019-08-01").tolist()
    assert not puts.paid[~puts.bought].any()


def test_the_book_by_hand():
    """Costs of 10 bp: at each roll the old put pays, and the book is shared out anew between core and new puts."""
    config, setup = world(execution__commission_bps=10.0, execution__fill="next_close")
    ledger, _ = put_run(config, setup)
    close, sessions = setup.prices.close[:, 0], setup.market.run_sessions
    rolls = [1, *(int(np.searchsorted(sessions, day)) for day in days("2019-07-01", "2019-08-01"))]
    expiry = days("2019-07-01", "2019-08-01", "2019-09-03")  # the 2nd is Labor Day

    cash, core, puts, strike, equity = 100_000.0, 0.0, 0.0, 0.0, [100_000.0]
    for t in range(1, len(close)):
        roll = max(r for r in rolls if r <= t)
        until = expiry[rolls.index(roll)]
        if t in rolls:
            cash += puts * max(strike - close[t], 0)
            total, strike = cash + core * close[t], 0.95 * close[t]
            premium = price(close[t], strike, (until - sessions[t]).astype(int) / 365, 0.5, 0.0, 0.0)
            units = total / (close[t] + premium)
            need, bought = units * premium * 1.001, 0.0
            if core == 0.0:
                scale = cash / (total * 1.001)
                core, puts, cash = units * scale, units * scale, 0.0
            else:
                sold = core - units
                cash += sold * close[t] * 0.999 if sold > 0 else 0.0
                bought = max(-sold, 0.0)
                scale = min(1.0, cash / (need + bought * close[t] * 1.001))
                cash -= scale * (need + bought * close[t] * 1.001)
                core, puts = (core - sold if sold > 0 else core + scale * bought), units * scale
        left = (until - sessions[t]).astype(int) / 365
        equity.append(cash + core * close[t] + puts * price(close[t], strike, left, 0.5, 0.0, 0.0))
    assert ledger.equity == pytest.approx(equity, rel=1e-10)


def test_the_first_put_is_bought_with_the_core_at_the_open_on_what_was_known_before():
    config, setup = world()
    ledger, prices = put_run(config, setup)
    spot = setup.prices.open[1, 0]
    premium = price(spot, 0.95 * spot, 26 / 365, 0.5, 0.0, 0.0)

    assert prices.fill[1] == pytest.approx([spot, premium])
    assert ledger.shares[1] == pytest.approx(100_000 / (spot + premium))


def test_a_crash_costs_what_is_out_of_the_money_and_the_premium():
    """From one roll to the next the book can lose no more than 5 % of the core and what the put cost."""
    dates = nyse("2019-02-22", WARM + 60)
    rng = np.random.default_rng(6)
    closes = 100.0 * np.cumprod(np.exp(rng.normal(0.0, 0.02, len(dates))))
    first, second = np.searchsorted(dates, days("2019-07-01", "2019-08-01"))
    closes[first + 8 :] *= 0.5
    config, setup = world(closes)
    ledger, prices = put_run(config, setup)
    a, b = first - WARM, second - WARM

    floor = 0.95 * prices.close[a, 0] / (prices.close[a, 0] + prices.fill[a, -1])
    assert closes[second] < 0.6 * closes[first]
    assert ledger.equity[b] / ledger.equity[a] == pytest.approx(floor)


def test_splits_change_nothing():
    splits = np.ones(WARM + 60)
    splits[[WARM + 5, WARM + 18, WARM + 25]] = 0.1, 4.0, 3.0
    plain, split = (put_run(*world(splits=each))[0] for each in (None, splits))

    assert split.equity == pytest.approx(plain.equity, rel=1e-12)


def test_dividends_of_a_year_are_its_yield():
    paid = np.zeros(WARM + 60)
    paid[[10, WARM + 20]] = 1.0
    _, setup = world(dividend=paid)
    close, shown = setup.market.close(), dividend_yield(setup.market)

    assert shown[0] == pytest.approx(np.log1p(1 / close[10]))
    assert shown[-1] == pytest.approx(np.log1p(1 / close[10]) + np.log1p(1 / close[WARM + 20]))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["sell_core", "cash_buffer", "margin"]),
    st.sampled_from(["never", "weekly", "monthly"]),
    st.sampled_from(["fractional", "whole"]),
    st.sampled_from(["next_open", "next_close"]),
    st.sampled_from([0.0, 30.0]),
)
def test_the_whole_core_is_covered_after_every_roll(funding, rebalance, shares, fill, costs):
    config, setup = world(
        hedge__funding=funding,
        portfolio__rebalance=rebalance,
        execution__shares=shares,
        execution__fill=fill,
        execution__commission_bps=costs,
    )
    ledger, prices = put_run(config, setup)
    bought = puts_of(config, setup).bought
    core = 0.8 if funding == "cash_buffer" else 1.0

    slack = 2.0 if shares == "whole" else 3.0 * ledger.shares[:, 0] * costs * 1e-4
    assert (np.abs(ledger.shares[:, 1] - ledger.shares[:, 0]) <= slack + 1e-9)[bought].all()
    worth = (ledger.shares[bought] * prices.fill[bought]).sum(axis=1)
    assert worth / (worth + ledger.cash[bought]) == pytest.approx(core, abs=0.005)
    assert (ledger.equity > 0).all()


def test_a_core_of_another_beta_has_puts_on_that_many_dollars():
    """BBB moves 1.5 times as AAA does: each dollar of it has puts on 1.5 dollars of AAA."""
    dates = nyse("2019-02-22", WARM + 30)
    move = np.random.default_rng(1).normal(0.0, 0.01, len(dates))
    fed = source_of(
        make_bars("AAA", dates, 50.0 * np.cumprod(1.0 + 2.0 * move)),
        make_bars("BBB", dates, 20.0 * np.cumprod(1.0 + 3.0 * move)),
        make_bars("HHH", dates, np.full(len(dates), 10.0)),
        make_bars("SPY", dates, 300.0 * np.cumprod(1.0 + move)),
        make_series("VIX", dates, np.full(len(dates), 20.0)),
    )
    config, setup = laid(fed, dates, portfolio__core={"BBB": 1.0})
    ledger, prices = put_run(config, setup)

    notional = ledger.shares[1, 1] * setup.market.close("AAA")[WARM + 1]
    assert notional / (ledger.shares[1, 0] * prices.fill[1, 0]) == pytest.approx(1.5)


def without(name, rows=None):
    dates = nyse("2019-02-22", WARM + 60)
    move = np.random.default_rng(6).normal(0.0, 0.01, len(dates))
    held = {
        "AAA": make_bars("AAA", dates, 100.0 * np.cumprod(np.exp(move))),
        "HHH": make_bars("HHH", dates, np.full(len(dates), 10.0)),
        "SPY": make_bars("SPY", dates, 300.0 * np.cumprod(np.exp(move))),
        "VIX": make_series("VIX", dates, np.full(len(dates), 20.0)),
    }
    gone = held.pop(name)
    if rows is not None:
        kept = make_series("VIX", gone.dates[rows], gone.values[rows]) if name == "VIX" else gone.rows(rows)
        held[name] = kept
    return laid(source_of(*held.values()), dates)


@pytest.mark.parametrize(
    ("name", "rows", "words"),
    [
        ("VIX", None, "no series VIX"),
        ("SPY", None, "no bars of SPY"),
        ("VIX", slice(0, WARM + 10), "VIX has no value in the 10 days to 2019-06-28"),
        ("SPY", slice(0, WARM + 10), "SPY has no value in the 10 days to 2019-06-28"),
        ("VIX", slice(WARM + 3, None), "VIX has no value in the 10 days to 2019-06-04"),
        ("SPY", slice(WARM - 20, None), "isn't known on 2019-06-04: it needs VIX and 63 sessions of AAA and SPY"),
    ],
)
def test_where_the_data_lack_something_it_is_refused_with_a_sentence(name, rows, words):
    config, setup = without(name, rows)

    with pytest.raises(DataError, match=words):
        put_run(config, setup)
