"""What instruments did, session by session: taken out of bars and put behind them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import make_bars, nyse, random_bars

from data.bars import PRICES
from engine.stress.courses import QUARTER, appended, days_of, filled_in, moved, still, usual_volume

DATES = nyse("2019-01-02", 400)


def bars_of(seed, count=200):
    return random_bars("AAA", DATES[:count], np.random.default_rng(seed))


@given(st.integers(0, 1000), st.integers(70, 199))
def test_days_put_behind_their_own_bars_are_the_total_return(seed, row):
    """Splits and dividends of the days that are replayed are in their prices, which tell no more of them."""
    whole = bars_of(seed)
    before, days = whole.rows(slice(0, row)), days_of(whole)
    made = appended(before, 1.0, whole.dates[row:], days.rows(np.arange(row - 1, 199)))
    grown = whole.total_return()
    np.testing.assert_allclose(made.close[row:] / made.close[row - 1], grown[row:] / grown[row - 1], rtol=1e-12)
    np.testing.assert_array_equal(made.dates, whole.dates)
    assert (made.high >= np.maximum(made.open, made.close)).all()
    assert (made.low <= np.minimum(made.open, made.close)).all()
    assert (made.split[row:] == 1.0).all()
    assert (made.dividend[row:] == 0.0).all()


def test_volume_is_over_what_was_usual_in_the_shares_of_the_last_session():
    """A 2:1 split doubles the shares that change hands; neither what is usual nor a day's part of it knows of that."""
    volume = {row: 1000.0 if row < 80 else 2000.0 for row in range(100)} | {90: 6000.0}
    bars = make_bars("AAA", DATES[:100], np.full(100, 10.0), volume=volume, split={80: 2.0})
    days = days_of(bars)
    assert days.volume[days.at(bars.dates[[80, 90]])] == pytest.approx([1.0, 3.0])
    assert usual_volume(bars) == pytest.approx((62 * 2000.0 + 6000.0) / QUARTER)
    made = appended(bars, usual_volume(bars), DATES[100:101], days.rows(np.array([89])))
    assert made.volume[-1] == pytest.approx(3.0 * usual_volume(bars))


def test_moved_days_close_where_they_are_told_and_open_by_their_own_gaps():
    days = days_of(bars_of(3)).rows(np.arange(50))
    growth, scale = np.linspace(0.9, 1.1, 50), np.full(50, 2.0)
    made = moved(days, growth, scale)
    np.testing.assert_array_equal(made.course.close, growth)
    np.testing.assert_allclose(made.course.open, days.course.open**2.0, rtol=1e-12)
    assert (made.course.high >= np.maximum(made.course.open, growth)).all()
    assert (made.course.low <= np.minimum(made.course.open, growth)).all()


def test_days_of_which_only_closes_are_known_open_as_days_of_that_return_did():
    own, growth = days_of(bars_of(5, 400)), np.array([0.97, 1.0, 1.03])
    made = filled_in(DATES[:3], growth, own, np.random.default_rng(0))
    np.testing.assert_array_equal(made.course.close, growth)
    assert set(made.course.open.round(12)) <= set(own.course.open.round(12))
    again = filled_in(DATES[:3], growth, own, np.random.default_rng(0))
    np.testing.assert_array_equal(made.course.open, again.course.open)


def test_a_day_without_a_bar_stands_still_and_a_date_is_found_by_its_row():
    days = days_of(bars_of(1))
    rows = days.at(np.array(["2018-12-24", str(DATES[1]), str(DATES[399])], "datetime64[D]"))
    assert rows.tolist() == [-1, 0, -1]
    made = days.rows_or_still(rows)
    assert made.course.close.tolist() == [1.0, days.course.close[0], 1.0]
    assert np.isnan(made.volume[[0, 2]]).all()


def test_nothing_moves_where_all_stands_still():
    bars = bars_of(2)
    made = appended(bars, 500.0, DATES[200:230], still(DATES[200:230]))
    for name in PRICES:
        assert (getattr(made, name)[200:] == bars.close[-1]).all()
    assert (made.volume[200:] == 500.0).all()
