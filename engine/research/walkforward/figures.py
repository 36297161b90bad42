"""What a walk-forward comes to: a row a fold, the books over all tests, in-sample figures beside the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats
from data.calendar import session_numbers
from engine.analytics.measure import AGAINST, MEASURES, NUMBERS, SAFETY, SUM, base_of
from engine.keys import at, below_leg
from engine.plain import Keys
from engine.research.grid import of_one_kind
from engine.research.job import read_column
from engine.research.rows import less_in, run_row, safety_row
from engine.research.walkforward.plan import TEST, TRAIN, WalkForwardPlan
from engine.runs.identity import digest
from engine.runs.run import Run

AGAINST_UNHEDGED = "cagr_vs_unhedged"
UNHEDGED = "unhedged"

Files = Mapping[str, list[Path]]
"""The files of one fold's windows, by `TRAIN` and `TEST`."""


def fold_rows(plan: WalkForwardPlan, chosen: Sequence[int], files: Sequence[Files]) -> list[dict[str, Any]]:
    """Return a row a fold: its dates, the parameters chosen, and how they did in sample and out of it.

    Parameters
    ----------
    chosen
        The row of the grid that each fold's training chose.
    files
        Of each fold.
    """
    rows = []
    for number, (fold, row, held) in enumerate(zip(plan.folds, chosen, files, strict=True), start=1):
        last = fold.test_last - (number < len(plan.folds))  # the close at which the next test begins is that one's
        dates = [plan.sessions[at].item() for at in (fold.train_first, fold.train_last, fold.test_first, last)]
        names = ("train_first", "train_last", "test_first", "test_last")
        inside, outside = (read_column(held[kind], plan.objective) for kind in (TRAIN, TEST))
        against = {
            f"{AGAINST_UNHEDGED}_{where}": float(read_column(held[kind], AGAINST_UNHEDGED)[row])
            for where, kind in (("in_sample", TRAIN), ("out_of_sample", TEST))
        }
        rows.append(
            {
                "fold": number,
                **dict(zip(names, dates, strict=True)),
                "train_sessions": fold.train_last - fold.train_first + 1,
                "test_sessions": fold.test_last - fold.test_first,
                **parameters_of(plan, row),
                "in_sample": float(inside[row]),
                "out_of_sample": _known(outside[row]),
                "degradation": _known(float(inside[row] - outside[row]) * (-1 if plan.lowest else 1)),
                "efficiency": efficiency(plan.objective, float(inside[row]), outside[row], lowest=plan.lowest),
                **standing(outside, row, lowest=plan.lowest),
                **{name: _known(value) for name, value in against.items()},
            }
        )
    return rows


def parameters_of(plan: WalkForwardPlan, row: int) -> dict[str, Any]:
    """Return a combination's parameters by their full keys, as a table holds them."""
    indices = plan.grid.indices(row, row + 1)[0].tolist()
    return {axis.name: of_one_kind(axis.values)[index] for axis, index in zip(plan.grid.axes, indices, strict=True)}


def standing(values: Floats, row: int, *, lowest: bool) -> dict[str, Any]:
    """Return where one combination stands among all that have a value: 1 is the best, those that tie share a rank."""
    known = values[~np.isnan(values)]
    found: dict[str, Any] = {
        "rank": None,
        "ranked": len(known),
        "beaten": None,
        "best_out_of_sample": float(known.min() if lowest else known.max()) if len(known) else None,
        "median_out_of_sample": float(np.median(known)) if len(known) else None,
    }
    if np.isnan(values[row]):
        return found
    ahead = int(np.sum(known < values[row] if lowest else known > values[row]))
    tied = int(np.sum(known == values[row])) - 1
    others = len(known) - 1
    return found | {"rank": ahead + 1, "beaten": (others - ahead - tied + tied / 2) / others if others else None}


def efficiency(objective: str, inside: float | None, outside: float | None, *, lowest: bool) -> float | None:
    """Return what was left out of sample, as a share of the figure in sample; None where that has no meaning.

    It has none for figures that grow with a window's length, for those whose lowest is best, and where there was
    nothing to keep: in sample at or below 0.
    """
    if MEASURES[base_of(objective)].grows or lowest or inside is None or outside is None:
        return None
    return _known(outside / inside) if inside > 0.0 else None


