"""Signals of the calendar: what is scheduled, and how near it is.

A schedule with `announced` dates is read as it was public at each close. One without is read in hindsight: as if every
date had always been known.
"""

from __future__ import annotations

import numpy as np

from data.arrays import DAY, Dates, Floats, Ints
from data.events import AFTER_CLOSE, Events
from strategies.signals.feeds import Count, Schedule, Sessions

Symbols = str | tuple[str, ...] | None
"""Whose events count: one's, several's, or everybody's."""
AHEAD = 92 * DAY
"""How long before its first date a schedule read in hindsight speaks: a quarter, as meetings and earnings recur. Before
that the file has begun too late, and its first date isn't the next event."""


def days_to_event(sessions: Sessions, schedule: Schedule, symbols: Symbols = None) -> Floats:
    """Calendar days from this close to the next event, 0 on its day.

    The event may fall on a day without a session. With `announced` dates, the next of those that were public by this
    close. NaN where none is known: after the last date, and, in hindsight, more than a quarter before the first.

    Parameters
    ----------
    sessions
        Shape (sessions,).
    schedule
        Meetings, releases, earnings.
    symbols
        Whose events count, such as ``[NVDA, AVGO]``; everybody's where nothing is said.

    Notes
    -----
    Lucca and Moench, "The Pre-FOMC Announcement Drift" (2015), on what markets do ahead of a date.

    Unit: days
    """
    return (_coming(sessions, _of(schedule, symbols)) - sessions) / DAY


def share_to_report(sessions: Sessions, schedule: Schedule, symbols: Symbols = None, min_reports: Count = 3) -> Floats:
    """The share of this quarter's earnings reports that are still to come at this close.

    Reports whose date lies in this calendar quarter, less those that are out, over all of them: 1 before the first, 0
    when the season is over. A report after the close (AMC) is out at the next day's close, any other at its own day's.
    A company with two dates in a quarter counts twice. With `announced` dates, both counts are of the reports whose
    date was public by this close, so that the share may rise while dates are being set. NaN where a quarter has fewer
    than `min_reports` of them.

    Parameters
    ----------
    sessions
        Shape (sessions,).
    schedule
        Earnings dates.
    symbols
        Whose reports count, such as ``[NVDA, AVGO]``; everybody's where nothing is said.
    min_reports
        Reports in a quarter below which the share isn't told.

    Notes
    -----
    Frazzini and Lamont, "The Earnings Announcement Premium and Trading Volume" (2007), on the season's effect.

    Unit: fraction
    """
    events = _of(schedule, symbols)
    begin, end = _quarter_rows(sessions, events.dates)
    out = np.where(events.timing == AFTER_CLOSE, events.dates + DAY, events.dates)
    reported = np.maximum(np.searchsorted(sessions, out), begin)
    public = begin
    if events.announced is not None:  # what has come to pass is public, whatever a file says
        public = np.maximum(np.searchsorted(sessions, np.fmin(events.announced, out)), begin)
    known, done = _standing(public, end, len(sessions)), _standing(reported, end, len(sessions))
    return (known - done) / np.where(known >= min_reports, known, np.nan)


def _of(schedule: Events, symbols: Symbols) -> Events:
    own = symbols if symbols is None else np.isin(schedule.symbols, np.array([symbols], np.str_).ravel())
    return schedule if own is None else schedule.rows(own)


def _coming(sessions: Dates, events: Events) -> Dates:
    """Return the date of the next event that is known at each close, NaT where none is."""
    never = np.datetime64("NaT", "D")
    if events.announced is None:
        coming = np.append(events.dates, never)[np.searchsorted(events.dates, sessions)]
        return np.where(sessions < events.dates[:1] - AHEAD, never, coming) if len(events.dates) else coming
    coming = np.full(len(sessions), never)
    begin = np.searchsorted(sessions, events.announced)
    end = np.searchsorted(sessions, events.dates, side="right")
    for row in range(len(events.dates))[::-1]:  # so that of several it is the earliest that stays
        coming[begin[row] : end[row]] = events.dates[row]
    return coming


def _quarter_rows(sessions: Dates, dates: Dates) -> tuple[Ints, Ints]:
    """Return the first session of each date's calendar quarter, and the first one after it."""
    quarter = dates.astype("datetime64[M]").astype(np.int64) // 3

    def first(number: Ints) -> Ints:
        return np.searchsorted(sessions, (3 * number).astype("datetime64[M]").astype("datetime64[D]"))

    return first(quarter), first(quarter + 1)


def _standing(begin: Ints, end: Ints, sessions: int) -> Floats:
    """Return how many of the spans [begin, end) each session lies in."""
    steps = np.zeros(sessions + 1, np.int64)
    np.add.at(steps, begin, 1)
    np.subtract.at(steps, end, 1)
    return np.cumsum(steps)[:-1].astype(np.float64)
