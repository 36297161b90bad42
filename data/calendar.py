"""The sessions the New York Stock Exchange held, from exchange_calendars (XNYS)."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version

import numpy as np

from data.arrays import Dates, Ints, day, read_only
from data.cache import user_cache
from data.errors import DataError

FIRST, LAST = day("1900-01-01"), day("2199-12-31")
"""Days between which there is a calendar."""

ERAS = (1900, 1990)
"""Calendars begin in one of these years: to build one takes a third of a second, so few serve all."""

DAYS = np.dtype("<M8[D]")
"""As sessions are kept."""

SESSIONS_A_YEAR = 252
"""A year is so many sessions of the exchange."""


def nyse_sessions(first: np.datetime64, last: np.datetime64) -> Dates:
    """Return the NYSE's sessions from `first` to `last`, both included: none where `last` is before `first`.

    Raises
    ------
    DataError
        No calendar reaches that far.
    """
    if last < first:
        return np.array([], dtype="datetime64[D]")
    if first < FIRST or last > LAST:
        raise DataError(f"there is no calendar from {first} to {last}: dates lie between {FIRST} and {LAST}")
    year = first.astype("datetime64[Y]").item().year
    decade = last.astype("datetime64[Y]").item().year // 10 * 10 + 9
    sessions = _sessions(ERAS[0] if year < ERAS[1] else ERAS[1], decade)
    return sessions[np.searchsorted(sessions, first) : np.searchsorted(sessions, last, side="right")]


def session_numbers(sessions: Dates) -> Ints:
    """Return the place of each session among the exchange's, counted from the first of them, which is 0.

    Where none is missing these are 0, 1, 2 and so on. Shape (sessions,).
    """
    return np.searchsorted(nyse_sessions(sessions[0], sessions[-1]), sessions)


def sessions_a_year(sessions: Dates) -> float:
    """Return how many of these sessions make a year: 252, less where the exchange held some that are not among them.

    A year is 252 sessions of the exchange, whether or not there is a bar. Every yearly figure is by this number: n
    returns are ``n / sessions_a_year`` years, a mean a session times it is one a year, and a standard deviation a
    session times its root. A return over a hole counts once, in a span that counts whole.

    Parameters
    ----------
    sessions
        Sessions of the exchange that have a close, increasing, shape (n + 1,) for n returns.
    """
    held = int(session_numbers(sessions)[-1])
    return SESSIONS_A_YEAR * (len(sessions) - 1) / held if held else float(SESSIONS_A_YEAR)


@lru_cache(maxsize=8)
def _sessions(first_year: int, last_year: int) -> Dates:
    """Return the sessions of whole years, from the user's cache if they were built before."""
    name = f"nyse-{version('exchange_calendars')}-{first_year}-{last_year}"
    kept = user_cache().read(name)
    if kept is None:
        sessions = _build(first_year, last_year)
        user_cache().keep(name, sessions.tobytes())
    else:
        sessions = np.frombuffer(kept, DAYS)
    return read_only(sessions)


def _build(first_year: int, last_year: int) -> Dates:
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    sessions: Dates = calendar.sessions.to_numpy().astype(DAYS)
    return sessions
