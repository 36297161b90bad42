"""The answer of the reference run on real history: the figures an independent loop came to."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
import pytest
from history import FOLDER, needs_history

from engine.analytics.answer.answer import answer_of
from engine.analytics.answer.insurance import gap_to_held_less
from engine.analytics.answer.variations import VariedRun, alternatives_of, variations_of
from engine.analytics.controls import Case, controls_of
from engine.analytics.episodes import episodes_of
from engine.analytics.evaluate import evaluate
from engine.evaluate_strategy import evaluate_strategy
from engine.kernel.compiled import compiled
from engine.loading import build_config
from engine.setup import open_market, run_beta

pytestmark = needs_history


def config_of(hedge=(), **sections):
    tree = {
        "end": date(2026, 8, 21),
        "data": {"source": "csv", "path": str(FOLDER)},
        "hedge": {"weight": 0.15, "rebalance": "never", **dict(hedge)},
        "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 50, "volatility_floor": 0.25}},
    }
    return build_config(tree | sections)


@lru_cache(maxsize=1)
def market():
    return open_market(config_of())


def ran(config, given=None):
    with evaluate_strategy(config, given or market()) as prepared:
        setup = prepared.setup
        return prepared, compiled().run_policy(setup.prices, setup.terms, setup.plan)


@lru_cache(maxsize=1)
def reference():
    prepared, hedged = ran(config_of())
    return prepared, hedged, evaluate(prepared, hedged)


def answered(prepared, hedged):
    """Return the answer alone of a run that has one."""
    setup = prepared.setup
    case = Case(prepared.config, setup, hedged, run_beta(prepared.config, setup.market))
    years = (len(hedged.equity) - 1) / setup.market.sessions_a_year
    return answer_of(case, controls_of(case), episodes_of(setup, hedged), years)


def test_the_books_that_did_not_change_end_where_they_did():
    _, hedged, found = reference()

    assert hedged.equity[-1] == pytest.approx(917985.814334, rel=1e-9)
    assert found.controls["unhedged"].ledger.equity[-1] == pytest.approx(3987413.531713, rel=1e-9)
    assert found.controls["derisk_entry"].ledger.equity[-1] == pytest.approx(1534351.775295, rel=1e-9)
    assert found.controls["derisk_daily"].ledger.equity[-1] == pytest.approx(949514.57, abs=0.01)


def test_the_sum():
    answer = reference()[2].answer

    parts = (answer.logs.exposure, answer.logs.timing, answer.logs.drift, answer.logs.fund, answer.logs.total)
    assert parts == pytest.approx((-0.027975, -0.030998, -0.029634, -0.002085, -0.090693), abs=1e-6)
    assert sum(parts[:4]) == pytest.approx(parts[4], abs=1e-9)
    assert sum(answer.cagr.parts) == pytest.approx(answer.cagr.total, abs=1e-9)
    assert answer.fund.expected == pytest.approx(-0.0014, abs=1e-4)
    assert answer.net_short.closes == 24


def test_timing():
    timing = reference()[2].answer.timing

    assert timing.p_low == pytest.approx(0.115903, abs=1e-6)
    assert timing.deviation == pytest.approx(0.020894, abs=1e-6)
    assert timing.better_dates == pytest.approx(0.951961, abs=1e-6)
    assert timing.label == "no sign"


def test_holding_less():
    insurance = reference()[2].answer.insurance

    assert insurance.bad_quarter == pytest.approx(-0.2309, abs=1e-4)
    assert insurance.quarter.share == pytest.approx(0.8885, abs=3e-3)
    assert insurance.quarter.cagr == pytest.approx(0.2309, abs=1e-4)
    assert insurance.quarter.gap == pytest.approx(-0.0842, abs=1e-4)
    assert insurance.volatility.share == pytest.approx(0.78, abs=5e-3)
    assert insurance.volatility.cagr == pytest.approx(0.206, abs=2e-3)
    assert insurance.drawdown.share == pytest.approx(0.925, abs=3e-3)
    assert insurance.drawdown.cagr == pytest.approx(0.239, abs=1e-3)


def test_other_rebalancings_grow_as_was_measured():
    grown = {one.dot.title: 100.0 * one.dot.cagr for one in reference()[2].alternatives if one.kind == "rebalance"}

    assert list(grown.values()) == pytest.approx([14.67, 16.05, 17.40, 18.10, 17.52, 17.15, 17.37], abs=0.006)


VARIED = {
    "filled at the next close": {"execution": {"fill": "next_close"}},
    "SOXS's slippage 30 bp more": {"execution": {"slippage_bps": {"SOXX": 2.0, "SOXS": 32.0}}},
    "weight 20 %": {"hedge": {"weight": 0.20}},
    "start 3 months later": {"start": date(2010, 9, 1)},
}


@pytest.mark.parametrize("name", VARIED)
def test_a_variation_is_what_a_run_of_its_own_says(name):
    changed = VARIED[name]
    config = config_of(changed.get("hedge", {}), **{key: value for key, value in changed.items() if key != "hedge"})
    found = next(one for one in reference()[2].variations if one.name == name)

    prepared, hedged = ran(config, open_market(config))
    answer, years = answered(prepared, hedged), (len(hedged.equity) - 1) / 252

    assert found.fund == pytest.approx(answer.fund.estimate, abs=1e-9)
    between = gap_to_held_less(hedged.equity, [one.equity for one in answer.grid], years)
    assert found.gap == pytest.approx(between, abs=1e-12)
    assert found.gap == pytest.approx(answer.insurance.quarter.gap, abs=5e-5)  # there the share itself is run


def test_an_alternative_is_what_a_run_of_its_own_says():
    found = next(one for one in reference()[2].alternatives if one.dot.title == "rebalanced weekly")
    prepared, hedged = ran(config_of({"rebalance": "weekly"}))
    answer = answered(prepared, hedged)

    assert found.dot.final_equity == hedged.equity[-1]
    assert found.dot.gap == pytest.approx(answer.insurance.quarter.gap, abs=5e-5)
    assert found.net_short == answer.net_short.closes
    assert found.fills == np.count_nonzero(hedged.traded)
    assert prepared.setup.plan.hedge_due.any()
    assert [one.own for one in reference()[2].alternatives if one.kind == "weight"] == [False, True, False]


def test_what_is_left_out_is_left_out_of_every_book():
    """The second half, and the deepest fall: the answer's own figures on those sessions alone."""
    _, hedged, found = reference()
    daily, half = found.controls["derisk_daily"].ledger, (len(hedged.equity) - 1) // 2
    named = {one.name: one for one in found.variations}
    years = (len(hedged.equity) - 1 - half) / 252

    logs = np.log(hedged.equity / daily.equity)
    assert named["second half"].fund == pytest.approx((logs[-1] - logs[half]) / years, abs=1e-12)
    assert named["first half"].fund == pytest.approx(logs[half] / (half / 252), abs=1e-12)
    assert sum(one.group == "falls" for one in found.variations) == 3


def test_a_strategy_without_an_intensity_has_its_orders_carried_out_late():
    prepared, hedged, found = reference()
    bench = VariedRun(prepared, hedged, found.answer.grid, found.controls["derisk_daily"].ledger)
    mute = replace(bench, prepared=replace(prepared, signal=None))

    assert alternatives_of(mute) == ()
    late = {one.name: one for one in variations_of(mute)}
    assert {one.group for one in late.values()} == {"fills", "costs", "time", "falls"}
    decided = {one.name: one for one in found.variations}
    assert late["signals one session late"].gap == pytest.approx(decided["signals one session late"].gap, abs=2e-3)


def test_at_the_cost_of_selling_both_books_end_alike():
    text = reference()[2].verdict.alternative

    assert text == "Selling core is better unless selling costs you more than 1.13 % of the amount sold."
