"""ValuationHedge: dear and then turning down, on paths made by hand and against pandas."""

import numpy as np
import pandas as pd
import pytest
from companyfacts import filings, quarterly
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, make_series, nyse, random_bars, source_of

from data.market import load_market
from data.roles import Roles
from data.sources.valued import ValuedSource
from strategies.inputs import Reads
from strategies.valuation import ValuationHedge

DATES = nyse("2018-01-02", 120)
SHORT = {"lookback": 20, "stretched": 0.8, "memory": 5, "turn_days": 3}


@pytest.fixture(autouse=True)
def _as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


def market_of(bars, *series, lags=None):
    return make_market(bars, make_bars("FUND", DATES, np.ones(120)), *series, row=1, lags=lags)


def peak(top):
    """A price that rises to `top` and falls from there."""
    rows = np.arange(120)
    return make_bars("CORE", DATES, 100 + np.where(rows <= top, rows, 2 * top - rows))


def ratio(*dear):
    """A price/earnings ratio that falls slowly, but for sessions on which it is far above all before."""
    values = 20 - 0.01 * np.arange(120)
    values[list(dear)] = 40 + np.arange(len(dear))
    return make_series("PE", DATES, values)


def test_it_hedges_while_the_dear_day_is_remembered_and_the_price_is_turning():
    """Dear on 58 alone; the price peaks at 60 and is below its three-day average from 61 on; memory ends with 62."""
    found = ValuationHedge(valuation="PE", **SHORT).intensity(market_of(peak(60), ratio(58)))
    np.testing.assert_array_equal(np.flatnonzero(found), [61, 62])
    longer = ValuationHedge(valuation="PE", **SHORT | {"memory": 10}).intensity(market_of(peak(60), ratio(58)))
    np.testing.assert_array_equal(np.flatnonzero(longer), [61, 62, 63, 64, 65, 66, 67])


def test_dear_without_a_turn_and_a_turn_without_dear_are_nothing():
    assert not ValuationHedge(valuation="PE", **SHORT).intensity(market_of(peak(119), ratio(58))).any()
    assert not ValuationHedge(valuation="PE", **SHORT).intensity(market_of(peak(60), ratio())).any()


def test_dear_is_told_by_the_value_s_own_past():
    """In its first `lookback` sessions nothing is dear, however high."""
    params = SHORT | {"memory": 1, "turn_days": 2}
    falling = make_bars("CORE", DATES, 300.0 - np.arange(120))
    found = ValuationHedge(valuation="PE", **params).intensity(market_of(falling, ratio(10, 18, 19, 20, 50)))
    np.testing.assert_array_equal(np.flatnonzero(found), [19, 20, 50])


def test_a_value_counts_when_it_is_known_and_not_on_its_day():
    asked = ValuationHedge(valuation="PE", **SHORT | {"memory": 1})
    falling = make_bars("CORE", DATES, 300.0 - np.arange(120))
    found = asked.intensity(market_of(falling, ratio(50), lags={"PE": 3}))
    np.testing.assert_array_equal(np.flatnonzero(found), [53])


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(20, 60), st.integers(1, 30), st.integers(2, 20))
@settings(max_examples=20, deadline=None)
def test_the_proxy_is_what_pandas_makes_of_the_definition(seed, trend, lookback, memory, turn):
    bars = random_bars("CORE", DATES, np.random.default_rng(seed))
    level = pd.Series(bars.total_return())
    stretch = level / level.rolling(trend).mean()
    dear = stretch.rolling(lookback).rank(method="max", pct=True) >= 0.75 - 1e-12
    expected = dear.astype(float).rolling(memory, min_periods=1).max() * (level < level.rolling(turn).mean())
    asked = ValuationHedge(trend_days=trend, lookback=lookback, stretched=0.75, memory=memory, turn_days=turn)
    np.testing.assert_array_equal(asked.intensity(market_of(bars)), expected)


@pytest.mark.parametrize(
    ("valuation", "label"), [(None, "ValuationHedge (price-to-trend proxy)"), ("PE", "ValuationHedge (PE)")]
)
def test_its_name_says_whether_earnings_are_in_it(valuation, label):
    assert ValuationHedge(valuation=valuation).label(market_of(peak(60), ratio())) == label


