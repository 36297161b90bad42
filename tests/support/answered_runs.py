"""Runs that have an answer, kept without their pages: on bars that aren't simulated by the product's own market."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from markets import MemorySource, nyse, random_bars, source_of

from backtest import write_run
from engine.analytics.answer.answer import Answer, answer_of
from engine.analytics.controls import Case, Control, controls_of
from engine.analytics.episodes import Episode, episodes_of
from engine.config import RunConfig
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.loading import build_config
from engine.runs.execute import run
from engine.runs.run import Run
from engine.setup import open_market, run_beta

DATES = nyse("2012-01-03", 700)


def market(seed: int = 5) -> MemorySource:
    """A core, its -3x fund, and another core."""
    rng = np.random.default_rng(seed)
    core = random_bars("CORE", DATES, rng)
    return source_of(
        core, random_bars("FUND", DATES, rng, follows=core, beta=-3.0), random_bars("MORE", DATES, rng, follows=core)
    )


def _tree(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "start": str(DATES[100]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "execution": {"cash_rate": 0.02},
        "data": {"accept": ["FUND-dividends"]},
    }


def answered(*settings: str, name: str = "base") -> Run:
    """Run a hedge of FUND on CORE by the compiled engine."""
    return run(build_config(_tree(name), settings), market(), engine="compiled")


def keep_answered(runs: Path, *settings: str, name: str = "base") -> Run:
    """Make such a run and read it back from where it is kept."""
    return Run.load(write_run(answered(*settings, name=name), runs, tearsheet=False, report=False))


@lru_cache
def ran(*settings: str) -> tuple[RunConfig, PreparedRun, Ledger]:
    """Lay such a run out and run it, keeping nothing."""
    config = build_config(_tree("base"), settings)
    with evaluate_strategy(config, open_market(config, market())) as prepared:
        setup = prepared.setup
        return config, prepared, compiled().run_policy(setup.prices, setup.terms, setup.plan)


class Whole(NamedTuple):
    """An answer, and what it is told by."""

    answer: Answer
    controls: Mapping[str, Control]
    episodes: tuple[Episode, ...]


@lru_cache
def whole(*settings: str) -> Whole:
    """Answer such a run, and nothing else of it."""
    config, prepared, hedged = ran(*settings)
    setup = prepared.setup
    case = Case(config, setup, hedged, run_beta(config, setup.market))
    controls, episodes = controls_of(case), episodes_of(setup, hedged)
    years = (len(hedged.equity) - 1) / setup.market.sessions_a_year
    return Whole(answer_of(case, controls, episodes, years), controls, episodes)
