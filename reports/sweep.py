"""What `backtest sweep` says: which combinations did best, and whether that is a plateau or a spike.

Its numbers come from `reports.sweep_numbers`; the terminal and the page only show them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from data.arrays import Ints
from data.arrow import arrow_of, read_columns
from data.errors import UserError
from data.format import counted, percent, written
from engine.analytics.answer.words import Piece
from engine.analytics.measure import AGAINST, MEASURES, SAFETY, SHIFTS, SUM, base_of, lower_is_better
from engine.hedge_names import joined
from engine.research.columns import ESTIMATED
from engine.research.overfitting.findings import Standing
from engine.runs.results import files_in, table_name
from reports.charts import packed
from reports.document import Chart, Column, Document, Link, Menus, Opening, Paragraph, Part, Row, Section, Table
from reports.naming import as_yaml, is_difference, label, measure_data, parameter_data, short_names, shown
from reports.overfitting import overfitting_section
from reports.renderers.html import write_document
from reports.renderers.terminal import fits, show
from reports.sweep_numbers import SIDE, Extract, Landscape, Rows, SweptAxis, extract, ranking

if TYPE_CHECKING:
    from rich.console import Console

    from engine.research.sweep import SweepResult

PLATEAU = 0.5
"""The share of the best's lead that its median neighbour keeps on a plateau: of pure luck it keeps next to none."""
RULE = (
    f"The rule: on a plateau the best's median neighbour keeps at least {percent(PLATEAU, 0)} of its lead over the "
    "median of all combinations; where it keeps less, the best is a spike. Neighbours are one grid step away in one "
    "numeric parameter, all else equal."
)
MAIN = (
    *("cagr", "cagr_vs_unhedged", "gap_to_held_less", "bad_quarter", *SUM),
    *("max_drawdown", "sharpe", "final_equity", "episodes", "costs"),
)
"""Metrics that the top table always shows."""
TOP = Table("top", [Column("")], [])
"""The place of the table of the best rows: the page's script fills it in by the metric that is chosen."""


def show_sweep(console: Console, result: SweepResult, metric: str, top: int) -> None:
    """Print a sweep: its best and its worst rows by a metric, and where its files are."""
    import pyarrow as pa

    from engine.research.sweep import column

    apart = ("cagr_vs_unhedged", *SUM) if result.answer else ("cagr", "cagr_vs_unhedged", "bad_quarter", "max_drawdown")
    names = [axis.name for axis in result.grid.axes]
    measured = column(result, metric)
    known = np.flatnonzero(~np.isnan(measured))
    order = known[np.argsort(measured[known] if lower_is_better(metric) else -measured[known], kind="stable")]
    best, worst = order[:top], order[top:][::-1][:top][::-1]
    measures = list(dict.fromkeys([metric, "gap_to_held_less", *apart, "episodes"]))
    shown = arrow_of(np.concatenate((best, worst)), pa.int64())
    found = read_columns(files_in(result.folder), [*names, *measures]).take(shown).to_pylist()

    def table(measures: Sequence[str]) -> Table:
        titles = [re.sub(r"[_.]", " ", name) for name in short_names(names)]
        titles += [f"{name.replace('_', ' ')}{' ~' * (name in ESTIMATED)}" for name in measures]
        heads = [fill(title, max(map(len, title.split()))) for title in titles]  # as narrow as its longest word
        sides = [f"best {place + 1}" for place in range(len(best))]
        sides += [f"worst {len(found) - place}" for place in range(len(best), len(found))]
        rows = [
            Row([side, *(str(row[name]) for name in names), *(_brief(name, row[name]) for name in measures)])
            for side, row in zip(sides, found, strict=True)
        ]
        return Table("sweep", [Column("SIMULATED" if result.simulated else ""), *map(Column, heads)], rows, "dense")

    while len(measures) > 2 and not fits(console, table(measures)):  # the page has them all
        measures.pop()
    parts: list[Part] = [
        Paragraph(f"{len(measured):,} combinations, {result.sessions:,} sessions, by {metric}"),
        table(measures),
    ]
    if result.answer:
        parts.append(Paragraph(f"~: an estimate, from {SHIFTS} shifted dates.", "dek"))
    if failed := len(measured) - len(known):
        text = f"{failed:,} combinations have no {metric}; the column failed says why."
        parts.append(Paragraph(text, "warning"))
    if result.mark:
        parts.append(Paragraph(result.mark, "alarm"))
    show(console, parts)


