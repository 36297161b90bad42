"""A run as a notebook shows it: the report's first screen, by itself in a frame."""

from __future__ import annotations

from html import escape

from engine.runs.run import Run
from reports.document import Custom, Document
from reports.glossary import words_of
from reports.hedge_report import first_page
from reports.renderers.html import page_of

HEIGHT = 1100
"""Of the frame, pixels: the verdict, the sum and the frontier in a notebook's cell; it can be drawn longer."""


def first_screen(result: Run) -> str:
    """Return the first screen of a run's report as HTML: the verdict, the sum and the frontier.

    It stands in a frame of its own, which no style of the notebook reaches, and runs no script.
    """
    title = f"{'SIMULATED ' if result.simulated else ''}{result.config.name}: {result.label}"
    document = Document(
        title,
        (),
        header=[Custom("first.html.j2", first_page(result, dict(words_of(result.config))))],
        note=" ".join(result.alarms),
        bar=title,
        styles=["first"],
    )
    return (
        f'<iframe srcdoc="{escape(page_of(document), quote=True)}" title="{escape(title, quote=True)}" sandbox'
        f' style="width: 100%; height: {HEIGHT}px; border: 0; resize: vertical"></iframe>'
    )