def books_of(stitched: Run, others: Mapping[str, Run], objective: str) -> dict[str, dict[str, Any]]:
    """Return each book's metrics over all tests, and its ``objective`` where it has one."""
    controls = stitched.figures["controls"]
    books: dict[str, tuple[Mapping[str, Any], float | None]] = {}
    for name, result in {"walk_forward": stitched, **others}.items():
        books[name] = result.figures, run_row(result, answer=objective in SUM)[objective]
    for name in ("derisk_daily", UNHEDGED):
        value = _difference(controls[name], controls[UNHEDGED], objective)
        if objective in SAFETY:
            value = safety_row(stitched.books[name], less_in(stitched.setup), stitched.market.sessions_a_year)[
                objective
            ]
        books[name] = controls[name], value
    return {
        name: {measure: metrics[measure] for measure in NUMBERS} | {"objective": _known(value)}
        for name, (metrics, value) in books.items()
    }


def _difference(book: Mapping[str, Any], unhedged: Mapping[str, Any], objective: str) -> float | None:
    """Return a sweep's column from the metrics of a book and of the unhedged one; None for what isn't among them."""
    name, against, _other = objective.partition(AGAINST)
    value, beside = book.get(name), unhedged.get(name) if against else 0.0
    return None if value is None or beside is None else float(value - beside)


def summary_of(
    plan: WalkForwardPlan, rows: Sequence[Mapping[str, Any]], stitched: Run, others: Mapping[str, Run], best: int
) -> dict[str, Any]:
    """Return what metrics.json holds: the books over all tests, and in-sample figures beside those out of sample.

    Parameters
    ----------
    rows
        A row a fold.
    stitched, others
        The book of all tests, and the books beside it.
    best
        The row of the grid that did best over the whole history, in hindsight.
    """
    books, numbers = books_of(stitched, others, plan.objective), session_numbers(plan.sessions)
    weights = [int(numbers[fold.test_last] - numbers[fold.test_first]) for fold in plan.folds]  # by time, holes and all
    inside = float(np.average([row["in_sample"] for row in rows], weights=weights))
    outside = books["walk_forward"]["objective"]
    earlier = [row[f"{AGAINST_UNHEDGED}_in_sample"] for row in rows]
    metrics = stitched.figures
    own = {axis.name: plain_values_at(plan, axis.keys) for axis in plan.grid.axes}
    return {
        "name": plan.config.name,
        "strategy": stitched.label,
        **{name: metrics[name] for name in ("source", "simulated", "synthetic", "first", "last", "sessions")},
        "combinations": len(plan.grid),
        "folds": len(rows),
        **plan.cut.as_dict(),
        "objective": plan.objective,
        "lower_is_better": plan.lowest,
        "in_sample": inside,
        "out_of_sample": outside,
        "efficiency": efficiency(plan.objective, inside, outside, lowest=plan.lowest),
        "better_half": sum(row["beaten"] is not None and row["beaten"] > 0.5 for row in rows),
        f"{AGAINST_UNHEDGED}_in_sample": None if None in earlier else float(np.average(earlier, weights=weights)),
        f"{AGAINST_UNHEDGED}_out_of_sample": books["walk_forward"]["cagr"] - books[UNHEDGED]["cagr"],
        "verdict": metrics["verdict"],
        "parameters": {"own": own, "hindsight": parameters_of(plan, best)},
        "books": books,
        "data": digest(plan.inputs.data)[:12],
        "notes": _notes(weights),
    }


def plain_values_at(plan: WalkForwardPlan, keys: Keys) -> Any:
    """Return the base run's value of a key, as a table holds it; a hedge without a policy of its own has the run's."""
    tree, below = plan.config.model_dump(mode="json"), below_leg(keys)
    node = at(tree, keys)
    if node is None and below[:1] == ("policy",):
        node = at(tree, below)
    return str(node) if isinstance(node, dict) else node


def _notes(tests: Sequence[int]) -> list[str]:
    """Return what the numbers alone don't show, of tests of so many sessions of the exchange each."""
    last, whole = tests[-1], tests[0]
    if len(tests) > 1 and last < 0.97 * whole:
        return [f"The last test is shorter: {last} sessions, the first has {whole}."]
    if last > 1.03 * whole:
        return [f"The last test is longer, {last} sessions: what was left was too little for a test of its own."]
    return []


def _known(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
