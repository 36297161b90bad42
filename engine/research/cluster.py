"""A dask cluster: the job goes to every worker once, chunks go out two a worker, answers come back here.

The only module that imports dask, and itself imported when a cluster is asked for.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import pickle
import platform
import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import dask
from distributed import Client, LocalCluster, WorkerPlugin, get_worker
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker
from distributed.utils import silence_logging_cmgr

from data.errors import UserError
from data.processes import without_interrupts
from data.version import code_version
from engine.research.job import DEATHS, AnswerOf, ChunkOf, ExecutorError, Job, compute_quietly

AHEAD = 2
"""Chunks a worker has in hand: the one it computes, and the next."""
CONNECT = 10.0
"""Seconds in which a scheduler has to answer."""
PATIENCE = 60.0
"""Seconds without any worker before a sweep gives up."""
LOOK = 1.0
"""Seconds between two looks at who is there."""
CLOSING = "closing dask"
"""The thread in which a cluster of our own ends, behind what the command does next."""


@dataclass(frozen=True)
class DaskCluster:
    """Workers of dask.

    Parameters
    ----------
    address
        Of a scheduler; ``None`` starts one on this machine's loopback, with its workers.
    workers
        How many are then started, single-threaded processes.
    """

    address: str | None
    workers: int

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, as they come; raises ExecutorError where no answer can come any more."""
        patience = dask.config.set({"distributed.comm.timeouts.connect": CONNECT})
        wait_closed()
        # dask's log lines are kept off the terminal: what a person has to know is told in one of ours
        with ExitStack() as quiet, patience, self._client(quiet) as client:
            session = _Session(client, job, iter(chunks), self.place)
            try:
                yield from session.answers()
            finally:
                session.leave()

    @property
    def place(self) -> str:
        """Where the scheduler is, for messages."""
        return self.address or "this machine's loopback"

    @contextmanager
    def _client(self, quiet: ExitStack) -> Iterator[Client]:
        """Give a client, to a cluster of our own where there is no address; dask's log is quiet until both close."""
        quiet.enter_context(silence_logging_cmgr(logging.CRITICAL))
        with ExitStack() as open_until:
            if self.address is None:
                with without_interrupts():
                    cluster = LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=self.workers,
                        threads_per_worker=1,
                        preload=["backtest"],  # the folder may have an engine/ of its own
                        host="127.0.0.1",
                        silence_logs=logging.CRITICAL,
                        scheduler_kwargs={
                            "allowed_failures": DEATHS - 1,
                            "dashboard": False,
                            "dashboard_address": "127.0.0.1:0",  # its server starts all the same, and must find a port
                        },
                    )
                where: Any = cluster
                open_until.callback(_close_behind, cluster, quiet)
            elif self.address.startswith("tls:") and not dask.config.get("distributed.comm.tls.ca-file", None):
                raise UserError(
                    f"--cluster {self.address} needs certificates: set distributed.comm.tls, as dask reads it"
                )
            else:
                where = self.address
            try:
                client = Client(where, timeout=CONNECT, set_as_default=False)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise UserError(f"--cluster {self.address}: no scheduler answers there: {_first_line(error)}") from None
            open_until.callback(_close, client)
            yield client


@dataclass
class _Session:
    """Gives chunks out and takes answers in."""

    client: Any
    job: Any
    chunks: Iterator[Any]
    place: str
    name: str = field(init=False)
    lacking: set[str] = field(default_factory=set)
    out: dict[Any, Any] = field(default_factory=dict)
    done: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.name = f"{self.job.id}-{self.client.id}"  # somebody else may run the same sweep on the same cluster

    def answers(self) -> Iterator[tuple[Any, Any]]:
        """Yield chunks with their answers until all are there."""
        self._send_job()
        looked, room, seen = -LOOK, 0, time.monotonic()
        following = next(self.chunks, None)
        while following is not None or self.out:
            if (now := time.monotonic()) - looked >= LOOK:
                looked, workers = now, len(self._call(self.client.nthreads))
                room, seen = AHEAD * workers, now if workers else seen
            if now - seen > PATIENCE:
                raise ExecutorError(f"the scheduler at {self.place} has had no worker for {PATIENCE:.0f} seconds")
            while following is not None and len(self.out) < room:
                self._submit(following)
                following = next(self.chunks, None)
            yield from self._come()

    def leave(self) -> None:
        """Take the job from the workers; a scheduler that is gone needs no word."""
        for future in self.out:
            with suppress(Exception):
                future.release()
        with suppress(Exception):
            if self.client.status == "running":
                self.client.unregister_worker_plugin(self.name)

    def _send_job(self) -> None:
        """Put the job, and what it was found lacking, onto every worker that is there or comes."""
        packed = zlib.compress(pickle.dumps(self.job.packed(sorted(self.lacking))), 1)
        try:
            self._call(self.client.register_plugin, Kit(versions(), packed), self.name)
        except ImportError as error:
            raise UserError(
                f"a worker of {self.place} can't load hedge-backtest: {error}: install the same version everywhere"
            ) from None

    def _call(self, ask: Callable[..., Any], *given: Any) -> Any:
        """Ask the scheduler something that it answers unless it is gone."""
        try:
            return ask(*given)
        except OSError as error:
            raise self._gone(_first_line(error)) from None

    def _gone(self, why: str) -> ExecutorError:
        return ExecutorError(f"the scheduler at {self.place} is gone ({why})")

    def _submit(self, chunk: Any) -> None:
        key = f"{self.name}-{str(chunk)[:60]}-{time.monotonic_ns()}"
        future = self.client.submit(compute_chunk, self.name, chunk, key=key, pure=False)
        self.out[future] = chunk
        future.add_done_callback(self.done.put)

    def _come(self) -> Iterator[tuple[Any, Any]]:
        """Wait a moment for an answer, and yield it if it is one; what was found lacking is sent."""
        try:
            future = self.done.get(timeout=LOOK)
        except queue.Empty:
            return
        chunk = self.out.pop(future)
        word, said = self._result(future, chunk)
        future.release()
        if word == "answer":
            yield chunk, said
        elif word == "refused":
            raise ExecutorError(said)
        else:
            if not self.lacking.issuperset(said):
                self.lacking.update(said)
                self._send_job()
            self._submit(chunk)

    def _result(self, future: Any, chunk: Any) -> tuple[str, Any]:
        try:
            result: tuple[str, Any] = future.result()
        except FutureCancelledError as error:
            raise self._gone(error.reason) from None
        except OSError as error:
            if self.client.status == "running":  # it came up in the chunk
                raise
            raise self._gone(_first_line(error)) from None
        except KilledWorker as error:
            raise ExecutorError(
                f"{error.allowed_failures + 1} workers ended with {str(chunk)[:80]} in hand: is memory short? their "
                "logs tell"
            ) from None
        return result


