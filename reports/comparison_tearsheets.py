"""Kept runs' tear-sheets side by side: every row of quantstats' table, and a page on which two scroll together."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from data.format import counted, lowered
from engine.hedge_names import joined
from reports.comparison import Compared, Comparison
from reports.comparison_rows import NONE
from reports.document import Column, Custom, Details, Document, Link, Paragraph, Part, Row, Section, Table
from reports.renderers.html import write_document

MAIN, OTHERS = "tearsheet.html", "tearsheet-*.html"
UNHEDGED = "Unhedged"
"""What tear-sheets call the book that a run's is best set against where runs are compared."""
FOLLOWS = "parent.postMessage"
"""Stands in a tear-sheet that scrolls together with another."""
PERIOD = "Period"
"""The row that quantstats' table lacks: its page has it in the title."""

SAME = (PERIOD, "Cumulative Return", "CAGR", "Max Drawdown", "Volatility (ann.)", "Skew", "Best Day", "Worst Day")
"""The rows by which a book that two runs are set against is the same."""


@dataclass(frozen=True)
class KeptTearsheet:
    """A tear-sheet in a run's folder.

    Parameters
    ----------
    label
        The run's.
    path
        Its file.
    against
        What it sets the run against.
    rows
        What it shows of that and of the run, by row: the period, quantstats' table, and each year's return.
    follows
        Whether it scrolls together with another; those of older versions don't.
    """

    label: str
    path: Path
    against: str
    rows: Mapping[str, tuple[str, str]]
    follows: bool


def kept_tearsheets(found: Comparison) -> tuple[KeptTearsheet, ...]:
    """Return every tear-sheet that the runs were kept with; of each run the one against the unhedged book first."""
    return tuple(sheet for run in found.runs for sheet in _of_run(run))


def _of_run(run: Compared) -> list[KeptTearsheet]:
    folder = run.run.folder
    files = [path for path in (folder / MAIN, *sorted(folder.glob(OTHERS))) if path.is_file()]
    sheets = [sheet for path in files if (sheet := _read(run.label, path)) is not None]
    return sorted(sheets, key=lambda sheet: sheet.against != UNHEDGED)


def _read(label: str, path: Path) -> KeptTearsheet | None:
    """Read a tear-sheet; None for a page that quantstats didn't make."""
    page = path.read_text(encoding="utf-8", errors="replace")
    every = [_cells(table) for table in re.findall("<table>.*?</table>", page, re.DOTALL)]
    tables = {cells[0][0]: cells for cells in every if cells}
    if "Metric" not in tables:
        return None
    period = re.search("<dt>(.*?)</dt>", page)
    told = " ".join(period[1].split()) if period else NONE
    rows = {PERIOD: (told, told)} | {row[0]: (row[1], row[2]) for row in tables["Metric"][1:] if len(row) > 2}
    rows |= {row[0]: (f"{row[1]}%", f"{row[2]}%") for row in tables.get("Year", [])[1:]}
    return KeptTearsheet(label, path, tables["Metric"][0][1], rows, FOLLOWS in page)


def _cells(table: str) -> list[list[str]]:
    """Return a table's rows, its head first, as texts."""
    found = [re.findall("<t[dh]>(.*?)</t[dh]>", row) for row in re.findall("<tr>.*?</tr>", table)]
    return [[html.unescape(cell).replace("{ {", "{{") for cell in row] for row in found if row]


def figures_of(found: Comparison, sheets: Sequence[KeptTearsheet]) -> dict[str, list[str]]:
    """Return every row of quantstats' table: a column a run, then one for each book that they are set against.

    Where quantstats gives one book another figure beside each run, as its smart Sharpe ratio, all stand in the cell, in
    the runs' order.

    Parameters
    ----------
    found
        The comparison.
    sheets
        Its `kept_tearsheets`: the first of each run counts.
    """
    first = _first(found, sheets)
    titles = list(dict.fromkeys(title for sheet in first for title in sheet.rows))
    books: dict[tuple[str, ...], list[KeptTearsheet]] = {}
    for sheet in first:
        books.setdefault((sheet.against, *_column(sheet, SAME, 0)), []).append(sheet)
    columns = {"Figure": titles} | {sheet.label: _column(sheet, titles, 1) for sheet in first}
    for (against, *_), those in books.items():
        alone = sum(against == name for name, *_ in books) == 1
        head = against if alone else f"{against} ({joined([sheet.label for sheet in those])})"
        while head in columns:
            head += " (benchmark)"
        cells = zip(*(_column(sheet, titles, 0) for sheet in those), strict=True)
        columns[head] = [each[0] if len(set(each)) == 1 else ", ".join(each) for each in cells]
    return columns


