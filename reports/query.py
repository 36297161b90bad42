"""What is kept, as tables in the terminal: answers of a query, the views, runs and sweeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from data.format import UNKNOWN, counted, percent, share, significant
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.insurance import Match
from engine.analytics.answer.words import Piece
from engine.analytics.controls import CONTROLS
from engine.analytics.measure import lower_is_better
from engine.analytics.verdict import CANT_TELL, NOT_PAID, PAID, WITHHELD
from engine.runs.index import OLD
from engine.runs.origin import RunOrigin
from reports.document import Cell, Column, Paragraph, Part, Row, Table
from reports.naming import label, shown, spec_of
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

ROLES = {PAID: "good", NOT_PAID: "bad", CANT_TELL: "warning", WITHHELD: "warning"}
RUN_FIGURES = ("cagr", "unhedged_cagr", "max_drawdown")
TITLES = {
    "unhedged_cagr": "unhedged",
    "derisk_daily_cagr": "sold daily",
    "derisk_entry_cagr": "sold at entry",
    "held_less_cagr": "held less",
    "max_drawdown": "drawdown",
    "combinations": "tried",
    "best_sharpe": "best Sharpe",
}
SWEEP_FIGURES = ("combinations", "best_sharpe")
WIDE = 100
"""Columns of a terminal from which a run's other figures are shown."""
LEADING = ("folder", "name", "strategy", "first", "last", "verdict", "kind", "keys")
"""Columns that are shown anyway, or in the others' words."""


