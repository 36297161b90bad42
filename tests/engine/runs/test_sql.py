"""Results as data: what is kept, asked by SQL and listed without it; nothing is ever written."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kept_runs import keep

from backtest import load_config
from data.errors import UserError
from data.files import CHECKSUMS
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.search.objectives import objectives_of
from engine.research.search.run import plan_search, search_trials
from engine.research.search.space import space_of
from engine.research.sweep import sweep
from engine.runs.folder import kept_folders
from engine.runs.index import Places, Wanted, control_rows, kept_rows, run_rows
from engine.runs.sql import VIEWS, described, run_query

SPAN = ["start=2019-01-02", "end=2020-06-30"]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Two runs, two sweeps over different keys, a search; in folders whose names mean something to a pattern."""
    top = tmp_path_factory.mktemp("kept") / "it's [all] here*"
    held = Places(top / "runs", top / "sweeps", top / "searches", top / "walkforwards")
    keep(held.runs, "trend_days=20")
    keep(held.runs, "trend_days=100", "controls=off", "name=quick")
    config = load_config("hedge_soxs.yaml", SPAN)
    sweep(config, grid_of(config, ["trend_days=20,100"]), held.sweeps, 1)
    sweep(config, grid_of(config, ["hedge.weight=0.1:0.2:0.05", "hedge.rebalance=never,weekly"]), held.sweeps, 1)
    planned, market = plan_search(
        config,
        space_of(config, ["hedge.weight=0.1:0.2"]),
        objectives_of("sharpe", None),
        held.searches,
    )
    search_trials(planned, market, 3, Threads(1))
    return held


def answer(sql, places, warn=pytest.fail):
    with run_query(sql, places, warn) as read:
        return read.read_all().to_pylist()


def metrics(places):
    return [json.loads(path.read_text()) for path in sorted(places.runs.glob("*/metrics.json"), key=lambda p: p.parent)]


def test_runs_hold_every_figure_of_metrics_json_by_its_name(places):
    first, second = answer("select * from runs order by folder", places)
    told, quick = metrics(places)

    assert (first["name"], second["name"]) == ("hedge_soxs", "quick")
    assert first["cagr"] == told["cagr"]
    assert first["unhedged_cagr"] == told["controls"]["unhedged"]["cagr"]
    assert first["decay_a_year"] == told["attribution"]["decay_a_year"]
    assert first["drawdown_avoided"] == told["measures"]["drawdown_avoided"]
    assert (
        first["evidence_against_derisk_daily_growth_low"]
        == told["evidence"]["against"]["derisk_daily"]["growth"]["low"]
    )
    assert first["verdict"] == told["verdict"]["outcome"]
    assert str(first["first"]) == told["first"]
    assert second["verdict"] is None
    assert second["decay_a_year"] is None
    assert second["cagr"] == quick["cagr"]
    assert first["data"] != ""
    assert first["id"] == first["folder"][-10:]


def test_a_row_a_control(places):
    rows = answer("select name, control, cagr, hedged_less_cagr_estimate as less from controls", places)
    told = {row["name"]: [one["control"] for one in rows if one["name"] == row["name"]] for row in rows}

    assert told["quick"] == ["unhedged", "derisk_entry"]
    assert len(told["hedge_soxs"]) == len(metrics(places)[0]["controls"])
    assert all((row["less"] is None) == (row["name"] == "quick") for row in rows)
    assert control_rows(places.runs, pytest.fail)[0]["cagr"] == rows[0]["cagr"]


@pytest.mark.parametrize("name", ["equity", "ledger", "fills", "orders", "episodes", "attribution"])
def test_tables_of_runs_stand_with_the_run_beside(places, name):
    counts = {row["run"]: row["n"] for row in answer(f"select run, count(*) n from {name} group by run", places)}  # noqa: S608

    assert counts == {
        path.parent.name[-10:]: pq.read_metadata(path).num_rows for path in places.runs.glob(f"*/{name}.parquet")
    }
    assert len(counts) == (1 if name == "attribution" else 2)


def test_profits_of_episodes_by_sql_are_those_of_the_files(places):
    (told,) = answer(
        "select sum(e.pnl) as pnl from episodes e join runs r on e.run = r.id where r.name = 'quick'", places
    )
    (file,) = places.runs.glob("quick*/episodes.parquet")

    assert told["pnl"] == pytest.approx(sum(pq.read_table(file)["pnl"].to_pylist()))


