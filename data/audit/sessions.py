"""Checks of dates: sessions missing or extra against the NYSE, history that ends before the others'."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import DAY, Dates, Flags
from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.audit.history import History, identity
from data.audit.robust import stretches
from data.calendar import nyse_sessions
from data.format import counted, first_dates, rough

HOLE, SHARE = 10, 0.02
"""Sessions in a row, and part of all, from which on missing ones are no slip of a vendor's: figures would be wrong."""
LATE = 5
"""Sessions by which a history may end before the newest."""
AGAIN = "pull or import it again"


def missing(history: History) -> Iterator[Finding]:
    """Find sessions of the NYSE without a bar, inside the instrument's own span."""
    dates = history.dates
    held = nyse_sessions(max(dates[0], history.since), dates[-1]) if dates[-1] >= history.since else dates[:0]
    seen = np.isin(held, dates)
    if seen.sum() > 2 and np.median(np.diff(np.flatnonzero(seen))) > 1:
        says = f"isn't daily: {seen.sum():,} bars in {counted(len(held), 'session')}"
        gone, cure = held[~seen], "get daily history"
        yield Finding(identity(history.name, "missing"), ERROR, history.name, "missing", gone, says, cure)
        return
    yield from holes(history.name, held, ~seen & ~np.isin(held, history.unread))


def holes(name: str, held: Dates, gone: Flags) -> Iterator[Finding]:
    """Find what is missing of a span: each stretch of `HOLE` sessions or more, and then all others together.

    Parameters
    ----------
    name
        Of the instrument.
    held
        The exchange's sessions, shape (n,).
    gone
        Those without a bar, shape (n,). One in fifty, `SHARE`, is an error too.
    """
    gone = gone.copy()
    for start, stop in stretches(gone):
        if stop - start >= HOLE:
            days = held[start:stop]
            says = f"no bar from {days[0]} to {days[-1]}, {counted(len(days), 'session')} of the NYSE in a row"
            yield Finding(identity(name, "hole", days[0]), ERROR, name, "hole", days, says, AGAIN)
            gone[start:stop] = False
    if gone.any():
        days, part = held[gone], gone.sum() / len(held)
        missing = f"{'is' if len(days) == 1 else 'are'} missing: {first_dates(days)}"
        says = f"{counted(len(days), 'session')} of the NYSE {missing}"
        severity, cure = WARNING, f"{AGAIN}; a run leaves such sessions out"
        if part > SHARE:
            severity, cure = ERROR, AGAIN
            says += f", the last {days[-1]}, {rough(part)} of all"
        yield Finding(identity(name, "missing"), severity, name, "missing", days, says, cure)


def extra(history: History) -> tuple[list[Finding], History]:
    """Find bars on days on which the NYSE held no session, and return the history without them, as a run reads it."""
    dates = history.dates
    held = np.isin(dates, nyse_sessions(dates[0], dates[-1]))
    if held.all():
        return [], history
    more, found = ~held & history.told, []
    if more.any():
        says = f"{counted(more.sum(), 'bar')} on days without a session: {first_dates(dates[more])}"
        found = [history.finding("extra", WARNING, more, says, "delete the rows; a run leaves them out")]
    return found, history.on(dates[held])


def ends(name: str, dates: Dates, newest: np.datetime64, every: int = 1) -> Iterator[Finding]:
    """Find a history that ends before the newest one.

    Parameters
    ----------
    name, dates
        Of an instrument or a series.
    newest
        The last date of what it is compared with.
    every
        Sessions from one value to the next, where values aren't daily.
    """
    lag = len(nyse_sessions(dates[-1] + DAY, newest)) if newest > dates[-1] else 0
    if lag > max(LATE, 2 * every):
        says = f"ends {dates[-1]}, {counted(lag, 'session')} before the newest history"
        yield Finding(identity(name, "ends"), INFO, name, "ends", dates[-1:], says, "pull or import it again")
