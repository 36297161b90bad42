"""Realised volatility against pandas, by hand and by invariance."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.volatility import realised_volatility

PATH = np.exp(np.cumsum(np.random.default_rng(8).normal(0.0, 0.02, 300)))


def test_a_path_that_doubles_and_halves_by_hand():
    """Log returns +a, -a with a = ln 2: mean 0, variance 2a^2 / (2-1); then +a, 0: variance a^2 / 2."""
    a = np.log(2.0)
    expected = [np.nan, np.nan, np.sqrt(2.0) * a, np.sqrt(0.5) * a]
    np.testing.assert_allclose(realised_volatility(np.array([1.0, 2, 1, 1]), 2), np.sqrt(252) * np.array(expected))


@pytest.mark.parametrize("days", [2, 20, 63, 299, 300])
def test_it_is_pandas_rolling_standard_deviation_of_log_returns(days):
    peer = np.log(pd.Series(PATH)).diff().rolling(days).std() * 252**0.5
    np.testing.assert_allclose(realised_volatility(PATH, days), peer, rtol=1e-9)


@given(st.floats(0.01, 1000.0), st.floats(-0.01, 0.01))
@settings(max_examples=25, deadline=None)
def test_neither_the_price_s_scale_nor_its_drift_matters(scale, drift):
    drifted = scale * PATH * np.exp(drift * np.arange(300))
    np.testing.assert_allclose(realised_volatility(drifted, 20), realised_volatility(PATH, 20), rtol=1e-9)


def test_twice_the_log_moves_are_twice_as_volatile():
    np.testing.assert_allclose(realised_volatility(PATH**2, 20), 2 * realised_volatility(PATH, 20), rtol=1e-12)


def test_it_is_unknown_until_there_are_as_many_returns():
    assert np.isnan(realised_volatility(PATH, 20)[:20]).all()
    assert not np.isnan(realised_volatility(PATH, 20)[20:]).any()


def test_an_instrument_that_begins_late_has_its_own_warm_up():
    late = PATH.copy()
    late[:100] = np.nan
    found = realised_volatility(late, 20)
    assert np.isnan(found[:120]).all()
    np.testing.assert_array_equal(found[120:], realised_volatility(PATH, 20)[120:])


@pytest.mark.parametrize("days", [2, 20])
def test_it_does_not_look_ahead(days):
    assert_causal(lambda level: realised_volatility(level, days), PATH[:120])
