"""The leveraged-fund model against algebra by hand, an identity and a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.fund import fund_return

DAILY = np.ones(1)


def test_leverage_one_without_costs_is_the_index_exactly() -> None:
    r = np.random.default_rng(1).normal(0.0, 0.02, 100)
    f, days = np.full(100, 0.05), np.full(100, 3.0)
    np.testing.assert_array_equal(fund_return(r, f, days, 1.0, fee=0.0, spread=0.0), r)


def test_three_days_of_minus_three_times_by_hand() -> None:
    r, f, days = np.array([0.01, -0.02, 0.03]), np.array([0.05, 0.05, 0.04]), np.array([1.0, 3.0, 1.0])
    by_hand = [
        -0.03 + 0.000555555556 - 0.000027671233 - 0.000083333333,
        +0.06 + 0.001666666667 - 0.000083013699 - 0.000250000000,
        -0.09 + 0.000444444444 - 0.000027671233 - 0.000083333333,
    ]
    np.testing.assert_allclose(fund_return(r, f, days, -3.0, fee=0.0101, spread=0.010), by_hand, atol=1e-12)
    np.testing.assert_allclose(fund_return(r, f, days, -3.0), by_hand, atol=1e-12)


@given(st.floats(-0.2, 0.2), st.floats(0.0, 0.1), st.integers(1, 5), st.floats(0.0, 0.25), st.floats(0.0, 0.02))
def test_a_hedge_rebalanced_daily_is_the_book_de_risked(r: float, f: float, days: int, w: float, s: float) -> None:
    """Design, section 1: ``(1-w)r + wR = (1-4w)r + 4wf - w(fee + 3s)``."""
    fund = fund_return(r * DAILY, f * DAILY, days * DAILY, -3.0, fee=0.0101, spread=s)[0]
    earned, fee, spread = f * days / 360, 0.0101 * days / 365, s * days / 360
    assert (1 - w) * r + w * fund == pytest.approx((1 - 4 * w) * r + 4 * w * earned - w * (fee + 3 * spread))


def test_each_part_accrues_by_its_own_day_count() -> None:
    one, none, year = 1.0 * DAILY, 0.0 * DAILY, 365 * DAILY
    assert fund_return(none, 0.05 * one, year, -3.0, fee=0.0, spread=0.0)[0] == pytest.approx(0.2 * 365 / 360)
    assert fund_return(none, none, year, -3.0, fee=0.0101, spread=0.0)[0] == pytest.approx(-0.0101)
    assert fund_return(none, none, 360 * DAILY, -3.0, fee=0.0, spread=0.01)[0] == pytest.approx(-0.03)


def test_a_missing_input_is_missing_in_its_session_alone() -> None:
    r, f = np.array([0.01, np.nan, 0.02, 0.01]), np.array([0.0, 0.0, np.nan, 0.0])
    np.testing.assert_array_equal(np.isnan(fund_return(r, f, np.ones(4), -3.0)), [False, True, True, False])


@pytest.mark.parametrize(("index", "sigma"), [(0.0, 0.10), (0.0, 0.25), (-0.2, 0.25), (0.4, 0.25), (-0.4, 0.5)])
def test_daily_reset_compounds_to_the_closed_form(index: float, sigma: float) -> None:
    """The SEC's formula ``(1+R)^-3 exp(-6 sigma^2)``, on lognormal years that all end at R."""
    steps, years = 1000, 4000
    chance = np.random.default_rng(2).standard_normal((years, steps)) * sigma / math.sqrt(steps)
    logs = chance - chance.mean(axis=1, keepdims=True) + math.log(1 + index) / steps
    none = np.zeros(steps)
    fund = 1 + fund_return(np.expm1(logs), none, none, -3.0, fee=0.0, spread=0.0)
    assert fund.prod(axis=1).mean() == pytest.approx((1 + index) ** -3 * math.exp(-6 * sigma**2), rel=0.02)
