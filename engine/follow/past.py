"""The past that a log holds, and what of it is another in the data, the code or the clock as they are now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.format import as_json
from engine.follow.books import BAR, bar_of
from engine.follow.log import Entry
from engine.follow.present import Present, hashes
from engine.follow.rebased import Restated, rebasing_of

SAME = 1e-12
"""Between two prices that are the same but for how they were computed, as a fraction."""
SAME_SIGNAL = 1e-9
Finding = dict[str, Any]
"""What has changed: ``what`` kind of thing, of which day or input, what it ``was`` and what it ``is``."""


@dataclass
class LoggedPast:
    """What a log says of its closes, and of what has changed since, in the order of its lines.

    Parameters
    ----------
    days
        The lines of closes by their dates, the registration first.
    bars, signals, sessions
        What was told since of a bar's column, of a close's signal, and of whether the data have that session.
    rebased
        What a share of the last close is in the data's shares since, by the instruments of which that was told.
    inputs
        Of each input the hashes that count, by the day up to which they are.
    code
        What made the last line.
    written
        When the last line was.
    """

    days: dict[str, Entry] = field(default_factory=dict)
    bars: dict[tuple[str, str, str], float | None] = field(default_factory=dict)
    signals: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sessions: dict[str, bool] = field(default_factory=dict)
    rebased: dict[str, float] = field(default_factory=dict)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    written: str = ""

    @property
    def first(self) -> Entry:
        """The registration."""
        return next(iter(self.days.values()))

    @property
    def last(self) -> Entry:
        """The line of the last close."""
        return next(reversed(self.days.values()))

    @property
    def closes(self) -> list[Entry]:
        """The registration's line and those of the closes since."""
        return list(self.days.values())


def past_of(entries: Sequence[Entry]) -> LoggedPast:
    """Return what the lines of a log come to."""
    past = LoggedPast()
    for entry in entries:
        past.written = entry["written"]
        if entry["kind"] == "changed":
            for finding in entry["found"]:
                take_in(past, finding)
            continue
        past.days[entry["date"]] = entry
        past.rebased = {}
        past.code = past.code or dict(entry["made_with"])
        for read, digest in entry["inputs"].items():
            past.inputs.setdefault(read, {})[entry["date"]] = digest
    return past


def take_in(past: LoggedPast, finding: Finding) -> None:
    """Take in what was told as changed: it isn't told again."""
    what, date, now = finding["what"], finding.get("date", ""), finding.get("is")
    if what == "bar":
        past.bars[date, finding["instrument"], finding["column"]] = finding["is"]
    elif what == "rebased":
        for day, columns in finding["bars"].items():
            past.bars |= {(day, finding["instrument"], column): value for column, value in columns.items()}
        if finding["up_to"] == past.last["date"]:
            name = finding["instrument"]
            past.rebased[name] = past.rebased.get(name, 1.0) / finding["factor"]
    elif what == "signal":
        past.signals[date] = finding["is"]
    elif what == "session":
        past.sessions[date] = finding["is"]
    elif what == "code":
        past.code[finding["of"]] = finding["is"]
    elif what == "input":
        held = past.inputs[finding["input"]]
        past.inputs[finding["input"]] = {day: digest for day, digest in held.items() if day < date}
        past.inputs[finding["input"]][finding["up_to"]] = str(now)


def changes(past: LoggedPast, present: Present, code: Mapping[str, str], written: str) -> list[Finding]:
    """Return what is another now than the log says, each thing that hasn't been told before.

    Parameters
    ----------
    past, present
        The log, and the run on the data as they are now.
    code
        What makes the lines now, as `engine.follow.registration.made_with` has it.
    written
        The time now, as lines have it.
    """
    bars = list(_bars(past, present))
    return [
        *_clock(past, written),
        *_code(past, code),
        *_sessions(past, present),
        *bars,
        *_inputs(past, present, bars),
        *(() if present.guest else _signals(past, present)),
    ]


def _clock(past: LoggedPast, written: str) -> Iterator[Finding]:
    if dt.datetime.fromisoformat(written) < dt.datetime.fromisoformat(past.written):
        yield {"what": "clock", "was": past.written, "is": written}


def _code(past: LoggedPast, code: Mapping[str, str]) -> Iterator[Finding]:
    for of, now in code.items():
        if past.code.get(of) != now:
            yield {"what": "code", "of": of, "was": past.code.get(of), "is": now}


