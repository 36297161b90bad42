"""The hedge report: the answer, and under it what it rests on, section by section. One offline file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engine.analytics.evaluate import Evaluation
from engine.runs.identity import as_run
from engine.runs.record import config_yaml
from engine.runs.run import Run
from reports import report_assumed as assumed
from reports import report_episodes as episodes
from reports.charts import singles
from reports.document import Paragraph
from reports.first_page import first_page
from reports.renderers.html import write_page
from reports.report_books import books_of
from reports.report_costs import costs
from reports.report_falls import falls
from reports.report_growth import growth
from reports.report_money import money
from reports.report_rests import rests
from reports.report_section import Own, Section
from reports.report_sensitivity import sensitivity
from reports.report_sizes import sizes
from reports.report_timing import timing
from reports.report_ways import ways
from reports.report_years import years
from reports.study import finding, headline, study_data, study_parts
from reports.terminal import exposure


def write_report(path: Path, result: Run, *, tearsheet: str | None) -> None:
    """Write the report of a run: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    result
        The run; with ``controls: off`` it has no evaluation, and there is nothing to report.
    tearsheet
        Where the tear-sheet stands, as a link from the page; None where there is none.
    """
    evaluation = result.evaluation
    if evaluation is None:
        raise ValueError("a run without controls has no evaluation to report")
    market = result.market
    sections = tuple(sections_of(result, evaluation))
    marked = "SIMULATED " if result.simulated else ""
    words = {
        "title": f"{marked}{result.config.name}: {result.label}, {market.hedge} hedge",
        "note": _note(result),
        "tearsheet": tearsheet,
        "result": result,
        "roles": market.roles,
        "name": result.config.name,
        "contents": (("answer", "Answer"), *((one.id, one.topic) for one in sections)),
        "sections": sections,
        **first_page(result, dict(assumed.WORDS)),
        "episodes": episodes.rows(result, evaluation),
        "study": [
            Paragraph(headline(evaluation.study, market.roles), id="study-headline"),
            *study_parts(evaluation.study, market.roles),
        ],
        "rules": [assumed.strategy(result.config, result.label), exposure(result), *assumed.rules(result.config)],
        "statistics": assumed.statistics(evaluation),
        "history": assumed.history(result),
        "findings": assumed.findings(result),
        "vocabulary": assumed.WORDS,
        "config": config_yaml(as_run(result.config, market.source.name)),
    }
    write_page(path, "report.html.j2", words, page_data(result, sections))


def sections_of(result: Run, evaluation: Evaluation) -> Iterator[Section]:
    """Yield the sections below the first screen, in order; what rests on an answer is left out without one."""
    books, answer = books_of(result), evaluation.answer
    yield growth(result, books)
    yield years(result, books)
    yield falls(result, books)
    if answer is not None:
        yield rests(result, answer, books)
    yield money(result, evaluation)
    yield ways(result, answer, books)
    if answer is not None:
        yield timing(answer)
    study = {"after": study_data(evaluation.study, result.market.roles)}
    yield Section("study-part", "Triggers", finding(evaluation.study, result.market.roles), [Own("study")], study)
    if answer is not None:
        yield sizes(result, evaluation.alternatives)
        if evaluation.variations:
            yield sensitivity(answer, evaluation.variations)
    yield episodes.section(result, evaluation)
    yield costs(result)
    yield Section("assumed-part", "Assumptions", "What was assumed", [Own("assumed")])
    yield Section("words-part", "Words", "Words on this page", [Own("words")])


def page_data(result: Run, sections: tuple[Section, ...]) -> dict[str, Any]:
    """Return what the page's script reads as ``DATA``: what its charts share, and each section's own."""
    roles, sessions = result.market.roles, result.market.run_sessions
    made = np.flatnonzero(result.market.synthetic_sessions())
    shared = {
        "simulated": result.simulated,
        "fund": roles.hedge,
        "underlying": roles.underlying,
        "leverage": roles.leverage,
        "days": singles(sessions.astype("int64")),
        "synthetic": [int(made[0]), int(made[-1])] if len(made) else None,
    }
    return shared | {name: value for one in sections for name, value in one.data.items()}


def _note(result: Run) -> str | None:
    """Return what has to be read before anything else."""
    told = [assumed.synthetic(result.metrics), *result.alarms]
    return " ".join(one for one in told if one) or None
