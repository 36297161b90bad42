"""What `backtest lookahead` says in the terminal: a line a check, then every leak in full."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.validation.proof import Proof

COLOURS = {
    "passed": "green",
    "leak": "bold red",
    "unproved": "bold red",
    "warning": "yellow",
    "told": "default",
    "skipped": "dim",
}
"""Of a check's outcome."""
SHOWN = {"told": "", "passed": "passed", "leak": "LEAK", "unproved": "UNPROVED"}


def show_proof(console: Console, proof: Proof) -> None:
    """Print a proof."""
    console.print(f"[bold]{escape(proof.name)}[/]  {escape(proof.strategy)}", highlight=False)
    simulated = "  [bold yellow]SIMULATED history: as good as any to prove this on[/]" if proof.simulated else ""
    console.print(
        f"[dim]{proof.first} to {proof.last}, {proof.sessions:,} sessions[/]{simulated}",
        highlight=False,
        soft_wrap=True,
    )
    console.print()
    console.print(_checks(proof))
    console.print()
    if proof.leaks:
        console.print("It looks ahead:", style="bold red")
        for leak in proof.leaks:
            console.print(f"  {escape(leak.sentence)}", highlight=False)
    else:
        console.print(escape(in_a_word(proof)), style="bold green" if proof.stands else "bold red", highlight=False)


def in_a_word(proof: Proof) -> str:
    """Return what a proof without a named leak comes to."""
    outcomes = {check.outcome for check in proof.checks}
    if "unproved" in outcomes:
        return "Nothing is proved."
    if not proof.stands:
        return "It looks ahead."
    warned = sum(check.outcome == "warning" for check in proof.checks)
    said = "No decision that was looked at uses what wasn't known yet"
    return f"{said}; {warned} warning{'s' * (warned > 1)} above." if warned else f"{said}."


def _checks(proof: Proof) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, fixed in (("check", True), ("outcome", True), ("said", False)):
        table.add_column(name, no_wrap=fixed, overflow="fold")
    for check in proof.checks:
        outcome = SHOWN.get(check.outcome, check.outcome)
        table.add_row(check.name, f"[{COLOURS[check.outcome]}]{outcome}[/]", escape(check.sentence))
    return table
