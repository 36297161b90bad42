"""A stress of today's book, in the terminal and on a page: falls again, paths from here on, and where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from data.format import counted, dollars, in_percent, percent, points
from engine.stress.books import HEDGED, UNHEDGED
from engine.stress.results import Replayed, Stress
from engine.stress.reverse import TriedPaths, tries
from reports.document import (
    Cell,
    Column,
    Custom,
    Details,
    Document,
    Items,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from reports.first_sum import month
from reports.renderers.html import write_document
from reports.stress_dumbbells import Dumbbell, draw_dumbbells
from reports.stress_made import made
from reports.stress_picture import (
    PHONE_FAN,
    PHONE_SHARE,
    WIDE_FAN,
    WIDE_SHARE,
    Sketch,
    draw_fan,
    draw_shares,
)
from reports.stress_words import (
    END,
    LOW,
    StressTold,
    alarm_of,
    falls_finding,
    fan_finding,
    fell_finding,
    headline,
    lead,
    marks_of,
    meaning,
    moved,
    provenance,
    question,
    rallies_finding,
    rebalanced_finding,
    reverse_sentence,
    standing,
)

PANELS = {LOW: "at its low", END: "at its end"}
QUANTILES = (("end_05", "5 %"), ("end_25", "25 %"), ("end_50", "median"), ("end_75", "75 %"), ("end_95", "95 %"))
"""Of the paths' ends: keys of `engine.stress.results.path_rows`, and what a table's head says."""


def write_stress_page(path: Path, found: Stress) -> None:
    """Write the page: one file, read offline."""
    write_document(path, stress_page(found))


def stress_page(found: Stress) -> Document:
    """Return the page."""
    told = StressTold(found)
    config = found.today.past.config
    first = {
        "standing": [*standing(told), *provenance(told)],
        "marks": told.marks,
        "question": question(told),
        "headline": headline(told),
        "lead": lead(told),
        "meaning": meaning(told),
        "glance": _glance(told),
    }
    return Document(
        f"{' '.join(marks_of(told))} {config.name}: stress of the book of {found.today.past.last}",
        list(_sections(told)),
        note=alarm_of(told),
        header=[Custom("stress_first.html.j2", first)],
        bar=config.name,
        data={"horizon": found.horizon},
        styles=["first", "frontier_runs", "stress"],
    )


def _sections(told: StressTold) -> Iterator[Section]:
    if told.falls or told.found.refused:
        yield _falls(told)
    if told.rallies:
        yield _others("rallies", rallies_finding(told), told, told.rallies, "Rallies")
    if told.scenarios:
        yield _others("scenarios", "Other scenarios", told, told.scenarios, "Scenarios")
    if told.found.drawn is not None:
        yield _paths(told)
    if told.found.reverse is not None:
        yield _reverse(told)
    if told.calendars:
        yield _rebalanced(told)
    yield made(told)


def _glance(told: StressTold) -> Table | None:
    """Return the books by their median over the falls and over the paths; None where there are neither."""
    columns, values = [Column(told.marks)], list[Mapping[str, float]]()
    if told.falls:
        for when, title in PANELS.items():
            columns.append(Column(f"median fall, {title}", format=percent))
            values.append({book.key: told.median(told.falls, book.key, when) for book in told.books})
    if told.found.drawn is not None:
        columns.append(Column("median path", f"After {told.found.horizon} sessions.", format=percent))
        values.append({book.key: told.on_paths["all", book.key]["end_50"] for book in told.books})
    if not values:
        return None
    rows = [
        Row([book.title, *(value[book.key] for value in values)], role="hedge" if book.key == HEDGED else "")
        for book in told.books
    ]
    return Table("glance", columns, rows)


def _falls(told: StressTold) -> Section:
    parts: list[Part] = []
    falls = told.falls
    if falls:
        caption = f"{told.marks}. What each book came to, of what it is worth today, and beside each fall what"
        parts += [
            Paragraph(f"{caption} {told.underlying} did to its low. Point at a row for its figures.", "dek"),
            _dumbbells(told, falls, (LOW, END), falls_finding(told)),
            _table("falls", told, falls),
            Details("The other books in each fall", [_books_table("fall-books", told, falls)]),
        ]
    if told.found.refused:
        refused = [f"{each.title}: {each.why}." for each in told.found.refused]
        title = f"{counted(len(refused), 'fall or rally').replace('rallys', 'rallies')} can't be replayed"
        parts.append(Details(title.replace("fall or rallies", "falls and rallies"), [Items(refused)], "refused"))
    return Section("falls-part", falls_finding(told) if falls else "No fall can be replayed", parts, "Falls")


def _others(name: str, finding: str, told: StressTold, replays: Sequence[Replayed], topic: str) -> Section:
    parts: list[Part] = [
        Paragraph(f"{told.marks}. What each book came to at the end, of what it is worth today.", "dek"),
        _dumbbells(told, replays, (END,), finding),
        _table(name, told, replays),
        Details("The other books in each", [_books_table(f"{name}-books", told, replays)]),
    ]
    return Section(f"{name}-part", finding, parts, topic)


def _dumbbells(told: StressTold, replays: Sequence[Replayed], times: Sequence[str], described: str) -> Custom:
    rows = [
        Dumbbell(
            each.title,
            f"{told.underlying} {percent(moved(each, times[0]))}",
            [{book.key: told.came(each, book.key, when) for book in told.books} for when in times],
        )
        for each in replays
    ]
    panels = [PANELS[when] if len(times) > 1 else "at the end" for when in times]
    return _pictures("dumbbells", StressFigure(told.marks, "", draw_dumbbells(rows, panels, told.books), described))


class StressFigure(NamedTuple):
    """A picture: what marks it, its heading, its drawings for a wide screen and a phone, and itself in words."""

    marks: str
    heading: str
    drawings: Sequence[Sketch]
    described: str


def _pictures(kind: str, *figures: StressFigure) -> Custom:
    return Custom("stress.html.j2", {"kind": kind, "figures": figures})


def _table(name: str, told: StressTold, replays: Sequence[Replayed]) -> Table:
    """Return what the hedged book came to in each replay, beside the underlying."""
    low = any(each in told.falls for each in replays)
    columns = [
        *(Column(told.marks), *([Column(f"{told.underlying}, at its low", format=percent)] if low else [])),
        Column(f"{told.underlying}, at {'its' if low else 'the'} end", format=percent),
        *([Column("Hedge, at its low", role="hedge", format=percent)] if low else []),
        *(
            Column(f"Hedge, at {'its' if low else 'the'} end", role="hedge", format=percent),
            Column("End value", format=dollars),
        ),
        *(Column("Worst fall", format=percent), Column("Worst quarter", WORST_QUARTER, format=percent)),
    ]
    if told.bands:
        columns += [
            Column("End, fund at the low edge", EDGES, format=percent),
            Column("high edge", EDGES, format=percent),
        ]
    return Table(name, columns, [_row(told, each, low=low) for each in replays])


WORST_QUARTER = "The worst return over 63 sessions, over all of them where there are fewer."
EDGES = "With every session's return of the fund at that edge of its model's error band."


def _row(told: StressTold, each: Replayed, *, low: bool) -> Row:
    came = told.figures[each.name][HEDGED]
    until = f"to {month(each.last)}, " if low else ""
    about = f"{until}{counted(len(each.books.sessions) - 1, 'session')}"
    moves = [each.move, moved(each, END)] if low else [moved(each, END)]
    ends = [came.turn, came.end] if low else [came.end]
    edges = [float(edge[-1] - 1.0) for edge in each.edges] if told.bands else []
    worth = told.found.today.equity * (1.0 + came.end)
    return Row([Cell(each.title, detail=about), *moves, *ends, worth, came.worst, came.quarter, *edges])


def _books_table(name: str, told: StressTold, replays: Sequence[Replayed]) -> Table:
    """Return what every book came to in each replay."""
    low = any(each in told.falls for each in replays)
    columns = [
        *(Column(told.marks), *([Column("At its low", format=percent)] if low else [])),
        Column("At the end", format=percent),
        *(Column("Worst fall", format=percent), Column("Worst quarter", WORST_QUARTER, format=percent)),
    ]
    rows = []
    for each in replays:
        rows.append(Row([each.title], role="group"))
        for book in told.books:
            came = told.figures[each.name][book.key]
            turn = [came.turn] if low else []
            role = "hedge" if book.key == HEDGED else ""
            rows.append(Row([book.title, *turn, came.end, came.worst, came.quarter], role=role))
    return Table(name, columns, rows)


def _paths(told: StressTold) -> Section:
    drawn = told.found.drawn
    assert drawn is not None  # noqa: S101  # asked for only with paths
    about = (
        f"{told.marks}. Return from today on, over {counted(told.found.horizon, 'session')}: the line is the median,"
        " half of the paths in the inner band, nine tenths in the outer. In colour: the hedge; grey: doing nothing."
    )
    canvases, chosen = (WIDE_FAN, PHONE_FAN), drawn.chosen()
    fans = [(f"All {counted(len(drawn.fell), 'path')}", drawn.books, fan_finding(told))]
    fans += [] if chosen is None else [(fell_finding(told), chosen, fell_finding(told))]
    figures = [
        StressFigure(told.marks, title, [draw_fan(books, told.books, canvas) for canvas in canvases], described)
        for title, books, described in fans
    ]
    parts: list[Part] = [Paragraph(about, "dek"), _pictures("pair", *figures)]
    if chosen is None:
        parts.append(Paragraph(f"{fell_finding(told)}."))
    parts.append(_paths_table(told, fell=chosen is not None))
    return Section("paths-part", fan_finding(told), parts, "Paths")


def _paths_table(told: StressTold, *, fell: bool) -> Table:
    behind = partial(percent, places=0)
    shortfall = "The mean of the worst twentieth of the ends."
    columns = [
        *(Column(told.marks), *(Column(title, format=percent) for _key, title in QUANTILES)),
        *(Column("Median end", format=dollars), Column("Shortfall", shortfall, format=percent)),
        Column("Worst fall", "The median of every path's deepest fall from any close before.", format=percent),
        Column("Ends behind doing nothing", "Share of the paths.", format=behind),
    ]
    rows = []
    drawn = told.found.drawn
    for which in ("all", "fell") if fell and drawn is not None else ("all",):
        count = told.on_paths[which, HEDGED]["count"]
        fall = f"The {counted(int(count), 'path')} that fell by {in_percent(-drawn.fall)}" if drawn else ""
        rows.append(Row([f"All {counted(int(count), 'path')}" if which == "all" else fall], role="group"))
        for book in told.books:
            on = told.on_paths[which, book.key]
            cells: list[Any] = [book.title, *(on[key] for key, _title in QUANTILES), on["end_value"], on["shortfall"]]
            last = "" if book.key == UNHEDGED else on["behind_unhedged"]
            rows.append(Row([*cells, on["worst_fall"], last], role="hedge" if book.key == HEDGED else ""))
    return Table("paths", columns, rows)


def _reverse(told: StressTold) -> Section:
    reverse, drawn = told.found.reverse, told.found.drawn
    assert reverse is not None and drawn is not None  # noqa: S101, PT018  # asked for only with paths
    each = tries(len(drawn.fell), told.found.horizon) // len((*reverse.falls, *reverse.chops))
    bent = min(each, len(drawn.fell))
    sentences = [f"{reverse_sentence(told, book)}." for book in told.others]
    about = (
        f"{told.marks}. {counted(bent, 'path')}, bent: one drift more a session, so that {told.underlying} ends"
        " at a given fall, or where it began. Up: the share on which the hedge ends behind; in the shaded half, most."
    )
    parts: list[Part] = [*(Paragraph(sentence) for sentence in sentences[1:]), Paragraph(about, "dek")]
    figures = []
    for name, tried, falls in (("A fall", reverse.falls, True), ("A chop", reverse.chops, False)):
        where = f"over {counted(reverse.sessions, 'session')}" if falls else "that ends where it began, by its sessions"
        sketches = [draw_shares(tried, told.others, canvas, falls=falls) for canvas in (WIDE_SHARE, PHONE_SHARE)]
        figures.append(StressFigure(told.marks, f"{name} {where}", sketches, sentences[0]))
    parts.append(_pictures("pair", *figures))
    tables: list[Part] = [_tried_table("falls-tried", "Fall", reverse.falls, told)]
    tables.append(_tried_table("chops-tried", "Chop", reverse.chops, told))
    parts.append(Details("Every fall and chop that was tried", tables))
    return Section("fails-part", sentences[0].removesuffix("."), parts, "Where it fails")


def _tried_table(name: str, title: str, tried: Sequence[TriedPaths], told: StressTold) -> Table:
    columns = [Column(f"{told.marks}: {title.lower()}")]
    for book in told.others:
        columns.append(Column(f"Ends behind {book.short}", "Share of the paths.", format=partial(percent, places=0)))
        columns.append(Column("Median of the difference", unit="points", format=points))
    rows = []
    for each in tried:
        at = in_percent(-each.at) if title == "Fall" else counted(int(each.at), "session")
        rows.append(
            Row([at, *(value for book in told.others for value in (each.behind[book.key], each.apart[book.key]))])
        )
    return Table(name, columns, rows)


def _rebalanced(told: StressTold) -> Section:
    """Return what other rebalancings of the same hedge came to."""
    columns, drawn = [Column(told.marks)], told.found.drawn is not None
    if told.falls:
        about = "Over the falls, at their ends."
        columns += [Column("Falls, median", about, format=percent), Column("Falls, worst", about, format=percent)]
    if drawn:
        columns += [Column(f"Paths, {title}", format=percent) for _key, title in (QUANTILES[0], QUANTILES[2])]
        columns.append(Column("Paths, shortfall", format=percent))
    rows = []
    for title, key, own in told.calendars:
        cells: list[Any] = [f"{title}, its own" if own else title]
        if told.falls:
            cells += [told.median(told.falls, key, END), min(told.came(each, key, END) for each in told.falls)]
        if drawn:
            cells += [told.on_paths["all", key][name] for name in ("end_05", "end_50", "shortfall")]
        rows.append(Row(cells, role="hedge" if own else ""))
    parts = [Paragraph(f"{told.marks}. The same signal and weight, rebalanced otherwise.", "dek")]
    return Section(
        "rebalanced-part", rebalanced_finding(told), [*parts, Table("rebalanced", columns, rows)], "Rebalancing"
    )
