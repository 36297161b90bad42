"""What a comparison shows of a run, as texts: its figures, the best of a row marked, and its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.format import p_value, percent, points, share, signed, written
from engine.analytics.answer.digits import print_sum, printed_gap
from engine.analytics.answer.family import Adjusted, Tested, adjusted_in_families
from engine.analytics.answer.insurance import Match
from engine.analytics.attribution import SLEEVE
from engine.analytics.measure import BOOK, HEDGE, NUMBERS, Measure
from engine.runs.run import Run
from reports.document import Cell
from reports.hedge_parts import ALL_FUNDS, Kinds, abouts_of_kinds, sleeve_parts, titles_of

NONE, BEST = "-", "best"
"""Where there is nothing to show, and the role of the best cell of a row."""
SAME = 1e-9
"""How near, of its size, a value lies to the best that is as good."""


class FigureRow(NamedTuple):
    """A row: its title, what it means, where its value is, how it is written, and whether high or low is best."""

    title: str
    meaning: str
    key: str
    shown: Callable[[Any], str]
    best: Callable[[Sequence[float]], float] | None = None


fraction = partial(percent, places=2)
difference = partial(percent, places=2, sign=True)
FIRST = (
    "cagr", "total_return", "final_equity", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "cvar_95",
    "costs", "turnover",
)  # fmt: skip
"""The measures that stand first, in this order."""


def _row(measure: Measure) -> FigureRow:
    traded = measure.unit in ("count", "a year")  # how much is no merit
    best = None if traded or not measure.better else max if measure.better > 0 else min
    return FigureRow(measure.title, measure.meaning, measure.key, partial(written, kind=measure.format), best)


METRIC_ROWS = (
    *(_row(BOOK[key]) for key in dict.fromkeys((*FIRST, *NUMBERS)) if key != "sessions"),
    FigureRow("Unhedged CAGR", "of the run's own unhedged book", "unhedged_cagr", fraction),
    FigureRow("CAGR less unhedged", "below 0 protection cost something", "cagr_vs_unhedged", difference, max),
    FigureRow("Unhedged maximum drawdown", "of the run's own unhedged book", "unhedged_max_drawdown", fraction),
    FigureRow("CAGR less sold daily", "core sold to the same beta instead", "cagr_vs_derisk_daily", difference, max),
    FigureRow(
        "CAGR less held less", "less of the core held all the time instead", "cagr_vs_held_less", difference, max
    ),
)


def decay_rows(kinds: Kinds) -> tuple[FigureRow, ...]:
    """Return the rows of what each part of hedges of these kinds contributed to the CAGR, linked."""
    titles, abouts = titles_of(kinds), abouts_of_kinds(kinds, "the underlying")
    meanings = {name: HEDGE[f"{name}_a_year"].meaning for name in SLEEVE}
    if kinds != ALL_FUNDS:
        meanings |= {name: f"{about[:1].lower()}{about[1:].rstrip('.')}" for name, about in abouts.items()}
    parts = [FigureRow(titles[name], meanings[name], name, difference, max) for name in sleeve_parts(kinds)]
    decay = HEDGE["decay_a_year"]
    return (
        *parts,
        FigureRow(HEDGE["sleeve_a_year"].title, "the sum of these", "sleeve", difference, max),
        *([FigureRow(decay.title, decay.meaning, "decay", difference, max)] if "fund" in kinds else []),
    )


def cells(row: FigureRow, values: Sequence[float | None], competing: Sequence[bool]) -> list[Cell]:
    """Write values; of runs that compete the best is marked, and what is as good but for rounding, unless all are."""
    known = [value for value, may in zip(values, competing, strict=True) if may and value is not None]
    best = row.best(known) if row.best and known else math.nan
    marked = [
        may and value is not None and math.isclose(value, best, rel_tol=SAME)
        for value, may in zip(values, competing, strict=True)
    ]
    if sum(marked) == len(known):
        marked = [False] * len(values)
    return [Cell(row.shown(value), BEST if mark else "") for value, mark in zip(values, marked, strict=True)]


def monthly(sessions: Dates, growth: Floats) -> list[tuple[int, list[float | None], float]]:
    """Return a row a year: the year, its twelve months' returns (None where there is none), and the year's.

    The first month and year go from the first session, the last to the last.
    """
    months = sessions.astype("datetime64[M]").astype(np.int64)
    ends = np.union1d(np.flatnonzero(np.diff(months)), [len(months) - 1])
    rows: dict[int, list[float | None]] = {}
    levels: dict[int, tuple[float, float]] = {}
    before = float(growth[0])
    for end in ends.tolist():
        year, month = divmod(int(months[end]), 12)
        now = float(growth[end])
        rows.setdefault(year, [None] * 12)[month] = now / before - 1.0 if before > 0.0 else None
        levels[year] = (levels.get(year, (before, now))[0], now)
        before = now
    return [
        (1970 + year, made, levels[year][1] / levels[year][0] - 1.0 if levels[year][0] > 0.0 else 0.0)
        for year, made in rows.items()
    ]


@dataclass(frozen=True)
class AnswerRow:
    """A run's answer as tables show it: texts, a dash where there is none.

    Parameters
    ----------
    label
        The verdict's label.
    held, gap, interval
        The share of the core that is as safe, the gap to holding it in points, and the gap's interval.
    unhedged, exposure, timing, drift, fund, hedged
        The sum: from the unhedged book's CAGR to the hedged one's in points that add up as printed.
    when, fund_label
        The labels of timing and fund.
    p, adjusted
        The timing's own p-value, and the one that counts the runs tried with it.
    """

    label: str
    held: str = NONE
    gap: str = NONE
    interval: str = NONE
    unhedged: str = NONE
    exposure: str = NONE
    timing: str = NONE
    drift: str = NONE
    fund: str = NONE
    hedged: str = NONE
    when: str = NONE
    p: str = NONE
    adjusted: str = NONE
    fund_label: str = NONE


def family_of(run: Run) -> Hashable:
    """Return what runs share whose timings are tested together: the core with its weights, and the sessions."""
    return tuple(run.settings["portfolio"]["core"].items()), run.sessions.tobytes()


def adjusted_of(runs: Mapping[str, Run]) -> dict[str, Adjusted]:
    """Return the adjusted p-value of the timing of each run that has an answer, by the names given."""
    return adjusted_in_families(
        {
            name: Tested(family_of(run), run.tables["timing"]["t"])
            for name, run in runs.items()
            if "timing" in run.tables
        }
    )


def answer_rows(runs: Mapping[str, Run]) -> dict[str, AnswerRow]:
    """Return the answers of runs as tables show them, by the names given."""
    adjusted = adjusted_of(runs)
    return {name: answer_row(run.figures, adjusted.get(name)) for name, run in runs.items()}


def answer_row(metrics: Mapping[str, Any], adjusted: Adjusted | None) -> AnswerRow:
    """Return a run's answer as tables show it, from what its metrics.json holds."""
    answer, verdict = metrics["answer"], metrics["verdict"]
    if answer is None:
        return AnswerRow("not judged" if verdict is None else str(verdict["label"]))
    match, timing, parts = match_of(metrics), answer["timing"], answer["sum"]["cagr"]
    unhedged, hedged = metrics["controls"]["unhedged"]["cagr"], metrics["cagr"]
    names = ("exposure", "timing", "drift", "fund")
    printed = print_sum(unhedged, hedged, [parts[name] for name in names])
    texts = {name: NONE if part is None else signed(part) for name, part in zip(names, printed.parts, strict=True)}
    low, high = match.interval
    return AnswerRow(
        label=answer["insurance"]["label"],
        held=share(match.share),
        gap=signed(printed_gap(match)),
        interval=f"{points(low)} to {points(high)}",
        unhedged=percent(unhedged),
        hedged=percent(hedged),
        **texts,
        when=timing["label"],
        p=p_value(timing["p"]),
        adjusted=NONE if adjusted is None or adjusted.runs == 1 else p_value(adjusted.p),
        fund_label=answer["fund"]["label"] or NONE,
    )


def match_of(metrics: Mapping[str, Any]) -> Match:
    """Return how a run with an answer compares with holding less."""
    insurance = metrics["answer"]["insurance"]
    low, high = insurance["interval"]
    return Match(insurance["c"], insurance["cagr"], insurance["gap"], (low, high))


def family_note(runs: Mapping[str, Run]) -> str:
    """Return which runs were adjusted together and which stand alone, in words; empty where no run has an answer."""
    adjusted = adjusted_of(runs)
    if not adjusted:
        return ""
    alone = [name for name, p in adjusted.items() if p.runs == 1]
    families = {family_of(runs[name]): p.runs for name, p in adjusted.items() if p.runs > 1}
    sentences = []
    if families:
        sizes = " and ".join(str(size) for size in families.values())
        sentences.append(
            f"The adjusted p counts that several were tried: {sizes} runs of one core and the same sessions, on the"
            " same shifts of their orders (Westfall and Young's step-down)."
        )
    if alone:
        sentences.append(
            f"No other run here has the core and the sessions of {', '.join(alone)}: nothing to adjust for."
        )
    return " ".join(sentences)
