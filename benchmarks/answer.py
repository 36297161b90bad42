"""The answer's parts on the shipped run: medians of several warm rounds, each beside what it repeats so often."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from data.sources import Source
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource
from engine.analytics.answer.insurance import insurance_of, matches
from engine.analytics.answer.timing import shifts_of
from engine.analytics.derisk import held_less_grid, run_held_less, sold_at_entry
from engine.analytics.drawdowns import core_level
from engine.evaluate_strategy import evaluate_strategy
from engine.kernel.compiled import compiled
from engine.loading import build_config
from engine.setup import open_market, run_beta

ROUNDS = 5


def main() -> None:
    """Measure and print."""
    market = os.environ.get("BACKTEST_TEST_MARKET")
    source: Source = CsvSource(Path(market)) if market else DemoSource()
    config = build_config({})
    with evaluate_strategy(config, open_market(config, source)) as prepared:
        pass
    setup, beta = prepared.setup, run_beta(config, prepared.setup.market)
    hedged = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    closes = len(hedged.equity) - 1
    years = closes / setup.market.sessions_a_year
    grid = held_less_grid(setup)
    shares = matches(hedged.equity, [book.equity for book in grid])
    held = [run_held_less(setup, share) for share in shares]
    core = core_level(setup)
    one = _seconds(lambda: sold_at_entry(setup, hedged, beta))
    every = _seconds(lambda: shifts_of(setup, hedged, beta, years))
    judged = _seconds(lambda: insurance_of(hedged, grid, held, core, years))
    print(f"\n{'the answer, warm':56}{'seconds':>10}{'ratio':>10}")
    print(f"{f'all {closes:,} shifts / one book':56}{every:>10.3f}{every / one:>10.0f}")
    print(f"{'insurance, 2 x 2,000 draws / one book':56}{judged:>10.3f}{judged / one:>10.0f}")


def _seconds(work: Callable[[], object]) -> float:
    """Return the median seconds of some work, run once before."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - began)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
