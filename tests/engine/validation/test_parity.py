"""The plain loop and backtrader's own broker, order for order, over made-up markets and every field of the rules."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from data.errors import DataError
from engine.backtrader_engine.execute import run_in_backtrader
from engine.evaluate_strategy import weigher
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger, run_given, run_policy
from engine.setup import Setup
from strategies.base import Book, CloseStrategy, View

CLOSE = 1e-9


def assert_same(setup: Setup, ours: Ledger, theirs: Ledger) -> None:
    end = ours.last + 1
    assert theirs.last == ours.last
    scale = np.abs(ours.equity[:end])
    assert (np.abs(theirs.equity - ours.equity)[:end] <= CLOSE * scale).all()
    assert (np.abs(theirs.cash - ours.cash)[:end] <= CLOSE * scale).all()
    worth = np.abs(theirs.traded - ours.traded) * setup.prices.fill
    assert (worth[:end] <= CLOSE * scale[:, None]).all()
    np.testing.assert_array_equal(np.sign(theirs.traded[:end]), np.sign(ours.traded[:end]))
    np.testing.assert_array_equal(theirs.ordered[:end], ours.ordered[:end])
    np.testing.assert_array_equal(theirs.actions[:end, -1], ours.actions[:end, -1])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_backtrader_does_what_the_plain_loop_does(keys, seed):
    setup = laid_out(keys, source(seed))

    assert_same(setup, run_policy(setup.prices, setup.terms, setup.plan), run_in_backtrader(setup))


COSTS = st.one_of(st.just(1_000.0), st.floats(999.0, 1_000.0), st.floats(0.0, 1_000.0))
"""Basis points to the end of their range."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commission=COSTS, slippage=COSTS, keys=drawn_settings(), seed=st.integers(0, 99))
def test_costs_at_the_end_of_their_range_part_no_execution(commission, slippage, keys, seed):
    costs = {"execution.commission_bps": commission, "execution.slippage_bps": slippage}
    setup = laid_out(keys | costs | {"execution.margin_spread_bps": 5_000.0}, source(seed))

    assert_same(setup, run_policy(setup.prices, setup.terms, setup.plan), run_in_backtrader(setup))


def test_costs_that_leave_nothing_of_a_sale_are_refused():
    price = float(laid_out({}, source(0)).prices.fill.min())
    dear = {"execution.commission_bps": 1_000.0, "execution.commission_per_share": 0.95 * price}
    with pytest.raises(DataError, match="costs per share take all of its price"):
        laid_out(dear, source(0))
    laid_out(dear | {"execution.commission_bps": 100.0}, source(0))


class Swinging(CloseStrategy):
    """Ask for a weight by how far the underlying is below its high so far; remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def on_close(self, view: View, book: Book) -> float:
        self.asked += 1
        level = view.total_return()
        fall = 1.0 - level[-1] / level.max()
        return 0.0 if fall < 0.02 or book.hedge_weight > 0.3 else min(0.4, 4.0 * fall)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_an_on_close_strategy_runs_the_same_in_both(keys, seed):
    keys = keys | {"hedge.max_weight": 1.0, "hedge.funding": "sell_core"}
    setup = laid_out(keys, source(seed))
    config = configured(keys)

    plain = run_given(setup.prices, setup.terms, setup.plan, weigher(Swinging(), config, setup))
    theirs = run_in_backtrader(setup, weigher(Swinging(), config, setup))

    assert_same(setup, plain, theirs)


def test_the_drawn_markets_do_trade():
    """Guard against a parity of two idle loops."""
    keys = {"hedge.rebalance": "weekly", "portfolio.core": {"AAA": 0.6, "BBB": 0.4}}
    setup = laid_out(keys, source(7))

    ledger = run_policy(setup.prices, setup.terms, setup.plan)

    assert np.count_nonzero(ledger.traded) > 20
    assert (setup.prices.split != 1).any()
    assert (setup.prices.dividend > 0).any()
    assert len(setup.market.run_sessions) < 45


def test_instruments_that_close_equal_are_kept_apart():
    fed = source(3, events=False, missing=False)
    core, fund = fed.bars_by_name["AAA"], fed.bars_by_name["HHH"]
    same = replace(fund, **{name: getattr(core, name) for name in ("open", "high", "low", "close")})
    setup = laid_out({}, replace(fed, bars_by_name=fed.bars_by_name | {"HHH": same}))

    ours = run_policy(setup.prices, setup.terms, setup.plan)

    assert (ours.traded[:, -1] != 0.0).any()
    assert_same(setup, ours, run_in_backtrader(setup))


ENDS = {
    "portfolio.cash": [1, 10**12],
    "portfolio.core": [{"AAA": 1.0}, {"AAA": 1 - 1e-6, "BBB": 1e-6}],
    "portfolio.rebalance": ["never", "daily"],
    "hedge.weight": [0, 1e-300, 1],
    "hedge.max_weight": [0, 1],
    "hedge.sizing": ["fixed", "proportional", "beta", "volatility_target", "minimum_variance"],
    "hedge.funding": ["sell_core", "cash_buffer"],
    "hedge.rebalance": ["never", "daily", "band"],
    "hedge.band": [0.0001, 1],
    "hedge.buffer": [0, 0.99],
    "hedge.cover": [0.01, 10],
    "hedge.lookback": [2, 2_520],
    "hedge.target_volatility": [0.001, 10],
    "hedge.leverage": [-10, -0.1, 0.1, 10],
    "execution.fill": ["next_open", "next_close"],
    "execution.shares": ["fractional", "whole"],
    "execution.commission_bps": [0, 1_000],
    "execution.slippage_bps": [0, 1_000],
    "execution.cash_rate": [-0.5, 1],
    "execution.margin_spread_bps": [0, 5_000],
    "policy.enter": [1e-300, 1],
    "policy.exit": [0, 1e-300],
    "policy.confirm": [1, 25_200],
    "policy.min_hold": [0, 25_200],
    "policy.max_hold": [25_200, None],
    "policy.cooldown": [0, 25_200],
    "policy.stop_loss": [None, 0.0001, 1],
    "policy.take_profit": [None, 0.0001, 100],
}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    keys=st.fixed_dictionaries({key: st.sampled_from(ends) for key, ends in ENDS.items()}), seed=st.integers(0, 9_999)
)
def test_the_ends_of_all_ranges_give_one_book(keys, seed):
    setup = laid_out(keys, source(seed))
    plain = run_policy(setup.prices, setup.terms, setup.plan)

    assert_same(setup, plain, run_in_backtrader(setup))
    assert_same(setup, plain, compiled().run_policy(setup.prices, setup.terms, setup.plan))
