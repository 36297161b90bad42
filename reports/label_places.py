"""Where a picture's labels stand: each near what it names, none over another, over a dot or over the picture's edge."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

SIZE = 12.5
"""Pixels of a label's letters: nothing on a page is smaller."""
LEADING = 16.0
NARROW, WIDE = "iljtfrI.,:;'|!()[] -", "mwMW%@"
AIR = 2.0
"""Pixels between a label and anything else."""
FAR = 14.0
"""Pixels from what it names beyond which a label gets a leader."""
RINGS = (10.0, 16.0, 24.0, 34.0, 46.0, 60.0, 78.0, 98.0, 120.0, 145.0)
TURNS = 32
STRUCK, CROSSED, MET, COVERED = 220.0, 90.0, 30.0, 300.0
"""What it costs that a line or a leader runs through a label, that lines cross, and to stand over another label."""
LED, ASTRAY = 12.0, 30.0
"""What a leader costs, and to stand closer to a dot that isn't named."""
TANGLED = 40.0
"""What a place costs beyond its distance where it is crossed, or its leader crosses something."""
PASSES = 3
"""How often each label is placed again beside all others."""


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


@dataclass(slots=True)
class Seat:
    """Where a label might stand; `cost` is how bad that is by itself, None until it is asked for."""

    distance: float
    box: Box
    leader: Line | None
    cost: float | None = None


def place_labels(
    labels: Sequence[Label], frame: Box, dots: Sequence[Box], lines: Sequence[Line], faint: Sequence[Line] = ()
) -> list[PlacedLabel]:
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
        What they should not cross, nor their leaders: x and y of both ends.
    faint
        What leaders alone may cross.
    """
    seats = {at: _seats(one, frame, dots) for at, one in enumerate(labels)}
    return _Layout(lines, faint, dots, seats, labels).placed()


@dataclass(frozen=True)
class _Layout:
    """A picture whose labels are placed one after the other, then again beside all others, then in pairs."""

    lines: Sequence[Line]
    faint: Sequence[Line]
    dots: Sequence[Box]
    seats: Mapping[int, Sequence[Seat]]
    labels: Sequence[Label]

    def placed(self) -> list[PlacedLabel]:
        taken: dict[int, Seat] = {}
        for at in range(len(self.labels)):
            if (seat := self.best(at, taken.values())) is not None:
                taken[at] = seat
        for _ in range(PASSES):  # the first ones didn't know of what came after them
            before = dict(taken)
            for at in before:
                taken[at] = self.best(at, _without(taken, at)) or taken[at]
            if taken == before:
                break
        taken = self.untangled(taken)
        return [PlacedLabel(self.labels[at], seat.box, seat.leader) for at, seat in taken.items()]

    def untangled(self, taken: dict[int, Seat]) -> dict[int, Seat]:
        """Return seats of which those that cross something have tried the place of each other one, which then moved."""
        for at, other in permutations(taken, 2):
            if self.cost(at, taken) - self.far(at, taken[at]) < TANGLED:
                continue
            rest = {place: seat for place, seat in taken.items() if place not in (at, other)}
            moved = self.best(at, rest.values())
            pushed = moved and self.best(other, (*rest.values(), moved))
            if not (moved and pushed):
                continue
            swapped = {**taken, at: moved, other: pushed}
            if (
                sum(self.cost(place, swapped) for place in taken)
                < sum(self.cost(place, taken) for place in taken) - AIR
            ):
                taken = swapped
        return taken

    def best(self, at: int, others: Iterable[Seat]) -> Seat | None:
        """Return the seat that is least bad beside others: the nearest first, none further off than another is bad."""
        around, must = list(others), self.labels[at].must
        for covering in (False, True)[: 1 + must]:
            found: tuple[float, Box, Seat | None] = (math.inf, Box(0.0, 0.0, 0.0, 0.0), None)
            for seat in self.seats[at]:
                if seat.distance > found[0]:
                    break
                if not covering and any(seat.box.meets(other.box, AIR) for other in around):
                    continue
                if (cost := self.alone(at, seat)) <= found[0]:
                    found = min(found, (cost + _beside(seat, around), seat.box, seat), key=lambda one: one[:2])
            if found[2] is not None:
                return found[2]
        return None

    def cost(self, at: int, taken: Mapping[int, Seat]) -> float:
        """Return how bad a label's seat is beside all others."""
        return self.alone(at, taken[at]) + _beside(taken[at], _without(taken, at))

    def far(self, at: int, seat: Seat) -> float:
        """Return what a seat's distance costs: one that must be there is to be found at once."""
        return seat.distance * (2.0 if self.labels[at].must else 1.0)

    def alone(self, at: int, seat: Seat) -> float:
        """Return how bad a seat is by itself: its distance, dots and lines that it meets or its leader crosses."""
        if seat.cost is None:
            label, leader = self.labels[at], seat.leader
            own = [dot for dot in self.dots if dot.left <= label.x <= dot.right and dot.top <= label.y <= dot.bottom]
            others = [dot for dot in self.dots if dot not in own]
            lines = (*self.lines, *self.faint)
            seat.cost = self.far(at, seat) + STRUCK * sum(crosses(seat.box, line) for line in lines)
            seat.cost += COVERED * sum(seat.box.meets(dot) for dot in self.dots)
            if leader is not None:
                seat.cost += LED + MET * sum(_meet(leader, line) for line in self.lines)
                seat.cost += CROSSED * sum(crosses(dot, leader) for dot in others)
            if label.leads and any(_apart(seat.box, dot) < seat.distance for dot in others):
                seat.cost += ASTRAY
        return seat.cost


def _without(taken: Mapping[int, Seat], at: int) -> list[Seat]:
    return [seat for place, seat in taken.items() if place != at]


def _beside(seat: Seat, others: Iterable[Seat]) -> float:
    """Return how bad a seat is beside others: labels that it covers, and leaders that run through either or cross."""
    cost = 0.0
    for other in others:
        cost += COVERED * seat.box.meets(other.box)
        cost += 0.0 if seat.leader is None else CROSSED * crosses(other.box, seat.leader)
        if other.leader is not None:
            cost += CROSSED * crosses(seat.box, other.leader)
            cost += 0.0 if seat.leader is None else MET * _meet(seat.leader, other.leader)
    return cost


def _seats(label: Label, frame: Box, dots: Sequence[Box]) -> list[Seat]:
    """Return where a label may stand, the nearest first: on no dot, unless it must stand and nothing else is left."""
    boxes = [box for box in _spots(label) if box.inside(frame)]
    free = [box for box in boxes if not any(box.meets(dot, AIR) for dot in dots)]
    chosen = sorted((_distance(label, box), box) for box in (free or (boxes if label.must else [])))
    return [Seat(distance, box, _leader(label, box)) for distance, box in chosen]


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
    x1, y1, x2, y2 = line
    if max(x1, x2) < box.left or min(x1, x2) > box.right or max(y1, y2) < box.top or min(y1, y2) > box.bottom:
        return False
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