def test_results_are_the_rows_of_all_sweeps_and_searches(places):
    sql = 'select folder, "hedge.weight" w, "strategy.params.trend_days" d, sharpe from results'
    rows = answer(sql, places)

    assert len(rows) == 2 + 6 + 3
    assert sum(row["d"] is not None for row in rows) == 2
    for path in (*places.sweeps.glob("*/results.parquet"), *places.searches.glob("*/results.parquet")):
        mine = [row["sharpe"] for row in rows if row["folder"] == path.parent.name]
        assert mine == pq.read_table(path)["sharpe"].to_pylist()


def test_a_row_a_sweep_from_its_manifest_and_its_table_s_footer(places):
    rows = answer("select * from sweeps order by combinations", places)
    best = answer("select max(sharpe) m, folder from results group by folder", places)

    assert [row["combinations"] for row in rows] == [2, 6]
    assert [row["keys"] for row in rows] == ["strategy.params.trend_days", "hedge.weight, hedge.rebalance"]
    assert {row["best_sharpe"] for row in rows} <= {row["m"] for row in best}
    (search,) = answer("select * from searches", places)
    assert (search["combinations"], search["objectives"], search["deterministic"]) == (3, "maximize sharpe", True)


def test_every_view_is_described(places):
    told = {name: dict(columns) for name, _about, columns in described(places, pytest.fail)}

    assert list(told) == list(VIEWS)
    assert told["runs"]["last"] == told["sweeps"]["last"] == "DATE"
    assert told["episodes"]["run"] == "VARCHAR"
    assert told["walkforwards"] == {}


@pytest.mark.parametrize(
    "sql",
    [
        "copy runs to 'x.csv'",
        "create table x as select * from runs",
        "attach 'x.db'",
        "install httpfs",
        "set threads = 1",
        "select 1; select 2",
        "",
    ],
)
def test_only_a_select_is_answered(places, tmp_path, monkeypatch, sql):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="a query is one select"):
        answer(sql, places)
    assert not list(tmp_path.iterdir())


def test_nothing_comes_from_the_network(places):
    with pytest.raises(UserError, match="httpfs"):
        answer("select * from read_csv('https://example.com/x.csv')", places)


def test_a_file_of_ones_own_may_be_asked_too(places, tmp_path):
    (tmp_path / "mine.csv").write_text("name,note\nquick,a test\n")
    sql = f"select m.note from runs r join '{tmp_path}/mine.csv' m on r.name = m.name"  # noqa: S608

    assert answer(sql, places) == [{"note": "a test"}]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * from runz", "there is no table runz, did you mean runs?"),
        ("select nope from runs", 'Referenced column "nope" not found'),
        ("selec 1", 'syntax error at or near "selec"'),
        ("select * from walkforwards", r"walkforwards: nothing is kept in .*walkforwards"),
        ("select * from folds", r"folds: nothing is kept in .*walkforwards"),
    ],
)
def test_a_mistake_is_what_duckdb_says_in_one_line(places, sql, said):
    with pytest.raises(UserError, match=said) as raised:
        answer(sql, places)
    assert "\n" not in str(raised.value)


