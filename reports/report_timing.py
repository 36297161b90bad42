"""Timing: the run's own dates among all others, as a histogram."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arithmetic import expm1
from data.format import UNKNOWN, p_value, percent, points, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import printed_sum
from engine.analytics.answer.timing import LEVEL
from engine.analytics.answer.words import dates_words
from reports.report_section import Chart, Head, Note, Row, Section, Table

BINS = 60


def timing(answer: Answer) -> Section:
    """Return the section."""
    told = answer.timing
    caption = (
        f"Growth a year of the book sold at entry on its own orders, moved around the calendar by each of"
        f" {told.shifts:,} numbers of sessions. Shaded: nine of ten."
    )
    chart = Chart("shifts", f"Histogram of {told.shifts:,} random dates with the run's own marked", caption)
    finding = f"{dates_words(answer)}: {told.label}"
    return Section(
        "timing-part",
        "Timing",
        finding[:1].upper() + finding[1:],
        [chart, _table(answer), *_notes(answer)],
        {"shifts": _data(answer)},
    )


def _table(answer: Answer) -> Table:
    told = answer.timing
    band = UNKNOWN if told.band is None else f"{_grown(told.band[0])} to {_grown(told.band[1])}"
    smallest = UNKNOWN if told.smallest is None else f"{points(told.smallest * answer.factor).removeprefix('+')} points"
    part = printed_sum(answer).parts[1]
    rows = [
        ("The run's own dates", _grown(told.growth), "Growth a year, sold at entry."),
        ("Random dates, on average", UNKNOWN if told.mean is None else _grown(told.mean), ""),
        ("Nine of ten random dates", band, "From the 5 % quantile to the 95 % quantile."),
        (
            "Timing",
            UNKNOWN if part is None else f"{signed(part)} points",
            "The part of the sum: own dates less the average, in points of CAGR.",
        ),
        (
            "Smallest effect this history could show",
            smallest,
            "What would be found in four of five such histories, at 5 %, two-sided.",
        ),
        ("p", p_value(told.p), "How often random dates are as far out, on either side."),
        ("p of being worse", p_value(told.p_low), "How often random dates are as bad or worse."),
        ("p of being better", p_value(told.p_high), "How often random dates are as good or better."),
    ]
    return Table("timing", [Head(""), Head("")], [Row([name, value], tip) for name, value, tip in rows])


def _notes(answer: Answer) -> list[Note]:
    told = answer.timing
    sized = (
        "The p's weigh each shift by how much the sector moved while it was on, so that a path that is on when it moves"
        f" most isn't called lucky or unlucky for that. Below {LEVEL:g} the label says helped or hurt."
    )
    ruined = "A shifted book was ruined: it counts as the worst, and mean, band and smallest effect can't be told."
    return [Note(sized), *([Note(ruined)] if told.mean is None else [])]


def _grown(log_growth: float) -> str:
    return percent(float(expm1(log_growth)))


def _data(answer: Answer) -> dict[str, Any]:
    told = answer.timing
    growth = 100.0 * expm1(answer.shifts.growth[1:][np.isfinite(answer.shifts.growth[1:])])
    counts, edges = np.histogram(growth, BINS)
    known = [None if one is None else 100.0 * float(expm1(one)) for one in (told.growth, told.mean)]
    return {
        "counts": counts.tolist(),
        "edges": [round(float(edge), 6) for edge in edges],
        "own": known[0],
        "mean": known[1],
        "band": None if told.band is None else [100.0 * float(expm1(one)) for one in told.band],
    }
