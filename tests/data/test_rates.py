"""Rates: discount to yield by its identity, and what cash earns by hand."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import days

from data.errors import DataError
from data.rates import accrual, as_yield, days_between, yield_known

# Thursday, Friday, Monday after Martin Luther King Day's week-end is a Tuesday.
DATES = days("2024-01-11", "2024-01-12", "2024-01-16", "2024-01-17")


@pytest.mark.parametrize("name", ["IRX", "DTB3"])
@given(st.floats(-2.0, 20.0))
def test_a_bill_bought_at_its_discount_earns_its_yield(name, percent):
    """A bill costs 1 - d*91/360 and pays 1 after 91 days."""
    price = 1.0 - percent / 100.0 * 91.0 / 360.0
    earned = as_yield(name, np.array([percent]))[0] * 91.0 / 360.0
    assert price * (1.0 + earned) == pytest.approx(1.0, rel=1e-14)


def test_a_discount_of_five_percent_yields_five_point_oh_six():
    assert as_yield("IRX", np.array([5.0]))[0] == pytest.approx(0.0506400, abs=5e-8)


def test_any_other_series_is_a_yield_already_and_what_is_missing_stays_missing():
    np.testing.assert_allclose(as_yield("DFF", np.array([5.25, -0.5, np.nan])), [0.0525, -0.005, np.nan])
    assert np.isnan(as_yield("IRX", np.array([np.nan]))).all()


@pytest.mark.parametrize("percent", [395.6, 1e15, -1e15, 80.0, 101.0, -60.0])
def test_what_no_cash_earns_is_told_with_its_session(percent):
    """A discount of 396 % or more would turn into a negative yield."""
    said = rf"series IRX is {percent:.10g} at the close of 2024-01-16, and no cash rate in percent a year: correct it"
    with pytest.raises(DataError, match=re.escape(said)):
        yield_known("IRX", np.array([np.nan, 5.0, percent, percent]), DATES)


def test_rates_that_there_were_are_known():
    np.testing.assert_array_equal(
        yield_known("DFF", np.array([np.nan, 22.36, -0.75, 0.0]), DATES)[1:], [0.2236, -0.0075, 0]
    )


def test_days_are_calendar_days_over_week_ends_and_holidays():
    np.testing.assert_array_equal(days_between(DATES), [0, 1, 4, 1])


def test_cash_earns_the_rate_known_at_the_close_before():
    """3.6 % a year is a basis point a day; 7.2 % known on Friday is two of them over four days."""
    np.testing.assert_allclose(accrual(DATES, np.array([0.036, 0.072, 0.36, 9.9])), [0, 1e-4, 8e-4, 1e-3], rtol=1e-14)


def test_the_last_rate_earns_nothing_yet():
    rate = np.array([0.01, 0.02, 0.03, 0.04])
    changed = np.array([0.01, 0.02, 0.03, np.nan])
    np.testing.assert_array_equal(accrual(DATES, rate), accrual(DATES, changed))


def test_negative_rates_cost():
    assert accrual(DATES, np.full(4, -0.01))[2] == pytest.approx(-0.01 * 4 / 360)
