"""The controls: whose core they sell, and what a book by hand or an identity says they end with."""

from datetime import date

import numpy as np
import pytest
from books import daily_by_hand
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_series, source_of
from modelled import modelled
from worlds import CORES, WARM_UP, configured, days, laid_out, source
from worlds import settings as drawn_settings

from data.fund import FEE, SPREAD
from data.market import load_market
from data.rates import days_between
from data.sources.csv import CsvSource
from engine.analytics.controls import (
    CONTROLS,
    Case,
    ControlKind,
    Made,
    controls_of,
    held_less_of,
    median_sizes,
    run_always_on,
    run_unhedged,
)
from engine.analytics.derisk import run_held_less
from engine.analytics.short_underlying import run_short_underlying
from engine.evaluate_strategy import intensity_of
from engine.kernel.loop import replay, run_policy
from engine.loading import build_config
from engine.setup import BORROW_FEE, prepare, roles_of, run_beta
from strategies import parameters
from strategies.load import strategy_class

FREE = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.cash_rate": 0.0}
AT_CLOSE = {"execution.fill": "next_close", "hedge.rebalance": "daily"}
NAMES = [
    *("unhedged", "derisk_entry", "derisk_daily"),
    *("always_on", "buy_and_hold", "short_underlying", "protective_put"),
]


def ran(keys, fed):
    setup = laid_out(keys, fed)
    config = configured(keys)
    return config, setup, run_policy(setup.prices, setup.terms, setup.plan), run_beta(config, setup.market)


def returns(ledger):
    return ledger.equity[1:] / ledger.equity[:-1] - 1.0


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_without_a_weight_every_control_is_the_unhedged_book(keys, seed):
    config, setup, hedged, _ = ran({**keys, "hedge.weight": 0.0}, source(seed, missing=False))
    unhedged = run_unhedged(setup)

    assert median_sizes(Case(config, setup, hedged, np.ones(len(hedged.equity)))) == 0.0
    for book in (run_always_on(setup, np.zeros(1)), run_always_on(setup, np.zeros(1), "never")):
        assert np.array_equal(book.equity, unhedged.equity)
    short, *_ = run_short_underlying(config, setup, hedged)
    assert short.equity == pytest.approx(unhedged.equity, rel=1e-12)


def test_the_untimed_controls_by_hand():
    """Two holdings of a frictionless book: worth grows with their prices, and is shared out anew on a month's first."""
    keys = {**FREE, "execution.fill": "next_close", "hedge.weight": 0.2}
    config, setup, hedged, _ = ran(keys, source(4, events=False, missing=False))
    close, sessions = setup.prices.close, setup.market.run_sessions
    weights = np.array([0.8, 0.2])
    assert median_sizes(Case(config, setup, hedged, np.ones(len(hedged.equity)))) == pytest.approx(0.2)

    once = 100_000 * (weights * close[1:] / close[1]).sum(axis=1)
    assert run_always_on(setup, np.full(1, 0.2), "never").equity[1:] == pytest.approx(once, rel=1e-12)

    worth, equity = 100_000 * weights, []
    for t in range(1, len(close)):
        worth = worth * close[t] / close[max(t - 1, 1)]
        equity.append(worth.sum())
        if t >= 2 and sessions[t - 1].astype("M8[M]") != sessions[t - 2].astype("M8[M]"):
            worth = worth.sum() * weights  # ordered at the month's first close, filled at the next
    assert run_always_on(setup, np.full(1, 0.2)).equity[1:] == pytest.approx(equity, rel=1e-12)


def test_the_median_is_over_orders_that_had_a_hedge():
    config, setup, hedged, beta = ran({}, source(5))
    orders = hedged._replace(
        ordered=np.array([True, True, False, True, True]),
        hedges=np.array([[0.0], [0.1], [0.9], [0.3], [0.2]]),
        core=np.ones(5),
    )

    assert median_sizes(Case(config, setup, orders, beta)) == pytest.approx(0.2)
    assert median_sizes(Case(config, setup, orders._replace(hedges=np.zeros((5, 1))), beta)) == 0.15


@pytest.mark.parametrize("dividends", ["reinvest", "cash"])
@pytest.mark.parametrize("leverage", [-3.0, -2.0])
def test_a_short_rebalanced_daily_is_the_hedge_without_its_fee_and_spread(leverage, dividends):
    """It earns on the cash of its weight and of its sale, pays the underlying's dividends, and borrows for its own fee.

    Dividends of the core are reinvested in the first case; at the close's price here, so that nothing is made of them.
    """
    rate, weight = 0.04, 0.15
    keys = {**FREE, **AT_CLOSE, "execution.cash_rate": rate, "portfolio.dividends": dividends}
    fed = modelled(rate, leverage=leverage, dividends=dividends == "cash")
    config, setup, hedged, _ = ran({**keys, "hedge.leverage": leverage, "hedge.weight": weight}, fed)
    short, *_ = run_short_underlying(config, setup, hedged)
    n, held = days_between(setup.market.run_sessions)[2:], hedged.hedges[:-2, -1]
    saved = FEE * n / 365 + abs(leverage) * (SPREAD - BORROW_FEE) * n / 360

    assert returns(hedged)[1:] - returns(short)[1:] == pytest.approx(-held * saved, abs=1e-12)
    assert (short.shares[2:, -1] < 0).tolist() == (hedged.shares[2:, -1] > 0).tolist()


