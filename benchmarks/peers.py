"""The same work in ours and in what people use today: 1,000 combinations over all sessions, from closes to metrics.

    BENCH_PEERS_PYTHON=PYTHON python -m benchmarks.peers

PYTHON is an interpreter that has the peers, of an environment of its own:
``pip install 'vectorbt==1.2.*' backtesting backtrader bt``. One that it lacks is left out.

The work is the shipped run's: hold SOXX; while it is below its average and restless, move a weight of the book into
SOXS, with slippage and commission; 20 averages, 10 floors, 5 weights. Each makes its signals itself. Ours trades as the
rules say, splits, dividends and interest in it, and makes all columns of a sweep's table; peers are given prices that
hold splits and dividends, and measure total return, volatility, Sharpe ratio and drawdown. A peer that runs one
combination at a time runs a few, drawn evenly, and is scaled.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backtest.api import load_config
from benchmarks.sweeps import AXES, WORKERS, given_of
from data.arrays import Floats, Ints
from data.sources.choose import open_source
from engine.research.cache import Cache
from engine.research.compute import Timer, compute
from engine.research.grid import grid_of

ROUNDS = 3
SWITCHED = ("hedge.rebalance=never",)
"""Peers order when a hedge is switched, and never between."""


class Peer(NamedTuple):
    """A library, and how much of the work it is given.

    Parameters
    ----------
    name, script
        What it is called, and what runs it.
    combinations
        How many it runs a round; all are wanted.
    settings
        What ours is set to, so that its rules are the peer's.
    note
        What a reader has to know of it.
    """

    name: str
    script: str
    combinations: int
    settings: tuple[str, ...] = ()
    note: str = ""


PEERS = (
    Peer("vectorbt", "vectorbt_peer.py", 1000),
    Peer(
        "backtesting.py",
        "backtesting_peer.py",
        20,
        ("hedge.kind=cash", "execution.cash_rate=0"),
        "one instrument: it holds less of the core instead of a hedge",
    ),
    Peer("backtrader", "backtrader_sweep_peer.py", 5),
    Peer("bt", "bt_peer.py", 4, ("execution.fill=next_close",), "fills at the next close, having one price a session"),
)


class Measured(NamedTuple):
    """What all combinations took, a median of rounds.

    Parameters
    ----------
    name, version
        Of the library.
    seconds
        Of all combinations, scaled where only `ran` of `of` were run.
    ratio
        Its seconds over ours; 1 for ours.
    apart
        The largest difference of final equity from ours by the same rules, a fraction.
    memory
        Bytes at most, of the whole process; None where the system doesn't say.
    """

    name: str
    version: str
    seconds: float
    ratio: float
    apart: float
    memory: float | None
    ran: int
    of: int


def opened(settings: tuple[str, ...]) -> Cache:
    """Return a sweep whose market is open, and of which no signal is made yet."""
    data = os.environ.get("BACKTEST_TEST_MARKET") or "demo"
    config = load_config("hedge_soxs.yaml", [*SWITCHED, *settings], data=data)
    made = Cache(config, grid_of(config, AXES), open_source(config.data.source, config.data.path))
    made.environment(())
    return made


def ours(settings: tuple[str, ...] = ()) -> tuple[float, float, Floats]:
    """Return the seconds from closes to columns, those of the kernel in them, and final equities."""
    made, clock = opened(settings), Timer()
    began = time.perf_counter()
    table = compute(made, 0, len(made.grid), WORKERS, clock)
    return time.perf_counter() - began, clock.kernel, table["final_equity"]


def work(settings: tuple[str, ...], chosen: Ints) -> dict[str, Any]:
    """Return what a peer is given, as `benchmarks.peer_work` names it, of some combinations."""
    made = opened(settings)
    world = made.environment(())
    intensity = made.signal(world, (0, 0))[world.market.first :]  # only its shape is read
    given = given_of(made, [intensity] * len(made.grid))._asdict()
    days, floor, weight = (
        np.array(axis.values)[column]
        for axis, column in zip(made.grid.axes, made.grid.indices(0, len(made.grid)).T, strict=True)
    )
    asked = {"days": days[chosen], "floor": floor[chosen], "weight": weight[chosen]}
    return {**{k: v for k, v in given.items() if k != "on"}, **asked, "level": world.market.total_return()}


def drawn(combinations: int, size: int) -> Ints:
    """Return so many combinations, drawn evenly over all."""
    return np.arange(combinations) * size // combinations + size // combinations // 2


class Process:
    """A peer in a process of its own, which idles between rounds."""

    def __init__(self, python: str, peer: Peer, given: dict[str, Any], scratch: Path) -> None:
        file = scratch / f"{peer.name}.npz"
        np.savez(file, **given)
        command = [python, "-W", "ignore", str(Path(__file__).with_name(peer.script)), str(file)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(command, text=True, **pipes)
        self.version = self._answer()["version"]

    def run(self) -> dict[str, Any]:
        """Return a round: its seconds, final equities, and memory."""
        print(file=self._process.stdin, flush=True)
        return self._answer()

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
        if not line:
            raise ChildProcessError(self._process.communicate()[1].strip().splitlines()[-1])
        return json.loads(line)


def measure() -> list[Measured]:
    """Return ours, its kernel, and each peer that there is, in turn."""
    python, warm, size = os.environ.get("BENCH_PEERS_PYTHON"), ours(), 1000
    took = [ours()[:2] for _ in range(ROUNDS)]
    whole, kernel = (statistics.median(column) for column in zip(*took, strict=True))
    memory = 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = [
        Measured("hedge-backtest", "", whole, 1.0, 0.0, memory, size, size),
        Measured("of it the kernel", "", kernel, kernel / whole, 0.0, None, size, size),
    ]
    for peer in PEERS if python else ():
        chosen = drawn(peer.combinations, size)
        with tempfile.TemporaryDirectory() as scratch:
            try:
                process = Process(python or "", peer, work(peer.settings, chosen), Path(scratch))
                process.run()
                pairs = [(process.run(), ours()[0]) for _ in range(ROUNDS)]
            except ChildProcessError as error:
                print(f"{peer.name}: {error}", file=sys.stderr)
                continue
            with suppress(ChildProcessError):
                process.stop()
        equity = (ours(peer.settings)[2] if peer.settings else warm[2])[chosen]
        rows.append(_row(peer, process.version, pairs, equity, size))
    return rows


def _row(peer: Peer, version: str, pairs: list[tuple[dict[str, Any], float]], equity: Floats, size: int) -> Measured:
    """Return a peer's row; each of its rounds is divided by ours beside it."""
    scale = size / peer.combinations
    seconds = [scale * answer["seconds"] for answer, _ in pairs]
    ratio = statistics.median(own / mine for own, (_, mine) in zip(seconds, pairs, strict=True))
    last = pairs[-1][0]
    apart = float(np.abs(np.array(last["equity"]) / equity - 1.0).max())
    took = statistics.median(seconds)
    return Measured(peer.name, version, took, ratio, apart, last["memory"], peer.combinations, size)


def main() -> None:
    """Measure and print."""
    for row in measure():
        memory = "" if row.memory is None else f"{row.memory / 1e6:,.0f} MB"
        ran = "" if row.ran == row.of else f", scaled from {row.ran}"
        print(f"{row.name:18}{row.version:14}{row.seconds:>10.3f} s{row.ratio:>10.2f}{row.apart:>10.1e} {memory}{ran}")


if __name__ == "__main__":
    main()
