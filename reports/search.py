"""What `backtest search` says: the best trials or the front, plain sentences, and on its page how they came up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.arrays import Floats
from data.format import counted, figure, percent
from engine.analytics.answer.words import Piece
from engine.research.search.objectives import AVOIDED, COST, PAIR, Objective, best_first
from engine.research.search.run import PAGE, SearchResult, cost_of_selling
from engine.research.search.space import Dimension, values_of
from reports.charts import singles
from reports.document import Chart, Column, Document, Menus, Opening, Paragraph, Part, Row, Section, Table, named
from reports.naming import as_yaml, label, measure_data, parameter_data, short_names, shown, within
from reports.renderers.html import write_document
from reports.renderers.terminal import show, where
from reports.sweep import command_of

if TYPE_CHECKING:
    from rich.console import Console

LISTED = 20
"""Rows of the page's table, of one objective; a front is shown whole."""
BESIDE = ("cagr_vs_unhedged", "max_drawdown", "episodes")
"""Columns that stand beside the objectives, unless one of those is read from them."""
NAMES = {
    COST: {"label": "Cost against unhedged", "title": "Cost against unhedged (points a year)", "format": ".2%"},
    AVOIDED: {"label": "Drawdown avoided", "title": "Drawdown avoided (points)", "format": ".2%"},
}
"""What objectives that are no measures are called, and how they are written."""


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
    parts: list[Part] = [Paragraph(head(result))]
    if best:
        parts.append(best_table(result, best[:top]))
        if len(best) > top and len(result.search.objectives) > 1:
            parts.append(Paragraph(f"The front has {len(best) - top:,} more; the page shows them.", "dek"))
    parts += [*map(Paragraph, sentences(result, line)), *(Paragraph(note, "warning") for note in notes(result))]
    if result.mark:
        parts.append(Paragraph(result.mark, "alarm"))
    if forward:
        parts.append(named("Out of sample:", forward))
    show(console, [*parts, where(result.folder / PAGE)])


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
    best, two = best_first(result.values, objectives), len(objectives) > 1
    listed = best if two else best[:LISTED]
    goals = [(str(at), objective_data(objective)["title"]) for at, objective in enumerate(objectives)]
    space = [(str(at), dimension.name) for at, dimension in enumerate(result.search.space)]
    axes = Menus([("parameter", "Parameter", space), *([("against", "Objective", goals)] if two else [])])
    history = [Menus([("objective", "Objective", goals)])] if two else []
    commands = Paragraph("Each command runs its row as a single run.", "dek")
    front = [Chart("front", "The front of the search", " ", "tall")]
    come, where = history_findings(result)[0], slice_findings(result)[0][0]
    sections = [
        *([Section("front-part", sentences(result, line)[-2 if best else 0].removesuffix("."), front)] if two else []),
        Section("history-part", come, [*history, Chart("history", "Each trial in turn", " ", "tall")]),
        Section("slice-part", where, [axes, Chart("slice", "Trials by a parameter", " ", "tall")]),
        Section("best-part", _reach(result, listed), [commands, best_table(result, listed, command)]),
    ]
    document = Document(
        title,
        sections,
        note=result.mark or "",
        header=_header(result),
        data=page_data(result, line, best, command),
        scripts=["search"],
        opening=_opening(result, line, title, best),
    )
    write_document(path, document)


def _opening(result: SearchResult, line: Floats | None, title: str, best: Sequence[int]) -> Opening:
    """Return the best that was found, and what to make of it."""
    objectives = result.search.objectives
    wanted = " and ".join(objective_data(one)["label"] for one in objectives)
    answer = f"{counted(len(best), 'trial')} on the front." if len(objectives) > 1 else ""
    if not best:
        answer = "None has a value."
    elif not answer:
        reached = objective_shown(objectives[0], float(result.values[best[0], 0]))
        answer = f"{objective_data(objectives[0])['label']} {reached}."
    *others, last = sentences(result, line)
    about = [title, counted(len(result.tried), "trial"), f"{result.sessions:,} sessions"]
    about.append("" if result.simulated else "real history")
    lead = [Piece(" ".join([*others, ""])), Piece(last, "strong")]
    return Opening(about, f"How good is the best by {wanted}?", answer, lead)


def history_findings(result: SearchResult) -> list[str]:
    """Return by each objective when the best came up, and how many trials bettered nothing since."""
    found = []
    for objective, column in zip(result.search.objectives, result.values.T, strict=True):
        goal, last = _sided(objective), len(column)
        if np.isnan(column).all():
            found.append(f"No trial has a value of {goal}")
            continue
        at = int(np.nanargmin(column) if objective.lowest else np.nanargmax(column)) + 1
        since = f": {counted(last - at, 'trial')} since were no better" if at < last else ""
        found.append(f"The {goal} came up at trial {at:,} of {last:,}{since}")
    return found


