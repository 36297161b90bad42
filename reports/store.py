"""What `backtest data list`, `pull` and `import` say in the terminal: what the store holds, and what came into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.repairs import Repair
from data.store import Entry
from reports.document import Column, Paragraph, Part, Row, Table, named
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

    from data.importing import Imported
    from data.pull import Pulled

NUMBERS = ("rows", "lag", "new")
"""Heads of columns of numbers."""


def show_listing(console: Console, entries: Sequence[Entry], repairs: Sequence[Repair], folder: str) -> None:
    """Print what the store holds, one a line, and the repairs that are applied to it."""
    rows = []
    for each in entries:
        lag, origin = f"{each.lag}" if each.kind == "series" else "", f"{each.origin.source} {each.origin.symbol}"
        rows.append(Row([*_cells(each), lag, each.origin.time[:10], origin]))
    parts: list[Part] = [_table(rows, "lag", "read", "from")]
    for repair in repairs:
        how = f"{repair.kind} {repair.field} by {repair.factor:.6g}".replace("  ", " ")
        undo = f"backtest data check {repair.instrument} --undo {repair.id}"
        parts.append(Paragraph(f"repaired: {repair.id}, {how}; {undo} takes it back"))
    show(console, [*parts, named("In", folder)])


def show_pulled(console: Console, pulled: Sequence[Pulled]) -> None:
    """Print what a pull brought, one a line, and what was noticed on the way."""
    _show_kept(console, [(each, f"{each.added:,}") for each in pulled if each.error is None], "new")


def show_imported(console: Console, imported: Sequence[Imported]) -> None:
    """Print what was imported, one a line, and what was assumed."""
    _show_kept(console, [(each, each.file) for each in imported if not each.error], "file")


def _show_kept(console: Console, done: Sequence[tuple[Pulled | Imported, str]], last: str) -> None:
    if not done:
        return
    notes: dict[str, list[str]] = {}  # what is said of many is said once
    for each, _last in done:
        for note in each.notes:
            notes.setdefault(note, []).append(each.name)
    table = _table([Row([*_cells(each), text]) for each, text in done], last)
    show(console, [table, *(Paragraph(f"{', '.join(names)}: {note}", "warning") for note, names in notes.items())])


def _cells(each: Entry | Pulled | Imported) -> list[str]:
    return [each.name, each.kind, str(each.first), str(each.last), f"{each.rows:,}"]


def _table(rows: Sequence[Row], *more: str) -> Table:
    wraps = {"from": "", "file": "fold"}
    columns = [
        Column(head, align="right" if head in NUMBERS else "left", wrap=wraps.get(head, "never"))
        for head in ("name", "kind", "first", "last", "rows", *more)
    ]
    return Table("store", columns, rows)
