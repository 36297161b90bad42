"""Sweeps from end to end: the same bytes however they are run, killed or cut; one failing row is one failing row."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from backtest import load_config, run
from engine.judgement.many import FIGURES
from engine.sweeps import run as sweeping
from engine.sweeps.grid import grid_of, with_values
from engine.sweeps.run import sweep

SHORT = ["start=2019-01-02", "end=2020-12-31"]
AXES = ["trend_days=10:100:10", "hedge.weight=0.05:0.5:0.05"]

CLOSING = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    fall: float = 0.05

    def on_close(self, view, book):
        if self.fall > 0.5 and view.session == 10:
            raise ValueError("too far")
        level = view.total_return()
        return 0.2 if level[-1] < (1 - self.fall) * level[-60:].max() else 0.0
"""


def swept(tmp_path, axes=AXES, workers=1, settings=SHORT):
    config = load_config("hedge_soxs.yaml", settings)
    return sweep(config, grid_of(config, axes), tmp_path, workers)


def test_the_table_holds_a_row_a_combination(tmp_path):
    result = swept(tmp_path)
    table = pq.read_table(result.results)

    assert table.num_rows == 100
    assert table.column("strategy.params.trend_days").to_pylist()[:11] == [10] * 10 + [20]
    assert table.column("hedge.weight").to_pylist()[9] == 0.5
    assert {path.name for path in result.folder.iterdir()} == {"results.parquet", "manifest.json"}
    assert "SIMULATED" in result.folder.name


def test_bytes_do_not_depend_on_workers_or_chunks(tmp_path, monkeypatch):
    one = swept(tmp_path / "one").results.read_bytes()
    monkeypatch.setattr("engine.sweeps.compute.BLOCK", 7)
    two = swept(tmp_path / "two", workers=2).results.read_bytes()

    assert one == two


def test_a_finished_sweep_is_not_run_again(tmp_path):
    first = swept(tmp_path)
    before = first.results.stat().st_mtime_ns

    again = swept(tmp_path)

    assert again.results.stat().st_mtime_ns == before
    assert again.seconds["kernel"] == 0.0


def test_finished_chunks_are_kept_and_the_rest_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "CHUNK", 16)
    whole = swept(tmp_path / "whole").results.read_bytes()
    done, compute = [], sweeping.compute

    def stopping(made, first, last, workers, clock):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(first)
        return compute(made, first, last, workers, clock)

    monkeypatch.setattr(sweeping, "compute", stopping)
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "cut")
    kept = sorted((tmp_path / "cut").glob("*/parts/*.parquet"))
    stamps = [part.stat().st_mtime_ns for part in kept]
    monkeypatch.setattr(sweeping, "compute", lambda *a: (done.append(a[1]), compute(*a))[1])
    done.clear()

    assert swept(tmp_path / "cut").results.read_bytes() == whole
    assert len(kept) == 3
    assert stamps
    assert min(first for first in done if first or len(done) == 1) in (0, 48)


@pytest.mark.parametrize("after", [0.4, 1.0, 1.6])
def test_killed_and_run_again_the_bytes_are_the_same(tmp_path, after):
    command = [sys.executable, "-P", "-c", "from backtest.cli import main; main()", "sweep", "hedge_soxs.yaml"]
    command += ["--param", "trend_days=10:120:2", "--param", "hedge.weight=0.01:0.5:0.005", "--start", "2019-01-02"]
    command += ["--end", "2020-12-31", "--json", "--out"]
    killed = subprocess.Popen(
        [*command, str(tmp_path / "killed")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    for out, seed in (("killed", "1"), ("whole", "2")):
        subprocess.run(
            [*command, str(tmp_path / out)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    (ours,), (whole,) = ((tmp_path / out).glob("*/results.parquet") for out in ("killed", "whole"))

    assert ours.read_bytes() == whole.read_bytes()
    assert ours.parent.name == whole.parent.name
    assert not list(tmp_path.glob("*/*/*.tmp"))


def test_a_strategy_that_cannot_be_compiled_is_swept_in_processes(tmp_path, monkeypatch):
    (tmp_path / "closing.py").write_text(CLOSING)
    monkeypatch.chdir(tmp_path)
    settings = ["start=2020-01-02", "end=2020-06-30", "strategy.class=closing.py:Closing"]
    config = load_config("hedge_soxs.yaml", settings)
    grid = grid_of(config, ["fall=0.02,0.1,0.9", "execution.commission_bps=0,10"])

    table = pq.read_table(sweep(config, grid, Path("sweeps"), 2).results)

    failed = table.column("failed").to_pylist()
    assert [bool(word) for word in failed] == [False] * 4 + [True] * 2
    assert "too far" in failed[4]
    single = run(with_values(config, {("strategy", "params", "fall"): 0.1, ("execution", "commission_bps"): 10.0}))
    for name in ("final_equity", "sharpe", "episodes", "costs"):
        assert table.column(name)[3].as_py() == pytest.approx(single.metrics[name], rel=1e-12)
    for name in FIGURES:
        assert table.column(name)[3].as_py() == pytest.approx(single.metrics["attribution"][name], rel=1e-12)
    assert table.column("sleeve_a_year")[3].as_py() != 0.0


def test_dates_can_be_swept(tmp_path):
    table = pq.read_table(swept(tmp_path, ["start=2019-01-02,2020-01-02"]).results)

    assert table.column("start").to_pylist() == ["2019-01-02", "2020-01-02"]
    assert table.column("sessions")[0].as_py() > table.column("sessions")[1].as_py()
