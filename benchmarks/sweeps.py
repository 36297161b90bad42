"""What the sweep's speed claims stand on: 1,000 combinations x all sessions, ours beside its peers in the same round.

Ours is the sweep's own kernel time, from intensities in memory to metrics, warm. The first peer is a bare loop that
knows no split, dividend, interest or policy and keeps four metrics: what a loop over sessions costs at least. The
second is vectorbt, where this interpreter has it or BENCH_VECTORBT_PYTHON names one that has: `pip install
vectorbt==1.2.*`. Then the tail beside the kernel, a band beside weekly, and what a book costs as its sessions and its
orders grow (`benchmarks.growth`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from backtest.api import load_config
from benchmarks import growth
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from data.sources.choose import open_source
from engine.kernel.sweep import units_of
from engine.research.cache import Cache
from engine.research.compute import Timer, compute
from engine.research.grid import grid_of
from engine.setup import rebalancing_days

ROUNDS = 9
WORKERS = 2
STRIDE = 250
"""Combinations the bare loop takes through the sessions together: the fastest of those tried."""
AXES = ("trend_days=10:200:10", "volatility_floor=0.1:0.55:0.05", "hedge.weight=0.05:0.25:0.05")
PEER = Path(__file__).with_name("vectorbt_peer.py")


class Given(NamedTuple):
    """What the peers are given.

    Parameters
    ----------
    fill, close
        Prices with all splits and dividends in them, shape (sessions, 2): the core and the hedge.
    on, due
        1 where the hedge is ordered on at a close, shape (sessions, combinations), and where a calendar has its weight
        restored, shape (sessions,); else 0.
    weight
        The hedge's weight, shape (combinations,).
    cash, slippage, commission
        Dollars at the start, and fractions of the price.
    """

    fill: Floats
    close: Floats
    on: npt.NDArray[np.int8]
    due: npt.NDArray[np.int8]
    weight: Floats
    cash: float
    slippage: float
    commission: float


def fresh(rebalance: str = "weekly") -> tuple[Cache, list[Floats]]:
    """Return a sweep of which nothing is made yet but the market and the intensities, and these."""
    settings = [f"hedge.rebalance={rebalance}"]
    config = load_config("hedge_soxs.yaml", settings, os.environ.get("BACKTEST_TEST_MARKET") or None)
    grid = grid_of(config, AXES)
    made = Cache(config, grid, open_source(config.data.source, config.data.path))
    world = made.environment(())
    signals = grid.indices(0, len(grid))[:, made.axes["signal"]].tolist()
    return made, [made.signal(world, tuple(signal))[world.market.first :] for signal in signals]


def given_of(made: Cache, intensities: list[Floats]) -> Given:
    """Lay out for the peers what our sweep runs on: the shipped run's policy is on while the intensity is 0.5."""
    world = made.environment(())
    prices, terms = world.setup.prices, world.setup.terms
    on = np.column_stack([intensity >= made.config.policy.enter for intensity in intensities]).astype(np.int8)
    due = rebalancing_days(world.market.run_sessions, made.config.hedge.rebalance).astype(np.int8)
    weight = np.array(made.grid.axes[2].values)[made.grid.indices(0, len(made.grid))[:, 2]]
    units = units_of(prices, terms)
    slippage, commission = float(terms.slippage[0]), float(terms.commission[0])
    cash = terms.cash * (1.0 + float(terms.cash_accrual[1]))  # with interest to the first fill; none is left after it
    return Given(prices.fill * units.shares, units.close, on, due, weight, cash, slippage, commission)


