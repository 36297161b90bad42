"""Breadth against pandas and by hand; who counts, scale, and no look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.breadth import new_lows, share_above_average

RNG = np.random.default_rng(22)
LEVELS = np.exp(np.cumsum(RNG.normal(0.0, 0.02, (300, 8)), axis=0))
LEVELS[:120, 3] = np.nan
ALL = np.ones(LEVELS.shape, np.bool_)
SOME = RNG.random(LEVELS.shape) < 0.8
SIGNALS = {"share_above_average": share_above_average, "new_lows": new_lows}
TINY = np.array([[1.0, 4, 2], [2, 3, 2], [3, 5, 1], [1, 6, 3]])
"""Three members, four sessions."""


def everybody(levels):
    return np.ones(levels.shape, np.bool_)


def test_share_above_average_by_hand():
    """Of two closes the average is passed when the close rises: 1 of 3, then 2, then 2; a tie is not above."""
    found = share_above_average(TINY, everybody(TINY), 2, min_members=3)
    np.testing.assert_allclose(found, [np.nan, 1 / 3, 2 / 3, 2 / 3])


def test_new_lows_by_hand():
    """Of two closes it is a low when the close doesn't rise: the tie 2, 2 counts."""
    found = new_lows(TINY, everybody(TINY), 2, min_members=3)
    np.testing.assert_allclose(found, [np.nan, 2 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("belongs", [ALL, SOME], ids=["all", "some"])
@pytest.mark.parametrize("days", [2, 50, 252])
def test_they_are_pandas_rolling(days, belongs):
    frame = pd.DataFrame(LEVELS)
    for found, peer, holds in (
        (share_above_average(LEVELS, belongs, days), frame.rolling(days).mean(), frame.gt),
        (new_lows(LEVELS, belongs, days), frame.rolling(days).min(), frame.le),
    ):
        counted = belongs & peer.notna()
        count = counted.sum(axis=1)
        expected = (holds(peer) & counted).sum(axis=1) / count.where(count >= 5)
        np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("name", SIGNALS)
def test_one_that_is_no_member_does_not_count(name):
    without = ALL.copy()
    without[:, 6] = False
    assert_same_bits(
        SIGNALS[name](LEVELS, without, 20),
        SIGNALS[name](np.delete(LEVELS, 6, axis=1), np.delete(ALL, 6, axis=1), 20),
    )


@pytest.mark.parametrize("name", SIGNALS)
def test_too_few_members_tell_nothing(name):
    """Seven have a full window from the 20th close on, the eighth from its own 20th."""
    found = SIGNALS[name](LEVELS, ALL, 20, min_members=8)
    assert np.isnan(found[:139]).all()
    assert not np.isnan(found[139:]).any()
    assert not np.isnan(SIGNALS[name](LEVELS, ALL, 20, min_members=7)[19:]).any()
    assert np.isnan(SIGNALS[name](LEVELS, ALL, 20, min_members=9)).all()


@pytest.mark.parametrize("name", SIGNALS)
@given(scales=st.lists(st.integers(-6, 6), min_size=8, max_size=8))
@settings(max_examples=25, deadline=None)
def test_no_member_s_price_scale_matters(name, scales):
    scaled = LEVELS * 2.0 ** np.array(scales)
    assert_same_bits(SIGNALS[name](scaled, SOME, 20), SIGNALS[name](LEVELS, SOME, 20))


@pytest.mark.parametrize("name", SIGNALS)
def test_the_order_of_members_does_not_matter(name):
    order = RNG.permutation(8)
    found = SIGNALS[name](LEVELS[:, order], SOME[:, order], 20)
    assert_same_bits(found, SIGNALS[name](LEVELS, SOME, 20))


@pytest.mark.parametrize("name", SIGNALS)
def test_it_looks_ahead_neither_at_levels_nor_at_membership(name):
    signal, levels = SIGNALS[name], LEVELS[100:160]
    assert_causal(lambda seen: signal(seen, SOME[100 : 100 + len(seen)], 9), levels)
    assert_causal(lambda seen: signal(levels[: len(seen)], seen == 1.0, 9), SOME[100:160].astype(float))


@pytest.mark.parametrize("name", SIGNALS)
def test_it_does_not_hang_on_where_history_starts(name):
    assert_same_bits(SIGNALS[name](LEVELS[41:], SOME[41:], 20)[20:], SIGNALS[name](LEVELS, SOME, 20)[61:])


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("sessions", [0, 1, 19])
def test_a_history_shorter_than_the_window_is_all_warm_up(name, sessions):
    found = SIGNALS[name](LEVELS[:sessions], ALL[:sessions], 20)
    assert found.shape == (sessions,)
    assert np.isnan(found).all()
