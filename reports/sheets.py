"""What commands write for spreadsheets: the tables of each, the first of them by itself as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.analytics.event_study import EventStudy
from engine.analytics.measure import BOOK
from engine.inspection.signal import LiveSignal
from engine.runs.run import Run
from reports.comparison import Comparison
from reports.comparison_tearsheets import figures_of, kept_tearsheets
from reports.renderers.spreadsheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from engine.research.sweep import SweepResult

Sheets = Mapping[str, Sheet]
MADE_UP = "SIMULATED"
TABLES = ("equity", "fills", "episodes", "attribution", "hedges")
"""Of a run's folder, those that are sheets of their own."""


def of_run(result: Run) -> Sheets:
    """Return every book's measures, and the run's tables."""
    books = {"hedged": result.figures, **result.figures["controls"]}
    figures = {"book": list(books), **{key: [book.get(key) for book in books.values()] for key in BOOK}}
    kept = {name: result.tables[name] for name in TABLES if name in result.tables}
    return {"figures": _marked(figures, simulated=result.simulated), **kept}


def of_sweep(rows: pd.DataFrame, result: SweepResult) -> Sheets:
    """Return a sweep's rows, those that failed by their reason."""
    columns: dict[str, Any] = {str(name): rows[name].to_numpy() for name in rows}
    return {"rows": _marked(columns, simulated=result.simulated)}


def of_comparison(found: Comparison) -> Sheets:
    """Return the runs' measures on the sessions they share, their growth, and quantstats' figures of each."""
    keys = list(dict.fromkeys(key for each in found.runs for key in each.figures))
    figures: dict[str, list[Any]] = {"run": [each.label for each in found.runs]}
    figures |= {key: [each.figures.get(key) for each in found.runs] for key in keys}
    growth = {"date": found.sessions, **{each.label: each.growth["hedged"] for each in found.runs}}
    simulated = [MADE_UP if each.run.simulated else "" for each in found.runs]
    made: dict[str, Sheet] = {"figures": figures | ({"history": simulated} if any(simulated) else {}), "growth": growth}
    if sheets := kept_tearsheets(found):
        made["tear-sheets"] = _marked(figures_of(found, sheets), simulated=any(simulated))
    return made


def of_signal(live: LiveSignal) -> Sheets:
    """Return what the book is and should be, every input by its threshold, and the recent sessions."""
    targets = _columns([asdict(each) for each in live.targets])
    series = ("values", "thresholds", "fires_at")
    inputs = _columns([{k: v for k, v in asdict(each).items() if k not in series} for each in live.inputs])
    recent: dict[str, Any] = {"date": list(live.dates), "held": list(live.held)}
    recent |= {"intensity": list(live.intensity)} if live.intensity is not None else {}
    recent |= {name: list(level) for name, level in live.levels.items()}
    said = {"date": [live.date], "order": [live.order], "headline": [live.headline]}
    return {"targets": _marked(targets, simulated=live.simulated), "signal": said, "inputs": inputs, "recent": recent}


def of_study(study: EventStudy, *, simulated: bool) -> Sheets:
    """Return what followed triggers, a row a window and instrument, and the mean paths."""
    rows = []
    for window in study.as_dict()["windows"]:
        counts = {key: value for key, value in window.items() if not isinstance(value, dict) and value is not None}
        for what, moves in window.items():
            if isinstance(moves, dict):
                rows.append({**counts, "what": what, **_flat(moves)})
    return {"windows": _marked(_columns(rows), simulated=simulated)}


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


def _marked(sheet: Sheet, *, simulated: bool) -> Sheet:
    """Return a table with a column that says that its history is made up, where it is."""
    count = max(map(len, sheet.values()), default=0)
    return {**sheet, "history": [MADE_UP] * count} if simulated else sheet
