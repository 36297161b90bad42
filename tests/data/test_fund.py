"""The leveraged-fund model against algebra by hand, an identity and a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import MemorySource, days, make_bars, make_series, nyse
from prospectus import estimated_return

from data.arrays import day
from data.errors import DataError
from data.fund import dated, driver, fund_return, rate_known

DAILY = np.ones(1)
SIGMAS = (0.10, 0.25, 0.50, 0.75, 1.00)
SEC = {-0.60: (1371.5, 973.9, 248.6, -46.5, -96.1), 0.0: (-5.8, -31.3, -77.7, -96.6, -99.8)}
"""A prospectus's "Estimated Fund Returns" of a -3x fund in percent: by the index's return, then by its volatility."""
GRID = [(index, sigma, told) for index, row in SEC.items() for sigma, told in zip(SIGMAS, row, strict=True)]


def test_leverage_one_without_costs_is_the_index_exactly() -> None:
    r = np.random.default_rng(1).normal(0.0, 0.02, 100)
    f, n = np.full(100, 0.05), np.full(100, 3.0)
    assert fund_return(r, f, n, 1.0, fee=0.0, spread=0.0).tobytes() == r.tobytes()


def test_three_days_of_minus_three_times_by_hand() -> None:
    r, f, n = np.array([0.01, -0.02, 0.03]), np.array([0.05, 0.05, 0.04]), np.array([1.0, 3.0, 1.0])
    by_hand = [
        -0.03 + 0.000555555556 - 0.000027671233 - 0.000083333333,
        +0.06 + 0.001666666667 - 0.000083013699 - 0.000250000000,
        -0.09 + 0.000444444444 - 0.000027671233 - 0.000083333333,
    ]
    np.testing.assert_allclose(fund_return(r, f, n, -3.0, fee=0.0101, spread=0.010), by_hand, atol=1e-12)
    np.testing.assert_allclose(fund_return(r, f, n, -3.0), by_hand, atol=1e-12)


@settings(deadline=None)
@given(st.floats(-0.2, 0.2), st.floats(0.0, 0.1), st.integers(1, 5), st.floats(0.0, 0.25), st.floats(0.0, 0.02))
def test_a_hedge_rebalanced_daily_is_the_book_de_risked(r: float, f: float, n: int, w: float, s: float) -> None:
    """Design, section 1: ``(1-w)r + wR = (1-4w)r + 4wf - w(fee + 3s)``."""
    fund = fund_return(r * DAILY, f * DAILY, n * DAILY, -3.0, fee=0.0101, spread=s)[0]
    earned, fee, spread = f * n / 360, 0.0101 * n / 365, s * n / 360
    assert (1 - w) * r + w * fund == pytest.approx((1 - 4 * w) * r + 4 * w * earned - w * (fee + 3 * spread))


def test_each_part_accrues_by_its_own_day_count() -> None:
    one, none, year = 1.0 * DAILY, 0.0 * DAILY, 365 * DAILY
    assert fund_return(none, 0.05 * one, year, -3.0, fee=0.0, spread=0.0)[0] == pytest.approx(0.2 * 365 / 360)
    assert fund_return(none, none, year, -3.0, fee=0.0101, spread=0.0)[0] == pytest.approx(-0.0101)
    assert fund_return(none, none, 360 * DAILY, -3.0, fee=0.0, spread=0.01)[0] == pytest.approx(-0.03)


def test_a_missing_input_is_missing_in_its_session_alone() -> None:
    r, f = np.array([0.01, np.nan, 0.02, 0.01]), np.array([0.0, 0.0, np.nan, 0.0])
    np.testing.assert_array_equal(np.isnan(fund_return(r, f, np.ones(4), -3.0)), [False, True, True, False])


@pytest.mark.parametrize(("index", "sigma", "told"), GRID)
def test_the_prospectus_grid_to_the_printed_digit(index: float, sigma: float, told: float) -> None:
    assert round(100 * estimated_return(index, sigma, -3.0), 1) == told


@pytest.mark.parametrize(("index", "sigma", "told"), GRID)
def test_the_prospectus_grid_by_resetting_very_often(index: float, sigma: float, told: float) -> None:
    """A path of a million moves, up and down by turns, that ends at R with a realised variance of sigma^2 exactly."""
    steps = 1_000_000
    drift = math.log(1 + index) / steps
    logs = drift + np.where(np.arange(steps) % 2, 1, -1) * math.sqrt(sigma**2 / steps - drift**2)
    assert (logs @ logs, np.expm1(logs.sum())) == (pytest.approx(sigma**2), pytest.approx(index))
    none = np.zeros(steps)
    fund = np.log1p(fund_return(np.expm1(logs), none, none, -3.0, fee=0.0, spread=0.0)).sum()
    assert round(100 * np.expm1(fund), 1) == told


@pytest.mark.parametrize("leverage", [-2.0, -1.0, 1.0, 2.0, 3.0])
def test_other_multiples_reset_to_the_closed_form_too(leverage: float) -> None:
    logs = np.where(np.arange(100_000) % 2, 1.0, -1.0) * 0.3 / math.sqrt(100_000) + math.log(1.2) / 100_000
    none = np.zeros(100_000)
    fund = np.prod(1 + fund_return(np.expm1(logs), none, none, leverage, fee=0.0, spread=0.0)) - 1
    assert fund == pytest.approx(estimated_return(0.2, 0.3, leverage), abs=1e-4)


@pytest.mark.parametrize(("index", "sigma"), [(0.0, 0.10), (0.0, 0.25), (-0.2, 0.25), (0.4, 0.25), (-0.4, 0.5)])
def test_daily_reset_compounds_to_the_closed_form(index: float, sigma: float) -> None:
    """The SEC's formula ``(1+R)^-3 exp(-6 sigma^2)``, on lognormal years that all end at R."""
    steps, years = 1000, 4000
    chance = np.random.default_rng(2).standard_normal((years, steps)) * sigma / math.sqrt(steps)
    logs = chance - chance.mean(axis=1, keepdims=True) + math.log(1 + index) / steps
    none = np.zeros(steps)
    fund = 1 + fund_return(np.expm1(logs), none, none, -3.0, fee=0.0, spread=0.0)
    assert fund.prod(axis=1).mean() == pytest.approx((1 + index) ** -3 * math.exp(-6 * sigma**2), rel=0.02)


