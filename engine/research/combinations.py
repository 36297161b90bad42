"""Combinations as a job: rows of a grid, or one at a time as a search proposes them, over one window or several."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data.arrow import arrow_of, plain
from data.errors import StrategyError
from data.sources import Source
from data.sources.wrapped import KeptSource, PartialSource, part_of
from engine.config import RunConfig
from engine.hedge_config import StrategyConfig
from engine.plain import Keys
from engine.research.cache import Cache, Caches
from engine.research.code_bundle import Bundle, Unpacked, bundle_of
from engine.research.columns import columns_of
from engine.research.compute import Timer, compute
from engine.research.grid import Axis, Grid, of_one_kind
from engine.research.job import Executor, ExecutorError, Parts, rows_table
from engine.research.rows import compute_rows
from engine.runs.identity import CLASS, classes_in
from engine.setup import open_market
from strategies.load import kind, source_hash, strategy_class

CHUNK = 2048
"""Combinations that are computed and written together."""

ASKED_CHUNK = 8
"""The same of strategies that can't be compiled: half a second each, so that a chunk takes a few."""

LARGEST = 2**62
"""Combinations of the values met so far that a 64-bit number can count."""

SECONDS = ("kernel", "signal", "tail")
"""What chunks take, part by part."""

Progress = Callable[[int], None]


class Chunk(NamedTuple):
    """Rows of the grid that are computed together, `first` to `last` (exclusive), over the window-th of several."""

    number: int
    first: int
    last: int
    window: int | None = None

    def __str__(self) -> str:
        rows = f"chunk {self.number} (rows {self.first + 1:,} to {self.last:,})"
        return rows if self.window is None else f"{rows} of window {self.window}"


class Proposed(NamedTuple):
    """One combination that a search proposes: a value of each axis."""

    number: int
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"trial {self.number + 1}"


class ChunkResult(NamedTuple):
    """What a chunk came to.

    Parameters
    ----------
    columns
        One array a column, shape (rows,) or (rows, values).
    seconds
        What it took, of the worker's own time.
    """

    columns: dict[str, Any]
    seconds: dict[str, float]

    def row(self, *, answer: bool) -> tuple[dict[str, float], str]:
        """Return the metrics of its first row, NaN where undefined, and why that failed or ""."""
        row = {name: float(self.columns[name][0]) for name in columns_of(answer=answer)}
        return row, str(self.columns["failed"][0])


def compiles(config: RunConfig) -> bool:
    """Return whether the strategy gives an intensity, so that the compiled kernel can run it."""
    return kind(strategy_class(config.strategy.named)) == "intensity"


def chunk_rows(config: RunConfig) -> int:
    """Return how many rows a chunk has; the config alone tells, since bytes must not depend on who computes."""
    return CHUNK if compiles(config) else ASKED_CHUNK


def chunks_of(config: RunConfig, grid: Grid, window: int | None = None) -> Iterator[Chunk]:
    """Yield the chunks of a grid over a window."""
    rows = chunk_rows(config)
    for number, first in enumerate(range(0, len(grid), rows)):
        yield Chunk(number, first, min(first + rows, len(grid)), window)


