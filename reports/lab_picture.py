"""The lab's picture of a move: how safe against how much it grew, with the same hedge at other strengths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from data.format import in_percent, percent, share, signed
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.words import Names
from engine.lab.move import Move, Strengths
from reports.drawing import Drawing, Scale, Shape, Spot, Stroke
from reports.frontier_picture import STOPS, UP, tip_of
from reports.label_places import LEADING, Box, Label, PlacedLabel, width_of
from reports.renderers.html import typeset

WIDE = Shape("wide", 430, 330, 28, 92, 26, 44, minor=True)
PHONE = Shape("phone", 358, 340, 26, 84, 26, 44, minor=False)


def drawn(move: Move, names: Names, *, phone: bool) -> dict[str, Any] | None:
    """Return the picture in parts, as the page's script draws them; None where the books have no place in one."""
    if not move.dots or move.match is None:
        return None
    shape = PHONE if phone else WIDE
    scale = _scale(move, shape)
    drawing = _laid_out(move, names, scale)
    taken = [placed.box for placed in drawing.labels]
    taken += [Box(spot.x - 4.0, spot.y - 4.0, spot.x + 4.0, spot.y + 4.0) for spot in drawing.spots]
    labels = [
        {
            "lines": [typeset(line) for line in placed.label.lines],
            "role": placed.label.role,
            "box": [*placed.box],
            "leader": placed.leader,
            "size": placed.label.size,
        }
        for placed in (*drawing.labels, *_beside_the_line(move, names, scale, taken))
    ]
    room = {
        "left": shape.left,
        "right": shape.width - shape.right,
        "top": shape.top,
        "bottom": shape.height - shape.bottom,
    }
    return {
        **asdict(drawing),
        "shape": shape._asdict(),
        "labels": labels,
        "up_words": typeset(UP),
        "across_words": typeset(drawing.across_words),
        "spots": [{**spot._asdict(), "tip": typeset(spot.tip)} for spot in drawing.spots],
        "scale": {**room, "low": scale.low, "high": scale.high, "safe": scale.left, "risky": scale.right},
        "described": typeset(_described(move, names)),
    }


def _scale(move: Move, shape: Shape) -> Scale:
    """Return the scale, which the line and all strengths set, so that it stays where it is while one is turned."""
    dots = [*move.line, *move.dots.values()]
    growths, quarters = [0.0, *(dot.cagr for dot in dots)], [dot.bad_quarter for dot in dots]
    if (found := move.strengths) is not None:
        line = -min(dot.bad_quarter for dot in move.line)
        near = [
            (q, g) for q, g in zip(found.bad_quarters.tolist(), found.cagrs.tolist(), strict=True) if -q < 1.5 * line
        ]
        quarters += [quarter for quarter, _growth in near]
        growths += [growth for _quarter, growth in near]
    high = max(growths)
    low = max(min(growths), -1.5 * high) if high > 0.0 else min(growths)
    low = min(low, move.dots["hedged"].cagr)
    return Scale(shape, 0.0, 1.06 * max(-min(quarters), 0.01), low - 0.06 * (high - low), high)


def _laid_out(move: Move, names: Names, scale: Scale) -> Drawing:
    hedged, match = move.dots["hedged"], move.match
    assert match is not None  # noqa: S101  # there are dots
    shape = scale.shape
    x, y = scale.at(hedged)
    ring = (x if match.share < 1.0 else scale.x(move.line[-1].bad_quarter), scale.y(match.cagr))
    gap = (x, ring[1], x, y)
    strokes: list[Stroke] = [("level", (*ring, x, ring[1]))] if ring[0] != x else []
    tried = [] if move.strengths is None else list(_tried(move.strengths, scale, names))
    strokes += [("tried", (one.x, one.y, other.x, other.y)) for one, other in pairwise(tried)]
    strokes.append(("gap", gap))
    line = [scale.at(point) for point in move.line]
    return scale.draw(
        frame=Box(shape.left, 2.0, shape.width - 2.0, shape.height - shape.bottom - 2.0),
        pieces=[(*start, *other) for start, other in pairwise(line)],
        spots=[*tried, *_spots(move, names, scale, ring)],
        labels=_labels(move, names, scale, ring, gap, tried),
        strokes=strokes,
        covered=[
            Box(min(x, x) - 3.0, min(gap[1], gap[3]), x + 3.0, max(gap[1], gap[3])),
            Box(0.0, 0.0, width_of(UP), 18.0),
        ],
    )