def _sessions(past: LoggedPast, present: Present) -> Iterator[Finding]:
    """Yield closes of the log of which the data have no bar any more, and others that came up between them."""
    first, last = np.datetime64(past.first["date"]), np.datetime64(past.last["date"])
    held = {str(date) for date in present.sessions if first <= date <= last}
    for date in sorted(held | past.days.keys()):
        if (date in held) != past.sessions.get(date, date in past.days):
            yield {"what": "session", "date": date, "was": date not in held, "is": date in held}


def _bars(past: LoggedPast, present: Present) -> Iterator[Finding]:
    """Yield what of the log's bars is another in the data: a column of a day each, or the factor on all prices."""
    for i, label in enumerate(past.first["instruments"]):
        found = list(_restated(past, present, label, i))
        days = [date for date in past.days if found and present.at(np.datetime64(date)) is not None]
        rebasing = rebasing_of(days, found)
        if rebasing is not None:
            bars = dict[str, dict[str, Any]]()
            for each in rebasing.explained:
                bars.setdefault(each.date, {})[each.column] = each.now
            told = {"date": days[0], "up_to": rebasing.until, "factor": rebasing.factor, "bars": bars}
            yield {"what": "rebased", "instrument": label, **told}
        for each in found:
            if rebasing is None or each not in rebasing.explained:
                told = {"date": each.date, "column": each.column, "was": each.was, "is": each.now}
                yield {"what": "bar", "instrument": label, **told}


def _restated(past: LoggedPast, present: Present, label: str, i: int) -> Iterator[Restated]:
    logged = None
    for date, entry in past.days.items():
        session = np.datetime64(date)
        t = present.at(session)
        if t is not None:
            bar = as_json(bar_of(present.setup, t, i, logged))
            for column in BAR:
                was = past.bars.get((date, label, column), entry["bars"][label][column])
                if _differ(bar[column], was):
                    yield Restated(date, column, was, bar[column])
        logged = session


def _differ(now: float | None, was: float | None) -> bool:
    if now is None or was is None:
        return now is not was
    return abs(now - was) > SAME * max(abs(now), abs(was))


def _inputs(past: LoggedPast, present: Present, told: Sequence[Finding]) -> Iterator[Finding]:
    """Yield inputs whose values, as far as they were public at a close of the log, are others now.

    Those of an instrument of which a bar was told stand for it, unless the change lies before the registration and
    isn't that of all prices. The day of a finding is the first close up to which the input differs.
    """
    bars, rebased = ({each["instrument"] for each in told if each["what"] == what} for what in ("bar", "rebased"))
    registered = past.first["date"]
    for read, known in past.inputs.items():
        days = sorted(known)
        if _hash(present, read, days[-1]) == known[days[-1]]:
            continue
        low, high = 0, len(days) - 1
        while low < high:  # what differs up to a day differs up to each later one
            middle = (low + high) // 2
            differs = _hash(present, read, days[middle]) != known[days[middle]]
            low, high = (low, middle) if differs else (middle + 1, high)
        kind, _, name = read.partition("/")
        hidden = kind == "bars" and (name in rebased or (name in bars and days[low] > registered))
        yield {
            "what": "input",
            "input": read,
            "date": days[low],
            "up_to": days[-1],
            "was": known[days[-1]],
            "is": _hash(present, read, days[-1]),
            **({"by_bars": True} if hidden else {}),
        }


def _hash(present: Present, read: str, date: str) -> str:
    return hashes(present.market, frozenset((read,)), np.datetime64(date))[read]


def _signals(past: LoggedPast, present: Present) -> Iterator[Finding]:
    """Yield closes of the log at which the signal would be another now."""
    for date, entry in past.days.items():
        t = present.at(np.datetime64(date))
        if t is None:
            continue
        was, now = past.signals.get(date, entry), present.signal(t)
        if now["actions"] != was["actions"] or not _alike(now["intensity"], was["intensity"]):
            before = {name: was[name] for name in ("intensity", "actions")}
            yield {"what": "signal", "date": date, "was": before, "is": now}


def _alike(now: Any, was: Any) -> bool:
    if now is None or was is None:
        return now is was
    return len(now) == len(was) and all(abs(a - b) <= SAME_SIGNAL for a, b in zip(now, was, strict=True))