@dataclass(frozen=True)
class Combinations:
    """All that a worker has to know to compute combinations; a `Job` whose chunks are `Chunk` or `Proposed`.

    Parameters
    ----------
    id
        What it goes by.
    windows
        The run over each window; a sweep has one. Of several the last is the whole history.
    grid
        Over what; of a search, whose chunks have values of their own, the choices that have names.
    source
        Where history comes from.
    used
        What the base run reads of it, by kind and name such as ``bars/SOXX``.
    answer
        Whether rows hold the parts of the sum.
    bundle
        Strategy files, where the worker doesn't have them.
    strategy
        The hash of the strategy's file.
    caches
        What this process has made of it.
    """

    id: str
    windows: tuple[RunConfig, ...]
    grid: Grid
    source: Source
    used: frozenset[str] = frozenset()
    answer: bool = False
    bundle: Bundle | None = None
    strategy: str = ""
    caches: Caches = field(default_factory=Caches, compare=False, repr=False)

    @property
    def lacking(self) -> Collection[str]:
        """The inputs that it was asked for and hasn't got, where it was packed."""
        return self.source.lacking if isinstance(self.source, PartialSource) else ()

    def open(self, threads: int) -> Callable[[Chunk | Proposed], ChunkResult]:
        """Return what computes a chunk, on so many threads; it remembers what chunks share.

        Raises
        ------
        StrategyError
            The strategy's class isn't there, or isn't the one that was sent out.
        """
        return _CombinationsWorker(self, threads).compute

    def packed(self, lacking: Iterable[str] = ()) -> Combinations:
        """Return the same job with what the base run reads in memory, what was found lacking too, and its files."""
        named = [each.named for each in self.windows[0].strategies]
        classes = {*named, *classes_in(self.grid.tried)}
        source = part_of(self.source, self.used | self._opened() | set(lacking))
        known = source_hash(named[0])
        return replace(self, source=source, bundle=bundle_of(sorted(classes)), strategy=known)

    def _opened(self) -> frozenset[str]:
        """Return what opening the market reads, the audit's comparisons among it: rows that miss it are void."""
        opened = KeptSource(self.source)
        open_market(self.windows[0], opened)
        return opened.reads


class _CombinationsWorker:
    """A worker on a job of combinations."""

    def __init__(self, job: Combinations, threads: int) -> None:
        self._unpacked = None if job.bundle is None else Unpacked(job.bundle)  # kept: its files go when it does
        self._windows = [config.with_strategies(self._renamed) for config in job.windows]
        own = self._windows[0].strategy.named
        if job.strategy and source_hash(own) != job.strategy:
            raise StrategyError(f"{own} is another file here: install the same version of it")
        axes = tuple(replace(axis, values=self._values(axis.keys, axis.values)) for axis in job.grid.axes)
        self._grid, self._source, self._answer = replace(job.grid, axes=axes), KeptSource(job.source), job.answer
        self._whole: Cache | None = None
        self._threads, self._compiles = threads, compiles(self._windows[0])
        self._caches, self._met = job.caches, _Met(axes)

    def compute(self, chunk: Chunk | Proposed) -> ChunkResult:
        """Return a chunk's columns."""
        if isinstance(chunk, Chunk):
            return self._compute(chunk.window or 0, self._grid, chunk.first, chunk.last)
        if self._met.size > LARGEST:
            self._caches, self._met = Caches(), _Met(self._grid.axes)
        began = time.perf_counter()
        values = [
            self._values(axis.keys, (value,))[0] for axis, value in zip(self._grid.axes, chunk.values, strict=True)
        ]
        row = self._compute(0, self._met.grid(values), 0, 1)
        return row._replace(seconds={"row": time.perf_counter() - began})

    def _compute(self, window: int, grid: Grid, first: int, last: int) -> ChunkResult:
        config = self._windows[window]
        if not self._compiles:
            return ChunkResult(compute_rows(config, grid, self._source, first, last, answer=self._answer), {})
        cache = self._caches.of(window, lambda: self._opened(config, grid, window))
        cache.grid = grid
        if not cache.warm:  # that is no part of the kernel's seconds
            compute(cache, first, first + 1, 1, Timer(), answer=self._answer)
            cache.warm = True
        timer = Timer()
        columns = compute(cache, first, last, self._threads, timer, answer=self._answer)
        asked, cache.signal_seconds = cache.signal_seconds, 0.0
        return ChunkResult(columns, {"kernel": timer.kernel, "signal": asked, "tail": timer.tail})

    def _opened(self, config: RunConfig, grid: Grid, window: int) -> Cache:
        """Return a window's cache; those of several share what is the same over the whole history, the last."""
        last = len(self._windows) - 1
        if not last:
            return Cache(config, grid, self._source)
        self._whole = self._whole or Cache(self._windows[last], grid, self._source)
        return self._whole if window == last else Cache(config, grid, self._source, whole=self._whole)

    def _values(self, keys: Keys, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self._named(str(value)) for value in values) if keys[-2:] == CLASS else values

    def _renamed(self, strategy: StrategyConfig) -> StrategyConfig:
        return strategy.model_copy(update={"named": self._named(strategy.named)})

    def _named(self, named: str) -> str:
        return named if self._unpacked is None else self._unpacked.named(named)


