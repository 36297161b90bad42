"""Events: dated things to come (meetings, releases, earnings), and memberships: who belonged to a group when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.arrays import DAY, Dates, Flags, read_only

Words = npt.NDArray[np.str_]

AFTER_CLOSE = "AMC"
BEFORE_OPEN = "BMO"
AHEAD = 366 * DAY
"""How far beyond a run's last session a schedule without announcements is read: meetings are fixed a year ahead."""


@dataclass(frozen=True)
class Events:
    """Dated events, sorted by date.

    Parameters
    ----------
    name
        Such as ``fomc_dates``.
    dates
        The day of each, ``datetime64[D]``, shape (events,).
    symbols
        Whose event each is, shape (events,); empty text where it is nobody's.
    timing
        ``BMO`` before the open, ``AMC`` after the close, empty where that isn't known; shape (events,).
    announced
        The day from whose close on each date was public, shape (events,); ``None`` where the file doesn't say: then
        the whole schedule is read as if it had always been known, in hindsight.
    """

    name: str
    dates: Dates
    symbols: Words
    timing: Words
    announced: Dates | None = None

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def in_hindsight(self) -> bool:
        """Whether nothing says when the dates became public."""
        return self.announced is None

    def up_to(self, last: np.datetime64) -> Events:
        """Return what a run that ends on a day can read: what was announced by then.

        Without announcements that is every date up to a year after it.
        """
        return self.rows(self.dates <= last + AHEAD if self.announced is None else self.announced <= last)

    def lines(self) -> Iterator[str]:
        """Yield a line of text for each event, and one for whether days were announced: what a hash is of."""
        yield "in hindsight" if self.announced is None else "announced"
        said = self.dates if self.announced is None else self.announced
        for row in zip(self.dates, self.symbols, self.timing, said, strict=True):
            yield ",".join(map(str, row))

    def rows(self, keep: Flags) -> Events:
        """Return the chosen events."""
        announced = None if self.announced is None else self.announced[keep]
        return make_events(self.name, self.dates[keep], self.symbols[keep], self.timing[keep], announced)


@dataclass(frozen=True)
class Members:
    """Who belonged to a group when.

    Parameters
    ----------
    name
        Of the group.
    symbols
        The members, shape (rows,); one that left and came back has two rows.
    since, until
        The first and the last day each belonged, shape (rows,); NaT where it always had, and where it still does.
    """

    name: str
    symbols: Words
    since: Dates
    until: Dates

    def __len__(self) -> int:
        return len(self.symbols)

    def on(self, sessions: Dates, symbols: tuple[str, ...]) -> Flags:
        """Return whether each of some symbols belonged on each session, shape (sessions, symbols)."""
        belongs = np.zeros((len(sessions), len(symbols)), np.bool_)
        for symbol, since, until in zip(self.symbols, self.since, self.until, strict=True):
            if symbol in symbols:
                within = (np.isnat(since) | (sessions >= since)) & (np.isnat(until) | (sessions <= until))
                belongs[:, symbols.index(str(symbol))] |= within
        return belongs

    def up_to(self, last: np.datetime64) -> Members:
        """Return what a run that ends on a day can read: who joined later isn't in it, nor that one left later."""
        joined = ~(self.since > last)
        left = np.where(self.until > last, np.datetime64("NaT", "D"), self.until)
        return make_members(self.name, self.symbols[joined], self.since[joined], left[joined])

    def lines(self) -> Iterator[str]:
        """Yield a line of text for each row: what a hash is of."""
        for row in zip(self.symbols, self.since, self.until, strict=True):
            yield ",".join(map(str, row))


def make_events(
    name: str,
    dates: Dates,
    symbols: Sequence[str] | Words | None = None,
    timing: Sequence[str] | Words | None = None,
    announced: Dates | None = None,
) -> Events:
    """Return events sorted by date and then by symbol, read-only; what isn't told is empty.

    Parameters
    ----------
    name, dates, symbols, timing, announced
        As in `Events`, in any order of rows. A timing in small letters counts; one that is neither ``BMO`` nor
        ``AMC`` isn't known.
    """
    nothing = [""] * len(dates)
    whose = _words(nothing if symbols is None else symbols)
    words = [str(word).upper() for word in (nothing if timing is None else timing)]
    when = _words([word if word in (BEFORE_OPEN, AFTER_CLOSE) else "" for word in words])
    order = np.lexsort((whose, dates))
    columns = [np.asarray(dates, "datetime64[D]")[order], whose[order], when[order]]
    if announced is not None:
        columns.append(np.asarray(announced, "datetime64[D]")[order])
    return Events(name, *map(read_only, columns))


def make_members(
    name: str, symbols: Sequence[str] | Words, since: Dates | None = None, until: Dates | None = None
) -> Members:
    """Return members sorted by symbol and then by first day, read-only; dates that aren't told are NaT."""
    whose = _words(symbols)
    open_ended = np.full(len(whose), np.datetime64("NaT", "D"))
    first = open_ended if since is None else np.asarray(since, "datetime64[D]")
    last = open_ended if until is None else np.asarray(until, "datetime64[D]")
    order = np.lexsort((first, whose))
    return Members(name, read_only(whose[order]), read_only(first[order]), read_only(last[order]))


def _words(words: Sequence[str] | Words) -> Words:
    return np.array(words, dtype=np.str_)
