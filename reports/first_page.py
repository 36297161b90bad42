"""The first screen as the report's template takes it: the screen, the waterfall's bars, the frontier's drawings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.analytics.answer.words import Piece, names_of
from engine.runs.run import Run
from reports.document import Term
from reports.first_screen import screen_of
from reports.first_sum import SumStep
from reports.frontier_picture import PHONE, WIDE, described, draw_frontier


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
        "lead": _explained(screen.lead, meanings),
        "simulated": result.simulated,
        "quarter": meanings["Bad quarter"],
        "falls": list(_falls(screen.steps, meanings)),
        "drawings": ()
        if answer is None
        else tuple(draw_frontier(answer, names, shape, others) for shape in (WIDE, PHONE)),
        "described": "" if answer is None else described(answer, names),
    }


def _explained(pieces: Sequence[Piece], meanings: Mapping[str, str]) -> list[Piece | Term]:
    return [Term(one.text, meanings["As safe"]) if one.role == "safe" else one for one in pieces]


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
