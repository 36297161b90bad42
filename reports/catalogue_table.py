"""The catalogue of signals, as a table in the terminal and as Markdown for the docs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from strategies.signals.catalogue import MUST, Signal

if TYPE_CHECKING:
    from rich.console import Console

WHOSE = {"underlying": "the underlying", "hedge": "the hedge", "members": "every chip maker"}
"""Whose a signal is where nothing is said."""
HEADS = ("signal", "what its value is", "keys", "unit")


def show_catalogue(console: Console, signals: Iterable[Signal]) -> None:
    """Print signals by family, each with its keys and their defaults."""
    from rich.table import Table

    table = Table(*HEADS, box=None, pad_edge=False, header_style="bold")
    family = None
    for one in signals:
        if one.family != family:
            if family is not None:
                table.add_row()
            table.add_row(f"[bold]{one.family}[/bold]")
            family = one.family
        table.add_row(one.name, one.about, ", ".join(_keys(one)), one.unit)
    console.print(table)


def catalogue_markdown(signals: Iterable[Signal]) -> str:
    """Return signals as a Markdown table."""
    lines = [f"| family | {' | '.join(HEADS)} |", f"|{'---|' * (len(HEADS) + 1)}"]
    for one in signals:
        keys = ", ".join(f"`{key}`" for key in _keys(one))
        lines.append(f"| {one.family} | `{one.name}` | {one.about} | {keys} | {one.unit} |")
    return "\n".join(lines) + "\n"


def _keys(one: Signal) -> list[str]:
    """Return a signal's keys as YAML writes them, each with its default; `...` where there is none."""
    defaults = {feed.key: feed.default for feed in one.feeds.values()}
    told = []
    for key, value in one.keys.items():
        shown = WHOSE.get(defaults.get(key) or "", "null") if value is None else "..." if value is MUST else value
        told.append(f"{key}: {shown}")
    return told
