"""Every fall of the core by more than 15 %: what each book did on the way down, and until it was over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.arrays import Floats
from data.format import UNKNOWN, counted, counted_of, percent, points
from engine.analytics.drawdowns import DEEP, RISE, Fall, core_level, falls_of
from engine.runs.run import Run
from reports.first_sum import month
from reports.report_books import Book, against, by_name, judged_by
from reports.report_section import Head, Note, Part, Row, Section, Table, Value, bars_of
from reports.report_years import change

ENDED = {"peak": "new peak", "rise": f"up {100 * RISE:.0f} %", "open": "goes on"}


def falls(result: Run, books: tuple[Book, ...]) -> Section:
    """Return the section."""
    found = falls_of(core_level(result.setup)[: result.hedged.last + 1])
    deep = f"{100 * DEEP:.0f} %"
    if not found:
        return Section("falls-part", "Falls", f"The core never fell by more than {deep}", [])
    judge, equity = judged_by(books), by_name(books)
    over = [one for one in found if one.ended != "open"]
    apart = [_apart(equity["hedged"], equity[judge.name], one) for one in over]
    known = [value for value in apart if value is not None]
    won = counted_of(sum(value > 0.0 for value in known), len(known))
    finding = (
        f"Ahead of {against(judge)} at the recovery in {won} falls"
        if known
        else f"{counted(len(found), 'fall')}, not over yet"
    )
    return Section("falls-part", "Falls", finding, _parts(result, books, found, judge))


def _parts(result: Run, books: tuple[Book, ...], found: Sequence[Fall], judge: Book) -> list[Part]:
    equity, days = by_name(books), result.market.run_sessions
    values = [
        Value(f"{month(days[one.peak])}{', goes on' if one.ended == 'open' else ''}", value, points(value), "hedge")
        for one in found
        if (value := _apart(equity["hedged"], equity[judge.name], one)) is not None
    ]
    recovery = f"a new peak, or a rise of {100 * RISE:.0f} % from the low, which makes another fall of what follows"
    heads = [
        Head("Peak, then trough or recovery"),
        Head("Core", "What a dollar of the core bought at the start and left alone did."),
        *(book.head for book in books),
    ]
    rows = [row for one in found for row in _rows(result, books, one)]
    return [
        Note(f"The hedge less {against(judge)}, points, from each peak of the core to the recovery: {recovery}"),
        bars_of("falls-bars", f"The hedge less {against(judge)}, from each peak to the recovery", values),
        Table("falls", heads, rows),
        Note(
            f"Every fall of the core by more than {100 * DEEP:.0f} %. Returns in percent, from the close of the peak."
        ),
    ]


def _rows(result: Run, books: tuple[Book, ...], one: Fall) -> list[Row]:
    """Return a fall's rows: to the trough, to its end, and to the old peak where it ended before that by a rise."""
    days, equity, core = result.market.run_sessions, by_name(books), core_level(result.setup)
    made = result.market.synthetic_sessions()[one.peak : one.end + 1].any()

    def cells(last: int) -> list[str]:
        told = [change(core, one.peak, last)]
        told += [None if book.name not in equity else change(equity[book.name], one.peak, last) for book in books]
        return [UNKNOWN if value is None else percent(value).removesuffix(" %") for value in told]

    down = Row([f"{days[one.peak]} to {days[one.trough]}", *cells(one.trough)], mark="SYNTHETIC" if made else "")
    until = "to the last close, goes on" if one.ended == "open" else f"to {days[one.end]}, {ENDED[one.ended]}"
    rows = [down, Row([until, *cells(one.end)], role="next")]
    again = back_at_peak(core[: result.hedged.last + 1], one)
    if one.ended == "rise" and again is not None:
        rows.append(Row([f"to {days[again]}, the old peak", *cells(again)], role="next"))
    return rows


def back_at_peak(core: Floats, one: Fall) -> int | None:
    """Return the first close at which the core is back at the level that a fall began from; None if it isn't yet."""
    back = np.flatnonzero(core[one.end :] >= core[one.peak])
    return one.end + int(back[0]) if len(back) else None


def _apart(ours: Floats, theirs: Floats, one: Fall) -> float | None:
    made, other = (change(equity, one.peak, one.end) for equity in (ours, theirs))
    return None if made is None or other is None else made - other
