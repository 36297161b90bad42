"""Swept rows are the single run's, metric for metric, whatever is swept."""

import os
from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mixed import START, mixed_source
from worlds import configured, days, source
from worlds import settings as drawn_settings

from backtest import load_config, run
from data.sources.csv import CsvSource
from engine.analytics.attribution import attribute
from engine.analytics.carino import scalars
from engine.analytics.controls import run_unhedged
from engine.analytics.measure import COMPARABLE, HEDGE, NUMBERS, SAFETY, SUM, metrics_of
from engine.analytics.metrics import trades_of
from engine.evaluate_strategy import intensity_of, signals_of
from engine.kernel.loop import run_policy
from engine.research.cache import Cache
from engine.research.columns import COLUMNS
from engine.research.compute import Timer, compute
from engine.research.grid import grid_of, with_values
from engine.setup import open_market, prepare
from strategies import parameters
from strategies.weakness import WeaknessHedge

TOLD = ("sleeve_a_year", "hedge_costs_a_year", "hedge_times_fund", "average_hedge", "hedge_timing")
AXES = ["trend_days=3,5,9", "hedge.weight=0,0.1,0.35"]


def by_the_loop(config, fed):
    """The metrics of one combination and of its unhedged book, and its attribution, by the plain loop."""
    market = open_market(config, fed)
    signal = intensity_of(parameters.make(WeaknessHedge, config.strategy.params), market)
    setup = prepare(config, market, signals_of(config, signal, market))

    def figures(ledger):
        trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
        return metrics_of(ledger, setup.terms.cash_accrual, market.run_sessions, trades, setup.legs.firsts)

    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    return figures(ledger), figures(run_unhedged(setup)), scalars(attribute(setup, ledger))


