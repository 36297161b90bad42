"""The books of a run on many paths, on the machine's cores; the same figures however many compute them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from engine.research.executors import Processes, Threads
from engine.research.job import Executor
from engine.stress.books import Today, run_books
from engine.stress.paths import Paths

CHUNK = 25
"""Paths that a process takes at a time."""
WORTH = 200
"""Paths from which on starting processes pays."""


class ManyBooks(NamedTuple):
    """What books came to on many paths.

    Parameters
    ----------
    growth
        Each book over what it was worth at the last close of history, by name, shape (paths, sessions + 1).
    underlying
        The underlying, total return, over its last close, shape (paths, sessions + 1).
    """

    growth: Mapping[str, Floats]
    underlying: Floats

    def rows(self, which: Flags | slice) -> ManyBooks:
        """Return some of the paths."""
        return ManyBooks({name: grown[which] for name, grown in self.growth.items()}, self.underlying[which])


@dataclass(frozen=True)
class PathsJob:
    """The job that runs a run's books on paths, so many of them a chunk.

    Parameters
    ----------
    today, paths
        Where the run stands, and where it goes.
    calendars
        Whether other rebalancings are run too.
    """

    today: Today
    paths: Paths
    calendars: bool
    lacking: Collection[str] = ()

    @property
    def id(self) -> str:
        """Nobody else's: it is computed on this machine."""
        return "stress"

    def open(self, threads: int) -> Callable[[range], dict[str, Floats]]:
        """Return what runs the books on some of the paths, shape (paths, sessions + 1) a book."""
        del threads
        return self._books

    def packed(self, lacking: Iterable[str] = ()) -> PathsJob:
        """Return the job as it is: all that it needs is in it."""
        del lacking
        return self

    def _books(self, chunk: range) -> dict[str, Floats]:
        found = [
            run_books(self.today, self.paths.continuation(path), calendars=self.calendars).growth for path in chunk
        ]
        return {name: np.stack([growth[name] for growth in found]) for name in found[0]}


def run_paths(
    today: Today,
    paths: Paths,
    *,
    calendars: bool = True,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ManyBooks:
    """Run a run's books on every path.

    Parameters
    ----------
    today, paths
        Where the run stands, and where it goes.
    calendars
        Whether other rebalancings are run too, of a strategy that has an intensity.
    workers
        Processes; the machine's cores unless given, none but this one for few paths.
    progress
        Told how many more are done.

    Raises
    ------
    UserError
        The strategy fails, or what it reads can't be carried along.
    """
    count = workers or (os.cpu_count() or 1 if len(paths) >= WORTH else 1)
    executor: Executor = Threads(1) if count == 1 else Processes(count)
    chunks = [range(first, min(first + CHUNK, len(paths))) for first in range(0, len(paths), CHUNK)]
    parts = dict[int, dict[str, Floats]]()
    for chunk, answer in executor.run(PathsJob(today, paths, calendars), chunks):
        parts[chunk.start] = answer
        if progress is not None:
            progress(len(chunk))
    ordered = [parts[first] for first in sorted(parts)]
    growth = {name: np.concatenate([part[name] for part in ordered]) for name in ordered[0]}
    return ManyBooks(growth, paths.level)
