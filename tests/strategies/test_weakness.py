"""WeaknessHedge: its two conditions on paths made by hand, and the whole against pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, nyse, random_bars

from strategies.signals.volatility import realised_volatility
from strategies.weakness import VOLATILITY_DAYS, WeaknessHedge

DATES = nyse("2018-01-02", 120)


def intensity(bars, **params):
    dates = bars.dates
    market = make_market(bars, make_bars("FUND", dates, np.ones(len(dates))), row=1)
    return WeaknessHedge(**params).intensity(market)


def swinging(drift, swing, sessions=60):
    """A price that goes by `drift` a day, and by `swing` up and down in turn about it."""
    logs = drift + swing * np.where(np.arange(sessions) % 2, 1.0, -1.0)
    return make_bars("CORE", DATES[:sessions], 100 * np.exp(np.cumsum(logs)))


@pytest.mark.parametrize(
    ("drift", "swing", "hedged"),
    [(-0.01, 0.03, True), (-0.01, 0.005, False), (0.01, 0.03, False), (0.01, 0.005, False)],
    ids=["weak and restless", "weak and quiet", "strong and restless", "strong and quiet"],
)
def test_it_takes_both_to_hedge(drift, swing, hedged):
    """A swing of 3 % is 48 % a year, one of half a percent 8 %; the floor is 25 %."""
    found = intensity(swinging(drift, swing), trend_days=10)
    np.testing.assert_array_equal(found[VOLATILITY_DAYS:], np.full(60 - VOLATILITY_DAYS, float(hedged)))


def test_in_warm_up_there_is_no_hedge():
    weak = swinging(-0.01, 0.03)
    assert not intensity(weak, trend_days=40)[:39].any()
    assert not intensity(weak, trend_days=2)[:VOLATILITY_DAYS].any()
    assert intensity(weak, trend_days=40)[39:].all()


def test_without_a_floor_the_trend_decides_alone():
    assert intensity(swinging(-0.01, 0.001), trend_days=10, volatility_floor=0)[VOLATILITY_DAYS:].all()


def test_standing_on_its_average_is_not_weak():
    """Of two sessions with one price the average is that price."""
    close = swinging(-0.01, 0.03).close.copy()
    close[-1] = close[-2]
    found = intensity(make_bars("CORE", DATES[:60], close), trend_days=2, volatility_floor=0)
    assert found[-1] == 0
    close[-1] *= 1 - 1e-9
    assert intensity(make_bars("CORE", DATES[:60], close), trend_days=2, volatility_floor=0)[-1] == 1


def test_standing_at_the_floor_is_not_restless():
    weak = swinging(-0.01, 0.03)
    floor = float(realised_volatility(weak.total_return(), VOLATILITY_DAYS)[-1])
    assert intensity(weak, trend_days=10, volatility_floor=floor)[-1] == 0
    assert intensity(weak, trend_days=10, volatility_floor=np.nextafter(floor, 0))[-1] == 1


def test_neither_a_split_nor_a_dividend_is_weakness():
    """The price halves twice, by a split and by a dividend of half: who holds it gains 1 % a day."""
    level = 100 * 1.01 ** np.arange(60)
    close = np.where(np.arange(60) >= 30, level / 2, level)
    dividend = {45: close[45] / 2}
    close[45:] /= 2
    bars = make_bars("CORE", DATES[:60], close, split={30: 2.0}, dividend=dividend)
    assert not intensity(bars, trend_days=10, volatility_floor=0).any()


@given(st.integers(0, 10_000), st.integers(2, 60), st.floats(0.1, 0.5))
@settings(max_examples=30, deadline=None)
def test_it_is_what_pandas_makes_of_the_definition(seed, trend_days, floor):
    bars = random_bars("CORE", DATES, np.random.default_rng(seed))
    level = pd.Series(bars.total_return())
    weak = level < level.rolling(trend_days).mean()
    restless = np.log(level).diff().rolling(20).std(ddof=1) * np.sqrt(252) > floor
    found = intensity(bars, trend_days=trend_days, volatility_floor=floor)
    np.testing.assert_array_equal(found, (weak & restless).astype(float))


def test_its_inputs_are_what_it_goes_by():
    bars = swinging(-0.01, 0.03)
    market = make_market(bars, make_bars("FUND", bars.dates, np.ones(60)), row=1)
    weak, restless = WeaknessHedge(trend_days=10, volatility_floor=0.3).inputs(market)
    level = bars.total_return()
    assert (weak.name, restless.name) == (
        "CORE total return, by its 10-session average",
        "CORE realised volatility over 20 sessions",
    )
    assert (weak.values[-1], weak.fires, restless.fires, restless.threshold) == (level[-1], "below", "above", 0.3)
    assert weak.threshold[-1] == pytest.approx(level[-10:].mean(), rel=1e-12)
    swings = np.diff(np.log(level[-21:])).std(ddof=1) * np.sqrt(252)
    assert restless.values[-1] == pytest.approx(swings, rel=1e-12)
