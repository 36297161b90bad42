"""Rolling windows against pandas', by hand, and without look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.windows import (
    before,
    change,
    folded,
    highest,
    lowest,
    moments,
    moving_average,
    over,
    padded,
    percentile,
    standard_deviation,
    windows,
    within,
    zscore,
)

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


# Folding


def test_a_window_is_merged_from_adjacent_ones_of_powers_of_two():
    """Five is 1 + 4: the oldest value, then two pairs."""
    merged = []

    def adding(older, newer, a, b):
        merged.append((a, b))
        return older + newer

    np.testing.assert_array_equal(folded(np.arange(7.0), 5, adding), [10, 15, 20])
    assert merged == [(1, 1), (2, 2), (1, 4)]


@given(WHOLE_NUMBERS, st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_a_fold_keeps_the_order_and_misses_nothing(values, days):
    """Decimal digits one after another: older ones stand to the left."""
    digits = folded(np.array([int(each) + 3 for each in values], dtype=object), days, lambda x, y, _, b: x * 10**b + y)
    expected = [
        int("".join(str(int(each) + 3) for each in values[first : first + days]))
        for first in range(len(values) - days + 1)
    ]
    assert digits.tolist() == expected


# Standard deviation and z-score


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("days", [2, 3, 20, 63, 252, 300, 301])
def test_a_standard_deviation_is_numpy_s_of_each_window_and_pandas(days, ddof):
    found = standard_deviation(PATH, days, ddof)
    np.testing.assert_allclose(found, padded(windows(PATH, days).std(axis=1, ddof=ddof), 300), rtol=1e-11)
    # pandas carries rounding from window to window
    np.testing.assert_allclose(found, pd.Series(PATH).rolling(days).std(ddof=ddof), rtol=1e-9, atol=1e-12)


def test_moments_by_hand():
    mean, squares = moments(np.array([1.0, 2, 6, 6]), 3)
    np.testing.assert_allclose(mean, [np.nan, np.nan, 3, 14 / 3])
    np.testing.assert_allclose(squares, [np.nan, np.nan, 14, 32 / 3])


def test_a_standard_deviation_survives_a_large_mean():
    """A sum of squares less n times a squared mean would have no digit left."""
    np.testing.assert_allclose(standard_deviation(1e9 + np.arange(50.0) % 2, 10)[9:], np.sqrt(2.5 / 9), rtol=1e-12)


def test_a_z_score_by_hand():
    """Of 1, 3, 8: mean 4, variance (9 + 1 + 16) / 2."""
    np.testing.assert_allclose(zscore(np.array([1.0, 3, 8]), 3), [np.nan, np.nan, 4 / np.sqrt(13)])


@pytest.mark.parametrize("days", [2, 20, 252])
def test_a_z_score_is_pandas(days):
    rolling = pd.Series(PATH).rolling(days)
    np.testing.assert_allclose(zscore(PATH, days), (PATH - rolling.mean()) / rolling.std(), rtol=1e-9, atol=1e-12)


@given(st.floats(0.01, 100), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_a_z_score_knows_neither_scale_nor_origin(scale, shift):
    np.testing.assert_allclose(zscore(scale * PATH + shift, 20), zscore(PATH, 20), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("same", [0.1, 1 / 3, 1e9 + 0.1])
def test_equal_values_have_no_deviation_and_no_z_score(same):
    """The plain mean of 0.1, 0.1, 0.1 isn't 0.1."""
    values = np.full(12, same)
    assert (standard_deviation(values, 7)[6:] == 0).all()
    assert np.isnan(zscore(values, 7)).all()


def test_what_is_measured_by_nothing_is_unknown():
    found = over(np.array([1.0, 1, 1, np.nan]), np.array([2.0, 0, np.nan, 1]))
    np.testing.assert_array_equal(found, [0.5, np.nan, np.nan, np.nan])


# Highest, lowest, change


@given(WHOLE_NUMBERS, st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_highest_and_lowest_are_pandas(values, days):
    rolling = pd.Series(values).rolling(days)
    np.testing.assert_array_equal(highest(values, days), rolling.max())
    np.testing.assert_array_equal(lowest(values, days), rolling.min())


@pytest.mark.parametrize("days", [1, 5, 300])
def test_a_change_is_pandas(days):
    np.testing.assert_array_equal(change(PATH, days), pd.Series(PATH).diff(days))


def test_before_is_one_session_ago():
    np.testing.assert_array_equal(before(np.array([1.0, 2, 3])), [np.nan, 1, 2])


# Every helper

OVER_DAYS = [moving_average, percentile, standard_deviation, zscore, highest, lowest, change]


@pytest.mark.parametrize("days", [255, 256, 300])
def test_a_percentile_counts_past_what_a_byte_holds(days):
    assert (percentile(np.arange(600.0), days)[days - 1 :] == 1).all()
    assert (percentile(-np.arange(600.0), days)[days - 1 :] == 1 / days).all()


@pytest.mark.parametrize("signal", OVER_DAYS)
@pytest.mark.parametrize("days", [7, 50])
def test_where_history_starts_changes_no_bit(signal, days):
    whole, late = signal(PATH, days), signal(PATH[101:], days)
    assert_same_bits(late[days:], whole[101 + days :])


@pytest.mark.parametrize("signal", OVER_DAYS)
def test_a_missing_value_is_forgotten_with_its_window(signal):
    values = PATH[:40].copy()
    values[20] = np.nan
    found, whole = signal(values, 5), signal(PATH[:40], 5)
    touched = [20, 25] if signal is change else range(20, 25)
    assert set(np.flatnonzero(np.isnan(found) & ~np.isnan(whole))) == set(touched)
    np.testing.assert_array_equal(found[~np.isnan(found)], whole[~np.isnan(found)])


@pytest.mark.parametrize("signal", OVER_DAYS)
def test_values_shorter_than_the_window_are_all_warm_up(signal):
    assert np.isnan(signal(PATH[:5], 6)).all()
    assert signal(PATH[:0], 6).shape == (0,)


# No look-ahead


@pytest.mark.parametrize("days", [2, 7, 50])
@pytest.mark.parametrize("signal", OVER_DAYS)
def test_no_signal_looks_ahead(signal, days):
    assert_causal(lambda values: signal(values, days), PATH[:120])


def test_within_does_not_look_ahead():
    assert_causal(lambda values: within((values > 1).astype(float), 5), PATH[:120])
