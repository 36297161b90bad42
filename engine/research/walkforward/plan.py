"""A walk-forward, laid out: what is chosen from, how history is cut, and by what it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.arrays import Dates
from data.market import Market
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.evaluate_strategy import evaluate_strategy
from engine.research.chunks import Work
from engine.research.columns import check_column, known_answer
from engine.research.grid import Grid, with_values
from engine.research.inputs import Inputs, inputs_of
from engine.research.walkforward.choosing import TEST, TRAIN, WHOLE, Window, check_axes, plain_values
from engine.research.walkforward.folds import Fold, Windows, folds_of
from engine.research.walkforward.stitching import between
from engine.runs.identity import CLASS, identity, known_by
from engine.setup import open_market


@dataclass(frozen=True)
class Plan:
    """A walk-forward that is laid out and not yet run.

    Parameters
    ----------
    config, grid
        The run, and the combinations that are chosen from.
    cut, folds
        How its history is cut, and into what.
    objective, lowest
        The column of a sweep's table that chooses, and whether its lowest value is the best.
    source
        Where history comes from.
    market, inputs
        The whole run's, and all that combinations may read.
    label
        The strategy's name as it shows.
    answer
        Whether rows hold the parts of the sum.
    """

    config: RunConfig
    grid: Grid
    cut: Windows
    folds: tuple[Fold, ...]
    objective: str
    lowest: bool
    source: Source
    market: Market
    inputs: Inputs
    label: str
    answer: bool = False

    @property
    def sessions(self) -> Dates:
        """The run's sessions."""
        return self.market.run_sessions

    @property
    def windows(self) -> list[Window]:
        """What every combination is run over: each fold's training and test, and last the whole history."""
        found = []
        for number, fold in enumerate(self.folds, start=1):
            spans = {TRAIN: (fold.train_first, fold.train_last), TEST: (fold.test_first, fold.test_last)}
            for kind, (first, last) in spans.items():
                found.append(Window(number, kind, between(self.config, self.sessions, first, last)))
        return [*found, Window(0, WHOLE, self.config)]

    @property
    def combinations(self) -> int:
        """How many runs that comes to."""
        return len(self.grid) * (2 * len(self.folds) + 1)

    @property
    def work(self) -> Work:
        """The sweep of all combinations over the whole history, from which each window's is made."""
        return Work(f"backtest-{self.id}", self.config, self.grid, self.source, self.inputs.named, answer=self.answer)

    @property
    def id(self) -> str:
        """By what it is known."""
        return identity(self.known())

    @property
    def folder(self) -> str:
        """The name of its folder, which says so when its history is simulated."""
        marked = f"{self.config.name}-SIMULATED" if self.market.simulated else self.config.name
        return f"{marked}-walkforward-{self.id}"

    def known(self) -> dict[str, Any]:
        """Return all by which it is known: the same gives the same bytes."""
        return {
            "name": self.config.name,
            **known_by(self.config, self.source.name, self.inputs.data, self.grid.tried.get(CLASS)),
            "axes": {axis.name: plain_values(axis) for axis in self.grid.axes},
            "combinations": len(self.grid),
            **self.cut.as_dict(),
            "objective": self.objective,
            **known_answer(answer=self.answer),
        }


def plan_of(
    config: RunConfig,
    grid: Grid,
    cut: Windows,
    objective: str,
    *,
    lowest: bool = False,
    source: Source | None = None,
    answer: bool = False,
) -> Plan:
    """Lay a walk-forward out.

    Parameters
    ----------
    config, grid
        The run, and the combinations to choose from.
    cut
        How its history is cut.
    objective
        A column of a sweep's table, by which parameters are chosen.
    lowest
        Whether its lowest value is the best.
    source
        Where history comes from; what the config names unless given.
    answer
        Whether rows hold the parts of the sum, so that one of them may be the objective.

    Raises
    ------
    UserError
        The objective or an axis can't be used, or there is no room for a fold.
    """
    check_column("--objective", objective, answer=answer)
    check_axes(config, grid)
    read_once = KeptSource(source or open_source(config.data.source, config.data.path))
    market = open_market(config, read_once)
    # A window is a part of what was audited whole: sessions missing that are few of all may be many of it.
    accepted = [*config.data.accept, *(one.id for one in market.findings if one.kind == "missing")]
    config = with_values(config, {("data", "accept"): list(dict.fromkeys(accepted))})
    with evaluate_strategy(config, market) as prepared:
        assert prepared.strategy is not None  # noqa: S101  # check_axes refuses those that have none
        label = prepared.strategy.label(market)
    inputs = inputs_of(config, grid.tried, market, read_once)
    folds = folds_of(market.run_sessions, cut)
    return Plan(config, grid, cut, folds, objective, lowest, read_once, market, inputs, label, answer)
