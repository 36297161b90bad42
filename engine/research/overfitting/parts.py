"""What the chunks of a sweep keep for the statistics of overfitting, from a worker's columns to a file and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.sources import Source
from engine.config import RunConfig
from engine.research.grid import Grid, with_values
from engine.research.overfitting.paths import Told, told_of
from engine.research.overfitting.rows import KEPT, WIDTH
from engine.runs.execute import run

PATHS = "paths"
"""The column that holds the paths of representatives whose strategy can't be compiled, each filled up with NaN."""


def kept_columns(told: Sequence[Told | None], representatives: Flags) -> dict[str, Floats]:
    """Return the columns of a chunk of combinations that were run by themselves.

    Parameters
    ----------
    told
        What is kept of each; ``None`` for one that failed.
    representatives
        Which of them keep their path, shape (rows,).
    """
    kept = [one.path for one, follows in zip(told, representatives, strict=True) if one is not None and follows]
    sums, paths = np.full((len(told), WIDTH), np.nan), np.full((len(told), max(map(len, kept), default=1)), np.nan)
    for row, one in enumerate(told):
        if one is not None:
            sums[row] = one.sums
            if representatives[row]:
                paths[row, : len(one.path)] = one.path
    return {KEPT: sums, PATHS: paths}


def kept_in(parts: Iterable[Path]) -> tuple[Ints, Floats]:
    """Return the rows of which something is kept for the splits, and that, from a sweep's parts in their order."""
    found = [(row, values) for row, values in _rows(parts, KEPT)]
    return np.array([row for row, _ in found], np.int64), np.array([values for _, values in found]).reshape(-1, WIDTH)


def paths_in(parts: Iterable[Path]) -> dict[int, Floats]:
    """Return the paths that are kept, by their rows."""
    return {row: values[~np.isnan(values)] for row, values in _rows(parts, PATHS)}


def path_again(config: RunConfig, grid: Grid, source: Source) -> Callable[[int], Floats]:
    """Return what runs a combination by itself once more, for its path."""

    def again(row: int) -> Floats:
        indices = grid.indices(row, row + 1)[0].tolist()
        values = {axis.keys: axis.values[index] for axis, index in zip(grid.axes, indices, strict=True)}
        return told_of(run(with_values(config, values).model_copy(update={"controls": "off"}), source)).path

    return again


def _rows(parts: Iterable[Path], name: str) -> Iterator[tuple[int, Floats]]:
    """Yield the rows that hold numbers in a column, and those numbers."""
    import pyarrow.parquet as pq

    first = 0
    for part in parts:
        column = pq.read_table(part, columns=[name]).column(0).combine_chunks()
        values = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
        for row in np.flatnonzero(~np.isnan(values[:, 0])).tolist():
            yield first + row, values[row]
        first += len(column)
