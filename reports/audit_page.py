"""The audit's page: what was found in the data, and each finding on its chart. One offline file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.audit.finding import ERROR, SEVERITIES, Finding
from data.sources import Source
from reports.data_tables import summary
from reports.finding_charts import AROUND, Chart, concerned, finding_chart, histories
from reports.renderers.html import write_page

LISTED = 500
"""Sessions of one finding that are listed by date."""


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
        The days between which findings were told, ``datetime64[D]``; None where the history begins or ends.
    """
    found = sorted(findings, key=lambda one: SEVERITIES.index(one.severity))
    read = histories(source)
    charts = [finding_chart(one, read) for one in found]
    rows = [_row(one, chart) for one, chart in zip(found, charts, strict=True)]
    words = {
        "title": title,
        "note": note,
        "headline": _headline(findings, checked, span),
        "rows": rows,
        "around": AROUND,
        "accept": next((one.id for one in found if one.severity == ERROR), None),
    }
    write_page(path, "audit.html.j2", words, {"charts": charts} if found else None)


def _headline(
    findings: Sequence[Finding], checked: Sequence[str], span: tuple[np.datetime64 | None, np.datetime64 | None]
) -> str:
    """Say how the audit came out, as the terminal does, and over which days."""
    words = [f"{word} {date}" for word, date in zip(("from", "to"), span, strict=True) if date is not None]
    return ", ".join([summary(findings, checked).removesuffix("."), *([" ".join(words)] if words else [])]) + "."


def _row(finding: Finding, chart: Chart) -> dict[str, Any]:
    dates = [str(date) for date in concerned(finding)]
    listed = not chart.get("near", True) and len(dates) <= LISTED
    return {"finding": finding, "dates": dates, "listed": listed, "missing": chart["missing"]}