def show_answer(console: Console, names: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> None:
    """Print an answer: the rows that were read of it, one below another if they are too wide, and their number."""
    texts = [[written(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) <= console.width:
        numbers = [
            all(isinstance(value, int | float | Decimal | None) for value in column)
            for column in zip(*rows, strict=True)
        ]
        sides = ["right" if number else "left" for number in numbers] or ["left"] * len(names)
        columns = [Column(name, align=side, wrap="never") for name, side in zip(names, sides, strict=True)]
        table = Table("answer", columns, list(map(Row, texts)))
    else:
        pairs = [pair for row in texts for pair in (*zip(names, row, strict=True), ("", ""))]
        columns = [Column("", wrap="never"), Column("", align="left", wrap="fold")]
        table = Table("answer", columns, [Row([Cell(name, "strong"), text]) for name, text in pairs])
    more = f", the first {len(rows):,} shown" if total > len(rows) else ""
    show(console, [table, Paragraph(f"{counted(total, 'row')}{more}", "dek")])


def written(value: Any) -> str:
    """Write a value of an answer: numbers to six digits, a dash for none."""
    if value is None or value != value:  # noqa: PLR0124  # NaN
        return UNKNOWN
    if isinstance(value, bool | str | dt.date):
        return str(value)
    if isinstance(value, float):
        return significant(value, 6, whole=1e6)
    return str(value)


def show_views(console: Console, views: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
    """Print the views with their columns, each with its type unless it is a plain number."""
    for name, about, columns in views:
        words = [Piece("  nothing is kept", "dek")] if not columns else []
        for place, (column, kind) in enumerate(columns):
            words += [Piece(f"{', ' if place else '  '}{column}")]
            words += [Piece(f" {kind.lower()}", "dek")] if kind != "DOUBLE" else []
        show(console, [Paragraph([Piece(name, "strong"), Piece(f"  {about}")]), Paragraph(words), Paragraph("")])


def sorted_rows(rows: Sequence[Mapping[str, Any]], by: str) -> list[Mapping[str, Any]]:
    """Return rows by a column, the best first: as its metric is better, texts and dates from the first on."""
    known = [row for row in rows if row.get(by) is not None]
    numbers = all(isinstance(row[by], int | float) for row in known)
    first = sorted(known, key=lambda row: row[by], reverse=numbers and not lower_is_better(measure_of(by)))
    return [*first, *(row for row in rows if row.get(by) is None)]


def show_kept_runs(
    console: Console,
    rows: Sequence[Mapping[str, Any]],
    total: int,
    origins: Mapping[str, RunOrigin | None],
    sort: str | None = None,
) -> None:
    """Print runs with what tells them apart and the whole verdict, and how many of how many.

    Parameters
    ----------
    rows, total
        The runs shown, and how many there are.
    origins
        Where each comes from, by its folder.
    sort
        A column that is shown too.
    """
    usual = RUN_FIGURES if console.width >= WIDE else RUN_FIGURES[:1]
    figures = [*usual, *([sort] if sort and sort not in (*usual, *LEADING) else [])]
    apart = _apart(rows, origins)
    lines = []
    for row in rows:
        name = [Piece(str(row["name"]), "strong"), Piece(f" {row['id']}{' SIMULATED' if row.get('simulated') else ''}")]
        verdict = Cell(whole_verdict(row), ROLES.get(row["verdict"], ""))
        numbers = (_figure(figure, row.get(figure)) for figure in figures)
        lines.append(Row([Cell(name, detail=f"  {apart[row['folder']]}"), *numbers, verdict]))
    columns = [
        Column("run", wrap="fold"),
        *(Column(_title(name)) for name in figures),
        Column("verdict", align="left", wrap="fold"),
    ]
    show(console, [Table("runs", columns, lines), *_count(len(rows), total, "run")])


def whole_verdict(row: Mapping[str, Any]) -> str:
    """Return a run's verdict with the gap to holding less."""
    if row["older"]:
        return OLD
    if row["verdict"] is None:
        return "not judged: controls are off"
    headline = str(row["verdict_headline"]).removesuffix(".")
    part, cagr, gap = (row.get(f"answer_insurance_{key}") for key in ("c", "cagr", "gap"))
    if part is None or cagr is None or gap is None:
        return headline
    points = printed_gap(Match(part, cagr, gap, (0.0, 0.0)))
    held = f"holding {'all' if part >= 1.0 else share(part)}"
    side = f"{abs(points):.1f} points {'below' if points < 0.0 else 'above'}" if points else "as much as"
    return f"{headline}: {side} {held}"


def _apart(rows: Sequence[Mapping[str, Any]], origins: Mapping[str, RunOrigin | None]) -> dict[str, str]:
    """Return what tells each run apart, by its folder: what it changes, then data, code and engine where those do."""
    words = {row["folder"]: _changes(row, origins[row["folder"]]) for row in rows}
    for key in ("data", "code", "engine"):
        alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in (row for row in rows if not row["older"]):
            alike.setdefault((row["name"], words[row["folder"]]), []).append(row)
        for same in alike.values():
            if len({row.get(key) for row in same}) > 1:
                words |= {row["folder"]: f"{words[row['folder']]}, {key} {str(row.get(key))[:10]}" for row in same}
    return words


def _changes(row: Mapping[str, Any], origin: RunOrigin | None) -> str:
    if origin is None:
        return f"{row['strategy']}, {_history(row)}"
    words = " ".join(f"{key}={value}" for key, value in origin.changes.items())
    return words or ("as shipped" if origin.shipped else "all defaults")


def show_kept_sweeps(console: Console, rows: Sequence[Mapping[str, Any]], total: int, sort: str | None = None) -> None:
    """Print sweeps, searches and walk-forwards, one a line, and how many of how many."""
    figures = [*SWEEP_FIGURES, *([sort] if sort and sort not in (*SWEEP_FIGURES, *LEADING) else [])]
    lines = []
    for row in rows:
        keys = "\n".join(key.rpartition(".")[2] for key in row["keys"].split(", "))
        numbers = (_figure(name, row.get(name)) for name in figures)
        lines.append(Row([row["folder"], keys, _history(row), *numbers]))
    words = [Column("folder", wrap="never"), *(Column(head, align="left", wrap="fold") for head in ("over", "history"))]
    parts = [
        Table("sweeps", [*words, *(Column(_title(name)) for name in figures)], lines),
        *_count(len(rows), total, "sweep"),
    ]
    if any(row.get("best_sharpe") is not None for row in rows):
        parts.append(Paragraph("The best of many is mostly luck: each sweep's page says how much."))
    show(console, parts)


def _title(name: str) -> str:
    rest = name.removeprefix("best_")
    return TITLES.get(name) or (f"best {label(rest)}" if rest != name else label(name))


def _history(row: Mapping[str, Any]) -> str:
    """Write from when to when, to the month; nothing of what an older version wrote."""
    if row["first"] is None:
        return ""
    return f"{str(row['first'])[:7]} " + ("on" if row["last"] is None else f"to {str(row['last'])[:7]}")


def _figure(name: str, value: Any) -> str:
    """Write a figure as its metric is written elsewhere."""
    if value is None:
        return UNKNOWN
    plain = measure_of(name)
    if plain == "combinations":
        return f"{value:,}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return percent(value, gap="") if "%" in spec_of(plain) else shown(plain, float(value))


def measure_of(column: str) -> str:
    """Return the measure that a column has of a control or of a sweep's best: ``cagr`` for ``unhedged_cagr``."""
    owners = sorted(("best", *CONTROLS), key=len, reverse=True)  # held_less_drawdown before held_less
    return next((column.removeprefix(f"{owner}_") for owner in owners if column.startswith(f"{owner}_")), column)


def _count(found: int, total: int, noun: str) -> list[Part]:
    """Return how many of how many were asked for, where not all are."""
    return [Paragraph(f"{found:,} of {counted(total, noun)}", "dek")] if found < total else []
