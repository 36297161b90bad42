"""The search page: what was tried, how the best came up, the front, and each parameter against the objectives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats
from engine.research.search.objectives import PAIR, Objective, best_first
from engine.research.search.run import SearchResult
from engine.research.search.space import Dimension, values_of
from reports.charts import singles
from reports.renderers.html import write_page
from reports.search_table import (
    beside_of,
    notes,
    objective_format,
    objective_label,
    objective_shown,
    objective_unit,
    plain,
    sentences,
    short,
)
from reports.sweep_page import UNITS, as_yaml, label, last_word, short_names, shown

LISTED = 20
"""Rows of the table, of one objective; a front is shown whole."""


def write_search_page(path: Path, result: SearchResult, line: Floats | None, *, title: str, command: str) -> None:
    """Write the page of a search: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    result, line
        The search, and what selling would have brought, as `engine.research.search.run.selling_line` gives it.
    title
        Stands at the top; any text is safe.
    command
        The command that runs one combination, without its parameters.
    """
    objectives = result.search.objectives
    best = best_first(result.values, objectives)
    words = {
        "title": title,
        "note": result.mark,
        "result": result,
        "space": [(one.name, span(one)) for one in result.search.space],
        "sampler": "TPE" if len(objectives) == 1 else "NSGA-II",
        "said": sentences(result, line),
        "notes": notes(result),
        "two": len(objectives) > 1,
        "shown": min(LISTED, len(best)) if len(objectives) == 1 else len(best),
    }
    write_page(path, "search.html.j2", words, page_data(result, line, best, command))


def page_data(result: SearchResult, line: Floats | None, best: Sequence[int], command: str) -> dict[str, Any]:
    """Return what the page's script reads: texts, and arrays of float32 as base64."""
    search, values = result.search, [values_of(result.search.space, one.drawn) for one in result.tried]
    labels = short_names([one.name for one in search.space])
    listed = best[:LISTED] if len(search.objectives) == 1 else best
    beside = beside_of(search.objectives)
    return {
        "command": command,
        "trials": [one.number + 1 for one in result.tried],
        "parameters": [
            _parameter(one, short_name, [row[place] for row in values])
            for place, (one, short_name) in enumerate(zip(search.space, labels, strict=True))
        ],
        "objectives": [_objective(one, result.values[:, place]) for place, one in enumerate(search.objectives)],
        "best": list(best),
        "listed": list(listed),
        "beside": [label(name) for name in beside],
        "figures": [[shown(name, result.tried[place].row[name]) for name in beside] for place in listed],
        "selling": _selling(line, search.objectives),
    }


def _parameter(one: Dimension, short_name: str, values: Sequence[Any]) -> dict[str, Any]:
    unit = UNITS.get(last_word(one.name))
    texts = [as_yaml(plain(value)) for value in values]
    return {
        "key": one.name,
        "label": short_name,
        "title": f"{short_name} ({unit})" if unit else short_name,
        "texts": texts,
        "short": [short(value) for value in values],
        "numbers": singles(np.array(values, dtype=np.float64)) if one.range else None,
        "choices": [as_yaml(plain(value)) for value in one.choices],
    }


def _objective(one: Objective, values: Floats) -> dict[str, Any]:
    unit = objective_unit(one)
    return {
        "label": objective_label(one),
        "title": f"{objective_label(one)} ({unit})" if unit else objective_label(one),
        "format": objective_format(one),
        "lower": one.lowest,
        "values": singles(values),
        "shown": [objective_shown(one, float(value)) for value in values],
    }


def _selling(line: Floats | None, objectives: Sequence[Objective]) -> dict[str, Any] | None:
    """Return the line of plain selling, by the objectives' order."""
    if line is None:
        return None
    of = dict(zip(PAIR, (line[:, 1], line[:, 2]), strict=True))
    return {"shares": [f"{share:.0%}" for share in line[:, 0]], "values": [singles(of[one.name]) for one in objectives]}


def span(one: Dimension) -> str:
    """Say in words what values a dimension has."""
    if one.range is None:
        return ", ".join(as_yaml(plain(value)) for value in one.choices)
    low, high, step, whole = one.range
    by = "" if step is None or (whole and step == 1) else f" by {step}"
    return f"{low} to {high}{by}"
