"""How a fund kept to the model: by hand over a year's end, and against numpy's own least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, nyse

from data.fund import fund_return
from data.rates import days_between
from data.tracking import Overlap, growth, regression, returns

DATES = days("2020-12-30", "2020-12-31", "2021-01-04", "2021-01-05")


def overlap(spread=0.01, missed=0.0, count=300, leverage=-3.0):
    """A fund that keeps to the model but for what it missed each session."""
    rng, dates = np.random.default_rng(5), nyse("2019-06-03", count + 1)
    r, rate = rng.normal(0.0005, 0.02, count), np.linspace(0.01, 0.05, count + 1)
    fund = fund_return(r, rate[:-1], days_between(dates)[1:], leverage, 0.0101, spread) + missed
    return Overlap("SOXX", dates, growth(fund), growth(r), rate, leverage, 0.0101)


def test_three_sessions_by_hand() -> None:
    """-3x of +1 %, -2 %, +1 % with nothing earned or paid is -3 %, +6 %, -3 %; the fund makes -3 %, +5 %, -2 %."""
    level, fund = growth(np.array([0.01, -0.02, 0.01])), growth(np.array([-0.03, 0.05, -0.02]))
    told = Overlap("SOXX", DATES, fund, level, np.zeros(4), -3.0).tracking(0.0)
    assert (told.first, told.last, told.sessions) == (DATES[1], DATES[3], 3)
    assert told.actual == pytest.approx(0.97 * 1.05 * 0.98 - 1)
    assert told.model == pytest.approx(0.97 * 1.06 * 0.97 - 1)
    assert told.difference == pytest.approx(0.97 * (1.05 * 0.98 - 1.06 * 0.97))
    assert told.daily_error == pytest.approx(0.01 * 252**0.5)  # 0, -1 and +1 %: their deviation is 1 %
    january = 1.05 * 0.98 - 1.06 * 0.97  # December has no tracking
    assert told.monthly_mean == pytest.approx(january / 2)
    assert told.monthly_error == pytest.approx(abs(january) / 2**0.5)
    assert (told.worst, told.worst_on) == (pytest.approx(-0.01), DATES[2])


def test_calendar_years_meet_at_the_last_close() -> None:
    level = growth(np.array([0.01, -0.02, 0.01]))
    old, new = Overlap("SOXX", DATES, level, level, np.zeros(4), 1.0).years()
    assert (old.dates[-1], new.dates[0], len(new.dates)) == (DATES[1], DATES[1], 3)
    assert (old.tracking(0.0).actual, new.tracking(0.0).actual) == (pytest.approx(0.01), pytest.approx(0.98 * 1.01 - 1))


@settings(deadline=None)
@given(st.floats(-0.02, 0.03), st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]))
def test_the_spread_of_a_fund_that_keeps_to_the_model_is_found(spread: float, leverage: float) -> None:
    assert overlap(spread, leverage=leverage).fitted() == pytest.approx(spread, abs=1e-10)


def test_with_the_fitted_spread_the_mean_of_the_tracking_is_zero() -> None:
    noise = np.random.default_rng(6).normal(0.0003, 0.002, 300)
    fund = overlap(missed=noise)
    missed = returns(fund.fund) - fund.model(fund.fitted())
    assert missed.mean() == pytest.approx(0.0, abs=1e-15)
    told = fund.tracking(fund.fitted())
    assert told.daily_error == pytest.approx(missed.std(ddof=1) * 252**0.5)
    assert fund.fitted() == pytest.approx(0.01 - noise.mean() * 360 / 3 / fund.days.mean())


def test_the_regression_is_numpy_s_with_its_error() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(0.001, 0.02, 250)
    y = 0.0002 - 3 * x + rng.normal(0.0, 0.003, 250)
    (slope, constant), covariance = np.polyfit(x, y, 1, cov=True)
    told = regression(x, y)
    np.testing.assert_allclose(told, (slope, covariance[0, 0] ** 0.5, 252 * constant, np.corrcoef(x, y)[0, 1] ** 2))


@pytest.mark.parametrize(("x", "y"), [([0.01, 0.02], [0.0, 0.1]), ([0.0, 0.0, 0.0], [0.1, 0.2, 0.3])])
def test_what_can_not_be_regressed_is_missing(x: list[float], y: list[float]) -> None:
    assert np.isnan(regression(np.array(x), np.array(y))).all()


def test_a_year_of_one_session_has_returns_and_no_deviation() -> None:
    told = overlap(count=100).rows(slice(0, 2)).tracking(0.01)
    assert (told.sessions, np.isfinite(told.actual)) == (1, True)
    assert np.isnan([told.slope, told.r2, told.daily_error, told.monthly_error]).all()