class _Met:
    """Values met so far. They keep their indices on their axes, so that whatever was made of them is found again."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = axes
        self._values: list[dict[str, tuple[int, Any]]] = [{} for _ in axes]

    @property
    def size(self) -> int:
        """Combinations of them, with one more on each axis."""
        return math.prod(len(met) + 1 for met in self._values)

    def grid(self, values: Sequence[Any]) -> Grid:
        """Return the grid of one combination; 1, 1.0 and true are values apart."""
        indices = [
            met.setdefault(repr(value), (len(met), value))[0] for met, value in zip(self._values, values, strict=True)
        ]
        axes = tuple(
            replace(axis, values=tuple(value for _index, value in met.values()))
            for axis, met in zip(self._axes, self._values, strict=True)
        )
        number = int(np.ravel_multi_index(tuple(indices), tuple(len(axis.values) for axis in axes)))
        return Grid(axes, np.array([number]))


class Finished(NamedTuple):
    """The parts of all chunks, in their order, and the seconds that those took that were computed now."""

    files: list[Path]
    seconds: dict[str, float]


def finish_chunks(
    job: Combinations, chunks: Mapping[Chunk, str], folder: Path, executor: Executor, progress: Progress | None
) -> Finished:
    """Compute the chunks that aren't finished, and write each as it comes.

    Parameters
    ----------
    job
        What computes them.
    chunks
        Each with the name of its part.
    folder
        Where parts stand: one that is whole isn't made again.
    executor
        Who computes. The parts are the same whoever does.
    progress
        Called with the number of combinations that were finished, each time some are.

    Raises
    ------
    ExecutorError
        Whoever computes is gone; how many chunks are kept.
    """
    parts, count = Parts(folder), progress or (lambda _: None)
    finished, seconds = parts.finished(), dict.fromkeys(SECONDS, 0.0)
    files = {chunk: finished.get(name) for chunk, name in chunks.items()}
    missing = [chunk for chunk, file in files.items() if file is None]
    count(len(job.grid) * len(job.windows) - sum(chunk.last - chunk.first for chunk in missing))

    def write(chunk: Chunk, answer: ChunkResult) -> Path:
        return parts.write(chunks[chunk], _part(job.grid, chunk, answer.columns))

    answers = executor.run(job, missing) if missing else iter(())
    ahead = int(compiles(job.windows[0]))  # others take seconds a chunk, which have to be counted as they come
    try:
        for chunk, answer, file in _written(answers, write, ahead):
            files[chunk] = file
            count(chunk.last - chunk.first)
            for name, spent in answer.seconds.items():
                seconds[name] += spent
    except ExecutorError as error:
        kept = len(parts.finished().keys() & set(chunks.values()))
        raise ExecutorError(f"{error}: {kept:,} of {len(chunks):,} chunks are kept; run it again") from None
    return Finished([file for file in files.values() if file is not None], seconds)


def _written(
    answers: Iterator[tuple[Chunk, ChunkResult]], write: Callable[[Chunk, ChunkResult], Path], ahead: int
) -> Iterator[tuple[Chunk, ChunkResult, Path]]:
    """Yield chunks with their answers once their parts stand; so many are still written while the next is computed.

    What was computed is written, whatever happens to the next.
    """
    with ThreadPoolExecutor(1) as aside:
        before: list[tuple[Chunk, ChunkResult, Future[Path]]] = []
        for chunk, answer in answers:
            before.append((chunk, answer, aside.submit(write, chunk, answer)))
            if len(before) > ahead:
                done, its, file = before.pop(0)
                yield done, its, file.result()
        for done, its, file in before:
            yield done, its, file.result()


def _part(grid: Grid, chunk: Chunk, columns: Mapping[str, Any]) -> Any:  # a table
    import pyarrow as pa

    indices = grid.indices(chunk.first, chunk.last)
    keys = {
        axis.name: plain(of_one_kind(axis.values)).take(arrow_of(at, pa.int64()))
        for axis, at in zip(grid.axes, indices.T, strict=True)
    }
    return rows_table(keys, columns)
