"""A cluster of real processes on loopback: the same bytes; workers that come, die or do not fit; a scheduler lost."""

import logging
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import zlib
from contextlib import ExitStack, contextmanager

import numpy as np
import pyarrow.parquet as pq
import pytest
from asked import AXES, finished_rows, logged, slow_config
from command import ROOT
from distributed import Client
from markets import make_series

from backtest import load_config
from data.errors import UserError
from data.sources import BARS, SERIES
from data.sources.demo import DemoSource
from data.sources.wrapped import Wrapped
from engine.research import cluster, combinations
from engine.research.cluster import DaskCluster
from engine.research.combinations import Combinations
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.job import ExecutorError, FunctionJob
from engine.research.sweep import sweep


@contextmanager
def dask(*words, folder, seconds=0.0):
    """Run ``dask ...``; it is killed in the end."""
    command = [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BACKTEST_TEST_SECONDS": str(seconds)}
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def scheduler(folder):
    """Start a scheduler; give its process and its address."""
    with dask("scheduler", "--port", "0", "--scheduler-file", str(folder / "where.json"), folder=folder) as process:
        address = until(lambda: address_in(folder / "where.json"))
        yield process, address


def worker(address, folder, seconds=0.0):
    """Start a worker, which nobody starts again when it dies; the slow strategy takes so long there."""
    words = ("worker", address, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
    return dask(*words, folder=folder, seconds=seconds)


def address_in(file):
    import json

    try:
        return json.loads(file.read_text())["address"]
    except (OSError, ValueError):
        return None


def until(found, seconds=20.0):
    """Wait for something that isn't nothing."""
    give_up = time.monotonic() + seconds
    while not (what := found()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return what


class There:
    """A scheduler and its workers."""

    def __init__(self, address, folder, until_then):
        self.address, self._folder, self._until_then = address, folder, until_then
        self.workers = []

    def employ(self):
        self.workers.append(self._until_then.enter_context(worker(self.address, self._folder)))


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A scheduler with one worker."""
    folder = tmp_path_factory.mktemp("cluster")
    with scheduler(folder) as (_process, address), ExitStack() as until_then:
        there = There(address, folder, until_then)
        there.employ()
        yield there


def swept(folder, executor, progress=None):
    config = slow_config(folder)
    return sweep(config, grid_of(config, AXES), folder / "sweeps", progress=progress, executor=executor)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The undisturbed table of the slow strategy, computed here."""
    return swept(tmp_path_factory.mktemp("whole"), Threads(1)).results.read_bytes()


def test_a_strategy_is_sent_out_and_its_table_is_the_same(tmp_path, there, whole, capfd):
    result = swept(tmp_path, DaskCluster(there.address, 1))

    assert result.results.read_bytes() == whole
    assert capfd.readouterr().out == ""
    failed = pq.read_table(result.results).column("failed").to_pylist()
    assert failed[-1].endswith("slow.py:22: ValueError: too far")
    assert sum(bool(word) for word in failed) == 4
    assert os.getpid() not in {process for process, _row in logged(tmp_path)}


def test_a_compiled_sweep_is_the_same_too(tmp_path, there, monkeypatch):
    monkeypatch.setattr(combinations, "CHUNK", 8)
    config = load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2020-12-31"])
    grid = grid_of(config, ["trend_days=10:40:10", "volatility_floor=0.1,0.2,0.3", "hedge.rebalance=never,weekly,band"])

    ours, theirs = (
        sweep(config, grid, tmp_path / str(k), executor=executor)
        for k, executor in enumerate((Threads(2), DaskCluster(there.address, 1)))
    )

    assert theirs.results.read_bytes() == ours.results.read_bytes()
    assert theirs.seconds["kernel"] > 0.0
    assert theirs.seconds["signal"] > 0.0


def test_a_worker_that_joins_late_takes_over_from_one_that_is_killed(tmp_path, there, whole):
    first, kept = there.workers[-1], set()

    def progress(rows):
        if not rows or kept:
            return
        there.employ()
        with Client(there.address) as watching:
            until(lambda: len(watching.nthreads()) == 2)
        kept.update(finished_rows(tmp_path / "sweeps"))
        os.kill(first.pid, signal.SIGKILL)

    assert swept(tmp_path, DaskCluster(there.address, 1), progress).results.read_bytes() == whole
    begun = logged(tmp_path)
    assert len({process for process, _row in begun}) == 2
    assert len(kept) == 8
    assert max(sum(row == one for _process, row in begun) for one in kept) == 1


def test_the_scheduler_is_killed_and_a_second_run_goes_on(tmp_path, whole):
    with scheduler(tmp_path) as (process, address), worker(address, tmp_path):

        def progress(rows):
            if rows:
                os.kill(process.pid, signal.SIGKILL)

        with pytest.raises(ExecutorError) as caught:
            swept(tmp_path, DaskCluster(address, 1), progress)
    kept = finished_rows(tmp_path / "sweeps")
    before = len(logged(tmp_path))

    assert swept(tmp_path, Threads(1)).results.read_bytes() == whole
    assert str(caught.value).startswith(f"the scheduler at {address} is gone")
    assert str(caught.value).endswith(f"{len(kept) // 8} of 4 chunks are kept; run it again")
    assert kept
    assert not kept & {row for _process, row in logged(tmp_path)[before:]}


@pytest.mark.skipif("BACKTEST_KILLS" not in os.environ, reason="BACKTEST_KILLS=20 kills at 20 random moments")
@pytest.mark.parametrize("whom", ["worker", "scheduler"])
def test_killed_at_random_moments_nothing_is_lost(tmp_path, whole, whom):
    draw = np.random.default_rng(7)
    for k in range(int(os.environ["BACKTEST_KILLS"])):
        (folder := tmp_path / str(k)).mkdir()
        with scheduler(folder) as (process, address), worker(address, folder, 0.1) as one, worker(address, folder, 0.1):
            dying = threading.Thread(
                target=kill_once_begun,
                args=(one if whom == "worker" else process, folder, draw.integers(4), draw.uniform(0.0, 0.5)),
            )
            dying.start()
            try:
                swept(folder, DaskCluster(address, 1))
            except UserError as fault:
                assert whom == "scheduler", fault
            dying.join()
        kept, before = finished_rows(folder / "sweeps"), len(logged(folder))

        assert swept(folder, Threads(1)).results.read_bytes() == whole
        assert not kept & {row for _process, row in logged(folder)[before:]}
        print(f"{whom} {k}: {len(kept)} rows were kept, {len(logged(folder)) - before} computed after")


def kill_once_begun(process, folder, parts, after):
    """Kill a process some seconds after a combination was begun and so many parts are there, or all are."""
    until(lambda: logged(folder))
    until(lambda: len(list(folder.glob("sweeps/*/parts/*.parquet"))) >= parts or list(folder.glob("sweeps/*/man*")))
    time.sleep(after)
    process.kill()


def test_a_worker_of_another_version_is_refused(tmp_path, there, monkeypatch):
    ours = cluster.versions()
    monkeypatch.setattr(cluster, "versions", lambda: {**ours, "hedge-backtest": "0.0.1+older"})

    with pytest.raises(ExecutorError) as caught:
        swept(tmp_path, DaskCluster(there.address, 1))

    assert str(caught.value).startswith("worker tcp://127.0.0.1:")
    assert f"runs hedge-backtest {ours['hedge-backtest']}, this command 0.0.1+older: install the same" in str(
        caught.value
    )
    assert str(caught.value).endswith("0 of 4 chunks are kept; run it again")


def test_data_that_changed_on_the_way_is_refused():
    kit = cluster.Kit(cluster.versions(), b"a job")
    kit.packed = b"another"

    kit.setup(type("Worker", (), {"address": "tcp://there:1"}))

    assert kit.compute(None) == ("refused", "worker tcp://there:1 got other data than was sent: start it anew")


class WithIndex(Wrapped):
    """The demo market as if it were real, and its sector's index, which the audit holds SOXX against."""

    simulated = False

    def names(self, kind):
        return (*super().names(kind), "SOX") if kind == SERIES else super().names(kind)

    def read(self, kind, name):
        if (kind, name) != (SERIES, "SOX"):
            return super().read(kind, name)
        bars = super().read(BARS, "SOXX")
        return make_series("SOX", bars.dates, bars.close)


def test_what_the_audit_compares_with_goes_out_with_the_job():
    """Else a worker's first chunk is void."""
    config = load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2019-12-31"])
    job = Combinations("any", (config,), grid_of(config, ["trend_days=20"]), WithIndex(DemoSource()))

    assert set(job.packed().source.held) >= {"bars/SOXS", "bars/SOXX", "series/SOX"}


def test_a_job_that_lacks_something_computes_nothing_more_before_it_is_sent_again():
    kit = cluster.Kit(cluster.versions(), zlib.compress(pickle.dumps(FunctionJob("any", note, ("series/VIX",)))))
    kit.setup(None)
    NOTED.clear()

    assert [kit.compute(chunk) for chunk in range(3)] == 3 * [("lacking", ["series/VIX"])]
    assert NOTED == [0]


NOTED = []


def note(chunk):
    """Write down that a chunk was computed."""
    NOTED.append(chunk)


def test_no_scheduler_is_told_in_a_line(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.5)

    with pytest.raises(UserError, match=r"^--cluster tcp://127\.0\.0\.1:9: no scheduler answers there: "):
        list(DaskCluster("tcp://127.0.0.1:9", 1).run(FunctionJob("roots", math.sqrt), [1.0]))


def test_a_scheduler_behind_tls_needs_certificates():
    with pytest.raises(UserError, match=r"^--cluster tls://127\.0\.0\.1:9 needs certificates: "):
        list(DaskCluster("tls://127.0.0.1:9", 1).run(FunctionJob("roots", math.sqrt), [1.0]))


def test_no_worker_is_told_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.0)

    with scheduler(tmp_path) as (_process, address), pytest.raises(ExecutorError, match=r"has had no worker for 0 sec"):
        list(DaskCluster(address, 1).run(FunctionJob("roots", math.sqrt), [1.0]))


def test_a_cluster_of_our_own_ends_behind_what_follows_and_says_nothing(capfd):
    silenced = [handler.level for handler in logging.getLogger("distributed").handlers]

    assert list(DaskCluster(None, 1).run(FunctionJob("roots", math.sqrt), [4.0])) == [(4.0, 2.0)]
    cluster.wait_closed()

    assert [handler.level for handler in logging.getLogger("distributed").handlers] == silenced
    assert not [thread for thread in threading.enumerate() if thread.name == cluster.CLOSING]
    assert capfd.readouterr() == ("", "")


def test_a_cluster_of_our_own_names_a_chunk_that_ends_its_workers(monkeypatch):
    monkeypatch.setattr(cluster, "DEATHS", 2)  # a worker takes four seconds to start
    leaving = "import os, time; time.sleep(0.3); os._exit(9)"  # its neighbour's answer is fetched meanwhile
    answers = DaskCluster(None, 1).run(FunctionJob("leaving", exec), ["", leaving])

    assert next(answers) == ("", None)
    with pytest.raises(ExecutorError, match=r"^2 workers ended with .*_exit.* in hand: is memory short\?"):
        next(answers)
