"""The sweep page: which combinations of a sweep did best, and whether that is a plateau or a spike. One offline file.

Its numbers come from `reports.sweep_numbers`; the page only shows them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ConfigError, UserError
from data.format import figure
from engine.analytics.measure import AGAINST, MEASURES, SAFETY, SUM, base_of, lower_is_better
from engine.plain_yaml import PlainYaml
from engine.research.columns import ESTIMATED
from engine.research.overfitting.findings import Standing
from reports.charts import packed
from reports.overfitting_page import overfitting_data, overfitting_words
from reports.renderers.html import write_page
from reports.sweep_numbers import (
    SIDE,
    Axis,
    Extract,
    Landscape,
    Rows,
    Value,
    extract,
    ranking,
)

__all__ = ["Rows", "write_sweep_page"]

APART = ("gap_to_held_less", *SUM)
"""Differences to another book that aren't named after it: shown with a sign, in points."""

PLATEAU = 0.5
"""The share of the best's lead that its median neighbour keeps on a plateau: of pure luck it keeps next to none."""

MAIN = (
    "cagr",
    "cagr_vs_unhedged",
    "gap_to_held_less",
    "bad_quarter",
    *SUM,
    "max_drawdown",
    "sharpe",
    "final_equity",
    "episodes",
    "costs",
)
"""Metrics that the top table always shows."""
ACRONYMS = {"cagr": "CAGR", "cvar 95": "CVaR 95 %"}
UNITS = {
    "bps": "basis points",
    "buffer": "of equity",
    "confirm": "closes",
    "cooldown": "sessions",
    "days": "sessions",
    "hold": "sessions",
    "lookback": "sessions",
    "weight": "of equity",
}
"""The unit of a parameter, by the last word of its key."""


def write_sweep_page(
    path: Path, rows: Rows, *, title: str, note: str | None, command: str, standing: Standing | None = None
) -> None:
    """Write the page of a sweep: one file, read offline.

    Parameters
    ----------
    path
        The file to write; left alone when the page can't be made.
    rows
        The sweep.
    title, note
        Stand at the top; any text is safe.
    command
        The command that runs one combination, without its parameters: ``backtest run hedge_soxs.yaml --data DIR``.
    standing
        The statistics of overfitting, where there are any; then there are columns ``sharpe`` and ``cagr_vs_unhedged``.

    Raises
    ------
    UserError
        When there is no row, or no metric.
    """
    if not rows.parameters or not len(rows) or not rows.metrics:
        raise UserError("a sweep's page needs a combination that was run: there is none")
    found = extract(rows, ranking(rows.metrics))
    words = {
        "title": title,
        "note": note,
        "found": found,
        "varied": [(axis.key, len(axis.values), span(axis)) for axis in found.axes],
        "ranked_by": label(found.ranked_by),
        "kept_on_a_plateau": f"{PLATEAU:.0%}",
        "luck": overfitting_words(standing),
    }
    data = page_data(found, command) | {"overfitting": overfitting_data(standing, rows.metrics)}
    write_page(path, "sweep.html.j2", words, data)


def page_data(found: Extract, command: str) -> dict[str, Any]:
    """Return what the page's script reads: texts, and arrays of float32 or uint32 as base64."""
    labels = short_names([axis.key for axis in found.axes])
    names = list(found.landscapes)
    return {
        "parameters": [
            {
                "key": axis.key,
                "label": short,
                "title": f"{short} ({UNITS[word]})" if (word := last_word(axis.key)) in UNITS else short,
                "cells": cells(axis),
                "values": [as_yaml(value) for value in axis.values] if len(axis.values) <= SIDE else [],
                "numbers": axis.values if axis.numeric == len(axis.values) else None,
                "grouped": axis.width,
                "codes": packed(axis.codes[found.drawn].astype("<u4")),
            }
            for axis, short in zip(found.axes, labels, strict=True)
        ],
        "pairs": found.pairs,
        "layered": found.layered,
        "metrics": [_metric_data(found, name) for name in names],
        "first": names.index(found.ranked_by),
        "main": [names.index(name) for name in MAIN if name in names],
        "table": [_table_row(found, at, row, command) for at, row in enumerate(found.listed.tolist())],
    }