class Kit(WorkerPlugin):
    """What a worker is given: the job, and with which versions it was made.

    Parameters
    ----------
    made_with
        As `versions` tells them; others are refused before anything of the job is read.
    packed
        The job, pickled and compressed.
    """

    def __init__(self, made_with: dict[str, str], packed: bytes) -> None:
        self.made_with, self.packed = made_with, packed
        self.digest = hashlib.sha256(packed).hexdigest()

    def setup(self, worker: Any) -> None:
        """Check on arrival; what is wrong is told with the first chunk, so that it reaches who asked."""
        self._lock, self.refused = threading.Lock(), ""
        self._job: Any = None
        self._compute: Callable[[Any], Any] | None = None
        here = versions()
        for name, version in self.made_with.items():
            if here[name] != version:
                runs = f"worker {worker.address} runs {name} {here[name]}, this command {version}"
                self.refused = f"{runs}: install the same on both"
                return
        if hashlib.sha256(self.packed).hexdigest() != self.digest:
            self.refused = f"worker {worker.address} got other data than was sent: start it anew"

    def compute(self, chunk: Any) -> tuple[str, Any]:
        """Return ``answer`` and a chunk's answer, ``lacking`` and what has to be sent, or ``refused`` and why."""
        if self.refused:
            return "refused", self.refused
        with self._lock:  # a job remembers what chunks share, for one thread
            if self._job and self._job.lacking:  # what was in hand behind a void chunk would be void too
                return "lacking", sorted(self._job.lacking)
            try:
                if self._compute is None:
                    self._job = pickle.loads(zlib.decompress(self.packed))  # noqa: S301  # dask pickles all
                    self._compute = self._job.open(1)
                result: tuple[str, Any] = "answer", compute_quietly(self._compute, chunk)
            except UserError as error:
                result = "refused", str(error)
            return ("lacking", sorted(self._job.lacking)) if self._job and self._job.lacking else result


def compute_chunk(name: str, chunk: Any) -> tuple[str, Any]:
    """Compute a chunk on a worker, of the job it was given under that name."""
    worker = get_worker()
    kit: Any = worker.plugins.get(name)
    if kit is None:
        return "refused", f"worker {worker.address} didn't take the data: see its log"
    answer: tuple[str, Any] = kit.compute(chunk)
    return answer


def versions() -> dict[str, str]:
    """Return the versions on which bytes depend."""
    libraries = {name: importlib.metadata.version(name) for name in ("numpy", "numba", "pandas", "backtrader")}
    return {"hedge-backtest": code_version(), "Python": platform.python_version().rpartition(".")[0], **libraries}


def _close(client: Any) -> None:
    with suppress(Exception):
        client.close(timeout=2.0)


def wait_closed() -> None:
    """Wait until clusters of our own have ended: two at once would take each other's silence away."""
    for thread in threading.enumerate():
        if thread.name == CLOSING:
            thread.join()


def _close_behind(cluster: Any, quiet: ExitStack) -> None:
    """Close a cluster of our own while the command goes on: its processes take up to a second to end."""
    until_closed = quiet.pop_all()

    def close() -> None:
        with until_closed, suppress(Exception):
            cluster.close()

    threading.Thread(target=close, name=CLOSING).start()  # the interpreter waits for it


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
