"""A sweep's work in chunks: which rows belong together, and how a worker turns them into columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from data.errors import StrategyError
from data.sources import Source
from data.sources.memory import part_of
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.research.cache import Ingredients
from engine.research.code_bundle import Texts, Written, texts_of
from engine.research.compute import Clock, compute
from engine.research.grid import Axis, Grid
from engine.research.rows import compute_rows
from engine.runs.identity import CLASS
from strategies.load import kind, source_hash, strategy_class

CHUNK = 2048
"""Combinations that are computed and written together."""

ASKED_CHUNK = 8
"""The same of strategies that can't be compiled: half a second each, so that a chunk takes a few."""


class Chunk(NamedTuple):
    """Rows that are computed together, `first` to `last` (exclusive); the number-th of the sweep's chunks."""

    number: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"chunk {self.number} (rows {self.first + 1:,} to {self.last:,})"


class Answer(NamedTuple):
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


def compiles(config: RunConfig) -> bool:
    """Say whether the strategy gives an intensity, so that the compiled kernel can run it."""
    return kind(strategy_class(config.strategy.named)) == "intensity"


def chunk_rows(config: RunConfig) -> int:
    """Return how many rows a chunk has; the config alone tells, since bytes must not depend on who computes."""
    return CHUNK if compiles(config) else ASKED_CHUNK


def chunks_of(config: RunConfig, grid: Grid) -> Iterator[Chunk]:
    """Yield a sweep's chunks."""
    rows = chunk_rows(config)
    for number, first in enumerate(range(0, len(grid), rows)):
        yield Chunk(number, first, min(first + rows, len(grid)))


@dataclass(frozen=True)
class Work:
    """All that a worker has to know of a sweep; its chunks are `Chunk`, their answers `Answer`.

    Parameters
    ----------
    name
        The sweep's id.
    config, grid
        What is swept, and over what.
    source
        Where history comes from.
    used
        What the base run reads of it, by kind and name such as ``bars/SOXX``.
    texts
        Strategy files, where the worker doesn't have them.
    strategy
        The hash of the strategy's file.
    answer
        Whether rows hold the parts of the sum.
    """

    name: str
    config: RunConfig
    grid: Grid
    source: Source
    used: frozenset[str] = frozenset()
    texts: Texts | None = None
    strategy: str = ""
    answer: bool = False

    def open(self, threads: int) -> Callable[[Chunk], Answer]:
        """Return what computes a chunk, on so many threads; it remembers what chunks share.

        Raises
        ------
        StrategyError
            The strategy's class isn't there, or isn't the one that was sent out.
        """
        return _Opened(self, threads).compute

    def packed(self, lacking: Iterable[str] = ()) -> Work:
        """Return the same work with what the base run reads in memory, what was found lacking too, and its files."""
        names = {self.config.strategy.named}
        names |= {str(value) for axis in self.grid.axes if axis.keys == CLASS for value in axis.values}
        source = part_of(self.source, self.used | set(lacking))
        known = source_hash(strategy_class(self.config.strategy.named))
        return replace(self, source=source, texts=texts_of(sorted(names)), strategy=known)


class _Opened:
    """Work on a worker."""

    def __init__(self, work: Work, threads: int) -> None:
        self._written = None if work.texts is None else Written(work.texts)  # kept: its files go when it does
        if self._written is not None:
            work = _named_anew(work, self._written)
        cls = strategy_class(work.config.strategy.named)
        if work.strategy and source_hash(cls) != work.strategy:
            raise StrategyError(f"{work.config.strategy.named} is another file here: install the same version of it")
        self._work, self._threads = replace(work, source=KeptSource(work.source)), threads
        self._asked = 0.0
        self._made = Ingredients(work.config, work.grid, self._work.source) if compiles(work.config) else None
        if self._made is not None:
            compute(
                self._made, 0, 1, 1, Clock(), answer=work.answer
            )  # loads the compiled code, which is no part of the kernel's seconds

    def compute(self, chunk: Chunk) -> Answer:
        """Return a chunk's columns."""
        work, made = self._work, self._made
        if made is None:
            columns = compute_rows(work.config, work.grid, work.source, chunk.first, chunk.last, answer=work.answer)
            return Answer(columns, {})
        clock = Clock()
        columns = compute(made, chunk.first, chunk.last, self._threads, clock, answer=work.answer)
        asked, self._asked = made.signal_seconds - self._asked, made.signal_seconds
        return Answer(columns, {"kernel": clock.kernel, "signal": asked, "tail": clock.tail})


def _named_anew(work: Work, written: Written) -> Work:
    """Return work whose strategies are found where their texts were written."""
    named = written.named(work.config.strategy.named)
    config = work.config.model_copy(update={"strategy": work.config.strategy.model_copy(update={"named": named})})
    axes = tuple(
        Axis(axis.keys, tuple(written.named(str(value)) for value in axis.values), axis.text)
        if axis.keys == CLASS
        else axis
        for axis in work.grid.axes
    )
    return replace(work, config=config, grid=replace(work.grid, axes=axes))
