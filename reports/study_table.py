"""What `backtest study` says: the words and rows of an event study, and its tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.market import Roles
from engine.analytics.event_study import LEAST, Contrast, EventStudy, Moves, StudyWindow
from reports.report_words import UNKNOWN, many, number, percent

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


class Shown(NamedTuple):
    """A difference as it shows: itself, its interval, and whether that leaves 0 out."""

    text: str
    interval: str
    sure: bool


class Row(NamedTuple):
    """One window of one thing: cells before and between the two differences, in the order of `HEADS`."""

    sessions: str
    triggers: str
    apart: str
    mean: str
    mean_all: str
    mean_more: Shown
    median: str
    median_all: str
    above: str
    above_all: str
    above_more: Shown


def things(roles: Roles) -> dict[str, str]:
    """Return what is studied, by the name of `engine.analytics.event_study.StudyWindow`'s field, as people call it."""
    static = f"{roles.hedge} less {roles.leverage:g} times {roles.underlying} over the same sessions"
    return {"fund": roles.hedge, "underlying": roles.underlying, "static": static}


def rows(study: EventStudy, thing: str) -> list[Row]:
    """Return a thing's rows, a window each."""
    return [_row(window, getattr(window, thing)) for window in study.windows]


def headline(study: EventStudy, roles: Roles) -> str:
    """Say how many triggers there are and what chance doesn't explain of what followed them."""
    what, fund = TRIGGERS[study.every].format(hedge=roles.hedge), roles.hedge
    count = len(study.triggers)
    if not count:
        return f"There is nothing to study: no {what.replace('closes', 'close', 1).replace(' were ', ' was ')}."
    said = f"{many(count, 'trigger')}, {what}."
    told = [one for one in study.windows if one.block is not None]
    if not told:
        needs = f"an interval takes {LEAST} triggers whose windows share no session, and some years of history"
        return f"{said} Nothing is claimed: {needs}."
    found = list(_found(told, roles))
    *first, last = (str(one.sessions) for one in told)
    lengths = f"{', '.join(first)} and {last}" if first else last
    nothing = (
        f"Over {lengths} sessions {fund} did no better and no worse after them than on all days, as far as can be told."
    )
    return " ".join([said, *(found or [nothing])])


def finding(study: EventStudy, roles: Roles) -> str:
    """Return in a few words whether what followed the triggers differed from all days."""
    told = [one for one in study.windows if one.block is not None]
    if not len(study.triggers):
        return "No trigger"
    if not told:
        return f"{many(len(study.triggers), 'trigger')}: too few that share no session to claim anything"
    sure = [f"{one.sessions}" for one in told if _shown(one.fund.mean, 2).sure or _shown(one.fund.above, 0).sure]
    if not sure:
        return f"After its triggers {roles.hedge} did as on all days, as far as can be told"
    return f"After its triggers {roles.hedge} did otherwise than on all days over {' and '.join(sure)} sessions"


def notes(study: EventStudy, roles: Roles) -> list[str]:
    """Say by what the table was made, a sentence each."""
    blocks = dict.fromkeys(str(one.block) for one in study.windows if one.block is not None)
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
    return [begins, more, static, *([drawn, CHANCE] if blocks else [])]


def show_study(console: Console, study: EventStudy, roles: Roles, marks: tuple[str, ...] = ()) -> None:
    """Print an event study."""
    for mark in marks:
        console.print(escape(mark), style="bold yellow", highlight=False)
    console.print(escape(headline(study, roles)), style="bold", highlight=False)
    for thing, title in things(roles).items():
        console.print()
        console.print(_table(study, thing, title))
    console.print()
    for note in notes(study, roles):
        console.print(escape(note), style="dim", highlight=False)


def _row(window: StudyWindow, moved: Moves) -> Row:
    return Row(
        f"{window.sessions}",
        f"{window.triggers:,}",
        f"{window.apart:,}",
        percent(moved.mean.after),
        percent(moved.mean.all_days),
        _shown(moved.mean, 2),
        percent(moved.median.after),
        percent(moved.median.all_days),
        percent(moved.above.after, 0),
        percent(moved.above.all_days, 0),
        _shown(moved.above, 0),
    )


def _shown(one: Contrast, places: int) -> Shown:
    if one.difference is None:
        return Shown(UNKNOWN, "", sure=False)
    difference = number(100 * one.difference, places, sign=True)
    if one.low is None or one.high is None:
        return Shown(difference, "", sure=False)
    low, high = (number(100 * end, places, sign=True) for end in (one.low, one.high))
    return Shown(difference, f"{low} to {high}", one.sure)


def _found(windows: list[StudyWindow], roles: Roles) -> Iterator[str]:
    """Yield a sentence for every difference of the fund's whose interval leaves 0 out."""
    for window in windows:
        over = f"Over {many(window.sessions, 'session')} {roles.hedge}"
        for one, did, how in ((window.fund.mean, "made", "on average"), (window.fund.above, "rose", "of the time")):
            shown = _shown(one, 2)
            if shown.sure and one.difference is not None:
                way = "more" if one.difference > 0.0 else "less"
                apart = f"{number(100 * abs(one.difference))} points {way} {how}"
                yield f"{over} {did} {apart} than on all days (95 % interval {shown.interval})."


def _table(study: EventStudy, thing: str, title: str) -> Table:
    head = f"{title}, in percent"
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", title=escape(head))
    table.title_justify, table.title_style = "left", "bold"
    for name in NARROW:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(study, thing):
        table.add_row(*(_cell(cell) for cell in row))
    return table


def _cell(cell: str | Shown) -> str:
    if isinstance(cell, str):
        return cell.removesuffix(" %")
    text = f"[bold]{cell.text}[/]" if cell.sure else cell.text
    return f"{text}\n[dim]{cell.interval}[/]" if cell.interval else text
