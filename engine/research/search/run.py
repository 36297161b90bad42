"""A search, whole: trial after trial into the journal, then one table; a killed search goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats
from data.errors import ConfigError, UserError
from data.files import locked, write_whole
from data.market import Market, recorded
from data.shown import figure, screen
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.analytics.controls import unhedged_plan
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.config import RunConfig
from engine.evaluate_strategy import evaluate_strategy
from engine.hedge_names import hedge_name, modelled_note
from engine.kernel.compiled import compiled
from engine.provenance import index_note
from engine.research.cache import part_of
from engine.research.columns import columns_of, known_answer
from engine.research.combinations import Combinations, Progress, Proposed
from engine.research.executors import Processes, Threads
from engine.research.grid import Axis, Grid, of_one_kind
from engine.research.inputs import inputs_of
from engine.research.job import Executor, finish, rows_table, unfinish
from engine.research.search.objectives import PAIR, Objective, best_first
from engine.research.search.sampler import OptunaSampler, Trial
from engine.research.search.space import Dimension, parameters_of, size_of, values_of
from engine.research.sweep import NOT_SWEPT, folder_name, mark_of
from engine.runs.identity import classes_in, identity, known_by
from engine.runs.results import RESULTS
from engine.setup import open_market, prepare, rebalancing_days

PAGE = "search.html"
TRIAL = "trial"

SHARES = tuple(round(0.05 * step, 2) for step in range(17))
"""Of the core, sold."""


@dataclass(frozen=True)
class Search:
    """What is searched: the same gives the same folder.

    Parameters
    ----------
    config, space, objectives
        The run, over what, and for what.
    seed
        Of the sampler.
    source
        Where history comes from.
    folder
        Where its files stand.
    answer
        Whether rows hold the parts of the sum.
    known
        All by which it is known; how many trials it has is not among it, so that it can go on.
    used
        What the base run reads of the source.
    """

    config: RunConfig
    space: tuple[Dimension, ...]
    objectives: tuple[Objective, ...]
    seed: int
    source: Source
    folder: Path
    answer: bool = False
    known: Mapping[str, Any] = field(default_factory=dict)
    used: frozenset[str] = frozenset()

    def sampler(self) -> OptunaSampler:
        """Return what proposes its trials, with those so far."""
        return OptunaSampler(self.folder, self.folder.name, self.space, self.objectives, self.seed)

    @property
    def job(self) -> Combinations:
        """Its rows, to be computed one at a time."""
        grid = Grid(tuple(Axis(dimension.keys, dimension.choices, dimension.text) for dimension in self.space))
        return Combinations(f"backtest-{self.folder.name}", (self.config,), grid, self.source, self.used, self.answer)


@dataclass(frozen=True, repr=False)
class SearchResult:
    """A finished search.

    Parameters
    ----------
    search
        What was searched.
    tried
        Every trial, by number.
    sessions
        Sessions of the base run.
    simulated, synthetic
        Whether its history is made up, and the first real session of each instrument whose history before it was made.
    seconds
        sampler, row and wall seconds of what this call made; ``trials`` it made, and ``runs`` of those that weren't of
        a combination tried before.
    """

    search: Search
    tried: tuple[Trial, ...]
    sessions: int
    simulated: bool
    synthetic: Mapping[str, str]
    seconds: dict[str, float]

    def __repr__(self) -> str:
        names = [objective.name for objective in self.search.objectives]
        best = [
            ", ".join(
                [f"trial {self.tried[row].number}"]
                + [f"{name} {figure(value, '.4g')}" for name, value in zip(names, self.values[row], strict=True)]
                + [f"{key}={value}" for key, value in parameters_of(self.search.space, self.tried[row].drawn).items()]
            )
            for row in best_first(self.values, self.search.objectives)[:5]
        ]
        return screen(
            f"SearchResult {self.search.config.name}: {len(self.tried):,} trials, {self.distinct:,} combinations,"
            f" {self.sessions:,} sessions",
            *best,
            self.mark,
            f"folder: {self.folder}",
        )

    @property
    def folder(self) -> Path:
        """Where results.parquet, manifest.json, the journal and the page stand."""
        return self.search.folder

    @cached_property
    def values(self) -> Floats:
        """Each objective of each trial, shape (trials, objectives); NaN where undefined."""
        found = [[objective.of(tried.row) for objective in self.search.objectives] for tried in self.tried]
        return np.array(found).reshape(len(found), len(self.search.objectives))

    @property
    def distinct(self) -> int:
        """How many combinations were tried: a trial may repeat another."""
        return len({trial.drawn for trial in self.tried})

    @property
    def mark(self) -> str | None:
        """What has to stand beside its numbers; None where all its history is real."""
        config, tried = self.search.config, {dimension.keys: dimension.values for dimension in self.search.space}
        others = modelled_note(config, tried), index_note(config, self.search.source.name)
        return mark_of(self.synthetic, hedge_name(config).noun, *others, simulated=self.simulated)


def plan_search(
    config: RunConfig,
    space: tuple[Dimension, ...],
    objectives: tuple[Objective, ...],
    out: Path,
    seed: int = 0,
    source: Source | None = None,
    *,
    answer: bool = False,
) -> tuple[Search, Market]:
    """Lay a search out, and open the base run's market.

    Parameters
    ----------
    config, space, objectives, seed, answer
        As for `Search`.
    out
        The folder that keeps searches.
    source
        Where history comes from; what the config names unless given.

    Raises
    ------
    UserError
        The base run can't be used.
    """
    source = KeptSource(source or open_source(config.data.source, config.data.path))
    market = open_market(config, source)
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        reads = prepared.reads
    tried = {dimension.keys: dimension.values for dimension in space}  # None where they are too many to be named
    inputs = inputs_of(config, tried, market, source, reads)
    known = {
        "name": config.name,
        **known_by(config, source.name, inputs.data, classes_in(tried)),
        "axes": {dimension.name: _as_plain(dimension) for dimension in space},
        "objectives": {objective.name: objective.direction for objective in objectives},
        "seed": seed,
        **known_answer(answer=answer),
    }
    folder = out / folder_name(config, "search", identity(known), simulated=source.simulated)
    return Search(config, space, objectives, seed, source, folder, answer, known, inputs.named), market


def _as_plain(dimension: Dimension) -> Any:
    if dimension.range is None:
        return list(dimension.labels)
    return {name: None if value is None else str(value) for name, value in dimension.range._asdict().items()}


def search_trials(
    search: Search, market: Market, trials: int, executor: Executor, progress: Progress | None = None
) -> SearchResult:
    """Make trials until there are so many, and write their table; what was finished before isn't made again.

    Parameters
    ----------
    search, market
        As laid out by `plan_search`.
    trials
        How many in all.
    executor
        Who computes them. By one thread or process the same search gives the same bytes; with several a proposal knows
        of the trials that happen to be finished.
    progress
        Called with the number of trials that were finished, each time some are.

    Raises
    ------
    UserError
        optuna isn't installed, the space holds no more than so many combinations, or another process is at it.
    """
    if named := [dimension.name for dimension in search.space if dimension.keys in NOT_SWEPT]:
        raise ConfigError(f"--param {named[0]}: a search reads one history: search each by itself")
    size = size_of(search.space)
    if size is not None and size <= trials:
        raise ConfigError(
            f"the space holds {size:,} combinations, no more than --trials {trials}: "
            "a sweep of the same --param runs all"
        )
    began = time.perf_counter()
    search.folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(search.folder, wait=False):
            made = _Made(search.sampler(), progress or (lambda _: None))
            made.make(search, trials, executor)
            tried = tuple(made.sampler.finished[number] for number in sorted(made.sampler.finished))
            unfinish(search.folder, alone=True)
            _write_table(search, tried)
            finish(search.folder, [RESULTS], _manifest(search, market, made.sampler, tried))
    except BlockingIOError:
        raise UserError(f"{search.folder}: another process is at this search: wait for it, or use --workers") from None
    synthetic = {name: str(first) for name, first in market.synthetic.items()}
    seconds = made.seconds | {"wall": time.perf_counter() - began}
    return SearchResult(search, tried, len(market.run_sessions), search.source.simulated, synthetic, seconds)


@dataclass
class _Made:
    """The trials that one call makes."""

    sampler: OptunaSampler
    count: Progress
    seconds: dict[str, float] = field(default_factory=lambda: {"sampler": 0.0, "row": 0.0, "trials": 0, "runs": 0})

    def make(self, search: Search, trials: int, executor: Executor) -> None:
        """Make the trials that are lacking: proposed and written down here, computed by the executor."""
        lacking = [number for number in range(trials) if number not in self.sampler.finished]
        self.count(trials - len(lacking))
        if not lacking:
            return
        if not (isinstance(executor, Threads) or (isinstance(executor, Processes) and executor.workers == 1)):
            self.sampler.several()
        for proposed, answer in executor.run(search.job, self._proposed(search.space, lacking)):
            self.seconds["row"] += answer.seconds["row"]
            self.seconds["runs"] += 1
            self._keep(proposed.number, *answer.row(answer=search.answer))

    def _proposed(self, space: tuple[Dimension, ...], numbers: list[int]) -> Iterator[Proposed]:
        """Yield trials as they are proposed, each when a worker is free; one that repeats another isn't run again."""
        for number in numbers:
            began = time.perf_counter()
            drawn = self.sampler.ask(number)
            self.seconds["sampler"] += time.perf_counter() - began
            if same := self.sampler.alike(drawn):
                self._keep(number, same.row, same.failed)
            else:
                yield Proposed(number, values_of(space, drawn))

    def _keep(self, number: int, row: Mapping[str, float], failed: str) -> None:
        began = time.perf_counter()
        self.sampler.tell(number, row, failed)
        self.seconds["sampler"] += time.perf_counter() - began
        self.seconds["trials"] += 1
        self.count(1)


