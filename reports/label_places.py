"""Where a picture's labels stand: each near what it names, none over another, over a dot or over the picture's edge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SIZE = 12.5
"""Pixels of a label's letters: nothing on a page is smaller."""
LEADING = 16.0
NARROW, WIDE = "iljtfrI.,:;'|!()[] -", "mwMW%@"
AIR = 2.0
"""Pixels between a label and anything else."""
FAR = 14.0
"""Pixels from what it names beyond which a label gets a leader."""
RINGS = (10.0, 16.0, 24.0, 34.0, 46.0, 60.0, 78.0, 98.0, 120.0)
TURNS = 24


Line = tuple[float, float, float, float]
"""x and y of both ends, in pixels."""


class Box(NamedTuple):
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, air: float = 0.0) -> bool:
        """Return whether both overlap, or come closer than some air."""
        left, top, right, bottom = other
        across = self.left < right + air and left < self.right + air
        return across and self.top < bottom + air and top < self.bottom + air

    def inside(self, other: Box) -> bool:
        """Return whether it is wholly inside another."""
        left, top, right, bottom = other
        return left <= self.left and self.right <= right and top <= self.top and self.bottom <= bottom


@dataclass(frozen=True)
class Label:
    """What is to be written, and what it names.

    Parameters
    ----------
    lines
        Its text, a line each; a line that begins with ``*`` is bold.
    x, y
        Of what it names.
    role
        Its class in the picture.
    must
        Whether it may not be left out.
    size
        Pixels.
    leads
        Whether it gets a leader where it stands far off.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    role: str = ""
    must: bool = False
    size: float = SIZE
    leads: bool = True


class PlacedLabel(NamedTuple):
    """A label where it stands; `leader` is the line from what it names, None where it stands close by."""

    label: Label
    box: Box
    leader: Line | None


def width_of(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Return how wide a text is in pixels, rather more than less, whichever font of the page's stack is there."""
    units = sum(0.33 if c in NARROW else 0.92 if c in WIDE else 0.68 if c.isupper() else 0.575 for c in text)
    return units * size * (1.06 if bold else 1.0)


def place_labels(labels: Sequence[Label], frame: Box, dots: Sequence[Box], lines: Sequence[Line]) -> list[PlacedLabel]:
    """Place labels, the first ones best; one that has no room is left out unless it must be there.

    Parameters
    ----------
    labels
        The most important first.
    frame
        Inside of what they have to be.
    dots
        What they may not cover.
    lines
        What they should not cross: x and y of both ends.
    """
    taken, placed, lines = list(dots), list[PlacedLabel](), list(lines)
    for label in labels:
        written = [label.box for label in placed]
        others = [dot for dot in dots if not (dot.left <= label.x <= dot.right and dot.top <= label.y <= dot.bottom)]
        boxes = [box for box in _spots(label) if box.inside(frame)]
        free = [box for box in boxes if not any(box.meets(other, AIR) for other in taken)]
        if not (free or (boxes and label.must)):
            continue
        box = _best(label, free or boxes, lines, written, others)
        leader = _leader(label, box)
        placed.append(PlacedLabel(label, box, leader))
        taken.append(box)
        if leader is not None:
            lines.append(leader)
    return placed


def _best(
    label: Label, boxes: Sequence[Box], lines: Sequence[Line], written: Sequence[Box], others: Sequence[Box]
) -> Box:
    """Return the place that is least bad: the nearest first, and none that is further off than another is bad."""
    found, around = (math.inf, boxes[0]), [*written, *others]
    for distance, box in sorted((_distance(label, box), box) for box in boxes):
        if distance > found[0]:
            break
        found = min(found, (_cost(label, box, lines, around) + _astray(label, box, others), box))
    return found[1]


def _spots(label: Label) -> Iterator[Box]:
    """Yield where a label might stand: around what it names, ring after ring."""
    width = max(width_of(line.removeprefix("*"), label.size, bold=line.startswith("*")) for line in label.lines)
    height = LEADING * len(label.lines)
    for ring in RINGS:
        for turn in range(TURNS):
            angle = 2.0 * math.pi * turn / TURNS
            across, down = math.cos(angle), math.sin(angle)
            x, y = label.x + ring * across, label.y + ring * down
            left = x if across > 0.3 else x - width if across < -0.3 else x - width / 2.0  # a side
            top = y if down > 0.3 else y - height if down < -0.3 else y - height / 2.0  # a side
            yield Box(left, top, left + width, top + height)


def _cost(label: Label, box: Box, lines: Sequence[Line], written: Sequence[Box]) -> float:
    """Return how bad a place is: its distance, lines it crosses, lines and labels its leader crosses."""
    crossed = sum(crosses(box, line) for line in lines)
    leader = _leader(label, box)
    tangled = 0 if leader is None else sum(_meet(leader, line) for line in lines)
    tangled += 0 if leader is None else 2 * sum(crosses(other, leader) for other in written)
    return _distance(label, box) + 60.0 * crossed + 25.0 * tangled + (12.0 if leader is not None else 0.0)


def _astray(label: Label, box: Box, others: Sequence[Box]) -> float:
    """Return what it costs that a label stands closer to a dot that it doesn't name."""
    own = _distance(label, box)
    return 30.0 * (label.leads and any(_apart(box, other) < own for other in others))


def _apart(first: Box, other: Box) -> float:
    across = max(first.left - other.right, other.left - first.right, 0.0)
    return math.hypot(across, max(first.top - other.bottom, other.top - first.bottom, 0.0))


def _distance(label: Label, box: Box) -> float:
    return _apart(Box(label.x, label.y, label.x, label.y), box)


def _leader(label: Label, box: Box) -> Line | None:
    """Return the line from what is named to the label's nearest edge, half way up where it stands beside it."""
    if not label.leads or _distance(label, box) < FAR:
        return None
    x, y = min(max(label.x, box.left), box.right), min(max(label.y, box.top), box.bottom)
    if x in (box.left, box.right):
        y = box.top + LEADING / 2.0 if len(label.lines) == 1 else min(max(label.y, box.top + 8.0), box.bottom - 8.0)
    return label.x, label.y, x, y


def crosses(box: Box, line: Line) -> bool:
    """Return whether a straight line runs through a rectangle."""
    near, far = inside(box, line)
    return near <= far


def inside(box: Box, line: Line) -> tuple[float, float]:
    """Return from which part of a straight line to which it is in a rectangle (Liang and Barsky), 1 to 0 if nowhere."""
    x1, y1, x2, y2 = line
    near, far = 0.0, 1.0
    for begin, change, low, high in ((x1, x2 - x1, box.left, box.right), (y1, y2 - y1, box.top, box.bottom)):
        if change == 0.0:
            if not low <= begin <= high:
                return 1.0, 0.0
            continue
        ends = sorted(((low - begin) / change, (high - begin) / change))
        near, far = max(near, ends[0]), min(far, ends[1])
    return near, far


def _meet(first: Line, other: Line) -> bool:
    """Return whether two straight lines cross."""

    def side(line: Line, x: float, y: float) -> float:
        return (line[2] - line[0]) * (y - line[1]) - (line[3] - line[1]) * (x - line[0])

    return (
        side(first, other[0], other[1]) * side(first, other[2], other[3]) < 0.0
        and side(other, first[0], first[1]) * side(other, first[2], first[3]) < 0.0
    )
