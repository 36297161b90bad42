"""A picture of books by how safe they were and how much they grew: its scale, its parts in pixels, and their places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.analytics.answer.frontier import Dot
from reports.label_places import Box, Label, Line, PlacedLabel, inside, place_labels

TICKS = (1, 2, 5)
ROOM = 0.12
"""How much of what is drawn spans is left free around them."""
LEAST = 0.01
"""The least that a picture spans."""
BAD_QUARTER = "a bad quarter, points below an average one"


class Shape(NamedTuple):
    """What differs between the drawings for a wide screen and a phone: pixels, and whether minor dots are named."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    minor: bool


class Spot(NamedTuple):
    """A dot as it is drawn, with what it says when it is pointed at.

    Parameters
    ----------
    run
        Its run's place among all that are compared, -1 for others.
    """

    x: float
    y: float
    role: str
    radius: float
    tip: str
    run: int = -1


Stroke = tuple[str, Line]
"""A straight line, after its class in the picture."""


@dataclass(frozen=True)
class Drawing:
    """A drawing's parts, in pixels.

    Parameters
    ----------
    shape
        Its size.
    across, up
        Ticks of both axes, each where it stands and what it says; `floor` is where the lower axis stands.
    path
        The line of holding less, as an SVG path.
    strokes
        Other lines, over the path.
    spots
        Dots, the last on top.
    labels
        Where they stand.
    across_words
        What the lower axis says.
    """

    shape: Shape
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    floor: float
    path: str
    strokes: tuple[Stroke, ...]
    spots: tuple[Spot, ...]
    labels: tuple[PlacedLabel, ...]
    across_words: str = BAD_QUARTER


@dataclass(frozen=True)
class Scale:
    """From fractions to pixels: a risk from `left` to `right`, as positive numbers, and growth a year.

    Parameters
    ----------
    across_words
        What the risk is.
    falls
        Whether it is written below 0.
    """

    shape: Shape
    left: float
    right: float
    low: float
    high: float
    across_words: str = BAD_QUARTER
    falls: bool = True

    def x(self, quarter: float) -> float:
        """Return where a risk, a negative number, stands."""
        room = self.shape.width - self.shape.left - self.shape.right
        return round(self.shape.left + room * (-quarter - self.left) / (self.right - self.left), 1)

    def y(self, growth: float) -> float:
        """Return where a growth stands."""
        room = self.shape.height - self.shape.top - self.shape.bottom
        return round(self.shape.top + room * (self.high - growth) / (self.high - self.low), 1)

    def at(self, dot: Dot) -> tuple[float, float]:
        """Return where a book stands."""
        return self.x(dot.bad_quarter), self.y(dot.cagr)

    def holds(self, quarter: float, growth: float) -> bool:
        """Return whether a point is in the picture."""
        return self.left <= -quarter <= self.right and self.low <= growth <= self.high

    def draw(
        self,
        *,
        frame: Box,
        pieces: Sequence[Line],
        spots: Sequence[Spot],
        labels: Sequence[Label],
        strokes: Sequence[Stroke] = (),
        covered: Sequence[Box] = (),
        floor: float | None = None,
    ) -> Drawing:
        """Lay a drawing out.

        Parameters
        ----------
        frame
            Inside of what labels have to be.
        pieces
            The line of holding less.
        covered
            What labels may not cover beside the spots.
        floor
            Where the lower axis stands; at the bottom unless given.
        """
        dots = [Box(dot.x - dot.radius, dot.y - dot.radius, dot.x + dot.radius, dot.y + dot.radius) for dot in spots]
        crossed = [*(line for role, line in strokes if role in ("gap", "hung")), *pieces]
        faint = [line for role, line in strokes if role.startswith("way")]
        return Drawing(
            self.shape,
            tuple(
                (self.x(-at / 100.0), _written(-at if at and self.falls else at))
                for at in _steps(self.left, self.right)
            ),
            tuple((self.y(at / 100.0), _written(at)) for at in _steps(self.low, self.high)),
            self.shape.height - self.shape.bottom if floor is None else floor,
            _path(pieces),
            tuple(strokes),
            tuple(spots),
            tuple(place_labels(labels, frame, [*dots, *covered], crossed, faint)),
            self.across_words,
        )


def _path(pieces: Sequence[Line]) -> str:
    """Return lines as an SVG path, joined where one begins at the other's end."""
    path, end = "", None
    for a, b, c, d in pieces:
        path += f"L{c:g} {d:g}" if (a, b) == end else f"M{a:g} {b:g}L{c:g} {d:g}"
        end = c, d
    return path


def _steps(low: float, high: float) -> Iterator[float]:
    step = tick_step(100.0 * (high - low))
    for count in range(math.ceil(100.0 * low / step), math.floor(100.0 * high / step) + 1):
        yield count * step


def _written(value: float) -> str:
    return f"{value:g}".replace("-", "\u2212")


def tick_step(reach: float) -> float:
    """Return the step that makes three to six ticks."""
    power = 10.0 ** math.floor(math.log10(reach / 3.0))
    return max(tick * power for tick in TICKS if tick * power <= reach / 3.0)


def around(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis that holds values from `low` to `high`, with room around them."""
    free = max(ROOM * (high - low), (LEAST - (high - low)) / 2.0)
    return low - free, high + free


def cut(line: Line, frame: Box) -> Line | None:
    """Return what of a straight line is inside of a frame, None where nothing is."""
    x1, y1, x2, y2 = line
    near, far = inside(frame, line)
    if near >= far:
        return None

    def at(part: float) -> tuple[float, float]:
        return round(x1 + part * (x2 - x1), 1), round(y1 + part * (y2 - y1), 1)

    return (*at(near), *at(far))
