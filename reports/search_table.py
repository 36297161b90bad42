"""What a search says in the terminal: the best trials or the front as a table, and plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.arrays import Floats
from data.format import counted
from engine.research.search.objectives import AVOIDED, COST, NAMED, Objective, best_first
from engine.research.search.run import SearchResult, cost_of_selling
from engine.research.search.space import values_of
from reports.sweep_page import as_yaml, label, short_names, shown, spec_of, unit_of

BESIDE = ("cagr_vs_unhedged", "max_drawdown", "episodes")
"""Columns that stand beside the objectives, unless one of those is read from them."""
LABELS = {COST: "Cost against unhedged", AVOIDED: "Drawdown avoided"}
UNITS = {COST: "points a year", AVOIDED: "points"}
FORMATS = {COST: ".2%", AVOIDED: ".2%"}


def show_search(
    console: Console, result: SearchResult, top: int, line: Floats | None, forward: str | None = None
) -> None:
    """Print a search: its best trials or its front, what to make of them, and where its files are.

    Parameters
    ----------
    top
        How many trials are shown.
    line
        What selling would have brought, as `engine.research.search.run.selling_line` gives it.
    forward
        A command that judges the choice out of sample.
    """
    best = best_first(result.values, result.search.objectives)
    console.print(head(result), highlight=False)
    if best:
        console.print(best_table(result, best[:top]))
        if len(best) > top and len(result.search.objectives) > 1:
            console.print(f"The front has {len(best) - top:,} more; the page shows them.", style="dim", highlight=False)
    for sentence in sentences(result, line):
        console.print(escape(sentence), highlight=False)
    for note in notes(result):
        console.print(escape(note), style="yellow", highlight=False)
    if result.mark:
        console.print(result.mark, style="bold yellow", highlight=False)
    if forward:
        console.print(f"Out of sample: [bold]{escape(forward)}[/]", highlight=False, soft_wrap=True)
    console.print(f"Files: [bold]{escape(str(result.folder))}[/]", highlight=False, soft_wrap=True)


def head(result: SearchResult) -> str:
    """Say what was searched, and by what."""
    wanted = " and ".join(
        f"the {'least' if one.lowest else 'highest'} {lowered(objective_label(one))}"
        for one in result.search.objectives
    )
    return f"{counted(len(result.tried), 'trial')}, {result.sessions:,} sessions, for {wanted}"


def lowered(words: str) -> str:
    """Return a name as it stands within a sentence: one in capitals stays."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def best_table(result: SearchResult, places: Sequence[int]) -> Table:
    """Return a row a trial, at these places among the trials."""
    search, beside = result.search, beside_of(result.search.objectives)
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column(
        "SIMULATED" if result.simulated else "trial", header_style="bold yellow" if result.simulated else ""
    )
    heads = [name.replace("_", " ") for name in short_names([one.name for one in search.space])]
    heads += [objective_label(one) for one in search.objectives]
    for title in (*heads, *(label(name) for name in beside)):
        table.add_column("\n".join(title.split()), justify="right", vertical="bottom", no_wrap=True)
    for place in places:
        tried = result.tried[place]
        values = [escape(short(value)) for value in values_of(search.space, tried.drawn)]
        figures = [objective_shown(one, one.of(tried.row)) for one in search.objectives]
        table.add_row(str(tried.number + 1), *values, *figures, *(shown(name, tried.row[name]) for name in beside))
    return table


def beside_of(objectives: Sequence[Objective]) -> list[str]:
    """Return the columns of `BESIDE` that aren't an objective already."""
    told = {one.column for one in objectives} | {one.column.partition("_vs_")[0] for one in objectives}
    return [name for name in BESIDE if name not in told]


def sentences(result: SearchResult, line: Floats | None) -> list[str]:
    """Say what a search says, in plain words."""
    best = best_first(result.values, result.search.objectives)
    told = counted(len(result.tried), "trial")
    if result.distinct < len(result.tried):
        told += f" ({counted(result.distinct, 'combination')})"
    if not best:
        return [f"None of {told} has a value of every objective."]
    said = []
    if len(result.search.objectives) > 1:
        said = [
            f"{len(best):,} of {told} {'stands' if len(best) == 1 else 'stand'} on the front: none is better by both."
        ]
        said += _against_selling(result, best, line)
    return [*said, f"The best of {told} is mostly luck: judge it on a stretch that didn't choose it."]


def _against_selling(result: SearchResult, best: Sequence[int], line: Floats | None) -> list[str]:
    """Say how many trials of the front cost less than selling core would have, for the same drawdown."""
    if line is None:
        return []
    names = [one.name for one in result.search.objectives]
    values = result.values[list(best)]
    cost, avoided = values[:, names.index(COST)], values[:, names.index(AVOIDED)]
    spares = avoided > 0.0
    if not spares.any():
        return ["None of them avoided any drawdown."]
    cheaper = int(np.count_nonzero(cost[spares] < cost_of_selling(line, avoided[spares])))
    whose = f"{cheaper:,} of the {int(spares.sum()):,} that avoided drawdown"
    return [f"{whose} cost less than core sold to cash that would have avoided as much."]


def notes(result: SearchResult) -> list[str]:
    """Say what a reader has to know besides: what failed and why."""
    failed = [one for one in result.tried if one.failed]
    undefined = int(np.isnan(result.values).any(axis=1).sum()) - len(failed)
    said = []
    if failed:
        said.append(f"{counted(len(failed), 'trial')} failed, the first: {failed[0].failed.removeprefix('sweep: ')}")
    if undefined:
        said.append(f"{counted(undefined, 'trial')} ran and left an objective undefined.")
    return said


def objective_label(one: Objective) -> str:
    """Return an objective's name as a person reads it."""
    return LABELS.get(one.name) or label(one.column)


def objective_unit(one: Objective) -> str:
    """Return the unit that an objective is shown in."""
    return UNITS.get(one.name) or unit_of(one.column)


def objective_format(one: Objective) -> str:
    """Return how an objective is written, as d3 has it."""
    return FORMATS.get(one.name) or spec_of(one.column)


def objective_shown(one: Objective, value: float) -> str:
    """Write a value of an objective, a dash for none."""
    if one.name in NAMED:
        return "-" if np.isnan(value) else format(value, FORMATS[one.name])
    return shown(one.column, value)


def short(value: Any) -> str:
    """Write a parameter's value in four digits: its command has them all."""
    return f"{value:.4g}" if isinstance(value, float) else as_yaml(plain(value))


def plain(value: Any) -> Any:
    """Return a value as a sweep's table keeps it: a map as text."""
    return value if isinstance(value, bool | int | float | str | None) else str(value)
