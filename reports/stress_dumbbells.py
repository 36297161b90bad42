"""Books side by side in each fall: a row of dots a fall, at its low and at its end, all by one scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from data.format import percent
from engine.stress.books import HEDGED, UNHEDGED
from reports.label_places import width_of
from reports.stress_picture import Ink, Ruler, Sketch, line_ink, reach_of, spaced, text_ink
from reports.stress_words import StressBook

MOVES, APART, LONG = 232.0, 16.0, 300.0
"""Where what the underlying did ends at the least, pixels between that and a title, and the room of a long title."""
PITCH, PHONE_LINE, PHONE_GAP = 30.0, 24.0, 8.0
NAMES = 48.0
"""Pixels above the first row, in which the dots' names stand."""
VALUE = 54.0
"""Pixels beside the outermost dot, in which its value stands."""
NAME_ROLES = {"hedge": "hedge bold", "idle": "", "less": "", "sold": "quiet"}
RADII = {"idle": 4.5, "less": 4.5, "hedge": 5.5}
NEAR = 5.0
"""Pixels from the outermost dot within which another counts as outermost."""


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


def draw_dumbbells(rows: Sequence[Dumbbell], panels: Sequence[str], books: Sequence[StressBook]) -> list[Sketch]:
    """Draw rows of dots, all by one scale, for a wide screen and for a phone.

    Parameters
    ----------
    panels
        What each panel is: beside each other on a wide screen, below each other within a row on a phone.
    books
        Whose dots are drawn, the last on top.
    """
    low, high = reach_of([0.0, *(value for row in rows for panel in row.values for value in panel.values())])
    return [_wide(rows, panels, books, low, high), _phone(rows, panels, books, low, high)]


def _wide(
    rows: Sequence[Dumbbell], panels: Sequence[str], books: Sequence[StressBook], low: float, high: float
) -> Sketch:
    titles = [fitting(row.title, LONG) for row in rows]
    moves = max(
        MOVES, *(width_of(title) + APART + width_of(row.about) for title, row in zip(titles, rows, strict=True))
    )
    width, gap = 1184.0 if len(panels) > 1 else 528.0 + moves, 28.0
    room = (width - moves - 20.0 - gap * (len(panels) - 1)) / len(panels)
    first = 24.0 + NAMES
    bottom = first + PITCH * (len(rows) - 1) + 22.0
    inks = list[Ink]()
    for place, row in enumerate(rows):
        y = first + PITCH * place
        inks.append(text_ink(0.0, y + 4.0, titles[place]))
        inks.append(text_ink(moves, y + 4.0, row.about, "quiet", end=True))
    for panel, title in enumerate(panels):
        left = moves + 20.0 + panel * (room + gap)
        ruler = Ruler(low, high, left + VALUE, left + room - VALUE)
        inks.append(text_ink(left + VALUE, 12.0, title, "bold"))
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
        inks.append(text_ink(0.0, y, fitting(row.title, width - APART - width_of(row.about), bold=True), "bold"))
        inks.append(text_ink(width, y, row.about, "quiet", end=True))
        y += PHONE_LINE + (0.0 if place else NAMES - 12.0)
        if not place:
            inks += _names(row.values[0], ruler, y, books, (0.0, width), wide=False)
        inks += _grid_across(ruler, y - 10.0, y + PHONE_LINE * (len(panels) - 1) + 10.0)
        for panel, title in enumerate(panels):
            lines += _row(row, row.values[panel], ruler, y, books, title, first=not place and not panel)
            if len(panels) > 1:
                lines.append(text_ink(0.0, y + 4.0, title.removeprefix("at its "), "quiet"))
            y += PHONE_LINE
        y += PHONE_GAP
    inks += _ticks_across(ruler, y - 4.0)
    return Sketch("phone", width, y + 4.0, [*inks, *lines])


def fitting(text: str, room: float, *, bold: bool = False) -> str:
    """Return a text, cut where it is wider than its room."""
    kept = text
    while kept and width_of(f"{kept}..." if kept != text else text, bold=bold) > room:
        kept = kept[:-1]
    return text if kept == text else f"{kept.rstrip()}..."


def _grid_across(ruler: Ruler, top: float, bottom: float) -> Iterator[Ink]:
    """Yield upright lines at round values."""
    for tick in ruler.ticks():
        x = ruler.at(tick)
        yield line_ink("axis" if abs(tick) < 1e-12 else "grid", (x, top, x, bottom))


def _ticks_across(ruler: Ruler, y: float) -> Iterator[Ink]:
    for tick in ruler.ticks():
        yield text_ink(ruler.at(tick), y, percent(tick, 0), "quiet", middle=True)


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
    yield line_ink("span", (left, y, right, y))
    for book in books:
        x = places[book.key]
        if book.role == "sold":
            yield line_ink("sold", (x, y - 8.0, x, y + 8.0))
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
            yield text_ink(right + 9.0, y + 4.0, text, role)
        elif x <= left + NEAR and "left" in free:
            free.remove("left")
            yield text_ink(left - 9.0, y + 4.0, text, role, end=True)
        elif key == HEDGED and not first:  # of the first row it stands by its name
            yield text_ink(x, y - 9.0, text, role, middle=True)


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
        yield line_ink("leader", (x, y - 9.0, at, y - 24.0))
        yield text_ink(at, y - 29.0, text, NAME_ROLES[book.role], middle=True)


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
