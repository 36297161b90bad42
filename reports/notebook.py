"""A run as a notebook shows it: the report's first screen, or what its folder keeps of it, by itself in a frame."""

from __future__ import annotations

from html import escape

from data.format import capital, written
from data.shown import marks_of
from engine.analytics.answer.words import names_of
from engine.analytics.measure import BOOK
from engine.hedge_names import kept_names
from engine.runs.run import FIGURES, Run
from reports.comparison import compared
from reports.comparison_page import answer_sections
from reports.document import Column, Custom, Document, Opening, Paragraph, Row, Table
from reports.glossary import words_of
from reports.hedge_report import first_page
from reports.renderers.html import page_of

HEIGHT, LOW = 1100, 460
"""Of the frame, pixels: the verdict, the sum and the frontier in a notebook's cell; and of a run that has no answer."""


def first_screen(result: Run) -> str:
    """Return the verdict, the sum and the frontier of a run as HTML.

    Of a run in memory it is the first screen of its report. Of one read back it is what metrics.json and the tables of
    its folder tell, as a comparison shows them. It stands in a frame of its own, which no style of the notebook
    reaches, and runs no script.
    """
    title = f"{'SIMULATED ' if result.simulated else ''}{result.name}: {result.label}"
    document = _executed(result, title) if result.kept is None else _kept(result, title)
    height = LOW if result.figures["answer"] is None else HEIGHT
    return (
        f'<iframe srcdoc="{escape(page_of(document), quote=True)}" title="{escape(title, quote=True)}" sandbox'
        f' style="width: 100%; height: {height}px; border: 0; resize: vertical"></iframe>'
    )


def _executed(result: Run, title: str) -> Document:
    return Document(
        title,
        (),
        header=[Custom("first.html.j2", first_page(result, dict(words_of(result.config))))],
        note=" ".join(result.alarms),
        bar=title,
        styles=["first"],
    )


def _kept(run: Run, title: str) -> Document:
    verdict, span = run.figures["verdict"], f"{run.sessions[0]} to {run.sessions[-1]}, {len(run.sessions):,} sessions"
    headline = "There is no verdict: controls: off." if verdict is None else str(verdict["headline"])
    sentence, reasons = ("", []) if verdict is None else (str(verdict["sentence"]), verdict["reasons"])
    judged = [] if run.figures["answer"] is None else list(answer_sections(compared([run])))
    question = f"Did {names_of(kept_names(run.settings)).hedge.doing} pay?"
    lead = sentence.removeprefix(headline).strip()
    history = "" if run.simulated or run.figures["synthetic"] else "real history"
    return Document(
        title,
        judged[::-1],
        note=" ".join(marks_of(run.notes)),
        header=[Paragraph(capital(reason)) for reason in reasons],
        styles=["compare", "frontier_runs"],
        opening=Opening([title, span, history], question, headline, lead, _books(run)),
    )


def _books(run: Run) -> Table:
    columns = [Column("SIMULATED" if run.simulated else ""), *(Column(title) for title in FIGURES.values())]
    rows = [
        Row([title, *(written(figures[key], kind=BOOK[key].format) for key in FIGURES)])
        for title, figures in run.main_books()
    ]
    return Table("glance", columns, rows)
