"""Combinations whose strategy can't be compiled: a Cerebro each, in a pool of processes; a failure fails its row."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from data.errors import UserError
from engine.config import RunConfig
from engine.judgement.attribution import attribute
from engine.judgement.linking import scalars
from engine.judgement.many import FIGURES
from engine.run import run
from engine.sweeps.compute import AGAINST, COLUMNS, MEASURES
from engine.sweeps.grid import Grid, with_values


def compute_in_processes(config: RunConfig, grid: Grid, first: int, last: int, workers: int) -> dict[str, Any]:
    """Return the metrics of rows `first` to `last` (exclusive), as `engine.sweeps.compute.compute` does."""
    tasks = [
        (config, {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)})
        for places in grid.places(first, last).tolist()
    ]
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        rows = list(pool.map(_row, tasks, chunksize=max(1, min(16, len(tasks) // (4 * workers)))))
    table: dict[str, Any] = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in COLUMNS}
    return {**table, "failed": np.array([row["failed"] for row in rows], dtype=object)}


def _row(task: tuple[RunConfig, dict[Any, Any]]) -> dict[str, Any]:
    """Run one combination; whatever goes wrong in it is its own."""
    row: dict[str, Any] = {**dict.fromkeys(COLUMNS, np.nan), "failed": ""}
    try:
        result = run(with_values(*task).model_copy(update={"controls": "off"}))
        told = scalars(attribute(result.setup, result.hedged))
    except UserError as fault:
        return {**row, "failed": str(fault)}
    except Exception as fault:  # noqa: BLE001  # one combination mustn't take the others with it
        return {**row, "failed": f"{type(fault).__name__}: {' '.join(str(fault).split())}"}
    metrics, unhedged = result.metrics, result.metrics["controls"]["unhedged"]
    row |= {name: metrics[name] for name in MEASURES} | {name: told[name] for name in FIGURES}
    row |= {f"{name}_vs_unhedged": _above(metrics[name], unhedged[name]) for name in AGAINST}
    return row


def _above(hedged: float | None, unhedged: float | None) -> float:
    return np.nan if hedged is None or unhedged is None else hedged - unhedged
