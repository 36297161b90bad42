"""Write the tables of measures in docs/ from their registry: make docs."""

from __future__ import annotations

from pathlib import Path

from engine.analytics.measure import measures_of

PAGES = {"metrics.md": ("book",), "sweeps.md": ("hedge", "safety", "sum")}
"""The scopes of measures that each page has a table of."""


def table_of(scope: str) -> str:
    """Return the table of a scope's measures; the unit stands with a book's, others are fractions a year."""
    rows = [["metric", "unit", "meaning"] if scope == "book" else ["column", "meaning"]]
    for key, measure in measures_of(scope).items():
        unit = [measure.unit or "-"] if scope == "book" else []
        rows.append([f"`{key}`", *unit, measure.meaning.replace("|", "&#124;")])
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((head, "|---" * len(rows[0]) + "|", *body))


def renewed(page: str, scopes: tuple[str, ...]) -> str:
    """Return a page with the table of each scope as the registry has it."""
    for scope in scopes:
        table = table_of(scope)
        start = page.rindex(table.partition("\n")[0], 0, page.index(f"\n| `{next(iter(measures_of(scope)))}`"))
        end = page.find("\n\n", start)
        page = page[:start] + table + page[end:]
    return page


if __name__ == "__main__":
    for name, scopes in PAGES.items():
        path = Path(__file__).with_name(name)
        path.write_text(renewed(path.read_text(encoding="utf-8"), scopes), encoding="utf-8")
