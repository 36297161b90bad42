"""Who computes chunks: threads of this process, processes of this machine, or a cluster. The answers are the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

from data.errors import UserError, did_you_mean

EXECUTORS = ("threads", "processes", "dask")

ChunkOf = TypeVar("ChunkOf")
AnswerOf = TypeVar("AnswerOf")


class ExecutorError(UserError):
    """Whoever computes is gone, or can't compute; what was finished by then is good."""


class Job(Protocol[ChunkOf, AnswerOf]):
    """Work that comes in chunks. It is pickled, so it has to be importable wherever it is computed."""

    @property
    def name(self) -> str:
        """What it goes by, on a cluster that others use too."""

    def open(self, threads: int) -> Callable[[ChunkOf], AnswerOf]:
        """Return what answers a chunk, on so many threads; called once a worker, which keeps it."""

    def packed(self, lacking: Iterable[str] = ()) -> Job[ChunkOf, AnswerOf]:
        """Return the same job for a worker that shares no file with this machine; what it was found lacking with it."""


class Executor(Protocol):
    """Computes the chunks of a job."""

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, as they come; raises ExecutorError, and whatever a chunk raises."""


@dataclass(frozen=True)
class Calls:
    """A job whose chunks are lists of arguments: it calls a function with each.

    Parameters
    ----------
    name
        What it goes by.
    function
        Of a module that every worker has.
    """

    name: str
    function: Callable[..., Any]

    def open(self, threads: int) -> Callable[[tuple[tuple[Any, ...], ...]], list[Any]]:
        """Return what calls the function with each of a chunk's arguments, one after the other."""
        del threads
        return lambda chunk: [self.function(*given) for given in chunk]

    def packed(self, lacking: Iterable[str] = ()) -> Calls:
        """Return the job as it is: what it needs are its arguments."""
        del lacking
        return self


@dataclass(frozen=True)
class Threads:
    """One chunk after another in this process, each on so many threads."""

    workers: int

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, in their order."""
        answer = job.open(self.workers)
        for chunk in chunks:
            yield chunk, answer(chunk)


def executor_of(named: str | None, workers: int | None, cluster: str | None, otherwise: str) -> Executor:
    """Return who computes, as the command's options say.

    Parameters
    ----------
    named
        One of `EXECUTORS`, or ``None``.
    workers
        How many threads or processes; the machine's cores where it isn't said.
    cluster
        The address of a dask scheduler, such as ``tcp://10.0.0.5:8786``.
    otherwise
        Which executor is meant where nothing is said.

    Raises
    ------
    UserError
        The options contradict each other, or dask isn't installed.
    """
    import os

    if named is not None and named not in EXECUTORS:
        raise UserError(f"--executor {named} is unknown{did_you_mean(named, EXECUTORS) or ': ' + ', '.join(EXECUTORS)}")
    if cluster is not None and named not in (None, "dask"):
        raise UserError(f"--cluster is dask's: leave --executor {named} out")
    if cluster is not None and workers is not None:
        raise UserError("--workers starts workers on this machine, and a cluster has its own: leave one of them out")
    count = workers or os.cpu_count() or 1
    if cluster is not None or named == "dask":
        if find_spec("distributed") is None:
            asked = "--cluster" if cluster is not None else "--executor dask"
            raise UserError(f"{asked} needs dask: pip install hedge-backtest[cluster]")
        from engine.research.cluster import Cluster

        return Cluster(cluster, count)
    if (named or otherwise) == "threads":
        return Threads(count)
    from engine.research.processes import Processes

    return Processes(count)


def answered(answer: Callable[[ChunkOf], AnswerOf], chunk: ChunkOf) -> AnswerOf:
    """Return a worker's answer; what a strategy prints there goes to the error stream, as it does here."""
    with redirect_stdout(sys.stderr):
        return answer(chunk)
