"""Several runs on one frontier: holding less of the core they share as the line, a named dot a run.

Only runs of one core and the same sessions have one line, and only where costs, cash and funding make it the same;
others get a picture of their own. It is drawn for a wide screen and again for a phone, close up: the runs lie near
each other, and far from nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from data.format import percent, share, signed
from engine.analytics.answer.digits import apart
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.words import Names, names_of
from engine.hedge_names import kept_names
from engine.runs.run import Run
from reports.comparison_rows import family_of
from reports.drawing import Drawing, Scale, Shape, Spot, around, cut
from reports.frontier_picture import tip_of
from reports.label_places import Box, Label

WIDE = Shape("wide", 1152, 520, 40, 24, 30, 48, minor=True)
PHONE = Shape("phone", 358, 520, 30, 8, 30, 48, minor=False)
SHAPES = (WIDE, WIDE._replace(name="middle", width=720), PHONE)
"""The same picture for a screen, for half of one and for a phone: none is shown shrunk."""
ALIKE = 5e-4
"""How far, in CAGR and in a bad quarter, lines of holding less may lie apart that are drawn as one."""


@dataclass(frozen=True)
class Shared:
    """Runs that are judged by one line.

    Parameters
    ----------
    title
        The core, and the sessions.
    names
        What a person calls the parts, as for the first of the runs.
    line
        Holding less, shares increasing.
    idle
        The unhedged book; None where it has no place.
    runs
        Each run's label, its place among all that are compared, and where it stands.
    """

    title: str
    names: Names
    line: tuple[Dot, ...]
    idle: Dot | None
    runs: tuple[tuple[str, int, Dot], ...]


def shared_lines(runs: Mapping[str, Run]) -> list[Shared]:
    """Return the runs that have an answer by the lines they are judged by, in the order given."""
    found: list[tuple[Hashable, Shared]] = []
    for place, (label, run) in enumerate(runs.items()):
        frontier = None if run.figures["answer"] is None else run.figures["answer"]["frontier"]
        if frontier is None:
            continue
        family, line = family_of(run), _dots(frontier["line"])
        dots = {dot.name: dot for dot in _dots(frontier["dots"])}
        mine = (label, place, dots["hedged"])
        at = next((i for i, (known, shared) in enumerate(found) if known == family and _alike(line, shared.line)), None)
        if at is None:
            names = names_of(kept_names(run.settings))
            title = f"{names.whole}, {run.sessions[0]} to {run.sessions[-1]}"
            found.append((family, Shared(title, names, line, dots.get("unhedged"), (mine,))))
        else:
            shared = found[at][1]
            found[at] = family, Shared(shared.title, shared.names, line, shared.idle, (*shared.runs, mine))
    return [shared for _family, shared in found]


def draw_shared(shared: Shared, shape: Shape) -> Drawing:
    """Lay a drawing out."""
    scale = _scale_of(shared, shape)
    line = [scale.at(point) for point in shared.line]
    frame = Box(shape.left, shape.top - 10.0, shape.width - 2.0, shape.height - shape.bottom - 2.0)
    pieces = [piece for pair in pairwise(line) if (piece := cut((*pair[0], *pair[1]), frame)) is not None]
    spots = list(_spots(shared, scale))
    return scale.draw(frame=frame, pieces=pieces, spots=spots, labels=list(_labels(shared, scale)))


def distinct_ends(labels: Sequence[str]) -> list[str]:
    """Return labels without what all but one or none begin with, to the last ``_``: ``hedge_soxs_volume``, ``volume``.

    A label that is nothing but that beginning stays whole.
    """
    if len(labels) < 2:
        return list(labels)
    heads = {label[: at + 1] for label in labels for at, letter in enumerate(label) if letter == "_"}
    common = [head for head in heads if all(label.startswith(head) or label == head[:-1] for label in labels)]
    head = max(common, key=len, default="")
    return [label.removeprefix(head) or label for label in labels]


def described(shared: Shared) -> str:
    """Return the picture in words, for who can't see it."""
    dots = "; ".join(
        f"{label} {percent(dot.cagr)} at {-100 * dot.bad_quarter:.1f},"
        f" {signed(apart(dot.cagr, dot.cagr - dot.gap))} to holding less"
        for label, _place, dot in shared.runs
    )
    return f"Growth a year against how many points a bad quarter falls short of an average one. {dots}."


def _dots(kept: Sequence[Mapping[str, Any]]) -> tuple[Dot, ...]:
    return tuple(Dot(**dot) for dot in kept)


def _alike(line: Sequence[Dot], other: Sequence[Dot]) -> bool:
    return len(line) == len(other) and all(
        abs(a.cagr - b.cagr) <= ALIKE and abs(a.bad_quarter - b.bad_quarter) <= ALIKE
        for a, b in zip(line, other, strict=True)
    )


def _scale_of(shared: Shared, shape: Shape) -> Scale:
    """Return a scale that holds every run, the whole core, and the points of the line as safe as the runs."""
    dots = [dot for _label, _place, dot in shared.runs] + ([] if shared.idle is None else [shared.idle])
    across, up = [-dot.bad_quarter for dot in dots], [end for dot in dots for end in (dot.cagr, dot.cagr - dot.gap)]
    left, right = around(min(across), max(across))
    low, high = around(min(up), max(up))
    return Scale(shape, max(left, 0.0), right, low, high)


def _spots(shared: Shared, scale: Scale) -> Iterator[Spot]:
    names = shared.names
    for dot in _stops(shared, scale):
        title = f"{share(dot.share or 0.0)} {names.part}, the rest in {names.cash}"
        yield Spot(*scale.at(dot), "stop", 4.0, tip_of(dot, title))
    if shared.idle is not None:
        idle = shared.idle
        yield Spot(*scale.at(idle), "beside", 4.5, tip_of(idle, "doing nothing"))
    for label, place, dot in shared.runs:
        yield Spot(*scale.at(dot), "hedge", 5.5, tip_of(dot, label), place)


def _labels(shared: Shared, scale: Scale) -> Iterator[Label]:
    """Yield the labels, the most important first."""
    short = distinct_ends([label for label, _place, _dot in shared.runs])
    crowded = sorted(zip(short, shared.runs, strict=True), key=lambda labelled: labelled[1][2].cagr)
    if shared.idle is not None:
        yield Label((f"*doing nothing {percent(shared.idle.cagr)}",), *scale.at(shared.idle), "strong")
    for name, (_label, _place, dot) in crowded:
        yield Label((f"{name} {percent(dot.cagr)}",), *scale.at(dot), "strong")
    for dot in _stops(shared, scale):
        yield Label((f"{share(dot.share or 0.0)} {shared.names.part}",), *scale.at(dot), "quiet")
    inside = [dot for dot in shared.line if scale.holds(dot.bad_quarter, dot.cagr)]
    if inside:
        dot = inside[len(inside) // 2]
        lines = ("*the line: holding less", "above it is cheaper, below dearer")
        yield Label(lines, *scale.at(dot), "quiet")


def _stops(shared: Shared, scale: Scale) -> list[Dot]:
    """Return the shares marked on the line: every tenth that is in the picture, but for the whole core."""
    marked = {f"{tenth / 10:.2f}" for tenth in range(10)}
    return [dot for dot in shared.line if f"{dot.share:.2f}" in marked and scale.holds(dot.bad_quarter, dot.cagr)]
