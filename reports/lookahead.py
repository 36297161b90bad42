"""What `backtest lookahead` says in the terminal: a line a check, then every leak in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.format import counted
from engine.analytics.answer.words import Piece
from engine.validation.proof import Proof
from reports.document import Cell, Column, Items, Paragraph, Row, Table
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

OUTCOMES = {
    "passed": ("passed", "good"),
    "leak": ("LEAK", "bad"),
    "unproved": ("UNPROVED", "bad"),
    "warning": ("warning", "warning"),
    "told": ("", ""),
    "skipped": ("skipped", "dek"),
}
"""How a check's outcome is shown, and its role."""


def show_proof(console: Console, proof: Proof) -> None:
    """Print a proof."""
    simulated = "  SIMULATED history: as good as any to prove this on" if proof.simulated else ""
    span = f"{proof.first} to {proof.last}, {proof.sessions:,} sessions"
    columns = [Column("", wrap="never"), Column("", align="left", wrap="never"), Column("", align="left", wrap="fold")]
    rows = [Row([check.name, Cell(*OUTCOMES[check.outcome]), check.sentence]) for check in proof.checks]
    found = (
        [Paragraph("It looks ahead:", "bad"), Items([leak.sentence for leak in proof.leaks], "indented")]
        if proof.leaks
        else [Paragraph(in_a_word(proof), "good" if proof.stands else "bad")]
    )
    head = Paragraph([Piece(proof.name, "strong"), Piece(f"  {proof.strategy}")])
    about = Paragraph([Piece(span, "dek"), Piece(simulated, "alarm")], "path")
    show(console, [head, about, Paragraph(""), Table("checks", columns, rows), Paragraph(""), *found])


def in_a_word(proof: Proof) -> str:
    """Return what a proof without a named leak comes to."""
    outcomes = [check.outcome for check in proof.checks]
    if "unproved" in outcomes:
        return "Nothing is proved."
    if not proof.stands:
        return "It looks ahead."
    warned = outcomes.count("warning")
    words = "No decision that was looked at uses what wasn't known yet"
    return f"{words}; {counted(warned, 'warning')} above." if warned else f"{words}."