def _brief(name: str, value: float | None) -> str:
    """Write a measure for a narrow table."""
    kind = MEASURES[base_of(name)].format
    return percent(value) if kind == "percent" else written(value, kind)


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
    measures = [(str(place), measure_data(name)["title"]) for place, name in enumerate(found.landscapes)]
    menus = [Menus(of, "map-menus")] if (of := surface_menus(found)) else []
    lines = Chart("lines", "Every combination as a line through its parameters", "Each line is a combination.")
    headings = headings_of(found, found.ranked_by)
    parts: dict[str, list[Part]] = {
        "map-part": [*menus, Chart("map", "The metric by parameter", " ")],
        "standing": [Paragraph(" ", id="verdict"), Paragraph(RULE, "dek")],
        "lines-part": [lines],
        "top-part": [Paragraph("Each command runs its row as a single run.", "dek"), TOP],
    }
    sections = [Section(place, headings[place], shown) for place, shown in parts.items()]
    sections[2:2] = [overfitting_section(standing, rows.metrics)] if standing else []
    document = Document(
        title,
        sections,
        note=note or "",
        header=[*_header(found), Menus([("metric", "Metric", measures)])],
        data=page_data(found, command),
        scripts=["surfaces", *(["overfitting"] if standing else []), "sweep"],
        styles=["research"],
        opening=_opening(found, title, note, lucky=standing is not None),
    )
    write_document(path, document)


def _opening(found: Extract, title: str, note: str | None, *, lucky: bool) -> Opening:
    """Return the best by what rows are ranked by, beside the median, and that the best of many is mostly luck."""
    land, measure = found.landscapes[found.ranked_by], label(found.ranked_by)
    luck: list[Piece | Link] = [
        Piece("The best of many is mostly luck.", "strong"),
        Piece(" It was picked after the fact, on the same history that it is judged by: expect less of it"),
        Piece(" from now on, and trust a broad plateau more than the first row."),
    ]
    if lucky:
        luck += [Piece(" "), Link("How much of it is luck", "#overfitting"), Piece(" is worked out below.")]
    ends = (("the best", land.leader), ("the median", land.middle))
    rows = [Row([name, shown(found.ranked_by, value)]) for name, value in ends if not np.isnan(value)]
    about = [title, counted(found.total, "combination"), "" if note else "real history"]
    answer = f"{measure} {shown(found.ranked_by, land.leader)}." if rows else "None has a value."
    table = Table("glance", [Column(""), Column(measure)], rows)
    return Opening(about, f"How good is the best by {measure}?", answer, luck, table if rows else None)


def _header(found: Extract) -> list[Paragraph]:
    """Return what was tried."""
    tried: list[Piece | Link] = [Piece(f"{counted(found.total, 'combination')} of ")]
    for place, axis in enumerate(found.axes):
        many = f"; {len(axis.values):,} values" if len(axis.values) > 5 else ""
        last = place == len(found.axes) - 1
        tried += [Piece(axis.key, "strong"), Piece(f" ({span(axis)}{many}){'.' if last else ', '}")]
    if found.rows < found.total:
        tried.append(Piece(f" {found.rows:,} of them were run."))
    if len(found.drawn) < found.rows:
        held = f"the {len(found.drawn):,} best rows by {label(found.ranked_by)}; every row is in "
        tried.append(Piece(f" This page holds the best and the median for each pair of parameters, and {held}"))
        tried += [Piece(table_name(found.rows), "code"), Piece(".")]
    return [Paragraph(tried, "dek")]


def surface_menus(found: Extract) -> list[tuple[str, str, Sequence[tuple[str, str]]]]:
    """Return the menus above a map; where one parameter varies there is a line, and nothing to choose."""
    varied = [(str(at), found.axes[at].key) for at in dict.fromkeys(at for pair in found.pairs for at in pair)]
    over = [("how", "Over the others", (("best", "the best"), ("median", "the median")))]
    return [("x", "Across", varied), ("y", "Up", varied), *(over if found.layered else [])] if len(varied) > 1 else []


