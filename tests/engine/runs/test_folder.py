"""A run's folder: what is in it, what its id knows, and that no kill and no second process leaves it half-written."""

import errno
import json
import os
import shutil
import signal
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from command import ROOT, SHORT, Answer, ended, started, write_history

import engine.runs.run
from backtest import load_config, run, write_run
from data.errors import UserError
from engine.analytics.attribution import COLUMNS
from engine.runs.folder import run_folder
from engine.runs.index import run_rows

DATA_FILES = [
    *("checksums.json", "config.yaml", "episodes.parquet", "equity.parquet", "fills.parquet", "ledger.parquet"),
    *("manifest.json", "metrics.json", "orders.parquet"),
]
SPAN = ["start=2020-01-01", "end=2020-06-30", "controls=off"]
MINE = """\
from dataclasses import dataclass

from backtest import Strategy


@dataclass(frozen=True)
class Mine(Strategy):
    days: int = 5

    def intensity(self, market):
        return (market.close() * 0 + {level}).round()
"""
DIE = "import os, pyarrow.parquet as pq; pq.write_table = lambda *_: os.kill(os.getpid(), {signal})"
"""The process gets a signal in the middle of its writing."""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def result():
    return run(load_config("hedge_soxs.yaml", SPAN))


def ran(*settings, data=None):
    return run(load_config("hedge_soxs.yaml", [*SPAN, *settings], data))


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def only_run(out="runs"):
    """Return the one folder there is, hidden ones counted."""
    (found,) = Path(out).iterdir()
    return found


# What is in it


def test_the_files_of_a_run(result):
    folder = write_run(result, tearsheet=False)
    assert folder == Path("runs") / f"hedge_soxs-SIMULATED-{result.id}"
    assert sorted(path.name for path in folder.iterdir()) == DATA_FILES
    assert folder.stat().st_mode & 0o777 == 0o777 & ~_umask()


def test_tables_agree_with_the_metrics(result):
    folder = write_run(result, tearsheet=False)
    metrics = json.loads((folder / "metrics.json").read_text())
    equity, orders, episodes = (
        pq.read_table(folder / f"{name}.parquet").to_pandas() for name in ("equity", "orders", "episodes")
    )
    assert equity["hedged"].iloc[-1] == metrics["final_equity"]
    assert equity["unhedged"].iloc[-1] == metrics["controls"]["unhedged"]["final_equity"]
    assert equity["derisk_entry"].iloc[-1] == metrics["controls"]["derisk_entry"]["final_equity"]
    assert (len(equity), len(orders), len(episodes)) == (metrics["sessions"], metrics["fills"], metrics["episodes"])
    assert orders["commission"].sum() + orders["slippage"].sum() == pytest.approx(metrics["costs"], rel=1e-12)
    assert (orders["decided"] < orders["filled"]).all()
    weights = equity["core_weight"] + equity["hedge_weight"] + equity["cash"] / equity["hedged"]
    np.testing.assert_allclose(weights, 1.0, atol=1e-12)


def test_the_judgement_is_kept_with_its_daily_table():
    judged = ran("controls=on")
    folder = write_run(judged, tearsheet=False)
    metrics = json.loads((folder / "metrics.json").read_text())
    daily = pq.read_table(folder / "attribution.parquet").to_pandas()
    equity = pq.read_table(folder / "equity.parquet").to_pandas()

    dollars, linked = daily[list(COLUMNS)], daily[[f"{name}_linked" for name in COLUMNS]]
    np.testing.assert_allclose(dollars.sum(axis=1)[1:], np.diff(equity["hedged"]), atol=1e-9 * 1e5)
    assert linked.to_numpy().sum() == pytest.approx(metrics["total_return"], abs=1e-12)
    assert dollars["compounding"].sum() == pytest.approx(metrics["attribution"]["compounding_dollars"], rel=1e-12)
    apart = metrics["final_equity"] - metrics["controls"]["unhedged"]["final_equity"]
    assert sum(metrics["bridge"].values()) == pytest.approx(apart, abs=1e-9 * metrics["final_equity"])
    assert metrics["verdict"]["outcome"] == "withheld"
    assert set(metrics["controls"]) == set(judged.controls)
    assert {name for name in equity if name in judged.controls} == set(judged.controls)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["data"]) == {"bars/SOXS", "bars/SOXX", "bars/SPY", "series/IRX", "series/VIX"}


