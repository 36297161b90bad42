"""When a series' values become public: the periods that its dates stand for, and how late its publisher is."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from data.arrays import DAY, Dates, day
from data.calendar import FIRST, LAST, nyse_sessions
from data.series import Series
from data.stamps import MONDAY, SATURDAY, SUNDAY, weekdays

LATE = (
    "DFF", "DFII10", "DGS1", "DGS10", "DGS1MO", "DGS2", "DGS20", "DGS3", "DGS30", "DGS3MO", "DGS5", "DGS6MO", "DGS7",
    "DTB3", "DTB6", "T10Y2Y", "T10Y3M", "T10YIE", "VIXCLS",
)  # fmt: skip
"""Daily series of FRED that people use. It publishes a day's value on the next day."""
LATE_TOO = re.compile(r"DGS\d+(MO)?|DTB\d+|DFII\d+|T\d+Y\w+|BAML\w+|SOFR|EFFR|OBFR")
"""Further series that are published on the next day: Treasury yields, credit spreads, overnight rates."""
NEARLY = 0.9
"""The part of a series' dates that tells what they stand for."""
FEWEST = 3
"""Dates from which on they tell."""
RECENT = day("1990-01-01")
"""Sessions are counted from the dates since then, where there are any: until 1952 the NYSE held some on Saturdays."""
RIGHT_AS_KNOWN = "correct them, or leave them if each value was set on its day, as a rate is"
"""The remedy where a column known has such days."""
UNITS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
WEEK = 7


class Release(NamedTuple):
    """How late a publisher is.

    Parameters
    ----------
    days
        From a period's last day to the usual publication, on the later side.
    by
        Who publishes it, in what.
    names
        FRED's names of series.
    weekday
        Of weekly series, the day of the week that FRED dates them by.
    """

    days: int
    by: str
    names: tuple[str, ...]
    weekday: int | None = None


RELEASES = (
    Release(30, "BEA, GDP, advance estimate", ("GDP", "GDPC1", "GDPDEF", "A191RL1Q225SBEA", "PCECC96", "GPDI")),
    Release(31, "BEA, Personal Income and Outlays", ("PCE", "PCEC96", "PCEPI", "PCEPILFE", "PI", "DSPIC96", "PSAVERT")),
    Release(20, "BLS, Consumer Price Index", ("CPIAUCSL", "CPIAUCNS", "CPILFESL", "CPILFENS")),
    Release(17, "BLS, Producer Price Index", ("PPIACO", "PPIFIS", "PPIFGS")),
    Release(
        10,
        "BLS, Employment Situation",
        ("UNRATE", "U6RATE", "PAYEMS", "CIVPART", "EMRATIO", "AHETPI", "CES0500000003", "MANEMP"),
    ),
    Release(42, "BLS, Job Openings and Labor Turnover", ("JTSJOL", "JTSJOR", "JTSQUR", "JTSHIR")),
    Release(18, "Federal Reserve, G.17", ("INDPRO", "IPMAN", "TCU", "CUMFNS", "CAPUTLG3344S", "IPG3344S")),
    Release(
        3,
        "Federal Reserve, H.15",
        ("FEDFUNDS", "TB3MS", "TB6MS", "GS1", "GS2", "GS3", "GS5", "GS7", "GS10", "GS20", "GS30", "GS3M", "GS6M"),
    ),
    Release(28, "Federal Reserve, H.6", ("M1SL", "M2SL", "M1NS", "M2NS", "M2REAL")),
    Release(17, "Census, Advance Retail Sales", ("RSAFS", "RSXFS", "RRSFS")),
    Release(20, "Census, New Residential Construction", ("HOUST", "HOUST1F", "PERMIT")),
    Release(36, "Census, Manufacturers' Shipments, Inventories and Orders", ("DGORDER", "NEWORDER", "AMTMNO")),
    Release(61, "S&P, Case-Shiller", ("CSUSHPISA", "CSUSHPINSA", "SPCS20RSA")),
    Release(5, "Department of Labor, Weekly Claims", ("ICSA", "ICNSA", "IC4WSA"), SATURDAY),
    Release(12, "Department of Labor, Weekly Claims", ("CCSA", "CCNSA", "CC4WSA"), SATURDAY),
    Release(5, "Chicago Fed, NFCI", ("NFCI", "ANFCI", "NFCILEVERAGE", "NFCICREDIT", "NFCIRISK"), weekday=4),
    Release(2, "Federal Reserve, H.4.1, after Thursday's close", ("WALCL", "WRESBAL", "TREAST", "WTREGEN"), weekday=2),
)
"""Series that are no daily ones, by the calendars of their publishers. CPI's days are those from 2015 to 2025, of which
135 of 138 were at most 20 after the month; the others stand as the agencies usually keep them, to a few days."""
RELEASE = {name: release for release in RELEASES for name in release.names}


class Periods(NamedTuple):
    """What a series' dates stand for: such as ``quarter``, and the last day of each."""

    unit: str
    ends: Dates


class Early(NamedTuple):
    """Why a series counts as known too early, and the lag in sessions that it needs; 0 where no lag is its remedy."""

    why: str
    lag: int


