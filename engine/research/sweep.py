"""A sweep, whole: a grid in chunks, each written as it comes, then one table; a killed sweep keeps what it finished."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import ConfigError, UserError
from data.sources import Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.research.chunks import CHUNK, Chunk, Work, chunk_rows, chunks_of, compiles
from engine.research.columns import columns_in, known_answer
from engine.research.executors import Executor, ExecutorError, Threads, executor_of
from engine.research.grid import Grid, of_one_kind
from engine.research.inputs import Inputs, inputs_of
from engine.research.overfitting.assess import finish_sweep
from engine.runs.identity import CLASS, identity, known_by
from engine.setup import open_market

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int], None]

NOT_SWEPT = (("data", "source"), ("data", "path"))
"""Keys that every combination shares: a sweep reads one history."""


@dataclass(frozen=True)
class SweepResult:
    """A finished sweep.

    Parameters
    ----------
    folder
        Where results.parquet, manifest.json and the page stand.
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
    """

    folder: Path
    grid: Grid
    sessions: int
    simulated: bool
    synthetic: Mapping[str, str]
    seconds: dict[str, float]
    answer: bool = False

    @property
    def results(self) -> Path:
        """The table: a row a combination, its parameters by their full keys, then metrics."""
        return self.folder / "results.parquet"

    @property
    def mark(self) -> str | None:
        """What has to stand beside its numbers; None where all its history is real."""
        if self.simulated:
            return "SIMULATED market: it shows the machine and says nothing about the hedge."
        made = " and ".join(f"{name} before {first}" for name, first in self.synthetic.items())
        return f"SYNTHETIC history: {made}, by the fund model." if made else None


def sweep(  # noqa: PLR0913 - what is swept, how, and where it is kept
    config: RunConfig,
    grid: Grid,
    out: Path,
    workers: int = 1,
    progress: Progress | None = None,
    source: Source | None = None,
    executor: Executor | None = None,
    begin: Callable[[str], None] | None = None,
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
        Told how many combinations were finished, each time some are.
    source
        Where history comes from; what the config names unless given.
    executor
        Who computes the chunks. The table is the same to the byte whoever does.
    begin
        Told the name of each step of the statistics that follow.
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
    market = open_market(config, source)
    inputs = inputs_of(config, grid.tried, market, source)
    name = f"{config.name}-SIMULATED" if source.simulated else config.name
    known = _known(config, grid, inputs, source.name) | known_answer(answer=answer)
    folder, spent = out / f"{name}-sweep-{identity(known)}", dict.fromkeys(("kernel", "signal", "tail"), 0.0)
    if not (folder / "manifest.json").exists():
        work = Work(f"backtest-{identity(known)}", config, grid, source, inputs.named, answer=answer)
        chosen = executor or executor_for(config, workers=workers)
        for seconds in _compute(work, folder / "parts", chosen, progress):
            spent = {key: value + seconds.get(key, 0.0) for key, value in spent.items()}
        _join(folder / "parts", folder / "results.parquet")
        finish_sweep(folder, config, grid, source, os.cpu_count() or 1, begin)
        _write_manifest(folder, grid, known, simulated=source.simulated)
    elif progress:
        progress(len(grid))
    shutil.rmtree(folder / "parts", ignore_errors=True)  # left by one that was killed after its manifest, too
    return SweepResult(
        folder,
        grid,
        len(market.run_sessions),
        source.simulated,
        {name: str(first) for name, first in market.synthetic.items()},
        {**spent, "wall": time.perf_counter() - began},
        answer,
    )


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
    module, _, asked = config.strategy.named.rpartition(":")
    if module == "__main__" and not isinstance(executor, Threads):
        raise UserError(
            f"strategy.class {config.strategy.named}: other processes don't see a class of the script itself: "
            f"move it to a file of its own and name it file.py:{asked}"
        )
    return executor


def _compute(work: Work, parts: Path, executor: Executor, progress: Progress | None) -> Iterator[Mapping[str, float]]:
    """Compute the chunks that aren't there and write each as it comes, whole; yield the seconds each took."""
    parts.mkdir(parents=True, exist_ok=True)
    chunks = list(chunks_of(work.config, work.grid))
    missing = [chunk for chunk in chunks if not _part(parts, chunk).exists()]
    say, kept = progress or (lambda _rows: None), len(chunks) - len(missing)
    say(len(work.grid) - sum(chunk.last - chunk.first for chunk in missing))
    if not missing:
        return
    try:
        for chunk, answer in executor.run(work, missing):
            _write(_table(work.grid, chunk.first, chunk.last, answer.columns), _part(parts, chunk))
            kept += 1
            say(chunk.last - chunk.first)
            yield answer.seconds
    except ExecutorError as fault:
        raise ExecutorError(f"{fault}: {kept:,} of {len(chunks):,} chunks are kept; run it again") from None


