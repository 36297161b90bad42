"""The pictures of a stress: books side by side in each fall, a fan of paths, and where the hedge ends behind."""

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
from reports.label_places import Box, Label, Line, PlacedLabel, place_labels, width_of
from reports.stress_words import StressBook

TITLES, MOVES = 160.0, 232.0
"""Where a fall's title ends, and where what the underlying did ends."""
PITCH, PHONE_LINE, PHONE_GAP = 30.0, 24.0, 8.0
NAMES = 48.0
"""Pixels above the first row, in which the dots' names stand."""
VALUE = 54.0
"""Pixels beside the outermost dot, in which its value stands."""
NAME_ROLES = {"hedge": "hedge bold", "idle": "", "less": "", "sold": "quiet"}
RADII = {"idle": 4.5, "less": 4.5, "hedge": 5.5}
POINTS = 160
"""Points of a fan's line."""
NEAR = 5.0
"""Pixels from the outermost dot within which another counts as outermost."""
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


class Dumbbell(NamedTuple):
    """A row of dots.

    Parameters
    ----------
    title, about
        What it is, and what the underlying did.
    values
        What each book came to, by its key, once a panel.
    """

    title: str
    about: str
    values: Sequence[Mapping[str, float]]


WIDE_FAN, PHONE_FAN = Canvas("wide", 570, 330, 46, 136, 14, 30), Canvas("phone", 358, 300, 44, 132, 14, 30)
WIDE_SHARE, PHONE_SHARE = Canvas("wide", 570, 300, 46, 20, 22, 30), Canvas("phone", 358, 280, 44, 14, 22, 30)


def draw_dumbbells(rows: Sequence[Dumbbell], panels: Sequence[str], books: Sequence[StressBook]) -> list[Sketch]:
    """Draw rows of dots, all by one scale, for a wide screen and for a phone.

    Parameters
    ----------
    panels
        What each panel is: beside each other on a wide screen, below each other within a row on a phone.
    books
        Whose dots are drawn, the last on top.
    """
    low, high = _reach([0.0, *(value for row in rows for panel in row.values for value in panel.values())])
    return [_wide(rows, panels, books, low, high), _phone(rows, panels, books, low, high)]


