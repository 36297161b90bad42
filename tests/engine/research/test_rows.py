"""Swept rows know the answer: how safe a book was, its gap to holding less, and the parts of the sum."""

import json
import os

import numpy as np
import pyarrow.parquet as pq
import pytest
from history import FOLDER, needs_history
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from less import gap_by_hand, shortfall
from worlds import configured, source
from worlds import settings as drawn_settings

from backtest import load_config, run
from data.errors import DataError, UserError
from data.sources.csv import CsvSource
from engine.analytics.derisk import held_less_grid, sold_at_entry, sold_daily
from engine.kernel import tails
from engine.research.cache import Cache
from engine.research.columns import COLUMNS, ESTIMATED, SAFETY, SHIFTS, SUM, check_column, columns_of
from engine.research.compute import Timer, compute, run_alone
from engine.research.grid import grid_of, with_values
from engine.research.rows import compute_rows, spaced
from engine.research.search.objectives import objectives_of
from engine.research.search.run import plan_search
from engine.research.search.space import space_of
from engine.research.sweep import sweep
from engine.research.walkforward.folds import Windows, span_of
from engine.research.walkforward.plan import plan_of
from engine.setup import run_beta

FED = source(8, 200)
PARAMS = {"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}}
AXES = ["trend_days=3,9", "hedge.weight=0.1,0.35", "hedge.rebalance=never,band,weekly"]
YEAR = 252


def growth(book, years):
    return np.log(book.equity[-1] / book.equity[0]) / years


def made_of(config, grid, fed=FED):
    return Cache(config, grid, fed)


# How safe a book was --------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_bad_quarter_and_gap_are_those_of_the_rows_own_book(keys, seed):
    fed = source(seed, 180)
    config = configured(keys | PARAMS)
    grid = grid_of(config, ["trend_days=3,9", "hedge.weight=0,0.1,0.35"])
    made = made_of(config, grid, fed)
    table = compute(made, 0, len(grid), 2, Timer())
    try:
        world = made.environment(())
    except DataError:  # costs a share of more than a price that fell
        reject()
    books, sessions = [book.equity for book in held_less_grid(world.setup)], len(world.setup.prices.close)
    near = 1e-6 if world.setup.terms.whole else 1e-9  # a rounding may decide about a whole share

    for row, places in enumerate(grid.indices(0, len(grid))):
        ledger = run_alone(made, world, places)
        if sessions <= 2 * 63 or ledger.equity.min() <= 0.0:
            assert np.isnan([table[name][row] for name in SAFETY]).all()
            continue
        assert table["bad_quarter"][row] == pytest.approx(shortfall(ledger.equity), abs=near)
        if abs(shortfall(ledger.equity) - shortfall(books[-1])) < 1e-12:
            continue  # unhedged: a rounding decides whether all of the core is as safe, or less in whole shares
        by_hand = gap_by_hand(ledger.equity, books, (sessions - 1) / world.market.sessions_a_year)
        assert table["gap_to_held_less"][row] == pytest.approx(by_hand, abs=near)


@settings(max_examples=200, deadline=None)
@given(
    own=st.floats(-0.5, 0.0),
    risks=st.lists(st.floats(-0.5, 0.0), min_size=3, max_size=3),
    growths=st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3),
)
def test_the_share_that_is_as_safe_is_the_first_from_the_top(own, risks, growths):
    grid = np.array([0.0, 0.5, 1.0])
    share, grown = tails.as_safe(own, grid, np.array(risks), np.array(growths))

    if own <= risks[2]:
        assert (share, grown) == (1.0, growths[2])
    elif own > max(risks):
        assert (share, grown) == (0.0, growths[0])
    else:
        at = 1 if own <= risks[1] else 0
        assert grid[at] <= share < grid[at + 1] + 1e-12
        assert share == pytest.approx(np.interp(own, [risks[at + 1], risks[at]], [grid[at + 1], grid[at]]))
        assert min(growths[at : at + 2]) - 1e-12 <= grown <= max(growths[at : at + 2]) + 1e-12


