"""What a pull costs beside yfinance alone: 16 years of one instrument, from a server on loopback.

Both ask by yfinance's own code, with its cookies kept and everything imported. Ours undoes the splits, checks the
sessions, and writes the store.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import yfinance  # sets a filter of warnings, which is overruled below

from data.pull import pull
from data.sources import BARS
from data.sources.choose import open_source
from data.store import Store

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from chart_server import served  # the tests' server

ROUNDS = 31
SYMBOL = "SOXS"


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alone() -> None:
    """Fetch by yfinance alone."""
    yfinance.Ticker(SYMBOL).history(period="max", auto_adjust=False, actions=True)


def main() -> None:
    """Measure and print."""
    market = os.environ.get("BACKTEST_TEST_MARKET")
    bars = open_source("csv" if market else "demo", market).read(BARS, SYMBOL)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stores = [Store(Path(scratch) / f"{k}") for k in range(ROUNDS + 1)]
        with served(Path(scratch) / "cookies") as server:
            server.lists(SYMBOL, bars)
            alone()
            if pull(stores[-1], [SYMBOL])[0].rows != len(bars):
                sys.exit("the pull isn't whole")
            rounds = [
                [seconds(alone), *(seconds(lambda kept=kept: pull(kept, [SYMBOL])) for kept in (store, stores[-1]))]
                for store in stores[:-1]
            ]
    print(f"{len(bars):,} sessions of one instrument, median of {ROUNDS} rounds")
    print(f"{'':24}{'ms':>10}{'of yfinance':>14}")
    for k, name in enumerate(("yfinance alone", "pull, whole", "pull, nothing new")):
        ratio = statistics.median(round_[k] / round_[0] for round_ in rounds)
        print(f"{name:24}{statistics.median(round_[k] for round_ in rounds) * 1e3:>10.1f}{ratio:>14.2f}")


if __name__ == "__main__":
    main()
