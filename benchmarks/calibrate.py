"""What the judgement says where the truth is known: `make calibrate` writes docs/calibration.md. SIMULATED markets.

A market and what is planted in it hang on two numbers alone, so the page is the same for any number of processes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from backtest.console import counting
from data.demo_market import PREMIUM, SECTOR_GROWTH
from data.fund import FEE, SPREAD
from data.simulate import LONG_RUN_SD
from data.version import code_version
from engine.judgement.calibration import DRAWS, PLACEBOS, Rates, Trial, found_at, rates_of, trial
from engine.judgement.planted import CASH_YIELD, HORIZON, OFF, ON, Design
from engine.kernel.compiled import compiled

PAGE = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
MARKETS = 300
FEWER = 5
"""Where the power is looked for, one of so many markets is taken."""

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


@dataclass(frozen=True)
class Edge:
    """One thing that is planted, in several sizes.

    Parameters
    ----------
    title, about
        Its name, and what a size of it is.
    designs
        By size, increasing.
    told
        Writes a size.
    """

    title: str
    about: str
    designs: dict[float, Design]
    told: Callable[[float], str]


def whole(size: float) -> str:
    """Write a share."""
    return f"{100 * size:.0f} %"


def yearly(size: float) -> str:
    """Write a fraction a year."""
    return f"{100 * size:.0f} % a year"


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

READINGS: dict[str, Callable[[Rates], float]] = {
    "paid": lambda rates: rates.paid,
    "did not pay": lambda rates: rates.not_paid,
    "below 0 without strip": lambda rates: rates.below,
    "entry-matched": lambda rates: rates.entry_above,
    "timing": lambda rates: rates.p,
    "timing by growth": lambda rates: rates.p_growth,
}
"""What may find an edge, and how often it did."""


def run_all(markets: int, workers: int) -> list[Rates]:
    """Return the rates of every design: of `NOTHING` on so many markets, then of `EDGES` on fewer."""
    jobs = [(design, markets) for design in NOTHING.values()]
    jobs += [(design, max(2, markets // FEWER)) for edge in EDGES for design in edge.designs.values()]
    tasks = [(design, number) for design, count in jobs for number in range(count)]
    compiled()  # once, before the processes ask for it
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, mp_context=context) as pool, counting("markets", len(tasks)) as count:
        trials: list[Trial] = []
        for one in pool.map(trial, *zip(*tasks, strict=True), chunksize=4):
            trials.append(one)
            count(1)
    ends = [sum(many for _design, many in jobs[: k + 1]) for k in range(len(jobs))]
    return [rates_of(trials[end - many : end]) for end, (_design, many) in zip(ends, jobs, strict=True)]


def _nothing_words(n):
    return ""


PLACEBO_WORDS = SEEN_WORDS = ""


def page(rates: Sequence[Rates], markets: int, minutes: float) -> str:
    """Return the page."""
    nothing = dict(zip(NOTHING, rates, strict=False))
    planted = iter(rates[len(NOTHING) :])
    edges = {edge.title: {size: next(planted) for size in edge.designs} for edge in EDGES}
    few = max(2, markets // FEWER)
    return (
        "\n\n".join(
            (
                "# Calibration: how often the judgement errs, and what it can find",
                _head(markets, few, minutes),
                "## Without a timing edge",
                _nothing_table(nothing),
                _nothing_words(nothing),
                "## The placebo without a timing edge",
                _placebo_table(nothing),
                PLACEBO_WORDS,
                "## With something planted",
                f"{few} markets each, independent returns, random spells where nothing else is said.",
                *(_edge_table(edge, edges[edge.title]) for edge in EDGES),
                "## The size that is found in 80 %",
                _found_table(edges),
                SEEN_WORDS,
            )
        )
        + "\n"
    )


def _head(markets: int, few: int, minutes: float) -> str:
    return f"""SIMULATED markets throughout: they say how the judgement behaves and nothing about SOXS. Written on
{dt.date.today().isoformat()} by `make calibrate` ({minutes:.0f} minutes), code {code_version()}.

