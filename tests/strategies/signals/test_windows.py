"""Rolling windows against pandas', by hand, and without look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.windows import moving_average, padded, percentile, windows, within

PATH = np.exp(np.cumsum(np.random.default_rng(7).normal(0.0, 0.02, 300)))
WHOLE_NUMBERS = st.lists(st.integers(-3, 3), min_size=1, max_size=30).map(lambda drawn: np.array(drawn, dtype=float))
"""Few different values, so that ties are common."""


def test_every_full_window_is_a_row():
    np.testing.assert_array_equal(windows(np.arange(4.0), 3), [[0, 1, 2], [1, 2, 3]])


def test_values_shorter_than_a_window_have_none():
    assert windows(np.arange(2.0), 3).shape == (0, 3)


def test_results_stand_at_their_window_s_last_session():
    np.testing.assert_array_equal(padded(np.array([5.0, 6.0]), 4), [np.nan, np.nan, 5, 6])


# Moving average


def test_a_moving_average_by_hand():
    np.testing.assert_array_equal(moving_average(np.array([1.0, 3, 8, 4]), 3), [np.nan, np.nan, 4, 5])


@pytest.mark.parametrize("days", [2, 50, 200, 300, 301])
def test_a_moving_average_is_pandas_rolling_mean(days):
    np.testing.assert_allclose(moving_average(PATH, days), pd.Series(PATH).rolling(days).mean(), rtol=1e-12)


@given(st.floats(0.01, 100), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_a_moving_average_is_linear(scale, shift):
    moved = moving_average(scale * PATH + shift, 20)
    np.testing.assert_allclose(moved, scale * moving_average(PATH, 20) + shift, rtol=1e-10, atol=1e-10)


# Percentile


def test_a_percentile_by_hand():
    """Of three: the 2 ties with itself alone above 1, the last 3 with another 3."""
    np.testing.assert_allclose(percentile(np.array([1.0, 3, 2, 3]), 3), [np.nan, np.nan, 2 / 3, 1])


@given(WHOLE_NUMBERS, st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_a_percentile_is_pandas_rank_from_below(values, days):
    rank = pd.Series(values).rolling(days).rank(method="max", pct=True)
    np.testing.assert_allclose(percentile(values, days), rank, rtol=1e-12)


@given(WHOLE_NUMBERS, st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_a_percentile_sees_the_order_alone(values, days):
    np.testing.assert_array_equal(percentile(values, days), percentile(np.exp(values), days))


def test_a_new_high_is_the_hundredth_percentile_and_a_new_low_the_lowest():
    assert (percentile(np.arange(30.0), 10)[9:] == 1).all()
    assert (percentile(-np.arange(30.0), 10)[9:] == 0.1).all()


def test_a_window_that_holds_a_missing_value_has_no_percentile():
    values = np.arange(8.0)
    values[3] = np.nan
    np.testing.assert_array_equal(np.isnan(percentile(values, 3)), [True, True, False, True, True, True, False, False])


# Within


def test_a_flag_is_remembered_as_long_as_it_should_be():
    flags = np.array([0.0, 1, 0, 0, 0, 1])
    np.testing.assert_array_equal(within(flags, 3), [0, 1, 1, 1, 0, 1])
    np.testing.assert_array_equal(within(flags, 1), flags)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_within_is_pandas_rolling_maximum(flags, days):
    array = np.array(flags, dtype=float)
    np.testing.assert_array_equal(within(array, days), pd.Series(array).rolling(days, min_periods=1).max())


# No look-ahead


@pytest.mark.parametrize("days", [2, 7, 50])
@pytest.mark.parametrize("signal", [moving_average, percentile])
def test_no_signal_looks_ahead(signal, days):
    assert_causal(lambda values: signal(values, days), PATH[:120])


def test_within_does_not_look_ahead():
    assert_causal(lambda values: within((values > 1).astype(float), 5), PATH[:120])
