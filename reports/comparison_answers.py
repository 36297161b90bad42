"""The answers of several runs beside each other: the verdict, the sum, and p-values that count how many were tried."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from data.format import p_value, percent, points, share, signed
from engine.analytics.answer.digits import print_sum, printed_gap
from engine.analytics.answer.family import Adjusted, Tested, adjusted_in_families
from engine.analytics.answer.insurance import Match
from engine.runs.run import Run

NONE = "-"


@dataclass(frozen=True)
class Row:
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


def answer_rows(runs: Mapping[str, Run]) -> dict[str, Row]:
    """Return the answers of runs as tables show them, by the names given."""
    adjusted = adjusted_of(runs)
    return {name: answer_row(run.metrics, adjusted.get(name)) for name, run in runs.items()}


def answer_row(metrics: Mapping[str, Any], adjusted: Adjusted | None) -> Row:
    """Return a run's answer as tables show it, from what its metrics.json holds."""
    answer, verdict = metrics["answer"], metrics["verdict"]
    if answer is None:
        return Row("not judged" if verdict is None else str(verdict["label"]))
    match, timing, parts = match_of(metrics), answer["timing"], answer["sum"]["cagr"]
    unhedged, hedged = metrics["controls"]["unhedged"]["cagr"], metrics["cagr"]
    names = ("exposure", "timing", "drift", "fund")
    printed = print_sum(unhedged, hedged, [parts[name] for name in names])
    told = {name: NONE if part is None else signed(part) for name, part in zip(names, printed.parts, strict=True)}
    low, high = match.interval
    return Row(
        label=answer["insurance"]["label"],
        held=share(match.share),
        gap=signed(printed_gap(match)),
        interval=f"{points(low)} to {points(high)}",
        unhedged=percent(unhedged),
        hedged=percent(hedged),
        **told,
        when=timing["label"],
        p=p_value(timing["p"]),
        adjusted=NONE if adjusted is None or adjusted.runs == 1 else p_value(adjusted.p),
        fund_label=answer["fund"]["label"] or NONE,
    )


def match_of(metrics: Mapping[str, Any]) -> Match:
    """Return how a run with an answer compares with holding less."""
    told = metrics["answer"]["insurance"]
    low, high = told["interval"]
    return Match(told["c"], told["cagr"], told["gap"], (low, high))


def family_note(runs: Mapping[str, Run]) -> str:
    """Return which runs were adjusted together and which stand alone, in words; empty where no run has an answer."""
    adjusted = adjusted_of(runs)
    if not adjusted:
        return ""
    alone = [name for name, one in adjusted.items() if one.runs == 1]
    families = {family_of(runs[name]): one.runs for name, one in adjusted.items() if one.runs > 1}
    told = []
    if families:
        sizes = " and ".join(str(size) for size in families.values())
        told.append(
            f"The adjusted p counts that several were tried: {sizes} runs of one core and the same sessions, on the"
            " same shifts of their orders (Westfall and Young's step-down)."
        )
    if alone:
        told.append(f"No other run here has the core and the sessions of {', '.join(alone)}: nothing to adjust for.")
    return " ".join(told)
