"""The command, killed with SIGKILL at random moments and run again: nothing finished is lost, or computed twice.

BACKTEST_KILLS=20 kills each kind of sweep so often; a handful is the default.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from asked import AXES, finished_rows, logged, write_slow
from command import ROOT

from backtest import load_config
from data.files import CHECKSUMS
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.overfitting.findings import FILE
from engine.research.sweep import sweep
from engine.runs.results import RESULTS

KILLS = int(os.environ.get("BACKTEST_KILLS", "2"))


def finished(config, axes, out):
    """Run a sweep to its end, in this process; return the bytes of what it found."""
    result = sweep(config, grid_of(config, axes), out, executor=Threads(1))
    left = {path.name for path in result.folder.iterdir()}  # a command that wasn't killed in time wrote its page
    assert left - {"sweep.html", "sweep.tmp"} == {*(RESULTS, FILE), CHECKSUMS, "manifest.json"}
    return tuple((result.folder / name).read_bytes() for name in ("overfitting.json", "results.parquet"))


def killed(words, out, parts, after):
    """Kill it some seconds after it has so many parts, and it alone; wait until all that it started ended by itself."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "backtest", "sweep", *words, "--json", "--out", str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1", "BACKTEST_TEST_SECONDS": "0.2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not (list(out.glob("*/parts")) and len(parts_in(out)) >= parts):
        time.sleep(0.005)
    time.sleep(after)
    process.kill()
    process.wait()
    give_up = time.monotonic() + 30.0
    while left := of_session(process.pid):
        assert time.monotonic() < give_up, left
        time.sleep(0.05)


def parts_in(out):
    return list(out.glob("*/parts/*.parquet"))


def kept_in(out):
    return "finished" if list(out.glob("*/manifest.json")) else f"{len(parts_in(out))} chunks are kept"


def of_session(session):
    """Return the processes of a session that are alive."""
    left = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = stat.read_text().rpartition(")")
        except OSError:
            continue
        state, _parent, _group, its = fields.split()[:4]
        if int(its) == session and state != "Z":
            left.append(name)
    return left


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads sessions from /proc")


@needs_proc
def test_a_compiled_sweep_is_whole_after_kills(tmp_path):
    draw, config = np.random.default_rng(7), load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-06-30"])
    chunks = 3 if KILLS < 10 else 14
    axes = ["trend_days=10:120:2", f"hedge.weight=0.01:0.5:{0.005 if KILLS < 10 else 0.001}"]
    words = ["hedge_soxs.yaml", "--start", "2020-01-02", "--end", "2020-06-30", *params(axes)]
    outs = [tmp_path / f"killed-{k // 2}" for k in range(KILLS)]

    undisturbed = finished(config, axes, tmp_path / "whole")
    for out in outs:
        killed(words, out, draw.integers(chunks + 1), draw.uniform(0.0, 0.2))
        print(f"{out.name}: {kept_in(out)}")

    assert {finished(config, axes, out) for out in outs} == {undisturbed}


@pytest.mark.skipif("BACKTEST_KILLS" not in os.environ, reason="BACKTEST_KILLS=20 kills at 20 random moments")
@needs_proc
def test_one_that_is_not_compiled_is_whole_after_kills_and_computes_nothing_twice(tmp_path):
    draw, file = np.random.default_rng(7), write_slow(tmp_path)
    config, words = load_config(file), [str(file), *params(AXES), "--workers", "2"]
    outs = [tmp_path / f"killed-{k // 2}" for k in range(KILLS)]

    undisturbed = finished(config, AXES, tmp_path / "whole")
    for k, out in enumerate(outs):
        with nothing_computed_twice(tmp_path, out):
            killed([*words, "--executor", ("dask", "processes")[k % 2]], out, draw.integers(5), draw.uniform(0.0, 0.5))
        print(f"kill {k}: {kept_in(out)}")
    for out in dict.fromkeys(outs):
        with nothing_computed_twice(tmp_path, out):
            assert finished(config, AXES, out) == undisturbed


@contextmanager
def nothing_computed_twice(folder, out):
    """See that no combination is begun that stands in a part already."""
    kept, before = finished_rows(out), len(logged(folder))
    yield
    assert not kept & {row for _process, row in logged(folder)[before:]}


def params(axes):
    return [word for axis in axes for word in ("--param", axis)]
