"""What `backtest study` says of an event study, in the terminal and on its page: a headline, a chart, tables, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.format import UNKNOWN, counted, number, percent
from data.roles import Roles
from engine.analytics.event_study import LEAST, Contrast, EventStudy, Moves, StudyWindow, shows_hedge
from reports.charts import singles
from reports.document import (
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    Items,
    Opening,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

TRIGGERS = {
    "entry": "closes at which {hedge} was ordered on",
    "signal": "closes at which the signal rose to policy.enter",
}
SINCE = {
    "next_open": "the next session's open, which an order of that close gets",
    "next_close": "the next session's close, which an order of the trigger's close gets",
    "close": "the trigger's own close, which nobody gets",
}
HEADS = (
    *("Sessions", "Triggers", "Apart", "Mean", "All days", "More", "Median", "All days"),
    *("Above 0", "All days", "More"),
)
NARROW = ("", "n", "apart", "mean", "all", "more", "median", "all", "> 0", "all", "more")
"""The same for eighty columns."""
CHANCE = (
    "Several intervals are looked at: one that just leaves 0 out is little. On 400 simulated markets of 16 years whose "
    "triggers tell nothing, an interval left 0 out in 4 to 10 % of cases, over 63 sessions in 6 to 12 %."
)


def things(roles: Roles) -> dict[str, str]:
    """Return what is studied, by the name of `engine.analytics.event_study.StudyWindow`'s field, as people call it."""
    if not shows_hedge(roles):
        return {"underlying": roles.underlying}
    found = {"fund": roles.hedge, "underlying": roles.underlying}
    if not roles.one_fund:
        return found
    return found | {"static": f"{roles.hedge} less {roles.leverage:g} times {roles.underlying} over the same sessions"}


def studied(roles: Roles) -> str:
    """Return what is studied first: the hedge, or the underlying alone."""
    return roles.hedge if shows_hedge(roles) else roles.underlying


def _moved(window: StudyWindow) -> Moves:
    return window.underlying if window.fund is None else window.fund


def rows(study: EventStudy, thing: str) -> list[Row]:
    """Return a thing's rows, a window each: differences with their interval, strong where that leaves 0 out."""
    return [_row(window, getattr(window, thing)) for window in study.windows]


def headline(study: EventStudy, roles: Roles) -> str:
    """Return how many triggers there are and what chance doesn't explain of what followed them."""
    hedge = roles.hedge if shows_hedge(roles) else "the hedge"
    what, fund = TRIGGERS[study.every].format(hedge=hedge), studied(roles)
    count = len(study.triggers)
    if not count:
        return f"There is nothing to study: no {what.replace('closes', 'close', 1).replace(' were ', ' was ')}."
    begin = f"{counted(count, 'trigger')}, {what}."
    judged = [window for window in study.windows if window.block is not None]
    if not judged:
        needs = f"an interval takes {LEAST} triggers whose windows share no session, and some years of history"
        return f"{begin} Nothing is claimed: {needs}."
    found = list(_found(judged, roles))
    *first, last = (str(window.sessions) for window in judged)
    lengths = f"{', '.join(first)} and {last}" if first else last
    nothing = (
        f"Over {lengths} sessions {fund} did no better and no worse after them than on all days, as far as can be told."
    )
    return " ".join([begin, *(found or [nothing])])


def finding(study: EventStudy, roles: Roles) -> str:
    """Return in a few words whether what followed the triggers differed from all days."""
    judged = [window for window in study.windows if window.block is not None]
    if not len(study.triggers):
        return "No trigger"
    if not judged:
        return f"{counted(len(study.triggers), 'trigger')}: too few that share no session to claim anything"
    moved = {f"{window.sessions}": _moved(window) for window in judged}
    sure = [sessions for sessions, moves in moved.items() if moves.mean.sure or moves.above.sure]
    if not sure:
        return f"After its triggers {studied(roles)} did as on all days, as far as can be told"
    return f"After its triggers {studied(roles)} did otherwise than on all days over {' and '.join(sure)} sessions"


def notes(study: EventStudy, roles: Roles) -> list[str]:
    """Return by what the table was made, a sentence each."""
    blocks = dict.fromkeys(str(window.block) for window in study.windows if window.block is not None)
    begins = (
        f"Total returns from {SINCE[study.since]}, to the close so many sessions later; all days are every close of "
        "the run, from the same price."
    )
    more = (
        "Apart are the triggers whose windows share no session. More is after triggers less all days, in points, with "
        f"its 95 % interval; where fewer than {LEAST} are apart there is none."
    )
    static = (
        f"{roles.hedge} less {roles.leverage:g} times {roles.underlying}: what daily reset, interest and fee added to "
        "a position of the same multiple that is left alone, or took from it."
    )
    drawn = (
        f"What is resampled are sessions, {study.draws:,} times over, in blocks of {' and '.join(blocks)} on average, "
        "twice the window or more: each brings along what followed it and whether it was a trigger. Triggers that "
        "cluster in one bad month so come and go together, and count about as one."
    )
    own = [static] if roles.one_fund else []
    return [begins, more, *own, *([drawn, CHANCE] if blocks else [])]


