"""A walk-forward made by hand: three folds, three axes, made-up figures, in a folder as a real one is."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.calendar import nyse_sessions
from engine.research.walkforward.figures import efficiency, standing
from engine.research.walkforward.kept import BOOKS, COMBINATIONS, EQUITY, WalkForward, read_walkforward, write_finished
from engine.research.walkforward.plan import TEST, TRAIN, WHOLE

DAYS, FLOOR, WEIGHT = "strategy.params.trend_days", "strategy.params.volatility_floor", "hedge.weight"
AXES = {DAYS: [20, 40, 60], FLOOR: [0.0, 0.5], WEIGHT: [0.1, 0.2]}
YEARS = (2016, 2017, 2018)


def combinations(axes: dict[str, list[Any]] = AXES) -> list[dict[str, Any]]:
    """Return every combination, the last axis turning fastest."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def by_hand(
    folder: Path, *, axes: dict[str, list[Any]] = AXES, objective: str = "sharpe", seed: int = 1, **told: Any
) -> tuple[WalkForward, dict[tuple[int, str], np.ndarray]]:
    """Return it, and the objective of all combinations over each window."""
    rng, rows = np.random.default_rng(seed), combinations(axes)
    lowest = objective == "costs"
    windows = [(0, WHOLE), *itertools.product(range(1, len(YEARS) + 1), (TRAIN, TEST))]
    values = {window: rng.normal(0.5, 0.4, len(rows)) for window in windows}
    folds = []
    for number, year in enumerate(YEARS, start=1):
        inside, outside = values[number, TRAIN], values[number, TEST]
        row = int(inside.argmin() if lowest else inside.argmax())
        folds.append(
            {
                "fold": number,
                "train_first": dt.date(year - 2, 1, 4),
                "train_last": dt.date(year - 1, 12, 29),
                "test_first": dt.date(year, 1, 4),
                "test_last": dt.date(year, 12, 28),
                "train_sessions": 500,
                "test_sessions": 250,
                **rows[row],
                "in_sample": float(inside[row]),
                "out_of_sample": float(outside[row]),
                "degradation": float(inside[row] - outside[row]),
                "efficiency": efficiency(objective, float(inside[row]), float(outside[row]), lowest=lowest),
                **standing(outside, row, lowest=lowest),
                "cagr_vs_unhedged_in_sample": 0.002,
                "cagr_vs_unhedged_out_of_sample": -0.013,
            }
        )
    _write(folder, rows, values, objective)
    return _finish(folder, axes, folds, rows[0], objective, lowest, told), values


def _write(folder: Path, rows: list[dict[str, Any]], values: dict[tuple[int, str], np.ndarray], objective: str) -> None:
    (folder / "run-0123456789").mkdir(parents=True)
    tables = [
        pa.Table.from_pylist(
            [
                {"fold": fold, "window": window, **row, objective: value}
                for row, value in zip(rows, column.tolist(), strict=True)
            ]
        )
        for (fold, window), column in values.items()
    ]
    pq.write_table(pa.concat_tables(tables), folder / COMBINATIONS)
    dates = nyse_sessions(np.datetime64(f"{YEARS[0]}-01-04"), np.datetime64(f"{YEARS[-1]}-12-28"))
    lines = {name: np.linspace(1e5, 1e5 * (2 + at), len(dates)) for at, name in enumerate(BOOKS)}
    pq.write_table(pa.table({"date": dates, "fold": np.ones(len(dates), np.int64), **lines}), folder / EQUITY)


def _finish(
    folder: Path, axes: dict[str, list[Any]], folds: list[Any], best: Any, objective: str, lowest: bool, told: Any
) -> WalkForward:
    book = {"cagr": 0.1, "volatility": 0.3, "sharpe": 0.6, "max_drawdown": -0.4, "final_equity": 2e5, "costs": 1e3}
    books = {name: {**book, "cagr": 0.1 + 0.01 * at, "objective": 0.5 + at / 10} for at, name in enumerate(BOOKS)}
    books["derisk_daily"]["objective"] = None
    metrics = {
        "name": "hand",
        "strategy": "<Weak>Hedge, walk-forward",
        "source": "csv",
        "simulated": False,
        "synthetic": None,
        "first": str(folds[0]["test_first"]),
        "last": str(folds[-1]["test_last"]),
        "sessions": 752,
        "combinations": len(combinations(axes)),
        "folds": len(folds),
        "train": "2y",
        "test": "1y",
        "anchored": False,
        "embargo": 5,
        "objective": objective,
        "lower_is_better": lowest,
        "in_sample": 0.8,
        "out_of_sample": 0.5,
        "efficiency": None if lowest else 0.625,
        "better_half": 2,
        "cagr_vs_unhedged_in_sample": 0.002,
        "cagr_vs_unhedged_out_of_sample": -0.013,
        "verdict": {"outcome": "did not pay", "sentence": "SOXS did not pay: so much."},
        "parameters": {"own": best, "hindsight": best},
        "books": books,
        "data": "0123456789ab",
        "notes": ["The last test is shorter: 100 sessions, the first has 250."],
    }
    manifest = {
        "axes": axes,
        "run": "run-0123456789",
        "synthetic": {},
        "config": {"hedge": {"instrument": "SOXS"}},
    }
    write_finished(folder, folds, metrics | told, manifest)
    return read_walkforward(folder)