def test_the_manifest_knows_inputs_and_versions_but_neither_paths_nor_times(result):
    folder = write_run(result, tearsheet=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["id"] == result.id
    assert manifest["simulated"] is True
    assert set(manifest["data"]) == {"bars/SOXS", "bars/SOXX", "series/IRX"}
    assert {"backtrader", "numpy", "pandas", "quantstats", "python"} <= set(manifest["versions"])
    assert str(ROOT) not in json.dumps(manifest)
    assert str(Path.cwd()) not in json.dumps(manifest)


def test_the_config_in_the_folder_runs_to_the_same_id(result):
    folder = write_run(result, tearsheet=False)
    again = load_config(folder / "config.yaml")
    assert (result.config.data.source, again.data.source) == ("auto", "demo")  # as it was resolved
    assert run(again).id == result.id


def test_a_strategys_file_is_kept_and_run_from_there():
    Path("mine.py").write_text(MINE.format(level=1))
    Path("mine.yaml").write_text("name: mine\nstrategy: {class: 'mine.py:Mine'}\n")
    folder = write_run(run(load_config("mine.yaml", SPAN)), tearsheet=False)
    Path("mine.py").write_text(MINE.format(level=0))
    assert (folder / "mine.py").read_text() == MINE.format(level=1)
    assert folder.name.endswith(run(load_config(folder / "config.yaml")).id)
    assert not folder.name.endswith(run(load_config("mine.yaml", SPAN)).id)


# What its id knows


@pytest.mark.parametrize("setting", ["hedge.weight=0.1", "trend_days=51", "name=other", "end=2020-06-29"])
def test_another_config_is_another_id(result, setting):
    assert ran(setting).id != result.id


def test_history_counts_by_what_it_holds_not_by_where_it_lies():
    here = write_history(Path("here"), "2019-06-03", "2020-12-31")
    there = Path(shutil.copytree(here, "elsewhere/there"))
    first, second = (write_run(ran(data=data), f"runs{i}", tearsheet=False) for i, data in enumerate((here, there)))
    assert first.name == second.name
    one, other = contents(first), contents(second)
    assert one.pop("config.yaml") == other.pop("config.yaml").replace(str(there).encode(), str(here).encode())
    sums = [json.loads(files.pop("checksums.json")) for files in (one, other)]
    assert one == other
    assert len({held.pop("config.yaml") for held in sums}) == 2
    assert sums[0] == sums[1]


def test_a_price_that_the_run_saw_changes_the_id_and_a_later_one_does_not():
    history = write_history(Path("history"), "2019-06-03", "2020-12-31")
    bars = history / "bars" / "SOXS.csv"
    before = ran(data=history).id
    rows = bars.read_text().splitlines()
    bars.write_text("\n".join([*rows[:-1], ",".join([*rows[-1].split(",")[:5], "1", "0", "1"])]))
    assert ran(data=history).id == before
    bars.write_text("\n".join([*rows[:200], ",".join([*rows[200].split(",")[:5], "1", "0", "1"]), *rows[201:]]))
    assert ran(data=history).id != before


def test_the_same_bytes_in_any_process_and_any_folder():
    runs = []
    for seed in ("1", "2"):
        Path(seed).mkdir()
        runs.append(started("run", "hedge_soxs.yaml", *SHORT, cwd=Path(seed), PYTHONHASHSEED=seed))
    assert [ended(process).status for process in runs] == [0, 0]
    first, second = only_run("1/runs"), only_run("2/runs")
    assert first.name == second.name
    assert sorted(contents(first)) == DATA_FILES
    assert contents(first) == contents(second)


# Killed and interrupted


def test_a_kill_leaves_nothing_to_see_and_the_next_run_cleans_up(result):
    killed = ended(started("run", "hedge_soxs.yaml", *SHORT, before=DIE.format(signal=9)))
    assert killed.status == -signal.SIGKILL
    half = only_run()
    assert half.name.startswith(".")
    assert (half / "metrics.json").is_file()
    assert run_rows(Path("runs"), pytest.fail) == []
    write_run(result, "elsewhere", tearsheet=False)
    folder = write_run(result, tearsheet=False)
    assert only_run() == folder
    assert contents(folder) == contents(only_run("elsewhere"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_run_leaves_nothing_and_says_so_in_one_line(number):
    answer = ended(started("run", "hedge_soxs.yaml", *SHORT, before=DIE.format(signal=int(number))))
    assert answer == Answer(130, "", "interrupted: nothing was left half-written\n")
    assert list(Path("runs").iterdir()) == []


def test_a_run_that_fails_while_it_writes_leaves_what_was_there(result, monkeypatch):
    folder = write_run(result, tearsheet=False)
    before = contents(folder)

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(UserError, match=r"^runs: can't be written: No space left on device: choose another folder"):
        write_run(result, tearsheet=False)
    assert only_run() == folder
    assert contents(folder) == before


def test_a_kill_between_two_renames_loses_no_run(result):
    folder = write_run(result, tearsheet=False)
    before = contents(folder)
    folder.rename(folder.with_name(f".{folder.name}.0123abcd.old"))
    other = write_run(ran("name=other"), tearsheet=False)
    assert sorted(Path("runs").iterdir()) == sorted([folder, other])
    assert contents(folder) == before


def test_what_stepped_aside_is_removed_when_its_name_is_taken(result):
    folder = write_run(result, tearsheet=False)
    shutil.copytree(folder, folder.with_name(f".{folder.name}.0123abcd.old"))
    write_run(ran("name=other"), tearsheet=False)
    assert not list(Path("runs").glob(".*"))


def test_hidden_folders_of_others_are_left_alone(result):
    strange = [".git", ".cache.tmp", ".hedge_soxs.0123abcd.tmp", ".hedge_soxs-0123456789.old"]
    for name in strange:
        (Path("runs") / name).mkdir(parents=True)
    write_run(result, tearsheet=False)
    assert sorted(path.name for path in Path("runs").glob(".*")) == sorted(strange)


# Replaced, and written by several at once


def test_an_older_folder_of_the_same_id_is_replaced_whole(result):
    folder = write_run(result, tearsheet=False)
    (folder / "metrics.json").write_text("old")
    (folder / "tearsheet.html").write_text("old")
    assert write_run(result, tearsheet=False) == folder
    assert sorted(contents(folder)) == DATA_FILES
    assert json.loads((folder / "metrics.json").read_text()) == result.figures


def test_what_another_is_writing_is_not_swept_up(result):
    with run_folder(result.folder_name, Path("runs")) as (writing, final):
        result.save(writing)
        assert write_run(result, tearsheet=False) == final
        assert writing.is_dir()
    assert only_run() == final
    assert sorted(contents(final)) == DATA_FILES


def test_many_that_write_the_same_run_at_once_do_no_harm(result, monkeypatch):
    monkeypatch.setattr(engine.runs.run, "code_version", lambda: "the same for all")
    failures = []

    def write():
        try:
            for _ in range(8):
                write_run(result, tearsheet=False)
        except BaseException as fault:
            failures.append(fault)
            raise

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(contents(only_run())) == DATA_FILES


def test_two_commands_at_once_do_no_harm():
    both = [started("run", "hedge_soxs.yaml", *SHORT) for _ in range(2)]
    answers = [ended(process) for process in both]
    assert answers[0] == answers[1]
    assert answers[0].status == 0
    assert sorted(contents(only_run())) == DATA_FILES


# What is kept


def test_kept_runs_are_the_runs_oldest_first(result):
    first, second = write_run(ran("name=b"), tearsheet=False), write_run(result, tearsheet=False)
    os.utime(first / "metrics.json", (1, 1))
    for name in ("not_a_run", f".{first.name}.0123abcd.tmp"):
        shutil.copytree(first, Path("runs") / name)
    rows = run_rows(Path("runs"), pytest.fail)
    assert [row["folder"] for row, _metrics in rows] == [first.name, second.name]
    assert rows[1][1] == result.figures
    assert run_rows(Path("nowhere"), pytest.fail) == []


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Hedges with strategies of their own


def test_a_folder_keeps_a_hedges_own_strategy_and_runs_again_to_the_same_id(tmp_path):
    (tmp_path / "mine.py").write_text(MINE.format(level=1.0))
    own = {"strategy": {"class": "mine.py:Mine"}}
    hedges = [{"weight": 0.1, **own}, {"kind": "cash", "weight": 0.2}]
    asked = {"start": "2020-01-01", "end": "2020-06-30", "controls": "off", "hedges": hedges}
    first = run(asked)

    folder = write_run(first, tearsheet=False)
    again = run(load_config(str(folder / "config.yaml")))
    (tmp_path / "mine.py").write_text(MINE.format(level=0.0))
    other = run(asked)

    assert (folder / "mine.py").read_text() == MINE.format(level=1.0)
    assert again.id == first.id
    assert other.id != first.id
    assert first.hedged.shares[:, 1].any()
    assert not other.hedged.shares[:, 1].any()
