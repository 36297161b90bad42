"""Digits: what is printed adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.answer import digits


@pytest.mark.parametrize(
    ("values", "total", "rounded"),
    [
        ([0.12, 0.17], 0.3, [0.1, 0.2]),  # one step is left: to the one that lost most
        ([0.17, 0.12, 0.16], 0.5, [0.2, 0.1, 0.2]),
        ([0.3, 0.6], 0.9, [0.3, 0.6]),  # wholes of a step, though 0.3 / 0.1 is below 3
        ([0.1, 0.25], 0.2, [0.0, 0.2]),  # a step too many: from the one that lost least
        ([0.1, 0.25], 0.0, [-0.1, 0.1]),  # three too many go around
        ([0.1, 0.25], 0.7, [0.3, 0.4]),  # four are left
        ([-0.04, 0.04], 0.0, [0.0, 0.0]),
        ([-0.17, 0.05], -0.1, [-0.2, 0.1]),
    ],
)
def test_largest_remainders_by_hand(values, total, rounded):
    assert digits.largest_remainder(values, total) == rounded


@given(st.lists(st.floats(-30.0, 30.0), min_size=1, max_size=6))
def test_rounded_parts_add_up_and_none_moves_by_a_step(values):
    total = round(sum(values), 1)
    rounded = digits.largest_remainder(values, total)

    assert round(sum(rounded), 6) == total + 0.0
    assert all(abs(one - value) < 0.1 + 1e-6 for one, value in zip(rounded, values, strict=True))
    assert [round(one, 1) for one in rounded] == rounded
    assert all(str(one) != "-0.0" for one in rounded)


def test_a_sum_with_an_unknown_part_shows_none_of_them():
    assert digits.print_sum(0.10, 0.05, [-0.02, None, -0.03]).parts == (None, None, None)
    assert digits.print_sum(0.10, 0.05, [-0.02, -0.03]) == (10.0, 5.0, -5.0, (-2.0, -3.0))
    assert digits.print_sum(0.0149, 0.0251, [0.0102]) == (1.5, 2.5, 1.0, (1.0,))


def test_a_difference_is_that_of_the_printed_numbers():
    assert digits.apart(0.1264, 0.1236) == 0.2  # 12.6 less 12.4, though 0.28 apart
    assert str(digits.apart(0.1, 0.1)) == "0.0"
    assert (digits.tenths(0.1264), str(digits.tenths(-0.0004))) == (12.6, "0.0")
