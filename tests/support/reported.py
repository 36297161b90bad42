"""The report of a run that several tests read, made once."""

from __future__ import annotations

from engine.runs.run import Run
from reports.document import Document
from reports.hedge_report import report_of

_REPORTS: dict[tuple[int, str | None], tuple[Run, Document]] = {}
"""By the identity of the run, which is held here so that no other comes to bear it."""


def reported(result: Run, tearsheet: str | None = None) -> Document:
    """Return the report of a run that no test changes."""
    key = id(result), tearsheet
    if key not in _REPORTS:
        _REPORTS[key] = result, report_of(result, tearsheet=tearsheet)
    return _REPORTS[key][1]