def _first(found: Comparison, sheets: Sequence[KeptTearsheet]) -> list[KeptTearsheet]:
    """Return each run's first tear-sheet, of those that have one."""
    of_runs = ([sheet for sheet in sheets if sheet.label == run.label] for run in found.runs)
    return [own[0] for own in of_runs if own]


def _column(sheet: KeptTearsheet, titles: Sequence[str], side: int) -> list[str]:
    return [sheet.rows[title][side] if title in sheet.rows else NONE for title in titles]


def tearsheet_section(found: Comparison, sheets: Sequence[KeptTearsheet], pages: Sequence[Link]) -> Iterator[Section]:
    """Yield what the comparison's page has of tear-sheets: links to `pages`, and every row of quantstats' table."""
    if not (sheets or pages):
        return
    parts: list[Part] = [Paragraph([link]) for link in pages]
    if sheets:
        columns = figures_of(found, sheets)
        rows = [Row(cells) for cells in zip(*columns.values(), strict=True)]
        about = (
            "As each run's own tear-sheet has it, over its own sessions; after the runs what they are set against."
            " Where quantstats gives that book another figure beside each run, all stand there, in the runs' order."
        )
        table = Table("quantstats", [Column("" if head == "Figure" else head) for head in columns], rows, "sheets")
        parts.append(Details("Every row of quantstats' table", [Paragraph(about, "dek"), table]))
    parts += [Paragraph(sentence, "dek") for sentence in _lacking(found, sheets)]
    kept = f"{len(_first(found, sheets))} of {counted(len(found.runs), 'run')}"
    yield Section("tearsheets", f"A tear-sheet was kept with {kept}", parts)


def _lacking(found: Comparison, sheets: Sequence[KeptTearsheet]) -> Iterator[str]:
    """Yield which runs have no tear-sheet, and what to do about it."""
    lacking = [run.label for run in found.runs if all(sheet.label != run.label for sheet in sheets)]
    if lacking:
        yield f"Kept without a tear-sheet, and so not in this: {joined(lacking)}. `backtest run` draws one."


def write_frames(path: Path, found: Comparison, sheets: Sequence[KeptTearsheet], folder: Path) -> None:
    """Write the page that shows two tear-sheets beside each other, which scroll together.

    Parameters
    ----------
    path
        The file to write.
    found
        The comparison.
    sheets
        Its `kept_tearsheets`, two or more.
    folder
        Where the page will stand: the tear-sheets are found from there.
    """
    first = _first(found, sheets)
    left, right = [sheets.index(sheet) for sheet in (first if len(first) > 1 else sheets)[:2]]
    options = [(_address(sheet.path, folder), f"{sheet.label}, against {lowered(sheet.against)}") for sheet in sheets]
    older = [f"{sheet.label} ({sheet.path.name})" for sheet in sheets if not sheet.follows]
    header = [*_lacking(found, sheets)]
    if older:
        header.append(f"Written by an older version, and so not scrolling along: {joined(older)}. Run it again.")
    document = Document(
        f"{found.mark}Tear-sheets side by side",
        [Section("", "", [Custom("compare_frames.html.j2", {"options": options, "shown": (left, right)})])],
        header=[Paragraph(sentence, "dek") for sentence in header],
        styles=["compare_frames"],
    )
    write_document(path, document)


def _address(path: Path, folder: Path) -> str:
    """Return a file's address, from a folder."""
    return quote(Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix())
