"""Leadership against numpy, pandas and by hand; who counts, invariances, and no look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals import leadership
from strategies.signals.leadership import average_correlation, equal_against_cap, gain_concentration

RNG = np.random.default_rng(23)
LEVELS = np.exp(np.cumsum(RNG.normal(0.0, 0.02, (200, 8)) + RNG.normal(0.0, 0.02, (200, 1)), axis=0))
LEVELS[:60, 3] = np.nan
FUND = np.exp(np.cumsum(RNG.normal(0.0, 0.02, 200)))
ALL = np.ones(LEVELS.shape, np.bool_)
SOME = RNG.random(LEVELS.shape) < 0.8


def against_fund(levels, belongs, days=63, min_members=5):
    return equal_against_cap(FUND[: len(levels)], levels, belongs, days, min_members)


SIGNALS = {
    "gain_concentration": gain_concentration,
    "equal_against_cap": against_fund,
    "average_correlation": average_correlation,
}


def everybody(levels):
    return np.ones(levels.shape, np.bool_)


# Concentration of gains


def test_concentration_by_hand():
    """Gains over two sessions 60, 30, 10 % and a loss of 50 %: the best made 60 of 100, the best two 90."""
    levels = np.array([[10.0, 10, 10, 10], [11, 9, 10, 2], [16, 13, 11, 5]])
    for top, expected in ((1, 0.6), (2, 0.9), (3, 1.0)):
        found = gain_concentration(levels, everybody(levels), 2, top, min_members=4)
        np.testing.assert_allclose(found, [np.nan, np.nan, expected], rtol=1e-14)


def test_as_many_leaders_as_members_tell_nothing():
    assert np.isnan(gain_concentration(LEVELS, ALL, 20, top=8)).all()
    assert np.isnan(gain_concentration(LEVELS, ALL, 20, top=20)).all()


def test_where_nobody_gained_there_is_no_concentration():
    falling = np.exp(-0.01 * np.outer(np.arange(30.0), np.arange(1.0, 7.0)))
    assert np.isnan(gain_concentration(falling, everybody(falling), 5)).all()


def test_equal_gains_are_as_little_concentrated_as_can_be():
    rising = np.outer(1.01 ** np.arange(30.0), np.arange(1.0, 7.0))
    np.testing.assert_allclose(gain_concentration(rising, everybody(rising), 5, top=3)[5:], 3 / 6, rtol=1e-12)


@pytest.mark.parametrize("belongs", [ALL, SOME], ids=["all", "some"])
@pytest.mark.parametrize(("days", "top"), [(2, 1), (20, 3), (63, 2)])
def test_concentration_is_what_pandas_nlargest_finds(days, top, belongs):
    gains = pd.DataFrame(LEVELS).pct_change(days, fill_method=None).where(belongs)
    expected = [
        row.clip(lower=0).nlargest(top).sum() / row.clip(lower=0).sum()
        if row.count() >= 5 and (row > 0).any()
        else np.nan
        for _, row in gains.iterrows()
    ]
    np.testing.assert_allclose(gain_concentration(LEVELS, belongs, days, top), expected, rtol=1e-12)


# Equal parts against the fund


def test_equal_parts_by_hand():
    """Members +100 % and 0, then 0 and +50 %: 1.5 x 1.25 in equal parts, against a fund that went from 4 to 7."""
    levels = np.array([[1.0, 2], [2, 2], [2, 3]])
    found = equal_against_cap(np.array([4.0, 5, 7]), levels, everybody(levels), 2, min_members=2)
    np.testing.assert_allclose(found, [np.nan, np.nan, 1.5 * 1.25 - 7 / 4], rtol=1e-14)


def test_one_that_joins_is_held_from_the_close_of_that_day():
    levels = np.array([[1.0, 1], [1, 2], [1, 6]])
    belongs = np.array([[True, False], [True, True], [True, True]])
    found = equal_against_cap(np.ones(3), levels, belongs, 2, min_members=1)
    np.testing.assert_allclose(found[2], (1 + 0) * (1 + (0 + 2) / 2) - 1, rtol=1e-14)


@pytest.mark.parametrize("belongs", [ALL, SOME], ids=["all", "some"])
@pytest.mark.parametrize("days", [2, 20, 63])
def test_equal_parts_are_a_book_restored_every_close(days, belongs):
    """Followed dollar by dollar: shares bought at one close, sold at the next."""
    value = [1.0]
    for row in range(1, len(LEVELS)):
        held = np.flatnonzero(belongs[row - 1] & ~np.isnan(LEVELS[row - 1]))
        shares = value[-1] / len(held) / LEVELS[row - 1, held]
        value.append(float(shares @ LEVELS[row, held]))
    peer = pd.Series(value).pct_change(days) - pd.Series(FUND).pct_change(days)
    np.testing.assert_allclose(against_fund(LEVELS, belongs, days, 1), peer, rtol=1e-9, atol=1e-12)


def test_a_fund_of_the_members_in_equal_parts_is_neither_ahead_nor_behind():
    equal = np.cumprod(np.concatenate(([1.0], np.nanmean(LEVELS[1:] / LEVELS[:-1], axis=1))))
    found = equal_against_cap(equal, LEVELS, ALL, 20)
    np.testing.assert_allclose(found[20:], 0.0, atol=1e-12)


def test_any_session_of_too_few_members_makes_it_unknown():
    belongs = ALL.copy()
    belongs[100, :4] = False  # four are left to hold over session 101
    found = against_fund(LEVELS, belongs, 20)
    assert np.isnan(found[101:121]).all()
    assert not np.isnan(found[[100, 121]]).any()


# Average correlation


@pytest.mark.parametrize("belongs", [ALL, SOME], ids=["all", "some"])
@pytest.mark.parametrize("days", [3, 20, 63])
def test_average_correlation_is_the_mean_over_pairs_of_numpy_s(days, belongs, monkeypatch):
    monkeypatch.setattr(leadership, "BLOCK", 50)  # so that the paths take several
    returns = np.diff(np.log(LEVELS), axis=0)
    expected = np.full(len(LEVELS), np.nan)
    for row in range(days, len(LEVELS)):
        window = returns[row - days : row]
        counted = belongs[row] & ~np.isnan(window).any(axis=0)
        if counted.sum() >= 5:
            matrix = np.corrcoef(window[:, counted], rowvar=False)
            expected[row] = matrix[np.triu_indices(len(matrix), 1)].mean()
    np.testing.assert_allclose(average_correlation(LEVELS, belongs, days), expected, rtol=1e-9, atol=1e-12)


def test_members_that_move_alike_correlate_by_1_and_two_that_mirror_each_other_by_minus_1():
    alike = np.column_stack([FUND ** (1 + member) for member in range(6)])
    np.testing.assert_allclose(average_correlation(alike, everybody(alike), 20)[20:], 1.0, rtol=1e-12)
    mirror = np.column_stack((FUND, 1 / FUND))
    found = average_correlation(mirror, everybody(mirror), 20, min_members=1)
    np.testing.assert_allclose(found[20:], -1.0, rtol=1e-12)


def test_a_member_that_does_not_move_is_left_out():
    still = LEVELS.copy()
    still[:, 5] = 7.0
    steady = LEVELS.copy()
    steady[:, 5] = 1.001 ** np.arange(200.0)
    without = average_correlation(np.delete(LEVELS, 5, axis=1), np.delete(ALL, 5, axis=1), 20)
    np.testing.assert_allclose(average_correlation(still, ALL, 20), without, rtol=1e-12)
    np.testing.assert_allclose(average_correlation(steady, ALL, 20), without, rtol=1e-12)


@given(st.lists(st.floats(-0.01, 0.01), min_size=8, max_size=8), st.floats(0.5, 3.0))
@settings(max_examples=15, deadline=None)
def test_neither_drift_nor_size_of_moves_matters_to_correlation(drifts, power):
    moved = LEVELS**power * np.exp(np.outer(np.arange(200.0), drifts))
    np.testing.assert_allclose(average_correlation(moved, ALL, 20), average_correlation(LEVELS, ALL, 20), rtol=1e-7)


# All


@pytest.mark.parametrize("name", SIGNALS)
@given(scales=st.lists(st.integers(-6, 6), min_size=8, max_size=8))
@settings(max_examples=15, deadline=None)
def test_no_member_s_price_scale_matters(name, scales):
    scaled = LEVELS * 2.0 ** np.array(scales)
    np.testing.assert_allclose(SIGNALS[name](scaled, SOME, 20), SIGNALS[name](LEVELS, SOME, 20), rtol=1e-9)


@pytest.mark.parametrize("name", SIGNALS)
def test_the_order_of_members_does_not_matter(name):
    order = RNG.permutation(8)
    found = SIGNALS[name](LEVELS[:, order], SOME[:, order], 20)
    np.testing.assert_allclose(found, SIGNALS[name](LEVELS, SOME, 20), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", SIGNALS)
def test_too_few_members_tell_nothing(name):
    """Seven have returns over 20 sessions from the 21st close on, the eighth from its own 21st."""
    found = SIGNALS[name](LEVELS, ALL, 20, min_members=8)
    assert np.isnan(found[:80]).all()
    assert not np.isnan(found[80:]).all()
    assert np.isnan(SIGNALS[name](LEVELS, ALL, 20, min_members=9)).all()


@pytest.mark.parametrize("name", SIGNALS)
def test_it_looks_ahead_neither_at_levels_nor_at_membership(name):
    signal, levels = SIGNALS[name], LEVELS[40:90]
    assert_causal(lambda seen: signal(seen, SOME[40 : 40 + len(seen)], 9), levels)
    assert_causal(lambda seen: signal(levels[: len(seen)], seen == 1.0, 9), SOME[40:90].astype(float))


def test_equal_parts_do_not_look_ahead_at_the_fund():
    assert_causal(lambda fund: equal_against_cap(fund, LEVELS[: len(fund)], SOME[: len(fund)], 9), FUND[:50])


@pytest.mark.parametrize("name", SIGNALS)
def test_it_does_not_hang_on_where_history_starts(name, monkeypatch):
    monkeypatch.setattr(leadership, "BLOCK", 32)
    fund = name == "equal_against_cap"
    later = (
        equal_against_cap(FUND[41:], LEVELS[41:], ALL[41:], 20) if fund else SIGNALS[name](LEVELS[41:], ALL[41:], 20)
    )
    assert_same_bits(later[20:], SIGNALS[name](LEVELS, ALL, 20)[61:])


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("sessions", [0, 1, 20])
def test_a_history_shorter_than_the_window_is_all_warm_up(name, sessions):
    found = SIGNALS[name](LEVELS[:sessions], ALL[:sessions], 20)
    assert found.shape == (sessions,)
    assert np.isnan(found).all()
