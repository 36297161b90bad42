"""What `backtest compare` says in the terminal: figures, verdicts, sums and tests, a row a run each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.analytics.answer.insurance import LEVEL
from reports.comparison_numbers import Comparison
from reports.comparison_rows import METRIC_ROWS, Cell, metric_cells, span_of

SHOWN = {
    "cagr": "CAGR",
    "cagr_vs_unhedged": "less unhedged",
    "cagr_vs_held_less": "less held less",
    "max_drawdown": "drawdown",
    "sharpe": "Sharpe",
}
"""The columns of figures, and what each is called."""


class Answers(NamedTuple):
    """A table of answers: its title, and each column's title, field of `reports.comparison_answers.Row` and side."""

    title: str
    columns: tuple[tuple[str, str, bool], ...]


VERDICTS = Answers("verdict", (("", "label", False),))
TABLES = (
    Answers(
        "verdict",
        (
            ("", "label", False),
            ("as safe, held", "held", True),
            ("gap to it", "gap", True),
            (f"{100 * LEVEL:.0f} % interval", "interval", True),
        ),
    ),
    Answers(
        "sum",
        (
            ("doing nothing", "unhedged", True),
            *((name, name, True) for name in ("exposure", "timing", "drift", "fund")),
            ("the hedge", "hedged", True),
        ),
    ),
    Answers(
        "tests",
        (("timing", "when", False), ("p", "p", True), ("p adjusted", "adjusted", True), ("fund", "fund_label", False)),
    ),
)


def show_comparison(console: Console, found: Comparison, page: Path) -> None:
    """Print a comparison: figures, verdicts, what a reader has to know, and where the page is."""
    console.print(span_of(found), style="dim", highlight=False)
    console.print()
    columns = {row.key: metric_cells(row, found.runs) for row in METRIC_ROWS}
    simulated = any(one.run.simulated for one in found.runs)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("SIMULATED" if simulated else "", header_style="bold yellow", overflow="fold")
    for title in SHOWN.values():
        table.add_column(title, justify="right", vertical="bottom")
    for at, run in enumerate(found.runs):
        table.add_row(escape(run.label), *(_marked(columns[key][at]) for key in SHOWN))
    console.print(table)
    if len(found.runs) > 1:
        console.print("[bold]*[/] is the best of its column.", style="dim", highlight=False)
    for answers in TABLES if found.family else (VERDICTS,):
        console.print()
        console.print(_answers(found, answers))
    if found.family:
        console.print(f"Points of CAGR. {escape(found.family)}", style="dim", highlight=False)
    for note in found.notes:
        style = "bold yellow" if note.startswith(("SIMULATED", "SYNTHETIC")) else "yellow"
        console.print(escape(note), style=style, highlight=False)
    console.print(f"Page: [bold]{escape(str(page))}[/]", highlight=False, soft_wrap=True)


def _answers(found: Comparison, answers: Answers) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(answers.title, overflow="fold")
    for title, _field, right in answers.columns:
        table.add_column(title, justify="right" if right else "left", vertical="bottom")
    for run in found.runs:
        row = found.answers[run.label]
        table.add_row(escape(run.label), *(escape(getattr(row, field)) for _title, field, _right in answers.columns))
    return table


def _marked(cell: Cell) -> str:
    text = cell.text.replace(" %", "%")
    return f"[bold]{text}*[/]" if cell.best else f"{text} "
