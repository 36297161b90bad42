"""Folds: a stretch of sessions to choose on, an embargo, and the stretch after it to be judged on, over and over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arrays import DAY, Dates
from data.errors import ConfigError, DataError

MONTHS = {"y": 12, "m": 1}
LEAST = 2
"""Sessions a window has at least: one return."""
JOINED = 0.25
"""A last test shorter than this share of the one before is judged with it."""


@dataclass(frozen=True)
class Span:
    """A length of time: calendar months, or sessions.

    Parameters
    ----------
    count
        How many.
    months
        Whether they are months; else sessions.
    text
        As it was written.
    """

    count: int
    months: bool
    text: str


@dataclass(frozen=True)
class Windows:
    """How history is cut.

    Parameters
    ----------
    train, test
        How long parameters are chosen on, and then followed.
    anchored
        Every training begins with the first session; else it is of one length and moves on.
    embargo
        Sessions between training and test, whose results choose nothing.
    """

    train: Span
    test: Span
    anchored: bool = False
    embargo: int = 20

    def as_dict(self) -> dict[str, Any]:
        """Return them as they were written."""
        return {"train": self.train.text, "test": self.test.text, "anchored": self.anchored, "embargo": self.embargo}


class Fold(NamedTuple):
    """One fold, in rows of the run's sessions.

    Parameters
    ----------
    train_first, train_last
        The first and the last session of the training, whose results choose.
    test_first, test_last
        The test's orders are decided at the closes from `test_first` to the one before `test_last`, at whose close the
        last of them has been filled: there the next test begins, so that every return counts once.
    """

    train_first: int
    train_last: int
    test_first: int
    test_last: int


def span_of(text: str, option: str) -> Span:
    """Read a length: ``5y``, ``18m``, or ``250d`` for sessions; raises ConfigError naming the option."""
    found = re.fullmatch(r"([1-9]\d{0,4})([ymd])", text.strip())
    if not found:
        raise ConfigError(f"{option} {text}: write 5y, 18m, or 250d for sessions")
    count, unit = int(found[1]), found[2]
    if unit == "d" and count < LEAST:
        raise ConfigError(f"{option} {text}: has no return: give at least {LEAST}d")
    return Span(count * MONTHS.get(unit, 1), unit in MONTHS, text.strip())


def folds_of(sessions: Dates, windows: Windows) -> tuple[Fold, ...]:
    """Cut sessions into folds.

    The first training begins with the first session. Each training ends where the one before did and a test later;
    an embargo later begins its test, which ends where the next one begins. The last test ends with the sessions and
    may be shorter; one shorter than a quarter of the test before it is joined to that.

    Raises
    ------
    DataError
        There is no room for one whole fold, and what would fit.
    """
    end = len(sessions) - 1
    starts: list[
        tuple[int, int]
    ] = []  # of training and of test, and after the last whole fold the start of what is left
    anchor = _moved(sessions, sessions[0], windows.train, 1)
    while True:
        day = _moved(sessions, anchor, windows.test, len(starts))
        trained = int(np.searchsorted(sessions, day))
        if trained + windows.embargo > end:
            break
        begin = 0 if windows.anchored else _begin(sessions, day, windows.train)
        starts.append((begin, trained))
    tests = [trained + windows.embargo for _begin_, trained in starts]
    if len(tests) < 2:
        raise DataError(_too_short(sessions, windows))
    whole, left = tests[-1] - tests[-2], end - tests[-1]
    if left < JOINED * whole:
        starts, tests = starts[:-1], tests[:-1]
    ends = [*tests[1:], end]
    return tuple(
        Fold(begin, trained - 1, test, last) for (begin, trained), test, last in zip(starts, tests, ends, strict=True)
    )


def _begin(sessions: Dates, day: np.datetime64, train: Span) -> int:
    """Return the first session of the training that ends before `day`."""
    if not train.months:
        return int(np.searchsorted(sessions, day)) - train.count
    return int(np.searchsorted(sessions, _moved(sessions, day, train, -1)))


def _moved(sessions: Dates, day: np.datetime64, span: Span, times: int) -> np.datetime64:
    """Return the day that lies so many spans after another; one beyond the last session is the day after that."""
    if not span.months:
        at = int(np.searchsorted(sessions, day)) + times * span.count
        return sessions[at] if at < len(sessions) else sessions[-1] + DAY
    month = day.astype("datetime64[M]")
    later = month + np.timedelta64(times * span.count, "M")
    longest = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - DAY
    return min(later.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), longest)


def _too_short(sessions: Dates, windows: Windows) -> str:
    """Return that history holds no fold, and what would fit."""
    asked = f"--train {windows.train.text}, --embargo {windows.embargo} and --test {windows.test.text}"
    said = f"{len(sessions):,} sessions from {sessions[0]} to {sessions[-1]} hold no fold of {asked}"
    room = len(sessions) - 1 - windows.embargo
    wanted = max(LEAST, round(windows.test.count * 21.5) if windows.test.months else windows.test.count)
    test = wanted if room - wanted >= 2 * wanted else room // 3
    if test < LEAST:
        return f"{said}: start earlier"
    return f"{said}: --train {room - test}d --test {test}d would fit, or start earlier"