# The sum --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [{}, {"portfolio.core": {"AAA": 0.6, "BBB": 0.4}, "portfolio.rebalance": "monthly"}])
def test_parts_add_up_and_are_those_of_the_rows_own_books(keys):
    config = configured(PARAMS | {"execution.commission_bps": 20.0} | keys)
    grid = grid_of(config, AXES)
    made = made_of(config, grid)
    table = compute(made, 0, len(grid), 2, Timer(), answer=True)
    world = made.environment(())
    beta = run_beta(world.config, world.market)
    years = (len(world.setup.prices.close) - 1) / world.market.sessions_a_year

    total = np.sum([table[name] for name in SUM], axis=0)
    np.testing.assert_allclose(total, table["cagr_vs_unhedged"], rtol=0, atol=1e-9)
    for row, places in enumerate(grid.indices(0, len(grid))):
        hedged = run_alone(made, world, places)
        entry, daily = sold_at_entry(world.setup, hedged, beta), sold_daily(world.setup, hedged, beta).ledger
        own, bare = growth(hedged, years), growth(world.unhedged, years)
        factor = (np.exp(own) - np.exp(bare)) / (own - bare)
        assert table["fund"][row] == pytest.approx((own - growth(daily, years)) * factor, abs=1e-9)
        assert table["drift"][row] == pytest.approx((growth(daily, years) - growth(entry, years)) * factor, abs=1e-9)
        both = table["exposure"][row] + table["timing"][row]
        assert both == pytest.approx((growth(entry, years) - bare) * factor, abs=1e-9)


