"""What the speed claims stand on: `make bench`. Writes docs/benchmarks.md; the parts' own figures are printed.

    make bench                                            # some quarter of an hour
    make bench ARGS="--large"                             # the million combinations too
    make bench ARGS="--base COMMIT"                       # both commits side by side, as benchmarks/guard.py
    make bench ARGS="--commands sweep"                    # the commands whose name holds it; no page is written
    BENCH_PEERS_PYTHON=PYTHON make bench                  # with the peers, as benchmarks/peers.py says

Real history is used where BACKTEST_TEST_MARKET names a folder, else the simulated market.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.cluster import CLOSING
from benchmarks.commands import BACKTEST, DEMO, RUN, Result, is_there, measured, rows
from benchmarks.cost import cost_of
from benchmarks.guard import in_both
from benchmarks.pins import commit_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def commands(data: str, only: str, most: int, *, large: bool) -> list[Result]:
    """Measure the rows whose name holds a text, in so many rounds at most, and print each."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "closing.py").write_text(CLOSING, encoding="utf-8")
        cost_of([*BACKTEST, "run", RUN, "--data", data, "--no-tearsheet", "--no-report", "--out", f"{scratch}/runs"])
        shutil.copy(next(scratch.glob("runs/*/equity.parquet")), scratch)
        for row in rows(scratch, data):
            if only in row.name and (large or not row.large) and is_there(row):
                results.append(result := measured(row._replace(rounds=min(row.rounds, most))))
                told = "" if result.ratio is None else f"{result.ratio:8.2f} of {row.against}"
                cost = result.ours
                print(f"{row.name:56}{cost.seconds:8.2f} s{cost.user:8.2f} s{cost.memory / 1e6:8.0f} MB{told}")
                sys.stdout.flush()
    return results


def main() -> None:
    """Measure, print, and write the page."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--large", action="store_true", help="a million combinations too")
    asked.add_argument("--base", metavar="COMMIT", help="a commit to compare with, on the page")
    asked.add_argument("--commands", metavar="TEXT", help="only commands whose name holds it; writes nothing")
    asked.add_argument("--rounds", type=int, default=9, help="of a command at most: 1 is a glance")
    asked.add_argument("--out", type=Path, default=PAGE, help="the page")
    given = asked.parse_args()
    data = os.environ.get("BACKTEST_TEST_MARKET") or DEMO
    if given.base:
        commit_of(given.base)  # that there is none is told before a quarter of an hour has gone
    if given.commands is not None:
        commands(data, given.commands, given.rounds, large=given.large)
        return
    results = commands(data, "", given.rounds, large=given.large)
    compared = [*in_both(given.base, data, rounds=min(3, given.rounds))] if given.base else []
    # what it took to start is over: these load everything
    from benchmarks import answer, page, peers, pull, signals, sweeps

    if python := os.environ.get("BENCH_PEERS_PYTHON"):
        os.environ.setdefault("BENCH_VECTORBT_PYTHON", python)
    world = peers.opened(()).environment(())
    facts = page.Facts(len(world.market.run_sessions), "simulated" if data == DEMO else "real")
    given.out.write_text(page.page(facts, peers.measure(), results, compared, given.base or ""), encoding="utf-8")
    print(f"{given.out} is written")
    answer.main()
    signals.main()
    sweeps.main()
    pull.main()


if __name__ == "__main__":
    main()