def study_parts(study: EventStudy, roles: Roles) -> list[Part]:
    """Return what a page shows below a study's headline: mean paths, a table of all things, notes."""
    named = list(things(roles).values())[:2]
    parts: list[Part] = []
    if len(study.triggers):
        groups = [[Row([title], role="group"), *rows(study, thing)] for thing, title in things(roles).items()]
        caption = (
            f"Mean total return since the price that windows begin at, in percent: {_places(named)},"
            " sessions from the trigger's close across. Shaded, the 95 % interval of the mean after triggers, one"
            " session at a time."
        )
        described = f"Mean path of {' and '.join(named)} around the triggers, and on all days"
        parts += [
            Chart("after", described, caption, data=study_data(study, roles)),
            Table("study", [*map(Column, HEADS)], [row for group in groups for row in group]),
        ]
    return [*parts, Items(notes(study, roles), "dek")]


def _places(named: Sequence[str]) -> str:
    return f"{named[0]} above, {named[1]} below" if len(named) > 1 else named[0]


def study_data(study: EventStudy, roles: Roles) -> dict[str, Any]:
    """Return what the script of a page draws."""
    paths = [] if study.fund is None else [(roles.hedge, study.fund)]
    paths.append((roles.underlying, study.underlying))
    named = ("after", "low", "high", "all_days")
    lines = [{"name": name} | {part: singles(getattr(path, part)) for part in named} for name, path in paths]
    return {"offsets": study.offsets.tolist(), "lines": lines}


def write_study_page(
    path: Path, study: EventStudy, roles: Roles, *, title: str, span: tuple[str, str], note: str | None = None
) -> None:
    """Write the page of a study: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    study, roles
        The study, and who is hedge and underlying.
    title, note
        Stand at the top; any text is safe.
    span
        The run's first and last session.
    """
    fund = f"{roles.hedge} is a fund that returns {roles.leverage:g} times {roles.underlying}'s move of each day."
    simulated, made = note is not None and note.startswith("SIMULATED"), note is not None and "SYNTHETIC: " in note
    about = [Paragraph(fund, "dek")] if roles.one_fund else []
    sections = [Section("", finding(study, roles), [*about, *study_parts(study, roles)])]
    opened = Opening(
        [title, f"{span[0]} to {span[1]}", "SIMULATED" if simulated else "SYNTHETIC" if made else "real history"],
        f"Did {studied(roles)} do better after its triggers than on any day?",
        _answer(study),
        headline(study, roles),
        _glance(study) if len(study.triggers) else None,
    )
    data = {"simulated": simulated}
    write_document(path, Document(title, sections, note or "", data=data, scripts=["study"], opening=opened))


def _answer(study: EventStudy) -> str:
    """Return the shortest that can be said of what followed the triggers."""
    judged = [_moved(window).mean for window in study.windows if window.block is not None]
    if not len(study.triggers):
        return "There was no trigger."
    if not judged:
        return "Too few triggers to tell."
    sure = [gap.difference > 0.0 for gap in judged if gap.sure and gap.difference is not None]
    if not sure:
        return "No better, no worse."
    return "Both, by the span." if len(set(sure)) > 1 else f"{'Better' if sure[0] else 'Worse'}, at least for a time."


def _glance(study: EventStudy) -> Table:
    """Return the mean return after triggers and on all days."""
    columns = [Column("sessions"), Column("after triggers"), Column("all days")]
    rows = [Row(_row(window, _moved(window)).cells) for window in study.windows]
    return Table("glance", columns, [Row([row.cells[0], row.cells[3], row.cells[4]]) for row in rows])


def show_study(console: Console, study: EventStudy, roles: Roles, marks: tuple[str, ...] = ()) -> None:
    """Print an event study."""
    columns = [Column(name, align="right", wrap="never") for name in NARROW]
    parts: list[Part] = [*(Paragraph(mark, "alarm") for mark in marks), Paragraph(headline(study, roles), "strong")]
    for thing, title in things(roles).items():
        tight = [Row([_tight(cell) for cell in row.cells]) for row in rows(study, thing)]
        parts += [Paragraph(""), Heading(f"{title}, in percent"), Table(thing, columns, tight, role="dense")]
    show(console, [*parts, Paragraph(""), Items(notes(study, roles), "dek")])


def _tight(cell: Cell | str) -> Cell | str:
    return cell.removesuffix(" %") if isinstance(cell, str) else cell


def _row(window: StudyWindow, moved: Moves) -> Row:
    measures = ((moved.mean, 2), (moved.median, 2), (moved.above, 0))
    mean, median, above = ([percent(measure.after, at), percent(measure.all_days, at)] for measure, at in measures)
    counts = [f"{window.sessions}", f"{window.triggers:,}", f"{window.apart:,}"]
    return Row([*counts, *mean, _difference(moved.mean, 2), *median, *above, _difference(moved.above, 0)])


def _difference(contrast: Contrast, places: int) -> Cell:
    if contrast.difference is None:
        return Cell(UNKNOWN)
    difference = number(100 * contrast.difference, places, sign=True)
    if contrast.low is None or contrast.high is None:
        return Cell(difference)
    low, high = (number(100 * end, places, sign=True) for end in (contrast.low, contrast.high))
    return Cell(difference, "strong" if contrast.sure else "", f"{low} to {high}")


def _found(windows: list[StudyWindow], roles: Roles) -> Iterator[str]:
    """Yield a sentence for every difference of the fund's whose interval leaves 0 out."""
    for window in windows:
        over = f"Over {counted(window.sessions, 'session')} {studied(roles)}"
        moved = _moved(window)
        for gap, did, how in ((moved.mean, "made", "on average"), (moved.above, "rose", "of the time")):
            if gap.sure and gap.difference is not None:
                way = "more" if gap.difference > 0.0 else "less"
                apart = f"{number(100 * abs(gap.difference))} points {way} {how}"
                yield f"{over} {did} {apart} than on all days (95 % interval {_difference(gap, 2).detail})."
