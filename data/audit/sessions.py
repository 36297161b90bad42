"""Checks of dates: sessions missing or extra against the NYSE, history that ends before the others'."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import DAY, Dates
from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.audit.history import History, identity
from data.audit.words import counted, listed, sessions
from data.calendar import nyse_sessions

SPARSE = 0.5
"""Part of the NYSE's sessions below which bars aren't daily."""
LATE = 5
"""Sessions by which a history may end before the newest."""


def missing(history: History) -> Iterator[Finding]:
    """Find sessions of the NYSE without a bar, inside the instrument's own span."""
    dates = history.dates
    held = nyse_sessions(max(dates[0], history.since), dates[-1]) if dates[-1] >= history.since else dates[:0]
    gone = held[~np.isin(held, dates) & ~np.isin(held, history.unread)]
    if not len(gone):
        return
    daily = len(gone) < SPARSE * len(held)
    says = f"{sessions(len(gone))} of the NYSE {'is' if len(gone) == 1 else 'are'} missing: {listed(gone)}"
    cure = "pull or import it again; a run leaves such sessions out"
    if not daily:
        says, cure = f"isn't daily: {len(held) - len(gone):,} bars in {sessions(len(held))}", "get daily history"
    severity = WARNING if daily else ERROR
    yield Finding(identity(history.name, "missing"), severity, history.name, "missing", gone, says, cure)


def extra(history: History) -> tuple[list[Finding], History]:
    """Find bars on days on which the NYSE held no session, and return the history without them, as a run reads it."""
    dates = history.dates
    held = np.isin(dates, nyse_sessions(dates[0], dates[-1]))
    if held.all():
        return [], history
    more, found = ~held & history.told, []
    if more.any():
        says = f"{counted(more.sum(), 'bar')} on days without a session: {listed(dates[more])}"
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
        says = f"ends {dates[-1]}, {sessions(lag)} before the newest history"
        yield Finding(identity(name, "ends"), INFO, name, "ends", dates[-1:], says, "pull or import it again")
