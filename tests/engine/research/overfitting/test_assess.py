"""The statistics of a whole sweep: its paths are its runs, planted cases are found, bytes don't depend on workers."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from worlds import configured, source

from data.files import write_whole
from data.sources import BARS
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import sold_daily
from engine.analytics.metrics import mean_cash_return, returns_of
from engine.kernel.loop import run_policy
from engine.research.cache import Cache
from engine.research.columns import COLUMNS
from engine.research.compute import Timer, compute
from engine.research.grid import grid_of, with_values
from engine.research.overfitting.assess import finish, finish_sweep
from engine.research.overfitting.drawn import KEPT, drawn_of, kept_of, sampled_rows
from engine.research.overfitting.findings import (
    BARE,
    CANT_TELL,
    COSTS,
    FILE,
    HOLDS,
    LESS_DERISK,
    LESS_UNHEDGED,
    LUCK,
    OVER_CASH,
    numbers,
    outcome,
    read,
    sentence,
)
from engine.research.overfitting.history import Tried
from engine.research.overfitting.paths import PathSet, follow, follow_kept
from engine.research.rows import kept_columns, kept_of_run
from engine.runs.execute import run
from engine.setup import open_market, prepare, run_beta

PARAMS = {"strategy.params": {"trend_days": 5, "volatility_floor": 0.0}}
AXES = ["trend_days=3,5,9", "hedge.weight=0,0.1,0.35", "hedge.rebalance=never,band"]
FED = source(8, 70)


def by_the_loop(config):
    """A combination's books by the plain loop: hedged, unhedged, de-risked."""
    market = open_market(config, FED)
    made = Cache(config, grid_of(config, ["hedge.weight=0.1"]), FED)
    setup = prepare(config, market, made.signal(made.environment(()), ()))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    derisk = sold_daily(setup, hedged, run_beta(config, market)).ledger
    return setup, [returns_of(book.equity) for book in (hedged, run_unhedged(setup), derisk)]


def combinations(config, grid):
    for row, places in enumerate(grid.indices(0, len(grid))):
        yield row, with_values(config, {a.keys: a.values[p] for a, p in zip(grid.axes, places, strict=True)})


def as_kept(value):
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def swept(config, grid, folder, workers=1, chunk=100, follower=None):
    """Sweep and finish, as `engine.research.sweep` does it."""
    made, rows, kept, tables = Cache(config, grid, FED), [], [], []
    for first in range(0, len(grid), chunk):
        table = compute(made, first, min(first + chunk, len(grid)), workers, Timer())
        known = np.flatnonzero(np.isfinite(table[KEPT][:, 0]))
        rows.append(first + known)
        kept.append(table[KEPT][known])
        axes = {
            axis.name: [as_kept(axis.values[at]) for at in grid.indices(first, first + chunk)[:, i]]
            for i, axis in enumerate(grid.axes)
        }
        tables.append(pa.table({**axes, **{name: pa.array(table[name], from_pandas=True) for name in COLUMNS}}))
    folder.mkdir(parents=True)
    write_whole(folder / "results.parquet", lambda path: pq.write_table(pa.concat_tables(tables), path))
    return finish(folder, (np.concatenate(rows), np.concatenate(kept)), follower or follow(made, workers))


# Rows -----------------------------------------------------------------------------------------------------------------


