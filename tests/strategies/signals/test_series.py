"""A series itself and a ratio of two, by hand and without look-ahead."""

import numpy as np
from causal import assert_causal
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.series import series_ratio, series_value

VIX, VIX3M = np.array([np.nan, 20.0, 30.0, 24.0]), np.array([18.0, 16.0, np.nan, 24.0])


def test_a_series_is_itself_in_an_array_of_its_own():
    found = series_value(VIX)
    np.testing.assert_array_equal(found, VIX)
    found[0] = 1.0
    assert np.isnan(VIX[0])


def test_a_ratio_by_hand():
    np.testing.assert_array_equal(series_ratio(VIX, VIX3M), [np.nan, 1.25, np.nan, 1.0])


def test_there_is_no_ratio_to_nothing_or_less():
    """Losses make no price/earnings ratio."""
    np.testing.assert_array_equal(series_ratio(np.array([3.0, 3, 3]), np.array([2.0, 0, -1])), [1.5, np.nan, np.nan])


@given(st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_both_does_not_matter(scale):
    np.testing.assert_allclose(series_ratio(scale * VIX, scale * VIX3M), series_ratio(VIX, VIX3M), rtol=1e-12)


def test_neither_looks_ahead():
    assert_causal(series_value, VIX)
    assert_causal(lambda series: series_ratio(series, VIX3M[: len(series)]), VIX)
    assert_causal(lambda other: series_ratio(VIX[: len(other)], other), VIX3M)