def _write_table(search: Search, tried: tuple[Trial, ...]) -> None:
    """Write trials as a sweep keeps rows, with each one's number first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = [values_of(search.space, trial.drawn) for trial in tried]
    keys = {TRIAL: pa.array([trial.number + 1 for trial in tried], pa.int64())}
    for i, dimension in enumerate(search.space):
        numbers = dimension.range and (pa.int64() if dimension.range.whole else pa.float64())
        keys[dimension.name] = pa.array(of_one_kind([row[i] for row in values]), numbers)
    columns: dict[str, Any] = {name: [trial.row[name] for trial in tried] for name in columns_of(answer=search.answer)}
    table = rows_table(keys, columns | {"failed": [trial.failed for trial in tried]})
    write_whole(search.folder / RESULTS, lambda path: pq.write_table(table, path))


def _manifest(search: Search, market: Market, sampler: OptunaSampler, tried: tuple[Trial, ...]) -> dict[str, Any]:
    return {
        "id": identity(search.known),
        "simulated": search.source.simulated,
        "synthetic": {name: str(first) for name, first in market.synthetic.items()},
        "sessions": len(market.run_sessions),
        "combinations": len(tried),  # tried: what statistics of overfitting count
        "distinct": len({trial.drawn for trial in tried}),
        "failed": sum(bool(trial.failed) for trial in tried),
        "deterministic": sampler.deterministic,
        **search.known,
    }


def selling_line(search: Search, market: Market) -> Floats | None:
    """Return the share of the core that is sold, what that costs a year, and the drawdown it avoids.

    It is what plain selling would have brought, for a front to be held against. The share is held in cash and restated
    at the first close of each month, at the run's costs.

    Returns
    -------
    Shape (shares, 3); None where the search isn't for this pair, or its trials differ in what they trade, when or on
    what terms.
    """
    if {objective.name for objective in search.objectives} != set(PAIR):
        return None
    if any(part_of(dimension.keys) == "environment" for dimension in search.space):
        return None
    setup = prepare(search.config, market, None)
    idle = unhedged_plan(setup)
    monthly = rebalancing_days(market.run_sessions, "monthly")
    plans = [idle] + [
        idle._replace(unhedged_core=idle.unhedged_core * (1.0 - sold), core_due=monthly) for sold in SHARES
    ]
    found = []
    for plan in plans:
        ledger = compiled().run_policy(setup.prices, setup.terms, plan)
        trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
        metrics = metrics_of(ledger, setup.terms.cash_accrual, market.run_sessions, trades, setup.legs.firsts)
        found.append((metrics["cagr"], metrics["max_drawdown"]))
    (cagr, deepest), *sold = found
    return np.array([(share, cagr - own, fall - deepest) for share, (own, fall) in zip(SHARES, sold, strict=True)])


def cost_of_selling(line: Floats, avoided: Floats) -> Floats:
    """Return what selling costs a year for the same drawdown avoided, between two shares in a straight line.

    NaN beyond the line's end; where nothing is avoided selling costs nothing.
    """
    order = np.argsort(line[:, 2])
    cost = np.interp(avoided, line[order, 2], line[order, 1], left=0.0, right=np.nan)
    return np.where(avoided <= 0.0, 0.0, cost)
