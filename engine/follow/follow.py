"""What a call of `backtest follow` does: register a run, or write down each close since the last one in its log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ConfigError, DataError, UserError
from data.files import locked
from data.sources import Source
from data.sources.choose import open_source
from engine.config import RunConfig
from engine.follow.books import BOOKS, Ground, book_entry, carry, day_entry, ground_of, order_of, set_book
from engine.follow.log import HEAD, LOG, Chain, Entry, append, read_log, write_head
from engine.follow.past import Finding, LoggedPast, changes, past_of, take_in
from engine.follow.present import Moment, Present, close_of, following, is_late, present_run
from engine.follow.registration import folder_of, made_since, order_now, registration
from engine.follow.shape import check_lines
from engine.kernel.loop import Ledger, ledger_on

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Followed:
    """What a call found and did.

    Parameters
    ----------
    folder
        Where the log lies.
    chain
        The log as it is now.
    before
        The hedged book's order before this call; None where there was none.
    added
        The lines of closes that this call wrote.
    found
        What has changed since the last call, as it stands in the log.
    remarks
        What else has to be told, a sentence each.
    notes
        What a reader of the last close has to know, a sentence each.
    registered
        Whether this call registered the run.
    """

    folder: Path
    chain: Chain
    before: Mapping[str, Any] | None
    added: tuple[Entry, ...]
    found: tuple[Finding, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    registered: bool = False

    @cached_property
    def past(self) -> LoggedPast:
        """What the log says."""
        return past_of(self.chain.entries)

    @property
    def last(self) -> Entry:
        """The line of the last close."""
        return self.past.last

    @property
    def order(self) -> Mapping[str, Any] | None:
        """What the hedged book ordered at the last close for the next session; None where it ordered nothing."""
        return hedged_order(self.last)

    @property
    def changed(self) -> bool:
        """Whether this call brought an order, or the end of one."""
        return bool(self.added or self.registered) and (self.order is not None or self.before is not None)


def hedged_order(entry: Entry) -> Mapping[str, Any] | None:
    """Return the order of the hedged book that a close's line holds; None where there is none."""
    book = entry["books"]["hedged"]
    return None if book is None else book["order"]


def follow(
    config: RunConfig,
    out: Path,
    source: Source | None = None,
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Followed:
    """Register a run, or write down what it said at each close since the last that its log holds.

    Parameters
    ----------
    config, source
        As for `engine.runs.execute.run`.
    out
        Where followed runs lie, each in a folder of its own.
    now
        The time, with a time zone; the clock's unless given.
    progress
        Told each step as it begins.

    Raises
    ------
    UserError
        What can't be used: another config than the one that is followed under its name, a log that somebody changed,
        data that end before the last close of the log. Nothing is then written.
    """
    if config.end is not None:
        raise ConfigError(f"end is {config.end}: no close comes after it, so there is none to follow: take it out")
    fed = source or open_source(config.data.source, config.data.path)
    say = progress or (lambda _step: None)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as alone:
            alone.enter_context(locked(out))
            folder = folder_of(config, fed, out)
            folder.mkdir(exist_ok=True)
            if (folder / LOG).exists():
                alone.close()  # others may go on with theirs
            else:
                alone.callback(_remove_empty, folder)
            with locked(folder):
                clock = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)  # that of the wait for the lock is over
                return _called(config, folder, source, Moment(clock.replace(microsecond=0)), say)
    except OSError as error:
        where = error.filename2 or error.filename or out
        raise UserError(
            f"{where}: can't be written: {error.strerror or error}: choose another folder with --out"
        ) from error


def _remove_empty(folder: Path) -> None:
    """Remove the folder of a run that couldn't be registered."""
    with suppress(OSError):
        folder.rmdir()


