"""The numbers of a sweep's page: what it holds of all its rows.

For every metric and every pair of parameters it holds two matrices, the best and the median over the other parameters,
both exact: one pass over a column at a time, two sorts, no copy of the whole sweep. Rows themselves are held for the
parallel coordinates: all of them, or the best 1,000 of a sweep of more than 20,000 combinations; the top tables and
the neighbours of the best always come from all rows.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import numbers
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.arrays import Floats, Ints
from engine.analytics.measure import lower_is_better

Singles = npt.NDArray[np.float32]
Shorts = npt.NDArray[np.uint16]
Value = float | str | bool | None

LIMIT = 20_000
"""Combinations up to which the page holds every row."""
KEPT = 1_000
"""Rows that it holds of more."""
SHOWN = 20
"""Rows in the top table."""
NUMBERS = 1_750_000
"""Numbers in all matrices together: 9 MB of page, beside 5 MB of plotly."""
SIDE = 250
"""Cells along each of two axes, as many as a screen tells apart; a pair has few enough to sort by 16 bits."""


class Columns(Mapping[str, Any]):
    """Columns by name, each read when it is asked for."""

    def __init__(self, names: Iterable[str], read: Callable[[str], Any]) -> None:
        self._names, self._read = tuple(names), read

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Rows:
    """The rows of a sweep, a column at a time.

    Parameters
    ----------
    parameters
        Full keys, such as ``hedge.weight``.
    values
        Of each parameter its value in every row: numbers, text, booleans or None (NaN stands for None).
    metrics
        Of each metric its value in every row, float64, shape (rows,); NaN where undefined. Names are those of
        `engine.analytics.measure.MEASURES`, and differences named like ``cagr_vs_unhedged``. Any
        mapping will do: each column is asked for four times at most and one is held at a time, so one that reads
        ``results.parquet`` when asked keeps a million rows small.
    total
        Combinations of the sweep, at least as many as rows.
    """

    parameters: tuple[str, ...]
    values: Mapping[str, Sequence[Any] | npt.NDArray[Any]]
    metrics: Mapping[str, Floats]
    total: int

    def __len__(self) -> int:
        return len(self.values[self.parameters[0]])


@dataclass(frozen=True)
class SweptAxis:
    """A parameter as an axis.

    Parameters
    ----------
    key
        Its full key.
    values
        Its distinct values: numbers ascending, then others as first met.
    numeric
        How many of them are numbers.
    codes
        The place of each row's value among them, shape (rows,).
    width
        Neighbouring values that share a cell; 1 unless there are too many for a page.
    """

    key: str
    values: tuple[Value, ...]
    numeric: int
    codes: Ints
    width: int = 1

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return -(-len(self.values) // self.width)

    @property
    def places(self) -> Ints:
        """Where each value stands for the neighbours' sake: numbers one step apart, others further from anything."""
        places = np.arange(len(self.values))
        return np.where(places < self.numeric, places, 2 * places + 2)


class Cells(NamedTuple):
    """The cells that one or two axes span: each row's, and how many rows each has."""

    shape: tuple[int, ...]
    of_row: Shorts
    counts: Ints


@dataclass(frozen=True)
class Landscape:
    """One metric over the whole sweep.

    Parameters
    ----------
    best, median
        A matrix for each of the extract's pairs, shape (cells of the first, cells of the second); NaN where no row
        has a value.
    top
        The best rows, best first, `SHOWN` of them at most; empty where the metric is undefined throughout.
    leader
        The best value of all, NaN where there is none.
    middle
        The median of all.
    neighbours
        The metric of rows one grid step from the best in one numeric parameter, all else equal; NaN where undefined.
    known, ahead
        How many rows have a value, and how many of those a better one than 0.
    """

    best: tuple[Singles, ...]
    median: tuple[Singles, ...]
    top: Ints
    leader: float
    middle: float
    neighbours: Floats
    known: int
    ahead: int


@dataclass(frozen=True)
class Extract:
    """What the page holds of a sweep.

    Parameters
    ----------
    rows, total
        Rows that were read, and combinations of the sweep.
    axes
        Every parameter.
    pairs
        Which axes each matrix is over: every two that vary, or the one that does.
    landscapes
        Every metric.
    ranked_by
        The metric by which rows were drawn.
    drawn
        Rows for the parallel coordinates: all in their order, or the best first.
    listed
        Rows that stand in any metric's top.
    columns
        Every metric at the drawn rows, and then at the listed ones.
    """

    rows: int
    total: int
    axes: tuple[SweptAxis, ...]
    pairs: tuple[tuple[int, ...], ...]
    landscapes: dict[str, Landscape]
    ranked_by: str
    drawn: Ints
    listed: Ints
    columns: dict[str, Floats]

    @property
    def layered(self) -> bool:
        """Whether a cell may hold several rows, so that best and median differ."""
        varied = {axis for pair in self.pairs for axis in pair}
        return len(varied) > 2 or any(axis.width > 1 for axis in self.axes)


def ranking(metrics: Mapping[str, Floats]) -> str:
    """Return the metric that answers the product's question, or the nearest that there is."""
    names = list(metrics)  # a mapping that reads would read to say whether a name is in it
    return next((name for name in ("gap_to_held_less", "cagr_vs_unhedged", "cagr") if name in names), names[0])


