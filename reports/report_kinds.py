"""Other kinds of hedge on the run's own signal, on a small frontier: which would have been cheaper protection."""

from __future__ import annotations

import numpy as np

from engine.analytics.answer.words import Piece
from engine.research.frontier import few_ways
from engine.runs.run import Run
from reports.document import Custom, Paragraph, Part, Section
from reports.frontier import SHAPES, by_cost, described, draw, finding


def kinds(result: Run) -> Section | None:
    """Return the section; None where the strategy has no intensity, or no other kind can be run on the history."""
    market, intensity = result.market, result.intensity
    if not np.isfinite(intensity).any():
        return None
    signal = np.concatenate((np.zeros(market.first), np.nan_to_num(intensity)))  # what warms up is never traded on
    found = few_ways(result.config, market, signal)
    if len({point.way for point in found.points}) < 2:
        return None
    shapes = [shape._replace(height=430) for shape in SHAPES]
    drawings = [draw(found, "bad_quarter", shape) for shape in shapes]
    about = [
        Piece(
            "The same core and signal with bills, a short or options in the hedge's place, at half and in full. The"
            " thick line is holding less; MODELLED is dashed. "
        ),
        Piece("backtest frontier", "code"),
        Piece(" with this run's file has every way that the data allow, with intervals and each dot's command."),
    ]
    parts: list[Part] = [
        Paragraph(about, "dek"),
        Custom("frontier.html.j2", {"drawings": [("kinds", drawings, described(found, "bad_quarter"))], "picked": ""}),
        by_cost(found, "bad_quarter"),
    ]
    return Section("kinds-part", finding(found).removesuffix("."), parts, "Other hedges")
