"""Volume signals against pandas and by hand; what isn't known, scale, and no look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.volume import dollar_volume, volume_share, volume_zscore

RNG = np.random.default_rng(21)
DOLLARS = np.exp(RNG.normal(18.0, 0.7, 300))
OTHER = np.exp(RNG.normal(19.0, 0.5, 300))
GAPS = np.where(RNG.random(300) < 0.2, np.nan, DOLLARS)
"""With a fifth of the sessions unknown."""
LATE = np.concatenate((np.full(100, np.nan), DOLLARS[100:]))
NEEDED = {2: 1, 5: 3, 20: 10, 63: 32}
"""Half of a window, rounded up."""


# Dollar volume


def test_dollar_volume_by_hand():
    """(2 + 4) / 2, then what is known of (4, unknown), then of (unknown, 8)."""
    np.testing.assert_array_equal(dollar_volume(np.array([2.0, 4, np.nan, 8]), 2), [np.nan, 3, 4, 8])


def test_dollar_volume_of_a_window_of_which_less_than_half_is_known_is_unknown():
    values = np.array([np.nan, np.nan, 6, 2, np.nan, np.nan])
    np.testing.assert_array_equal(dollar_volume(values, 3), [np.nan, np.nan, np.nan, 4, 4, np.nan])


@pytest.mark.parametrize("days", NEEDED)
@pytest.mark.parametrize("values", [DOLLARS, GAPS, LATE], ids=["whole", "gaps", "late"])
def test_dollar_volume_is_pandas_rolling_mean(values, days):
    peer = pd.Series(values).rolling(days, min_periods=NEEDED[days]).mean()
    peer[: days - 1] = np.nan
    np.testing.assert_allclose(dollar_volume(values, days), peer, rtol=1e-12)


# Z-score


def test_a_zscore_by_hand():
    """Logs 1, 3, then 6: mean 2, standard deviation sqrt(2); then 3, 6 (mean 4.5, sd 3/sqrt(2)) and 0."""
    found = volume_zscore(np.exp([1.0, 3, 6, 0]), 2)
    np.testing.assert_allclose(found, [np.nan, np.nan, 4 / np.sqrt(2), -4.5 * np.sqrt(2) / 3], rtol=1e-14)


@pytest.mark.parametrize("days", [5, 20, 63])
@pytest.mark.parametrize("values", [DOLLARS, GAPS, LATE], ids=["whole", "gaps", "late"])
def test_a_zscore_is_pandas_against_the_window_before(values, days):
    logs = pd.Series(np.log(values))
    window = logs.shift(1).rolling(days, min_periods=NEEDED[days])
    peer = (logs - window.mean()) / window.std()
    peer[:days] = np.nan
    np.testing.assert_allclose(volume_zscore(values, days), peer, rtol=1e-9, atol=1e-12)


def test_today_is_no_part_of_what_it_is_held_against():
    """Ten times the volume is ln(10) / sd further out, whatever the window: with today in it, it would be less."""
    louder = DOLLARS.copy()
    louder[-1] *= 10.0
    further = volume_zscore(louder, 63)[-1] - volume_zscore(DOLLARS, 63)[-1]
    assert further == pytest.approx(np.log(10.0) / np.log(DOLLARS[-64:-1]).std(ddof=1), rel=1e-12)


def test_volume_that_never_varies_has_no_zscore():
    assert np.isnan(volume_zscore(np.full(30, 123456.7), 10)).all()
    one_known = np.array([np.nan, 5.0, 7.0])
    assert np.isnan(volume_zscore(one_known, 2)).all()


@given(st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_volume_does_not_matter_to_zscore_and_share(scale):
    np.testing.assert_allclose(volume_zscore(scale * GAPS, 20), volume_zscore(GAPS, 20), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(volume_share(scale * GAPS, scale * OTHER), volume_share(GAPS, OTHER), rtol=1e-12)
    np.testing.assert_allclose(dollar_volume(scale * GAPS), scale * dollar_volume(GAPS), rtol=1e-12)


# Share


def test_a_share_by_hand():
    """1 of 4, then 4 of 12 dollars: shares of sums, not means of shares. The session the other lacks doesn't count."""
    found = volume_share(np.array([1.0, 3, 9]), np.array([3.0, 5, np.nan]), 2)
    np.testing.assert_allclose(found, [np.nan, 4 / 12, 3 / 8], rtol=1e-15)


@pytest.mark.parametrize("days", NEEDED)
def test_a_share_is_pandas_rolling_sums(days):
    ours, theirs = pd.Series(GAPS), pd.Series(OTHER).where(RNG.random(300) > 0.1)
    both = ours + theirs
    peer = [each.where(both.notna()).rolling(days, min_periods=NEEDED[days]).sum() for each in (ours, both)]
    expected = peer[0] / peer[1]
    expected[: days - 1] = np.nan
    np.testing.assert_allclose(volume_share(GAPS, theirs.to_numpy(), days), expected, rtol=1e-10)


@given(st.floats(0.01, 0.99))
@settings(max_examples=25, deadline=None)
def test_the_shares_of_two_make_one(part):
    both = volume_share(part * DOLLARS, OTHER) + volume_share(OTHER, part * DOLLARS)
    np.testing.assert_allclose(both[4:], 1.0, rtol=1e-14)


# All


SIGNALS = {
    "dollar_volume": lambda ours: dollar_volume(ours, 7),
    "volume_zscore": lambda ours: volume_zscore(ours, 7),
    "share_of_ours": lambda ours: volume_share(ours, OTHER[: len(ours)], 7),
    "share_of_theirs": lambda theirs: volume_share(OTHER[: len(theirs)], theirs, 7),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_vendor_s_zero_is_an_unknown_volume(name):
    np.testing.assert_array_equal(SIGNALS[name](np.nan_to_num(GAPS)), SIGNALS[name](GAPS))


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("values", [DOLLARS, GAPS], ids=["whole", "gaps"])
def test_no_signal_looks_ahead(name, values):
    assert_causal(SIGNALS[name], values[:60])


@pytest.mark.parametrize("signal", [dollar_volume, volume_zscore])
def test_it_does_not_hang_on_where_history_starts(signal):
    assert_same_bits(signal(GAPS[37:], 20)[20:], signal(GAPS, 20)[57:])


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("sessions", [0, 1, 6])
def test_a_history_shorter_than_the_window_is_all_warm_up(name, sessions):
    found = SIGNALS[name](DOLLARS[:sessions])
    assert found.shape == (sessions,)
    assert np.isnan(found).all()