def assert_rows_are_runs(config, grid, fed, table, told=HEDGE):
    for row, places in enumerate(grid.indices(0, len(grid))):
        values = {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)}
        hedged, unhedged, attributed = by_the_loop(with_values(config, values), fed)
        for name in NUMBERS:
            expected = np.nan if hedged[name] is None else hedged[name]
            assert table[name][row] == pytest.approx(expected, rel=1e-8, abs=1e-9, nan_ok=True), (name, values)
        for name in COMPARABLE:
            if hedged[name] is not None and unhedged[name] is not None:
                above, size = hedged[name] - unhedged[name], max(1.0, abs(hedged[name]), abs(unhedged[name]))
                assert table[f"{name}_vs_unhedged"][row] == pytest.approx(above, rel=1e-8, abs=1e-8 * size)
        for name in told:
            said = pytest.approx(attributed[name], rel=1e-8, abs=1e-10, nan_ok=True)  # an option has no level
            assert table[name][row] == said, (name, values)
        assert not table["failed"][row]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_every_row_is_the_single_run(keys, seed):
    fed = source(seed)
    config = configured(keys | {"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}})
    grid = grid_of(config, AXES)

    table = compute(Cache(config, grid, fed), 0, len(grid), 2, Timer())

    assert_rows_are_runs(config, grid, fed, table)


def test_every_part_of_a_run_can_be_swept_at_once():
    fed = source(8)
    config = configured({"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}})
    grid = grid_of(
        config,
        [
            "trend_days=3,7",
            "policy.min_hold=0,3",
            "hedge.rebalance=never,band,daily",
            "hedge.sizing=fixed,proportional,beta",
            "execution.commission_bps=0,20",
            "hedge.funding=sell_core,margin",
            "execution.shares=fractional,whole",
        ],
    )
    clock = Timer()

    table = compute(Cache(config, grid, fed), 0, len(grid), 2, clock)

    assert_rows_are_runs(config, grid, fed, table)
    assert clock.alone == 0  # not even with a band


def test_combinations_that_contradict_themselves_fail_alone():
    fed = source(8)
    config = configured({"policy.enter": 0.9, "policy.exit": 0.1})
    grid = grid_of(config, ["policy.enter=0.3,0.7", "policy.exit=0.2,0.5"])

    table = compute(Cache(config, grid, fed), 0, len(grid), 1, Timer())

    assert [bool(word) for word in table["failed"]] == [False, True, False, False]
    assert "policy.exit 0.5 is above policy.enter 0.3" in table["failed"][1]
    assert all(np.isnan(table[name][1]) for name in COLUMNS)
    assert not np.isnan(table["cagr"][[0, 2, 3]]).any()


def test_a_chunk_is_the_same_however_it_is_cut():
    fed = source(4)
    config = configured({"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}})
    grid = grid_of(config, [*AXES, "policy.cooldown=0:3"])
    whole = compute(Cache(config, grid, fed), 0, len(grid), 2, Timer())

    made = Cache(config, grid, fed)
    cut = [compute(made, first, first + 7, 1, Timer()) for first in range(0, len(grid), 7)]

    for name in COLUMNS:
        np.testing.assert_array_equal(np.concatenate([part[name] for part in cut]), whole[name])


@needs_history
def test_rows_of_real_history_are_what_backtest_run_gives():
    count = int(os.environ.get("BACKTEST_VERIFY_ROWS", "4"))
    settings_ = ["end=2026-08-21"]
    config = load_config("hedge_soxs.yaml", settings_, FOLDER)
    grid = grid_of(
        config, ["trend_days=10:200:10", "volatility_floor=0:0.5:0.05", "hedge.weight=0.05:0.5:0.05"], count, 1
    )
    table = compute(Cache(config, grid, CsvSource(FOLDER)), 0, len(grid), 2, Timer())

    for row, places in enumerate(grid.indices(0, count)):
        values = {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)}
        result = run(with_values(config, values).model_copy(update={"controls": "off" if row else "on"}))
        for name in NUMBERS:
            assert table[name][row] == pytest.approx(result.figures[name], rel=1e-9), (name, values)
        attributed = scalars(attribute(result.setup, result.hedged))
        for name in HEDGE:
            assert table[name][row] == pytest.approx(attributed[name], rel=1e-8, abs=1e-12), (name, values)
        if not row:  # the one that is evaluated
            told = result.figures["attribution"]
            assert [table[name][row] for name in HEDGE] == pytest.approx([told[name] for name in HEDGE], rel=1e-8)


def test_the_docs_tell_every_figure_of_the_sleeve_and_of_the_answer():
    page = (Path(__file__).resolve().parents[3] / "docs" / "sweeps.md").read_text(encoding="utf-8")

    assert all(f"| `{name}` | {figure.meaning} |" in page for name, figure in (HEDGE | SAFETY | SUM).items())


# Hedges of every kind, and several ------------------------------------------------------------------------------------

OWN = {"strategy": {"class": "WeaknessHedge", "params": {"trend_days": 4, "volatility_floor": 0.0}}}
FUND = {"instrument": "HHH", "underlying": "AAA", "weight": 0.1, "lookback": 10}
ASSET = {"kind": "asset", "instrument": "XXX", "underlying": "AAA", "weight": 0.2, "lookback": 10}
OPTION = {"kind": "option", "underlying": "AAA", "rebalance": "monthly"}
KINDS = {
    "asset": ([ASSET | {"max_weight": 0.6, "sizing": "beta"}], ["trend_days=3,9", "hedge.weight=0,0.2"]),
    "cash": ([{"kind": "cash", "underlying": "AAA", "weight": 0.4}], ["trend_days=3,9", "hedge.rebalance=daily,band"]),
    "short": ([{"kind": "short", "underlying": "AAA"}], ["trend_days=3,9", "hedge.weight=0,0.3"]),
    "put": ([OPTION], ["trend_days=3,9", "hedge.cover=0.5,1"]),
    "collar": ([OPTION | {"option": {"structure": "collar"}}], ["hedge.option.strike=90,97", "policy.confirm=1,2"]),
    "kinds": ([ASSET | {"max_weight": 1.0}], ["hedge.kind=asset,cash,short", "hedges.0.weight=0.1,0.3"]),
    "own policy": ([FUND], ["hedge.policy.confirm=1,3", "policy.min_hold=0,4"]),
    "two": ([FUND, ASSET], ["hedges.0.weight=0,0.2", "hedges.1.policy.confirm=1,3", "trend_days=3,9"]),
    "twice": ([FUND, FUND | OWN], ["hedges.1.strategy.params.trend_days=2,8", "hedges.0.sizing=fixed,beta"]),
    "all": ([FUND, ASSET, OPTION, {"kind": "short", "weight": 0.1}], ["trend_days=3,9", "hedges.3.weight=0,0.2"]),
}


@pytest.mark.parametrize(("hedges", "axes"), KINDS.values(), ids=KINDS)
def test_rows_of_every_kind_of_hedge_are_runs(hedges, axes):
    params = {"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}, "start": str(days()[START])}
    fed, config = mixed_source(7), configured(params | {"hedges": hedges})
    grid = grid_of(config, axes)

    table = compute(Cache(config, grid, fed), 0, len(grid), 2, Timer(), answer=True)

    together = len(hedges) == 1 and hedges[0].get("kind") in ("asset", "cash")
    assert_rows_are_runs(config, grid, fed, table, TOLD if together else HEDGE)
    assert np.isnan(table["direction_a_year"]).any() == together
    assert np.isnan(table["decay_a_year"]).all() == any("kind" in leg for leg in hedges)
    total = np.sum([table[name] for name in SUM], axis=0)
    np.testing.assert_allclose(total, table["cagr_vs_unhedged"], rtol=0, atol=1e-9)
    assert len(set(table["final_equity"])) > 1


def test_a_row_that_contradicts_itself_fails_alone():
    config = configured({"hedges": [FUND, ASSET], "start": str(days()[START])})
    grid = grid_of(config, ["hedges.0.weight=0.1,0.5", "hedges.1.weight=0.2,0.5", "hedges.0.max_weight=0.5,0.9"])
    wide = grid_of(config, ["hedges.0.weight=0.1,0.9", "hedges.0.max_weight=0.5,0.95"])

    fine = compute(Cache(config, grid, mixed_source(7)), 0, len(grid), 1, Timer())
    table = compute(Cache(config, wide, mixed_source(7)), 0, len(wide), 1, Timer())

    assert not fine["failed"].any()
    assert [bool(why) for why in table["failed"]] == [False, False, False, True]
    assert "hedges weigh up to 1.1 together, and the core pays for 1" in table["failed"][3]
    assert np.isnan(table["cagr"]).tolist() == [False, False, False, True]