def _part(parts: Path, chunk: Chunk) -> Path:
    return parts / f"{chunk.number:06d}.parquet"


def _known(config: RunConfig, grid: Grid, inputs: Inputs, source: str) -> dict[str, Any]:
    """Return all by which a sweep is known: the same gives the same bytes."""
    return {
        "name": config.name,
        **known_by(config, source, inputs.data, grid.tried.get(CLASS)),
        "axes": {
            axis.name: [str(value) if isinstance(value, dict) else value for value in axis.values] for axis in grid.axes
        },
        "chosen": None if grid.chosen is None else hashlib.sha256(grid.chosen.tobytes()).hexdigest(),
        "combinations": len(grid),
        "chunk": chunk_rows(config),
    }


def _table(grid: Grid, first: int, last: int, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows as a part keeps them: axes under their full keys, metrics, why a row failed, and whatever came more.

    What comes besides stays in the parts: numbers that something is to be made of, shape (rows,) or (rows, values).
    """
    import pyarrow as pa

    places = grid.places(first, last)
    table = {}
    for i, axis in enumerate(grid.axes):
        table[axis.name] = pa.array(of_one_kind(axis.values)).take(pa.array(places[:, i]))
    for name in columns_in(columns):
        table[name] = pa.array(columns[name], pa.float64(), from_pandas=True)
    table["failed"] = pa.array([word or None for word in columns["failed"]], pa.string())
    for name in [name for name in columns if name not in table]:
        flat = pa.array(np.ascontiguousarray(columns[name]).reshape(-1), pa.float64(), from_pandas=True)
        width = columns[name].shape[1:]
        table[name] = pa.FixedSizeListArray.from_arrays(flat, *width) if width else flat
    return pa.table(table)


def _write(table: pa.Table, path: Path) -> None:
    """Write a part under another name and rename it: what has its name is whole."""
    import pyarrow.parquet as pq

    writing = path.with_suffix(f".{os.getpid()}.tmp")  # ours alone, should somebody run the same sweep meanwhile
    pq.write_table(table, writing)
    writing.replace(path)


def _join(parts: Path, path: Path) -> None:
    """Join what the table keeps of the parts into row groups of a few thousand, reading few parts at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(parts.glob("*.parquet"))
    schema = pq.read_schema(files[0])
    names = schema.names[: schema.names.index("failed") + 1]
    together = max(1, CHUNK // pq.read_metadata(files[0]).num_rows)
    writing = parts / f"results.{os.getpid()}.tmp"
    with pq.ParquetWriter(writing, pa.schema([schema.field(name) for name in names])) as writer:
        for k in range(0, len(files), together):
            tables = [pq.read_table(file, columns=names) for file in files[k : k + together]]
            writer.write_table(pa.concat_tables(tables).combine_chunks())
    writing.replace(path)


def _write_manifest(folder: Path, grid: Grid, known: dict[str, Any], *, simulated: bool) -> None:
    told = {"id": identity(known), "simulated": simulated, "of": grid.size, **known}
    writing = folder / "manifest.tmp"
    writing.write_text(json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    writing.replace(folder / "manifest.json")


def column(result: SweepResult, name: str) -> np.ndarray:
    """Return one column of a sweep's table, NaN where it is empty."""
    import pyarrow.parquet as pq

    return pq.read_table(result.results, columns=[name]).column(0).to_numpy()