def published_late(name: str) -> int:
    """Return by how many sessions a daily series is published late by its nature; 0 where none is known of.

    FRED's daily series tell of a day on the next: to read one at the close of its own date is to look ahead.
    """
    return 1 if name in LATE or LATE_TOO.fullmatch(name) else 0


def begun(dates: Dates) -> Periods | None:
    """Return the periods that dates are the first days of; ``None`` where they aren't.

    They are where nearly all are the first of a month, which first *sessions* aren't but by chance, in a few rows, or
    where nearly all are Mondays a week apart, some of them without a session.

    Parameters
    ----------
    dates
        In any order, NaT and repetitions passed over.
    """
    days = _in_order(dates)
    if len(days) < FEWEST:
        return None
    months = days.astype("datetime64[M]")
    first = months.astype("datetime64[D]") == days
    if first.mean() >= NEARLY:
        size = int(np.median(np.diff(months[first].astype(int))))
        return Periods(UNITS.get(size, "period"), _month_ends(days, size))
    if _weekly(days, MONDAY) and not np.isin(days, _sessions(days, days)).all():
        return Periods("week", days + (WEEK - 1) * DAY)
    return None


def ended(dates: Dates) -> int:
    """Return the lag at which no value counts as known before the last close of the period that its date begins."""
    periods = begun(dates)
    return 0 if periods is None else _lag(_in_order(dates), periods.ends, inside=True)


def known_early(series: Series) -> Early | None:
    """Return why a series counts as known before it can have been public; ``None`` where nothing tells."""
    late = published_late(series.name)
    daily = Early(f"it is published {late} session late", late)
    return period_known_early(series) or (daily if series.known is None and series.lag < late else None)


def period_known_early(series: Series) -> Early | None:
    """Return why a series of weeks, months or longer counts as known too early; ``None`` where nothing tells."""
    days = _in_order(series.dates)
    periods = begun(days)
    if series.known is None:
        early = _of_ends(series.name, days) if periods is None else _of_periods(series.name, days, periods)
        return early if early is not None and series.lag < early.lag else None
    if periods is None or (series.known <= periods.ends[np.searchsorted(days, series.dates)]).mean() < NEARLY:
        return None
    return Early(f"its column known has days before the {periods.unit}s were over", 0)


def _of_periods(name: str, days: Dates, periods: Periods) -> Early:
    release, what = RELEASE.get(name.upper()), f"its dates are the first days of {periods.unit}s"
    if release is None or release.weekday is not None:
        return Early(f"{what}, and it is published some time after they are over", _lag(days, periods.ends + DAY))
    after = f"it is published about {release.days} days after the {periods.unit} ({release.by})"
    return Early(f"{what}, and {after}", _lag(days, periods.ends + release.days * DAY))


def _of_ends(name: str, days: Dates) -> Early | None:
    """Return what tells of a series whose dates are the last days of periods, or may be."""
    release = RELEASE.get(name.upper())
    if release is not None and _on_its_days(days, release):
        ends, of = (_month_ends(days), "the period") if release.weekday is None else (days, "its date")
        after = f"it is published about {release.days} days after {of} ({release.by})"
        return Early(after, _lag(days, ends + release.days * DAY))
    if _weekly(days, SATURDAY) or _weekly(days, SUNDAY):
        what = "its dates are weekends, of whole weeks, and nothing tells when those are published"
        return Early(what, _lag(days, days + WEEK * DAY))
    return None


def _on_its_days(days: Dates, release: Release) -> bool:
    """Return whether a release's series has the dates of its periods' ends, and not those of its publication."""
    if release.weekday is not None:
        return _weekly(days, release.weekday)
    return bool(len(days)) and bool((_month_ends(days) - days < 4 * DAY).mean() >= NEARLY)


def _in_order(dates: Dates) -> Dates:
    """Return dates in order, each once, without NaT: what ``np.unique`` gives, many times as fast of what is sorted."""
    days = np.sort(dates[~np.isnat(dates)])
    another = np.ones(len(days), np.bool_)
    another[1:] = days[1:] != days[:-1]
    return days[another]


def _month_ends(days: Dates, size: int = 1) -> Dates:
    """Return the last day of each day's month, or of as many months that begin with it."""
    after: Dates = (days.astype("datetime64[M]") + size).astype("datetime64[D]")
    return after - DAY


def _weekly(days: Dates, weekday: int) -> bool:
    """Return whether nearly all days are of one day of the week, and a week apart."""
    if len(days) < FEWEST or np.median(np.diff(days).astype(int)) != WEEK:
        return False
    return bool((weekdays(days) == weekday).mean() >= NEARLY)


def _sessions(first: Dates, last: Dates) -> Dates:
    return nyse_sessions(max(first[0], FIRST), min(last[-1] + WEEK * DAY, LAST))


def _lag(days: Dates, public: Dates, *, inside: bool = False) -> int:
    """Return the most sessions from a day to the one on which its value is public, or to the last before, `inside`."""
    recent = days >= min(RECENT, days[-1])
    days, public = days[recent], public[recent]
    sessions = _sessions(days, public)
    there = np.searchsorted(sessions, public, side="right") - 1 if inside else np.searchsorted(sessions, public)
    return max(0, int(np.max(there - np.searchsorted(sessions, days))))
