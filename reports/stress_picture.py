"""Pictures of a stress, in pixels: their parts, a fan of paths, and on how many of them the hedge ends behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.format import percent
from engine.stress.books import HEDGED, UNHEDGED
from engine.stress.many import ManyBooks
from engine.stress.results import FAN
from engine.stress.reverse import TriedPaths
from reports.drawing import LEAST, tick_step
from reports.label_places import LEADING, Box, Label, Line, PlacedLabel, place_labels, width_of
from reports.stress_words import StressBook

POINTS = 160
"""Points of a fan's line."""
GAP = 15.0
"""Pixels from one label beside a line's end to the next."""


class Ink(NamedTuple):
    """A part of a picture: an SVG element, its class, its attributes, its text, and what it says when pointed at."""

    tag: str
    role: str
    at: Mapping[str, float | str]
    text: str = ""
    tip: str = ""


class Sketch(NamedTuple):
    """A picture for one kind of screen, ``wide`` or ``phone``, in pixels; `labels` have found their places."""

    name: str
    width: float
    height: float
    inks: Sequence[Ink]
    labels: Sequence[PlacedLabel] = ()


class Canvas(NamedTuple):
    """Its size and name, and the room that axes and labels take around what is drawn, in pixels."""

    name: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


class Ruler(NamedTuple):
    """From values to pixels."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """Return where a value stands."""
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.first + part * (self.last - self.first), 1)

    def ticks(self) -> list[float]:
        """Return round values within, three to six."""
        step = tick_step(100.0 * (self.high - self.low)) / 100.0
        first, last = np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9)
        return [float(step * k) for k in np.arange(first, last + 1.0)]


WIDE_FAN, PHONE_FAN = Canvas("wide", 570, 330, 46, 136, 14, 30), Canvas("phone", 358, 300, 44, 132, 14, 30)
WIDE_SHARE, PHONE_SHARE = Canvas("wide", 570, 300, 46, 20, 22, 30), Canvas("phone", 358, 280, 44, 14, 22, 30)


def reach_of(values: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and the highest, apart by `LEAST` at least."""
    low, high = min(values), max(values)
    free = max(LEAST - (high - low), 0.0) / 2.0
    return low - free, high + free


def draw_fan(books: ManyBooks, shown: Sequence[StressBook], canvas: Canvas) -> Sketch:
    """Draw the quantiles of doing nothing and, over them, of the hedged book, after each session."""
    fans = {key: np.quantile(books.growth[key], FAN, axis=0) - 1.0 for key in (UNHEDGED, HEDGED)}
    values = [float(pick(fan)) for fan in fans.values() for pick in (np.min, np.max)]
    sessions = fans[HEDGED].shape[1] - 1
    x = Ruler(0.0, sessions, canvas.left, canvas.width - canvas.right)
    y = Ruler(*reach_of(values), canvas.height - canvas.bottom, canvas.top)
    inks = [*_grid_up(y, x), *_session_ticks(x, canvas)]
    at = np.unique(np.linspace(0, sessions, min(POINTS, sessions + 1)).round().astype(int))
    for key, role in ((UNHEDGED, "idle"), (HEDGED, "hedge")):
        lines = [[(x.at(float(t)), y.at(float(line[t]))) for t in at] for line in fans[key]]
        inks.append(_area(f"{role} outer", lines[0], lines[-1]))
        inks.append(_area(f"{role} inner", lines[1], lines[-2]))
    for key, role in ((UNHEDGED, "idle"), (HEDGED, "hedge")):
        for place in (0, 2, 4):
            points = [(x.at(float(t)), y.at(float(fans[key][place, t]))) for t in at]
            inks.append(Ink("path", f"{role} {'middle' if place == 2 else 'edge'}", {"d": _path(points)}))
    return Sketch(canvas.name, canvas.width, canvas.height, [*inks, *_ends(fans, shown, y, canvas)])


def _ends(fans: Mapping[str, Floats], shown: Sequence[StressBook], y: Ruler, canvas: Canvas) -> Iterator[Ink]:
    """Yield the names and values beside the ends of the lines, moved apart."""
    (own,) = (book for book in shown if book.key == HEDGED)
    hedge = "MODELLED" if "MODELLED" in own.short else own.short if canvas.name == "wide" else own.brief
    named = {UNHEDGED: "doing nothing" if canvas.name == "wide" else "nothing", HEDGED: hedge}
    labels = []
    for key, role in ((UNHEDGED, "quiet"), (HEDGED, "hedge bold")):
        for place in (0, 2, 4):
            end = float(fans[key][place, -1])
            text = f"{percent(end)} {named[key]}" if place == 2 else percent(end)
            labels.append((y.at(end), text, role))
    labels.sort(key=lambda label: label[0])
    for at, (_wanted, text, role) in zip(spaced([label[0] for label in labels]), labels, strict=True):
        yield text_ink(canvas.width - canvas.right + 8.0, at + 4.0, text, role)


def spaced(places: Sequence[float], gap: float = GAP) -> list[float]:
    """Return places, sorted already, moved apart as little as need be: each group around the mean of its own."""
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _first(groups[-1], gap) < _first(groups[-2], gap) + gap * len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
    return [_first(group, gap) + gap * k for group in groups for k in range(len(group))]


