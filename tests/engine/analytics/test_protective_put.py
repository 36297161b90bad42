"""The protective put: its volatility by construction, its book by hand from prices alone."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_bars, make_series, nyse, source_of
from worlds import configured

from data.black_scholes import OptionTerms, option_price
from data.errors import DataError
from data.market import load_market
from engine.analytics.protective_put import run_protective_put
from engine.hedges import roles_of
from engine.options import option_volatility
from engine.setup import prepare

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


def test_it_hangs_on_vix_times_the_ratio_of_realised_volatilities():
    _, setup = world(spread=2.0, vix=25.0)

    assert option_volatility(setup.market)[setup.market.first :] == pytest.approx(0.5)


def test_sessions_in_which_nothing_moves_keep_the_ratio():
    _, setup = world(spread=2.0, vix=25.0)
    market, still = setup.market, slice(setup.market.first - 6, None)
    levels = {name: market.total_return(name).copy() for name in (None, "SPY")}
    for level in levels.values():
        level[still] = level[still.start - 1]
    stood = SimpleNamespace(
        underlying=market.underlying, source=market.source, sessions=market.sessions, run_sessions=market.run_sessions,
        has_series=market.has_series, has_bars=market.has_bars, bars=market.bars, series=market.series,
        total_return=lambda name=None: levels[name],
    )  # fmt: skip

    assert option_volatility(stood)[market.first :] == pytest.approx(0.5)


def test_the_book_by_hand():
    """Settled and bought again at third Fridays' closes, restored at the closes after a month's first session."""
    config, setup = world(execution__fill="next_close")
    ledger, _ = run_protective_put(config, setup)
    close, sessions = setup.market.close(), setup.market.sessions
    rolls = days("2019-05-17", "2019-06-21", "2019-07-19", "2019-08-16", "2019-09-20")

    def premium(t, at):
        """The put bought at roll number `at`, at the close of the market's session t."""
        strike = 0.95 * close[np.searchsorted(sessions, rolls[at])]
        left = (rolls[at + 1] - sessions[t]).astype(int) / 365
        volatility = 0.5 + 0.04 * (1 - strike / close[t]) / 0.1
        return price(close[t], strike, left, volatility, 0.0, 0.0) if left else max(strike - close[t], 0.0)

    cash, core, puts, at, equity = 100_000.0, 0.0, 0.0, 0, [100_000.0]
    first, months = setup.market.first, sessions.astype("datetime64[M]")
    for t in range(first + 1, len(sessions)):
        nights = (sessions[t] - sessions[t - 1]).astype(int)
        cash += min(cash, 0.0) * 0.015 * nights / 360  # a roll is paid for on margin until the next order
        if sessions[t - 1] == rolls[at + 1]:
            cash += puts * (premium(t - 1, at) - 1.03 * premium(t - 1, at + 1))
            at += 1
        if t - 1 == first or months[t - 1] != months[t - 2]:
            cost = premium(t - 1, at) / close[t - 1]
            held = (cash + core * close[t] + puts * premium(t, at)) / (1 + cost) / close[t]
            for old, spot, paid in ((core, close[t], 1.0), (puts, premium(t, at), 1.03)):
                cash += max(old - held, 0.0) * spot * (2 - paid)
            need = max(held - core, 0.0) * close[t] + max(held - puts, 0.0) * premium(t, at) * 1.03
            scale = min(1.0, max(cash, 0.0) / need) if need else 1.0
            core, puts = (old + scale * (held - old) if held > old else held for old in (core, puts))
            cash -= scale * need
        equity.append(cash + core * close[t] + puts * premium(t, at))
    assert ledger.equity == pytest.approx(equity, rel=1e-10)
    assert at == 3


def test_it_is_bought_with_the_core_at_the_open():
    config, setup = world()
    ledger, own = run_protective_put(config, setup)

    assert ledger.shares[1, 0] == pytest.approx(ledger.shares[1, -1])  # a contract a share
    assert own.prices.fill[1, -1] > 0.0
    assert 0.0 <= ledger.cash[1] < 1_000.0  # the put was a little dearer at the close that sized it


def test_after_a_crash_the_core_is_worth_its_strike():
    dates = nyse("2019-02-22", WARM + 60)
    closes = 100.0 * np.cumprod(np.exp(np.random.default_rng(6).normal(0.0, 0.02, len(dates))))
    roll, settled = np.searchsorted(dates, days("2019-06-21", "2019-07-19"))
    closes[roll + 12 :] *= 0.5
    config, setup = world(closes)
    ledger, _ = run_protective_put(config, setup)
    at = settled - WARM

    assert closes[settled] < 0.6 * closes[roll]
    assert ledger.shares[at, 0] == pytest.approx(ledger.shares[at, -1])
    assert ledger.equity[at] == pytest.approx(ledger.shares[at, 0] * 0.95 * closes[roll] + ledger.cash[at])


def test_splits_change_nothing():
    splits = np.ones(WARM + 60)
    splits[[WARM + 5, WARM + 18, WARM + 25]] = 0.1, 4.0, 3.0
    plain, split = (run_protective_put(*world(splits=each))[0] for each in (None, splits))

    assert split.equity == pytest.approx(plain.equity, rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["sell_core", "cash_buffer", "margin"]),
    st.sampled_from(["never", "weekly", "monthly"]),
    st.sampled_from(["next_open", "next_close"]),
)
def test_the_whole_core_is_covered_after_every_order(funding, rebalance, fill):
    config, setup = world(hedge__funding=funding, portfolio__rebalance=rebalance, execution__fill=fill)
    ledger, _ = run_protective_put(config, setup)
    filled = np.flatnonzero(ledger.ordered[:-1]) + 1

    assert ledger.shares[filled, -1] == pytest.approx(ledger.shares[filled, 0], rel=0.03)  # buys are scaled by costs
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
    ledger, own = run_protective_put(config, setup)

    notional = ledger.shares[1, 1] * own.prices.spot_fill[1, -1]
    assert notional / (ledger.shares[1, 0] * own.prices.fill[1, 0]) == pytest.approx(
        1.5, rel=0.01
    )  # the core is scaled to the cash, its puts aren't


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
        ("SPY", slice(WARM - 20, None), "can't be priced on 2019-06-04: it needs VIX and 63 sessions of AAA and SPY"),
    ],
)
def test_where_the_data_lack_something_it_is_refused_with_a_sentence(name, rows, words):
    config, setup = without(name, rows)

    with pytest.raises(DataError, match=words):
        run_protective_put(config, setup)
