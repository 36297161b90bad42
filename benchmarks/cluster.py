"""What a cluster's table in docs/cluster.md stands on: `python -m benchmarks.cluster`, some five minutes.

A sweep of a strategy that is asked at every close, on one single-threaded dask worker and on two, in turn; and what a
chunk costs, of that sweep and of a compiled one. Real history where BACKTEST_TEST_MARKET names a folder.
"""

from __future__ import annotations

import argparse
import os
import pickle
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
from engine.research.cluster import DaskCluster
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


def timed(config: RunConfig, axes: list[str], executor: Executor) -> tuple[float, bytes]:
    """Return the seconds of a whole sweep, and its table."""
    with tempfile.TemporaryDirectory() as folder, counting(str(executor)[:40], ROWS) as count:
        began = time.perf_counter()
        result = sweep(config, grid_of(config, axes), Path(folder), progress=count, executor=executor)
        return time.perf_counter() - began, result.results.read_bytes()


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
        print(f"\ndask hands out a chunk and brings its answer in {handed_out() * 1e3:.1f} ms")
        who = {
            "1 dask worker": DaskCluster(None, 1),
            "2 dask workers": DaskCluster(None, 2),
            "2 processes": Processes(2),
        }
        rounds = [{name: timed(asked, axes, one) for name, one in who.items()} for _ in range(options.rounds)]
    tables = {table for timed_round in rounds for _seconds, table in timed_round.values()}
    best = {name: min(timed_round[name][0] for timed_round in rounds) for name in who}
    print(f"\n{options.rows} combinations, {os.cpu_count()} cores, the best of {options.rounds} rounds; ", end="")
    print("the same bytes" if len(tables) == 1 else f"{len(tables)} DIFFERENT TABLES")
    print("| who | seconds | of one worker | efficiency |")
    print("|---|--:|--:|--:|")
    for (name, seconds), count in zip(best.items(), (1, 2, 2), strict=True):
        times = best["1 dask worker"] / seconds
        print(f"| {name} | {seconds:.1f} | {times:.2f} | {times / count:.0%} |")


if __name__ == "__main__":
    main()