def test_its_inputs_are_what_it_goes_by():
    """Dear on 58 alone, so ranked 1 there and remembered to 62; NaN until there are 20 values to rank among."""
    stretched, turning = ValuationHedge(valuation="PE", **SHORT).inputs(market_of(peak(60), ratio(58)))
    assert stretched.name == "PE, highest rank in 20 sessions, of the last 5"
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(stretched.values)), range(19))
    np.testing.assert_array_equal(np.flatnonzero(stretched.values == 1.0), range(58, 63))
    assert (stretched.threshold, stretched.fires, turning.fires) == (0.8, "at least", "below")
    assert (turning.values[61], turning.threshold[61]) == pytest.approx((159.0, (159 + 160 + 159) / 3))
    proxy, _turning = ValuationHedge(trend_days=10, **SHORT).inputs(market_of(peak(60)))
    assert proxy.name == "CORE over its 10-session average, highest rank in 20 sessions, of the last 5"


# By earnings where the data tell them

CHIPS = Roles.with_fund({"SOXX": 1.0}, "SOXS", "SOXX", -3.0)


def chips(*held, underlying="SOXX"):
    """A market of SOXX at 100 that falls a dollar a session, and of NVDA's bars: at 20 dollars, 40 on session 58."""
    close = np.where(np.arange(120) == 58, 40.0, 20.0 - 0.01 * np.arange(120)).round(2)
    bars = [make_bars(underlying, DATES, 300.0 - np.arange(120)), make_bars("NVDA", DATES, close)]
    bars.append(make_bars("SOXS", DATES, np.ones(120)))
    roles = Roles.with_fund({underlying: 1.0}, "SOXS", underlying, -3.0)
    return load_market(ValuedSource(source_of(*bars, *held)), roles, DATES[1])


def nvda(first=2016):
    return filings(quarterly(25e6, 100e6, 1e8, first, 2018), "NVDA")


def test_it_goes_by_the_price_earnings_of_chip_makers_where_their_filings_are():
    """Dear on session 58 alone, when 4 billion dollars are paid for 100 million a year."""
    asked, market = ValuationHedge(**SHORT | {"memory": 1}), chips(nvda())
    assert asked.label(market) == "ValuationHedge (CHIPS_PE)"
    np.testing.assert_array_equal(np.flatnonzero(asked.intensity(market)), [58])
    assert market.series("CHIPS_PE")[58] == 40.0
    assert asked.inputs(market)[0].name == "CHIPS_PE, highest rank in 20 sessions, of the last 1"


def test_the_proxy_may_be_forced_and_the_underlying_s_own_series_comes_first():
    market = chips(nvda(), make_series("SOXX_PE", DATES, np.arange(120.0)))
    assert ValuationHedge().label(market) == "ValuationHedge (SOXX_PE)"
    forced = ValuationHedge(valuation="proxy", trend_days=10, **SHORT)
    assert forced.label(market) == "ValuationHedge (price-to-trend proxy)"
    assert forced.inputs(market)[0].name.startswith("SOXX over its 10-session average, ")
    np.testing.assert_array_equal(
        forced.intensity(market), ValuationHedge(trend_days=10, **SHORT).intensity(chips(underlying="SPY"))
    )


def test_what_it_reads_of_the_data_is_known_before():
    assert ValuationHedge().reads(CHIPS) == Reads(optional=("SOXX_PE", "CHIPS_PE"))
    assert ValuationHedge(valuation="NVDA_PS").reads(CHIPS) == Reads(series=("NVDA_PS",))
    assert ValuationHedge(valuation="proxy").reads(CHIPS) == Reads()


def test_what_a_reader_has_to_know_is_remarked():
    (survivors,) = ValuationHedge().remarks(chips(nvda()))
    whose = f"Survivorship: CHIPS_PE is of today's chip makers with filings, 1 on {DATES[-1]} (NVDA); "
    assert survivors.startswith(whose)
    said = "Valuation is a price-to-trend proxy: no earnings are in it"
    assert ValuationHedge().remarks(chips()) == (f"{said}; with filings of chip makers it is their price/earnings.",)
    assert ValuationHedge().remarks(chips(underlying="SPY")) == (f"{said}.",)
    assert ValuationHedge(valuation="proxy").remarks(chips(nvda())) == ()
    assert ValuationHedge(valuation="NVDA_PE").remarks(chips(nvda())) == ()
