"""The page of an event study: what followed the triggers, against all days. One offline file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.market import Roles
from engine.analytics.event_study import EventStudy
from reports.charts import singles, write_page
from reports.study_table import HEADS, headline, notes, rows, things


def write_study_page(
    path: Path, study: EventStudy, roles: Roles, *, title: str, span: tuple[str, str], note: str | None = None
) -> None:
    """Write the page of a study: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    study, roles
        The study, and who is hedge and underlying.
    title, note
        Stand at the top; any text is safe.
    span
        The run's first and last session.
    """
    words = {"title": title, "note": note, "span": span, "roles": roles, "study": study_words(study, roles)}
    simulated = note is not None and note.startswith("SIMULATED")
    write_page(path, "study.html.j2", words, {"simulated": simulated, "study": study_data(study, roles)})


def study_words(study: EventStudy, roles: Roles) -> dict[str, Any]:
    """Return what the part of a page on a study shows."""
    return {
        "headline": headline(study, roles),
        "notes": notes(study, roles),
        "heads": HEADS,
        "things": [(title, rows(study, thing)) for thing, title in things(roles).items()],
        "triggers": len(study.triggers),
    }


def study_data(study: EventStudy, roles: Roles) -> dict[str, Any] | None:
    """Return what a page's script draws of a study; None where there was no trigger."""
    if not len(study.triggers):
        return None
    return {
        "offsets": study.offsets.tolist(),
        "lines": [
            {
                "name": name,
                **{part: singles(getattr(path, part)) for part in ("after", "low", "high", "all_days")},
            }
            for name, path in ((roles.hedge, study.fund), (roles.underlying, study.underlying))
        ],
    }
