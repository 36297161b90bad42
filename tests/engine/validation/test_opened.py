"""What a strategy opens by itself: the run's own files are a leak, through whatever library; others can't be seen."""

import os
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from leaks import write_strategy
from markets import nyse, random_bars
from worlds import configured

from data.bars import COLUMNS
from data.sources.csv import CsvSource
from data.store import Origin, Store
from engine.validation.opened import data_files, ear
from engine.validation.prove import prove

DATES = nyse("2018-01-02", 40)
ORIGIN = Origin("import", "mine.csv", "hedge-backtest 1", "2026-08-21T20:15:00Z")

CLOSE = """
import csv, os, subprocess, sys
from pathlib import Path

PATH = {path!r}
{before}

@dataclass
class Opens(CloseStrategy):
    def on_close(self, view, book):
        {within}
        return 0.1
"""
KINDS = {
    "on_close": CLOSE,
    "intensity": """
import csv, os, subprocess, sys
from pathlib import Path

PATH = {path!r}
{before}

@dataclass(frozen=True)
class Opens(Strategy):
    def intensity(self, market):
        {within}
        return (market.close() > 0.0).astype(float)
""",
    "backtrader": """
import csv, os, subprocess, sys
from pathlib import Path
import backtrader as bt

PATH = {path!r}
{before}

class Opens(bt.Strategy):
    def next(self):
        {within}
        self.order_target_percent(self.datas[-1], 0.1)
""",
}
WAYS = {
    "open": "with open(PATH) as file: file.read()",
    "pathlib": "Path(PATH).read_bytes()",
    "os.open": "os.close(os.open(PATH, os.O_RDONLY))",
    "csv": "with open(PATH) as file: list(csv.reader(file))",
    "pandas": "pd.read_csv(PATH)",
    "pandas by pyarrow": "pd.read_csv(PATH, engine='pyarrow')",
    "numpy": "np.genfromtxt(PATH, delimiter=',', skip_header=1)",
    "numpy bytes": "np.fromfile(PATH, np.uint8)",
    "numpy memmap": "np.memmap(PATH, np.uint8, 'r')",
    "pyarrow": "__import__('pyarrow.csv').csv.read_csv(PATH)",
    "pyarrow file": "__import__('pyarrow').OSFile(PATH).read()",
    "pyarrow map": "__import__('pyarrow').memory_map(PATH).read()",
    "pyarrow data set": "__import__('pyarrow.dataset').dataset.dataset(PATH, format='csv').to_table()",
    "polars": "__import__('polars').read_csv(PATH)",
    "polars, lazily": "__import__('polars').scan_csv(PATH).collect()",
    "duckdb": "__import__('duckdb').sql(f\"select * from '{PATH}'\").fetchall()",
    "duckdb, a pattern": "__import__('duckdb').sql(f\"select * from '{Path(PATH).parent}/*.csv'\").fetchall()",
    "ours": "__import__('data.sources.csv').sources.csv.CsvSource(Path(PATH).parents[1]).read('bars', 'CORE')",
    "a command": "subprocess.run(['cat', PATH], stdout=subprocess.DEVNULL)",
    "a shell": "os.system(f'cat {PATH} > /dev/null')",
}


def bars():
    rng = np.random.default_rng(12)
    core = random_bars("CORE", DATES, rng)
    return core, random_bars("FUND", DATES, rng, follows=core, beta=-3.0)


@pytest.fixture
def folder(tmp_path):
    """Make a folder of CSV files."""
    made = tmp_path / "history"
    (made / "bars").mkdir(parents=True)
    for one in bars():
        frame = pd.DataFrame({"date": one.dates, **{name: getattr(one, name) for name in COLUMNS}})
        frame.to_csv(made / "bars" / f"{one.instrument}.csv", index=False)
    return made


def files_of(tmp_path, source, path, within="pass", before="", kind="on_close"):
    text = KINDS[kind].format(path=str(path), within=within, before=before)
    named = write_strategy(tmp_path, "Opens", text)
    keys = {"start": str(DATES[20]), "portfolio.core": {"CORE": 1.0}, "hedge.instrument": "FUND"}
    config = configured(keys | {"hedge.underlying": "CORE", "strategy.class": named})
    proof = prove(config, source, 1)
    (check,) = [one for one in proof.checks if one.name == "files"]
    return check, proof


@pytest.mark.parametrize("way", WAYS)
def test_the_runs_own_file_is_a_leak_however_it_is_read(tmp_path, folder, way):
    check, proof = files_of(tmp_path, CsvSource(folder), folder / "bars" / "CORE.csv", WAYS[way])
    assert (check.outcome, proof.stands) == ("leak", False)
    assert "bars/CORE" in [name for leak in proof.leaks for name in leak.reads]
    assert "which is the run's own history" in check.sentence


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["open", "pandas", "pyarrow"])
def test_so_it_is_while_the_file_is_imported(tmp_path, folder, way, kind):
    path = folder / "bars" / "CORE.csv"
    check, _proof = files_of(tmp_path, CsvSource(folder), path, before=WAYS[way], kind=kind)
    assert check.outcome == "leak"
    check, _proof = files_of(tmp_path, CsvSource(folder), path, WAYS[way], kind=kind)
    assert check.outcome == "leak"


