"""A search, whole: trial after trial into the journal, then one table; a killed search goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import ConfigError, UserError
from data.files import locked, write_whole
from data.market import Market
from data.shown import figure, screen
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.evaluate_strategy import evaluate_strategy
from engine.plain_yaml import Keys
from engine.research.columns import columns_of, known_answer
from engine.research.executors import Executor, Threads
from engine.research.grid import of_one_kind
from engine.research.inputs import inputs_of
from engine.research.processes import Processes
from engine.research.search.objectives import Objective, best_first
from engine.research.search.remote import Away, asked_of
from engine.research.search.rows import Rows
from engine.research.search.space import Dimension, parameters_of, size_of, values_of
from engine.research.search.trials import Trials, Tried
from engine.research.sweep import NOT_SWEPT
from engine.runs.identity import CLASS, identity, known_by
from engine.runs.run import SIMULATED
from engine.setup import open_market

if TYPE_CHECKING:
    import pyarrow as pa

RESULTS, MANIFEST, PAGE = "results.parquet", "manifest.json", "search.html"
TRIAL = "trial"

Progress = Callable[[int], None]


class Spent(NamedTuple):
    """Seconds that a trial took: the sampler's, with the journal's, and the run's; whether it had to be run."""

    sampler: float
    row: float
    run: bool


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
    """

    config: RunConfig
    space: tuple[Dimension, ...]
    objectives: tuple[Objective, ...]
    seed: int
    source: Source
    folder: Path
    answer: bool = False

    @property
    def name(self) -> str:
        """The study's, and the folder's."""
        return self.folder.name

    @property
    def tried(self) -> dict[Keys, tuple[Any, ...] | None]:
        """The values that may be tried of each key, None where they are too many to be named."""
        return {one.keys: one.values for one in self.space}

    def trials(self) -> Trials:
        """Return its trials so far."""
        return Trials(self.folder, self.name, self.space, self.objectives, self.seed)

    def open(self, threads: int) -> Callable[[int], Spent]:
        """Return what makes a trial of a number: asks for it, runs it, and keeps it."""
        del threads
        return _Worker(self).make

    def packed(self, lacking: Iterable[str] = ()) -> Search:
        """Return itself: whoever makes trials has to reach the journal; others are sent `Away`."""
        del lacking
        return self


class _Worker:
    """A process of a search."""

    def __init__(self, search: Search) -> None:
        self._trials = search.trials()
        self._space = search.space
        self._rows = Rows(search.config, search.space, KeptSource(search.source), answer=search.answer)

    def make(self, number: int) -> Spent:
        """Make a trial, unless it is there already: a process may have died after writing it down."""
        trials, began = self._trials, time.perf_counter()
        trials.read()
        if number in trials.finished:
            return Spent(0.0, 0.0, run=False)
        drawn = trials.ask(number)
        asked, known = time.perf_counter(), trials.alike(drawn)
        row, failed = (known.row, known.failed) if known else self._rows.row(values_of(self._space, drawn))
        ran = time.perf_counter()
        trials.tell(number, row, failed)
        return Spent(asked - began + time.perf_counter() - ran, ran - asked, run=known is None)


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
    tried: tuple[Tried, ...]
    sessions: int
    simulated: bool
    synthetic: Mapping[str, str]
    seconds: dict[str, float]

    def __repr__(self) -> str:
        wanted = self.search.objectives
        best = best_first(self.values, wanted)
        told = [
            ", ".join(
                [f"trial {self.tried[row].number}"]
                + [f"{one.name} {figure(value, '.4g')}" for one, value in zip(wanted, self.values[row], strict=True)]
                + [f"{key}={value}" for key, value in parameters_of(self.search.space, self.tried[row].drawn).items()]
            )
            for row in best[:5]
        ]
        return screen(
            f"SearchResult {self.search.config.name}: {len(self.tried):,} trials, {self.distinct:,} combinations,"
            f" {self.sessions:,} sessions",
            *told,
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
        found = [[one.of(tried.row) for one in self.search.objectives] for tried in self.tried]
        return np.array(found).reshape(len(found), len(self.search.objectives))

    @property
    def distinct(self) -> int:
        """How many combinations were tried: a trial may repeat another."""
        return len({one.drawn for one in self.tried})

    @property
    def mark(self) -> str | None:
        """What has to stand beside its numbers; None where all its history is real."""
        if self.simulated:
            return SIMULATED.format(hedge=self.search.config.hedge.instrument)
        made = " and ".join(f"{name} before {first}" for name, first in self.synthetic.items())
        return f"SYNTHETIC history: {made}, by the fund model." if made else None


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
    with evaluate_strategy(config, market):
        pass  # raises where the base run can't be laid out
    marked = f"{config.name}-SIMULATED" if source.simulated else config.name
    search = Search(config, space, objectives, seed, source, out, answer)
    known = identity(known_of(search, market))
    return replace(search, folder=out / f"{marked}-search-{known}"), market


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
        Who makes them. By one thread the same search gives the same bytes; several processes know of each other's
        trials what happens to be finished.
    progress
        Told how many trials were finished, each time some are.

    Raises
    ------
    UserError
        optuna isn't installed, the space holds no more than so many combinations, or another process is at it.
    """
    if named := [one.name for one in search.space if one.keys in NOT_SWEPT]:
        raise ConfigError(f"--param {named[0]}: a search reads one history: search each by itself")
    size = size_of(search.space)
    if size is not None and size <= trials:
        raise ConfigError(
            f"the space holds {size:,} combinations, no more than --trials {trials}: "
            "a sweep of the same --param runs all"
        )
    began, count = time.perf_counter(), progress or (lambda _done: None)
    search.folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(search.folder, wait=False):
            spent = _make(search, market, trials, executor, count)
            known = search.trials()
            tried = tuple(known.finished[number] for number in sorted(known.finished))
            write_whole(search.folder / RESULTS, lambda path: _write_table(search, tried, path))
            write_whole(
                search.folder / MANIFEST,
                lambda path: _write_manifest(search, market, known, tried, path),
            )
    except BlockingIOError:
        raise UserError(f"{search.folder}: another process is at this search: wait for it, or use --workers") from None
    seconds = {"sampler": sum(one.sampler for one in spent), "row": sum(one.row for one in spent)}
    seconds |= {"wall": time.perf_counter() - began, "trials": len(spent), "runs": sum(one.run for one in spent)}
    synthetic = {name: str(first) for name, first in market.synthetic.items()}
    return SearchResult(search, tried, len(market.run_sessions), search.source.simulated, synthetic, seconds)


