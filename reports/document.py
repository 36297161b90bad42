"""A document: headings, sentences, tables and charts in the order in which they are read, whoever shows them.

Texts are plain ASCII; a renderer sets signs and spaces as its medium has them. `reports.renderers` has one renderer a
medium: HTML, terminal and Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.analytics.answer.words import Piece, plain


class Link(NamedTuple):
    """A piece of a sentence that leads elsewhere."""

    text: str
    href: str
    role: str = "link"


class Term(NamedTuple):
    """A piece of a sentence that has a meaning."""

    text: str
    about: str
    role: str = "term"


Text = str | Sequence[Piece | Link | Term]
"""A sentence or two, as one text or in pieces with a role each."""


def plain_text(text: Text) -> str:
    """Return a sentence as one text."""
    return text if isinstance(text, str) else plain([Piece(piece.text) for piece in text])


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two.

    Parameters
    ----------
    role
        ``dek`` is small and grey, ``strong`` bold, ``warning`` yellow, ``alarm`` bold yellow; ``path`` names a file and
        is never broken.
    """

    text: Text
    role: str = ""
    id: str = ""


def named(label: str, path: object) -> Paragraph:
    """Return where something is, or the command that gives it: ``Page: compare.html``."""
    return Paragraph([Piece(f"{label} "), Piece(str(path), "strong")], "path")


LOUD = ("SIMULATED", "SYNTHETIC", "PRICE INDEX")
"""How notes begin that come before anything else."""


def notes(texts: Iterable[str]) -> list[Paragraph]:
    """Return notes as a terminal shows them, the loud ones as alarms."""
    return [Paragraph(text, "alarm" if text.startswith(LOUD) else "warning") for text in texts]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    id: str = ""


@dataclass(frozen=True)
class Items:
    """Sentences in a list."""

    items: Sequence[Text]
    role: str = ""
    id: str = ""


@dataclass(frozen=True)
class Glossary:
    """Words and what they mean."""

    terms: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """A text that is shown letter by letter."""

    text: str


@dataclass(frozen=True)
class Chart:
    """A chart that the page's script draws.

    Parameters
    ----------
    id
        Its place on the page, and its name in the script.
    description
        The picture in words, for who can't see it.
    caption
        What it shows and how it is read.
    size
        ``huge``, ``tall`` or ``low``.
    data
        What the script draws it from, as ``DATA[id]``; None where that stands in the document's own data.
    """

    id: str
    description: str = ""
    caption: Text = ""
    size: str = "low"
    data: Any = None


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title, unit
        Its head; the unit follows after a comma.
    about
        What the head means.
    format
        Writes a value of the column; texts stand as they are.
    align
        ``left`` or ``right``; unless given, right but for the first column.
    role
        ``hedge`` for the hedged book's.
    wrap
        In a terminal: ``never`` keeps a cell in one line, ``fold`` breaks it anywhere.
    """

    title: str
    about: str = ""
    role: str = ""
    unit: str = ""
    format: Callable[[Any], str] = str
    align: str = ""
    wrap: str = ""

    @property
    def head(self) -> str:
        """What stands above the column."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


class Cell(NamedTuple):
    """A cell that is more than a value.

    Parameters
    ----------
    role
        ``strong``, or a class of the page's own style.
    detail
        A line below.
    shade
        Its ground: from 1, all blue, to -1, all orange.
    """

    text: Text
    role: str = ""
    detail: str = ""
    shade: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells
        Values, as many as there are columns: texts, `Cell`, or what the column's format writes.
    about
        What the first cell means.
    role
        ``hedge`` for the hedged book, ``sum`` for a total, ``next`` for one that goes on with the row above, ``group``
        for a title, alone in its row.
    mark
        Stands after the first cell, bold: SYNTHETIC.
    command
        Runs what the row shows; it can be copied.
    """

    cells: Sequence[Any]
    about: str = ""
    role: str = ""
    mark: str = ""
    command: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    role
        ``dense`` has less space between its columns in a terminal; ``stacked`` has a row's cells below each other on a
        phone.
    """

    id: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    role: str = ""

    @property
    def sides(self) -> list[str]:
        """How each column is aligned."""
        return [column.align or ("right" if place else "left") for place, column in enumerate(self.columns)]

    def written(self, row: Row) -> list[Cell]:
        """Return a row's cells as texts."""
        return [
            value if isinstance(value, Cell) else Cell(value if isinstance(value, str) else column.format(value))
            for value, column in zip(row.cells, self.columns, strict=False)
        ]