def test_shifts_go_around_evenly_and_are_all_where_there_are_few():
    some = spaced(4_081)

    assert (some[0], len(some), some[-1]) == (0, SHIFTS + 1, 4_081 * SHIFTS // (SHIFTS + 1))
    assert set(np.diff([*some, 4_081])) <= {62, 63}
    assert spaced(40).tolist() == list(range(40))


def test_a_book_that_is_never_hedged_has_parts_of_nothing_and_a_ruined_one_has_none():
    keys = {"hedge.funding": "margin", "hedge.max_weight": 1.0, "hedge.rebalance": "never", "policy.min_hold": 150}
    config = configured(PARAMS | keys | {"execution.commission_bps": 200.0})
    grid = grid_of(config, ["hedge.weight=0,0.9"])
    table = compute(made_of(config, grid, source(5, 200)), 0, 2, 1, Timer(), answer=True)

    assert [table[name][0] for name in SUM] == pytest.approx([0.0] * 4, abs=1e-12)
    assert table["total_return"][1] <= -1.0
    assert np.isnan([table[name][1] for name in (*SUM, *SAFETY)]).all()


CLOSING = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    weight: float = 0.1

    def on_close(self, view, book):
        return self.weight if len(view.close("AAA")) // 20 % 2 else 0.0
"""


def test_rows_that_run_by_themselves_know_it_too(tmp_path):
    (tmp_path / "closing.py").write_text(CLOSING)
    config = configured({"strategy.class": f"{tmp_path / 'closing.py'}:Closing"})
    grid = grid_of(config, ["strategy.params.weight=0.1,0.3"])
    table = compute_rows(config, grid, FED, 0, 2, answer=True)
    known = run(
        with_values(config, {("strategy", "params", "weight"): 0.3}).model_copy(update={"controls": "off"}), FED
    )

    assert not table["failed"].any(), table["failed"]
    assert table["bad_quarter"][1] == pytest.approx(shortfall(known.hedged.equity), abs=1e-12)
    np.testing.assert_allclose(np.sum([table[name] for name in SUM], axis=0), table["cagr_vs_unhedged"], atol=1e-9)
    assert (table["cagr_vs_unhedged"] != 0.0).all()


def test_a_strategy_compiled_or_by_itself_has_the_same_row():
    config = configured(PARAMS)
    grid = grid_of(config, AXES)
    one, other = (
        compute(made_of(config, grid), 0, 4, 1, Timer(), answer=True),
        compute_rows(config, grid, FED, 0, 4, answer=True),
    )

    for name in columns_of(answer=True):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-7, atol=1e-9, err_msg=name)


# Sweep, search, walk-forward ------------------------------------------------------------------------------------------


def test_a_sweep_with_the_answer_is_another_whose_bytes_do_not_depend_on_workers(tmp_path):
    config = configured(PARAMS)
    grid = grid_of(config, AXES)
    plain = sweep(config, grid, tmp_path / "one", 1, source=FED)
    one, two = (sweep(config, grid, tmp_path / f"{n}", n, source=FED, answer=True) for n in (1, 2))

    assert one.folder.name == two.folder.name != plain.folder.name
    assert one.results.read_bytes() == two.results.read_bytes()
    bare, full = pq.read_table(plain.results), pq.read_table(one.results)
    assert bare.column_names == [*(axis.name for axis in grid.axes), *COLUMNS, "failed"]
    assert [name for name in full.column_names if name not in bare.column_names] == list(SUM)
    assert full.select(bare.column_names).equals(bare)
    told = json.loads((one.folder / "manifest.json").read_text())["answer"]
    assert told == {"columns": list(SUM), "estimated": list(ESTIMATED), "shifts": SHIFTS}
    assert "answer" not in json.loads((plain.folder / "manifest.json").read_text())
    assert set(json.loads((one.folder / "overfitting.json").read_text())["best"]["parameters"]) == {
        axis.name for axis in grid.axes
    }


def test_names_of_columns_are_checked_and_those_of_the_sum_take_the_option():
    def better(_name):
        return False

    check_column("--metric", "fund", answer=True)
    assert objectives_of("fund,gap_to_held_less", None, answer=True)[0].column == "fund"
    for asked in (
        lambda: check_column("--objective", "fund", answer=False),
        lambda: objectives_of("fund", None),
    ):
        with pytest.raises(UserError, match="--objective fund takes --answer"):
            asked()
    with pytest.raises(UserError, match="gap_to_held_les is unknown, did you mean gap_to_held_less"):
        check_column("--metric", "gap_to_held_les", answer=False)
    with pytest.raises(UserError, match="--objective expsure is unknown, did you mean exposure"):
        objectives_of("expsure", None, answer=True)


def test_search_and_walk_forward_with_the_answer_are_others(tmp_path):
    config = configured(PARAMS)
    grid, cut = (
        grid_of(config, ["trend_days=3,9"]),
        Windows(span_of("80d", "--train"), span_of("40d", "--test"), False, 0),
    )
    plans = [plan_of(config, grid, cut, "bad_quarter", source=FED, answer=answer) for answer in (False, True)]
    space, objectives = space_of(config, ["trend_days=3:9"]), objectives_of("bad_quarter", None)
    searches = [plan_search(config, space, objectives, tmp_path, 0, FED, answer=answer)[0] for answer in (False, True)]

    assert plans[0].id != plans[1].id
    assert plans[1].job.answer
    assert searches[0].folder.name != searches[1].folder.name
    with pytest.raises(UserError, match="--objective drift takes --answer"):
        plan_of(config, grid, cut, "drift", source=FED)


# Real history ---------------------------------------------------------------------------------------------------------


@needs_history
def test_rows_of_real_history_know_what_the_run_answers():
    count = int(os.environ.get("BACKTEST_VERIFY_ROWS", "2"))
    config = load_config("hedge_soxs.yaml", ["end=2026-08-21"], FOLDER)
    axes = ["trend_days=10:200:10", "volatility_floor=0:0.5:0.05", "hedge.weight=0.05:0.5:0.05"]
    grid = grid_of(config, [*axes, "hedge.rebalance=never,weekly,band"], count, 2)
    table = compute(Cache(config, grid, CsvSource(FOLDER)), 0, len(grid), 2, Timer(), answer=True)

    for row, places in enumerate(grid.indices(0, count)):
        values = {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)}
        answer = run(with_values(config, values)).figures["answer"]
        assert table["bad_quarter"][row] == pytest.approx(answer["insurance"]["bad_quarter"], abs=1e-9)
        # The run holds the very share; the row reads between two of the grid: some thousandths of a point.
        assert table["gap_to_held_less"][row] == pytest.approx(answer["insurance"]["gap"], abs=5e-5)
        parts = answer["sum"]["cagr"]
        for name in ("drift", "fund"):
            assert table[name][row] == pytest.approx(parts[name], abs=1e-9)
        both = table["exposure"][row] + table["timing"][row]
        assert both == pytest.approx(parts["exposure"] + parts["timing"], abs=1e-9)
        assert abs(table["timing"][row] - parts["timing"]) < 3.0 * answer["timing"]["deviation"] / np.sqrt(SHIFTS)
