"""A sweep, whole: a grid in chunks, each written as it comes, then one table; a killed sweep keeps what it finished."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.sources import Source
from data.sources.choose import open_source
from data.version import code_version
from engine.asking import intensity_of
from engine.config import RunConfig
from engine.identity import identity, known_config
from engine.setup import open_market
from engine.sweeps.compute import COLUMNS, Clock, compute
from engine.sweeps.grid import Grid
from engine.sweeps.ingredients import Ingredients
from engine.sweeps.processes import compute_in_processes
from strategies import parameters
from strategies.base import Strategy
from strategies.load import kind, source_hash, strategy_class

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 2048
"""Combinations that are computed and written together."""

Progress = Callable[[int], None]


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
    """

    folder: Path
    grid: Grid
    sessions: int
    simulated: bool
    synthetic: Mapping[str, str]
    seconds: dict[str, float]

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


def sweep(
    config: RunConfig,
    grid: Grid,
    out: Path,
    workers: int,
    progress: Progress | None = None,
    source: Source | None = None,
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
        Threads, or processes for strategies that can't be compiled; the table is the same for any number.
    progress
        Told how many combinations were finished, each time some are.
    source
        Where history comes from; what the config names unless given.

    Raises
    ------
    UserError
        What can't be used, in one line.
    """
    began = time.perf_counter()
    source = source or open_source(config.data.source, config.data.path)
    market, fingerprint = _fingerprint(config, source)
    name = f"{config.name}-SIMULATED" if source.simulated else config.name
    known = _known(config, grid, fingerprint, source.name)
    folder = out / f"{name}-sweep-{identity(known)}"
    parts, clock = folder / "parts", Clock()
    compiles = kind(strategy_class(config.strategy.named)) == "intensity"
    made = Ingredients(config, grid, source)
    if not (folder / "manifest.json").exists():
        parts.mkdir(parents=True, exist_ok=True)
        if compiles:
            compute(made, 0, 1, 1, Clock())  # loads the compiled code, which is no part of the kernel's seconds
        for number, first in enumerate(range(0, len(grid), CHUNK)):
            last = min(first + CHUNK, len(grid))
            part = parts / f"{number:06d}.parquet"
            if not part.exists():
                columns = (
                    compute(made, first, last, workers, clock)
                    if compiles
                    else compute_in_processes(config, grid, first, last, workers)
                )
                _write(_table(grid, first, last, columns), part)
            if progress:
                progress(last - first)
        _join(parts, folder / "results.parquet")
        _write_manifest(folder, grid, known, simulated=source.simulated)
        shutil.rmtree(parts, ignore_errors=True)
    elif progress:
        progress(len(grid))
    seconds = {"kernel": clock.kernel, "signal": made.signal_seconds, "tail": clock.tail}
    return SweepResult(
        folder,
        grid,
        len(market.run_sessions),
        source.simulated,
        {name: str(first) for name, first in market.synthetic.items()},
        {**seconds, "wall": time.perf_counter() - began},
    )


def _fingerprint(config: RunConfig, source: Source) -> tuple[Any, dict[str, str]]:
    """Return the base run's market, and the hashes of what it reads."""
    market = open_market(config, source)
    cls = strategy_class(config.strategy.named)
    if kind(cls) == "intensity":
        strategy: Strategy = parameters.make(cls, config.strategy.params)
        intensity_of(strategy, market)
    for name in market.roles.traded:
        market.bars(name)
    market.rate(config.execution.cash_rate)
    return market, market.fingerprint()


def _known(config: RunConfig, grid: Grid, fingerprint: dict[str, str], source: str) -> dict[str, Any]:
    """Return all by which a sweep is known: the same gives the same bytes."""
    return {
        "name": config.name,
        "config": known_config(config, source),
        "strategy": source_hash(strategy_class(config.strategy.named)),
        "data": fingerprint,
        "code": code_version(),
        "axes": {
            axis.name: [str(value) if isinstance(value, dict) else value for value in axis.values] for axis in grid.axes
        },
        "chosen": None if grid.chosen is None else hashlib.sha256(grid.chosen.tobytes()).hexdigest(),
        "combinations": len(grid),
        "chunk": CHUNK,
    }


def _table(grid: Grid, first: int, last: int, columns: dict[str, Any]) -> pa.Table:
    """Return rows as they are kept: each axis under its full key, the metrics, and why a row failed."""
    import pyarrow as pa

    places = grid.places(first, last)
    table = {}
    for i, axis in enumerate(grid.axes):
        values = [value if isinstance(value, bool | int | float | str | None) else str(value) for value in axis.values]
        table[axis.name] = pa.array(values).take(pa.array(places[:, i]))
    for name in COLUMNS:
        table[name] = pa.array(columns[name], pa.float64(), from_pandas=True)
    table["failed"] = pa.array([word or None for word in columns["failed"]], pa.string())
    return pa.table(table)


def _write(table: pa.Table, path: Path) -> None:
    """Write a part under another name and rename it: what has its name is whole."""
    import pyarrow.parquet as pq

    writing = path.with_suffix(".tmp")
    pq.write_table(table, writing)
    writing.replace(path)


def _join(parts: Path, path: Path) -> None:
    """Join the parts, a row group each, reading one at a time."""
    import pyarrow.parquet as pq

    files = sorted(parts.glob("*.parquet"))
    writing = path.with_suffix(".tmp")
    with pq.ParquetWriter(writing, pq.read_schema(files[0])) as writer:
        for file in files:
            writer.write_table(pq.read_table(file))
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
