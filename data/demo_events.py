"""Schedules of the demo market, SIMULATED: meetings and releases by rule, earnings dates drawn from the fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import DAY, Dates
from data.calendar import nyse_sessions
from data.events import AFTER_CLOSE, BEFORE_OPEN, Events, make_events
from data.simulate import draws

MEETINGS = ("01-26", "03-15", "05-01", "06-12", "07-26", "09-16", "11-01", "12-11")
"""A meeting ends on the first Wednesday from each of these on."""
MEETINGS_TOLD = "08-01"
"""Day of the year before on which the year's meetings are announced."""
RELEASES_TOLD = "11-01"
"""Day of the year before on which the year's releases are announced."""
SEASON = 42
"""Days from the middle of a quarter's first month within which companies report."""
MEGACAPS = tuple(f"MEGA{number}" for number in range(1, 9))
"""Companies that only report: the market has no bars of them."""


def demo_events(chips: tuple[str, ...], first: np.datetime64, last: np.datetime64) -> tuple[Events, ...]:
    """Return the schedules between two days.

    Meetings and releases say when they were announced. Earnings dates don't: schedules in hindsight, as most are.
    """
    years = range(first.astype("datetime64[Y]").item().year, last.astype("datetime64[Y]").item().year + 1)
    sessions = nyse_sessions(first, last)
    meetings = [(f"{year}-{since}", f"{year - 1}-{MEETINGS_TOLD}") for year in years for since in MEETINGS]
    releases = [(f"{year}-{month:02d}-10", f"{year - 1}-{RELEASES_TOLD}") for year in years for month in range(1, 13)]
    return (
        _on_wednesdays("fomc_dates", meetings, first, last),
        _on_wednesdays("cpi_release_dates", releases, first, last),
        _earnings("semis_earnings_dates", chips, sessions),
        _earnings("megacap_earnings", MEGACAPS, sessions),
    )


def _on_wednesdays(name: str, told: list[tuple[str, str]], first: np.datetime64, last: np.datetime64) -> Events:
    """Return events on the first Wednesday from each of some days on, with the day each was announced."""
    since: Dates = np.array([text for text, _ in told], dtype="datetime64[D]")
    announced: Dates = np.array([text for _, text in told], dtype="datetime64[D]")
    weekday = (since.astype(np.int64) + 3) % 7  # day 0, 1970-01-01, was a Thursday; 0 is Monday
    dates: Dates = since + (2 - weekday) % 7 * DAY
    kept = (dates >= first) & (dates <= last)
    return make_events(name, dates[kept], announced=announced[kept])


def _earnings(name: str, companies: tuple[str, ...], sessions: Dates) -> Events:
    """Return each company's report a quarter: in its own part of the season, a few days sooner or later."""
    dates, symbols, timing = [], [], []
    for company in companies:
        rng = draws(f"{company} earnings")
        of_season = int(rng.integers(0, SEASON))
        when = AFTER_CLOSE if rng.random() < 0.7 else BEFORE_OPEN
        for quarter in _quarters(sessions):
            wanted = quarter + (14 + of_season + int(rng.integers(-3, 4))) * DAY
            row = int(np.searchsorted(sessions, wanted))
            if row < len(sessions) and wanted >= sessions[0]:
                dates.append(sessions[row])
                symbols.append(company)
                timing.append(when)
    return make_events(name, np.array(dates), symbols, timing)


def _quarters(sessions: Dates) -> Iterator[np.datetime64]:
    months = np.unique(sessions.astype("datetime64[M]"))
    for month in months[months.astype(np.int64) % 3 == 0]:  # month 0 is January 1970
        yield month.astype("datetime64[D]")
