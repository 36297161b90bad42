"""Sizing: every formula against the book it is about, put together return by return."""

from functools import lru_cache
from typing import get_args

import numpy as np
import pytest
from causal import assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, nyse, random_bars

from data.roles import Roles
from engine.hedge_config import HedgeConfig
from strategies.sizing import (
    FUNDINGS,
    METHODS,
    Sizing,
    core_beta,
    core_returns,
    hedge_weights,
    most_hedge,
    simple_returns,
    unhedged_core,
)

SESSIONS, LOOKBACK = 60, 15
DATES = nyse("2019-01-02", SESSIONS)
SEVERAL = Roles.with_fund({"CORE": 0.6, "OTHER": 0.4}, "FUND", "INDEX", -3.0)
BASE = Sizing("fixed", 0.15, 1.0, "sell_core", 0.2, 1.0, LOOKBACK, 0.2)
FUNDED = pytest.mark.parametrize("funding", FUNDINGS)
ESTIMATES = ("beta", "volatility_target", "minimum_variance")
SEEDS = st.integers(0, 10_000)


@lru_cache(maxsize=64)
def market_of(seed, *, several=True, last=SESSIONS):
    """An index, two stocks that follow it with a beta of their own, and the fund at about -3 times the index."""
    rng = np.random.default_rng(seed)
    index = random_bars("INDEX", DATES, rng)
    held = [
        index,
        random_bars("CORE", DATES, rng, sd=0.1, follows=index, beta=1.4),
        random_bars("OTHER", DATES, rng, sd=0.1, follows=index, beta=0.5),
        random_bars("FUND", DATES, rng, sd=0.03, follows=index, beta=-3.0),
    ]
    roles = SEVERAL if several else Roles.with_fund({"INDEX": 1.0}, "FUND", "INDEX", -3.0)
    return make_market(*(bars.rows(slice(0, last)) for bars in held), roles=roles, row=5)


def sizing(**changed):
    return BASE._replace(**changed)


def weights(asked, market, intensity=None):
    return hedge_weights(asked, market, np.ones(len(market)) if intensity is None else intensity)


def core_weight(asked, hedge):
    """The core's weight beside a hedge, by each funding."""
    return {"sell_core": 1 - hedge, "cash_buffer": 1 - asked.buffer, "margin": 1.0}[asked.funding]


def returns(market, instrument, row):
    """The last LOOKBACK simple total returns at a close, one by one."""
    level = market.total_return(instrument)
    return np.array([level[t] / level[t - 1] - 1 for t in range(row - LOOKBACK + 1, row + 1)])


def book(asked, market, hedge, row):
    """The funded book's returns over the lookback, at a hedge weight."""
    core = sum(weight * returns(market, name, row) for name, weight in market.roles.core.items())
    return core_weight(asked, hedge) * core + hedge * returns(market, market.hedge, row)


def volatility(asked, market, hedge, row):
    """The book's volatility at a hedge weight, or at each of several."""
    return np.std(book(asked, market, np.asarray(hedge)[..., np.newaxis], row), axis=-1, ddof=1) * 252**0.5


def rows_told(found):
    """A few of the rows at which a weight is told."""
    return range(LOOKBACK, len(found), 6)


# The parts


@FUNDED
def test_the_most_that_is_hedged_is_what_the_funding_has(funding):
    asked = sizing(funding=funding, max_weight=0.5, buffer=0.2)
    assert (unhedged_core(asked), most_hedge(asked)) == ((0.8, 0.2) if funding == "cash_buffer" else (1.0, 0.5))
    assert most_hedge(asked._replace(max_weight=0.1)) == 0.1


def test_simple_returns_by_hand():
    """+10 %; 2:1 and 56 is +12/110; $1.4 paid on 54.6 is flat."""
    core = make_bars("CORE", DATES[:4], [100, 110, 61, 59.6], dividend={3: 1.4}, split={2: 2.0})
    market = make_market(core, make_bars("FUND", DATES[:4], np.ones(4)))
    np.testing.assert_allclose(simple_returns(market, "CORE"), [np.nan, 0.1, 12 / 110, 0.0], atol=1e-14)


def test_the_core_returns_what_its_weights_say():
    market = market_of(1)
    parts = 0.6 * simple_returns(market, "CORE") + 0.4 * simple_returns(market, "OTHER")
    np.testing.assert_allclose(core_returns(market), parts, rtol=1e-12)