@numba.njit(nogil=True, error_model="numpy")
def bare(  # noqa: C901, PLR0913, PLR0917  # compiled, it is one piece
    fill: Floats,
    close: Floats,
    on: npt.NDArray[np.int8],
    due: npt.NDArray[np.int8],
    weight: Floats,
    book: Floats,
    out: Floats,
    kept: float,
    spare: Floats,
) -> None:
    """Take some combinations through all sessions; write final equity, sums of returns and squares, and drawdown.

    Parameters
    ----------
    book
        Units of the core and of the hedge as bought at the first fill, equity and its peak, shape (4, combinations).
    due
        As of `Given`.
    kept
        What is left of a dollar sold and bought again.
    spare
        Room for what is traded, and for returns, shape (2, combinations).
    """
    width = len(weight)
    core, hedge, equity, peak = book[0], book[1], book[2], book[3]
    traded, change = spare[0], spare[1]
    total, squares, drawdown = out[1], out[2], out[3]
    for t in range(1, len(close)):
        one, other = close[t, 0], close[t, 1]
        if t > 1:
            now, before, restored = on[t - 1], on[t - 2], due[t - 1]
            switched = restored
            for c in range(width):
                switched |= now[c] ^ before[c]
            if switched:
                first, second = fill[t, 0], fill[t, 1]
                if restored:
                    for c in range(width):
                        target = now[c] * weight[c] * (core[c] * first + hedge[c] * second)
                        traded[c] = (now[c] | before[c]) * (target - hedge[c] * second)
                else:
                    for c in range(width):
                        target = now[c] * weight[c] * (core[c] * first + hedge[c] * second)
                        traded[c] = (now[c] ^ before[c]) * (target - hedge[c] * second)
                first, second = 1.0 / first, 1.0 / second
                for c in range(width):
                    core[c] -= traded[c] * (1.0 if traded[c] > 0.0 else kept) * first
                    hedge[c] += traded[c] * (kept if traded[c] > 0.0 else 1.0) * second
        for c in range(width):
            worth = core[c] * one + hedge[c] * other
            change[c] = worth / equity[c] - 1.0
            equity[c] = worth
        for c in range(width):
            total[c] += change[c]
            squares[c] += change[c] * change[c]
        for c in range(width):
            peak[c] = equity[c] if equity[c] > peak[c] else peak[c]  # noqa: FURB136  # max() doesn't vectorise
            fall = equity[c] / peak[c] - 1.0
            drawdown[c] = fall if fall < drawdown[c] else drawdown[c]  # noqa: FURB136
    out[0] = equity


def run_bare(given: Given, pool: ThreadPoolExecutor) -> tuple[float, Floats]:
    """Return the seconds of the bare loop over all combinations, as `Timer` has ours, and final equities."""
    began = time.thread_time()
    lost, paid = 1.0 + given.slippage, 1.0 + given.commission
    bought, sold = 1.0 / (lost * paid), (1.0 - given.slippage) * (1.0 - given.commission)
    out = np.zeros((4, len(given.weight)))
    hedged = given.weight * given.on[0]
    book = np.full((4, len(hedged)), given.cash)
    book[:2] = np.stack((1.0 - hedged, hedged))
    book[:2] *= given.cash * bought / given.fill[1][:, np.newaxis]

    def part(k: int) -> float:
        began = time.thread_time()
        some = slice(k, k + STRIDE)
        on, weight = given.on[:, some], given.weight[some]
        mine, spare = book[:, some].copy(), np.empty((2, STRIDE))
        result = np.zeros((4, len(weight)))
        bare(given.fill, given.close, on, given.due, weight, mine, result, sold * bought, spare[:, : len(weight)])
        out[:, some] = result
        return time.thread_time() - began

    laid = time.thread_time() - began
    taken, began = sum(pool.map(part, range(0, len(given.weight), STRIDE))) / WORKERS, time.thread_time()
    count = len(given.close) - 1
    volatility = np.sqrt((out[2] - out[1] ** 2 / count) / (count - 1) * SESSIONS_A_YEAR)
    _ = out[0] / given.cash - 1.0, volatility, out[1] / count * SESSIONS_A_YEAR / volatility, out[3]
    return laid + taken + time.thread_time() - began, out[0]


def run_ours(rebalance: str) -> tuple[Timer, Floats]:
    """Return the seconds from intensities to metrics, and those of the tail; and final equities."""
    made, _ = fresh(rebalance)
    clock = Timer()
    table = compute(made, 0, len(made.grid), WORKERS, clock)
    return clock, table["final_equity"]


