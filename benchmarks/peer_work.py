"""The work that peers are given, and how one answers: for any interpreter that has numpy, alone or with the peer.

A peer is run as ``python NAME_peer.py given.npz``. It prints its version, then for each line that it reads the seconds
of one round, every combination's final equity, and the most memory it has held, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Given = dict[str, np.ndarray]
"""What `benchmarks.peers.work` lays out: `level`, the core's total-return closes with those before the first session;
`fill` and `close`, prices with all splits and dividends in them, shape (sessions, 2), the core and the hedge; of each
combination `days`, `floor` and `weight`; `cash`, `slippage` and `commission`."""

VOLATILITY_DAYS = 20


def average(level: np.ndarray, days: int) -> np.ndarray:
    """Return the simple moving average, NaN in its warm-up."""
    made = np.full(len(level), np.nan)
    made[days - 1 :] = np.lib.stride_tricks.sliding_window_view(level, days).mean(axis=1)
    return made


def volatility(level: np.ndarray) -> np.ndarray:
    """Return the realised volatility of log returns, a fraction a year, NaN in its warm-up."""
    made = np.full(len(level), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(level)), VOLATILITY_DAYS)
    made[VOLATILITY_DAYS:] = windows.std(axis=1, ddof=1) * np.sqrt(252)
    return made


def state(given: Given, combination: int) -> np.ndarray:
    """Return whether a combination is hedged after each close, shape (sessions,): weak and restless."""
    level, restless = given["level"], volatility(given["level"]) > given["floor"][combination]
    weak = level < average(level, int(given["days"][combination]))
    return (weak & restless)[-len(given["close"]) :]


def states(given: Given) -> np.ndarray:
    """Return the same of all combinations, shape (sessions, combinations); every average is made once."""
    level, sessions = given["level"], len(given["close"])
    restless = volatility(level)[-sessions:]
    weak = {days: (level < average(level, int(days)))[-sessions:] for days in np.unique(given["days"])}
    return np.column_stack(
        [weak[days] & (restless > floor) for days, floor in zip(given["days"], given["floor"], strict=True)]
    )


def ordered(on: np.ndarray) -> np.ndarray:
    """Return whether each close orders: the first one, and those at which a hedge is switched, shape as `on`."""
    return np.diff(on.astype(np.int8), axis=0, prepend=1 - on[:1].astype(np.int8)) != 0


def four(equity: np.ndarray) -> tuple[float, float, float, float]:
    """Return what every peer measures: total return, volatility, Sharpe ratio and the largest drawdown."""
    returns = equity[1:] / equity[:-1] - 1.0
    spread = returns.std(ddof=1) * np.sqrt(252)
    fall = (equity / np.maximum.accumulate(equity) - 1.0).min()
    return equity[-1] / equity[0] - 1.0, spread, returns.mean() * 252 / spread, fall


def answer(version: str, run: Callable[[Given], list[float]]) -> None:
    """Answer until the lines end."""
    with np.load(sys.argv[1]) as file:
        given = dict(file)
    print(json.dumps({"version": version}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        equity = run(given)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "equity": equity, "memory": peak_memory()}), flush=True)


def peak_memory() -> float | None:
    """Return the most bytes that this process has held, where the system says so."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def one_by_one(run: Callable[[Given, int], float]) -> Callable[[Given], list[float]]:
    """Return a round of a peer that runs one combination at a time."""
    return lambda given: [float(run(given, combination)) for combination in range(len(given["weight"]))]
