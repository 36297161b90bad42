"""What the `backtest data` commands say in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.repairs import Repair
from data.store import Entry

if TYPE_CHECKING:
    from data.importing import Imported
    from data.pull import Pulled

COLOURS = {ERROR: "bold red", WARNING: "yellow", INFO: "dim"}


def show_listing(console: Console, entries: Sequence[Entry], repairs: Sequence[Repair], folder: str) -> None:
    """Print what the store holds, one a line, and the repairs that are applied to it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "kind", "first", "last", "rows", "lag", "read", "from"):
        table.add_column(title, justify="right" if title in ("rows", "lag") else "left", no_wrap=title != "from")
    for each in entries:
        origin = f"{each.origin.source} {each.origin.symbol}"
        lag = f"{each.lag}" if each.kind == "series" else ""
        read = each.origin.time[:10]
        table.add_row(escape(each.name), each.kind, each.first, each.last, f"{each.rows:,}", lag, read, escape(origin))
    console.print(table)
    for mend in repairs:
        how = f"{mend.kind} {mend.field} by {mend.factor:.6g}".replace("  ", " ")
        undo = f"backtest data check {mend.instrument} --undo {mend.id}"
        console.print(f"repaired: {escape(mend.id)}, {how}; {escape(undo)} takes it back", highlight=False)
    console.print(f"In [bold]{escape(folder)}[/]", highlight=False, soft_wrap=True)


def show_findings(console: Console, findings: Sequence[Finding], checked: Sequence[str]) -> None:
    """Print the audit, the worst first, each with what to do, and its sum in one line."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for width in (7, 17, None):
        table.add_column(no_wrap=width is not None, width=width)
    for one in (each for each in findings if each.severity != INFO):
        many = f" +{len(one.dates) - 1:,}" if len(one.dates) > 1 else ""
        what = f"[bold]{escape(one.instrument)}[/] {escape(one.says)}\n[dim]{escape(one.id)}: {escape(one.cure)}[/]"
        table.add_row(f"[{COLOURS[one.severity]}]{one.severity}[/]", f"{one.first}{many}", what)
    kinds = dict.fromkeys(each.kind for each in findings if each.severity == INFO)
    for kind in kinds:  # good to know, and much the same of each: all of it is on the page and in the JSON
        alike = [each for each in findings if (each.severity, each.kind) == (INFO, kind)]
        names = ", ".join(dict.fromkeys(each.instrument for each in alike))
        what = f"[bold]{escape(names)}[/] {escape(alike[0].says)}" if len(alike) == 1 else f"[bold]{escape(names)}[/]"
        table.add_row(f"[dim]{INFO}[/]", kind, f"{what}\n[dim]{escape(alike[0].cure)}[/]")
    if table.row_count:
        console.print(table)
        console.print()
    console.print(summary(findings, checked), highlight=False)


def summary(findings: Sequence[Finding], checked: Sequence[str]) -> str:
    """Say in a sentence how the audit came out."""
    counts = {word: sum(one.severity == word for one in findings) for word in (ERROR, WARNING)}
    said = [f"{number or 'No'} {word}{'s' * (number != 1)}" for word, number in counts.items()]
    shown = " and ".join(checked) if len(checked) < 3 else f"{len(checked)} instruments, series and schedules"
    return f"{', '.join(said)} in {shown}.".replace(", No", ", no")


def show_pulled(console: Console, pulled: Sequence[Pulled]) -> None:
    """Print what a pull brought, one a line, and what was noticed on the way."""
    done = [each for each in pulled if each.error is None]
    _show_kept(console, [(each, f"{each.added:,}") for each in done], "new")


def show_imported(console: Console, imported: Sequence[Imported]) -> None:
    """Print what was imported, one a line, and what was assumed."""
    _show_kept(console, [(each, each.file) for each in imported if not each.error], "file")


def _show_kept(console: Console, done: Sequence[tuple[Pulled | Imported, str]], last: str) -> None:
    if not done:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "kind", "first", "last", "rows", last):
        table.add_column(
            title,
            justify="right" if title in ("rows", "new") else "left",
            no_wrap=title != "file",
            overflow="fold" if title == "file" else "ellipsis",
        )
    for each, further in done:
        table.add_row(escape(each.name), each.kind, each.first, each.last, f"{each.rows:,}", escape(further))
    console.print(table)
    said: dict[str, list[str]] = {}  # what is said of many is said once
    for each, _further in done:
        for note in each.notes:
            said.setdefault(note, []).append(each.name)
    for note, names in said.items():
        console.print(f"{escape(', '.join(names))}: {escape(note)}", style="yellow", highlight=False)