def _called(config: RunConfig, folder: Path, source: Source | None, moment: Moment, say: Progress) -> Followed:
    """Do what a call does, the folder being locked."""
    chain, written = check_lines(read_log(folder)), moment.now.isoformat()
    unfinished = f"The last line of {LOG} was never finished, as by a process that was killed: it is made again."
    remarks = [unfinished] if chain.torn else []
    say("reading history")
    if not chain.entries:
        present = present_run(config, moment, source)
        say("registering")
        chain = append(chain, [registration(config, present, written)])
        return Followed(folder, chain, None, (), (), (*remarks, *_said(present)), present.notes, registered=True)
    past = past_of(chain.entries)
    last = np.datetime64(past.last["date"])
    present = present_run(config, moment._replace(logged=last), source, past.first["held_less"])
    if present.sessions[-1] < last:
        raise DataError(
            f"the data end {present.sessions[-1]}, before {last}, the last close in the log: bring them up to date, or"
            " take the ones that it was made of"
        )
    if chain.headless:
        remarks.append(f"{HEAD} is gone: whether lines are missing from the end of {LOG} can't be told.")
    say("holding the past against the data")
    cut_off = [{"what": "log", "was": chain.counted, "is": len(chain.entries)}] if chain.missing else []
    found: list[Finding] = [*cut_off, *changes(past, present, made_since(config, past.first), written)]
    for finding in found:
        take_in(past, finding)
    say("writing down new closes")
    closes = _closes(past, present, moment.now)
    if ahead := [close for close in closes if close.pop("ahead")]:  # the clock stands before them
        found.append({"what": "clock", "close": ahead[-1]["date"], "is": ahead[-1]["written"]})
    changed = [{"kind": "changed", "written": written, "found": found}] if found else []
    before = hedged_order(past.last)
    chain = append(write_head(chain), [*changed, *closes])
    return Followed(
        folder,
        chain,
        before,
        tuple(chain.entries[len(chain.entries) - len(closes) :]) if closes else (),
        tuple(found),
        (*remarks, *_said(present)),
        present.notes,
    )


def _said(present: Present) -> list[str]:
    if present.left_out is None:
        return []
    return [f"{present.left_out} isn't over in New York: its bar is left to a call after the close."]


def _closes(past: LoggedPast, present: Present, now: dt.datetime) -> list[dict[str, Any]]:
    """Return a line for each session after the last in the log."""
    logged = np.datetime64(past.last["date"])
    first, lines = int(np.searchsorted(present.sessions, logged, side="right")), list[dict[str, Any]]()
    for t in range(first, len(present.sessions)):
        lines.append(_line(present, t, past, now, logged))
        logged = present.sessions[t]
    if lines and past.rebased:
        lines[0]["rebased"] = dict(past.rebased)
    ground = ground_of(past.first, [past.last, *lines])
    for line in lines:
        line["books"] = {}
    for name in BOOKS:
        book, before = ledger_on(ground.prices), past.last["books"][name]
        if before is not None:
            set_book(ground, book, 0, before)
        for row, line in enumerate(lines, 1):
            ruined = before is None or before["equity"] <= 0.0
            before = None if ruined else _next(present, name, first + row - 1, ground, book, row, before)
            line["books"][name] = before
    return lines


def _line(present: Present, t: int, past: LoggedPast, now: dt.datetime, logged: np.datetime64) -> dict[str, Any]:
    """Return a close's line without its books."""
    session, simulated = present.sessions[t], present.market.simulated
    clock = max(now, dt.datetime.fromisoformat(past.written))  # one that was set back makes nothing early
    late = not simulated and (is_late(session, clock) or now < clock)
    return {
        "kind": "close",
        "written": now.isoformat(),
        "date": str(session),
        "next": str(following(session)),
        "late": late,
        "ahead": not simulated and now < close_of(session),
        **day_entry(present.setup, t, logged),
        **present.signal(t),
        "inputs": present.inputs(session),
    }


def _next(
    present: Present, name: str, t: int, ground: Ground, book: Ledger, row: int, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Carry a book to the close of session t, row `row`, by the order that the line before holds; return its entry."""
    filled, paid = order_now(present, name, t - 1) if present.guest else before["order"], None
    if present.guest and name == "hedged":
        given = present.given(t, float(book.equity[row - 1]))
        carry(ground, book, row, None, given)
        paid = given.paid
    else:
        carry(ground, book, row, order_of(filled))
    order = order_now(present, name, t) if book.equity[row] > 0.0 else None
    entry = book_entry(ground, book, row, order, paid)
    return entry | ({"filled": filled} if present.guest and paid is None and filled != before["order"] else {})
