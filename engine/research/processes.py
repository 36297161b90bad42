"""Processes of this machine, a chunk at a time each. They end with the command, however that ends."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, NamedTuple

from engine.research.executors import AnswerOf, ChunkOf, ExecutorError, Job, answered
from strategies.reload import texts

STARTING = threading.Lock()
"""Held while a process is started: one thread at a time hides the script."""

DEATHS = 3
"""Processes that end with the same chunk in hand before the chunk is given up."""


class Worker(NamedTuple):
    """A process, and the way to it."""

    process: Any
    way: Connection


@dataclass(frozen=True)
class Processes:
    """Processes that each answer chunk after chunk.

    A pool of the standard library keeps both ends of its queues open in every process, so that one whose parent was
    killed waits for ever. These read a pipe that ends with the parent.
    """

    workers: int

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, as they come; raises ExecutorError for a chunk that ends its processes."""
        desk = _Desk(job, iter(chunks))
        try:
            for _ in range(self.workers):
                desk.employ()
            while desk.busy:
                yield from desk.finished()
        finally:
            desk.close()


def _context() -> BaseContext:
    """Return how processes are started: each knows our rooms first, as the folder may have an engine/ of its own."""
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["backtest"])
    return context


@contextmanager
def _without_main() -> Iterator[None]:
    """Start processes that don't run the user's script again, as they otherwise would first: no job needs it.

    A script would need an ``if __name__ == "__main__":`` around all it does. What a process is told of the script, it
    is told while it is started, by what stands in `sys.modules`.
    """
    with STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@dataclass
class _Desk:
    """Gives chunks out, one to each process."""

    job: Any
    chunks: Iterator[Any]
    busy: dict[Worker, Any] = field(default_factory=dict)
    deaths: dict[Any, int] = field(default_factory=dict)
    context: BaseContext = field(default_factory=_context)

    def employ(self, chunk: Any = None) -> None:
        """Start a process and give it a chunk, the next one unless told; none where nothing is left."""
        if chunk is None and (chunk := next(self.chunks, None)) is None:
            return
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(self.job, theirs, texts().read), daemon=True)  # type: ignore[attr-defined]
        with _without_main():
            process.start()
        theirs.close()
        worker = Worker(process, ours)
        worker.way.send(chunk)
        self.busy[worker] = chunk

    def finished(self) -> Iterator[tuple[Any, Any]]:
        """Wait, and yield what has come; whoever is done gets the next chunk first."""
        ready = wait([worker.way for worker in self.busy])
        for worker in [one for one in self.busy if one.way in ready]:
            chunk = self.busy.pop(worker)
            try:
                answer, fault = worker.way.recv()
            except (EOFError, OSError):
                self._bury(worker, chunk)
                continue
            if fault is not None:
                raise fault
            following = next(self.chunks, None)
            if following is None:
                _dismiss(worker)
            else:
                self.busy[worker] = following
                _send(worker, following)
            yield chunk, answer

    def close(self) -> None:
        """End all processes, whatever they are at."""
        for worker in self.busy:
            worker.process.terminate()
            _dismiss(worker)

    def _bury(self, worker: Worker, chunk: Any) -> None:
        _dismiss(worker)
        self.deaths[chunk] = self.deaths.get(chunk, 0) + 1
        if self.deaths[chunk] == DEATHS:
            raise ExecutorError(
                f"{DEATHS} processes ended with {str(chunk)[:80]} in hand, the last with status "
                f"{worker.process.exitcode}: is memory short?"
            )
        self.employ(chunk)


def _send(worker: Worker, chunk: Any) -> None:
    try:
        worker.way.send(chunk)
    except OSError:  # it has ended since; the next look at its pipe finds that
        return


def _dismiss(worker: Worker) -> None:
    """Close a process's pipe, upon which it ends, and wait for it."""
    worker.way.close()
    worker.process.join()


def _serve(job: Any, way: Connection, read: Mapping[str, bytes]) -> None:
    """Answer chunks until the pipe ends, by users' files as the parent read them: they may be edited meanwhile."""
    texts().take(read)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches us too: what there is to say, the parent says
    answer = None
    told: tuple[Any, BaseException | None]
    try:
        while True:
            chunk = way.recv()
            try:
                answer = answer or job.open(1)
                told = answered(answer, chunk), None
            except BaseException as fault:  # noqa: BLE001  # it is raised again where it is known what to do about it
                told = None, _told(fault)
            way.send(told)
    except (EOFError, OSError):  # the parent is done with us, or gone
        return


def _told(fault: BaseException) -> BaseException:
    """Return an error that can be pickled, with where it came up."""
    import pickle

    where = "".join(traceback.format_exception(fault))
    try:
        pickle.loads(pickle.dumps(fault))  # noqa: S301  # our own bytes
    except Exception:  # noqa: BLE001  # whatever a class does that can't be pickled
        fault = RuntimeError(f"{type(fault).__name__}: {fault}")
    fault.add_note(f"in a process of the pool:\n{where}")
    return fault
