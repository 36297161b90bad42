"""The first screen as the report's template takes it: the screen, the waterfall's bars, the frontier's drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.format import dollars, percent, points
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.words import Names, names_of
from engine.runs.run import Run
from reports.first_screen import screen_of
from reports.first_sum import Step
from reports.frontier_picture import PHONE, WIDE, described, draw_frontier, title_of


@dataclass(frozen=True)
class Bar:
    """A row of the waterfall as it is drawn: fractions of the track's width.

    Parameters
    ----------
    step
        What it says.
    at, long
        Where its bar begins, and its length.
    value
        Where its value stands.
    next
        Where the next bar begins.
    tip
        Its definition and its exact values.
    """

    step: Step
    at: float
    long: float
    value: float
    next: float
    tip: str


def first_page(result: Run, meanings: Mapping[str, str]) -> dict[str, Any]:
    """Return what the first screen's template shows.

    Parameters
    ----------
    meanings
        What the page's words mean, by word.
    """
    names, evaluation = names_of(result.config), result.evaluation
    answer = None if evaluation is None else evaluation.answer
    others = [one.dot for one in evaluation.alternatives if not one.own] if evaluation else []
    screen = screen_of(result)
    return {
        "screen": screen,
        "simulated": result.simulated,
        "tips": meanings,
        "falls": _falls(screen.steps, meanings),
        "drawings": ()
        if answer is None
        else tuple(draw_frontier(answer, names, shape, others) for shape in (WIDE, PHONE)),
        "described": "" if answer is None else described(answer, names),
        "exact": () if answer is None else exact_rows(answer, names),
    }


def exact_rows(answer: Answer, names: Names) -> tuple[tuple[str, ...], ...]:
    """Return every dot beside the line in full: growth, gap, bad quarter, worst fall, volatility, end value."""
    return tuple(
        (
            title_of(dot, names),
            percent(dot.cagr, 2),
            points(dot.gap, 2),
            points(dot.bad_quarter, 2),
            percent(dot.max_drawdown),
            percent(dot.volatility),
            dollars(dot.final_equity),
        )
        for dot in answer.frontier.dots
    )


def _falls(steps: Sequence[Step], meanings: Mapping[str, str]) -> tuple[Bar, ...]:
    ends = [0.0, *(end for step in steps for end in (step.begin, step.end))]
    low, reach = min(ends), max(ends) - min(ends) or 1.0

    def place(value: float) -> float:
        return round((value - low) / reach, 4)

    return tuple(
        Bar(
            step,
            place(min(step.begin, step.end)),
            round(abs(step.end - step.begin) / reach, 4),
            place(max(step.begin, step.end)),
            place(step.end),
            f"{meanings.get(step.name, '')} {step.exact}".strip(),
        )
        for step in steps
    )