def test_without_duckdb_it_says_what_to_install(places, monkeypatch):
    monkeypatch.setattr("engine.runs.sql.find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r"pip install 'hedge-backtest\[query\]'"):
        answer("select 1", places)


def test_nothing_kept_is_nothing_listed(tmp_path):
    nowhere = Places(*[tmp_path / "none"] * 4)
    assert run_rows(nowhere.runs, pytest.fail) == []
    assert kept_rows(nowhere, "sweep", pytest.fail) == []
    with pytest.raises(UserError, match="controls: nothing is kept in"):
        answer("select * from controls", nowhere)


def test_an_older_folder_is_listed_and_a_damaged_one_is_named_and_left_out(places, tmp_path):
    runs, damage = tmp_path / "runs", []
    shutil.copytree(places.runs, runs)
    manifest = next(runs.glob("quick*")) / "manifest.json"
    text = manifest.read_text()
    manifest.write_text("{}")
    assert [row["name"] for row, _metrics in run_rows(runs, damage.append)] == ["hedge_soxs"]
    assert damage.pop() == f"{manifest}: is damaged, it isn't as it was written: remove its folder"

    (manifest.parent / CHECKSUMS).unlink()  # as an older version wrote it
    rows = {row["name"]: row["older"] for row, _metrics in run_rows(runs, pytest.fail)}
    assert rows == {"hedge_soxs": False, "quick": True}
    manifest.write_text("{")
    assert len(run_rows(runs, damage.append)) == 1
    assert "manifest.json: is not as a run wrote it" in damage.pop()

    manifest.write_text(text)
    (manifest.parent / "equity.parquet").write_bytes(b"no table")
    asked = Places(runs, *[tmp_path / "none"] * 3)
    assert answer("select count(distinct run) n from equity", asked, damage.append) == [{"n": 1}]
    assert "equity.parquet: can't be read: " in damage.pop()
    (next(runs.glob("hedge*")) / "orders.parquet").write_bytes(b"no table")
    assert answer("select count(distinct run) n from orders", asked, damage.append) == [{"n": 1}]
    assert "orders.parquet: is damaged" in damage.pop()


def test_an_older_sweep_is_listed_and_one_without_its_table_is_named(places, tmp_path):
    shutil.copytree(places.sweeps, tmp_path / "sweeps")
    older, damaged = sorted((tmp_path / "sweeps").glob("*/manifest.json"))
    (older.parent / CHECKSUMS).unlink()
    older.write_text(json.dumps({"name": "old"}))
    (damaged.parent / "results.parquet").write_bytes(b"no table")
    damage = []
    (row,) = kept_rows(Places(sweeps=tmp_path / "sweeps"), "sweep", damage.append)
    assert (row["name"], row["keys"], row["id"]) == ("old", "older: run again", older.parent.name[-10:])
    assert len(damage) == 1
    assert "results.parquet: is damaged" in damage[0]


def test_in_a_folder_that_all_share_each_lists_its_own_and_names_what_is_damaged(places, tmp_path):
    shared = tmp_path / "kept"
    for place in (places.runs, places.sweeps, places.searches):
        shutil.copytree(place, shared, dirs_exist_ok=True)
    together, names = Places(*[shared] * 4), ("runs", "equity", "sweeps", "searches", "results")
    own = [len(answer(f"from {name}", places)) for name in names]
    for name in ("web-0123456789", "web-sweep-0123456789"):  # another program's
        (shared / name).mkdir()
        (shared / name / "manifest.json").write_text('{"icons": []}')
    (shared / "web-0123456789" / "metrics.json").write_text('{"cagr": 1}')
    (shared / "half-sweep-0123456789" / "parts").mkdir(parents=True)
    (shared / "gone-0123456789").symlink_to("nowhere")
    (shared / "notes-0123456789").write_text("mine")

    assert [len(answer(f"from {name}", together)) for name in names] == own
    assert set(kept_folders(shared)) - {"web-0123456789"} == set(kept_folders(places.runs))
    damage, config = [], next(shared.glob("quick-*/config.yaml"))
    config.write_bytes(b"\xff")
    assert [row["name"] for row, _metrics in run_rows(shared, damage.append)] == ["hedge_soxs"]
    assert damage == [f"{config}: is damaged, it isn't as it was written: remove its folder"]
    with pytest.raises(UserError, match=r"manifest.json: can't be read: Not a directory"):
        run_rows(shared / "web-0123456789" / "manifest.json", pytest.fail)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), ["hedge_soxs", "quick"]),
        (Wanted(name="QUI"), ["quick"]),
        (Wanted(name="*soxs"), ["hedge_soxs"]),
        (Wanted(strategy="weak"), ["hedge_soxs", "quick"]),
        (Wanted(verdict="paid"), []),
        (Wanted(since="2019-01-02", until="2020-06-30"), ["hedge_soxs", "quick"]),
        (Wanted(since="2019-01-03"), []),
        (Wanted(until="2020-06-29"), []),
    ],
)
def test_filters(places, wanted, names):
    assert sorted(row["name"] for row, _metrics in run_rows(places.runs, pytest.fail) if wanted.has(row)) == names


def test_the_table_of_a_sweep_is_read_by_pandas_polars_and_duckdb(places):
    import duckdb
    import pandas as pd
    import polars as pl

    path = next(path for path in places.sweeps.glob("*/results.parquet") if pq.read_metadata(path).num_rows == 6)
    columns = ["hedge.weight", "hedge.rebalance", "sharpe", "failed"]
    rows = pl.read_parquet(path, glob=False).select(columns).rows()

    assert rows == duckdb.read_parquet(str(path)).project(", ".join(f'"{name}"' for name in columns)).fetchall()
    frame = pd.read_parquet(path)[columns]
    assert next(frame.itertuples(index=False, name=None))[:3] == rows[0][:3]
    assert frame["sharpe"].tolist() == [row[2] for row in rows]
    assert Path(path).stat().st_size > 0