def extract(rows: Rows, metric: str, limit: int = LIMIT) -> Extract:
    """Return what a page holds of a sweep.

    Parameters
    ----------
    rows
        The sweep, with a row and a metric at least.
    metric
        Ranks the rows that are held when there are more than `limit`.
    limit
        Rows up to which all are held.
    """
    axes = tuple(_axis(key, rows.values[key]) for key in rows.parameters)
    varied = [at for at, axis in enumerate(axes) if len(axis.values) > 1] or [0]
    pairs = tuple(itertools.combinations(varied, min(2, len(varied))))
    axes = _fitted(axes, pairs, len(rows.metrics))
    cells = [_cells([axes[at] for at in pair]) for pair in pairs]
    names = list(rows.metrics)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a million rows take a tenth of a second a sort
        made = pool.map(lambda name: _landscape(_column(rows, name), name, axes, cells), names)
        landscapes = dict(zip(names, made, strict=True))
    drawn = np.arange(len(axes[0].codes))
    if len(drawn) > limit:
        scores = _scores(_column(rows, metric), metric)
        drawn = _first(scores, np.argsort(scores), KEPT)
    listed = np.unique(np.concatenate([landscape.top for landscape in landscapes.values()]))
    held = np.concatenate((drawn, listed))
    columns = {name: _column(rows, name)[held] for name in rows.metrics}
    return Extract(len(axes[0].codes), rows.total, axes, pairs, landscapes, metric, drawn, listed, columns)


def _column(rows: Rows, name: str) -> Floats:
    return np.asarray(rows.metrics[name], dtype=np.float64)


def _axis(key: str, values: Sequence[Any] | npt.NDArray[Any]) -> SweptAxis:
    """Return a parameter's distinct values and where each row's stands among them."""
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    plain = [None if value != value else value for value in plain]  # noqa: PLR0124  # NaN
    distinct = dict.fromkeys(plain)
    numeric = sorted(value for value in distinct if is_number(value))
    ordered = (*numeric, *(value for value in distinct if not is_number(value)))
    place = {value: at for at, value in enumerate(ordered)}
    codes = np.fromiter(map(place.__getitem__, plain), np.int64, len(plain))
    return SweptAxis(key, ordered, len(numeric), codes)


def is_number(value: object) -> bool:
    """Return whether a parameter's value is a number; true and false are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _fitted(axes: tuple[SweptAxis, ...], pairs: Sequence[Sequence[int]], metrics: int) -> tuple[SweptAxis, ...]:
    """Let neighbouring values share cells until all matrices fit on a page."""
    side = SIDE if len(pairs[0]) == 2 else LIMIT
    while True:
        fitted = tuple(dataclasses.replace(axis, width=-(-len(axis.values) // side)) for axis in axes)
        cells = sum(math.prod(fitted[at].cells for at in pair) for pair in pairs)
        if side == 1 or 2 * cells * metrics <= NUMBERS:
            return fitted
        side -= 1


def _cells(axes: Sequence[SweptAxis]) -> Cells:
    shape = tuple(axis.cells for axis in axes)
    of_row = np.ravel_multi_index([axis.codes // axis.width for axis in axes], shape).astype(np.uint16)
    return Cells(shape, of_row, np.bincount(of_row, minlength=math.prod(shape)))


def _landscape(column: Floats, name: str, axes: Sequence[SweptAxis], cells: Sequence[Cells]) -> Landscape:
    scores = _scores(column, name)
    order = np.argsort(scores)  # undefined ones last
    known = len(column) - int(np.isnan(column).sum())
    maps = [_best_and_median(column, order, known, cell) for cell in cells]
    top = _first(scores, order, SHOWN)
    return Landscape(
        best=tuple(best for best, _ in maps),
        median=tuple(median for _, median in maps),
        top=top,
        leader=float(column[top[0]]) if known else np.nan,
        middle=float(column[order[[(known - 1) // 2, known // 2]]].mean()) if known else np.nan,
        neighbours=column[_neighbours(axes, int(top[0]))] if known else np.empty(0),
        known=known,
        ahead=int(np.count_nonzero(scores < 0.0)),
    )


def _scores(column: Floats, name: str) -> Floats:
    """Return the metric so that less is better."""
    return column if lower_is_better(name) else -column


def _best_and_median(column: Floats, order: Ints, known: int, cells: Cells) -> tuple[Singles, Singles]:
    """Return the best and the median of every cell, from the rows in the metric's order, the first `known` defined."""
    by_cell = np.argsort(cells.of_row[order], kind="stable")  # a radix sort, for 16 bits
    start = np.cumsum(cells.counts) - cells.counts
    filled = cells.counts - np.bincount(cells.of_row[order[known:]], minlength=len(start))

    def at(place: Ints) -> Floats:
        found = column[order[by_cell[np.minimum(start + place, len(column) - 1)]]]
        return np.where(filled, found, np.nan).reshape(cells.shape)

    best, lower, upper = at(np.zeros_like(filled)), at(np.maximum(filled - 1, 0) // 2), at(filled // 2)
    return best.astype(np.float32), ((lower + upper) / 2).astype(np.float32)


def _first(scores: Floats, order: Ints, count: int) -> Ints:
    """Return the rows of the least scores, the earlier row first where scores are equal, undefined ones left out."""
    known = len(scores) - int(np.isnan(scores).sum())
    if not known:
        return np.empty(0, np.int64)
    within = np.flatnonzero(scores <= scores[order[min(count, known) - 1]])
    return within[np.argsort(scores[within], kind="stable")][:count]


def _neighbours(axes: Sequence[SweptAxis], row: int) -> Ints:
    """Return the rows one grid step away from a row in one numeric parameter, all else equal."""
    near = np.arange(len(axes[0].codes))
    steps = np.zeros(len(near), np.int64)
    for axis in axes:
        steps = steps + np.abs(axis.places[axis.codes[near]] - axis.places[axis.codes[row]])
        near, steps = near[steps <= 1], steps[steps <= 1]
    return near[steps == 1]