def _reach(values: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and the highest, apart by `LEAST` at least."""
    low, high = min(values), max(values)
    free = max(LEAST - (high - low), 0.0) / 2.0
    return low - free, high + free


def _wide(
    rows: Sequence[Dumbbell], panels: Sequence[str], books: Sequence[StressBook], low: float, high: float
) -> Sketch:
    width, gap = 1184.0 if len(panels) > 1 else 760.0, 28.0
    room = (width - MOVES - 20.0 - gap * (len(panels) - 1)) / len(panels)
    first = 24.0 + NAMES
    bottom = first + PITCH * (len(rows) - 1) + 22.0
    inks = list[Ink]()
    for place, row in enumerate(rows):
        y = first + PITCH * place
        inks.append(_text(0.0, y + 4.0, row.title))
        inks.append(_text(MOVES, y + 4.0, row.about, "quiet", end=True))
    for panel, title in enumerate(panels):
        left = MOVES + 20.0 + panel * (room + gap)
        ruler = Ruler(low, high, left + VALUE, left + room - VALUE)
        inks.append(_text(left + VALUE, 12.0, title, "bold"))
        inks += [*_grid_across(ruler, first - 18.0, bottom), *_ticks_across(ruler, bottom + 15.0)]
        for place, row in enumerate(rows):
            y = first + PITCH * place
            inks += _row(row, row.values[panel], ruler, y, books, title, first=not place)
        inks += _names(rows[0].values[panel], ruler, first, books, (left - gap, left + room), wide=True)
    return Sketch("wide", width, bottom + 20.0, inks)


def _phone(
    rows: Sequence[Dumbbell], panels: Sequence[str], books: Sequence[StressBook], low: float, high: float
) -> Sketch:
    width, side = 358.0, 40.0 if len(panels) > 1 else 0.0
    ruler = Ruler(low, high, side + VALUE, width - VALUE)
    inks, lines, y = list[Ink](), list[Ink](), 14.0
    for place, row in enumerate(rows):
        inks.append(_text(0.0, y, row.title, "bold"))
        inks.append(_text(width, y, row.about, "quiet", end=True))
        y += PHONE_LINE + (0.0 if place else NAMES - 12.0)
        if not place:
            inks += _names(row.values[0], ruler, y, books, (0.0, width), wide=False)
        inks += _grid_across(ruler, y - 10.0, y + PHONE_LINE * (len(panels) - 1) + 10.0)
        for panel, title in enumerate(panels):
            lines += _row(row, row.values[panel], ruler, y, books, title, first=not place and not panel)
            if len(panels) > 1:
                lines.append(_text(0.0, y + 4.0, title.removeprefix("at its "), "quiet"))
            y += PHONE_LINE
        y += PHONE_GAP
    inks += _ticks_across(ruler, y - 4.0)
    return Sketch("phone", width, y + 4.0, [*inks, *lines])


def _grid_across(ruler: Ruler, top: float, bottom: float) -> Iterator[Ink]:
    """Yield upright lines at round values."""
    for tick in ruler.ticks():
        x = ruler.at(tick)
        yield _line("axis" if abs(tick) < 1e-12 else "grid", (x, top, x, bottom))


def _ticks_across(ruler: Ruler, y: float) -> Iterator[Ink]:
    for tick in ruler.ticks():
        yield _text(ruler.at(tick), y, percent(tick, 0), "quiet", middle=True)


def _row(
    row: Dumbbell,
    values: Mapping[str, float],
    ruler: Ruler,
    y: float,
    books: Sequence[StressBook],
    when: str,
    *,
    first: bool,
) -> Iterator[Ink]:
    """Yield a row's line, its dots, and the values of doing nothing and of the hedge outside of them."""
    places = {book.key: ruler.at(values[book.key]) for book in books}
    left, right = min(places.values()), max(places.values())
    yield _line("span", (left, y, right, y))
    for book in books:
        x = places[book.key]
        if book.role == "sold":
            yield _line("sold", (x, y - 8.0, x, y + 8.0))
        else:
            yield Ink("circle", book.role, {"cx": x, "cy": y, "r": RADII[book.role]})
    yield from _values(values, places, y, first=first)
    told = ", ".join(f"{book.short} {percent(values[book.key])}" for book in books)
    box = {"x": left - VALUE, "y": y - 10.0, "width": right - left + 2.0 * VALUE, "height": 20.0}
    yield Ink("rect", "touch", box, tip=f"{row.title}, {when}: {told}")


def _values(values: Mapping[str, float], places: Mapping[str, float], y: float, *, first: bool) -> Iterator[Ink]:
    """Yield the hedge's value, above its dot where others are on both sides, and doing nothing's where it fits."""
    left, right = min(places.values()), max(places.values())
    free = {"left", "right"}
    for key, role in ((HEDGED, "hedge bold"), (UNHEDGED, "quiet")):
        x, text = places[key], percent(values[key])
        if x >= right - NEAR and "right" in free:
            free.remove("right")
            yield _text(right + 9.0, y + 4.0, text, role)
        elif x <= left + NEAR and "left" in free:
            free.remove("left")
            yield _text(left - 9.0, y + 4.0, text, role, end=True)
        elif key == HEDGED and not first:  # of the first row it stands by its name
            yield _text(x, y - 9.0, text, role, middle=True)


def _names(
    values: Mapping[str, float],
    ruler: Ruler,
    y: float,
    books: Sequence[StressBook],
    room: tuple[float, float],
    *,
    wide: bool,
) -> Iterator[Ink]:
    """Yield the dots' names above the first row, in the order of the dots, each with a line to its own."""
    named = sorted((ruler.at(values[book.key]), book) for book in books)
    texts = [book.short.replace("the MODELLED", "MODELLED") if wide else book.brief for _x, book in named]
    for place, (x, book) in enumerate(named):
        if book.key == HEDGED and named[0][0] + NEAR < x < named[-1][0] - NEAR:  # its value has no room beside it
            texts[place] += f" {percent(values[HEDGED])}"
    wides = [width_of(text, bold=book.role == "hedge") + 12.0 for text, (_x, book) in zip(texts, named, strict=True)]
    for (x, book), text, at in zip(named, texts, _beside([x for x, _book in named], wides, *room), strict=True):
        yield _line("leader", (x, y - 9.0, at, y - 24.0))
        yield _text(at, y - 29.0, text, NAME_ROLES[book.role], middle=True)


def _beside(places: Sequence[float], wides: Sequence[float], left: float, right: float) -> list[float]:
    """Return the middles of boxes, in order, near their places: none over another, all in the room where they fit."""
    ends = list(np.cumsum(wides))
    begins = [end - wide for end, wide in zip(ends, wides, strict=True)]
    # With what stands before each taken off, boxes must only not turn back: then the order keeps them apart.
    wanted = [place - wide / 2.0 - begin for place, wide, begin in zip(places, wides, begins, strict=True)]
    starts = spaced(wanted, 0.0)
    most = right - ends[-1]
    return [
        max(min(start, most), left) + begin + wide / 2.0
        for start, begin, wide in zip(starts, begins, wides, strict=True)
    ]


def draw_fan(books: ManyBooks, shown: Sequence[StressBook], canvas: Canvas) -> Sketch:
    """Draw the quantiles of doing nothing and, over them, of the hedged book, after each session."""
    fans = {key: np.quantile(books.growth[key], FAN, axis=0) - 1.0 for key in (UNHEDGED, HEDGED)}
    values = [float(pick(fan)) for fan in fans.values() for pick in (np.min, np.max)]
    sessions = fans[HEDGED].shape[1] - 1
    x = Ruler(0.0, sessions, canvas.left, canvas.width - canvas.right)
    y = Ruler(*_reach(values), canvas.height - canvas.bottom, canvas.top)
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
        yield _text(canvas.width - canvas.right + 8.0, at + 4.0, text, role)


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
        _line("half", (x.first, middle, x.last, middle)),
    ]
    pieces, labels, boxes = list[Line](), list[Label](), list[Box]()
    for book in shown:
        points = [(x.at(place), y.at(each.behind[book.key])) for place, each in zip(places, tried, strict=True)]
        inks.append(Ink("path", f"line {book.role}", {"d": _path(points)}))
        for (at, up), each in zip(points, tried, strict=True):
            tip = f"{percent(each.behind[book.key], 0)} of the paths end behind {book.short} ({_tried(each, falls)})"
            inks.append(Ink("circle", book.role, {"cx": at, "cy": up, "r": 4.0}, tip=tip))
            boxes.append(Box(at - 4.0, up - 4.0, at + 4.0, up + 4.0))
        pieces += [(*start, *end) for start, end in pairwise(points)]
        at, up = points[len(points) // 2]
        labels.append(Label((f"behind {book.short}",), at, up, "strong", must=True))
    labels.append(Label(("half of the paths",), x.last - 50.0, middle, "quiet", must=True, leads=False))
    frame = Box(x.first + 4.0, y.last, canvas.width, y.first - 2.0)
    lines = [*pieces, (x.first, middle, x.last, middle)]
    return Sketch(canvas.name, canvas.width, canvas.height, inks, place_labels(labels, frame, boxes, lines))


def _tried(each: TriedPaths, falls: bool) -> str:  # noqa: FBT001
    return f"at {percent(each.at)}" if falls else f"after {int(each.at)} sessions"


def _grid_up(y: Ruler, x: Ruler) -> Iterator[Ink]:
    for tick in y.ticks():
        at = y.at(tick)
        yield _line("axis" if abs(tick) < 1e-12 else "grid", (x.first, at, x.last, at))
        yield _text(x.first - 8.0, at + 4.0, percent(tick, 0), "quiet", end=True)


def _session_ticks(x: Ruler, canvas: Canvas) -> Iterator[Ink]:
    """Yield the sessions below a picture."""
    step = max(tick_step(x.high), 1.0)
    for at in np.arange(0.0, x.high + 1e-9, step).tolist():
        yield _text(x.at(at), canvas.height - canvas.bottom + 18.0, f"{at:,.0f}", "quiet", middle=True)


def _fall_ticks(x: Ruler, canvas: Canvas) -> Iterator[Ink]:
    for at in x.ticks():
        yield _text(x.at(at), canvas.height - canvas.bottom + 18.0, percent(-at, 0), "quiet", middle=True)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _area(role: str, lower: Sequence[tuple[float, float]], upper: Sequence[tuple[float, float]]) -> Ink:
    return Ink("path", f"area {role}", {"d": f"{_path([*lower, *upper[::-1]])}Z"})


def _line(role: str, line: Line) -> Ink:
    return Ink("line", role, dict(zip(("x1", "y1", "x2", "y2"), line, strict=True)))


def _text(x: float, y: float, text: str, role: str = "", *, end: bool = False, middle: bool = False) -> Ink:
    anchor = {"text-anchor": "end" if end else "middle"} if end or middle else {}
    return Ink("text", role, {"x": round(x, 1), "y": round(y, 1), **anchor}, text)