def test_rows_are_drawn_one_from_each_stretch_and_meet_every_value_of_each_axis():
    rows = sampled_rows(1_000_000, 10_000)

    assert (rows // 100 == np.arange(10_000)).all()
    assert np.bincount(rows % 100).min() > 50  # the fastest axis of 100 x 100 x 100
    assert sampled_rows(7, 10).tolist() == list(range(7))
    drawn = drawn_of(123_456)
    assert [len(one) for one in drawn] == [10_000, 2_000, 500]
    assert np.isin(drawn.representatives, drawn.followed).all()
    assert np.isin(drawn.followed, drawn.split).all()


def test_sums_that_are_kept_are_those_of_the_runs():
    config = configured(PARAMS)
    grid = grid_of(config, AXES)
    table = compute(Cache(config, grid, FED), 0, len(grid), 2, Timer())

    for row, one in combinations(config, grid):
        setup, (returns, *_) = by_the_loop(one)
        cash = mean_cash_return(setup.terms.cash_accrual, len(returns))
        expected = kept_of(returns, cash, setup.market.run_sessions)
        np.testing.assert_allclose(table[KEPT][row], expected, rtol=1e-7, atol=1e-12)
        parts = np.array_split(returns - cash, 16)
        np.testing.assert_allclose(table[KEPT][row][1:17], [part.sum() for part in parts], rtol=1e-7, atol=1e-12)


def test_a_history_too_short_for_blocks_keeps_nothing():
    assert np.isnan(kept_of(np.zeros((2, 31)), 0.0, np.arange("2019-01-01", "2019-02-02", dtype="datetime64[D]"))).all()


# Paths ----------------------------------------------------------------------------------------------------------------


def test_paths_are_those_of_the_runs():
    config = configured(PARAMS | {"portfolio.core": {"AAA": 0.6, "BBB": 0.4}, "execution.commission_bps": 20.0})
    grid = grid_of(config, AXES)
    books = follow(Cache(config, grid, FED), 2)(4, np.arange(len(grid)), np.array([1, 4, 9]))

    assert books.rows.tolist() == list(range(len(grid)))
    assert books.rows[books.compared].tolist() == [1, 4, 9]
    for row, one in combinations(config, grid):
        _, (returns, unhedged, derisk) = by_the_loop(one)
        np.testing.assert_allclose(books.returns[row], returns, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(books.unhedged[books.of[row]], unhedged, rtol=1e-8, atol=1e-12)
        for at in np.flatnonzero(books.compared == row):
            np.testing.assert_allclose(books.derisked[at], derisk, rtol=1e-8, atol=1e-12)


def test_paths_that_were_kept_are_those_that_are_run_again(monkeypatch):
    monkeypatch.setattr("engine.research.overfitting.paths.TOGETHER", 3)
    config = configured(PARAMS)
    grid = grid_of(config, AXES)
    quick = {"controls": "off"}
    kept = {row: kept_of_run(run(one.model_copy(update=quick), FED)) for row, one in combinations(config, grid)}
    every = np.arange(len(grid))
    again = follow(Cache(config, grid, FED), 1)(2, every, every)
    looked = follow_kept({row: told.path for row, told in kept.items() if row != 2}, lambda row: kept[row].path)
    books, table = looked(2, every, every), compute(Cache(config, grid, FED), 0, len(grid), 1, Timer())

    assert (books.calendar, books.rows.tolist()) == (again.calendar, again.rows.tolist())
    for one, other in (
        (books.returns, again.returns),
        (books.cash, again.cash),
        (books.unhedged[books.of], again.unhedged[again.of]),
        (books.derisked, again.derisked),
        ([told.sums for told in kept.values()], table[KEPT]),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)


def test_rows_on_other_sessions_and_rows_that_fail_are_left_out(tmp_path):
    config = configured(PARAMS | {"policy.enter": 0.9, "policy.exit": 0.1})
    later = str(FED.read(BARS, "AAA").dates[36])
    grid = grid_of(config, [f"start={config.start},{later}", "policy.enter=0.3,0.9", "policy.exit=0.2,0.5"])
    found = swept(config, grid, tmp_path / "one")

    assert (found.combinations, found.trials) == (8, 6)
    assert found.splits.rows == 3
    assert found.splits.left_out == 3
    assert found.deflated[LESS_UNHEDGED].measured_on == 3
    assert found.superior["unhedged"].left_out == 5


def test_a_ruined_book_counts_as_one(tmp_path):
    config = configured(PARAMS | {"hedge.funding": "margin", "hedge.max_weight": 1.0})
    grid = grid_of(config, ["trend_days=3,5", "hedge.weight=0.1,0.9"])
    found = swept(config, grid, tmp_path / "one")

    assert found.deflated[LESS_UNHEDGED].measured_on == 4
    assert np.isfinite(found.superior["derisk"].p_value)


# The whole ------------------------------------------------------------------------------------------------------------


def test_bytes_do_not_depend_on_workers_or_chunks_and_are_read_back(tmp_path, monkeypatch):
    config = configured(PARAMS)
    grid = grid_of(config, [*AXES, "policy.cooldown=0:3"])
    one = swept(config, grid, tmp_path / "one")
    monkeypatch.setattr("engine.research.layout.BLOCK", 5)
    swept(config, grid, tmp_path / "two", workers=2, chunk=17)
    text = (tmp_path / "one" / FILE).read_bytes()

    assert text == (tmp_path / "two" / FILE).read_bytes()
    told = json.loads(text)
    assert told["says"].startswith(f"Of {len(grid)} combinations the best by Sharpe ratio ")
    assert told["deflated"][OVER_CASH]["sharpe"] == pytest.approx(one.best.sharpe)
    back = read(tmp_path / "one")
    assert back.best.parameters == one.best.parameters
    assert back.deflated[LESS_DERISK].deflated(500) == pytest.approx(one.deflated[LESS_DERISK].deflated(500))
    assert read(tmp_path) is None


def test_a_sweep_that_is_not_compiled_says_the_same_from_its_parts(tmp_path, monkeypatch):
    config = configured(PARAMS)
    grid = grid_of(config, [*AXES[:1], "hedge.weight=0.1,0.35", *AXES[2:]])
    compiled = swept(config, grid, tmp_path / "one")
    parts = tmp_path / "one" / "parts"
    parts.mkdir()
    told = [kept_of_run(run(one.model_copy(update={"controls": "off"}), FED)) for _, one in combinations(config, grid)]
    for k in range(0, len(grid), 7):
        columns = kept_columns(told[k : k + 7], np.arange(k, min(k + 7, len(grid))) != compiled.best.row)
        lists = {
            name: pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1), from_pandas=True), values.shape[1])
            for name, values in columns.items()
        }
        pq.write_table(pa.table(lists), parts / f"{k:06d}.parquet")
    monkeypatch.setattr("engine.research.overfitting.assess.compiles", lambda _config: False)
    found = finish_sweep(tmp_path / "one", sorted(parts.glob("*.parquet")), Cache(config, grid, FED), 1)

    assert found.best == compiled.best
    for name, one in compiled.deflated.items():
        assert found.deflated[name].__dict__ == pytest.approx(one.__dict__, rel=1e-3)
    assert found.splits.pbo == pytest.approx(compiled.splits.pbo, abs=0.02)  # equal books may change places
    for name, one in compiled.superior.items():
        assert found.superior[name].p_value == pytest.approx(one.p_value, abs=0.02)


