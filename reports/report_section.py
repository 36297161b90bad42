"""A section of the hedge report: its finding, and parts in the order in which they are read. Texts are plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Note:
    """A sentence or two."""

    kind: ClassVar[str] = "note"
    text: str
    id: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart that the page's script draws.

    Parameters
    ----------
    id
        Its place on the page, and its name in the script.
    described
        The picture in words, for who can't see it.
    caption
        What it shows and how it is read.
    size
        ``huge``, ``tall`` or ``low``.
    """

    kind: ClassVar[str] = "chart"
    id: str
    described: str
    caption: str = ""
    size: str = "low"


@dataclass(frozen=True)
class Head:
    """A column's head, and what it means."""

    text: str
    tip: str = ""
    role: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells
        As many as there are heads.
    tip
        What the first cell means.
    role
        ``hedge`` for the hedged book, ``sum`` for a total, ``next`` for one that goes on with the row above.
    mark
        Stands after the first cell, bold: SYNTHETIC.
    """

    cells: Sequence[str]
    tip: str = ""
    role: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A table; its first `texts` columns are words, the others numbers."""

    kind: ClassVar[str] = "table"
    id: str
    heads: Sequence[Head]
    rows: Sequence[Row]
    texts: int = 1


@dataclass(frozen=True)
class Bar:
    """A bar that starts at 0: `at` and `long` are fractions of the room, `zero` is where 0 stands."""

    name: str
    value: str
    at: float
    long: float
    zero: float
    role: str = ""
    tip: str = ""
    group: str = ""


@dataclass(frozen=True)
class Bars:
    """Bars under each other, by one scale, and what they say in a line."""

    kind: ClassVar[str] = "bars"
    id: str
    described: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Fold:
    """Parts that open when they are asked for."""

    kind: ClassVar[str] = "fold"
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Own:
    """A part with a template of its own, ``report_<name>.html.j2``."""

    kind: ClassVar[str] = "own"
    name: str


Part = Note | Chart | Table | Bars | Fold | Own


@dataclass(frozen=True)
class Section:
    """A section.

    Parameters
    ----------
    id
        Where the contents' link leads.
    topic
        What the contents call it.
    finding
        Its heading: what is found, not what it is about.
    parts
        In order.
    data
        What the script needs for its charts, by chart.
    """

    id: str
    topic: str
    finding: str
    parts: Sequence[Part]
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """What a bar is made of: a name, a value, how it is written, and the rest of `Bar`."""

    name: str
    value: float
    text: str
    role: str = ""
    tip: str = ""
    group: str = ""


def bars_of(id: str, described: str, values: Sequence[Value]) -> Bars:  # noqa: A002  # as HTML calls it
    """Lay bars out by one scale that holds 0 and every value."""
    low = min(0.0, *(one.value for one in values), 0.0)
    reach = max(0.0, *(one.value for one in values), 0.0) - low or 1.0
    zero = round(-low / reach, 4)
    laid = [
        Bar(
            one.name,
            one.text,
            round((min(one.value, 0.0) - low) / reach, 4),
            round(abs(one.value) / reach, 4),
            zero,
            one.role,
            one.tip,
            one.group,
        )
        for one in values
    ]
    return Bars(id, described, laid)
