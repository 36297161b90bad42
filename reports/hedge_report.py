"""The hedge report: the answer, and under it what it rests on, section by section. One offline file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine.analytics.answer.words import names_of
from engine.analytics.evaluate import Evaluation
from engine.analytics.event_study import EventStudy
from engine.hedge_names import hedge_name
from engine.runs.run import Run
from reports.charts import singles
from reports.document import Custom, Document, Link, Paragraph, Section, Term
from reports.first_screen import screen_of
from reports.first_sum import SumStep
from reports.frontier_picture import PHONE, WIDE, described, draw_frontier
from reports.glossary import words_of
from reports.report_assumed import assumptions, synthetic, vocabulary
from reports.report_books import books_of
from reports.report_crises import crises
from reports.report_episodes import episodes
from reports.report_evidence import rests, timing
from reports.report_history import falls, growth, years
from reports.report_kinds import kinds
from reports.report_legs import legs
from reports.report_money import costs, money
from reports.report_ways import sensitivity, sizes, ways
from reports.study import finding, headline, study_parts


def report_of(result: Run, *, tearsheet: str | None = None) -> Document:
    """Return the report of a run.

    Parameters
    ----------
    tearsheet
        Where the tear-sheet stands, as a link from the page; None where there is none.

    Raises
    ------
    ValueError
        When the run has no evaluation, with ``controls: off``: there is nothing to report.
    """
    evaluation = result.evaluation
    if evaluation is None:
        raise ValueError("a run without controls has no evaluation to report")
    marked = "SIMULATED " if result.simulated else ""
    notes = (synthetic(result.figures), *result.alarms)
    return Document(
        f"{marked}{result.config.name}: {result.label}, {hedge_name(result.config).title}",
        tuple(_sections(result, evaluation)),
        note=" ".join(note for note in notes if note),
        header=[Custom("first.html.j2", first_page(result, dict(words_of(result.config))))],
        bar=result.config.name,
        links=[] if tearsheet is None else [Link("Tear-sheet", tearsheet)],
        data=_shared_data(result),
        scripts=["study", "report"],
        styles=["report", "first", "frontier_runs", "frontier"],
    )


def _sections(result: Run, evaluation: Evaluation) -> Iterator[Section]:
    """Yield the sections below the first screen, in order; what rests on an answer is left out without one."""
    books, answer, names = books_of(result), evaluation.answer, names_of(result.config)
    yield growth(result, books)
    yield years(result, books)
    yield falls(result, books)
    if (replayed := crises(result, books, None if answer is None else answer.insurance.quarter.share)) is not None:
        yield replayed
    if answer is not None:
        yield rests(result, answer, books)
    yield money(result, evaluation)
    if len(result.market.roles.hedges) > 1:
        yield legs(result)
    yield ways(result, answer, books)
    if answer is not None and (others := kinds(result)) is not None:
        yield others
    if answer is not None:
        yield timing(answer)
    yield _triggers(result, evaluation.study)
    if answer is not None:
        yield sizes(result, evaluation.alternatives)
        if evaluation.variations:
            yield sensitivity(answer, evaluation.variations, names)
    yield episodes(result, evaluation)
    yield costs(result)
    yield assumptions(result, evaluation)
    yield vocabulary(answer, result.config)


def _triggers(result: Run, study: EventStudy) -> Section:
    roles = result.market.roles
    lead = Paragraph(headline(study, roles), id="study-headline")
    return Section("study-part", finding(study, roles), [lead, *study_parts(study, roles)], "Triggers")


def _shared_data(result: Run) -> dict[str, Any]:
    """Return what the charts of the page share."""
    roles, sessions = result.market.roles, result.market.run_sessions
    made = np.flatnonzero(result.market.synthetic_sessions())
    return {
        "simulated": result.simulated,
        "fund": roles.hedge,
        "underlying": roles.underlying,
        "leverage": roles.leverage if roles.one_fund else None,
        "days": singles(sessions.astype("int64")),
        "synthetic": [int(made[0]), int(made[-1])] if len(made) else None,
    }


def first_page(result: Run, meanings: Mapping[str, str]) -> dict[str, Any]:
    """Return what the first screen's template shows.

    Parameters
    ----------
    meanings
        What the page's words mean, by word.
    """
    names, evaluation = names_of(result.config), result.evaluation
    answer = None if evaluation is None else evaluation.answer
    others = [alternative.dot for alternative in evaluation.alternatives if not alternative.own] if evaluation else []
    screen = screen_of(result)
    return {
        "screen": screen,
        "lead": [Term(piece.text, meanings["As safe"]) if piece.role == "safe" else piece for piece in screen.lead],
        "quarter": meanings["Bad quarter"],
        "falls": list(_falls(screen.steps, meanings)),
        "drawings": tuple(draw_frontier(answer, names, shape, others) for shape in (WIDE, PHONE) if answer),
        "described": "" if answer is None else described(answer, names),
    }


def _falls(steps: Sequence[SumStep], meanings: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the waterfall with where each bar begins, how long it is, and where the next begins."""
    ends = [0.0, *(end for step in steps for end in (step.begin, step.end))]
    low, reach = min(ends), max(ends) - min(ends) or 1.0

    def place(value: float) -> float:
        return round((value - low) / reach, 4)

    for step in steps:
        yield {
            "step": step,
            "at": place(min(step.begin, step.end)),
            "long": round(abs(step.end - step.begin) / reach, 4),
            "value": place(max(step.begin, step.end)),
            "next": place(step.end),
            "about": f"{meanings.get(step.name, '')} {step.exact}".strip(),
        }