def slice_findings(result: SearchResult) -> list[list[str]]:
    """Return by each objective, for each parameter, where the best tenth of all trials lie."""
    space, found = result.search.space, []
    rows = [values_of(space, trial.drawn) for trial in result.tried]
    for objective, column in zip(result.search.objectives, result.values.T, strict=True):
        order = np.argsort(column if objective.lowest else -column, kind="stable")[: int((~np.isnan(column)).sum())]
        best = order[: max(len(order) // 10, 1)].tolist() if len(order) else []
        many = f"the {len(best)} trials" if len(best) > 1 else "the trial"
        head = f"{many[:1].upper()}{many[1:]} of {_sided(objective)} {'have' if len(best) > 1 else 'has'}"
        lies = [_lie(dimension, [rows[at][place] for at in best]) for place, dimension in enumerate(space)]
        found.append([f"{head} {lie}" if best else f"No trial has a value of {_sided(objective)}" for lie in lies])
    return found


def _lie(dimension: Dimension, values: Sequence[Any]) -> str:
    """Return where a parameter's values lie, and where they might have."""
    name = short_names([dimension.name])[0]
    if dimension.range is None:
        among = [choice for choice in dimension.choices if choice in values]
        texts = [short(value) for value in among]
    else:
        texts = list(dict.fromkeys(map(short, (min(values), max(values))))) if values else []
    return f"{name} {(' to ' if dimension.range else ' and ').join(texts)}, of {span(dimension)}"


def _sided(objective: Objective) -> str:
    """Return an objective with the side that is sought: the highest Sharpe."""
    return f"{'least' if objective.lowest else 'highest'} {within(objective_data(objective)['label'])}"


def _reach(result: SearchResult, places: Sequence[int]) -> str:
    """Return between which values the listed trials lie, by the first objective."""
    objectives, values = result.search.objectives, result.values
    if not places:
        return "There is no best"
    many = (
        f"The {counted(len(places), 'trial')} on the front" if len(objectives) > 1 else f"The {len(places)} best trials"
    )
    least, most = (objective_shown(objectives[0], float(end(values[list(places), 0]))) for end in (np.min, np.max))
    goal = within(objective_data(objectives[0])["label"])
    if len(places) == 1:
        return f"The one best trial: {goal} {least}"
    return f"{many} are equal by {goal}: {least}" if least == most else f"{many}: {goal} from {least} to {most}"


def _header(result: SearchResult) -> list[Part]:
    """Return what was tried and by what."""
    search = result.search
    tried = [Piece(f"{counted(len(result.tried), 'trial')} of ")]
    for place, dimension in enumerate(search.space):
        tried += [Piece(", " if place else ""), Piece(dimension.name, "strong"), Piece(f" ({span(dimension)})")]
    sampler = "TPE" if len(search.objectives) == 1 else "NSGA-II"
    how = f"; proposed by {sampler}, seed {search.seed}. Every trial is in "
    counts = Piece("Every trial counts as a combination tried, whatever proposed it. ")
    then = Piece(" chooses on the past and judges on what came after.")
    about = [counts, Piece("backtest walkforward", "code"), then]
    return [
        Paragraph([*tried, Piece(how), Piece("results.parquet", "code"), Piece(".")], "dek"),
        Paragraph(about, "dek"),
        *(Paragraph(note, "dek") for note in notes(result)),
    ]


def page_data(result: SearchResult, line: Floats | None, best: Sequence[int], command: str) -> dict[str, Any]:
    """Return what the page's script reads: texts, and arrays of float32 as base64."""
    search, values = result.search, [values_of(result.search.space, trial.drawn) for trial in result.tried]
    labels = short_names([dimension.name for dimension in search.space])
    return {
        "commands": [_command(command, search.space, row) for row in values],
        "trials": [trial.number + 1 for trial in result.tried],
        "parameters": [
            _parameter_data(dimension, name, [row[place] for row in values])
            for place, (dimension, name) in enumerate(zip(search.space, labels, strict=True))
        ],
        "objectives": [
            objective_data(objective)
            | {"values": singles(column), "shown": [objective_shown(objective, float(value)) for value in column]}
            | {"came": came, "lie": lie}
            for objective, column, came, lie in zip(
                search.objectives, result.values.T, history_findings(result), slice_findings(result), strict=True
            )
        ],
        "best": list(best),
        "selling": _selling(line, search.objectives),
    }


def _command(command: str, space: Sequence[Dimension], values: Sequence[Any]) -> str:
    texts = {dimension.name: as_yaml(plain(value)) for dimension, value in zip(space, values, strict=True)}
    return command_of(command, texts)


def _parameter_data(dimension: Dimension, name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {
        **parameter_data(dimension.name, name),
        "texts": [as_yaml(plain(value)) for value in values],
        "short": [short(value) for value in values],
        "numbers": singles(np.array(values, dtype=np.float64)) if dimension.range else None,
        "choices": [as_yaml(plain(value)) for value in dimension.choices],
    }


def _selling(line: Floats | None, objectives: Sequence[Objective]) -> dict[str, Any] | None:
    """Return the line of plain selling, by the objectives' order."""
    if line is None:
        return None
    of = dict(zip(PAIR, (line[:, 1], line[:, 2]), strict=True))
    shares = [percent(share, 0, gap="") for share in line[:, 0]]
    return {"shares": shares, "values": [singles(of[objective.name]) for objective in objectives]}


def span(dimension: Dimension) -> str:
    """Return in words what values a dimension has."""
    if dimension.range is None:
        return ", ".join(as_yaml(plain(value)) for value in dimension.choices)
    low, high, step, whole = dimension.range
    by = "" if step is None or (whole and step == 1) else f" by {step}"
    return f"{low} to {high}{by}"


def head(result: SearchResult) -> str:
    """Return what was searched, and by what."""
    wanted = " and ".join(f"the {_sided(objective)}" for objective in result.search.objectives)
    return f"{counted(len(result.tried), 'trial')}, {result.sessions:,} sessions, for {wanted}"


def best_table(result: SearchResult, places: Sequence[int], command: str = "") -> Table:
    """Return a row a trial, at these places among the trials.

    With a `command`, as a page shows them: the objectives come first, and each row has the command that runs it.
    """
    search, beside = result.search, beside_of(result.search.objectives)
    names = short_names([dimension.name for dimension in search.space])
    parameters = names if command else [name.replace("_", " ") for name in names]
    objectives = [objective_data(objective)["label"] for objective in search.objectives]
    heads = [*(objectives + parameters if command else parameters + objectives), *map(label, beside)]
    rows = []
    for place in places:
        tried = result.tried[place]
        values = values_of(search.space, tried.drawn)
        chosen = [short(value) for value in values]
        reached = [objective_shown(objective, objective.of(tried.row)) for objective in search.objectives]
        cells = [str(tried.number + 1), *(reached + chosen if command else chosen + reached)]
        cells += [shown(name, tried.row[name]) for name in beside]
        rows.append(Row(cells, command=_command(command, search.space, values) if command else ""))
    first = Column("SIMULATED" if result.simulated and not command else "trial")
    columns = [first, *(Column(head if command else "\n".join(head.split()), wrap="never") for head in heads)]
    return Table("best", columns, rows, role="dense")


def beside_of(objectives: Sequence[Objective]) -> list[str]:
    """Return the columns of `BESIDE` that aren't an objective already."""
    known = {goal.column for goal in objectives} | {goal.column.partition("_vs_")[0] for goal in objectives}
    return [name for name in BESIDE if name not in known]


def sentences(result: SearchResult, line: Floats | None) -> list[str]:
    """Return what a search says, in plain words."""
    best = best_first(result.values, result.search.objectives)
    trials = counted(len(result.tried), "trial")
    if result.distinct < len(result.tried):
        trials += f" ({counted(result.distinct, 'combination')})"
    if not best:
        return [f"None of {trials} has a value of every objective."]
    lines = []
    if len(result.search.objectives) > 1:
        lines = [
            f"{len(best):,} of {trials} {'stands' if len(best) == 1 else 'stand'} on the front: none is better by both."
        ]
        lines += _against_selling(result, best, line)
    return [*lines, f"The best of {trials} is mostly luck: judge it on a stretch that didn't choose it."]


def _against_selling(result: SearchResult, best: Sequence[int], line: Floats | None) -> list[str]:
    """Return how many trials of the front cost less than selling core would have, for the same drawdown."""
    if line is None:
        return []
    names = [objective.name for objective in result.search.objectives]
    values = result.values[list(best)]
    cost, avoided = values[:, names.index(COST)], values[:, names.index(AVOIDED)]
    spares = avoided > 0.0
    if not spares.any():
        return ["None of them avoided any drawdown."]
    cheaper = int(np.count_nonzero(cost[spares] < cost_of_selling(line, avoided[spares])))
    whose = f"{cheaper:,} of the {int(spares.sum()):,} that avoided drawdown"
    return [f"{whose} cost less than core sold to cash that would have avoided as much."]


def notes(result: SearchResult) -> list[str]:
    """Return what a reader has to know besides: what failed and why."""
    failed = [trial for trial in result.tried if trial.failed]
    undefined = int(np.isnan(result.values).any(axis=1).sum()) - len(failed)
    lines = []
    if failed:
        lines.append(f"{counted(len(failed), 'trial')} failed, the first: {failed[0].failed.removeprefix('sweep: ')}")
    if undefined:
        lines.append(f"{counted(undefined, 'trial')} ran and left an objective undefined.")
    return lines


def objective_data(objective: Objective) -> dict[str, Any]:
    """Return what an objective is called and how it is written, as `reports.naming.measure_data` does."""
    return (NAMES.get(objective.name) or measure_data(objective.column)) | {"lower": objective.lowest}


def objective_shown(objective: Objective, value: float) -> str:
    """Write a value of an objective, a dash for none."""
    return figure(value, objective_data(objective)["format"])


def short(value: Any) -> str:
    """Write a parameter's value in four digits: its command has them all."""
    return f"{value:.4g}" if isinstance(value, float) else as_yaml(plain(value))


def plain(value: Any) -> Any:
    """Return a value as a sweep's table keeps it: a map as text."""
    return value if isinstance(value, bool | int | float | str | None) else str(value)
