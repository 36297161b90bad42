"""ValuationHedge: dear and then turning down, on paths made by hand and against pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, make_series, nyse, random_bars

from strategies.valuation import ValuationHedge

DATES = nyse("2018-01-02", 120)
SHORT = {"lookback": 20, "stretched": 0.8, "memory": 5, "turn_days": 3}


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
