"""What commands write for spreadsheets: the tables of each, the first of them by itself as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.analytics.event_study import EventStudy
from engine.analytics.measure import BOOK
from engine.hedge_names import MODELLED, SYNTHETIC
from engine.inspection.signal import LiveSignal
from engine.runs.run import Run
from reports.comparison import Comparison
from reports.comparison_tearsheets import figures_of, kept_tearsheets
from reports.renderers.spreadsheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from engine.research.sweep import SweepResult

Sheets = Mapping[str, Sheet]
HISTORIES = ("SIMULATED", SYNTHETIC, MODELLED, "PRICE INDEX")
"""What the column ``history`` of every sheet says of prices that nobody could have traded at."""
PRICED = ("protective_put",)
"""Controls whose prices are a formula's, whatever hedges the run."""
TABLES = ("equity", "fills", "episodes", "attribution", "hedges")
"""Of a run's folder, those that are sheets of their own."""


def of_run(result: Run) -> Sheets:
    """Return every book's measures, and the run's tables."""
    books = {"hedged": result.figures, **result.figures["controls"]}
    figures = {"book": list(books), **{key: [book.get(key) for book in books.values()] for key in BOOK}}
    kept = {name: result.tables[name] for name in TABLES if name in result.tables}
    marks = [_history([*result.marks, MODELLED * (book in PRICED)]) for book in books]
    return {"figures": figures | ({"history": marks} if any(marks) else {}), **_marked(kept, result.marks)}


def of_sweep(rows: pd.DataFrame, result: SweepResult) -> Sheets:
    """Return a sweep's rows, those that failed by their reason."""
    columns: dict[str, Any] = {str(name): rows[name].to_numpy() for name in rows}
    return _marked({"rows": columns}, [result.mark or ""])


def of_comparison(found: Comparison) -> Sheets:
    """Return the runs' measures on the sessions they share, their growth, and quantstats' figures of each."""
    keys = list(dict.fromkeys(key for each in found.runs for key in each.figures))
    figures: dict[str, list[Any]] = {"run": [each.label for each in found.runs]}
    figures |= {key: [each.figures.get(key) for each in found.runs] for key in keys}
    growth = {"date": found.sessions, **{each.label: each.growth["hedged"] for each in found.runs}}
    marks = [_history([*each.run.marks, SYNTHETIC * bool(each.synthetic.any())]) for each in found.runs]
    made: dict[str, Sheet] = {"figures": figures | ({"history": marks} if any(marks) else {})}
    others: dict[str, Sheet] = {"growth": growth}
    if sheets := kept_tearsheets(found):
        others["tear-sheets"] = figures_of(found, sheets)
    told = [f"{each.label}: {mark}" for each, mark in zip(found.runs, marks, strict=True) if mark]
    alike = len(set(marks)) == 1
    return made | {name: _column(sheet, marks[0] if alike else "; ".join(told)) for name, sheet in others.items()}


def of_signal(live: LiveSignal) -> Sheets:
    """Return what the book is and should be, every input by its threshold, and the recent sessions."""
    targets = _columns([asdict(each) for each in live.targets])
    series = ("values", "thresholds", "fires_at")
    inputs = _columns([{k: v for k, v in asdict(each).items() if k not in series} for each in live.inputs])
    recent: dict[str, Any] = {"date": list(live.dates), "held": list(live.held)}
    recent |= {"intensity": list(live.intensity)} if live.intensity is not None else {}
    recent |= {name: list(level) for name, level in live.levels.items()}
    said = {"date": [live.date], "order": [live.order], "headline": [live.headline]}
    options = [MODELLED] if any(each.contract for each in live.targets) else []
    sheets = {"targets": targets, "signal": said, "inputs": inputs, "recent": recent}
    return _marked(sheets, [*live.notes, *options])


def of_study(study: EventStudy, marks: Iterable[str]) -> Sheets:
    """Return what followed triggers, a row a window and instrument; `marks` say of what history."""
    rows = []
    for window in study.as_dict()["windows"]:
        counts = {key: value for key, value in window.items() if not isinstance(value, dict) and value is not None}
        for what, moves in window.items():
            if isinstance(moves, dict):
                rows.append({**counts, "what": what, **_flat(moves)})
    return _marked({"windows": _columns(rows)}, marks)


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns; None where a row has none."""
    return {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found = dict[str, Any]()
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{key}_")
        elif isinstance(value, list | tuple):
            found |= {f"{before}{key}_{place}": each for place, each in enumerate(value, 1)}
        else:
            found[f"{before}{key}"] = value
    return found


def _history(notes: Iterable[str]) -> str:
    """Return which of `HISTORIES` notes tell of, in the order of those."""
    told = " ".join(notes)
    return ", ".join(word for word in HISTORIES if word in told)


def _marked(sheets: Sheets, notes: Iterable[str]) -> Sheets:
    """Return tables with a column that says of what history they are, where it isn't what was traded."""
    said = _history(notes)
    return {name: _column(sheet, said) for name, sheet in sheets.items()}


def _column(sheet: Sheet, said: str) -> Sheet:
    count = max(map(len, sheet.values()), default=0)
    return {**sheet, "history": [said] * count} if said else sheet
