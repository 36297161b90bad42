"""What `backtest run` says in the terminal: the first screen, what the hedge does to exposure, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.format import dollars, percent, times
from engine.analytics.answer.words import Piece, plain
from engine.hedge_config import HedgeConfig
from engine.runs.run import Run
from reports.document import Column, Paragraph, Row, Table, named, notes
from reports.first_screen import screen_of
from reports.first_terminal import screen_lines
from reports.renderers.terminal import show
from strategies.policy import ENTER

if TYPE_CHECKING:
    from rich.console import Console

    from engine.validation.parity import Parity


def show_run(console: Console, result: Run, folder: Path | None, remarks: Sequence[str] = ()) -> None:
    """Print one run: its first screen as the report has it, then the notes, and where its files are."""
    screen = screen_of(result)
    show(console, [Paragraph([Piece(result.config.name, "strong"), Piece(f"  {result.label}")], "path")])
    show(console, [Paragraph(alarm, "alarm") for alarm in result.alarms])
    show(console, screen_lines(screen, len(result.market.run_sessions)))
    shown = {*result.alarms, plain(screen.lead)}
    others = (*band(result.metrics), *(note for note in result.notes if note not in shown), *remarks)
    parts = [Paragraph(""), Paragraph(exposure(result)), *notes(others)]
    show(console, parts if folder is None else [*parts, named("Files:", folder)])


def band(metrics: Mapping[str, Any]) -> list[str]:
    """Return between what the end values lie when the synthetic history errs by its band."""
    made = metrics["synthetic"]
    if made is None:
        return []
    low, high = (dollars(value) for value in made["final_equity"])
    lowest, highest = (dollars(value) for value in made["unhedged_final_equity"])
    return [f"SYNTHETIC history may err by its band: the end value is {low} to {high}, unhedged {lowest} to {highest}."]


def exposure(result: Run) -> str:
    """Return in words what the hedge does to net exposure, and what selling core does instead."""
    hedge, hedged = result.config.hedge, result.hedged
    weights = hedged.hedges[: hedged.last + 1][hedged.actions[: hedged.last + 1] == ENTER]
    if not len(weights):
        return "The hedge was never ordered on."
    low, middle, high = float(weights.min()), float(np.median(weights)), float(weights.max())
    least, usual, most = (percent(weight, 0) for weight in (low, middle, high))
    spread = usual if high - low < 0.005 else f"{least} to {most} (median {usual})"  # shown in whole percents
    before, after = net_exposure(hedge, 0.0), net_exposure(hedge, middle)
    return (
        f"{spread} in {hedge.instrument} takes net exposure from {before:.2f} to {after:.2f} while "
        f"hedged, {times(len(weights))}; selling core instead goes to the same exposure on the same days."
    )


def net_exposure(hedge: HedgeConfig, weight: float) -> float:
    """Return the book's exposure to the underlying, of equity, with that much in the hedge and a core of beta 1."""
    core = 1.0 - hedge.buffer if hedge.funding == "cash_buffer" else 1.0
    return core - (weight if hedge.funding == "sell_core" else 0.0) + (hedge.leverage or 0.0) * weight


def show_parity(console: Console, rows: Sequence[Parity]) -> None:
    """Print how the executions of one run compare."""
    forms: dict[str, Any] = {
        "end value": partial(dollars, places=2),
        "fills": "{:,}".format,
        "largest difference": "{:.1e}".format,
    }
    numbers = [Column(head, format=form) for head, form in forms.items()]
    columns = [Column("engine"), *numbers, Column("on", align="left"), Column("parts", align="left")]
    cells = [[row.engine, row.final_equity, row.fills, row.largest, row.at, row.parts or "never"] for row in rows]
    show(console, [Table("parity", columns, list(map(Row, cells)))])
