"""The hedge report: whether the hedge paid, by how much, and what that rests on. One offline file."""

from __future__ import annotations

from pathlib import Path

from engine.folder import config_yaml
from engine.identity import as_run
from engine.run import RunResult
from reports import report_assumed as assumed
from reports import report_episodes as episodes
from reports import report_measures as measures
from reports import report_tables as tables
from reports.charts import write_page
from reports.first_page import first_page
from reports.report_charts import page_data
from reports.report_steps import bridge_table
from reports.report_words import percent
from reports.study_page import study_words
from reports.terminal import exposure

CONTENTS = (
    ("answer", "Answer"),
    ("grown", "Growth"),
    ("bridged", "Where the money went"),
    ("linked-part", "Decay"),
    ("controls-part", "Other ways"),
    ("study-part", "After the trigger"),
    ("measures-part", "Cost and catch"),
    ("episodes-part", "Episodes"),
    ("costs-part", "Costs"),
    ("assumed-part", "Assumptions"),
    ("words-part", "Words"),
)
"""The page's sections: where they stand, and what the contents call them."""


def write_report(path: Path, result: RunResult, *, tearsheet: str | None) -> None:
    """Write the report of a run: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    result
        The run; with ``controls: off`` it has no judgement, and there is nothing to report.
    tearsheet
        Where the tear-sheet stands, as a link from the page; None where there is none.
    """
    judgement = result.judgement
    if judgement is None:
        raise ValueError("a run without controls has no judgement to report")
    market = result.market
    marked = "SIMULATED " if result.simulated else ""
    words = {
        "title": f"{marked}{result.config.name}: {result.label}, {market.hedge} hedge",
        "note": _note(result),
        "tearsheet": tearsheet,
        "result": result,
        "metrics": result.metrics,
        "roles": market.roles,
        "name": result.config.name,
        "verdict": judgement.verdict,
        "contents": CONTENTS,
        **first_page(result, dict(assumed.WORDS)),
        "steps": bridge_table(result.metrics, market.roles),
        "timing": _timing(result),
        "episodes": episodes.rows(result, judgement),
        "study": study_words(judgement.study, market.roles),
        "books": tables.books(result),
        "figure_heads": [title for title, _key, _shown in tables.FIGURES],
        "differences": tables.differences(result, judgement),
        "difference_heads": [title for title, _key, _shown in tables.DIFFERENCES],
        "left_out": tables.left_out(result, judgement),
        "measures": measures.measures(result),
        "crashes": measures.crashes(result, judgement),
        "triggers": measures.triggers(result, judgement),
        "costs": tables.costs(result),
        "rules": [assumed.strategy(result.config, result.label), exposure(result), *assumed.rules(result.config)],
        "statistics": assumed.statistics(judgement),
        "history": assumed.history(result),
        "findings": assumed.findings(result),
        "vocabulary": assumed.WORDS,
        "config": config_yaml(as_run(result.config, market.source.name)),
    }
    write_page(path, "report.html.j2", words, page_data(result, judgement))


def _note(result: RunResult) -> str | None:
    """Return what has to be read before anything else."""
    told = [assumed.synthetic(result.metrics), *result.alarms]
    return " ".join(one for one in told if one) or None


def _timing(result: RunResult) -> str:
    """Say what of the hedge was its average and what its timing."""
    made = result.metrics["attribution"]
    total, average, timing = (
        percent(made[key], sign=True) for key in ("hedge_times_fund", "average_hedge", "hedge_timing")
    )
    return (
        f"Weight times the fund's daily return came to {total} a year: {average} from holding the average weight"
        f" throughout, {timing} from when it was held (Lo's timing)."
    )
