"""A combination at a time as a sweep's row, to the bit; what combinations share is kept between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.sources import Source
from engine.config import RunConfig
from engine.research.cache import Ingredients
from engine.research.columns import columns_of
from engine.research.compute import Clock, compute
from engine.research.grid import Axis, Grid
from engine.research.rows import compute_rows
from engine.research.search.space import Dimension
from strategies.load import kind, strategy_class

LARGEST = 2**62
"""Combinations of the values met so far that a 64-bit number can count."""


class Rows:
    """Computes rows of one search.

    Parameters
    ----------
    config, space
        The run that is searched, and over what.
    source
        Where history comes from.
    answer
        Whether rows hold the parts of the sum.
    """

    def __init__(self, config: RunConfig, space: Sequence[Dimension], source: Source, *, answer: bool = False) -> None:
        self._answer = answer
        self._config, self._space, self._source = config, space, source
        self._compiles = kind(strategy_class(config.strategy.named)) == "intensity"
        self._met = _Met(space)
        self._made: Ingredients | None = None

    def row(self, values: Sequence[Any]) -> tuple[dict[str, float], str]:
        """Return a combination's metrics by the names of its columns, NaN where undefined, and why it failed or ""."""
        answer = self._answer
        if self._compiles:
            columns = compute(self._ingredients(values), 0, 1, 1, Clock(), answer=answer)
        else:
            grid = _Met(self._space).grid(values)
            columns = compute_rows(self._config, grid, self._source, 0, 1, answer=answer)
        return {name: float(columns[name][0]) for name in columns_of(answer=answer)}, str(columns["failed"][0])

    def _ingredients(self, values: Sequence[Any]) -> Ingredients:
        """Return what makes the combination."""
        if self._met.size > LARGEST:
            self._met, self._made = _Met(self._space), None
        grid = self._met.grid(values)
        if self._made is None:
            self._made = Ingredients(self._config, grid, self._source)
        self._made.grid = grid
        return self._made


class _Met:
    """Values met so far. They keep their places on their axes, so that whatever was made of them is found again."""

    def __init__(self, space: Sequence[Dimension]) -> None:
        self._space = space
        self._values: list[dict[str, tuple[int, Any]]] = [{} for _ in space]

    @property
    def size(self) -> int:
        """Combinations of them, with one more on each axis."""
        return math.prod(len(met) + 1 for met in self._values)

    def grid(self, values: Sequence[Any]) -> Grid:
        """Return the grid of one combination; 1, 1.0 and true are values apart."""
        places = [
            met.setdefault(repr(value), (len(met), value))[0] for met, value in zip(self._values, values, strict=True)
        ]
        axes = tuple(
            Axis(one.keys, tuple(value for _place, value in met.values()), one.text)
            for one, met in zip(self._space, self._values, strict=True)
        )
        number = int(np.ravel_multi_index(tuple(places), tuple(len(axis.values) for axis in axes)))
        return Grid(axes, np.array([number]))
