"""Quantstats' pictures of runs side by side, a row a picture and a column a run, by the same axes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.calendar import sessions_a_year
from engine.hedge_names import hedge_name, kept_names
from reports.comparison import Compared, Comparison
from reports.document import Custom, Document, Paragraph, Section
from reports.renderers.html import write_document
from reports.tearsheet import Charts
from reports.tearsheet_pictures import PICTURES, draw_pictures


def write_pictures(path: Path, found: Comparison) -> None:
    """Draw quantstats' pictures of every run on the sessions that all share, and write their page.

    Each run is set against its own unhedged book. Of runs of the same sessions the pictures are those of their
    tear-sheets but for their axes.
    """
    drawn = draw_pictures([charts_of(run, found) for run in found.runs])
    labels = [run.label for run in found.runs]
    sections = [
        Section("", title, [Custom("compare_pictures.html.j2", {"pictures": list(zip(labels, row, strict=True))})])
        for title, row in zip(PICTURES, drawn, strict=True)
    ]
    about = "Quantstats' pictures of each hedged book against the run's own unhedged one, all by the same axes."
    document = Document(
        f"{found.mark}Quantstats' pictures of runs compared",
        sections,
        note=" ".join(found.loud),
        header=[Paragraph(found.span, "strong"), Paragraph(about)],
        styles=["compare_pictures", "quantstats"],
    )
    write_document(path, document)


def charts_of(run: Compared, found: Comparison) -> Charts:
    """Return what quantstats draws of a run: its books on the shared sessions, called as on its tear-sheet."""
    made = found.sessions[run.synthetic]
    marked = "SIMULATED " if run.run.simulated else ""
    return Charts(
        found.sessions[1:],
        run.returns["hedged"],
        run.returns["unhedged"],
        cash_rate=0.0,  # no picture takes one off
        title=run.label,
        name=f"{marked}{hedge_name(kept_names(run.run.settings)).title}",
        benchmark_name="Unhedged",
        sessions_a_year=sessions_a_year(found.sessions),
        synthetic=(np.datetime64(made[0]), np.datetime64(made[-1])) if len(made) else None,
    )
