"""The page of a walk-forward: its book out of sample, what was chosen when, every fold's surface. One offline file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats
from data.files import write_whole
from engine.analytics.measure import AGAINST, lower_is_better
from engine.research.walkforward.kept import BOOKS, PAGE, WalkForward
from engine.research.walkforward.plan import TEST, TRAIN, WHOLE
from reports.charts import packed, singles, spread
from reports.renderers.html import write_page
from reports.sweep_numbers import Axis, Extract, Rows, extract
from reports.sweep_page import UNITS, as_yaml, cells, label, last_word, short_names, spec_of, unit_of
from reports.walkforward_table import ABOUT, TITLES, book_table, fold_table, how, parameters, sentences


def write_walkforward_page(walk: WalkForward, command: str) -> Path:
    """Write the page of a walk-forward into its folder and return it: one file, read offline.

    Parameters
    ----------
    walk
        A finished walk-forward.
    command
        The command that runs one combination, without dates and parameters: ``backtest run hedge_soxs.yaml``.
    """
    told, page = walk.metrics, walk.folder / PAGE
    marked = "SIMULATED " if walk.simulated else ""
    run = walk.run.name
    chosen = {name: parameters(values) for name, values in told["parameters"].items()}
    words = {
        "title": f"{marked}{told['name']}: {told['strategy']}",
        "note": walk.mark,
        "sentences": sentences(walk),
        "how": how(walk),
        "notes": told["notes"],
        "span": (told["first"], told["last"], told["sessions"]),
        "report": f"{run}/report.html",
        "tearsheet": f"{run}/tearsheet.html" if (walk.run / "tearsheet.html").is_file() else None,
        "folds": fold_table(walk),
        "commands": commands(walk, command),
        "books": book_table(walk),
        "about": [(TITLES[name], ABOUT[name].format(**chosen)) for name in BOOKS],
        "objective": label(told["objective"]),
        "content": told["data"],
    }
    write_whole(page, lambda path: write_page(path, "walkforward.html.j2", words, page_data(walk)))
    return page


def commands(walk: WalkForward, command: str) -> list[str]:
    """Return the commands that run each fold's choice over its test alone."""
    ends = [row["test_first"] for row in walk.folds[1:]] + [walk.metrics["last"]]
    found = []
    for row, end in zip(walk.folds, ends, strict=True):
        settings = [f"--set {shlex.quote(f'{name}={as_yaml(row[name])}')}" for name in walk.parameters]
        found.append(" ".join([command, f"--start {row['test_first']} --end {end}", *settings]))
    return found


def page_data(walk: WalkForward) -> dict[str, Any]:
    """Return what the page's script draws."""
    objective = walk.metrics["objective"]
    found = extract(rows_of(walk), surface(objective, 0, WHOLE))
    return {
        "simulated": walk.simulated,
        "objective": _objective(objective),
        "folds": [_fold(walk, row) for row in walk.folds],
        "books": _books(walk),
        "parameters": [_parameter(axis, short) for axis, short in _named(found)],
        "chosen": _chosen(walk, found),
        "pairs": found.pairs,
        "layered": found.layered,
        "surfaces": [_surface(found, objective, *which) for which in _windows(walk)],
    }


def rows_of(walk: WalkForward) -> Rows:
    """Return the combinations, each window's objective as a metric of its own, so that all share a page's room."""
    total = int(walk.metrics["combinations"])
    return Rows(walk.parameters, walk.combinations(0, WHOLE, walk.parameters), Surfaces(walk), total)


def surface(objective: str, fold: int, window: str) -> str:
    """Name the objective over a window, as what it is compared with is named: so its better side is known."""
    return f"{objective}{AGAINST}{fold}-{window}"


class Surfaces(Mapping[str, Floats]):
    """The objective of all combinations, by window; each column is read when it is asked for."""

    def __init__(self, walk: WalkForward) -> None:
        objective = walk.metrics["objective"]
        self._walk, self._objective = walk, objective
        self._windows = {surface(objective, *which): which for which in _windows(walk)}

    def __getitem__(self, name: str) -> Floats:
        return self._walk.values(*self._windows[name], self._objective)

    def __iter__(self) -> Iterator[str]:
        return iter(self._windows)

    def __len__(self) -> int:
        return len(self._windows)


def _windows(walk: WalkForward) -> list[tuple[int, str]]:
    """Return every window: the whole history, then each fold's training and test."""
    return [(0, WHOLE), *((row["fold"], window) for row in walk.folds for window in (TRAIN, TEST))]


def _objective(objective: str) -> dict[str, Any]:
    unit = unit_of(objective)
    return {
        "label": label(objective),
        "title": f"{label(objective)} ({unit})" if unit else label(objective),
        "format": spec_of(objective),
        "lower": lower_is_better(objective),
        "signed": AGAINST in objective,
    }


def _fold(walk: WalkForward, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fold's dates and figures, and how all combinations did in its test: least, quartiles, most."""
    values = walk.values(row["fold"], TEST, walk.metrics["objective"])
    known = values[~np.isnan(values)]
    dates = {name: str(row[name]) for name in ("train_first", "train_last", "test_first", "test_last")}
    figures = {name: row[name] for name in ("in_sample", "out_of_sample", "efficiency")}
    return {**dates, **figures, "quartiles": np.quantile(known, np.arange(5) / 4).tolist() if len(known) else None}


def _books(walk: WalkForward) -> dict[str, Any]:
    equity = walk.equity()
    alive = {name: np.where(equity[name] > 0.0, equity[name], np.nan) for name in BOOKS}
    return {
        "days": singles(equity["date"].astype("datetime64[D]").astype("int64")),
        "lines": [{"name": TITLES[name], "y": singles(alive[name])} for name in BOOKS],
        "spread": spread(np.concatenate(list(alive.values()))),
    }


def _named(found: Extract) -> list[tuple[Axis, str]]:
    return list(zip(found.axes, short_names([axis.key for axis in found.axes]), strict=True))


def _parameter(axis: Axis, short: str) -> dict[str, Any]:
    word = last_word(axis.key)
    return {
        "key": axis.key,
        "label": short,
        "title": f"{short} ({UNITS[word]})" if word in UNITS else short,
        "cells": cells(axis),
        "values": [as_yaml(value) for value in axis.values],
        "numbers": axis.values if axis.numeric == len(axis.values) else None,
        "grouped": axis.width,
    }


def _chosen(walk: WalkForward, found: Extract) -> list[list[int]]:
    """Return which value of each parameter was chosen: in hindsight, then in each fold."""
    best = walk.metrics["parameters"]["hindsight"]
    return [[axis.values.index(row[axis.key]) for axis in found.axes] for row in (best, *walk.folds)]


def _surface(found: Extract, objective: str, fold: int, window: str) -> dict[str, Any]:
    land = found.landscapes[surface(objective, fold, window)]
    return {
        "fold": fold,
        "window": window,
        "best": [packed(one) for one in land.best],
        "median": [packed(one) for one in land.median] if found.layered else [],
    }
