"""What `backtest compare` says in the terminal: a row a run, the best of each column marked."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reports.comparison_numbers import Comparison
from reports.comparison_rows import (
    DECAY_ROWS,
    METRIC_ROWS,
    Cell,
    decay_cells,
    metric_cells,
    span_of,
    verdict_interval,
    verdict_label,
)

SHOWN = {
    "cagr": "CAGR",
    "cagr_vs_unhedged": "less unhedged",
    "decay": "decay",
    "max_drawdown": "drawdown",
    "sharpe": "Sharpe",
}
"""The columns, and what each is called."""


def show_comparison(console: Console, found: Comparison, page: Path) -> None:
    """Print a comparison: figures, verdicts, what a reader has to know, and where the page is."""
    console.print(span_of(found), style="dim", highlight=False)
    console.print()
    columns = {row.key: metric_cells(row, found.runs) for row in METRIC_ROWS}
    columns |= {row.key: decay_cells(row, found.runs) for row in DECAY_ROWS}
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
    console.print()
    verdicts = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("verdict", "", "growth less daily de-risk, 95 % interval"):
        verdicts.add_column(title, overflow="fold")
    for run in found.runs:
        verdicts.add_row(escape(run.label), escape(verdict_label(run)), verdict_interval(run))
    console.print(verdicts)
    for note in found.notes:
        style = "bold yellow" if note.startswith(("SIMULATED", "SYNTHETIC")) else "yellow"
        console.print(escape(note), style=style, highlight=False)
    console.print(f"Page: [bold]{escape(str(page))}[/]", highlight=False, soft_wrap=True)


def _marked(cell: Cell) -> str:
    text = cell.text.replace(" %", "%")
    return f"[bold]{text}*[/]" if cell.best else f"{text} "
