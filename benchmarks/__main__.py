"""What the speed claims stand on: `make bench`. Medians of whole processes, each beside its peer in the same round.

Real history is used where BACKTEST_TEST_MARKET names a folder, else the simulated market; the speeds don't differ.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import answer, pull, signals, sweeps

ROUNDS = 5
BACKTEST = [sys.executable, "-P", "-m", "backtest"]
PAGE_ALONE = """
import sys, pandas as pd, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1]).to_pandas().set_index("date")
returns = table[["hedged", "unhedged"]].pct_change().iloc[1:]
returns.index = pd.DatetimeIndex(returns.index)
import matplotlib; matplotlib.use("agg")
import logging; logging.getLogger("matplotlib.font_manager").disabled = True
import quantstats.reports
quantstats.reports.html(returns.hedged, returns.unhedged, rf=0.015, match_dates=False, output=sys.argv[2])
"""


def seconds(command: list[str]) -> float:
    """Return how long a command takes, which has to succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def paired(ours: list[str], peer: list[str]) -> tuple[float, float, float]:
    """Return the medians of both commands, run in turn after one warm-up, and of their ratio."""
    seconds(ours), seconds(peer)
    rounds = [(seconds(ours), seconds(peer)) for _ in range(ROUNDS)]
    return tuple(statistics.median(column) for column in (*zip(*rounds, strict=True), [a / b for a, b in rounds]))


def main() -> None:
    """Measure and print."""
    market = os.environ.get("BACKTEST_TEST_MARKET")
    with tempfile.TemporaryDirectory() as scratch:
        run = [*BACKTEST, "run", "hedge_soxs.yaml", "--out", scratch, *(["--data", market] if market else [])]
        unjudged = [*run, "--set", "controls=off"]
        subprocess.run([*run, "--no-tearsheet", "--json"], check=True, stdout=subprocess.DEVNULL)
        equity = next(Path(scratch).glob("*/equity.parquet"))
        page = [sys.executable, "-W", "ignore", "-c", PAGE_ALONE, str(equity), str(Path(scratch) / "page.html")]
        rows = {
            "backtest --help / import typer": ([*BACKTEST, "--help"], [sys.executable, "-c", "import typer"]),
            "run without tear-sheet / import pandas": (
                [*unjudged, "--no-tearsheet"],
                [sys.executable, "-c", "import pandas"],
            ),
            "run with tear-sheet / quantstats' page alone": (unjudged, page),
            "run judged, with both pages / with the tear-sheet alone": (run, unjudged),
        }
        print(f"{'ours / peer':56}{'ours, s':>10}{'peer, s':>10}{'ratio':>8}")
        for name, (ours, peer) in rows.items():
            a, b, ratio = paired(ours, peer)
            print(f"{name:56}{a:>10.2f}{b:>10.2f}{ratio:>8.2f}")
    answer.main()
    signals.main()
    sweeps.main()
    pull.main()


if __name__ == "__main__":
    main()