def test_the_core_s_beta_is_one_when_it_is_the_underlying_itself():
    np.testing.assert_array_equal(core_beta(market_of(1, several=False), LOOKBACK), np.ones(SESSIONS))


def test_the_core_s_beta_is_the_regression_s_slope():
    market = market_of(2)
    found = core_beta(market, LOOKBACK)
    for row in rows_told(found):
        core = 0.6 * returns(market, "CORE", row) + 0.4 * returns(market, "OTHER", row)
        assert found[row] == pytest.approx(np.polyfit(returns(market, "INDEX", row), core, 1)[0], rel=1e-9)
    assert found[LOOKBACK:].mean() == pytest.approx(0.6 * 1.4 + 0.4 * 0.5, abs=0.1)


# Fixed and proportional


def test_a_fixed_weight_is_known_from_the_first_session():
    np.testing.assert_array_equal(weights(sizing(weight=0.3), market_of(1)), np.full(SESSIONS, 0.3))


def test_a_proportional_weight_follows_the_intensity():
    intensity = np.linspace(0.0, 1.0, SESSIONS)
    intensity[3] = np.nan
    np.testing.assert_allclose(
        weights(sizing(method="proportional", weight=0.4), market_of(1), intensity), 0.4 * intensity
    )


# Beta


@FUNDED
@given(SEEDS, st.floats(0.1, 1.2))
@settings(max_examples=15, deadline=None)
def test_beta_leaves_the_book_the_share_of_its_beta_that_is_not_covered(funding, seed, cover):
    """With the fund taken at b times the underlying: w_core(h) * c + b*h = (1 - cover) * w_core(0) * c."""
    asked, market = sizing(method="beta", funding=funding, cover=cover, max_weight=1.0, buffer=0.6), market_of(seed)
    found, beta = weights(asked, market), core_beta(market, LOOKBACK)
    for row in rows_told(found):
        assert 0 < found[row] < most_hedge(asked)
        left = core_weight(asked, found[row]) * beta[row] - 3 * found[row]
        before = core_weight(asked, 0.0) * beta[row]
        assert left == pytest.approx((1 - cover) * before, abs=1e-12)


@pytest.mark.parametrize(("funding", "hedge"), [("sell_core", 0.25), ("cash_buffer", 0.8 / 3), ("margin", 1 / 3)])
def test_beta_of_the_underlying_itself_by_hand(funding, hedge):
    asked = sizing(method="beta", funding=funding, buffer=0.2)
    wanted = min(hedge, 0.2) if funding == "cash_buffer" else hedge
    np.testing.assert_allclose(weights(asked, market_of(1, several=False)), np.full(SESSIONS, wanted))


# Volatility target and minimum variance


@FUNDED
@given(SEEDS, st.floats(0.02, 0.6))
@settings(max_examples=15, deadline=None)
def test_volatility_target_is_the_smallest_hedge_that_meets_it(funding, seed, target):
    asked = sizing(method="volatility_target", funding=funding, target_volatility=target, buffer=0.6)
    market = market_of(seed % 50)
    found, grid = weights(asked, market), np.linspace(0, most_hedge(asked), 201)
    for row in rows_told(found):
        curve = volatility(asked, market, grid, row)
        if curve[0] <= target:
            assert found[row] == 0
        elif curve.min() <= target:
            assert volatility(asked, market, found[row], row) == pytest.approx(target, rel=1e-9)
            assert (curve[grid < found[row] - 1e-9] > target).all()
        else:
            assert volatility(asked, market, found[row], row) <= curve.min() + 1e-12


@FUNDED
@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_minimum_variance_is_the_calmest_hedge(funding, seed):
    asked, market = sizing(method="minimum_variance", funding=funding, buffer=0.6), market_of(seed % 50)
    found, grid = weights(asked, market), np.linspace(0, most_hedge(asked), 201)
    for row in rows_told(found):
        assert 0 < found[row] < most_hedge(asked)
        calmest = volatility(asked, market, grid, row).min()
        assert volatility(asked, market, found[row], row) <= calmest + 1e-12


def test_the_calmest_hedge_of_an_exact_fund_is_a_quarter():
    """A fund at exactly -3 times the core: (1-h) - 3h is 0 at 1/4, 1 - 3h at 1/3."""
    core = random_bars("CORE", DATES, np.random.default_rng(4))
    level = core.total_return()
    fund = make_bars("FUND", DATES, 50 * np.cumprod(np.concatenate(([1.0], 1 - 3 * (level[1:] / level[:-1] - 1)))))
    market = make_market(core, fund, row=3)
    for funding, hedge in (("sell_core", 1 / 4), ("margin", 1 / 3)):
        found = weights(sizing(method="minimum_variance", funding=funding), market)
        np.testing.assert_allclose(found[LOOKBACK:], np.full(SESSIONS - LOOKBACK, hedge), rtol=1e-9)


