"""What a run's hedges are: bills, shorts and assets by hand, parts of one hedge, and sums over several."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from answered_runs import answered
from answered_runs import market as answered_market
from history import FOLDER, needs_history
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mixed import KINDS, START, mixed_setup, mixed_source, runs
from worlds import configured, days, laid_out, market, source

from engine.analytics.attribution import SLEEVE, attribute, bridge
from engine.analytics.controls import Case, median_sizes, run_always_on, run_unhedged
from engine.analytics.derisk import sold_at_entry, sold_daily
from engine.hedges import beta_errors, hedge_betas, with_made
from engine.kernel.loop import run_policy
from engine.loading import build_config
from engine.runs.execute import run
from engine.setup import prepare, run_beta
from strategies.sizing import simple_returns

SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
SEEDS = st.integers(0, 10_000)


def laid(leg, seed, **keys):
    """Lay a run of one hedge out on a made-up market, its signal on in spells."""
    config = configured({**keys, "hedges": [{"underlying": "AAA", **leg}]})
    fed = with_made(config, market(config, source(seed)))
    rng = np.random.default_rng(seed)
    return config, prepare(
        config, fed, np.repeat(rng.integers(0, 2, len(fed)), rng.integers(2, 9, len(fed)))[: len(fed)] * 1.0
    )


def executed(setup):
    return run_policy(setup.prices, setup.terms, setup.plan)


@settings(max_examples=25, **SLOW)
@given(seed=SEEDS, fill=st.sampled_from(["next_open", "next_close"]), costs=st.sampled_from([0.0, 20.0]))
def test_bills_are_a_book_that_holds_cash_while_the_signal_is_on(seed, fill, costs):
    """By hand: all core, all cash, and interest at the rate known at the close before."""
    keys = {"execution.fill": fill, "execution.commission_bps": costs, "execution.slippage_bps": costs}
    _, setup = laid({"kind": "cash", "weight": 1.0, "rebalance": "never"}, seed, **keys)
    book, prices, terms = executed(setup), setup.prices, setup.terms

    cash, shares, equity = 100_000.0, 0.0, [100_000.0]
    for t in range(1, len(prices.close)):
        cash *= 1.0 + terms.cash_accrual[t]
        shares *= prices.split[t, 0] * (1.0 + prices.dividend[t, 0] / prices.open[t, 0])
        if book.ordered[t - 1] and book.core[t - 1] == 0.0:
            cash, shares = cash + shares * prices.fill[t, 0] * (1.0 - costs / 1e4) ** 2, 0.0
        elif book.ordered[t - 1] and shares == 0.0:
            cash, shares = 0.0, cash / (prices.fill[t, 0] * (1.0 + costs / 1e4) ** 2)
        equity.append(cash + shares * prices.close[t, 0])

    assert setup.market.roles.core == {"AAA": 1.0}
    assert book.ordered.any()
    np.testing.assert_allclose(book.equity, equity, rtol=1e-9)


@pytest.mark.parametrize(("weight", "costs"), [(1.0, 20.0), (0.6, 0.0)])
def test_bills_sold_at_entry_and_daily_are_the_same_book(weight, costs):
    """A part of the book that is restored at a cost differs by it: bills pay for core, and cash has no target."""
    keys = {"execution.commission_bps": costs, "execution.slippage_bps": costs}
    _, setup = laid({"kind": "cash", "weight": weight, "rebalance": "daily"}, 4, **keys)
    book, beta = executed(setup), np.ones(len(setup.prices.close))

    assert book.shares[:, 1].any()
    for other in (sold_at_entry(setup, book, beta), sold_daily(setup, book, beta).ledger):
        np.testing.assert_allclose(other.equity, book.equity, rtol=1e-9)


def test_an_asset_at_the_underlyings_prices_has_a_beta_of_1_and_nothing_of_its_own():
    fed = source(7)
    twin = replace(fed.bars_by_name["AAA"], instrument="TWIN")
    fed = replace(fed, bars_by_name={**fed.bars_by_name, "TWIN": twin})
    setup = laid_out({"hedge.kind": "asset", "hedge.instrument": "TWIN", "hedge.weight": 0.3}, fed)
    config = configured({"hedge.kind": "asset", "hedge.instrument": "TWIN", "hedge.weight": 0.3})
    found = attribute(setup, executed(setup))

    known = setup.betas[:, 0] != 0.0
    assert known.any()
    np.testing.assert_allclose(setup.betas[known, 0], 1.0, rtol=1e-12)
    np.testing.assert_allclose(beta_errors(config, setup.market), 0.0, atol=1e-6)
    later = np.flatnonzero(known)[0] + 1
    np.testing.assert_allclose(found.legs[0]["tracking"][later:], 0.0, atol=1e-6)


def test_an_assets_beta_and_its_error_are_those_of_a_regression():
    keys = {"hedge.kind": "asset", "hedge.instrument": "HHH", "hedge.lookback": 15}
    setup, config = laid_out(keys, source(3, missing=False)), configured(keys)
    fed, row = setup.market, len(setup.market) - 1
    ours, theirs = (simple_returns(fed, name)[row - 14 : row + 1] for name in ("HHH", fed.underlying))
    design = np.column_stack([np.ones(15), theirs])
    fit, left, *_ = np.linalg.lstsq(design, ours, rcond=None)
    error = np.sqrt(left[0] / 13 * np.linalg.inv(design.T @ design)[1, 1])

    assert hedge_betas(config, fed)[row, 0] == pytest.approx(fit[1])
    assert beta_errors(config, fed)[row, 0] == pytest.approx(error)


@settings(max_examples=20, **SLOW)
@given(keys=runs(), seed=SEEDS, kind=st.sampled_from(KINDS), at=st.integers(0, 4))
def test_a_hedge_of_no_weight_changes_no_byte_of_the_books(keys, seed, kind, at):
    """Wherever it stands among the others, however often it is rebalanced; sessions are the same without it."""
    assume(kind != "option" or not {"policy.stop_loss", "policy.take_profit"} & keys.keys())
    assume(kind != "cash" or keys["hedges"][0]["funding"] == "sell_core")
    hedges, shared = keys["hedges"], ("funding", "buffer", "underlying", "lookback")
    own = {"fund": {"instrument": "HHH", "leverage": -3.0}, "asset": {"instrument": "XXX"}}.get(kind, {})
    idle = {"kind": kind, "weight": 0.0, "rebalance": "daily"} | {key: hedges[0][key] for key in shared} | own
    at = min(at, len(hedges))
    signals = [*range(at), len(hedges), *range(at, len(hedges))]

    without = mixed_setup(keys, seed, missing=False)
    beside = mixed_setup(keys | {"hedges": [*hedges[:at], idle, *hedges[at:]]}, seed, signals, missing=False)
    books = [every_book(setup) for setup in (without, beside)]

    assert [len(setup.legs.firsts) for setup in (without, beside)] == [len(hedges), len(hedges) + 1]
    for ours, theirs in zip(*books, strict=True):
        assert ours.equity.tobytes() == theirs.equity.tobytes()
        assert ours.cash.tobytes() == theirs.cash.tobytes()
    parts = [attribute(setup, book).dollars for setup, (book, *_) in zip((without, beside), books, strict=True)]
    assert all(parts[0][name].tobytes() == parts[1][name].tobytes() for name in parts[0])


def every_book(setup):
    book, beta = executed(setup), np.ones(len(setup.prices.close))
    return book, run_unhedged(setup), sold_at_entry(setup, book, beta), sold_daily(setup, book, beta).ledger


@settings(max_examples=20, **SLOW)
@given(keys=runs(), seed=SEEDS)
def test_parts_sum_over_hedges_of_every_kind(keys, seed):
    setup = mixed_setup(keys, seed)
    book, idle = executed(setup), run_unhedged(setup)
    ours, theirs = attribute(setup, book), attribute(setup, idle)
    made, steps = np.sum(list(ours.dollars.values()), axis=0), bridge(ours, theirs)

    np.testing.assert_allclose(np.cumsum(made), ours.equity - ours.equity[0], atol=1e-9 * 100_000 * 10)
    for name in SLEEVE:
        np.testing.assert_allclose(np.sum([leg[name] for leg in ours.legs], axis=0), ours.dollars[name], atol=1e-6)
    apart = np.sum(list(steps.carried.values()), axis=0)
    np.testing.assert_allclose(apart, ours.equity - theirs.equity, atol=1e-3)
    sleeves = ("direction", "compounding", "financing", "fee", "spread", "tracking")
    for name in sleeves:
        np.testing.assert_allclose(np.sum([leg[name] for leg in steps.legs], axis=0), steps.carried[name], atol=1e-4)


def test_two_halves_of_a_fund_are_the_fund_in_every_figure_of_the_answer():
    one = answered()
    base = one.config.hedge
    half = base.model_copy(update={"weight": base.weight / 2.0})
    both = run(one.config.with_legs([half, half]), answered_market(), engine="compiled")
    ours, theirs = both.figures, one.figures

    for name in ("final_equity", "cagr", "max_drawdown", "volatility"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-9)
    for part, value in theirs["answer"]["sum"]["log"].items():
        assert ours["answer"]["sum"]["log"][part] == pytest.approx(value, abs=1e-9)
    assert ours["answer"]["insurance"]["c"] == pytest.approx(theirs["answer"]["insurance"]["c"], abs=1e-9)
    assert [leg["hedge"] for leg in ours["hedges"]] == [base.instrument, f"{base.instrument} (2)"]
    assert theirs["hedges"] is None


@needs_history
def test_on_real_history_the_parts_of_two_hedges_sum():
    hedges = [{"instrument": "SOXS", "weight": 0.1}, {"kind": "asset", "instrument": "XLU", "weight": 0.2}]
    tree = {"data": {"source": "csv", "path": str(FOLDER)}, "start": "2021-01-04", "hedges": hedges}
    made = run(build_config(tree), engine="python")
    logs, per_hedge = made.figures["answer"]["sum"]["log"], made.figures["hedges"]

    assert sum(value for name, value in logs.items() if name != "total") == pytest.approx(logs["total"], abs=1e-9)
    for name in SLEEVE:
        whole_part = made.figures["attribution"][f"{name}_a_year"]
        assert sum(leg[f"{name}_a_year"] for leg in per_hedge) == pytest.approx(whole_part, abs=1e-12)
    low, high = made.figures["answer"]["fund"]["beta_range"]
    assert low < made.figures["answer"]["fund"]["estimate"] < high
    assert run_beta(made.config, made.market) == pytest.approx(1.0)


OPTION = {"kind": "option", "rebalance": "monthly"}
BESIDE = {
    "bills": {"kind": "cash", "weight": 0.5},
    "fund": {"instrument": "HHH", "leverage": -3.0, "weight": 0.2},
    "short": {"kind": "short", "weight": 0.3},
    "put": OPTION | {"option": {"strike": 97.0}, "cover": 0.3},
}


@settings(max_examples=20, **SLOW)
@given(seed=SEEDS, cover=st.sampled_from([0.5, 1.0]), structure=st.sampled_from(["put", "collar"]))
@pytest.mark.parametrize("beside", BESIDE)
def test_cover_is_contracts_a_core_share_whatever_stands_beside(seed, cover, structure, beside):
    """As ordered, and about so as filled."""
    option = OPTION | {"option": {"structure": structure, "bid_ask": 0.0}, "cover": cover}
    hedges = [{"underlying": "AAA", **leg} for leg in (BESIDE[beside], option)]
    free = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "portfolio.core": {"AAA": 1.0}}
    setup = mixed_setup(free | {"hedges": hedges}, seed, missing=False)
    book, first = executed(setup), setup.legs.firsts[1]

    on = book.ordered & (book.hedges[:, first] != 0.0)
    assert on.any()
    np.testing.assert_allclose(book.hedges[on, first], cover * book.core[on], rtol=1e-12)
    paid = (book.hedges[on] * setup.plan.sides * setup.plan.takes[on]).sum(axis=1)  # of a short none is
    np.testing.assert_allclose(book.core[on] + paid, 1.0, rtol=1e-12)
    filled = np.flatnonzero(on[:-1]) + 1
    contracts = book.shares[filled, setup.legs.of_hedge(first)]
    assert np.median(contracts / book.shares[filled, 0]) == pytest.approx(cover, rel=0.01)  # buys may be scaled


@pytest.mark.parametrize("structure", ["put", "collar"])
def test_an_option_always_on_is_its_own_control(structure):
    """Both hold the same contracts a core share from the first order on, and restore them on the same days."""
    leg = OPTION | {"underlying": "AAA", "option": {"structure": structure}, "cover": 0.7}
    keys = {"policy.enter": 0.0, "policy.exit": 0.0, "hedges": [leg]}
    config = configured(keys | {"start": str(days()[START])})
    fed = market(config, mixed_source(3, missing=False))
    setup = prepare(config, with_made(config, fed), np.ones(len(fed)))
    book = executed(setup)

    sizes = median_sizes(Case(config, setup, book, np.ones(len(book.equity))))
    np.testing.assert_allclose(sizes, 0.7, rtol=1e-12)
    np.testing.assert_allclose(run_always_on(setup, sizes).equity, book.equity, rtol=1e-12)
