"""Kept runs: found by name or id, read back as they were written, refused where broken, and known when made again."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answered_runs import answered
from command import write_history

import engine.runs.reuse
from backtest import load_config, run, write_run
from data.errors import UserError
from data.files import CHECKSUMS
from engine.kernel.loop import Ledger
from engine.runs.folder import find_run
from engine.runs.identity import id_of
from engine.runs.index import run_rows
from engine.runs.reuse import changed_inputs, made_before
from engine.runs.run import OTHER_INSTRUMENTS, Run
from engine.runs.schema import TABLES
from engine.setup import open_market

SPAN = ["start=2020-01-01", "end=2020-06-30"]


@pytest.fixture(scope="module")
def result():
    return run(load_config("hedge_soxs.yaml", SPAN), engine="python")


@pytest.fixture(scope="module")
def kept(result, tmp_path_factory):
    return write_run(result, tmp_path_factory.mktemp("runs"), tearsheet=False, report=False)


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the folder, to be spoilt."""
    return Path(shutil.copytree(kept, tmp_path / kept.name))


# Finding


def folders(runs, *names):
    for name in names:
        (runs / name).mkdir(parents=True)
        (runs / name / "manifest.json").write_text("{}")


@pytest.fixture
def several(tmp_path):
    runs = tmp_path / "runs"
    folders(
        runs,
        "a-0123456789",
        "a_b-0123abcdef",
        "a_b-fedcba9876",
        "c-SIMULATED-ffffffffff",
        "a-sweep",
        ".a-0123456789.tmp",
    )
    return runs


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("a-0123456789", "a-0123456789"),
        ("0123456789", "a-0123456789"),
        ("a", "a-0123456789"),
        ("a-", "a-0123456789"),
        ("a_b-0", "a_b-0123abcdef"),
        ("0123a", "a_b-0123abcdef"),
        ("fe", "a_b-fedcba9876"),
        ("c", "c-SIMULATED-ffffffffff"),
        ("c-SIM", "c-SIMULATED-ffffffffff"),
    ],
)
def test_a_run_is_found_by_folder_id_name_or_how_it_begins(several, named, found):
    assert find_run(named, several) == several / found
    assert find_run(str(several / named), several) == several / found


def test_a_folder_elsewhere_is_a_run_too(several, tmp_path):
    assert find_run(str(several / "a-0123456789"), tmp_path / "nothing") == several / "a-0123456789"


def test_what_fits_several_runs_or_none_is_refused(several):
    with pytest.raises(UserError, match=r"a_b: fits 2 runs: a_b-0123abcdef, a_b-fedcba9876: write more of it"):
        find_run("a_b", several)
    with pytest.raises(UserError, match=r"0123: fits 2 runs"):
        find_run("0123", several)
    folders(several, *(f"many-{number:010x}" for number in range(6)))
    with pytest.raises(UserError, match=r"many: fits 6 runs: .* and 2 more: write more of it"):
        find_run("many", several)
    with pytest.raises(
        UserError, match=r"c-SIMULATED-fffffffffe: no such run in .*, did you mean c-SIMULATED-ffffffffff"
    ):
        find_run("c-SIMULATED-fffffffffe", several)
    with pytest.raises(UserError, match=r"zzz: no such run in .*: backtest runs --out .* lists them"):
        find_run("zzz", several)
    with pytest.raises(UserError, match="a: no such run, and none is kept in"):
        find_run("a", several / "nowhere")


# Reading


def test_a_run_is_read_back_as_it_was(result, kept):
    read = Run.load(kept)
    assert (read.name, read.id, read.simulated, read.ruined) == ("hedge_soxs", result.id, True, False)
    assert read.figures == json.loads((kept / "metrics.json").read_text())
    assert read.settings["strategy"] == {
        "class": "WeaknessHedge",
        "params": {"trend_days": 50, "volatility_floor": 0.25},
    }
    np.testing.assert_array_equal(read.sessions, result.market.run_sessions)
    np.testing.assert_array_equal(read.hedged.equity, result.hedged.equity)
    np.testing.assert_array_equal(read.tables["equity"]["derisk_daily"], result.books["derisk_daily"].equity)
    np.testing.assert_array_equal(
        read.tables["attribution"]["direction"], result.evaluation.attribution.dollars["direction"]
    )
    assert len(read.tables["orders"]["filled"]) == read.figures["fills"] > 0
    assert read.tables["episodes"]["decided"].dtype == read.sessions.dtype


def test_metrics_are_the_nested_figures_under_one_name_each(result, kept):
    metrics, figures = Run.load(kept).metrics, result.figures
    assert metrics.attrs["SIMULATED"] is True
    assert "SIMULATED" in repr(metrics.head(3))
    assert (metrics["cagr"], metrics["fills"], metrics["id"]) == (figures["cagr"], figures["fills"], result.id)
    assert metrics["unhedged_cagr"] == figures["controls"]["unhedged"]["cagr"]
    assert metrics["direction_a_year"] == figures["attribution"]["direction_a_year"]
    judged = answered()
    assert "SIMULATED" not in repr(judged.metrics)
    assert judged.metrics["answer_timing_p"] == judged.figures["answer"]["timing"]["p"]
    assert not any(value is None or isinstance(value, dict | list) for value in metrics)
    (row,) = (row for row, _figures in run_rows(kept.parent, pytest.fail) if row["id"] == result.id)
    assert metrics.dropna().to_dict() == {key: value for key, value in row.items() if value is not None}
    pd.testing.assert_series_equal(metrics, result.metrics)