def _metric_data(found: Extract, name: str) -> dict[str, Any]:
    land = found.landscapes[name]
    word, sentence = verdict(land, name)
    return {
        "name": name,
        "label": label(name),
        "title": f"{label(name)} ({unit})" if (unit := unit_of(name)) else label(name),
        "format": spec_of(name),
        "lower": lower_is_better(name),
        "signed": is_difference(name),
        "beside": beside(name),
        "meaning": MEASURES[name].meaning if name in (*SAFETY, *SUM) else "",
        "verdict": word,
        "sentence": sentence,
        "edges": edges(found, land),
        "cell": [int(axis.codes[land.top[0]] // axis.width) for axis in found.axes] if len(land.top) else None,
        "best": [packed(one) for one in land.best],
        "median": [packed(one) for one in land.median] if found.layered else [],
        "drawn": packed(found.columns[name][: len(found.drawn)].astype("<f4")),
        "top": np.searchsorted(found.listed, land.top).tolist(),
    }


def _table_row(found: Extract, at: int, row: int, command: str) -> dict[str, Any]:
    values = [as_yaml(axis.values[axis.codes[row]]) for axis in found.axes]
    settings = [f"{axis.key}={value}" for axis, value in zip(found.axes, values, strict=True)]
    return {
        "values": values,
        "metrics": [shown(name, float(column[len(found.drawn) + at])) for name, column in found.columns.items()],
        "command": " ".join([command, *(f"--set {shlex.quote(setting)}" for setting in settings)]),
    }


def verdict(land: Landscape, name: str) -> tuple[str, str]:
    """Say whether the best stands on a plateau or on a spike, and from what that follows."""
    known = land.neighbours[~np.isnan(land.neighbours)]
    if np.isnan(land.leader):
        return "Nothing to judge", f"{label(name)} is undefined in every combination."
    lead = land.leader - land.middle
    head = f"The best, {shown(name, land.leader)}, leads the median of all combinations, {shown(name, land.middle)}"
    if lead == 0:
        return "Plateau", "At least half of all combinations are as good as the best."
    if not len(known):
        return "It can't be told", f"{head}, and it has no neighbour with a value."
    kept = np.sort((known - land.middle) / lead)
    middle = float(np.median(kept))
    word = "Plateau" if middle >= PLATEAU else "Spike"
    worst, usual = (shown(name, land.middle + share * lead) for share in (kept[0], middle))
    undefined = f" ({len(land.neighbours) - len(known)} more undefined)" if len(known) < len(land.neighbours) else ""
    many = (
        f"its {len(known)} neighbours{undefined}, the median one" if len(known) > 1 else f"its one neighbour{undefined}"
    )
    told = f"{head}. Of {many} keeps {_share(middle)} of that lead ({usual})"
    return word, told + (f", the worst {_share(kept[0])} ({worst})." if len(known) > 1 else ".")


def _share(kept: float) -> str:
    return f"{kept:.0%}" if kept > 0 else "none"


def edges(found: Extract, land: Landscape) -> str:
    """Say in which numeric parameters the best lies at the end of what was tried."""
    if not len(land.top):
        return ""
    ends = [
        f"{axis.key} ({as_yaml(axis.values[code])})"
        for axis in found.axes
        if axis.numeric > 2 and (code := int(axis.codes[land.top[0]])) in (0, axis.numeric - 1)
    ]
    return (
        f"The best lies at the end of the range of {' and '.join(ends)}: what is beyond was not tried." if ends else ""
    )


def cells(axis: Axis) -> list[str]:
    """Return the text of each cell of an axis."""
    texts = [as_yaml(value) for value in axis.values]
    groups = [texts[at : at + axis.width] for at in range(0, len(texts), axis.width)]
    return [group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in groups]


def span(axis: Axis) -> str:
    """Say in words what values an axis has."""
    texts = [as_yaml(value) for value in axis.values]
    if len(texts) <= 5:
        return ", ".join(texts)
    if axis.numeric == len(texts):
        return f"{texts[0]} to {texts[-1]}"
    return f"{', '.join(texts[:4])} ... {texts[-1]}"


def label(name: str) -> str:
    """Return a metric's name as a person reads it."""
    base, against, other = name.partition(AGAINST)
    words = base.removesuffix("_a_year").replace("_", " ")  # the unit tells that
    words = ACRONYMS.get(words) or words.capitalize()
    words += " (estimate)" if name in ESTIMATED else ""
    return f"{words} against {other.replace('_', ' ')}" if against else words


def is_difference(name: str) -> bool:
    """Return whether a metric is a difference to another book."""
    return AGAINST in name or name in APART


def beside(name: str) -> str:
    """Return what a difference is measured from, as the map's key names it."""
    other = name.partition(AGAINST)[2].replace("_", " ")
    return other or {"gap_to_held_less": "holding less to the same bad quarter"}.get(name, "0")


def unit_of(name: str) -> str:
    """Return the unit that figures of a metric are shown in."""
    base = base_of(name)
    unit = MEASURES[base].unit if base in MEASURES else ""
    if unit.startswith("fraction"):
        return ("percentage points" if is_difference(name) else "%") + (" a year" if unit.endswith("a year") else "")
    return {"dollars": "$", "count": "", "a year": "times a year"}.get(unit, unit)


def spec_of(name: str) -> str:
    """Return how figures of a metric are written, as d3 has it: a sign for differences, % for fractions."""
    base = base_of(name)
    form = MEASURES[base].format if base in MEASURES else "number"
    return ("+" if is_difference(name) else "") + {"percent": ".2%", "dollars": "$,.0f", "count": ",.0f"}.get(
        form, ",.2f"
    )


def shown(name: str, value: float) -> str:
    """Write a figure of a metric, a dash for none."""
    return figure(value, spec_of(name))


def short_names(keys: Sequence[str]) -> list[str]:
    """Return the last part of each key, the whole key where two end alike."""
    ends = [key.rpartition(".")[2] for key in keys]
    return [end if ends.count(end) == 1 else key for key, end in zip(keys, ends, strict=True)]


def last_word(key: str) -> str:
    """Return the last word of a key."""
    return key.replace("_", ".").rpartition(".")[2]


def as_yaml(value: Value) -> str:
    """Write a parameter's value so that --set reads it back: text in quotes only where YAML would take it otherwise."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):  # a whole number beside a None comes out of a table as a float
        return str(int(value)) if abs(value) < 2**53 and value == int(value) else str(value)
    try:
        read = PlainYaml(value, str).tree
    except ConfigError:
        read = None
    plain = read == value or (isinstance(read, dict | list) and value[0] in "{[")  # a map that was kept as text
    return value if plain else json.dumps(value, ensure_ascii=False)
