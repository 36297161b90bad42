"""Every calendar year of every book."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.calendar import nyse_sessions
from data.format import UNKNOWN, counted_of, percent, points
from engine.runs.run import Run
from reports.report_books import Book, against, by_name, judged_by
from reports.report_section import Head, Note, Row, Section, Table, Value, bars_of

WEEK = 10
"""Days around a year's ends within which the exchange meets."""


class Year(NamedTuple):
    """A calendar year: session numbers of the close it starts from and of its last, and whether it is a part of one."""

    year: int
    first: int
    last: int
    part: bool


def years_of(sessions: Dates) -> tuple[Year, ...]:
    """Return the calendar years of a run, which starts at the first close; the first and last may be parts."""
    numbers = sessions.astype("datetime64[Y]").astype(np.int64) + 1970
    found = []
    for year in np.unique(numbers[1:]).tolist():
        inside = np.flatnonzero(numbers == year)
        first, last = max(int(inside[0]) - 1, 0), int(inside[-1])
        begins, ends = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01")
        before = nyse_sessions(begins - WEEK, begins - 1)
        after = nyse_sessions(ends - WEEK, ends - 1)
        part = sessions[first] > before[-1] or sessions[last] < after[-1]
        found.append(Year(year, first, last, bool(part)))
    return tuple(found)


def change(equity: Floats, first: int, last: int) -> float | None:
    """Return what a book made between two closes; None once it is ruined."""
    return float(equity[last] / equity[first] - 1.0) if equity[first] > 0.0 else None


def years(result: Run, books: tuple[Book, ...]) -> Section:
    """Return the section."""
    sessions, made = result.market.run_sessions, result.market.synthetic_sessions()
    spans = years_of(sessions[: result.hedged.last + 1])
    judge, equity = judged_by(books), by_name(books)
    ahead = [_apart(equity["hedged"], equity[judge.name], one) for one in spans]
    known = [value for value in ahead if value is not None]
    won = counted_of(sum(value > 0.0 for value in known), len(known))
    marks = {one.year: "SYNTHETIC" if made[one.first : one.last + 1].any() else "" for one in spans}
    values = [
        Value(_name(one), value, points(value), "hedge")
        for one, value in zip(spans, ahead, strict=True)
        if value is not None
    ]
    rows = [
        Row([_name(one), *(_cell(equity.get(book.name), one) for book in books)], mark=marks[one.year]) for one in spans
    ]
    return Section(
        "years-part",
        "Years",
        f"Ahead of {against(judge)} in {won} years",
        [
            Note(f"The hedge less {against(judge)}, points, year by year"),
            bars_of("years-bars", f"The hedge less {against(judge)} in each year", values),
            Table("years", [Head("Return, %"), *(book.head for book in books)], rows),
            Note("part: the run covers a part of that year."),
        ],
    )


def _name(one: Year) -> str:
    return f"{one.year}{', part' if one.part else ''}"


def _apart(ours: Floats, theirs: Floats, one: Year) -> float | None:
    made, other = (change(equity, one.first, one.last) for equity in (ours, theirs))
    return None if made is None or other is None else made - other


def _cell(equity: Floats | None, one: Year) -> str:
    made = None if equity is None else change(equity, one.first, one.last)
    return UNKNOWN if made is None else percent(made).removesuffix(" %")
