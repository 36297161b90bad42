"""The first screen in a terminal: the page's sentences, digits and labels, in 80 columns of ASCII."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from engine.analytics.answer.insurance import CANT_TELL
from engine.analytics.answer.words import Piece, plain
from reports.document import Paragraph
from reports.first_screen import Screen
from reports.first_sum import SumStep

COLUMNS = 80
BAR = 30
"""Characters of the longest bar."""
MEANING = (
    "Bad quarter: how far the mean of the worst 5 % of 3-month returns falls short of the mean of all, in points. The"
    " parts are points of CAGR."
)


def screen_lines(screen: Screen, sessions: int) -> Iterator[Paragraph]:
    """Yield the first screen's lines, none longer than `COLUMNS`."""
    yield from wrapped(screen.about)
    yield from wrapped(f"{screen.span}, {sessions:,} sessions, {screen.provenance}")
    yield _line("")
    yield from wrapped(f"{screen.question}  {screen.headline.upper()}", "strong")
    yield _line("")
    yield from wrapped(plain(screen.lead))
    if screen.label:
        yield _line("")
        yield from wrapped(f"{screen.label}{'' if screen.label == CANT_TELL else ','} {screen.line}")
        yield from wrapped(screen.safe)
    yield _line("")
    yield from _table(screen)
    if not screen.label:
        return
    yield _line("")
    yield from wrapped(screen.finding, "strong")
    yield from _falls(screen.steps)
    yield _line("")
    yield from wrapped(screen.frontier, "strong")
    for short in screen.shorts:
        yield _line(f"  {short.title:<24}{short.number}")
        yield from wrapped(plain(short.text), indent=4)
    yield _line("")
    yield from wrapped(MEANING)


def _line(text: str, role: str = "") -> Paragraph:
    return Paragraph([Piece(text, role)], "path")  # it is broken already


def wrapped(text: str, role: str = "", indent: int = 0) -> Iterator[Paragraph]:
    """Yield a text's lines; a number stays with its percent sign."""
    whole = text.replace(" %", "\0%")
    space = " " * indent
    for line in textwrap.wrap(whole, COLUMNS, initial_indent=space, subsequent_indent=space, break_on_hyphens=False):
        yield _line(line.replace("\0", " "), role)


def _table(screen: Screen) -> Iterator[Paragraph]:
    wide = min(max(24, *(len(row.name) for row in screen.rows)), COLUMNS - 44)
    yield _line(f"  {'':<{wide}}{'growth':>12}{'bad quarter':>14}{screen.cash:>16}")
    mark = screen.mark
    yield _line(f"  {mark:<{wide}}{'a year':>12}{'points':>14}{'became':>16}", "strong" if mark else "")
    for row in screen.rows:
        yield _line(f"  {row.name:<{wide}}{row.growth:>12}{row.quarter:>14}{row.in_full:>16}", row.role)


def _falls(steps: Sequence[SumStep]) -> Iterator[Paragraph]:
    ends = [0.0, *(end for step in steps for end in (step.begin, step.end))]
    low, reach = min(ends), max(ends) - min(ends) or 1.0
    titles = [f"{step.name:<10}{step.about}" if step.role == "part" else step.name for step in steps]
    wide = min(max(map(len, titles)), COLUMNS - 30)
    room = min(BAR, COLUMNS - wide - 14)
    for step, title in zip(steps, titles, strict=True):
        begin, end = sorted((step.begin, step.end))
        first = min(round(room * (begin - low) / reach), room - 1)
        long = max(round(room * (end - low) / reach) - first, 1 if end > begin else 0)
        bar = " " * first + ("=" if step.role == "part" else "#") * long
        yield _line(f"  {title:<{wide}}{step.value:>10}  {bar}".rstrip(), step.role)
        if step.remark:
            yield from wrapped(plain(step.remark), indent=12)
