"""Documents in Markdown, as docs hold them."""

from __future__ import annotations

from collections.abc import Iterable

from reports.document import Heading, Items, Paragraph, Part, Table, plain_text


def markdown(parts: Iterable[Part]) -> str:
    """Return parts with an empty line between; charts and what only a page has are left out."""
    return "\n\n".join(text for part in parts if (text := _part(part)))


def _part(part: Part) -> str:
    if isinstance(part, Table):
        return piped(part)
    if isinstance(part, Items):
        return "\n".join(f"- {plain_text(item)}" for item in part.items)
    if isinstance(part, Heading):
        return f"### {part.text}"
    return plain_text(part.text) if isinstance(part, Paragraph) else ""


def piped(table: Table) -> str:
    """Return a table between pipes."""
    rules = ["---:" if side == "right" else "---" for side in table.sides]
    rows = [[plain_text(cell.text) for cell in table.written(row)] for row in table.rows]
    lines = ([column.head for column in table.columns], rules, *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