class Bar(NamedTuple):
    """A bar of a `BarChart`.

    Parameters
    ----------
    role
        ``hedge`` for the hedged book.
    about
        What its name means.
    group
        Bars of one group that follow each other share a heading.
    """

    name: str
    value: float
    role: str = ""
    about: str = ""
    group: str = ""


@dataclass(frozen=True)
class BarChart:
    """Bars under each other by one scale that begins at 0, and the picture in words."""

    id: str
    description: str
    bars: Sequence[Bar]
    format: Callable[[float], str]


@dataclass(frozen=True)
class Menus:
    """Menus beside each other: for each its id, its label, and its values with what they are called."""

    menus: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]
    id: str = ""


@dataclass(frozen=True)
class Details:
    """Parts that open when they are asked for."""

    title: str
    parts: Sequence[Part]
    id: str = ""
    opened: bool = False


@dataclass(frozen=True)
class Custom:
    """A part with a template of its own, which sees `words`; `data` is what its charts are drawn from, by name."""

    template: str
    words: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


Part = Paragraph | Heading | Items | Glossary | Code | Chart | Table | BarChart | Menus | Details | Custom
"""What a section is made of."""


@dataclass(frozen=True)
class Section:
    """A section.

    Parameters
    ----------
    id
        Where the contents' link leads.
    heading
        What is found, not what it is about.
    parts
        In order.
    topic
        What the contents call it; a section without one isn't among them.
    """

    id: str
    heading: str
    parts: Sequence[Part]
    topic: str = ""


@dataclass(frozen=True)
class Opening:
    """What a page begins with, in place of its title: what it is of, the question, the answer, what carries that.

    Parameters
    ----------
    about
        What, the period, where the history is from; in a few words each, as is the answer.
    table
        Two or three numbers.
    """

    about: Sequence[str]
    question: str
    answer: str
    lead: Text
    table: Table | None = None


@dataclass(frozen=True)
class Document:
    """A page.

    Parameters
    ----------
    title
        Any text is safe, as all others are.
    sections
        In order.
    note
        What has to be read before anything else.
    header
        What stands above the sections.
    bar
        What a bar of contents begins with; a document with one has its own title in its header.
    links
        At the end of that bar.
    data
        What the page's script reads as ``DATA`` beside what its charts bring: anything JSON holds.
    scripts, styles
        The page's own files among the templates, without their ending.
    """

    title: str
    sections: Sequence[Section] = ()
    note: str = ""
    header: Sequence[Part] = ()
    bar: str = ""
    links: Sequence[Link] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    scripts: Sequence[str] = ()
    styles: Sequence[str] = ()
    opening: Opening | None = None

    @property
    def plots(self) -> bool:
        """Whether there is a chart in it, or a part of its own kind that may hold one's data."""
        parts = [*self.header, *(part for section in self.sections for part in section.parts)]
        return _has_chart(parts) or any(isinstance(part, Custom) and part.data for part in parts)

    def all_data(self) -> dict[str, Any]:
        """Return what the page's script reads: the document's own, and that of its charts by their ids."""
        parts = [*self.header, *(part for section in self.sections for part in section.parts)]
        return dict(self.data) | dict(_data_of(parts))


def _has_chart(parts: Iterable[Part]) -> bool:
    return any(isinstance(part, Chart) or (isinstance(part, Details) and _has_chart(part.parts)) for part in parts)


def _data_of(parts: Iterable[Part]) -> Iterator[tuple[str, Any]]:
    for part in parts:
        if isinstance(part, Chart) and part.data is not None:
            yield part.id, part.data
        elif isinstance(part, Custom):
            yield from part.data.items()
        elif isinstance(part, Details):
            yield from _data_of(part.parts)
