"""A sweep, whole: a grid in chunks, each written as it comes, then one table; a killed sweep keeps what it finished."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ConfigError, UserError
from data.files import locked
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.hedge_names import hedge_name, modelled_note
from engine.provenance import index_note
from engine.research.cache import Cache, Caches
from engine.research.columns import known_answer
from engine.research.combinations import (
    CHUNK,
    SECONDS,
    Combinations,
    Progress,
    chunk_rows,
    chunks_of,
    compiles,
    finish_chunks,
)
from engine.research.executors import Threads, executor_of
from engine.research.grid import Grid
from engine.research.inputs import Inputs, dry_reads, inputs_of
from engine.research.job import Executor, finish, is_finished, join, read_column, unfinish
from engine.research.overfitting.assess import finish_sweep
from engine.research.overfitting.findings import FILE as OVERFITTING
from engine.runs.identity import classes_in, identity, known_by, known_values
from engine.runs.results import PARTED, RESULTS, TOGETHER, files_in, table_in
from engine.runs.run import SIMULATED

NOT_SWEPT = (("data", "source"), ("data", "path"))
"""Keys that every combination shares: a sweep reads one history."""

Begin = Callable[[str], None] | None
Seconds = dict[str, float]


@dataclass(frozen=True)
class SweepResult:
    """A finished sweep.

    Parameters
    ----------
    folder
        Where results.parquet or, of more than 262,144 rows, results/, manifest.json and the page stand.
    grid
        What was swept.
    sessions
        Sessions of the base run.
    simulated
        Whether its history is made up.
    synthetic
        The first real session of each instrument whose history before it was made, ISO.
    seconds
        kernel, signal, tail and wall seconds of what this call computed; chunks kept from before take none.
    answer
        Whether rows hold the parts of the sum.
    mark
        What has to stand beside its numbers; None where all its history is real and nothing is modelled.
    """

    folder: Path
    grid: Grid
    sessions: int
    simulated: bool
    synthetic: Mapping[str, str]
    seconds: dict[str, float]
    answer: bool = False
    mark: str | None = None

    @property
    def results(self) -> Path:
        """The table, a file or a folder of files: a row a combination, parameters by their full keys, then metrics."""
        return table_in(self.folder)


def sweep(  # noqa: PLR0913 - what is swept, how, and where it is kept
    config: RunConfig,
    grid: Grid,
    out: Path,
    workers: int = 1,
    progress: Progress | None = None,
    source: Source | None = None,
    executor: Executor | None = None,
    begin: Begin = None,
    *,
    answer: bool = False,
) -> SweepResult:
    """Run every combination of a grid and write its table.

    Parameters
    ----------
    config
        The run that is swept.
    grid
        Over what.
    out
        The folder that keeps sweeps.
    workers
        Threads, or processes for strategies that can't be compiled; unless there is an executor.
    progress
        Called with the number of combinations that were finished, each time some are.
    source
        Where history comes from; what the config names unless given.
    executor
        Who computes the chunks. The table is the same to the byte whoever does.
    begin
        Called with the name of each step of the statistics that follow.
    answer
        Whether rows hold the parts of the sum, too: `engine.research.columns.SUM`.

    Raises
    ------
    UserError
        What can't be used, in one line.
    """
    began = time.perf_counter()
    if named := [axis.text for axis in grid.axes if axis.keys in NOT_SWEPT]:
        raise ConfigError(f"{named[0]}: a sweep reads one history: sweep each by itself")
    source = KeptSource(source or open_source(config.data.source, config.data.path))
    caches = Caches()
    cache = caches.of(0, lambda: Cache(config, grid, source))
    market = cache.market(config)
    inputs = inputs_of(config, grid.tried, market, source, dry_reads(config, market))
    known = _known(config, grid, inputs, source.name) | known_answer(answer=answer)
    folder = out / folder_name(config, "sweep", identity(known), simulated=source.simulated)
    spent = dict.fromkeys(SECONDS, 0.0)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):  # of two at once the second waits, and finds it finished
        if not is_finished(folder):
            unfinish(folder, alone=True)
            job = Combinations(
                f"backtest-{identity(known)}", (config,), grid, source, inputs.named, answer, caches=caches
            )
            spent = _make(job, cache, folder, executor or executor_for(config, workers=workers), progress, begin)
            names = [str(path.relative_to(folder)) for path in (*files_in(folder), folder / OVERFITTING)]
            finish(folder, names, {"id": identity(known), "simulated": source.simulated, "of": grid.size, **known})
        elif progress:
            progress(len(grid))
        shutil.rmtree(folder / "parts", ignore_errors=True)  # left by one that was killed after its manifest, too
    synthetic = {name: str(first) for name, first in market.synthetic.items()}
    seconds = {**spent, "wall": time.perf_counter() - began}
    others = modelled_note(config, grid.tried), index_note(config, source.name)
    mark = mark_of(synthetic, hedge_name(config).noun, *others, simulated=source.simulated)
    return SweepResult(folder, grid, len(market.run_sessions), source.simulated, synthetic, seconds, answer, mark)


def _make(
    job: Combinations, cache: Cache, folder: Path, executor: Executor, progress: Progress | None, begin: Begin
) -> Seconds:
    """Compute the chunks that aren't finished, join them, and write what their table says of luck; return seconds."""
    import pyarrow as pa

    (config,), grid = job.windows, job.grid
    chunks = {chunk: f"{chunk.number:06d}" for chunk in chunks_of(config, grid)}
    files, spent = finish_chunks(job, chunks, folder / "parts", executor, progress)
    pa.system_memory_pool().release_unused()  # whole pages that were freed: of C's allocator, whoever asked
    _join(files, len(grid), chunk_rows(config), folder)
    finish_sweep(folder, files, cache, os.cpu_count() or 1, begin)
    return spent