class Vectorbt:
    """vectorbt in a process of its own, which idles between rounds."""

    def __init__(self, python: str, given: Given, scratch: Path) -> None:
        hedge = np.full(given.on.shape, np.nan)
        orders = np.diff(given.on, axis=0, prepend=1 - given.on[:1]) | (given.on & given.due[:, np.newaxis])
        hedge[1:] = np.where(orders, given.on * given.weight, np.nan)[:-1]
        np.savez(
            scratch / "given.npz",
            hedge=hedge,
            **{k: v for k, v in given._asdict().items() if k not in ("on", "due")},
        )
        command = [python, str(PEER), str(scratch / "given.npz")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self._answer()["version"]

    def run(self) -> tuple[float, Floats]:
        """Return the seconds of a round, and final equities."""
        print(file=self._process.stdin, flush=True)
        answer = self._answer()
        return answer["seconds"], np.array(answer["equity"])

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> Any:
        return json.loads(self._process.stdout.readline())  # type: ignore[union-attr]  # it is a pipe


def compare(rebalance: str, python: str | None) -> list[Timer]:
    """Print ours beside its peers on the shipped run, the hedge's weight restored so often; return our times."""
    made, intensities = fresh(rebalance)
    given = given_of(made, intensities)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(WORKERS) as pool:
        peers: dict[str, Callable[[], tuple[float, Floats]]] = {
            "bare loop": lambda: [run_bare(given, pool) for _ in range(3)][-1],  # so short that it has to be warmed
        }
        vectorbt = Vectorbt(python, given, Path(scratch)) if python else None
        if vectorbt:
            peers[f"vectorbt {vectorbt.version}"] = vectorbt.run
        rounds = [(run_ours(rebalance), *(run() for run in peers.values())) for _ in range(1 + ROUNDS)][1:]
        if vectorbt:
            vectorbt.stop()
    clocks, equity = [round_[0][0] for round_ in rounds], rounds[0][0][1]
    print(f"{len(equity):,} combinations x {len(given.close):,} sessions, hedge.rebalance {rebalance},", end=" ")
    print(f"{WORKERS} threads, median of {ROUNDS} rounds, processor time over threads")
    print(f"{'kernel / peer':24}{'ours, ms':>10}{'peer, ms':>10}{'ratio':>10}{'equity apart':>14}")
    for k, name in enumerate(peers, 1):
        apart = float(np.abs(rounds[0][k][1] / equity - 1.0).max())
        _line(name, [clock.kernel for clock in clocks], [float(round_[k][0]) for round_ in rounds], f"{apart:14.1e}")
    _line("kernel (tail / it)", [clock.tail for clock in clocks], [clock.kernel for clock in clocks])
    return clocks


def _line(name: str, ours: Sequence[float], theirs: Sequence[float], more: str = "") -> None:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{name:24}{statistics.median(ours) * 1e3:>10.1f}{statistics.median(theirs) * 1e3:>10.1f}{ratio:>10.4f}{more}"
    )


def main() -> None:
    """Measure and print."""
    python = sys.executable if importlib.util.find_spec("vectorbt") else os.environ.get("BENCH_VECTORBT_PYTHON")
    for rebalance in ("never", "weekly"):
        compare(rebalance, python)
    pairs = [(run_ours("band")[0], run_ours("weekly")[0]) for _ in range(ROUNDS)]
    for part in ("kernel", "tail"):
        banded, weekly = ([getattr(clock, part) for clock in clocks] for clocks in zip(*pairs, strict=True))
        _line(f"weekly (band / it), {part}", banded, weekly)
    print(f"banded books that ran by themselves: {pairs[0][0].alone}")
    rows = [(clock.kernel + clock.tail) * WORKERS for _, clock in pairs]
    print(f"a row with its tail: {statistics.median(rows) / len(fresh()[0].grid) * 1e6:.0f} microseconds of a core")
    growth.main(bare)
    if not python:
        print("vectorbt isn't installed: pip install 'vectorbt==1.2.*' here, or into another environment whose")
        print("interpreter BENCH_VECTORBT_PYTHON names")


if __name__ == "__main__":
    main()
