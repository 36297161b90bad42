"""Where the money went: from doing nothing to the hedge, in dollars, and what the fund brought and took."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.format import dollars
from engine.analytics.attribution import SLEEVE
from engine.analytics.bridge import SPANS
from engine.analytics.carino import linking
from engine.analytics.evaluate import Evaluation
from engine.runs.run import Run
from reports.charts import singles
from reports.report_section import Chart, Note, Part, Section, Table
from reports.report_steps import TITLES, bridge_chart, sleeve_chart, steps_heads, steps_rows


def money(result: Run, evaluation: Evaluation) -> Section:
    """Return the section."""
    metrics, roles = result.metrics, result.market.roles
    carried = metrics["bridge"]
    largest = max(SPANS, key=lambda name: abs(carried[name]))
    ends = f"{dollars(metrics['controls']['unhedged']['final_equity'])} to {dollars(metrics['final_equity'])}"
    step = f"the largest step is {TITLES[largest].lower()}, {dollars(carried[largest], sign=True)}"
    parts: list[Part] = [
        Note(
            "Each step is what one cause did to the hedged book's end value, beside doing nothing. It counts with what"
            " it would have become: dollars lost early would have grown with the core until the end."
        ),
        Chart("bridge", "Waterfall from the end value of doing nothing to the hedge's", size="tall"),
        Table("steps", steps_heads(roles), steps_rows(metrics, roles)),
        Chart(
            "sleeve",
            f"Waterfall of what {roles.hedge} brought a year",
            f"What {roles.hedge} brought, a year, in points of the hedged book's CAGR, linked over time (Carino): with"
            " what the core made they sum to it.",
        ),
        Chart(
            "linked",
            f"What each part of {roles.hedge} has brought so far",
            f"What each part of {roles.hedge} has brought so far, in points of the hedged book's total return, of which"
            " the core made the rest.",
            "tall",
        ),
    ]
    data = {
        "bridge": bridge_chart(metrics),
        "sleeve": sleeve_chart(metrics, roles),
        "linked": _linked(evaluation, roles.hedge),
    }
    return Section("bridged", "Money", f"From {ends}: {step}", parts, data)


def _linked(evaluation: Evaluation, fund: str) -> list[dict[str, Any]]:
    """Return each part of what the sleeve made, summed up from the start and linked, in points of total return."""
    ours = evaluation.attribution
    share = 100.0 * linking(ours.equity, ours.last)[: ours.last + 1]
    parts = {TITLES[name]: ours.dollars[name][: ours.last + 1] for name in SLEEVE}
    lines = {f"All of {fund}": ours.sleeve[: ours.last + 1]} | parts
    return [{"name": name, "y": singles(np.cumsum(column * share))} for name, column in lines.items()]