def _join(files: Sequence[Path], rows: int, chunk: int, folder: Path) -> None:
    """Join parts to the table, chunks of few rows to groups of more; to several files where there are many rows."""
    together, whole = max(1, CHUNK // chunk), TOGETHER // chunk
    groups: list[tuple[dict[str, Any], Sequence[Path]]] = [
        ({}, files[k : k + together]) for k in range(0, len(files), together)
    ]
    if rows <= TOGETHER:
        join(groups, folder / RESULTS)
        return
    shutil.rmtree(folder / PARTED, ignore_errors=True)
    (folder / PARTED).mkdir()
    for number, first in enumerate(range(0, len(groups), whole // together)):
        join(groups[first : first + whole // together], folder / PARTED / f"{number:04d}.parquet")


def folder_name(config: RunConfig, kind: str, known: str, *, simulated: bool) -> str:
    """Return the name of a sweep's, a search's or a walk-forward's folder, which says so when history is simulated."""
    return f"{config.name}{'-SIMULATED' if simulated else ''}-{kind}-{known}"


def mark_of(synthetic: Mapping[str, str], hedge: str, *others: str, simulated: bool) -> str | None:
    """Return what has to stand beside numbers; None where all history is real.

    Parameters
    ----------
    synthetic
        The first real session of each instrument whose history before it was made, ISO.
    hedge, simulated
        What is hedged with, and whether all history is made up.
    others
        What else there is to know, such as by what options are priced, `engine.hedge_names.modelled_note`.
    """
    made = " and ".join(f"{name} before {first}" for name, first in synthetic.items())
    history = f"SYNTHETIC history: {made}, by the fund model." if made else ""
    if simulated:
        history = SIMULATED.format(hedge=hedge)
    return " ".join(filter(None, (history, *others))) or None


def executor_for(
    config: RunConfig, named: str | None = None, workers: int | None = None, cluster: str | None = None
) -> Executor:
    """Return who computes a run's sweep, as the command's options say: threads where its strategy can be compiled.

    Raises
    ------
    UserError
        The options contradict each other or the strategy, dask isn't installed, or the strategy has no file that
        another process could load.
    """
    fits = compiles(config)
    if named == "threads" and not fits:
        asked = config.strategy.named.rpartition(":")[2]
        raise UserError(f"--executor threads can't run {asked}, which isn't compiled: processes and dask can")
    executor = executor_of(named, workers, cluster, "threads" if fits else "processes")
    for each in config.strategies:
        module, _, asked = each.named.rpartition(":")
        if module == "__main__" and not isinstance(executor, Threads):
            raise UserError(
                f"strategy.class {each.named}: other processes don't see a class of the script itself: "
                f"move it to a file of its own and name it file.py:{asked}"
            )
    return executor


def _known(config: RunConfig, grid: Grid, inputs: Inputs, source: str) -> dict[str, Any]:
    """Return all by which a sweep is known: the same gives the same bytes."""
    return {
        "name": config.name,
        **known_by(config, source, inputs.data, classes_in(grid.tried)),
        "axes": {
            axis.name: [
                str(value) if isinstance(value, dict) else value for value in known_values(axis.keys, axis.values)
            ]
            for axis in grid.axes
        },
        "chosen": None if grid.chosen is None else hashlib.sha256(grid.chosen.tobytes()).hexdigest(),
        "combinations": len(grid),
        "chunk": chunk_rows(config),
    }


def column(result: SweepResult, name: str) -> np.ndarray:
    """Return one column of a sweep's table, NaN where it is empty."""
    column: np.ndarray = read_column(files_in(result.folder), name)
    return column
