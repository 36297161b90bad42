"""What is remembered: made once, never over its bound of bytes, the longest unused dropped first, and sealed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.remembered import Remembered

NUMBER = 8
"""Bytes of a float."""


def never():
    raise AssertionError("it was made already")


@settings(max_examples=200, deadline=None)
@given(
    asked=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 12)), max_size=60),
    most=st.integers(0, 40),
)
def test_it_keeps_what_was_asked_for_last_as_far_as_the_bytes_reach(asked, most):
    """Against a list of keys, newest last, cut from the front while it holds more numbers than there is room for."""
    kept, sizes, newest = Remembered(most * NUMBER), {}, []
    for key, first in asked:
        length = sizes.setdefault(key, first)
        made = []
        values = kept.get(key, lambda: (made.append(1), np.full(length, float(key)))[1])  # noqa: B023
        np.testing.assert_array_equal(values, np.full(length, float(key)))
        assert bool(made) == (key not in newest)
        newest = [other for other in newest if other != key] + [key] * (length <= most)
        while sum(sizes[other] for other in newest) > most:
            newest.pop(0)
        assert kept.nbytes == NUMBER * sum(sizes[other] for other in newest) <= most * NUMBER
        assert len(kept) == len(newest)


def test_what_is_handed_out_can_t_be_written_into_nor_made_writeable():
    kept = Remembered(1_000)
    values = kept.get("a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        values += 1.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        values.flags.writeable = True
    assert kept.get("a", never) is values
    np.testing.assert_array_equal(values, np.zeros(3))


def test_a_part_of_a_larger_array_is_kept_by_itself():
    """Whoever holds the larger one may write into it, and it would be kept whole."""
    kept, large = Remembered(1_000), np.zeros(1_000)
    values = kept.get("a", lambda: large[:3])
    large[:] = 5.0
    np.testing.assert_array_equal(values, np.zeros(3))
    assert kept.nbytes == 3 * NUMBER
    assert values.base.nbytes == 3 * NUMBER


def test_what_fails_to_be_made_is_made_the_next_time():
    kept = Remembered(1_000)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0)
    assert kept.get("a", lambda: np.ones(1))[0] == 1.0
