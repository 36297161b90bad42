"""Bars: total-return closes by hand and by invariance; sessions cut away take nothing from a holder."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, nyse, random_bars, scaled

from data.bars import COLUMNS, carried_forward

DATES = nyse("2024-01-02", 40)
SEEDS = st.integers(0, 10_000)


def random_path(seed, sessions=40):
    return random_bars("X", DATES[:sessions], np.random.default_rng(seed))


def eventful(seed, sessions=12):
    """Bars with a split or a dividend on about half of the days."""
    rng = np.random.default_rng(seed)
    split = np.where(rng.random(sessions) < 0.4, rng.choice([0.1, 0.25, 2.0, 3.0], sessions), 1.0)
    dividend = np.where(rng.random(sessions) < 0.4, rng.uniform(0.1, 2.0, sessions), 0.0)
    close = rng.uniform(20, 60, sessions)
    return make_bars("X", DATES[:sessions], close, open=close + 1.0, dividend=dividend, split=split)


# Total return


def test_total_return_of_five_bars_by_hand():
    """+10 % to 110; 2:1 and 55 is flat; 54 and $1 is flat; 1:10 and 594, ten times 54 and +10 %, is 121."""
    bars = make_bars("X", DATES[:5], [100, 110, 55, 54, 594], dividend={3: 1.0}, split={2: 2.0, 4: 0.1})
    np.testing.assert_allclose(bars.total_return(), [100, 110, 110, 110, 121], rtol=1e-14)


def test_a_dividend_is_in_the_new_share_basis_when_a_split_falls_on_the_same_day():
    """A share of $100 becomes two that close at $49 and pay $1 each: nothing gained."""
    bars = make_bars("X", DATES[:2], [100, 49], dividend={1: 1.0}, split={1: 2.0})
    np.testing.assert_allclose(bars.total_return(), [100, 100], rtol=1e-14)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_total_return_is_what_a_holder_makes_who_reinvests_at_the_close(seed):
    bars = random_path(seed)
    shares, wealth = 1.0, [bars.close[0]]
    for row in range(1, len(bars)):
        shares *= bars.split[row]
        shares += shares * bars.dividend[row] / bars.close[row]
        wealth.append(shares * bars.close[row])
    np.testing.assert_allclose(bars.total_return(), wealth, rtol=1e-12)


@given(SEEDS, st.lists(st.tuples(st.integers(1, 39), st.sampled_from([0.05, 0.1, 0.5, 2.0, 7.0])), max_size=6))
@settings(max_examples=50, deadline=None)
def test_total_return_does_not_see_splits(seed, events):
    bars = random_path(seed)
    split = np.ones(len(bars))
    for row, ratio in events:
        split[row] *= ratio
    rebased = replace(scaled(bars, np.cumprod(split)), split=bars.split * split)
    np.testing.assert_allclose(rebased.total_return(), bars.total_return(), rtol=1e-12)


def test_a_session_without_a_bar_carries_the_last_level_and_none_comes_before_the_first():
    bars = make_bars("X", DATES[:5], [np.nan, 10, np.nan, 12, np.nan])
    np.testing.assert_array_equal(bars.total_return(), [np.nan, 10, 10, 12, 12])


def test_no_bars_at_all_have_no_level():
    assert np.isnan(make_bars("X", DATES[:3], [np.nan] * 3).total_return()).all()


# Rows


@pytest.mark.parametrize("keep", [slice(1, 3), np.array([False, True, True, False])], ids=["slice", "flags"])
def test_chosen_rows_keep_every_column_together(keep):
    bars = eventful(3, 4)
    chosen = bars.rows(keep)
    assert (chosen.instrument, len(chosen)) == ("X", 2)
    for name in ("dates", *COLUMNS):
        np.testing.assert_array_equal(getattr(chosen, name), getattr(bars, name)[1:3])


# Onto other sessions


def test_events_of_a_session_cut_away_fold_into_the_next_by_hand():
    """Row 1 pays $2 and row 2 splits 1:10, both cut; row 3 splits 2:1 and pays $3.

    The ten shares that paid $20 are one share after row 2 and two after row 3: $10 each, and $3 more.
    """
    bars = make_bars("X", DATES[:4], [10, 10, 100, 50], dividend={1: 2.0, 3: 3.0}, split={2: 0.1, 3: 2.0})
    kept = bars.onto(DATES[[0, 3]])
    np.testing.assert_allclose(kept.split, [1, 0.2])
    np.testing.assert_allclose(kept.dividend, [0, 13])
    np.testing.assert_array_equal(kept.close, [10, 50])


def test_a_dividend_on_the_day_of_its_own_split_is_in_the_new_basis_already():
    bars = make_bars("X", DATES[:3], [10, 5, 5], dividend={1: 1.0}, split={1: 2.0})
    kept = bars.onto(DATES[[0, 2]])
    assert (kept.split[1], kept.dividend[1]) == (2.0, 1.0)


def holders(bars, open_sessions):
    """Walk one share through bars: its count, and the cash it paid, at the close of each session that is open.

    Cash that falls on a session that isn't open waits; the third number is the share count of a holder who puts
    what has come in to work at the open of the next open session.
    """
    seen, cash_shares, paid, shares, waiting = [], 1.0, 0.0, 1.0, 0.0
    for row, date in enumerate(bars.dates):
        if seen:
            cash_shares, shares = cash_shares * bars.split[row], shares * bars.split[row]
            paid += cash_shares * bars.dividend[row]
            waiting += shares * bars.dividend[row]
        if date in open_sessions:
            shares, waiting = shares + waiting / bars.open[row], 0.0
            seen.append((cash_shares, paid, shares))
    return np.array(seen)


@given(SEEDS, st.sets(st.integers(0, 11), min_size=2, max_size=11))
@settings(max_examples=100, deadline=None)
def test_a_holder_is_paid_the_same_whatever_sessions_are_cut_away(seed, kept):
    """By `cash` the dollars arrive in full; by `reinvest` they buy at the open of the next session that is kept."""
    bars = eventful(seed)
    sessions = bars.dates[sorted(kept)]
    np.testing.assert_allclose(holders(bars.onto(sessions), sessions), holders(bars, sessions), rtol=1e-12)


@given(SEEDS, st.sets(st.integers(0, 11), min_size=2, max_size=11))
@settings(max_examples=50, deadline=None)
def test_without_dividends_the_total_return_does_not_see_the_cut(seed, kept):
    rows = sorted(kept)
    bars = replace(eventful(seed), dividend=np.zeros(12))
    level, cut = bars.total_return()[rows], bars.onto(bars.dates[rows]).total_return()
    np.testing.assert_allclose(cut / cut[0], level / level[0], rtol=1e-12)


def test_events_before_the_first_and_after_the_last_session_kept_reach_nobody():
    bars = make_bars("X", DATES[:4], [1, 1, 1, 1], dividend={0: 5.0, 3: 7.0}, split={0: 2.0, 3: 3.0})
    kept = bars.onto(DATES[1:3])
    np.testing.assert_array_equal(kept.dividend, [0, 0])
    np.testing.assert_array_equal(kept.split, [1, 1])


def test_a_session_without_a_bar_is_nan_and_has_no_events():
    bars = make_bars("X", DATES[[0, 2]], [10, 11], dividend={1: 1.0}, split={1: 2.0})
    laid = bars.onto(DATES[:4])
    np.testing.assert_array_equal(laid.close, [10, np.nan, 11, np.nan])
    np.testing.assert_array_equal(laid.volume, [1000, np.nan, 1000, np.nan])
    np.testing.assert_array_equal(laid.dividend, [0, 0, 1, 0])
    np.testing.assert_array_equal(laid.split, [1, 1, 2, 1])


def test_an_event_passes_over_sessions_of_others_to_the_next_own_one():
    """Row 1 is cut, row 2 is kept by others but has no bar here: the dividend waits for row 3."""
    bars = make_bars("X", DATES[[0, 1, 3]], [10, 10, 10], dividend={1: 0.5})
    np.testing.assert_array_equal(bars.onto(DATES[[0, 2, 3]]).dividend, [0, 0, 0.5])


def test_laying_bars_on_their_own_sessions_changes_nothing():
    bars = eventful(5)
    laid = bars.onto(bars.dates.copy())
    for name in ("dates", *COLUMNS):
        np.testing.assert_array_equal(getattr(laid, name), getattr(bars, name))


# Carried forward


@given(st.lists(st.one_of(st.just(np.nan), st.floats(-10, 10)), max_size=20))
def test_values_are_carried_forward_as_pandas_does(values):
    array = np.array(values, dtype=float)
    np.testing.assert_array_equal(carried_forward(array), pd.Series(array).ffill().to_numpy())
