"""Relative strength by hand and against pandas, and what doesn't matter to it."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.rotation import relative_strength

RNG = np.random.default_rng(24)
SECTOR, MARKET = np.exp(np.cumsum(RNG.normal(0.0, 0.02, (2, 200)), axis=1))


def test_relative_strength_by_hand():
    """The sector goes from 1 to 3, the other from 2 to 4: the ratio from 1/2 to 3/4, half as much again."""
    found = relative_strength(np.array([1.0, 9, 3]), np.array([2.0, 9, 4]), 2)
    np.testing.assert_allclose(found, [np.nan, np.nan, 0.5], rtol=1e-15)


@pytest.mark.parametrize("days", [2, 63, 199, 200])
def test_it_is_pandas_change_of_the_ratio(days):
    peer = (pd.Series(SECTOR) / MARKET).pct_change(days)
    np.testing.assert_allclose(relative_strength(SECTOR, MARKET, days), peer, rtol=1e-9)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_neither_price_s_scale_matters(ours, theirs):
    found = relative_strength(ours * SECTOR, theirs * MARKET, 21)
    np.testing.assert_allclose(found, relative_strength(SECTOR, MARKET, 21), rtol=1e-9, atol=1e-12)


def test_against_itself_nothing_changes():
    np.testing.assert_array_equal(relative_strength(SECTOR, SECTOR, 21)[21:], 0.0)


def test_one_that_begins_late_has_its_own_warm_up():
    late = MARKET.copy()
    late[:100] = np.nan
    assert_same_bits(relative_strength(SECTOR, late, 21)[121:], relative_strength(SECTOR, MARKET, 21)[121:])
    assert np.isnan(relative_strength(SECTOR, late, 21)[:121]).all()


def test_it_looks_ahead_at_neither():
    assert_causal(lambda level: relative_strength(level, MARKET[: len(level)], 9), SECTOR[:60])
    assert_causal(lambda other: relative_strength(SECTOR[: len(other)], other, 9), MARKET[:60])


def test_it_does_not_hang_on_where_history_starts():
    assert_same_bits(relative_strength(SECTOR[31:], MARKET[31:])[63:], relative_strength(SECTOR, MARKET)[94:])