def _make(search: Search, market: Market, trials: int, executor: Executor, count: Progress) -> list[Spent]:
    """Make the trials that are lacking; return what each took."""
    known = search.trials()
    todo = [number for number in range(trials) if number not in known.finished]
    count(trials - len(todo))
    if not todo:
        return []
    alone = isinstance(executor, Threads) or (isinstance(executor, Processes) and executor.workers == 1)
    if not alone:
        known.several()
    spent = []
    for took in _here(search, todo, executor) if _local(executor) else _away(search, market, known, todo, executor):
        spent.append(took)
        count(1)
    return spent


def _local(executor: Executor) -> bool:
    return isinstance(executor, Threads | Processes)


def _here(search: Search, todo: list[int], executor: Executor) -> Iterator[Spent]:
    """Let processes of this machine propose, run and keep trials, each by itself."""
    for _number, took in executor.run(search, todo):
        yield took


def _away(search: Search, market: Market, trials: Trials, todo: list[int], executor: Executor) -> Iterator[Spent]:
    """Propose and keep trials here, and have them run elsewhere."""
    named = inputs_of(search.config, search.tried, market, search.source).named
    away = Away(f"backtest-{search.name}", search.config, search.space, search.source, named, search.answer)
    for asked, told in executor.run(away, asked_of(trials.ask, todo)):
        began = time.perf_counter()
        trials.tell(asked.number, told.row, told.failed)
        yield Spent(time.perf_counter() - began, told.seconds, run=True)


def known_of(search: Search, market: Market) -> dict[str, Any]:
    """Return all by which a search is known; how many trials it has is not among it, so that it can go on."""
    config, tried = search.config, search.tried
    data = inputs_of(config, tried, market, search.source).data
    return {
        "name": config.name,
        **known_by(config, search.source.name, data, tried.get(CLASS)),
        "axes": {one.name: _as_plain(one) for one in search.space},
        "objectives": {one.name: one.direction for one in search.objectives},
        "seed": search.seed,
        **known_answer(answer=search.answer),
    }


def _as_plain(one: Dimension) -> Any:
    if one.range is None:
        return list(one.labels)
    return {name: None if value is None else str(value) for name, value in one.range._asdict().items()}


def _table(search: Search, tried: Sequence[Tried]) -> pa.Table:
    """Return trials as a sweep keeps rows, with each one's number first."""
    import pyarrow as pa

    values = [values_of(search.space, one.drawn) for one in tried]
    table = {TRIAL: pa.array([one.number + 1 for one in tried], pa.int64())}
    for place, one in enumerate(search.space):
        kept = of_one_kind([row[place] for row in values])
        table[one.name] = pa.array(kept, None if one.range is None else pa.int64() if one.range.whole else pa.float64())
    for name in columns_of(answer=search.answer):
        table[name] = pa.array([one.row[name] for one in tried], pa.float64(), from_pandas=True)
    table["failed"] = pa.array([one.failed or None for one in tried], pa.string())
    return pa.table(table)


def _write_table(search: Search, tried: Sequence[Tried], path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(search, tried), path)


def _write_manifest(search: Search, market: Market, known: Trials, tried: Sequence[Tried], path: Path) -> None:
    by = known_of(search, market)
    told = {
        "id": identity(by),
        "simulated": search.source.simulated,
        "synthetic": {name: str(first) for name, first in market.synthetic.items()},
        "sessions": len(market.run_sessions),
        "combinations": len(tried),  # tried: what statistics of overfitting count
        "distinct": len({one.drawn for one in tried}),
        "failed": sum(bool(one.failed) for one in tried),
        "deterministic": known.deterministic,
        **by,
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