def _first(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2.0


def draw_shares(tried: Sequence[TriedPaths], shown: Sequence[StressBook], canvas: Canvas, *, falls: bool) -> Sketch:
    """Draw on which share of the paths the hedged book ends behind others, over falls or over chops."""
    places = [-each.at if falls else each.at for each in tried]
    x = Ruler(0.0, max(places), canvas.left, canvas.width - canvas.right)
    y = Ruler(0.0, 1.0, canvas.height - canvas.bottom, canvas.top)
    middle = y.at(0.5)
    inks = [
        Ink("rect", "most", {"x": x.first, "y": y.last, "width": x.last - x.first, "height": middle - y.last}),
        *_grid_up(y, x),
        *(_fall_ticks(x, canvas) if falls else _session_ticks(x, canvas)),
        line_ink("half", (x.first, middle, x.last, middle)),
    ]
    lines, dots = dict[str, list[tuple[float, float]]](), list[Box]()
    for book in shown:
        points = [(x.at(place), y.at(each.behind[book.key])) for place, each in zip(places, tried, strict=True)]
        inks.append(Ink("path", f"line {book.role}", {"d": _path(points)}))
        for (at, up), each in zip(points, tried, strict=True):
            tip = f"{percent(each.behind[book.key], 0)} of the paths end behind {book.short} ({_tried(each, falls)})"
            inks.append(Ink("circle", book.role, {"cx": at, "cy": up, "r": 4.0}, tip=tip))
            dots.append(Box(at - 4.0, up - 4.0, at + 4.0, up + 4.0))
        lines[f"behind {book.short}"] = points
    for text, box in _line_names(lines, x, y):
        inks.append(text_ink(box.left, box.bottom - 4.0, text))
        dots.append(box)
    pieces = [(*start, *end) for points in lines.values() for start, end in pairwise(points)]
    half = Label(("half of the paths",), x.last - 50.0, middle, "quiet", must=True, leads=False)
    frame = Box(x.first + 4.0, y.last, canvas.width, y.first - 2.0)
    placed = place_labels([half], frame, dots, [*pieces, (x.first, middle, x.last, middle)])
    return Sketch(canvas.name, canvas.width, canvas.height, inks, placed)


def _line_names(lines: Mapping[str, Sequence[tuple[float, float]]], x: Ruler, y: Ruler) -> Iterator[tuple[str, Box]]:
    """Yield the lines' names: the upper one's above its right end, the lower one's below its left end, where free."""
    ordered = sorted(lines, key=lambda name: float(np.mean([up for _at, up in lines[name]])))
    for place, name in enumerate(ordered):
        wide, right = width_of(name), not place and len(ordered) > 1
        left = x.last - wide - 2.0 if right else x.first + 6.0
        span = np.linspace(left - 6.0, left + wide + 6.0, 40)
        near = [np.interp(span, [at for at, _up in points], [up for _at, up in points]) for points in lines.values()]
        above, below = float(np.min(near)) - 24.0, float(np.max(near)) + 8.0  # a label's upper edge
        fits = above > y.last if right else below + LEADING < y.first
        top = above if fits == right else below
        yield name, Box(left, top, left + wide, top + LEADING)


def _tried(each: TriedPaths, falls: bool) -> str:  # noqa: FBT001
    return f"at {percent(each.at)}" if falls else f"after {int(each.at)} sessions"


def _grid_up(y: Ruler, x: Ruler) -> Iterator[Ink]:
    for tick in y.ticks():
        at = y.at(tick)
        yield line_ink("axis" if abs(tick) < 1e-12 else "grid", (x.first, at, x.last, at))
        yield text_ink(x.first - 8.0, at + 4.0, percent(tick, 0), "quiet", end=True)


def _session_ticks(x: Ruler, canvas: Canvas) -> Iterator[Ink]:
    """Yield the sessions below a picture."""
    step = max(tick_step(x.high), 1.0)
    for at in np.arange(0.0, x.high + 1e-9, step).tolist():
        yield _tick(x.at(at), f"{at:,.0f}", canvas)


def _fall_ticks(x: Ruler, canvas: Canvas) -> Iterator[Ink]:
    for at in x.ticks():
        yield _tick(x.at(at), percent(-at, 0), canvas)


def _tick(at: float, text: str, canvas: Canvas) -> Ink:
    """Return a number below a picture, left of its place where it would be cut by the right edge."""
    inside = min(at, canvas.width - width_of(text) / 2.0)
    return text_ink(inside, canvas.height - canvas.bottom + 18.0, text, "quiet", middle=True)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _area(role: str, lower: Sequence[tuple[float, float]], upper: Sequence[tuple[float, float]]) -> Ink:
    return Ink("path", f"area {role}", {"d": f"{_path([*lower, *upper[::-1]])}Z"})


def line_ink(role: str, line: Line) -> Ink:
    """Return a straight line."""
    return Ink("line", role, dict(zip(("x1", "y1", "x2", "y2"), line, strict=True)))


def text_ink(x: float, y: float, text: str, role: str = "", *, end: bool = False, middle: bool = False) -> Ink:
    """Return a text that begins at a place, ends there or has its middle there."""
    anchor = {"text-anchor": "end" if end else "middle"} if end or middle else {}
    return Ink("text", role, {"x": round(x, 1), "y": round(y, 1), **anchor}, text)
