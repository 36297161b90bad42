"""A walk-forward, laid out: what is chosen from, how history is cut, and by what it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from data.arrays import Dates
from data.errors import ConfigError, StrategyError
from data.market import Market, recorded
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.evaluate_strategy import evaluate_strategy
from engine.keys import below_leg
from engine.plain import Keys
from engine.research.columns import check_column, known_answer
from engine.research.combinations import Chunk, Combinations, chunks_of
from engine.research.grid import Grid, of_one_kind, with_values
from engine.research.inputs import Inputs, inputs_of
from engine.research.sweep import folder_name
from engine.research.walkforward.folds import Fold, Windows, folds_of
from engine.runs.identity import classes_in, identity, known_by, known_values
from engine.setup import open_market
from strategies.load import kind, strategy_class

TRAIN, TEST, WHOLE = "train", "test", "whole"

SIZE = ("weight", "max_weight", "sizing", "cover", "lookback", "target_volatility")
"""Keys under `hedge` that may differ from fold to fold: they change how much is ordered and nothing else."""


class Window(NamedTuple):
    """A stretch that every combination is run over.

    Parameters
    ----------
    fold
        The fold's number, 1 for the first; 0 for the whole history.
    kind
        `TRAIN`, `TEST` or `WHOLE`.
    config
        The run, with the window's first and last session.
    """

    fold: int
    kind: str
    config: RunConfig


@dataclass(frozen=True)
class WalkForwardPlan:
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
            for name, (first, last) in spans.items():
                found.append(Window(number, name, between(self.config, self.sessions, first, last)))
        return [*found, Window(0, WHOLE, self.config)]

    @property
    def combinations(self) -> int:
        """How many runs that comes to."""
        return len(self.grid) * (2 * len(self.folds) + 1)

    @property
    def job(self) -> Combinations:
        """Every combination over every window: whoever computes is busy throughout."""
        windows = tuple(window.config for window in self.windows)
        return Combinations(f"backtest-{self.id}", windows, self.grid, self.source, self.inputs.named, self.answer)

    @property
    def chunks(self) -> dict[Chunk, str]:
        """The chunks of all windows, each with the name of its part."""
        return {
            chunk: f"{window.fold:03d}-{window.kind}-{chunk.number:06d}"
            for number, window in enumerate(self.windows)
            for chunk in chunks_of(self.config, self.grid, number)
        }

    @property
    def id(self) -> str:
        """By what it is known."""
        return identity(self.known())

    @property
    def folder(self) -> str:
        """The name of its folder, which says so when its history is simulated."""
        return folder_name(self.config, "walkforward", self.id, simulated=self.market.simulated)

    def known(self) -> dict[str, Any]:
        """Return all by which it is known: the same gives the same bytes."""
        return {
            "name": self.config.name,
            **known_by(self.config, self.source.name, self.inputs.data, classes_in(self.grid.tried)),
            "axes": {axis.name: of_one_kind(known_values(axis.keys, axis.values)) for axis in self.grid.axes},
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
) -> WalkForwardPlan:
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
    accepted = [*config.data.accept, *(finding.id for finding in market.findings if finding.kind == "missing")]
    config = with_values(config, {("data", "accept"): list(dict.fromkeys(accepted))})
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        label, reads = prepared.label, prepared.reads
    inputs = inputs_of(config, grid.tried, market, read_once, reads, stitched=True)
    folds = folds_of(market.run_sessions, cut)
    return WalkForwardPlan(config, grid, cut, folds, objective, lowest, read_once, market, inputs, label, answer)


def check_axes(config: RunConfig, grid: Grid) -> None:
    """Raise ConfigError or StrategyError for what can't be chosen anew for each fold of one book."""
    cls = strategy_class(config.strategy.named)
    if kind(cls) == "backtrader":
        raise StrategyError(
            f"{cls.__name__} is a backtrader.Strategy, which orders by itself: a walk-forward takes the weights of a"
            " Strategy or a CloseStrategy"
        )
    for axis in grid.axes:
        if not may_choose(axis.keys):
            raise ConfigError(
                f"{axis.text}: {axis.name} can't change within one book: a walk-forward chooses keys of"
                f" strategy, policy, and hedge.{', hedge.'.join(SIZE)}; set others with --set"
            )


def may_choose(keys: Keys) -> bool:
    """Return whether a key may change within one book: a strategy's or a policy's, or how a hedge is sized."""
    below = below_leg(keys)
    return (below or keys)[0] in ("strategy", "policy") or below[:1] in {(name,) for name in SIZE}


def between(config: RunConfig, sessions: Dates, first: int, last: int) -> RunConfig:
    """Return a config that runs from one session to another, both by their rows."""
    return config.model_copy(update={"start": sessions[first].item(), "end": sessions[last].item()})
