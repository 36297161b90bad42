"""The yield curve by hand, and without look-ahead."""

import numpy as np
from causal import assert_causal
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.rates import curve

TEN, THREE_MONTHS = np.array([np.nan, 4.0, 4.25, 3.5]), np.array([5.25, 5.0, np.nan, 3.0])


def test_the_curve_is_the_long_yield_less_the_short_one():
    np.testing.assert_array_equal(curve(TEN, THREE_MONTHS), [np.nan, -1.0, np.nan, 0.5])


@given(st.integers(-5, 5))
@settings(max_examples=10, deadline=None)
def test_a_parallel_shift_does_not_bend_it(shift):
    np.testing.assert_array_equal(curve(TEN + shift, THREE_MONTHS + shift), curve(TEN, THREE_MONTHS))


def test_it_looks_ahead_at_neither():
    assert_causal(lambda long: curve(long, THREE_MONTHS[: len(long)]), TEN)
    assert_causal(lambda short: curve(TEN[: len(short)], short), THREE_MONTHS)
