"""Signals of weakness by hand, against pandas, by invariance, and without look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import StrategyError
from strategies.signals.weakness import channel_breakdown, crossing, drawdown, moving_average_gap, rate_of_change

RNG = np.random.default_rng(21)
PATH = 30 * np.exp(np.cumsum(RNG.normal(0.0, 0.02, 300)))
HIGH, LOW = PATH * np.exp(RNG.uniform(0, 0.02, 300)), PATH / np.exp(RNG.uniform(0, 0.02, 300))
CLOSES = pd.Series(PATH)
NAN = np.nan


def test_by_hand():
    path = np.array([1.0, 3, 8, 4])
    np.testing.assert_allclose(moving_average_gap(path, 2), [NAN, 0.5, 8 / 5.5 - 1, 4 / 6 - 1])
    np.testing.assert_allclose(crossing(path, 2, 3), [NAN, NAN, 5.5 / 4 - 1, 6 / 5 - 1])
    np.testing.assert_allclose(rate_of_change(path, 2), [NAN, NAN, 7, 1 / 3])
    np.testing.assert_allclose(drawdown(path, 2), [NAN, 0, 0, -0.5])


@pytest.mark.parametrize("days", [2, 20, 252])
def test_against_pandas(days):
    rolling = CLOSES.rolling(days)
    np.testing.assert_allclose(moving_average_gap(PATH, days), CLOSES / rolling.mean() - 1, atol=1e-12)
    np.testing.assert_allclose(rate_of_change(PATH, days), CLOSES.pct_change(days), atol=1e-12)
    np.testing.assert_allclose(drawdown(PATH, days), CLOSES / rolling.max() - 1, atol=1e-12)
    slow = CLOSES.rolling(days + 3).mean()
    np.testing.assert_allclose(crossing(PATH, days, days + 3), rolling.mean() / slow - 1, atol=1e-12)


@pytest.mark.parametrize(("fast", "slow"), [(50, 50), (50, 20)])
def test_a_fast_average_that_is_the_slower_one_is_refused(fast, slow):
    with pytest.raises(StrategyError, match=f"crossing: fast has to be below slow, not {fast} against {slow}"):
        crossing(PATH, fast, slow)


def test_a_drawdown_is_never_above_0_and_is_0_at_a_high_alone():
    found = drawdown(PATH, 20)[19:]
    assert (found <= 0).all()
    np.testing.assert_array_equal(found == 0, (CLOSES.rolling(20).max() == CLOSES)[19:])


# Channel breakdown

QUIET = np.array([10.0, 12, 10, 12, 10.5, 11.5, 10.5, 11.5, 9.45])
"""A wide range, then a narrow one, then a close 10 % below its floor."""


def test_a_breakdown_after_a_narrow_range_by_hand():
    """Channels of two sessions: 10..12 three times, then 10.5..12, then 10.5..11.5 to the end, the narrowest."""
    found = channel_breakdown(QUIET, QUIET, QUIET, days=2, narrow=0.5, year=4)
    assert np.isnan(found[:5]).all()
    np.testing.assert_allclose(found[5:], [11.5 / 10.5 - 1, 0, 11.5 / 10.5 - 1, 9.45 / 10.5 - 1])


def test_a_breakdown_from_a_wide_range_does_not_count():
    """As above, and the session after: its channel 9.45..11.5 is the widest of its four, so 9 is no breakdown."""
    path = np.append(QUIET, 9.0)
    assert channel_breakdown(path, path, path, days=2, narrow=0.5, year=4)[-1] == 0
    assert channel_breakdown(path, path, path, days=2, narrow=1.0, year=4)[-1] == pytest.approx(9 / 9.45 - 1)


@pytest.mark.parametrize("narrow", [0.0, 0.25, 1.0])
def test_a_channel_against_pandas(narrow):
    ceiling, floor = pd.Series(HIGH).rolling(5).max().shift(), pd.Series(LOW).rolling(5).min().shift()
    width = (ceiling - floor) / ((ceiling + floor) / 2)
    below = width.rolling(30).rank(method="min") - 1
    expected = (CLOSES / floor - 1).where(below < narrow * 30, (CLOSES / floor - 1).clip(lower=0)).where(below.notna())
    found = channel_breakdown(PATH, HIGH, LOW, 5, narrow, 30)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.isnan(found[:34]).all()
    assert not np.isnan(found[34:]).any()
    assert (found < 0).any() == (narrow > 0)


def test_a_range_that_stays_the_narrowest_stays_narrow():
    """The year holds nothing else any more; then the floor breaks."""
    path = np.array([10.0, 14, 10, 14, *[11, 12] * 6, 9])
    found = channel_breakdown(path, path, path, days=2, narrow=0.1, year=5)
    assert found[-1] == pytest.approx(9 / 11 - 1)


def test_a_session_without_a_bar_counts_with_its_carried_close():
    level, high, low = PATH.copy(), HIGH.copy(), LOW.copy()
    level[100] = level[99]
    missing = np.arange(300) == 100
    holes = channel_breakdown(level, np.where(missing, NAN, high), np.where(missing, NAN, low))
    high[100] = low[100] = level[100]
    np.testing.assert_array_equal(holes, channel_breakdown(level, high, low))


# All of them

SIGNALS = {
    "moving_average_gap": (lambda level: moving_average_gap(level, 10), 9),
    "crossing": (lambda level: crossing(level, 4, 10), 9),
    "rate_of_change": (lambda level: rate_of_change(level, 10), 10),
    "drawdown": (lambda level: drawdown(level, 10), 9),
    "channel_breakdown": (lambda level: channel_breakdown(level, 1.01 * level, level / 1.01, 5, 0.3, 10), 14),
}
EVERY = pytest.mark.parametrize(("signal", "warm_up"), SIGNALS.values(), ids=SIGNALS)


@EVERY
def test_warm_up_is_as_said_and_begins_with_the_instrument(signal, warm_up):
    late = PATH.copy()
    late[:40] = NAN
    assert np.flatnonzero(np.isnan(signal(PATH))).tolist() == list(range(warm_up))
    assert np.flatnonzero(np.isnan(signal(late))).tolist() == list(range(40 + warm_up))
    assert np.isnan(signal(PATH[:3])).all()


@EVERY
def test_where_history_starts_changes_no_bit(signal, warm_up):
    assert_same_bits(signal(PATH[101:])[warm_up:], signal(PATH)[101 + warm_up :])


@EVERY
@given(scale=st.floats(1e-3, 1e6))
@settings(max_examples=15, deadline=None)
def test_the_price_s_scale_does_not_matter(signal, warm_up, scale):
    np.testing.assert_allclose(signal(scale * PATH), signal(PATH), atol=1e-12)


@EVERY
def test_none_looks_ahead(signal, warm_up):
    assert_causal(signal, PATH[:80])


def test_a_channel_looks_ahead_in_none_of_its_arguments():
    level, high, low = PATH[:80], HIGH[:80], LOW[:80]
    assert_causal(lambda values: channel_breakdown(values, high[: len(values)], low[: len(values)], 5, 0.3, 10), level)
    assert_causal(lambda values: channel_breakdown(level[: len(values)], values, low[: len(values)], 5, 0.3, 10), high)
    assert_causal(lambda values: channel_breakdown(level[: len(values)], high[: len(values)], values, 5, 0.3, 10), low)
