"""The book out of sample: each fold's choice run on, its weights put together, and a strategy that gives them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np

from data.arrays import Dates, Floats
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.hedge_config import PolicyConfig
from engine.research.combinations import compiles
from engine.research.grid import with_values
from engine.research.walkforward.plan import WalkForwardPlan, between
from engine.runs.execute import Meanwhile, run
from engine.runs.identity import canonical
from engine.runs.run import Run
from engine.setup import open_market

Say = Callable[[str], None]

CLASS = "WalkForward"
STRATEGY_FILE = "walkforward_weights.py"
LONGEST = 80
"""Bytes of a run's name."""


def stitched_run(
    plan: WalkForwardPlan, chosen: list[int], file: Path, say: Say, meanwhile: Meanwhile | None = None
) -> Run:
    """Run the book of all tests in backtrader: the strategy that gives the weights its folds chose.

    Parameters
    ----------
    plan
        The walk-forward.
    chosen
        The row of the grid that each fold's training chose.
    file
        Where the strategy is written: the run's folder keeps it, by which it runs again.
    say
        Called with each step as it begins.
    meanwhile
        Is given the book before its controls run.
    """
    first = plan.folds[0].test_first
    known = {name: plan.known()[name] for name in ("axes", "train", "test", "anchored", "embargo", "objective")}
    about = f"backtest walkforward {plan.id}, {canonical(known)}"
    text = strategy_file(plan.label, plan.sessions[first:-1], stitched_weights(plan, chosen), about)
    file.write_text(text, encoding="utf-8")
    return run(_stitched_config(plan, first, file), plan.source, say, meanwhile=meanwhile)


def run_beside(plan: WalkForwardPlan, config: RunConfig) -> Run:
    """Run one combination over the sessions of all tests."""
    over = between(config, plan.sessions, plan.folds[0].test_first, len(plan.sessions) - 1)
    return run(over.model_copy(update={"controls": "off"}), plan.source, engine=_engine_of(config))


def stitched_weights(plan: WalkForwardPlan, chosen: list[int]) -> Floats:
    """Return the weights of all tests, each by its fold's choice, shape (closes, hedges).

    The closes are those from the first test's first on. A choice is run from its training's first session, so that at
    its first test close the policy stands where it would for a person who had followed it. At the last session nothing
    is decided.
    """
    weights = []
    for fold, row in zip(plan.folds, chosen, strict=True):
        own = with_values(plan.config, plan.grid.combination(row))
        config = between(own, plan.sessions, fold.train_first, fold.test_last)
        with evaluate_strategy(config, open_market(config, plan.source)) as prepared:
            ledger, _remarks = execute(_engine_of(config), config, prepared)
        firsts = list(prepared.setup.legs.firsts)  # the contracts of one hedge weigh the same
        weights.append(np.abs(ledger.hedges[fold.test_first - fold.train_first : -1, firsts]))
    return np.concatenate(weights)


def _engine_of(config: RunConfig) -> str:
    """Return the quickest engine that can run a config's strategy."""
    return "compiled" if compiles(config) else "python"


def strategy_file(label: str, closes: Dates, weights: Floats, about: str) -> str:
    """Return a strategy of one's own that orders these weights, as a Python file: it needs no other to run again.

    Parameters
    ----------
    label
        The name of the strategy that ordered them.
    closes, weights
        At which close each was ordered, shape (closes,) and (closes, hedges); of those in a row that are equal only the
        first is written.
    about
        A sentence on how they were made.
    """
    changes = np.flatnonzero(np.concatenate(([True], (weights[1:] != weights[:-1]).any(axis=1))))
    lines = "\n".join(f"{closes[at]} {' '.join(map(repr, weights[at].tolist()))}" for at in changes)
    given = "float(LINES[at][1]) if at >= 0 else 0.0"
    if weights.shape[1] > 1:
        given = f"[float(weight) for weight in LINES[at][1:]] if at >= 0 else [0.0] * {weights.shape[1]}"
    head = dedent(f'''\
        """What a walk-forward ordered. A line of WEIGHTS stands from its close until the next line's."""

        from dataclasses import dataclass

        import numpy as np

        from backtest import CloseStrategy

        MADE_BY = {about!r}

        WEIGHTS = """
        ''')
    tail = dedent(f'''
        """

        LINES = [line.split() for line in WEIGHTS.strip().splitlines()]
        CLOSES = np.array([line[0] for line in LINES], dtype="datetime64[D]")


        @dataclass
        class {CLASS}(CloseStrategy):
            """It gives the weights that fold after fold ordered, each by the parameters its past had chosen."""

            def on_close(self, view, book):
                """Return the weight that stands at this close."""
                at = int(np.searchsorted(CLOSES, view.date, side="right")) - 1
                return {given}

            def label(self, market):
                """Return the name it goes by."""
                return {f"{label}, walk-forward"!r}
        ''')
    return head + lines + tail


def _stitched_config(plan: WalkForwardPlan, first: int, file: Path) -> RunConfig:
    """Return the run of the stitched book: the strategy of `file`, over all tests, from the starting cash.

    Policies don't apply to such a strategy, so that the run has its default, and no hedge one of its own. Where the
    grid varies the largest weight that a hedge may have, the largest of those is.
    """
    config, legs = plan.config, list(plan.config.legs)
    most = {axis.name: max(axis.values) for axis in plan.grid.axes if axis.keys[-1] == "max_weight"}
    for k, leg in enumerate(legs):
        allowed = most.get(f"hedges.{k}.max_weight" if config.hedges else "hedge.max_weight", leg.max_weight)
        legs[k] = leg.model_copy(update={"max_weight": allowed, "policy": None, "strategy": None})
    marked = f"{config.name}-walkforward"
    return between(config, plan.sessions, first, len(plan.sessions) - 1).model_copy(
        update={
            "name": marked if len(marked.encode()) <= LONGEST else config.name,
            "hedge": legs[0],
            "hedges": legs if config.hedges else [],
            "strategy": config.strategy.model_copy(update={"named": f"{file.resolve()}:{CLASS}", "params": {}}),
            "policy": PolicyConfig(),
            "controls": "on",
            "sweep": None,
        }
    )
