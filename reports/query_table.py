"""What is kept, as tables in the terminal: answers of a query, the views, runs and sweeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from data.format import UNKNOWN, counted, percent, share, significant
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.insurance import Match
from engine.analytics.measure import lower_is_better
from engine.analytics.verdict import CANT_TELL, NOT_PAID, PAID, WITHHELD
from engine.runs.index import OLD
from engine.runs.origin import RunOrigin
from reports.naming import label, shown, spec_of

COLOURS = {PAID: "green", NOT_PAID: "red", CANT_TELL: "yellow", WITHHELD: "yellow"}
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
VERDICT = 28
"""Columns that a verdict takes at least."""
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
    console.print(f"{counted(total, 'row')}{more}", style="dim", highlight=False)


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
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("run", overflow="fold", ratio=1)
    for name in figures:
        table.add_column(_title(name), justify="right", min_width=max(map(len, _title(name).split())))
    table.add_column("verdict", min_width=VERDICT, overflow="fold")
    apart = _apart(rows, origins)
    for row in rows:
        name = f"[bold]{escape(str(row['name']))}[/] {row['id']}{' SIMULATED' if row.get('simulated') else ''}"
        changed = Padding(f"[dim]{escape(apart[row['folder']])}[/]", (0, 0, 0, 2))
        told = f"[{COLOURS.get(row['verdict'], 'default')}]{escape(whole_verdict(row))}[/]"
        table.add_row(Group(name, changed), *(_figure(figure, row.get(figure)) for figure in figures), told)
    console.print(table)
    _count(console, len(rows), total, "run")


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
    told = {row["folder"]: _changes(row, origins[row["folder"]]) for row in rows}
    for key in ("data", "code", "engine"):
        alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in (row for row in rows if not row["older"]):
            alike.setdefault((row["name"], told[row["folder"]]), []).append(row)
        for same in alike.values():
            if len({row.get(key) for row in same}) > 1:
                told |= {row["folder"]: f"{told[row['folder']]}, {key} {str(row.get(key))[:10]}" for row in same}
    return told


def _changes(row: Mapping[str, Any], origin: RunOrigin | None) -> str:
    if origin is None:
        return f"{row['strategy']}, {_history(row)}"
    told = " ".join(f"{key}={value}" for key, value in origin.changes.items())
    return told or ("as shipped" if origin.shipped else "all defaults")


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
        title = _title(name)
        table.add_column(title, justify="right", min_width=max(map(len, title.split())))
    return table


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
    plain = name.removeprefix("best_")
    for control in ("unhedged_", "derisk_daily_", "derisk_entry_", "held_less_"):
        plain = plain.removeprefix(control)
    if plain == "combinations":
        return f"{value:,}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return percent(value, gap="") if "%" in spec_of(plain) else shown(plain, float(value))


def _count(console: Console, found: int, total: int, noun: str) -> None:
    """Say how many of how many were asked for, where not all are."""
    if found < total:
        console.print(f"{found:,} of {counted(total, noun)}", style="dim", highlight=False)
