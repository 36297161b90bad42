"""What `backtest data check` says: what was found in the data, in the terminal, and on its page each on its chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.audit.finding import ERROR, INFO, SEVERITIES, WARNING, Finding
from data.format import counted, counted_of
from data.sources import Source
from engine.analytics.answer.words import Piece
from reports.document import (
    Cell,
    Chart,
    Column,
    Details,
    Document,
    Heading,
    Link,
    Opening,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
    Text,
)
from reports.finding_charts import AROUND, FindingChart, concerned, finding_chart, histories
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

LISTED = 500
"""Sessions of one finding that are listed by date."""
ROLES = {ERROR: "bad", WARNING: "warning", INFO: "dek"}
ACCEPT = (
    "A run stops on data with an error. To go on all the same, name it in the run's YAML, and the report will say so: "
)
ALL_CLEAR = "Nothing was found that stops a run. A run's report names what it was warned of."
ABOUT = (
    f"Bars are as traded, {AROUND} sessions each side, the sessions in question shaded. A finding that spans more "
    "shows the whole history as a line, and its sessions as ticks below. Coloured lines, on the right axis, are "
    "what it was measured against: total return, 100 at the first session shown; where opens are in question, "
    "through open and close of each session. Below stand splits and dividends. An axis is logarithmic where what "
    "it shows spreads more than fivefold."
)


def show_findings(console: Console, findings: Sequence[Finding], checked: Sequence[str]) -> None:
    """Print the audit, the worst first, each with what to do, and its sum in one line."""
    rows = []
    for item in (each for each in findings if each.severity != INFO):
        many = f" +{len(item.dates) - 1:,}" if len(item.dates) > 1 else ""
        what = [Piece(item.instrument, "strong"), Piece(f" {item.message}")]
        when = f"{item.first}{many}"
        rows.append(
            Row([Cell(item.severity, ROLES[item.severity]), when, Cell(what, detail=f"{item.id}: {item.remedy}")])
        )
    kinds = dict.fromkeys(each.kind for each in findings if each.severity == INFO)
    for kind in kinds:  # good to know, and much the same of each: all of it is on the page and in the JSON
        alike = [each for each in findings if (each.severity, each.kind) == (INFO, kind)]
        names = ", ".join(dict.fromkeys(each.instrument for each in alike))
        what = [Piece(names, "strong"), Piece(f" {alike[0].message}" if len(alike) == 1 else "")]
        rows.append(Row([Cell(INFO, ROLES[INFO]), kind, Cell(what, detail=alike[0].remedy)]))
    columns = [Column("", wrap="never"), Column("", align="left", wrap="never"), Column("", align="left")]
    table: list[Part] = [Table("findings", columns, rows), Paragraph("")] if rows else []
    show(console, [*table, Paragraph(summary(findings, checked))])


def summary(findings: Sequence[Finding], checked: Sequence[str]) -> str:
    """Return in a sentence how the audit came out."""
    counts = {word: sum(finding.severity == word for finding in findings) for word in (ERROR, WARNING)}
    parts = [f"{number or 'No'} {word}{'s' * (number != 1)}" for word, number in counts.items()]
    shown = " and ".join(checked) if len(checked) < 3 else f"{len(checked)} instruments, series and schedules"
    return f"{', '.join(parts)} in {shown}.".replace(", No", ", no")


def write_audit_page(
    path: Path,
    findings: Sequence[Finding],
    source: Source,
    *,
    title: str,
    checked: Sequence[str],
    span: tuple[np.datetime64 | None, np.datetime64 | None] = (None, None),
    note: str | None = None,
) -> None:
    """Write the page of an audit: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    findings
        What was found, in any order; the worst stand first.
    source
        What was audited; of an instrument that it can't read, the page shows no chart and says why.
    title, note
        Stand at the top; any text is safe.
    checked
        The names of what was audited.
    span
        The days between which findings were asked for, ``datetime64[D]``; None where the history begins or ends.
    """
    found = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    words = [f"{word} {date}" for word, date in zip(("from", "to"), span, strict=True) if date is not None]
    errors = [finding.id for finding in found if finding.severity == ERROR]
    accept = [Piece(ACCEPT), Piece(f"data: {{accept: [{errors[0]}]}}", "code")] if errors else ALL_CLEAR
    counts = summary(findings, checked).removesuffix(".")
    about = [title, "" if note else "real history", " ".join(words)]
    opened = Opening(
        [*about, counts.partition(" in ")[2]],
        "Can this history be relied on?",
        f"{counts.partition(' in ')[0]}.",
        accept,
    )
    sections: list[Section] = []
    if found:
        kinds = len({item.kind for item in found})
        many = f"{counted(len(found), 'finding')} of {counted(kinds, 'kind')}, each with what to do"
        sections.append(Section("", many, [_table(found)]))
        read = histories(source)
        charts = [part for at, item in enumerate(found) for part in _charted(at, item, finding_chart(item, read))]
        drawn = sum(isinstance(part, Chart) for part in charts)
        shown = f"{counted_of(drawn, len(found))} findings can be seen on a chart"
        sections.append(Section("", shown, [Paragraph(ABOUT, "dek"), *charts]))
    document = Document(title, sections, note=note or "", scripts=["audit"], styles=["audit"], opening=opened)
    write_document(path, document)


def _table(found: Sequence[Finding]) -> Table:
    heads = ("Severity", "Instrument", "When", "What was found", "What to do")
    rows = []
    for at, item in enumerate(found):
        when: Text = [Link(_when(item), f"#chart-{at}")]
        name: Text = [Piece(item.instrument, "strong")]
        cells = [Cell(item.severity, f"badge {item.severity}"), Cell(name), Cell(when), item.message, item.remedy]
        rows.append(Row(cells, command=item.id))
    return Table("findings", [Column(head, align="left") for head in heads], rows)


def _when(finding: Finding) -> str:
    dates = concerned(finding)
    if not len(dates):
        return "all of it"
    return f"{counted(len(dates), 'session')}, {dates[0]} to {dates[-1]}" if len(dates) > 1 else str(dates[0])


def _charted(at: int, finding: Finding, chart: FindingChart) -> list[Part]:
    """Return what a page shows of a finding: what it is, its chart or why it has none, and its sessions."""
    dates, missing = [str(date) for date in concerned(finding)], " ".join(chart["missing"])
    parts: list[Part] = [
        Heading(f"{finding.severity} {finding.instrument}, {_when(finding)}", f"chart-{at}"),
        Paragraph(finding.message),
    ]
    if "near" in chart:
        about = f"{finding.instrument}: {finding.kind}"
        parts.append(Chart(f"finding-{at}", about, missing, "tall", data=chart))
    else:
        parts.append(Paragraph(missing, "dek"))
    if dates and len(dates) <= LISTED and not chart.get("near", True):
        parts.append(Details(f"All {len(dates)} sessions", [Paragraph(", ".join(dates), "dek")]))
    return parts
