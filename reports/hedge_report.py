"""The hedge report: whether the hedge paid, by how much, and what that rests on. One offline file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.folder import config_yaml
from engine.identity import as_run
from engine.judgement.judge import Judgement
from engine.judgement.verdict import CANT_TELL, NOT_PAID, PAID, WITHHELD
from engine.metrics import SESSIONS_A_YEAR
from engine.run import SIMULATED, RunResult
from reports import report_assumed as assumed
from reports import report_episodes as episodes
from reports import report_measures as measures
from reports import report_tables as tables
from reports.charts import write_page
from reports.report_charts import page_data
from reports.report_steps import bridge_table
from reports.report_words import percent
from reports.study_page import study_words
from reports.terminal import exposure

MARKS = {PAID: "paid", NOT_PAID: "unpaid", CANT_TELL: "untold", WITHHELD: "withheld"}
"""How the page frames each outcome."""


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
    verdict, market = judgement.verdict, result.market
    marked = "SIMULATED " if result.simulated else ""
    words = {
        "title": f"{marked}{result.config.name}: {result.label}, {market.hedge} hedge",
        "note": _note(result),
        "tearsheet": tearsheet,
        "result": result,
        "metrics": result.metrics,
        "roles": market.roles,
        "span": (market.run_sessions[0], market.run_sessions[result.hedged.last]),
        "verdict": verdict,
        "mark": MARKS[verdict.outcome],
        "withheld": verdict.outcome == WITHHELD,
        "exposure": exposure(result),
        "strategy": assumed.strategy(result.config, result.label),
        "strip": tables.strip(verdict),
        "glance": tables.glance(result),
        "glance_heads": tables.GLANCE,
        "steps": bridge_table(result.metrics, market.roles),
        "timing": _timing(result),
        "episodes": episodes.rows(result, judgement),
        "study": study_words(judgement.study, market.roles),
        "books": tables.books(result),
        "figure_heads": [title for title, _key, _shown in tables.FIGURES],
        "differences": tables.differences(result, judgement),
        "difference_heads": [title for title, _key, _shown in tables.DIFFERENCES],
        "left_out": tables.left_out(result, judgement),
        "placebo": _placebo(judgement, market.hedge),
        "measures": measures.measures(result),
        "crashes": measures.crashes(result, judgement),
        "triggers": measures.triggers(result, judgement),
        "costs": tables.costs(result),
        "rules": assumed.rules(result.config),
        "statistics": assumed.statistics(judgement),
        "history": assumed.history(result),
        "findings": assumed.findings(result),
        "vocabulary": assumed.WORDS,
        "config": config_yaml(as_run(result.config, market.source.name)),
    }
    write_page(path, "report.html.j2", words, page_data(result, judgement))


def _note(result: RunResult) -> str | None:
    """Return what has to be read before anything else."""
    simulated = SIMULATED.format(hedge=result.market.hedge) if result.simulated else None
    told = [simulated, assumed.synthetic(result.metrics), *result.alarms]
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


def _placebo(judgement: Judgement, fund: str) -> list[str]:
    """Say what the placebo's p-values mean, a sentence each; why there is none where there is none."""
    placebo = judgement.placebo
    if placebo is None:
        return [f"There is no timing to test: {fund} was never bought, or a book was ruined."]
    beaten = round(placebo.p * (1 + len(placebo.draws))) - 1
    if np.allclose(placebo.draws, placebo.statistic, rtol=0.0, atol=1e-12):
        return [f"There is no timing to test: held on other days, the same weights of {fund} brought the same."]
    growth = percent(SESSIONS_A_YEAR * placebo.statistic, sign=True)
    whole = (
        f"The same weights were held on other days, {len(placebo.draws):,} times over: the whole path shifted around"
        " the calendar in a circle, each time judged by its own daily-matched de-risk."
        f" {beaten:,} of them did as well as the {growth} a year of the run's own days or better: p = {placebo.p:.3f}."
        f" {_read(placebo.p)}"
    )
    within = placebo.by_tercile
    if within is None:
        return [whole]
    alike = (
        "A hedge that is on in restless times decays more by that alone. So a second view shifts the path only"
        f" among sessions about as volatile: p = {within.p:.3f}. {_read(within.p)}"
    )
    return [whole, alike]


def _read(p: float) -> str:
    if p <= 0.05:
        return "So few that luck alone is an unlikely reason: the timing added something."
    if p >= 0.95:
        return "Nearly all: these were worse days to hold it than others."
    return "Luck alone does this often: of the timing nothing can be claimed."