def page_data(found: Extract, command: str) -> dict[str, Any]:
    """Return what the page's script reads: texts, and arrays of float32 or uint32 as base64."""
    names = list(found.landscapes)
    parameters = axes_data(found)
    for axis, data in zip(found.axes, parameters, strict=True):
        data["values"] = data["values"] if len(axis.values) <= SIDE else []
        data["codes"] = packed(axis.codes[found.drawn].astype("<u4"))
    return {
        "parameters": parameters,
        "pairs": found.pairs,
        "layered": found.layered,
        "metrics": [_metric_data(found, name) for name in names],
        "first": names.index(found.ranked_by),
        "main": [names.index(name) for name in MAIN if name in names],
        "table": [_table_row(found, at, row, command) for at, row in enumerate(found.listed.tolist())],
    }


def axes_data(found: Extract) -> list[dict[str, Any]]:
    """Return what a page's script knows of each parameter as an axis."""
    return [
        {
            **parameter_data(axis.key, short),
            "cells": cells(axis),
            "values": [as_yaml(value) for value in axis.values],
            "numbers": axis.values if axis.numeric == len(axis.values) else None,
            "grouped": axis.width,
        }
        for axis, short in zip(found.axes, short_names([axis.key for axis in found.axes]), strict=True)
    ]


def surface_data(found: Extract, name: str) -> dict[str, list[str]]:
    """Return a metric's matrices over each pair of parameters, packed: the best, and the median where that differs."""
    land = found.landscapes[name]
    median = land.median if found.layered else ()
    return {"best": [packed(matrix) for matrix in land.best], "median": [packed(matrix) for matrix in median]}


