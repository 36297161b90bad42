"""VolatilityHedge: volatility at the top of its year, or an inverted VIX curve, by hand and against pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, make_series, nyse, random_bars

from strategies.volatility import VolatilityHedge

DATES = nyse("2018-01-02", 120)
QUICK = {"volatility_days": 5, "year": 30, "top": 0.9}
VIX3M = make_series("VIX3M", DATES, np.full(120, 20.0))


def market_of(bars, *series, lags=None):
    return make_market(bars, make_bars("FUND", DATES, np.ones(120)), *series, row=1, lags=lags)


def calming():
    """Swings that shrink by a hundredth each session: volatility is never at the top of its year."""
    swing = 0.05 * 0.99 ** np.arange(120)
    return make_bars("CORE", DATES, 100 * np.exp(np.cumsum(swing * np.where(np.arange(120) % 2, 1, -1))))


def vix(*stressed):
    values = np.full(120, 15.0)
    values[list(stressed)] = 20.01
    return make_series("VIX", DATES, values)


def test_calm_is_no_hedge_and_one_wild_day_is_one_for_as_long_as_it_is_in_the_window():
    assert not VolatilityHedge(**QUICK).intensity(market_of(calming())).any()
    wild = calming()
    close = wild.close.copy()
    close[80:] *= 0.7
    found = VolatilityHedge(**QUICK).intensity(market_of(make_bars("CORE", DATES, close)))
    assert found[80] == 1
    assert set(np.flatnonzero(found)) <= set(range(80, 85))


def test_an_inverted_curve_hedges_in_warm_up_too():
    found = VolatilityHedge(**QUICK).intensity(market_of(calming(), vix(3, 4, 70), VIX3M))
    np.testing.assert_array_equal(np.flatnonzero(found), [3, 4, 70])


def test_vix_on_a_level_with_vix3m_is_not_inverted():
    level = make_series("VIX", DATES, np.full(120, 20.0))
    assert not VolatilityHedge(**QUICK).intensity(market_of(calming(), level, VIX3M)).any()


def test_a_value_that_is_known_late_counts_late():
    found = VolatilityHedge(**QUICK).intensity(market_of(calming(), vix(70), VIX3M, lags={"VIX": 2}))
    np.testing.assert_array_equal(np.flatnonzero(found), [72])


@pytest.mark.parametrize(
    ("series", "asked", "label"),
    [
        ((vix(70), VIX3M), True, "VolatilityHedge"),
        ((vix(70), VIX3M), False, "VolatilityHedge (realised volatility alone)"),
        ((vix(70),), True, "VolatilityHedge (realised volatility alone)"),
        ((VIX3M,), True, "VolatilityHedge (realised volatility alone)"),
    ],
    ids=["both", "both, not asked", "VIX alone", "VIX3M alone"],
)
def test_the_curve_is_asked_only_where_there_are_both_and_its_name_says_so(series, asked, label):
    strategy, market = VolatilityHedge(**QUICK, vix_curve=asked), market_of(calming(), *series)
    assert strategy.label(market) == label
    assert strategy.intensity(market).any() == (label == "VolatilityHedge")


@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(20, 60), st.booleans())
@settings(max_examples=20, deadline=None)
def test_it_is_what_pandas_makes_of_the_definition(seed, volatility_days, year, curve):
    rng = np.random.default_rng(seed)
    bars = random_bars("CORE", DATES, rng)
    short, long = rng.uniform(10, 30, (2, 120))
    level = pd.Series(bars.total_return())
    volatility = np.log(level).diff().rolling(volatility_days).std(ddof=1)
    high = volatility.rolling(year).rank(method="max", pct=True) >= 0.8 - 1e-12
    expected = high | (curve & (short > long))
    strategy = VolatilityHedge(volatility_days, year, 0.8, vix_curve=curve)
    market = market_of(bars, make_series("VIX", DATES, short), make_series("VIX3M", DATES, long))
    np.testing.assert_array_equal(strategy.intensity(market), expected.astype(float))


def test_its_inputs_are_what_it_goes_by():
    market = market_of(calming(), vix(100), VIX3M)
    rank, curve = VolatilityHedge(**QUICK).inputs(market)
    assert rank.name == "CORE realised volatility over 5 sessions, rank in 30"
    assert (rank.threshold, rank.fires) == (0.9, "at least")
    assert (curve.name, curve.values[100], curve.threshold[100], curve.fires) == ("VIX, by VIX3M", 20.01, 20.0, "above")
    np.testing.assert_array_equal(np.flatnonzero(curve.fired), [100])
    assert len(VolatilityHedge(**QUICK, vix_curve=False).inputs(market)) == 1