def test_a_failed_combination_keeps_nothing():
    columns = kept_columns([None, None], np.array([True, False]))

    assert all(np.isnan(values).all() for values in columns.values())


def test_the_best_is_the_run_that_it_names(tmp_path):
    config = configured(PARAMS)
    found = swept(config, grid_of(config, AXES), tmp_path / "one")
    values = {tuple(key.split(".")): value for key, value in found.best.parameters.items()}
    result = run(with_values(config, values).model_copy(update={"controls": "off"}), FED)

    assert result.figures["sharpe"] == pytest.approx(found.best.sharpe, rel=1e-8)
    assert result.figures["controls"]["unhedged"]["sharpe"] == pytest.approx(found.best.unhedged_sharpe, rel=1e-8)
    assert found.best.episodes == result.figures["episodes"]


def planted(tmp_path, returns, unhedged, episodes=40):
    """Finish a table of books that are given by their returns; the unhedged book is the de-risk too."""
    rows, sessions = len(returns), np.arange("2000-01-01", "2060-01-01", dtype="datetime64[D]")[: returns.shape[1] + 1]
    spread = np.where(np.ptp(returns, axis=1) > 0, returns.std(axis=1, ddof=1), np.nan)
    sharpe = returns.mean(axis=1) / spread * np.sqrt(252)
    bare = unhedged.mean() / unhedged.std(ddof=1) * np.sqrt(252)
    table = {"a.key": np.arange(rows), **{name: np.zeros(rows) for name in COLUMNS}}
    table |= {"sharpe": sharpe, "sharpe_vs_unhedged": sharpe - bare, "episodes": np.full(rows, float(episodes))}
    tmp_path.mkdir(exist_ok=True)
    pq.write_table(pa.table(table), tmp_path / "results.parquet")
    kept = kept_of(returns, 0.0, sessions)

    def look(_best, some, compared):
        at = np.searchsorted(some, compared)
        of = np.zeros(len(some), np.int64)
        beside = np.repeat(unhedged[np.newaxis], len(at), axis=0)
        return PathSet(kept[0, 0], some, returns[some], np.zeros(len(some)), unhedged[np.newaxis], of, at, beside)

    return finish(tmp_path, (np.arange(rows), kept), look)