def test_so_it_is_where_a_module_beside_reads_it(tmp_path, folder):
    path = folder / "bars" / "CORE.csv"
    text = f"from pathlib import Path\nTEXT = Path({str(path)!r}).read_text()\n"
    (tmp_path / "reads_beside.py").write_text(text)
    check, _proof = files_of(tmp_path, CsvSource(folder), "", before="import reads_beside")
    assert check.outcome == "leak"


@pytest.mark.parametrize("way", ["relative", "dotted", "symlink to the file", "symlink to the folder", "hard", "copy"])
def test_so_it_is_by_whatever_path(tmp_path, folder, way, monkeypatch):
    file, other = folder / "bars" / "CORE.csv", tmp_path / "mine.csv"
    monkeypatch.chdir(tmp_path)
    if way == "symlink to the file":
        other.symlink_to(file)
    elif way == "symlink to the folder":
        (tmp_path / "linked").symlink_to(folder)
    elif way == "hard":
        os.link(file, other)
    elif way == "copy":
        shutil.copy(file, other)
    paths = {"relative": "history/bars/CORE.csv", "dotted": f"{folder}/../history/./bars/CORE.csv"}
    path = paths.get(way, tmp_path / "linked/bars/CORE.csv" if way == "symlink to the folder" else other)
    check, _proof = files_of(tmp_path, CsvSource(folder), path, WAYS["open"])
    assert check.outcome == "leak"
    check, _proof = files_of(tmp_path, CsvSource(folder), path, WAYS["pyarrow"])
    assert check.outcome == "leak"


@pytest.mark.parametrize("way", ["pd.read_parquet(PATH)", "__import__('pyarrow.parquet').parquet.read_table(PATH)"])
def test_a_file_of_the_store_is_one_too(tmp_path, way):
    store = Store(tmp_path / "store")
    for one in bars():
        store.put(one, ORIGIN)
    source = store
    path = next(file for file in data_files(source) if "CORE" in file.name)
    check, _proof = files_of(tmp_path, source, path, way)
    assert check.outcome == "leak"


@pytest.mark.parametrize("way", ["open", "pandas", "numpy", "pyarrow", "polars", "duckdb"])
def test_a_file_of_its_own_is_told_as_what_cant_be_seen(tmp_path, folder, way):
    other = tmp_path / "mine.csv"
    other.write_text("a,b\n1,2\n")
    check, proof = files_of(tmp_path, CsvSource(folder), other, WAYS[way])
    assert (check.outcome, proof.stands) == ("warning", True)
    assert str(other) in check.sentence


def test_what_is_written_or_code_is_not_read(tmp_path, folder):
    within = "open(PATH, 'w').close(); os.close(os.open(PATH, os.O_WRONLY)); Path(__file__).read_text()"
    check, _proof = files_of(tmp_path, CsvSource(folder), tmp_path / "log", within)
    assert check.outcome == "passed"


@pytest.mark.parametrize("kept", ["np.save", "pickle"])
def test_of_a_cache_on_disk_nothing_is_proved(tmp_path, folder, kept):
    """It is filled on the whole history, and read again on every one that is cut."""
    text = """
import pickle
from pathlib import Path

PATH = Path(__file__).with_suffix(".cache")


def averaged(level):
    if not PATH.exists():
        PATH.write_bytes(pickle.dumps(level.mean()))
    return pickle.loads(PATH.read_bytes())


@dataclass(frozen=True)
class Kept(Strategy):
    def intensity(self, market):
        return (market.total_return() > averaged(market.total_return())).astype(float)
"""
    if kept == "np.save":
        text = text.replace(".cache", ".npy").replace(
            "PATH.write_bytes(pickle.dumps(level.mean()))", "np.save(PATH, level.mean())"
        )
        text = text.replace("pickle.loads(PATH.read_bytes())", "float(np.load(PATH))")
    keys = {"start": str(DATES[20]), "portfolio.core": {"CORE": 1.0}, "hedge.instrument": "FUND"}
    named = write_strategy(tmp_path, "Kept", text)
    proof = prove(configured(keys | {"hedge.underlying": "CORE", "strategy.class": named}), CsvSource(folder), 2)
    (check,) = [one for one in proof.checks if one.name == "files"]
    assert (check.outcome, proof.stands) == ("unproved", False)


def test_nothing_stays_wrapped(tmp_path, folder):
    files_of(tmp_path, CsvSource(folder), folder / "bars" / "CORE.csv", WAYS["open"])
    assert ear().heard is None
    for module in ("pyarrow", "pyarrow.csv", "polars", "duckdb"):
        assert "lookahead" not in str(getattr(vars(sys.modules[module]).get("read_csv"), "__code__", ""))


def test_history_in_memory_has_no_files():
    assert data_files(object()) == ()
