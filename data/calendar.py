"""The sessions the New York Stock Exchange held, from exchange_calendars (XNYS)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from data.arrays import Dates


def nyse_sessions(first: np.datetime64, last: np.datetime64) -> Dates:
    """Return the NYSE's sessions from `first` to `last`, both included, ``datetime64[D]``."""
    sessions = _sessions_of_decades(int(str(first)[:3]), int(str(last)[:3]))
    return sessions[np.searchsorted(sessions, first) : np.searchsorted(sessions, last, side="right")]


@lru_cache(maxsize=8)
def _sessions_of_decades(first: int, last: int) -> Dates:
    """Return the sessions of whole decades (202 is 2020 to 2029): a calendar takes a tenth of a second to build."""
    import exchange_calendars  # a tenth of a second that --help must not pay

    calendar = exchange_calendars.get_calendar("XNYS", start=f"{first}0-01-01", end=f"{last}9-12-31")
    sessions: Dates = calendar.sessions.to_numpy().astype("datetime64[D]")
    sessions.flags.writeable = False
    return sessions