def test_a_short_by_hand():
    """100 dollars: sold 45 short at 10 with costs, paid a dividend and a fee on it, and covered whole at 12."""
    dates = days(WARM_UP + 5)
    close = np.full(len(dates), 10.0)
    close[-2:] = 12.0
    fed = source_of(
        make_bars("AAA", dates, close, dividend={WARM_UP + 2: 0.1}),
        make_bars("HHH", dates, np.full(len(dates), 5.0)),
        make_series("SIGNAL", dates, [0.0] * WARM_UP + [1.0, 1.0, 0.0, 0.0, 0.0]),
    )
    costs = {"execution.commission_bps": {"AAA": 10.0, "HHH": 70.0}, "execution.slippage_bps": 0.0}
    keys = {**costs, "execution.fill": "next_close", "portfolio.cash": 100.0, "execution.cash_rate": 0.0}
    config, setup, hedged, _ = ran({**keys, "portfolio.dividends": "cash"}, fed)
    short, _, terms = run_short_underlying(config, setup, hedged)
    n = days_between(dates)[WARM_UP:]

    assert terms.commission.tolist() == [0.001, 0.001]
    assert short.shares[1] == pytest.approx([8.5, -4.5])
    assert short.cash[1] == pytest.approx(100 - 85 * 1.001 + 45 * 0.999)
    owed = 4.5 * (0.1 + 10 * BORROW_FEE * n[2] / 360)
    assert short.cash[2] == pytest.approx(short.cash[1] + 8.5 * 0.1 - owed)
    left = short.cash[2] - 45 * BORROW_FEE * n[3] / 360 - 4.5 * 12 * 1.001  # ordered at t=2, covers at 12
    assert short.shares[3] == pytest.approx([8.5 + left / (12 * 1.001), 0.0])
    assert short.cash[3] == pytest.approx(0.0, abs=1e-12)
    assert short.traded[3] == pytest.approx([left / (12 * 1.001), 4.5])


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_a_short_is_gone_when_the_hedge_is(keys, seed):
    """Whatever the costs and the funding: no part of a cover is left over, and only margin borrows for the core."""
    config, setup, hedged, _ = ran(keys, source(seed, missing=False))
    short, *_ = run_short_underlying(config, setup, hedged)
    last = min(hedged.last, short.last) + 1
    exits = np.flatnonzero(hedged.ordered[: last - 1] & (hedged.hedges[: last - 1, -1] == 0.0)) + 1

    assert (short.shares[:last, -1] <= 0.0).all()
    assert not short.shares[exits, -1].any()
    assert np.array_equal(short.ordered[: last - 1], hedged.ordered[: last - 1])


def test_a_fund_of_positive_leverage_is_replaced_by_a_purchase_on_margin():
    keys = {**FREE, **AT_CLOSE, "hedge.leverage": 2.0, "hedge.weight": 0.3, "execution.cash_rate": 0.04}
    keys |= {"execution.margin_spread_bps": 0.0}
    config, setup, hedged, beta = ran(keys, modelled(0.04, leverage=2.0))
    made = controls_of(Case(config, setup, hedged, beta))
    n, held = days_between(setup.market.run_sessions)[2:], hedged.hedges[:-2, -1]

    fees = held * (FEE * n / 365 + 2 * SPREAD * n / 360)
    assert made["short_underlying"].title == "AAA on margin"
    assert returns(hedged)[1:] - returns(made["short_underlying"].ledger)[1:] == pytest.approx(-fees, abs=1e-12)
    assert made["derisk_entry"].ledger.core.max() == pytest.approx(0.7 + 2 * 0.3)  # more core, as far as cash goes


def test_controls_come_by_name_with_what_they_ran_on():
    config, setup, hedged, beta = ran({"hedge.weight": 0.3, "hedge.rebalance": "daily"}, source(5, missing=False))
    made = controls_of(Case(config, setup, hedged, beta))

    assert list(made) == NAMES
    assert all(made[name].name == name and made[name].about.endswith(".") for name in NAMES)
    assert np.array_equal(made["unhedged"].ledger.equity, run_unhedged(setup).equity)
    assert made["derisk_entry"].remarks == ()
    bought = np.abs(made["derisk_daily"].trades.dollars).sum()
    assert bought == pytest.approx((np.abs(made["derisk_daily"].trades.costs).sum()) / 3e-4, rel=1e-3)  # 1 and 2 bp
    once = held_less_of(Case(config, setup, hedged, beta), "held_less", 0.4)
    assert once.title == "40 % held"
    assert once.about.startswith("40.0 % of the core and the rest in cash, restored monthly, so that a bad quarter")
    assert made["protective_put"].ledger is None
    assert made["protective_put"].remarks == (
        "Protective put is left out: there is no series VIX, from which an option's volatility would come.",
    )