# Fees and spreads by date


def test_a_dated_value_counts_from_its_day_on_and_the_first_before_it_too() -> None:
    sessions = days("2010-03-10", "2010-03-11", "2021-12-31", "2022-01-03", "2022-01-04")
    fee = {"2022-01-01": 0.0108, "2010-03-11": 0.0101}
    np.testing.assert_array_equal(dated(fee, sessions), [0.0101, 0.0101, 0.0101, 0.0108, 0.0108])
    np.testing.assert_array_equal(dated({day("2022-01-03"): 0.01}, sessions), np.full(5, 0.01))
    np.testing.assert_array_equal(dated(0.0101, sessions), np.full(5, 0.0101))


def test_a_dated_value_without_a_date_is_refused() -> None:
    with pytest.raises(DataError, match="at least one date"):
        dated({}, days("2020-01-02"))


def test_a_fee_for_each_session_is_the_sessions_with_each_fee() -> None:
    r, f, n = np.array([0.01, -0.02, 0.03]), np.full(3, 0.05), np.array([1.0, 3.0, 1.0])
    fee, spread = np.array([0.01, 0.01, 0.02]), np.array([0.0, 0.005, 0.005])
    each = [fund_return(r[[t]], f[[t]], n[[t]], -3.0, fee[t], spread[t])[0] for t in range(3)]
    np.testing.assert_array_equal(fund_return(r, f, n, -3.0, fee, spread), each)


# What the model is fed


def test_bars_drive_before_a_series_of_the_same_name_does() -> None:
    dates = nyse("2020-01-02", 3)
    bars, series = make_bars("SOX", dates, [1.0, 2.0, 3.0]), make_series("SOX", dates, [10.0, 20.0, 30.0])
    assert driver(MemorySource({"SOX": bars}, {"SOX": series}), "SOX") == (bars, False)
    index, is_index = driver(MemorySource({}, {"SOX": series}), "SOX")
    assert is_index
    np.testing.assert_array_equal(index.close, [10.0, 20.0, 30.0])


def test_an_unknown_driver_is_named_with_what_is_near() -> None:
    source = MemorySource({"SOXX": make_bars("SOXX", nyse("2020-01-02", 2), [1.0, 2.0])})
    with pytest.raises(DataError, match=r"^source memory has neither bars nor a series of SOXZ, did you mean SOXX\?$"):
        driver(source, "SOXZ")


def test_the_rate_is_as_known_at_each_close() -> None:
    sessions = days("2020-01-02", "2020-01-03", "2020-01-06")
    source = MemorySource({}, {"IRX": make_series("IRX", days("2019-12-31", "2020-01-03"), [1.5, 1.6])})
    quoted = np.array([0.015, 0.016, 0.016])
    np.testing.assert_allclose(rate_known(source, "IRX", sessions), quoted / (1 - quoted * 91 / 360), rtol=1e-14)
    np.testing.assert_array_equal(rate_known(source, 0.03, sessions), np.full(3, 0.03))


def test_a_rate_that_does_not_reach_back_is_refused() -> None:
    source = MemorySource({}, {"IRX": make_series("IRX", days("2020-01-03"), [1.5])})
    with pytest.raises(DataError, match=r"^series IRX has no value known by 2020-01-02, from where .*: name a rate"):
        rate_known(source, "IRX", days("2020-01-02", "2020-01-03"))
