"""What a run says in the terminal: a table of three books, what the hedge does to exposure, and where the files are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from data.format import dollars, times
from engine.analytics.answer.words import plain
from engine.config import HedgeConfig
from engine.runs.run import Run
from reports.first_screen import screen_of
from reports.first_terminal import screen_lines
from strategies.policy import ENTER

if TYPE_CHECKING:
    from engine.validation.parity import Parity


def show_run(console: Console, result: Run, folder: Path | None, remarks: Sequence[str] = ()) -> None:
    """Print one run: its first screen as the report has it, then the notes, and where its files are."""
    console.print(Text.assemble((result.config.name, "bold"), f"  {result.label}"), soft_wrap=True)
    for alarm in result.alarms:
        console.print(escape(alarm), style="bold yellow", highlight=False)
    screen = screen_of(result)
    for line in screen_lines(screen, len(result.market.run_sessions)):
        console.print(Text(line.text, line.style), soft_wrap=True)
    console.print()
    console.print(exposure(result), highlight=False)
    said = {*result.alarms, plain(screen.lead)}
    for note in (*band(result.metrics), *(one for one in result.notes if one not in said), *remarks):
        style = "bold yellow" if note.startswith(("SIMULATED", "SYNTHETIC")) else "yellow"
        console.print(escape(note), style=style, highlight=False)
    if folder is not None:
        console.print(f"Files: [bold]{escape(str(folder))}[/]", highlight=False, soft_wrap=True)


def band(metrics: Mapping[str, Any]) -> list[str]:
    """Say between what the end values lie when the synthetic history errs by its band."""
    made = metrics["synthetic"]
    if made is None:
        return []
    low, high = (dollars(value) for value in made["final_equity"])
    lowest, highest = (dollars(value) for value in made["unhedged_final_equity"])
    return [f"SYNTHETIC history may err by its band: the end value is {low} to {high}, unhedged {lowest} to {highest}."]


def exposure(result: Run) -> str:
    """Return in words what the hedge does to net exposure, and what selling core does instead."""
    hedge, hedged = result.config.hedge, result.hedged
    weights = hedged.hedge[: hedged.last + 1][hedged.action[: hedged.last + 1] == ENTER]
    if not len(weights):
        return "The hedge was never ordered on."
    low, middle, high = float(weights.min()), float(np.median(weights)), float(weights.max())
    usual = (
        f"{middle:.0%}" if high - low < 0.005 else f"{low:.0%} to {high:.0%} (median {middle:.0%})"
    )  # shown in whole percents
    before, after = net_exposure(hedge, 0.0), net_exposure(hedge, middle)
    return (
        f"{usual.replace('%', ' %')} in {hedge.instrument} takes net exposure from {before:.2f} to {after:.2f} while "
        f"hedged, {times(len(weights))}; selling core instead goes to the same exposure on the same days."
    )


def net_exposure(hedge: HedgeConfig, weight: float) -> float:
    """Return the book's exposure to the underlying, of equity, with that much in the hedge and a core of beta 1."""
    core = 1.0 - hedge.buffer if hedge.funding == "cash_buffer" else 1.0
    return core - (weight if hedge.funding == "sell_core" else 0.0) + hedge.leverage * weight


def show_parity(console: Console, rows: Sequence[Parity]) -> None:
    """Print how the executions of one run compare."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("engine", "end value", "fills", "largest difference", "on", "parts"):
        table.add_column(title, justify="left" if title in ("engine", "on", "parts") else "right")
    for row in rows:
        value = dollars(row.final_equity, 2)
        table.add_row(row.engine, value, f"{row.fills:,}", f"{row.largest:.1e}", row.at, row.parts or "never")
    console.print(table)
