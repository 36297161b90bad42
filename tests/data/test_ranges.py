"""The one check of numbers: both ends, whole numbers, and all that is no number."""

import math

import numpy as np
import pytest

from data.ranges import LEVERAGE, SHARE, Range


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, -math.inf, 10**400, True, "0.5", None, [0.5]])
def test_what_is_no_number_of_the_range_is_told_with_both_ends(value):
    with pytest.raises(ValueError, match=r"^has to be a number from 0 to 1$"):
        SHARE.take(value)


@pytest.mark.parametrize(("value", "kept"), [(0, 0.0), (1, 1.0), (-0.0, 0.0), (0.25, 0.25)])
def test_both_ends_are_taken_and_zero_has_no_sign(value, kept):
    taken = SHARE.take(value)

    assert (taken, type(taken), math.copysign(1.0, taken)) == (kept, float, 1.0)


@pytest.mark.parametrize("value", [1, 3_001, 2.0, 2.5, False, -(10**400), 2**63])
def test_a_whole_number_is_one_within_both_ends(value):
    with pytest.raises(ValueError, match=r"^has to be a whole number from 2 to 3,000$"):
        Range(2, 3_000).take(value, whole=True)
    assert Range(2, 3_000).take(3_000, whole=True) == 3_000


def test_zero_negative_and_missing_numbers_are_left_to_rules_of_their_own():
    column = np.array([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e-9, 1.0, 9.0])
    assert Range(0.5, 8.0).beyond(column).tolist() == [False] * 5 + [True, False, True]
    assert Range(-0.5, 8.0).beyond(column).tolist() == [False, False, False, True, False, False, False, True]


@pytest.mark.parametrize("value", [0, -0.0, 0.05, -0.0999, 5e-324])
def test_a_multiple_stands_apart_from_0(value):
    with pytest.raises(ValueError, match=r"from -10 to 10, at least 0\.1 away from 0"):
        LEVERAGE.take(value)
    assert LEVERAGE.take(-0.1) == -0.1