def test_an_underlying_without_a_bar_is_not_sold_short():
    fed = source(5, missing=False)
    dates = fed.bars_by_name["AAA"].dates
    hole = dates != dates[WARM_UP + 7]
    fed.bars_by_name["AAA"] = fed.bars_by_name["AAA"].rows(hole)
    config, setup, hedged, beta = ran({"portfolio.core": CORES["three"]}, fed)
    made = controls_of(Case(config, setup, hedged, beta))

    assert made["short_underlying"].ledger is None
    assert f"AAA has no bar on {dates[WARM_UP + 7]}" in made["short_underlying"].remarks[0]


def test_an_underlying_that_is_not_held_bears_the_hedge_s_costs():
    costs = {"BBB": 1.0, "CCC": 2.0, "DDD": 3.0, "HHH": 9.0}
    keys = {"portfolio.core": CORES["three"], "execution.commission_bps": costs}
    config, setup, hedged, _ = ran(keys, source(5, missing=False))
    _, prices, terms = run_short_underlying(config, setup, hedged)

    assert terms.commission.tolist() == pytest.approx([1e-4, 2e-4, 3e-4, 9e-4])
    assert prices.fill[:, -1] == pytest.approx(setup.market.bars("AAA").open[setup.market.first :])


def test_shorting_whole_shares_leaves_no_fraction_after_a_split():
    keys = {"execution.shares": "whole", "execution.commission_bps": 30.0, "portfolio.cash": 1000.0}
    config, setup, hedged, _ = ran(keys, source(8, missing=False))
    short, *_ = run_short_underlying(config, setup, hedged)
    exits = np.flatnonzero(hedged.actions[:, -1] > 1) + 1

    assert len(exits)
    assert not short.shares[exits, -1].any()


def laid_on_history(**hedge):
    tree = {
        "end": date(2026, 8, 21),
        "hedge": {"weight": 0.15, "rebalance": "never", **hedge},
        "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 50, "volatility_floor": 0.25}},
    }
    config = build_config(tree)
    seen = load_market(CsvSource(FOLDER), roles_of(config), np.datetime64(config.start), np.datetime64(config.end))
    strategy = parameters.make(strategy_class(config.strategy.named), config.strategy.params)
    setup = prepare(config, seen, intensity_of(strategy, seen))
    return config, setup, run_policy(setup.prices, setup.terms, setup.plan), run_beta(config, seen)


@needs_history
def test_the_reference_case_on_real_history():
    config, setup, hedged, beta = laid_on_history()
    made = controls_of(Case(config, setup, hedged, beta))

    assert made["derisk_entry"].ledger.equity[-1] == pytest.approx(1534351.7752950976, rel=1e-9)
    assert made["unhedged"].ledger.equity[-1] == pytest.approx(3987413.531713099, rel=1e-9)
    assert made["derisk_daily"].ledger.equity == pytest.approx(daily_by_hand(setup, hedged, beta), rel=1e-9)
    assert [name for name in NAMES if made[name].ledger is None] == []
    assert replay(setup.prices, setup.terms, hedged).equity[-1] == hedged.equity[-1]


def test_a_fund_that_rises_has_more_beta_than_a_core_without_borrowing():
    keys = {"hedge.leverage": 2.0, "hedge.weight": 0.3}
    config, setup, hedged, beta = ran(keys, source(5, missing=False))
    orders = np.count_nonzero(hedged.ordered & (hedged.hedges[:, -1] > 0.0))

    told = controls_of(Case(config, setup, hedged, beta))["derisk_entry"].remarks
    assert told[0].startswith(f"The core without HHH was held at 1 on {orders} orders")
    bare = hedged._replace(hedges=0.0 * hedged.hedges, core=np.ones_like(hedged.core))
    assert not controls_of(Case(config, setup, bare, beta))["derisk_entry"].remarks


def test_a_control_is_added_by_its_entry_alone(monkeypatch):
    half = ControlKind("half", "Half held", "Half of the core.", lambda case: Made(run_held_less(case.setup, 0.5)))
    monkeypatch.setitem(CONTROLS, "half", half)

    made = controls_of(Case(*ran({}, source(5, missing=False))))

    assert made["half"].ledger.shares[-1, :-1].any()
    assert [name for name in made if name not in NAMES] == ["half"]