Each market has 16 years of sessions. The underlying grows by {100 * SECTOR_GROWTH:.0f} % a year in logs with a
volatility of {100 * LONG_RUN_SD * 252**0.5:.0f} %, in t-distributed nights and days; *clustered*, volatility comes in
spells and falls raise it (Glosten, Jagannathan and Runkle). The fund is -3x by the model: fee {100 * FEE:.2f} %, spread
{100 * SPREAD:.1f} % on each of three dollars, bills at {100 * CASH_YIELD:.0f} %, prices off its value by
{1e4 * PREMIUM:.0f} basis points at each open and close. The hedge is the shipped one: 15 %, at the next open, never
rebalanced, 1 + 2 basis points. *Random spells* are on for {ON} and off for {OFF} sessions in the mean.

Everything is judged as `backtest run` does, but that {DRAWS} draws of the bootstrap make an interval and {PLACEBOS}
placebos a p-value, and that markets count as real, for of a simulated one there is no verdict. {markets} markets a row
without an edge, {few} with one: a share of 80 % is good to {200 * (0.16 / few) ** 0.5:.0f} points."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _nothing_table(nothing: dict[str, Rates]) -> str:
    head = ("signal, returns", "difference, % a year", "paid", "did not pay", "above 0", "below 0", "floored")
    return _table(
        head,
        [
            (
                name,
                f"{100 * one.difference:+.2f} ± {100 * one.error:.2f}",
                *(share(each) for each in (one.paid, one.not_paid, one.above, one.below, one.floored)),
            )
            for name, one in nothing.items()
        ],
    )


def _placebo_table(nothing: dict[str, Rates]) -> str:
    head = ("signal, returns", "p <= 5 %", "uniform", "by growth", "uniform", "within terciles", "uniform")
    return _table(
        head,
        [
            (
                name,
                *(share(one.p), f"{one.uniform:.3f}"),
                *(share(one.p_growth), f"{one.uniform_growth:.3f}"),
                *(share(one.p_within), f"{one.uniform_within:.3f}"),
            )
            for name, one in nothing.items()
        ],
    )


def _edge_table(edge: Edge, rates: dict[float, Rates]) -> str:
    rows = [
        (
            edge.told(size),
            f"{100 * one.difference:+.2f}",
            *(share(reading(one)) for reading in READINGS.values()),
        )
        for size, one in rates.items()
    ]
    return f"**{edge.title}.** {edge.about}\n\n" + _table(("size", "difference, % a year", *READINGS), rows)


def _found_table(edges: dict[str, dict[float, Rates]]) -> str:
    rows = []
    for edge in EDGES:
        sizes, rates = list(edges[edge.title]), list(edges[edge.title].values())
        found = [found_at(sizes, [reading(one) for one in rates]) for reading in READINGS.values()]
        rows.append((edge.title, *("-" if size is None else _told(edge, size) for size in found)))
    return _table(("planted", *READINGS), rows)


def _told(edge: Edge, size: float) -> str:
    """Write a size between those tried, to a tenth of a percent."""
    return edge.told(size).replace(f"{100 * size:.0f} %", f"{100 * size:.1f} %")


def share(value: float) -> str:
    """Write a share of markets."""
    return f"{100 * value:.1f} %"


def main() -> None:
    """Run it and write the page."""
    parser = argparse.ArgumentParser(description="Calibrate the judgement on SIMULATED markets.")
    parser.add_argument("--markets", type=int, default=MARKETS, help="a row without an edge")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    began = time.perf_counter()
    rates = run_all(options.markets, options.workers)
    options.out.write_text(page(rates, options.markets, (time.perf_counter() - began) / 60.0), encoding="utf-8")
    print(f"{options.out}: {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
