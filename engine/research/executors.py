"""Who computes chunks: threads of this process, processes of this machine, or a cluster. The answers are the same."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any

from data.errors import UserError, did_you_mean
from data.processes import without_main
from engine.research.job import (
    DEATHS,
    AnswerOf,
    ChunkOf,
    Executor,
    ExecutorError,
    Job,
    compute_quietly,
)
from strategies.reload import texts

EXECUTORS = ("threads", "processes", "dask")


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
            raise UserError(f"{asked} needs dask: pip install 'hedge-backtest[cluster]'")
        from engine.research.cluster import DaskCluster

        return DaskCluster(cluster, count)
    if (named or otherwise) == "threads":
        return Threads(count)
    return Processes(count)


@dataclass(frozen=True)
class Threads:
    """One chunk after another in this process, each on so many threads."""

    workers: int

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, in their order."""
        compute = job.open(self.workers)
        for chunk in chunks:
            yield chunk, compute(chunk)


@dataclass(frozen=True)
class Processes:
    """Processes that each answer chunk after chunk, the next one when their answer has been taken.

    A pool of the standard library keeps both ends of its queues open in every process, so that one whose parent was
    killed waits for ever. These read a pipe that ends with the parent.
    """

    workers: int

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, as they come; raises ExecutorError for a chunk that ends its processes."""
        following, pool = iter(chunks), _Pool(job, [])
        try:
            for chunk in itertools.islice(following, self.workers):
                pool.start(chunk)
            while pool.workers:
                for worker, answer in pool.answers():
                    yield worker.chunk, answer
                    pool.send(worker, next(following, None))
        finally:
            pool.close()


@dataclass(eq=False)
class _Process:
    """A process, the pipe to it, and the chunk it has in hand, which so many processes ended with before."""

    process: Any
    pipe: Connection
    chunk: Any
    deaths: int


@dataclass
class _Pool:
    """The processes that work on a job."""

    job: Any
    workers: list[_Process]

    def start(self, chunk: Any, deaths: int = 0) -> None:
        """Start a process with a chunk in hand."""
        context = _context()
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self.job, theirs, texts().read), daemon=True)  # type: ignore[attr-defined]
        with without_main():
            process.start()
        theirs.close()
        self.workers.append(_Process(process, ours, chunk, deaths))
        ours.send(chunk)

    def answers(self) -> Iterator[tuple[_Process, Any]]:
        """Wait, and yield the workers that are done with their answers; raises what a chunk raised."""
        ready = wait([worker.pipe for worker in self.workers])
        for worker in [worker for worker in self.workers if worker.pipe in ready]:
            try:
                answer, error = worker.pipe.recv()
            except (EOFError, OSError):
                self._replace(worker)
                continue
            if error is not None:
                raise error
            yield worker, answer

    def send(self, worker: _Process, chunk: Any) -> None:
        """Give a worker its next chunk; with none left it ends."""
        if chunk is None:
            self._end(worker)
            return
        worker.chunk, worker.deaths = chunk, 0
        with suppress(OSError):  # it has ended since; the next look at its pipe finds that
            worker.pipe.send(chunk)

    def close(self) -> None:
        """End all processes, whatever they are at."""
        for worker in [*self.workers]:
            worker.process.terminate()
            self._end(worker)

    def _end(self, worker: _Process) -> None:
        """Close a process's pipe, upon which it ends, and wait for it."""
        self.workers.remove(worker)
        worker.pipe.close()
        worker.process.join()

    def _replace(self, worker: _Process) -> None:
        """Start another process in place of one that ended with a chunk in hand."""
        self._end(worker)
        if worker.deaths + 1 == DEATHS:
            raise ExecutorError(
                f"{DEATHS} processes ended with {str(worker.chunk)[:80]} in hand, the last with status "
                f"{worker.process.exitcode}: is memory short?"
            )
        self.start(worker.chunk, worker.deaths + 1)


def _context() -> BaseContext:
    """Return how processes are started: each knows our rooms first, as the folder may have an engine/ of its own."""
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["backtest"])
    return context


def _serve(job: Any, pipe: Connection, read: Mapping[str, bytes]) -> None:
    """Answer chunks until the pipe ends, by users' files as the parent read them: they may be edited meanwhile."""
    texts().take(read)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # on Windows it reaches us too
    compute, answer = None, None
    error: BaseException | None
    try:
        while True:
            chunk = pipe.recv()
            try:
                compute = compute or job.open(1)
                answer, error = compute_quietly(compute, chunk), None
            except BaseException as raised:  # noqa: BLE001  # it is raised again where it is known what to do about it
                answer, error = None, _sendable(raised)
            pipe.send((answer, error))
    except (EOFError, OSError):  # the parent is done with us, or gone
        return


def _sendable(error: BaseException) -> BaseException:
    """Return an error that can be pickled, with where it came up."""
    where = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    except Exception:  # noqa: BLE001  # whatever a class does that can't be pickled
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(f"in a process of the pool:\n{where}")
    return error
