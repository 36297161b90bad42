"""A finding: one thing the audit has to say about an instrument or a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Dates
from data.repairs import Repair

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)
"""Error: a run's numbers would be wrong. Warning: they may be. Info: good to know."""


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Parameters
    ----------
    id
        By which it is accepted or repaired, the same each time: ``SOXS-step-2026-05-26``, or without a date where
        it speaks of many sessions: ``SOXS-zero-volume``.
    severity
        One of `SEVERITIES`.
    instrument
        The instrument or series.
    kind
        One word for the check: ``step``, ``open``, ``zero-volume``.
    dates
        The sessions it is about, oldest first, shape (n,); never empty. One NaT where a file can't be read at all.
    message
        What was found, with its numbers, one line.
    remedy
        What to do about it, one line.
    field
        The price it is about (``open``, ``high``, ``low``, ``close``); empty where it is about none in particular.
    factor
        By how much it is off, where that is a factor.
    repair
        What ``data check --repair`` would do; ``None`` where a person has to.
    against
        The instruments it was measured against, for the chart.
    """

    id: str
    severity: str
    instrument: str
    kind: str
    dates: Dates
    message: str
    remedy: str
    field: str = ""
    factor: float | None = None
    repair: Repair | None = None
    against: tuple[str, ...] = ()

    @property
    def first(self) -> np.datetime64:
        """The first session it is about."""
        return self.dates[0]


def identity(name: str, kind: str, date: np.datetime64 | None = None) -> str:
    """Return a finding's id: ``SOXS-step-2026-05-26``, or without a date ``SOXS-zero-volume``."""
    return f"{name}-{kind}" if date is None else f"{name}-{kind}-{date}"


def about(name: str, kind: str, severity: str, dates: Dates, message: str, remedy: str) -> Finding:
    """Return a finding about an instrument or a series as a whole, whose id has no date."""
    return Finding(identity(name, kind), severity, name, kind, dates, message, remedy)
