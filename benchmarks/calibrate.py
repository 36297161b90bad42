"""What the judgement says where the truth is known: `make calibrate` writes docs/calibration.md. SIMULATED markets.

A market and what is planted in it hang on two numbers alone, so the page is the same for any number of processes, of
this machine or of a cluster.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from backtest.console import counting
from benchmarks.calibration_page import Edge, whole, write_page, yearly
from engine.judgement.calibration import Rates, Trial, rates_of, trial
from engine.judgement.planted import HORIZON, Design
from engine.kernel.compiled import compiled
from engine.sweeps.executors import Calls, Executor, executor_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
MARKETS = 300
FEWER = 5
"""Where the power is looked for, one of so many markets is taken."""
TOGETHER = 4
"""Markets a process is given at a time."""

SPELLS, TREND = "random spells", "50-session trend"
NOTHING = {
    f"{signal}, {returns}": replace(design, clustered=clustered)
    for clustered, returns in ((False, "independent"), (True, "clustered"))
    for signal, design in (
        (SPELLS, Design()),
        (f"{SPELLS}, nothing costs", Design(free=True)),
        (TREND, Design(signal="trend")),
        (f"{TREND}, rebalanced weekly", Design(signal="trend", rebalance="weekly")),
    )
}
"""Signals that know nothing of what comes."""


EDGES = (
    Edge(
        "Cheaper fund",
        "The fund returns so much more than its model.",
        {size: Design(cheaper=size) for size in (0.02, 0.04, 0.06, 0.08)},
        yearly,
    ),
    Edge(
        "Dearer fund",
        "The fund returns so much less than its model: a drag beside fee and spread.",
        {size: Design(cheaper=-size) for size in (0.02, 0.04, 0.08, 0.12, 0.16)},
        yearly,
    ),
    Edge(
        "Nights that follow the day",
        "While the signal is on, a night goes on by this part of the session before.",
        {size: Design(follows=size) for size in (0.02, 0.04, 0.08, 0.12)},
        whole,
    ),
    Edge(
        "Stretches that trend",
        f"The signal says of the next {HORIZON} sessions whether x^2 > V, and is right so often.",
        {size: Design(signal="stretches", knows=size) for size in (0.5, 0.65, 0.8, 0.95)},
        whole,
    ),
    Edge(
        f"Direction of {HORIZON} sessions",
        f"The signal says of the next {HORIZON} sessions whether they fall short of the drift, and is right so often.",
        {size: Design(signal="direction", knows=size) for size in (0.5, 0.55, 0.6, 0.65)},
        whole,
    ),
    Edge(
        "Direction of one session",
        "The same of the next session alone.",
        {size: Design(signal="direction", knows=size, horizon=1) for size in (0.5, 0.51, 0.52, 0.53, 0.54)},
        whole,
    ),
)


def run_all(markets: int, few: int, executor: Executor) -> dict[Design, Rates]:
    """Return the rates of every design: of `NOTHING` on so many markets, of `EDGES` on few."""
    jobs = [(design, markets) for design in NOTHING.values()]
    jobs += [(design, few) for edge in EDGES for design in edge.designs.values()]
    tasks = [(design, number) for design, count in jobs for number in range(count)]
    chunks = [tuple(tasks[k : k + TOGETHER]) for k in range(0, len(tasks), TOGETHER)]
    answers: dict[tuple[tuple[Design, int], ...], list[Trial]] = {}
    compiled()  # once, before the processes ask for it
    with counting("markets", len(tasks)) as count:
        for chunk, answer in executor.run(Calls("backtest-calibration", trial), chunks):
            answers[chunk] = answer
            count(len(chunk))
    trials = [one for chunk in chunks for one in answers[chunk]]
    ends = [sum(many for _design, many in jobs[: k + 1]) for k in range(len(jobs))]
    return {design: rates_of(trials[end - many : end]) for end, (design, many) in zip(ends, jobs, strict=True)}


def main() -> None:
    """Run it and write the page."""
    parser = argparse.ArgumentParser(description="Calibrate the judgement on SIMULATED markets.")
    parser.add_argument("--markets", type=int, default=MARKETS, help="for each signal that knows nothing")
    parser.add_argument("--workers", type=int, help="processes")
    parser.add_argument("--executor", choices=("processes", "dask"), help="who starts them")
    parser.add_argument("--cluster", help="a dask scheduler, tcp://host:8786, whose workers run in a clone of this")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    began, few = time.perf_counter(), max(2, options.markets // FEWER)
    executor = executor_of(options.executor, options.workers, options.cluster, "processes")
    rates = run_all(options.markets, few, executor)
    minutes = (time.perf_counter() - began) / 60.0
    write_page(options.out, NOTHING, EDGES, rates, (options.markets, few, minutes))
    print(f"{options.out}: {minutes:.1f} minutes")


if __name__ == "__main__":
    main()
