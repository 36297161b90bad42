"""How the run's books did over time: growth and drawdown, every calendar year, and every fall of the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.calendar import nyse_sessions
from data.format import counted, counted_of, percent, points
from engine.analytics.derisk import net_beta
from engine.analytics.drawdowns import DEEP, RISE, Fall, core_level, falls_of
from engine.hedge_names import hedge_name
from engine.kernel.loop import Ledger
from engine.runs.run import Run
from engine.setup import run_beta
from reports.charts import singles, spread
from reports.document import Bar, BarChart, Chart, Column, Paragraph, Part, Row, Section, Table
from reports.first_sum import month
from reports.hedge_words import hedges_made
from reports.report_books import NamedBook, against, bare_percent, by_name, compared_with

OVER = ("held_less", "derisk_daily")
"""Books that the hedged one is divided by."""
WEEK = 10
"""Days around a year's ends within which the exchange meets."""
ENDED = {"peak": "new peak", "rise": f"up {100 * RISE:.0f} %", "open": "goes on"}


def growth(result: Run, books: tuple[NamedBook, ...]) -> Section:
    """Return growth and drawdown, the hedge over what it is compared with, and the book's net beta."""
    held, underlying = hedge_name(result.config), result.market.underlying
    over = [book for book in books if book.name in OVER and book.ledger is not None]
    ratios = f" Third, the hedge over {' and over '.join(map(_called, over))}: below 1 it is behind." if over else ""
    caption = (
        f"Equity in dollars, and below it the fall from the highest so far.{ratios} Last, the hedged book's net beta:"
        f" how much of it moves with {underlying}; below 0 it gains when {underlying} falls. Shaded: {held.called}"
        f" {'are' if held.plural else 'is'} held."
        " Point at a day for every book of it."
    )
    description = f"Growth, drawdown, relative growth and net beta of {counted(len(books), 'book')}"
    parts: list[Part] = [Chart("growth", description, caption, "huge", _growth_data(result, books, over))]
    why = None if result.evaluation is None else result.evaluation.why
    if why is not None:
        left_out = "what rests on one is left out: holding less, timing, sizes, sensitivity"
        parts.append(Paragraph(f"There is no verdict ({why}), so {left_out}.", "dek"))
    return Section("grown", _growth_finding(books), parts, "Growth")


def _called(book: NamedBook) -> str:
    return "holding less" if book.name == "held_less" else book.title.lower()


def _growth_finding(books: tuple[NamedBook, ...]) -> str:
    other = compared_with(books)
    ours, theirs = books[0].ledger, other.ledger
    assert ours is not None  # noqa: S101  # both can always be run
    assert theirs is not None  # noqa: S101
    end, beside = float(ours.equity[ours.last]), float(theirs.equity[theirs.last])
    if end <= 0.0:
        return "The hedged book was ruined"
    if beside <= 0.0:
        return f"{other.title} was ruined, the hedge was not"
    apart = percent(abs(end / beside - 1.0))
    if apart == percent(0.0):
        return f"In the end the hedge was worth as much as {against(other)}"
    return f"In the end the hedge was worth {apart} {'more' if end > beside else 'less'} than {against(other)}"


def _growth_data(result: Run, books: tuple[NamedBook, ...], over: list[NamedBook]) -> dict[str, Any]:
    alive = {book.name: (book, _alive(book.ledger)) for book in books if book.ledger is not None}
    hedged = alive["hedged"][1]
    beta = run_beta(result.config, result.market)
    drawn = np.concatenate([values for _book, values in alive.values()])
    return {
        "books": [
            {"name": book.title, "role": book.role, "equity": singles(values)} for book, values in alive.values()
        ],
        "over": [{"name": f"over {_called(book)}", "book": list(alive).index(book.name)} for book in over],
        "beta": singles(np.where(np.isnan(hedged), np.nan, net_beta(result.setup, result.hedged, beta))),
        "held": held_stretches(result.hedged),
        "spread": spread(drawn),
        "reach": [float(np.nanmin(drawn)), float(np.nanmax(drawn))],
    }


def held_stretches(hedged: Ledger) -> list[list[int]]:
    """Return the sessions between which a hedge was held: the fill that bought it, and the one that sold all of it."""
    hedges = hedged.hedges.shape[1]
    held: Flags = (hedged.shares[: hedged.last + 1, -hedges:] != 0.0).any(axis=1)
    edges = np.diff(np.concatenate(([0], held.astype(np.int64), [0])))
    ends = np.minimum(np.flatnonzero(edges < 0), hedged.last)
    return np.column_stack((np.flatnonzero(edges > 0), ends)).tolist()


def _alive(ledger: Ledger) -> Floats:
    """Return a book's equity, NaN once it is ruined: what is at 0 has no place on a logarithmic axis."""
    there = (np.arange(len(ledger.equity)) <= ledger.last) & (ledger.equity > 0.0)
    return np.where(there, ledger.equity, np.nan)


def change(equity: Floats, first: int, last: int) -> float | None:
    """Return what a book made between two closes; None once it is ruined."""
    return float(equity[last] / equity[first] - 1.0) if equity[first] > 0.0 else None


def _apart(books: tuple[NamedBook, ...], first: int, last: int) -> float | None:
    """Return what the hedge made between two closes, less what it is compared with."""
    equity = by_name(books)
    made, other = (change(equity[name], first, last) for name in ("hedged", compared_with(books).name))
    return None if made is None or other is None else made - other


