"""What `backtest run` says in the terminal: the first screen, what the hedge does to exposure, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.format import dollars
from engine.analytics.answer.words import Piece, plain
from engine.provenance import WARNED
from engine.runs.run import Run
from reports.document import Column, Paragraph, Row, Table, notes
from reports.first_screen import screen_of
from reports.first_terminal import screen_lines
from reports.hedge_words import exposure
from reports.renderers.terminal import show, where

if TYPE_CHECKING:
    from rich.console import Console

    from engine.validation.parity import Parity


def show_run(console: Console, result: Run, place: Path | None, remarks: Sequence[str] = ()) -> None:
    """Print one run: its first screen as the report has it, then the notes, and its page or folder.

    Parameters
    ----------
    place
        The page or the folder, if it is kept.
    remarks
        What is to be said besides.
    """
    screen = screen_of(result)
    show(console, [Paragraph([Piece(result.config.name, "strong"), Piece(f"  {result.label}")], "path")])
    show(console, [Paragraph(alarm, "alarm") for alarm in result.alarms])
    show(console, screen_lines(screen, len(result.market.run_sessions)))
    shown = {*result.alarms, plain(screen.lead)}
    others = (*band(result.figures), *(note for note in notes_told(result) if note not in shown), *remarks)
    parts = [Paragraph(""), Paragraph(exposure(result)), *notes(others)]
    show(console, parts if place is None else [*parts, where(place)])


def notes_told(result: Run) -> list[str]:
    """Return a run's notes, that on the audit with the command that shows what it warns of, where one is known."""
    check = result.config.check
    return [
        f"{note.removesuffix('.')}, shown by: {check}" if check and note.startswith(WARNED) else note
        for note in result.notes
    ]


def band(metrics: Mapping[str, Any]) -> list[str]:
    """Return between what the end values lie when the synthetic history errs by its band."""
    made = metrics["synthetic"]
    if made is None:
        return []
    low, high = (dollars(value) for value in made["final_equity"])
    lowest, highest = (dollars(value) for value in made["unhedged_final_equity"])
    unhedged = "" if lowest == highest else f", unhedged {lowest} to {highest}"
    return [f"SYNTHETIC history may err by its band: the end value is {low} to {high}{unhedged}."]


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