def test_a_target_above_the_book_s_own_volatility_asks_for_no_hedge():
    found = weights(sizing(method="volatility_target", target_volatility=5.0), market_of(3))
    np.testing.assert_array_equal(found[LOOKBACK:], np.zeros(SESSIONS - LOOKBACK))


# What all of them share


@FUNDED
@pytest.mark.parametrize("method", METHODS)
def test_every_weight_is_clipped_at_the_most_allowed(method, funding):
    asked = sizing(method=method, weight=0.9, funding=funding, buffer=0.3, target_volatility=0.01)
    free = weights(asked, market_of(3))
    assert np.nanmax(free) > 0.15
    np.testing.assert_array_equal(weights(asked._replace(max_weight=0.15), market_of(3)), np.minimum(free, 0.15))


def test_a_buffer_pays_for_no_more_than_it_holds():
    found = weights(sizing(weight=0.9, funding="cash_buffer", buffer=0.05), market_of(3))
    np.testing.assert_array_equal(found, np.full(SESSIONS, 0.05))


@pytest.mark.parametrize("method", ESTIMATES)
def test_a_hedge_that_moves_with_the_book_is_none(method):
    """A core that moves against the underlying, and a fund that moves with the core."""
    rng = np.random.default_rng(5)
    index = random_bars("INDEX", DATES, rng)
    core = random_bars("CORE", DATES, rng, follows=index, beta=-1.0)
    fund = random_bars("FUND", DATES, rng, follows=index, beta=-3.0)
    market = make_market(index, core, fund, roles=Roles.with_fund({"CORE": 1.0}, "FUND", "INDEX", -3.0), row=3)
    found = weights(sizing(method=method, funding="margin", target_volatility=0.01), market)
    np.testing.assert_array_equal(found[LOOKBACK:], np.zeros(SESSIONS - LOOKBACK))


@FUNDED
@pytest.mark.parametrize("method", ESTIMATES)
def test_an_estimate_is_unknown_until_it_has_its_returns(method, funding):
    found = weights(sizing(method=method, funding=funding), market_of(1))
    assert np.isnan(found[:LOOKBACK]).all()
    assert not np.isnan(found[LOOKBACK:]).any()


@pytest.mark.parametrize("method", ["volatility_target", "minimum_variance"])
def test_a_young_fund_is_unknown_until_it_has_its_returns(method):
    rng = np.random.default_rng(6)
    core = random_bars("CORE", DATES, rng)
    fund = random_bars("FUND", DATES, rng, follows=core, beta=-3.0).rows(slice(10, None))
    found = weights(sizing(method=method), make_market(core, fund, row=12))
    assert np.isnan(found[: 10 + LOOKBACK]).all()
    assert not np.isnan(found[10 + LOOKBACK :]).any()


@pytest.mark.parametrize("method", METHODS)
def test_weight_0_is_no_hedge_whatever_the_method(method):
    np.testing.assert_array_equal(weights(sizing(method=method, weight=0.0), market_of(1)), np.zeros(SESSIONS))


@FUNDED
@pytest.mark.parametrize("method", METHODS)
def test_no_sizing_looks_ahead(method, funding):
    """The last session is as good as not there for every session before it."""
    asked, intensity = sizing(method=method, funding=funding, buffer=0.6), np.linspace(0, 1, SESSIONS)
    whole = weights(asked, market_of(7), intensity)
    for last in (20, 40, SESSIONS - 1):
        assert_same_bits(weights(asked, market_of(7, last=last), intensity[:last]), whole[:last])


def test_prices_that_stand_still_have_no_beta_and_no_calmest_hedge():
    still = [make_bars(name, DATES, np.full(SESSIONS, 10.0)) for name in ("CORE", "OTHER", "INDEX", "FUND")]
    market = make_market(*still, roles=SEVERAL, row=3)
    for method in ("beta", "minimum_variance"):
        assert np.isnan(weights(sizing(method=method), market)).all()
    np.testing.assert_array_equal(weights(sizing(method="volatility_target"), market)[LOOKBACK:], 0.0)


def test_the_config_s_types_name_every_method():
    assert get_args(HedgeConfig.model_fields["sizing"].annotation) == tuple(METHODS)