def _metric_data(found: Extract, name: str) -> dict[str, Any]:
    land = found.landscapes[name]
    return {
        **measure_data(name),
        **surface_data(found, name),
        "name": name,
        "beside": beside(name),
        "meaning": MEASURES[name].meaning if name in (*SAFETY, *SUM) else "",
        "headings": headings_of(found, name),
        "verdict": " ".join([verdict(land, name)[1], edges(found, land)]).rstrip(),
        "cell": [int(axis.codes[land.top[0]] // axis.width) for axis in found.axes] if len(land.top) else None,
        "drawn": packed(found.columns[name][: len(found.drawn)].astype("<f4")),
        "top": np.searchsorted(found.listed, land.top).tolist(),
    }


def _table_row(found: Extract, at: int, row: int, command: str) -> dict[str, Any]:
    values = [as_yaml(axis.values[axis.codes[row]]) for axis in found.axes]
    keys = [axis.key for axis in found.axes]
    return {
        "values": values,
        "metrics": [shown(name, float(column[len(found.drawn) + at])) for name, column in found.columns.items()],
        "command": command_of(command, dict(zip(keys, values, strict=True))),
    }


def command_of(command: str, values: Mapping[str, str]) -> str:
    """Return a command that runs one combination, its values as YAML writes them."""
    return " ".join([command, *(f"--set {shlex.quote(f'{key}={value}')}" for key, value in values.items())])


def headings_of(found: Extract, name: str) -> dict[str, str]:
    """Return what each section finds by a metric, its heading, by the section's id."""
    land, what, names = found.landscapes[name], label(name), short_names([axis.key for axis in found.axes])
    held = {name: axis for name, axis in zip(names, found.axes, strict=True) if len(axis.values) > 1}
    standing, _ = verdict(land, name)
    if not land.known:
        nothing = f"No combination has a value of {what}"
        return {
            "map-part": nothing,
            "standing": standing,
            "lines-part": "There is no line",
            "top-part": "There is no best",
        }
    many, ends = f"The {len(land.top)} best", [shown(name, found.columns[name][at]) for at in _listed(found, land)]
    lie = f"lie between {ends[0]} and {ends[-1]}" if ends[0] != ends[-1] else f"are all at {ends[0]}"
    at = ", ".join(f"{name} {as_yaml(axis.values[axis.codes[land.top[0]]])}" for name, axis in held.items())
    peak = f"{what} is {'lowest' if lower_is_better(name) else 'highest'}, {ends[0]}{f', at {at}' if at else ''}"
    return {
        "map-part": _ahead(land, name) or peak,
        "standing": standing,
        "lines-part": f"{many} {_in_common(held, land)}"
        if land.known > len(land.top)
        else "Each combination is a line",
        "top-part": f"{many} {lie}" if len(ends) > 1 else f"The best is at {ends[0]}",
    }


def _listed(found: Extract, land: Landscape) -> Ints:
    """Return where the best rows stand in the extract's columns."""
    return len(found.drawn) + np.searchsorted(found.listed, land.top)


def _ahead(land: Landscape, name: str) -> str:
    """Return how many combinations came out ahead of what a difference is measured from; empty for no difference."""
    base, against, _ = name.partition(AGAINST)
    many = f"{f'{land.ahead:,}' if land.ahead else 'None'} of {counted(land.known, 'combination')}"
    if name == "gap_to_held_less":
        return f"{many} grew more than {beside(name)}"
    if against:
        return f"{many} did better than {beside(name)} by {label(base)}"
    return f"{label(name)} is above 0 in {many[:1].lower()}{many[1:]}" if is_difference(name) else ""


def _in_common(held: Mapping[str, SweptAxis], land: Landscape) -> str:
    """Return in which parameter the best rows are closest together, and where they are."""
    among = {name: np.unique(axis.codes[land.top]) for name, axis in held.items()}

    def reach(name: str) -> float:
        axis, codes = held[name], among[name]
        numeric = codes[-1] < axis.numeric
        return (codes[-1] - codes[0] + 1 if numeric else len(codes)) / len(axis.values)

    name = min(among, key=reach)
    if reach(name) == 1.0:
        return "are spread over every value of each parameter"
    axis, texts = held[name], [as_yaml(held[name].values[code]) for code in among[name]]
    where = f"{texts[0]} to {texts[-1]}" if among[name][-1] < axis.numeric and len(texts) > 2 else joined(texts)
    return f"have {name} {where}, of {span(axis)}"


def verdict(land: Landscape, name: str) -> tuple[str, str]:
    """Return whether the best stands on a plateau or on a spike, and from what that follows."""
    known = land.neighbours[~np.isnan(land.neighbours)]
    if np.isnan(land.leader):
        return "Nothing to judge", f"{label(name)} is undefined in every combination."
    lead = land.leader - land.middle
    head = f"The best, {shown(name, land.leader)}, leads the median of all combinations, {shown(name, land.middle)}"
    if lead == 0:
        return "A plateau: half of all are as good", "At least half of all combinations are as good as the best."
    if not len(known):
        return "Plateau or spike: it can't be told", f"{head}, and it has no neighbour with a value."
    kept = np.sort((known - land.middle) / lead)
    middle = float(np.median(kept))
    word = "The best stands on a plateau" if middle >= PLATEAU else "The best is a spike"
    worst, usual = (shown(name, land.middle + share * lead) for share in (kept[0], middle))
    undefined = f" ({len(land.neighbours) - len(known)} more undefined)" if len(known) < len(land.neighbours) else ""
    count = len(known)
    many = f"its {count} neighbours{undefined}, the median one" if count > 1 else f"its one neighbour{undefined}"
    words = f"{head}. Of {many} keeps {_share(middle)} of that lead ({usual})"
    heading = f"{word}: its {'median' if count > 1 else 'one'} neighbour keeps {_share(middle)} of its lead"
    return heading, words + (f", the worst {_share(kept[0])} ({worst})." if count > 1 else ".")


def _share(kept: float) -> str:
    return percent(kept, 0, gap="") if kept > 0 else "none"


def edges(found: Extract, land: Landscape) -> str:
    """Return in which numeric parameters the best lies at the end of what was tried."""
    if not len(land.top):
        return ""
    ends = [
        f"{axis.key} ({as_yaml(axis.values[code])})"
        for axis in found.axes
        if axis.numeric > 2 and (code := int(axis.codes[land.top[0]])) in (0, axis.numeric - 1)
    ]
    where = f"The best lies at the end of the range of {' and '.join(ends)}: what is beyond was not tried."
    return where if ends else ""


def cells(axis: SweptAxis) -> list[str]:
    """Return the text of each cell of an axis."""
    texts = [as_yaml(value) for value in axis.values]
    groups = [texts[at : at + axis.width] for at in range(0, len(texts), axis.width)]
    return [group[0] if len(group) == 1 else f"{group[0]} to {group[-1]}" for group in groups]


def span(axis: SweptAxis) -> str:
    """Return in words what values an axis has."""
    texts = [as_yaml(value) for value in axis.values]
    if len(texts) <= 5:
        return ", ".join(texts)
    if axis.numeric == len(texts):
        return f"{texts[0]} to {texts[-1]}"
    return f"{', '.join(texts[:4])} ... {texts[-1]}"


def beside(name: str) -> str:
    """Return what a difference is measured from, as the map's key names it."""
    other = name.partition(AGAINST)[2].replace("_", " ")
    return other or {"gap_to_held_less": "holding less to the same bad quarter"}.get(name, "0")