def test_ledgers_come_back_as_they_were(result, kept):
    read = Run.load(kept)
    assert list(read.ledgers) == [name for name in result.ledgers if name not in OTHER_INSTRUMENTS]
    for name, ledger in read.ledgers.items():
        assert ledger.last == result.ledgers[name].last
        for field in Ledger._fields[:-1]:
            np.testing.assert_array_equal(getattr(ledger, field), getattr(result.ledgers[name], field))
    fills = read.tables["fills"]
    for name in read.ledgers:
        assert np.count_nonzero(fills["book"] == name) == np.count_nonzero(result.ledgers[name].traded)


def test_a_ruined_books_ledger_ends_with_its_ruin(tmp_path):
    ruined = answered("hedge.weight=1.0", "hedge.max_weight=1.0", "hedge.funding=margin", "hedge.rebalance=never")
    read = Run.load(write_run(ruined, tmp_path, tearsheet=False, report=False))
    assert len(read.unhedged.equity) == len(ruined.unhedged.equity)
    assert read.hedged.last == ruined.hedged.last
    np.testing.assert_array_equal(read.hedged.equity, ruined.hedged.equity)


OWN = """
from dataclasses import dataclass

import numpy as np
import pandas as pd

from strategies import Strategy


@dataclass(frozen=True)
class Mine(Strategy):
    def intensity(self, market):
        return np.ones(len(market))
"""
DATA = (
    "config.yaml",
    "metrics.json",
    "manifest.json",
    *(TABLES[name].file for name in TABLES if name not in ("timing", "hedges")),
)


@pytest.mark.parametrize("name", DATA)
def test_a_file_that_changed_by_a_byte_is_named(copied, name):
    bytes_ = bytearray((copied / name).read_bytes())
    at = len(bytes_) // 3
    bytes_[at] = ord("7") if bytes_[at] != ord("7") else ord("8")
    (copied / name).write_bytes(bytes_)
    with pytest.raises(UserError, match=re.escape(name)) as raised:
        Run.load(copied)
    assert "\n" not in str(raised.value)


def test_a_strategy_of_ones_own_is_read_back_and_written_again(tmp_path):
    file, again = tmp_path / "mine.py", tmp_path / "again"
    file.write_text(OWN)
    config = load_config("hedge_soxs.yaml", [*SPAN, "controls=off", f"strategy.class={file}:Mine"])
    kept = write_run(run(config, engine="python"), tmp_path / "runs", tearsheet=False, report=False)
    again.mkdir()
    Run.load(kept).save(again)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in kept.iterdir()
    }
    (kept / "mine.py").write_text(file.read_text().replace("ones", "zeros"))
    with pytest.raises(UserError, match=r"mine\.py is damaged: it isn't as it was written"):
        Run.load(kept)


def test_a_folder_without_checksums_is_an_older_one(copied):
    (copied / CHECKSUMS).unlink()
    with pytest.raises(UserError, match=r"checksums\.json is missing, an older version wrote it: make the run again"):
        Run.load(copied)


def edit_config(folder):
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("trend_days: 50", "trend_days: 60"))


def test_a_config_that_was_edited_after_the_run_is_told(copied):
    edit_config(copied)
    with pytest.raises(UserError, match=r"config\.yaml was changed after the run: run what it says now"):
        Run.load(copied)
    told = []
    assert run_rows(copied.parent, told.append) == []
    assert told == [f"{copied / 'config.yaml'}: is damaged, it isn't as it was written: remove its folder"]


def test_a_file_whose_checksum_was_taken_out_is_told(copied):
    edit_config(copied)
    held = json.loads((copied / CHECKSUMS).read_text())
    del held["config.yaml"]
    (copied / CHECKSUMS).write_text(json.dumps(held))
    with pytest.raises(UserError, match=r"config\.yaml was changed after the run"):
        Run.load(copied)


def test_checksums_of_other_files_are_told_as_such(copied):
    (copied / CHECKSUMS).write_text('{"name": "app"}')
    with pytest.raises(UserError, match=r"checksums\.json is damaged"):
        Run.load(copied)


def test_a_run_without_controls_is_read_too(tmp_path):
    bare = run(load_config("hedge_soxs.yaml", [*SPAN, "controls=off"]), engine="python")
    read = Run.load(write_run(bare, tmp_path, tearsheet=False, report=False))
    assert "attribution" not in read.tables
    assert read.figures["verdict"] is None


@pytest.mark.parametrize("name", ["config.yaml", *(f"{n}.json" for n in ("metrics", "manifest"))])
@pytest.mark.parametrize("text", [None, "{ no", "[]"])
def test_a_broken_text_file_is_told(copied, name, text):
    if text is None:
        (copied / name).unlink()
    else:
        (copied / name).write_text(text)
    with pytest.raises(UserError, match=re.escape(name)) as told:
        Run.load(copied)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["equity", "orders", "episodes", "attribution"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:500])])
