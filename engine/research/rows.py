"""Combinations whose strategy can't be compiled: a Cerebro each, one after another; a failure fails its row."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.errors import UserError
from data.sources import Source
from engine.analytics.attribution import attribute
from engine.analytics.carino import scalars
from engine.analytics.measure import COMPARABLE, HEDGE, NUMBERS
from engine.backtrader_engine.guard import RefusedError
from engine.config import RunConfig
from engine.research.answered import answered_row
from engine.research.columns import columns_of
from engine.research.grid import Grid, with_values
from engine.research.overfitting.parts import kept_columns
from engine.research.overfitting.paths import Told, told_of
from engine.research.overfitting.rows import drawn_of
from engine.runs.execute import run


def compute_rows(
    config: RunConfig, grid: Grid, source: Source, first: int, last: int, *, answer: bool = False
) -> dict[str, Any]:
    """Return the metrics of rows `first` to `last` (exclusive), as `engine.research.compute.compute` does."""
    varied = [
        {axis.keys: axis.values[index] for axis, index in zip(grid.axes, indices, strict=True)}
        for indices in grid.indices(first, last).tolist()
    ]
    made = [_row(config, values, source, answer=answer) for values in varied]
    rows, told = [row for row, _ in made], [one for _, one in made]
    table: dict[str, Any] = {
        name: np.array([row[name] for row in rows], dtype=np.float64) for name in columns_of(answer=answer)
    }
    followed = np.isin(np.arange(first, first + len(rows)), drawn_of(len(grid)).representatives)
    failed = np.array([row["failed"] for row in rows], dtype=object)
    return {**table, "failed": failed, **kept_columns(told, followed)}


def _row(
    config: RunConfig, values: dict[Any, Any], source: Source, *, answer: bool
) -> tuple[dict[str, Any], Told | None]:
    """Run one combination; whatever goes wrong in it is its own."""
    row: dict[str, Any] = {**dict.fromkeys(columns_of(answer=answer), np.nan), "failed": ""}
    try:
        result = run(with_values(config, values).model_copy(update={"controls": "off"}), source)
        sleeve, told = scalars(attribute(result.setup, result.hedged)), told_of(result)
        known = answered_row(result, answer=answer)
    except RefusedError:
        raise  # there is no row to trust
    except UserError as fault:
        return {**row, "failed": str(fault)}, None
    except Exception as fault:  # noqa: BLE001  # one combination mustn't take the others with it
        return {**row, "failed": f"{type(fault).__name__}: {' '.join(str(fault).split())}"}, None
    metrics, unhedged = result.metrics, result.metrics["controls"]["unhedged"]
    row |= {name: metrics[name] for name in NUMBERS} | {name: sleeve[name] for name in HEDGE}
    row |= {f"{name}_vs_unhedged": _above(metrics[name], unhedged[name]) for name in COMPARABLE}
    return row | known, told


def _above(hedged: float | None, unhedged: float | None) -> float:
    return np.nan if hedged is None or unhedged is None else hedged - unhedged