def market_and_bets(seed, rows=200, sessions=2_000):
    rng = np.random.default_rng(seed)
    return rng.normal(0.0006, 0.01, sessions), rng.normal(0.0, 0.004, (rows, sessions))


def test_the_best_of_pure_noise_is_luck(tmp_path):
    market, bets = market_and_bets(11)
    found = planted(tmp_path, market + bets, market)

    assert found.splits.pbo > 0.3
    assert found.deflated[LESS_UNHEDGED].deflated(200) < 0.7
    assert found.superior["unhedged"].p_value > 0.1
    assert outcome(found, 200) in (LUCK, CANT_TELL)
    assert found.deflated[OVER_CASH].deflated(200) > 0.5  # a rising market flatters every book


def test_one_true_edge_is_found(tmp_path):
    market, bets = market_and_bets(12)
    bets[77] += 0.0006
    found = planted(tmp_path, market + bets, market)

    assert found.best.row == 77
    assert found.splits.pbo < 0.02
    assert found.deflated[LESS_UNHEDGED].deflated(200) > 0.95
    assert found.superior["unhedged"].p_value < 0.02
    assert found.superior["unhedged"].without_best > 0.05
    assert outcome(found, 200) == HOLDS
    assert outcome(planted(tmp_path, market + bets, market, episodes=9), 200) == CANT_TELL
    assert sentence(found, Tried(200, 1)) == "Of 200 combinations the best by Sharpe ratio holds up."
    assert sentence(found, Tried(900, 3)).startswith("Of 200 combinations (900 in all 3 sweeps of this run) the best")
    skill, overfit, chance = (one.value for one in numbers(found, Tried(200, 1)))
    assert (skill, overfit) == (found.deflated[LESS_UNHEDGED].deflated(200), found.splits.pbo)
    assert chance == found.superior["unhedged"].p_value


def test_the_best_may_be_not_to_hedge(tmp_path):
    config = configured(PARAMS)
    found = swept(config, grid_of(config, AXES), tmp_path / "one")

    assert found.best.parameters["hedge.weight"] == 0.0
    assert (found.deflated[LESS_UNHEDGED].sharpe, found.deflated[LESS_DERISK].sharpe) == (0.0, 0.0)
    assert outcome(found, 18) == BARE
    assert sentence(found, Tried(18, 1)).endswith("the best by Sharpe ratio doesn't hedge.")


def test_a_hedge_that_only_costs_is_said_to(tmp_path):
    market, bets = market_and_bets(13, rows=20)
    found = planted(tmp_path, market + bets * 0.01 - 0.0004, market)

    assert outcome(found, 20) == COSTS
    assert sentence(found, Tried(20, 1)).endswith("has a hedge that costs more than it brings.")


def test_nothing_is_told_of_a_sweep_without_a_sharpe_and_little_of_a_single_combination(tmp_path):
    market, bets = market_and_bets(14, rows=1, sessions=300)
    found = planted(tmp_path / "one", market + bets, market)

    assert found.splits is None
    assert found.deflated[LESS_UNHEDGED].luck(1) == 0.0
    assert found.superior["unhedged"].representatives == 0
    assert planted(tmp_path / "none", np.zeros((3, 300)), market) is None
    assert not (tmp_path / "none" / FILE).exists()


def test_the_docs_tell_every_key(tmp_path):
    config = configured(PARAMS)
    swept(config, grid_of(config, AXES), tmp_path / "one")
    told = json.loads((tmp_path / "one" / FILE).read_text())
    page = (Path(__file__).resolve().parents[4] / "docs" / "overfitting.md").read_text(encoding="utf-8")
    inner = [*told["deflated"].values(), told["splits"], *told["superior"].values(), told["best"], told["deflated"]]
    keys = {key for one in (told, *inner) for key in one}

    assert {key for key in keys if f"`{key}`" not in page} == set()
