"""Documents as HTML: one offline file, with plotly compressed inside it where there is something to draw."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from data.cache import user_cache
from reports.document import Bar, BarChart, Document

if TYPE_CHECKING:
    from jinja2 import Environment

LEVEL = 9
NOTICE = re.compile(rb"\A/\*.*?\*/", re.DOTALL)
MINUS = re.compile(r"(?<![\w-])-(?=[\d$])")


class Rod(NamedTuple):
    """A bar as it is drawn: `at`, `long` and `zero` are fractions of the room, `group` is a heading or nothing."""

    bar: Bar
    text: str
    at: float
    long: float
    zero: float
    group: str


def write_document(path: Path, document: Document) -> None:
    """Write a document as a page; one whose charts have no data has no script."""
    write_page(path, "document.html.j2", {"document": document}, document.all_data() or None, plots=document.plots)


def page_of(document: Document) -> str:
    """Return a document without charts as a page."""
    return _templates().get_template("document.html.j2").render({"document": document}, data=None, library=None)


def write_page(
    path: Path, template: str, words: Mapping[str, Any], data: Mapping[str, Any] | None, *, plots: bool = True
) -> None:
    """Fill in a template and write the page.

    Parameters
    ----------
    path
        The file to write.
    template
        Its name in ``reports/templates``.
    words
        What the template shows; any text is safe.
    data
        What the page's script reads as ``DATA``: anything JSON holds. None makes a page without a script.
    plots
        Whether the script plots, by plotly.
    """
    path.write_text(page_text(template, words, data, plots=plots), encoding="utf-8")


def page_text(template: str, words: Mapping[str, Any], data: Mapping[str, Any] | None, *, plots: bool = True) -> str:
    """Return a template filled in; its arguments are those of `write_page`."""
    library = None if data is None or not plots else _library()
    return _templates().get_template(template).render(words, data=data, library=library)


class Library(NamedTuple):
    """The library that draws: the notice of its licence, and its source as a page unpacks it."""

    notice: str
    packed: str


@functools.cache
def _library() -> Library:
    """Return plotly, deflated once for the user's cache: that takes a quarter of a second."""
    import pkgutil

    source = pkgutil.get_data("plotly", "package_data/plotly.min.js") or b""
    name = f"plotly/{hashlib.sha256(source).hexdigest()[:32]}-{zlib.ZLIB_RUNTIME_VERSION}"
    kept = user_cache().read(name)
    packed = kept or zlib.compress(source, LEVEL)
    if kept is None:
        user_cache().keep_few(name, packed, 2)
    notice = NOTICE.match(source)
    return Library(notice[0].decode() if notice else "", base64.b64encode(packed).decode())


def deflated(text: str) -> str:
    """Return a text as a page unpacks it: deflated, without a time or a name, as base64."""
    return base64.b64encode(zlib.compress(text.encode(), LEVEL)).decode()


@functools.cache
def _templates() -> Environment:
    import jinja2

    room = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    room.filters.update(
        typeset=typeset, kind=lambda part: type(part).__name__.lower(), rods=rods, shaded=shaded, deflated=deflated
    )
    return room


def typeset(text: str) -> str:
    """Set plain text as a page does: a true minus, a curled apostrophe, a percent sign that stays with its number."""
    text = MINUS.sub("\u2212", text)
    return text.replace(" %", "\u202f%").replace("'", "\u2019")


def shaded(shade: float) -> str:
    """Return a cell's ground as a style: blue above 0, orange below, the stronger the further."""
    colour = "47,126,216" if shade >= 0.0 else "224,130,20"
    return f"background: rgba({colour},{0.5 * min(abs(shade), 1.0):.2f})"


def rods(chart: BarChart) -> Iterator[Rod]:
    """Yield bars by one scale that holds 0 and every value."""
    values = [bar.value for bar in chart.bars]
    low = min(0.0, *values, 0.0)
    reach = max(0.0, *values, 0.0) - low or 1.0
    group = ""
    for bar in chart.bars:
        at, long = (min(bar.value, 0.0) - low) / reach, abs(bar.value) / reach
        heading = bar.group if bar.group != group else ""
        yield Rod(bar, chart.format(bar.value), round(at, 4), round(long, 4), round(-low / reach, 4), heading)
        group = bar.group