def test_a_broken_table_is_told(copied, name, spoil):
    spoil(copied / f"{name}.parquet")
    with pytest.raises(UserError, match=rf"{name}\.parquet .*: make the run again with backtest run .*config\.yaml"):
        Run.load(copied)


def test_a_folder_of_an_older_version_is_told(copied):
    metrics = json.loads((copied / "metrics.json").read_text())
    (copied / "metrics.json").write_text(json.dumps({key: one for key, one in metrics.items() if key != "verdict"}))
    with pytest.raises(UserError, match=r"metrics\.json has no verdict, an older version wrote it: make the run again"):
        Run.load(copied)


def test_a_table_of_an_older_version_or_of_another_run_is_told(copied):
    table = pq.read_table(copied / "equity.parquet")
    pq.write_table(table.slice(5), copied / "equity.parquet")
    with pytest.raises(UserError, match=r"equity\.parquet has 120 sessions, metrics\.json 125"):
        Run.load(copied)
    pq.write_table(table.drop_columns(["hedge_weight"]), copied / "equity.parquet")
    with pytest.raises(UserError, match=r"equity\.parquet has no column hedge_weight, an older version wrote it"):
        Run.load(copied)
    pq.write_table(pa.table({"date": table["date"]}), copied / "equity.parquet")
    with pytest.raises(UserError, match="an older version"):
        Run.load(copied)


# Knowing


def test_the_id_is_that_of_the_folder(result):
    source, data = result.market.source.name, result.market.fingerprint(result.execution.reads)
    assert id_of(result.config, source, data, result.engine) == result.id
    referee = replace(result, executed=replace(result.execution, engine="backtrader"))
    assert id_of(result.config, source, data, "backtrader") == referee.id


def test_the_same_run_is_known_and_another_is_not(kept):
    config = load_config("hedge_soxs.yaml", SPAN)
    assert made_before(config, kept.parent, "python") == kept
    assert made_before(config, kept.parent) is None
    assert made_before(config, kept.parent / "nowhere", "python") is None
    for other in ("trend_days=49", "end=2020-06-29", "hedge.weight=0.1", "controls=off"):
        assert made_before(load_config("hedge_soxs.yaml", [*SPAN, other]), kept.parent, "python") is None


def test_other_code_is_another_run(kept, monkeypatch):
    monkeypatch.setattr(engine.runs.reuse, "code_version", lambda: "another")
    assert made_before(load_config("hedge_soxs.yaml", SPAN), kept.parent, "python") is None


def test_a_folder_that_can_not_be_read_is_not_reused(kept, copied):
    (copied / "manifest.json").write_text("{ no")
    assert made_before(load_config("hedge_soxs.yaml", SPAN), copied.parent, "python") is None


def test_a_folder_that_was_edited_is_not_reused(copied):
    config = load_config("hedge_soxs.yaml", SPAN)
    assert made_before(config, copied.parent, "python") == copied
    edit_config(copied)
    assert made_before(config, copied.parent, "python") is None


def test_changed_history_is_another_run_and_more_history_is_not(tmp_path):
    folder = write_history(tmp_path / "history", "2019-06-03", "2020-08-31")
    config = load_config("hedge_soxs.yaml", [*SPAN, "controls=off"], folder)
    kept = write_run(run(config, engine="python"), tmp_path / "runs", tearsheet=False, report=False)
    assert made_before(config, kept.parent, "python") == kept
    assert changed_inputs(Run.load(kept).manifest, open_market(config), ["bars/SOXS", "bars/SOXX"]) == []
    write_history(folder, "2019-06-03", "2020-12-31")  # what came after the run's end
    assert made_before(config, kept.parent, "python") == kept
    path = folder / "bars" / "SOXS.csv"
    lines = path.read_text().splitlines()
    date, opened, *rest = lines[200].split(",")
    path.write_text("\n".join([*lines[:200], ",".join([date, str(float(opened) * 1.0001), *rest]), *lines[201:], ""]))
    assert made_before(config, kept.parent, "python") is None
    reads = ["bars/SOXS", "bars/SOXX"]
    assert changed_inputs(Run.load(kept).manifest, open_market(config), reads) == ["bars/SOXS"]


MINE = """\
from dataclasses import dataclass

from backtest import Strategy


@dataclass(frozen=True)
class Mine(Strategy):
    def intensity(self, market):
        return market.close() * 0 + {level}
"""


def test_a_changed_strategy_is_another_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = [*SPAN, "strategy.class=mine.py:Mine", "controls=off"]
    Path("mine.py").write_text(MINE.format(level=1))
    kept = write_run(
        run(load_config("hedge_soxs.yaml", settings), engine="python"), "runs", tearsheet=False, report=False
    )
    assert made_before(load_config("hedge_soxs.yaml", settings), Path("runs"), "python") == kept
    Path("mine.py").write_text(MINE.format(level=0))
    assert made_before(load_config("hedge_soxs.yaml", settings), Path("runs"), "python") is None