class Year(NamedTuple):
    """A calendar year: session numbers of the close it starts from and of its last, and whether it is a part of one."""

    year: int
    first: int
    last: int
    part: bool

    @property
    def title(self) -> str:
        """What a row calls it."""
        return f"{self.year}{', part' if self.part else ''}"


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


def years(result: Run, books: tuple[NamedBook, ...]) -> Section:
    """Return every calendar year of every book."""
    sessions, made, throughout = result.market.run_sessions, result.market.synthetic_sessions(), _throughout(result)
    spans = years_of(sessions[: result.hedged.last + 1])
    equity, beside = by_name(books), against(compared_with(books))
    ahead = {span.title: _apart(books, span.first, span.last) for span in spans}
    bars = [Bar(title, value, "hedge") for title, value in ahead.items() if value is not None]
    rows = []
    for span in spans:
        mark = "SYNTHETIC" if not throughout and made[span.first : span.last + 1].any() else ""
        rows.append(Row([span.title, *_changes(equity, books, span.first, span.last)], mark=mark))
    parts: list[Part] = [
        Paragraph(f"The hedge less {beside}, points, year by year", "dek"),
        BarChart("years-bars", f"The hedge less {beside} in each year", bars, points),
        Table("years", [Column("Return", unit="%"), *map(_column, books)], rows),
        Paragraph(" ".join(["part: the run covers a part of that year.", *throughout]), "dek"),
    ]
    won = counted_of(sum(bar.value > 0.0 for bar in bars), len(bars))
    return Section("years-part", f"Ahead of {beside} in {won} years", parts, "Years")


def _column(book: NamedBook) -> Column:
    return Column(book.title, book.about, book.role, format=bare_percent)


def _changes(equity: dict[str, Floats], books: tuple[NamedBook, ...], first: int, last: int) -> list[float | None]:
    return [change(equity[book.name], first, last) if book.name in equity else None for book in books]


def falls(result: Run, books: tuple[NamedBook, ...]) -> Section:
    """Return every deep fall of the core: what each book did on the way down, and until it was over."""
    found = falls_of(core_level(result.setup)[: result.hedged.last + 1])
    deep = f"{100 * DEEP:.0f} %"
    if not found:
        return Section("falls-part", f"The core never fell by more than {deep}", [], "Falls")
    beside, days, equity = against(compared_with(books)), result.market.run_sessions, by_name(books)
    apart = [(fall, value) for fall in found if (value := _apart(books, fall.peak, fall.end)) is not None]
    over = [value for fall, value in apart if fall.ended != "open"]
    won = counted_of(sum(value > 0.0 for value in over), len(over))
    finding = (
        f"Ahead of {beside} at the recovery in {won} falls" if over else f"{counted(len(found), 'fall')}, not over yet"
    )
    ends = {"open": ", goes on"}
    bars = [Bar(f"{month(days[fall.peak])}{ends.get(fall.ended, '')}", value, "hedge") for fall, value in apart]
    core = core_level(result.setup)
    what = Column("Core", "What a dollar of the core bought at the start and left alone did.", format=bare_percent)
    columns = [Column("Peak, then trough or recovery"), what, *map(_column, books)]

    def cells(first: int, last: int) -> list[float | None]:
        return [change(core, first, last), *_changes(equity, books, first, last)]

    every = f"Every fall of the core by more than {deep}. Returns in percent, from the close of the peak."
    recovery = f"a new peak, or a rise of {100 * RISE:.0f} % from the low, which makes another fall of what follows"
    drawn = f"The hedge less {beside}, from each peak to the recovery"
    parts: list[Part] = [
        Paragraph(f"The hedge less {beside}, points, from each peak of the core to the recovery: {recovery}", "dek"),
        BarChart("falls-bars", drawn, bars, points),
        Table("falls", columns, [row for fall in found for row in _fall_rows(result, fall, cells)]),
        Paragraph(" ".join([every, *_throughout(result)]), "dek"),
    ]
    return Section("falls-part", finding, parts, "Falls")


def _throughout(result: Run) -> list[str]:
    """Return the sentence that stands for a mark in every row, where hedges alone are SYNTHETIC, and throughout."""
    hedges = hedges_made(result)
    return [f"SYNTHETIC: {hedges}, in every row; the core is real."] if hedges else []


def _fall_rows(result: Run, fall: Fall, cells: Callable[[int, int], list[float | None]]) -> list[Row]:
    """Return a fall's rows: to the trough, to its end, and to the old peak where it ended before that by a rise."""
    days, core = result.market.run_sessions, core_level(result.setup)
    made = not _throughout(result) and result.market.synthetic_sessions()[fall.peak : fall.end + 1].any()
    until = "to the last close, goes on" if fall.ended == "open" else f"to {days[fall.end]}, {ENDED[fall.ended]}"
    down, mark = f"{days[fall.peak]} to {days[fall.trough]}", "SYNTHETIC" if made else ""
    rows = [
        Row([down, *cells(fall.peak, fall.trough)], mark=mark),
        Row([until, *cells(fall.peak, fall.end)], role="next"),
    ]
    again = back_at_peak(core[: result.hedged.last + 1], fall)
    if fall.ended == "rise" and again is not None:
        rows.append(Row([f"to {days[again]}, the old peak", *cells(fall.peak, again)], role="next"))
    return rows


def back_at_peak(core: Floats, fall: Fall) -> int | None:
    """Return the first close at which the core is back at the level that a fall began from; None if it isn't yet."""
    back = np.flatnonzero(core[fall.end :] >= core[fall.peak])
    return fall.end + int(back[0]) if len(back) else None
