"""Signals of valuation by hand, against numpy's least squares, by invariance, and without look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, make_series, nyse

from data.roles import Roles
from strategies.signals.catalogue import signal
from strategies.signals.feeds import valuation_of, valuations_of
from strategies.signals.valuation import log_trend_deviation, price_to_trend, valuation

PATH = 30 * np.exp(np.cumsum(np.random.default_rng(23).normal(0.0005, 0.02, 400)))
NAN = np.nan


@pytest.mark.parametrize("days", [2, 50, 200])
def test_price_to_trend_is_pandas(days):
    np.testing.assert_allclose(price_to_trend(PATH, days), PATH / pd.Series(PATH).rolling(days).mean(), rtol=1e-12)


def test_a_valuation_is_the_series_and_without_one_the_close_over_its_average():
    earnings = np.array([20.0, NAN, 25.0])
    found = valuation(PATH[:3], earnings, 2)
    np.testing.assert_array_equal(found, earnings)
    found[0] = 1.0
    assert earnings[0] == 20.0
    assert_same_bits(valuation(PATH, None, 50), price_to_trend(PATH, 50))


def test_a_valuation_doesn_t_look_ahead():
    assert_causal(lambda level: valuation(level, None, 5), PATH[:40])
    assert_causal(lambda series: valuation(PATH[: len(series)], series), PATH[:40] / 3)


OWN, CHIPS, OTHER = ({"SOXX_PE": 21.0}, {"CHIPS_PE": 30.0}, {"PE": 9.0})


@pytest.mark.parametrize(
    ("underlying", "held", "named", "expected"),
    [
        ("SOXX", OWN | CHIPS | OTHER, None, 21.0),
        ("SOXX", CHIPS | OTHER, None, 30.0),
        ("SMH", OWN | CHIPS, None, 30.0),
        ("SOXX", OWN | CHIPS | OTHER, "PE", 9.0),
        ("SPY", OWN | CHIPS | OTHER, None, None),
        ("SPY", {"SPY_PE": 18.0} | CHIPS, None, 18.0),
        ("SOXX", OTHER, None, None),
    ],
    ids=["its own", "its companies'", "a sister's", "the one named", "none of chips", "another's own", "none"],
)
def test_which_valuation_an_underlying_goes_by(underlying, held, named, expected):
    """Of a fund of chip makers its own, then theirs; of another its own alone; else the close over its average."""
    dates = nyse("2020-01-02", 6)
    bars = (make_bars(underlying, dates, PATH[:6]), make_bars("FUND", dates, PATH[:6]))
    series = (make_series(name, dates, np.full(6, value)) for name, value in held.items())
    market = make_market(*bars, *series, roles=Roles.with_fund({underlying: 1.0}, "FUND", underlying, -3.0), row=1)
    found = signal("valuation", "signal").compute({"of": None, "series": named, "days": 2}, market)
    proxy = price_to_trend(market.total_return(), 2)
    np.testing.assert_array_equal(found, proxy if expected is None else np.full(6, expected))
    if named is None:
        value = None if expected is None else held[valuation_of(market)]
        assert value == expected


def test_an_underlying_s_own_series_comes_first():
    assert valuations_of("SOXX") == ("SOXX_PE", "CHIPS_PE")
    assert valuations_of("SPY") == ("SPY_PE",)


def test_a_log_trend_by_hand():
    """Logs 0, 0, 3: the line is -0.5, 1, 2.5, the residuals 0.5, -1, 0.5, their standard error sqrt(1.5 / 1)."""
    np.testing.assert_allclose(log_trend_deviation(np.exp([0.0, 0, 3]), 3), [NAN, NAN, 0.5 / np.sqrt(1.5)])


@pytest.mark.parametrize("days", [3, 4, 21, 100, 399, 400])
def test_a_log_trend_is_numpy_s_least_squares(days):
    found = log_trend_deviation(PATH, days)
    assert np.isnan(found[: days - 1]).all()
    for row in range(days - 1, 400, 17):
        y, t = np.log(PATH[row - days + 1 : row + 1]), np.arange(days)
        residuals = y - np.polyval(np.polyfit(t, y, 1), t)
        expected = residuals[-1] / np.sqrt(residuals @ residuals / (days - 2))
        assert found[row] == pytest.approx(expected, rel=1e-7, abs=1e-9)


@given(st.floats(1e-3, 1e6), st.floats(-0.01, 0.01))
@settings(max_examples=25, deadline=None)
def test_a_log_trend_knows_neither_scale_nor_drift(scale, drift):
    drifted = scale * PATH * np.exp(drift * np.arange(400))
    np.testing.assert_allclose(log_trend_deviation(drifted, 100), log_trend_deviation(PATH, 100), rtol=1e-6, atol=1e-8)


def test_twice_the_log_moves_lie_as_far_from_their_trend():
    np.testing.assert_allclose(log_trend_deviation(PATH**2, 100), log_trend_deviation(PATH, 100), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("growth", [0.0, 0.0001, 0.01, -0.3])
@pytest.mark.parametrize("days", [3, 100])
def test_prices_on_the_line_have_no_deviation_from_it(growth, days):
    assert np.isnan(log_trend_deviation(0.1 * np.exp(growth * np.arange(120)), days)).all()


# Both

SIGNALS = {
    "price_to_trend": lambda level: price_to_trend(level, 10),
    "log_trend_deviation": lambda level: log_trend_deviation(level, 10),
}
EVERY = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


@EVERY
def test_warm_up_is_as_said_and_begins_with_the_instrument(signal):
    late = PATH.copy()
    late[:40] = NAN
    assert np.flatnonzero(np.isnan(signal(PATH))).tolist() == list(range(9))
    assert np.flatnonzero(np.isnan(signal(late))).tolist() == list(range(49))
    assert np.isnan(signal(PATH[:3])).all()


@EVERY
@given(scale=st.floats(1e-3, 1e6))
@settings(max_examples=15, deadline=None)
def test_the_price_s_scale_does_not_matter(signal, scale):
    np.testing.assert_allclose(signal(scale * PATH), signal(PATH), rtol=1e-7, atol=1e-9)


@EVERY
def test_where_history_starts_changes_no_bit(signal):
    assert_same_bits(signal(PATH[101:])[9:], signal(PATH)[110:])


@EVERY
def test_neither_looks_ahead(signal):
    assert_causal(signal, PATH[:120])