def _tried(found: Strengths, scale: Scale, names: Names) -> Iterator[Spot]:
    what = found.key.rpartition(".")[2]
    rows = zip(
        found.values.tolist(), found.bad_quarters.tolist(), found.cagrs.tolist(), found.gaps.tolist(), strict=True
    )
    for value, quarter, cagr, gap in rows:
        if not math.isnan(quarter) and scale.holds(quarter, cagr):
            much = in_percent(value) if what == "weight" else f"cover {value:g}"
            tip = f"{much} {names.hedge.called}: grew {percent(cagr)} a year, {100 * gap:+.1f} points to holding less"
            yield Spot(scale.x(quarter), scale.y(cagr), "other", 3.0, tip)


def _spots(move: Move, names: Names, scale: Scale, ring: tuple[float, float]) -> Iterator[Spot]:
    match = move.match
    for dot in move.line:
        if dot.share in (0.0, *STOPS):
            yield Spot(
                *scale.at(dot),
                "stop",
                4.0,
                tip_of(dot, f"{share(dot.share or 0.0)} {names.part}, the rest in {names.cash}"),
            )
    yield Spot(*scale.at(move.dots["unhedged"]), "beside", 4.0, tip_of(move.dots["unhedged"], "doing nothing"))
    if match is not None:
        yield Spot(*ring, "held", 6.0, f"{share(match.share)} {names.part} grew {percent(match.cagr)} a year")
    yield Spot(*scale.at(move.dots["hedged"]), "hedge", 6.5, tip_of(move.dots["hedged"], names.hedge.title))


def _labels(
    move: Move,
    names: Names,
    scale: Scale,
    ring: tuple[float, float],
    gap: tuple[float, float, float, float],
    tried: list[Spot],
) -> list[Label]:
    """Return the labels, the most important first."""
    hedged, idle, match = move.dots["hedged"], move.dots["unhedged"], move.match
    labels = [
        Label((f"*{names.hedge.title}", f"*{percent(hedged.cagr)}"), *scale.at(hedged), "hedge", must=True, size=14.0)
    ]
    if match is not None and match.share < 1.0:
        labels.append(Label((f"*{share(match.share)} {names.part} {percent(match.cagr)}",), *ring, "strong", must=True))
    labels.append(Label((f"*doing nothing {percent(idle.cagr)}",), *scale.at(idle), "strong", must=True))
    if match is not None and abs(gap[1] - gap[3]) > 24.0:
        labels.append(Label((f"*{signed(printed_gap(match))} points",), gap[0], (gap[1] + gap[3]) / 2.0, "hedge"))
    found = move.strengths
    if found is not None and tried:
        what = found.key.rpartition(".")[2]
        labels.append(Label((f"other {what}s",), tried[-1].x, tried[-1].y, "quiet"))
    return labels


def _beside_the_line(move: Move, names: Names, scale: Scale, taken: Sequence[Box]) -> Iterator[PlacedLabel]:
    """Yield what stands at its usual place beside the line, where nothing else does: to look for another is slow."""
    for dot in move.line[::-1]:
        if dot.share in (0.0, *STOPS):
            stop = f"{share(dot.share)} {names.part}" if dot.share else f"all in {names.cash}"
            label = Label((stop,), *scale.at(dot), "quiet")
            left, top = label.x + 9.0, label.y - 2.0
            box = Box(left, top, left + width_of(stop), top + LEADING)
            if not any(box.meets(other, 2.0) for other in taken):
                yield PlacedLabel(label, box, None)


def _described(move: Move, names: Names) -> str:
    """Return the picture in words, for who can't see it."""
    hedged, match = move.dots["hedged"], move.match
    held = "" if match is None else f" Holding {share(match.share)} {names.part} grew {percent(match.cagr)}."
    return (
        f"Growth a year against how many points a bad quarter falls short of an average one. {names.hedge.title} grew"
        f" {percent(hedged.cagr)} at {-100 * hedged.bad_quarter:.1f} points.{held}"
    )
