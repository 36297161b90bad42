"""Documents in a terminal, by rich."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text as RichText

from data.text import visible
from reports.document import Cell, Details, Heading, Items, Paragraph, Part, Table, Text, named

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

ACCENT = "bold dark_orange3"
"""The hedge's colour, and of nothing else."""
STYLES = {
    "strong": "bold",
    "label": "bold",
    "number": "bold",
    "dek": "dim",
    "warning": "yellow",
    "alarm": "bold yellow",
    "good": "green",
    "bad": "bold red",
    "hedge": ACCENT,
    "sum": "bold",
    "group": "bold",
}
"""By role; roles that are not here have no style."""
CORNER = "SIMULATED"
"""A first head that is an alarm."""


def show(console: Console, parts: Iterable[Part]) -> None:
    """Print parts one below the other; charts and what only a page has are left out."""
    from rich.padding import Padding

    for part in parts:
        if isinstance(part, Paragraph):
            console.print(styled(part.text, part.role), soft_wrap=part.role == "path")
        elif isinstance(part, Heading):
            console.print(styled(part.text, "strong"))
        elif isinstance(part, Items):
            for item in part.items:
                text = styled(item, part.role)
                console.print(Padding(text, (0, 0, 0, 2), expand=False) if part.role == "indented" else text)
        elif isinstance(part, Table):
            console.print(as_rich(part))
        elif isinstance(part, Details):
            show(console, part.parts)


def styled(text: Text, role: str = "") -> RichText:
    """Return a sentence in its role's style."""
    if isinstance(text, str):
        return RichText(visible(text), STYLES.get(role, ""))
    pieces = [styled(piece.text, piece.role) for piece in text]
    return RichText.assemble(*pieces, style=STYLES.get(role, ""))


def as_rich(table: Table) -> RichTable:
    """Return a table as rich draws it: without rules, a head above each column unless no column has one."""
    from rich.table import Table as RichTable

    heads = any(column.head for column in table.columns)
    tall = any(cell.detail or "\n" in cell.text for row in table.rows for cell in table.written(row))
    numbers = not tall and set(table.sides[1:]) <= {"right"}
    padding = (0, 1, 0, 0) if table.role == "dense" else (0, 1)
    drawn = RichTable(box=None, pad_edge=False, header_style="bold", show_header=heads, padding=padding)
    for column, side in zip(table.columns, table.sides, strict=True):
        drawn.add_column(
            styled(column.head),
            header_style="bold yellow" if column.head == CORNER else "bold",
            justify="right" if side == "right" else "left",
            vertical="bottom" if numbers else "top",
            no_wrap=column.wrap == "never",
            overflow="fold" if column.wrap == "fold" else "ellipsis",
        )
    for row in table.rows:
        if row.role == "group" and drawn.row_count:
            drawn.add_row()
        cells = [_cell(cell) for cell in table.written(row)]
        if row.mark:
            cells[0].append_text(styled(f" {row.mark}", "strong"))
        drawn.add_row(*cells, style=STYLES.get(row.role))
    return drawn


def fits(console: Console, table: Table) -> bool:
    """Return whether a table is no wider than the console, with no line of its heads or cells broken."""
    from rich.measure import Measurement

    return Measurement.get(console, console.options.update(width=1_000), as_rich(table)).maximum <= console.width


def _cell(cell: Cell) -> RichText:
    text = styled(cell.text.replace(" %", "%") if isinstance(cell.text, str) else cell.text, cell.role)
    return text.append_text(styled(f"\n{cell.detail}", "dek")) if cell.detail else text


def where(place: Path) -> Paragraph:
    """Return a command's last line: the page to open, or the folder of what has none."""
    return named("Page:" if place.suffix == ".html" else "Files:", place)
