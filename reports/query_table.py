"""What is kept, as tables in the terminal: answers of a query, the views, runs and sweeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.judgement.verdict import CANT_TELL, NOT_PAID, PAID, WITHHELD
from reports.report_words import UNKNOWN, many
from reports.sweep_numbers import lower_is_better
from reports.sweep_page import label, shown, spec_of

COLOURS = {PAID: "green", NOT_PAID: "red", CANT_TELL: "yellow", WITHHELD: "yellow"}
RUN_FIGURES = ("cagr", "unhedged_cagr", "derisk_daily_cagr", "max_drawdown")
TITLES = {
    "unhedged_cagr": "unhedged",
    "derisk_daily_cagr": "sold daily",
    "derisk_entry_cagr": "sold at entry",
    "max_drawdown": "drawdown",
    "combinations": "tried",
    "best_sharpe": "best Sharpe",
}
SWEEP_FIGURES = ("combinations", "best_sharpe")
WIDE = 100
"""Columns of a terminal from which a run's strategy and its days are shown."""
LEADING = ("folder", "name", "strategy", "first", "last", "verdict", "kind", "keys")
"""Columns that are shown anyway, or in the others' words."""


def show_answer(console: Console, names: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> None:
    """Print an answer: the rows that were read of it, one below another if they are too wide, and their number."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        numbers = all(isinstance(row[place], int | float | Decimal | None) for row in rows)
        table.add_column(escape(name), justify="right" if numbers else "left", no_wrap=True)
    texts = [[written(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    for row in texts:
        table.add_row(*map(escape, row))
    if sum(widths) + 2 * (len(widths) - 1) > console.width:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for row in texts:
            for name, text in zip(names, row, strict=True):
                table.add_row(escape(name), escape(text))
            table.add_row("", "")
    console.print(table)
    more = f", the first {len(rows):,} shown" if total > len(rows) else ""
    console.print(f"{many(total, 'row')}{more}", style="dim", highlight=False)


def written(value: Any) -> str:
    """Write a value of an answer: numbers to six digits, a dash for none."""
    if value is None or value != value:  # noqa: PLR0124  # NaN
        return UNKNOWN
    if isinstance(value, bool | str | dt.date):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:.6g}"
    return str(value)


def show_views(console: Console, views: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
    """Print the views with their columns."""
    for name, about, columns in views:
        console.print(f"[bold]{name}[/]  {escape(about)}", highlight=False)
        told = ", ".join(escape(column) + _kind(kind) for column, kind in columns)
        console.print(f"  {told}" if columns else "  [dim]nothing is kept[/]", highlight=False)
        console.print()


def _kind(kind: str) -> str:
    """Write a column's type, unless it is a plain number."""
    return "" if kind == "DOUBLE" else f" [dim]{kind.lower()}[/]"


def sorted_rows(rows: Sequence[Mapping[str, Any]], by: str) -> list[Mapping[str, Any]]:
    """Return rows by a column, the best first: as its metric is better, texts and dates from the first on."""
    known = [row for row in rows if row.get(by) is not None]
    numbers = all(isinstance(row[by], int | float) for row in known)
    plain = by.rpartition("best_")[2]
    first = sorted(known, key=lambda row: row[by], reverse=numbers and not lower_is_better(plain))
    return [*first, *(row for row in rows if row.get(by) is None)]


def show_kept_runs(console: Console, rows: Sequence[Mapping[str, Any]], total: int, sort: str | None = None) -> None:
    """Print runs, one a line, and how many of how many."""
    wide = console.width >= WIDE
    figures = [*RUN_FIGURES, *([sort] if sort and sort not in (*RUN_FIGURES, *LEADING) else [])]
    table = _headed(("run", "strategy", "first", "last") if wide else ("run", "history"), figures)
    table.add_column("verdict", min_width=7)
    for row in rows:
        verdict = row["verdict"] or UNKNOWN
        table.add_row(
            escape(row["folder"]),
            *((escape(row["strategy"]), str(row["first"]), str(row["last"])) if wide else (_history(row),)),
            *(_figure(name, row.get(name)) for name in figures),
            f"[{COLOURS.get(verdict, 'default')}]{verdict}[/]",
        )
    console.print(table)
    _count(console, len(rows), total, "run")


def show_kept_sweeps(console: Console, rows: Sequence[Mapping[str, Any]], total: int, sort: str | None = None) -> None:
    """Print sweeps, searches and walk-forwards, one a line, and how many of how many."""
    figures = [*SWEEP_FIGURES, *([sort] if sort and sort not in (*SWEEP_FIGURES, *LEADING) else [])]
    table = _headed(("folder", "over", "history"), figures)
    for row in rows:
        keys = "\n".join(key.rpartition(".")[2] for key in row["keys"].split(", "))
        figured = (_figure(name, row.get(name)) for name in figures)
        table.add_row(escape(row["folder"]), escape(keys), _history(row), *figured)
    console.print(table)
    _count(console, len(rows), total, "sweep")
    if any(row.get("best_sharpe") is not None for row in rows):
        console.print("The best of many is mostly luck: each sweep's page says how much.", highlight=False)


def _headed(words: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in words:
        table.add_column(
            title, no_wrap=title in ("run", "folder", "first", "last"), overflow="fold", min_width=len(title)
        )
    for name in figures:
        title = TITLES.get(name) or (
            f"best {label(rest)}" if (rest := name.removeprefix("best_")) != name else label(name)
        )
        table.add_column(title, justify="right", min_width=max(map(len, title.split())))
    return table


def _history(row: Mapping[str, Any]) -> str:
    """Write from when to when, to the month."""
    return f"{str(row['first'])[:7]} " + ("on" if row["last"] is None else f"to {str(row['last'])[:7]}")


def _figure(name: str, value: Any) -> str:
    """Write a figure as its metric is written elsewhere."""
    if value is None:
        return UNKNOWN
    plain = name.removeprefix("best_")
    for control in ("unhedged_", "derisk_daily_", "derisk_entry_"):
        plain = plain.removeprefix(control)
    if plain == "combinations":
        return f"{value:,}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.1%}" if "%" in spec_of(plain) else shown(plain, float(value))


def _count(console: Console, found: int, total: int, noun: str) -> None:
    """Say how many of how many were asked for, where not all are."""
    if found < total:
        console.print(f"{found:,} of {many(total, noun)}", style="dim", highlight=False)
