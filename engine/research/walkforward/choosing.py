"""Every combination over a window of a fold, kept part by part, and which of them is the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import ConfigError, StrategyError, UserError
from data.files import write_whole
from data.sources import Source
from engine.config import RunConfig
from engine.research.cache import Kept
from engine.research.chunks import Answer, Chunk, Work, chunks_of
from engine.research.columns import columns_in
from engine.research.executors import Executor
from engine.research.grid import Axis, Grid, of_one_kind, with_values
from strategies.load import kind, strategy_class

if TYPE_CHECKING:
    import pyarrow as pa

TRAIN, TEST, WHOLE = "train", "test", "whole"

SIZE = ("weight", "max_weight", "sizing", "cover", "lookback", "target_volatility")
"""Keys under `hedge` that may differ from fold to fold: they change how much is ordered and nothing else."""

Progress = Callable[[int], None]


class Window(NamedTuple):
    """A stretch that every combination is run over.

    Parameters
    ----------
    fold
        The fold's number, 1 for the first; 0 for the whole history.
    kind
        `TRAIN`, `TEST` or `WHOLE`.
    config
        The run, with the window's first and last session.
    """

    fold: int
    kind: str
    config: RunConfig

    @property
    def name(self) -> str:
        """What its parts are called."""
        return f"{self.fold:03d}-{self.kind}"


def check_axes(config: RunConfig, grid: Grid) -> None:
    """Refuse what can't be chosen anew for each fold of one book; raises ConfigError or StrategyError."""
    cls = strategy_class(config.strategy.named)
    if kind(cls) == "backtrader":
        raise StrategyError(
            f"{cls.__name__} is a backtrader.Strategy, which orders by itself: a walk-forward takes the weights of a"
            " Strategy or a CloseStrategy"
        )
    for axis in grid.axes:
        section = axis.keys[0]
        if section not in ("strategy", "policy") and not (section == "hedge" and axis.keys[1] in SIZE):
            raise ConfigError(
                f"{axis.text}: {axis.name} can't change within one book: a walk-forward chooses keys of"
                f" strategy, policy, and hedge.{', hedge.'.join(SIZE)}; set others with --set"
            )


def chosen_config(config: RunConfig, grid: Grid, row: int) -> RunConfig:
    """Return the config of one combination."""
    places = grid.places(row, row + 1)[0].tolist()
    return with_values(config, {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)})


class Piece(NamedTuple):
    """A chunk of combinations over one window, by the window's place among all."""

    window: int
    chunk: Chunk

    def __str__(self) -> str:
        return f"{self.chunk} of window {self.window}"


@dataclass(frozen=True)
class Sweeps:
    """Every combination over every window, as a job whose chunks are `Piece`: whoever computes is busy throughout.

    Parameters
    ----------
    work
        The sweep over the whole history.
    windows
        The run of each window.
    """

    work: Work
    windows: tuple[RunConfig, ...]

    @property
    def name(self) -> str:
        """What it goes by."""
        return self.work.name

    @property
    def source(self) -> Source:
        """Where history comes from."""
        return self.work.source

    def open(self, threads: int) -> Callable[[Piece], Answer]:
        """Return what computes a piece, on so many threads; it remembers what the pieces of a window share."""
        opened = Kept(2)

        def compute(piece: Piece) -> Answer:
            over = replace(self.work, config=self.windows[piece.window])
            return opened.get(piece.window, lambda: over.open(threads))(piece.chunk)

        return compute

    def packed(self, lacking: Iterable[str] = ()) -> Sweeps:
        """Return the same job with all that the base run reads in memory, and what was found lacking too."""
        return replace(self, work=self.work.packed(lacking))


def swept(
    work: Work, windows: Sequence[Window], parts: Path, executor: Executor, progress: Progress
) -> dict[tuple[int, str], list[Path]]:
    """Run every combination over every window; return the files that hold each window's rows, in their order.

    A file that is there is whole, and isn't made again. Its columns are those of a sweep's ``results.parquet``.
    """
    pieces = [Piece(at, chunk) for at in range(len(windows)) for chunk in chunks_of(work.config, work.grid)]
    files = {piece: parts / f"{windows[piece.window].name}-{piece.chunk.number:06d}.parquet" for piece in pieces}
    missing = [piece for piece in pieces if not files[piece].exists()]
    progress(sum(piece.chunk.last - piece.chunk.first for piece in set(pieces) - set(missing)))
    if missing:
        for piece, answer in executor.run(Sweeps(work, tuple(one.config for one in windows)), missing):
            _number, first, last = piece.chunk
            _write(_table(work.grid, first, last, answer.columns), files[piece])
            progress(last - first)
    return {
        (one.fold, one.kind): [file for piece, file in files.items() if piece.window == at]
        for at, one in enumerate(windows)
    }


def join(windows: list[tuple[Window, list[Path]]], path: Path) -> None:
    """Join the files of all windows into one, each row with its fold and its window, reading one file at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(target: Path) -> None:
        with pq.ParquetWriter(target, schema) as writer:
            for window, files in windows:
                for file in files:
                    table = pq.read_table(file)
                    named = [pa.array([value] * len(table)) for value in (window.fold, window.kind)]
                    writer.write_table(pa.table([*named, *table.columns], schema=schema))

    leading = [pa.field("fold", pa.int64()), pa.field("window", pa.string())]
    schema = pa.schema([*leading, *pq.read_schema(windows[0][1][0])])
    write_whole(path, write)


def column_of(files: list[Path], name: str) -> Floats:
    """Return one column of a window's files, NaN where it is empty."""
    import pyarrow.parquet as pq

    return np.concatenate([pq.read_table(file, columns=[name]).column(0).to_numpy() for file in files])


def best_row(values: Floats, *, lowest: bool) -> int | None:
    """Return the row of the best value, the first of those that are equal; None where none is defined."""
    known = ~np.isnan(values)
    if not known.any():
        return None
    return int(np.argmax(np.where(known, -values if lowest else values, -np.inf)))


def chosen_row(window: Window, files: list[Path], objective: str, *, lowest: bool) -> int:
    """Return the row that a window's results choose; raises UserError where no combination has a value."""
    row = best_row(column_of(files, objective), lowest=lowest)
    if row is None:
        import pyarrow.parquet as pq

        faults = (fault for file in files for fault in pq.read_table(file, columns=["failed"]).column(0).to_pylist())
        why = next((f", the first because {fault}" for fault in faults if fault), "")
        raise UserError(
            f"no combination has a {objective} from {window.config.start} to {window.config.end}{why}: choose by"
            " another --objective, or another --param"
        )
    return row


def plain_values(axis: Axis) -> list[Any]:
    """Return an axis' values as a table holds them: a map as text."""
    return of_one_kind(axis.values)


def _table(grid: Grid, first: int, last: int, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows as a sweep keeps them: each axis under its full key, the metrics, and why a row failed."""
    import pyarrow as pa

    places = grid.places(first, last)
    table = {axis.name: pa.array(plain_values(axis)).take(pa.array(places[:, i])) for i, axis in enumerate(grid.axes)}
    table |= {name: pa.array(columns[name], pa.float64(), from_pandas=True) for name in columns_in(columns)}
    return pa.table(table | {"failed": pa.array([word or None for word in columns["failed"]], pa.string())})


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    write_whole(path, lambda target: pq.write_table(table, target))
