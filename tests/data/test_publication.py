"""When values become public: dates that begin periods are known as such, and nothing else is taken for one."""

import re
from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st

from data.arrays import DAY
from data.calendar import nyse_sessions
from data.publication import RELEASE, RELEASES, begun, ended, known_early, period_known_early, published_late
from data.series import Series
from data.sources import SERIES, fred
from data.sources.csv import CsvSource

MONTHS = np.arange("2000-01", "2021-01", dtype="datetime64[M]").astype("datetime64[D]")
SESSIONS = nyse_sessions(np.datetime64("2000-01-01"), np.datetime64("2020-12-31"))
FIRST_SESSIONS = SESSIONS[np.unique(SESSIONS.astype("datetime64[M]"), return_index=True)[1]]
FIRST_WEEKDAYS = np.busday_offset(MONTHS, 0, roll="forward")
LAST_WEEKDAYS = np.busday_offset(MONTHS, -1, roll="forward")
SATURDAYS = np.arange("2000-01-01", "2021-01-01", 7, dtype="datetime64[D]")


def series(name, dates, lag=0, known=None):
    return Series(name, dates, np.ones(len(dates)), known, lag)


@settings(deadline=None)  # the first calendar takes a second
@given(first=st.integers(0, 200), size=st.sampled_from([1, 3, 6, 12]), count=st.integers(12, 30))
def test_first_days_of_periods_are_known_with_the_lag_at_which_they_are_over(first, size, count):
    months = np.datetime64("1990-01") + first + size * np.arange(count)
    dates = months.astype("datetime64[D]")
    ends = (months + size).astype("datetime64[D]") - DAY
    periods = begun(dates)
    assert periods.unit == {1: "month", 3: "quarter", 6: "half-year", 12: "year"}[size]
    np.testing.assert_array_equal(periods.ends, ends)
    sessions = nyse_sessions(dates[0], ends[-1])
    count_of = np.searchsorted(sessions, ends, side="right") - np.searchsorted(sessions, dates)
    assert ended(dates) == count_of.max() - 1
    early = known_early(series("MINE", dates))
    assert early.lag == ended(dates) + 1
    assert known_early(series("MINE", dates, early.lag)) is None
    assert known_early(series("MINE", dates, early.lag - 1)) == early


@pytest.mark.parametrize(
    "dates",
    [
        SESSIONS,
        np.arange("2000-01-01", "2005-01-01", dtype="datetime64[D]"),
        FIRST_SESSIONS,
        FIRST_WEEKDAYS,
        LAST_WEEKDAYS,
        MONTHS - DAY,
        MONTHS + 14 * DAY,
        FIRST_SESSIONS[::3],
        FIRST_SESSIONS[::12],
        SESSIONS[(SESSIONS - np.datetime64("2000-01-03")) % (7 * DAY) == 0 * DAY],
        SATURDAYS - DAY,
        MONTHS[:2],
        MONTHS[:0],
    ],
    ids=[
        "daily", "calendar days", "first sessions", "first weekdays", "last weekdays", "month ends", "mid-month",
        "quarters' first sessions", "years' first sessions", "Mondays with a session", "Fridays", "two", "none",
    ],
)  # fmt: skip
def test_other_dates_begin_no_period(dates):
    assert begun(dates) is None
    assert ended(dates) == 0
    assert known_early(series("MINE", dates)) is None


@pytest.mark.parametrize(("first", "size"), [("2020-04", 1), ("2015-04", 3), ("2013-04", 6), ("2013-07", 12)])
def test_three_first_days_tell_though_each_is_a_session(first, size):
    months = np.datetime64(first) + size * np.arange(3)
    dates = months.astype("datetime64[D]")
    assert np.isin(dates, SESSIONS).all()
    np.testing.assert_array_equal(begun(dates).ends, (months + size).astype("datetime64[D]") - DAY)


def test_weeks_that_begin_on_mondays_are_known_by_those_without_a_session():
    mondays = SATURDAYS + 2 * DAY
    assert begun(mondays).unit == "week"
    assert ended(mondays) == 4
    assert known_early(series("MINE", mondays)).lag == 5


def test_a_few_other_days_hide_no_period():
    assert begun(np.sort(np.append(MONTHS, MONTHS[::20] + 9 * DAY))).unit == "month"


@pytest.mark.parametrize(
    ("name", "dates", "lag", "why"),
    [
        ("GDP", MONTHS[::3], 85, "first days of quarters, and it is published about 30 days after the quarter (BEA"),
        ("INDPRO", MONTHS, 35, "first days of months, and it is published about 18 days after the month (Federal Res"),
        ("indpro", MONTHS, 35, "first days of months, and it is published about 18 days after the month (Federal Res"),
        ("INDPRO", MONTHS - DAY, 14, "it is published about 18 days after the period (Federal Reserve, G.17)"),
        ("INDPRO", LAST_WEEKDAYS, 14, "it is published about 18 days after the period (Federal Reserve, G.17)"),
        ("ICSA", SATURDAYS, 3, "it is published about 5 days after its date (Department of Labor, Weekly Claims)"),
        ("MINE", SATURDAYS, 5, "its dates are weekends, of whole weeks, and nothing tells when those are published"),
        ("MINE", SATURDAYS + DAY, 5, "its dates are weekends, of whole weeks"),
        ("DGS10", SESSIONS, 1, "it is published 1 session late"),
    ],
)
def test_a_known_publisher_s_delay_adds_to_the_period(name, dates, lag, why):
    early = known_early(series(name, dates))
    assert early.lag == lag
    assert why in early.why
    assert known_early(series(name, dates, lag)) is None


@pytest.mark.parametrize(("name", "dates"), [("INDPRO", MONTHS + 14 * DAY), ("ICSA", SATURDAYS + 5 * DAY)])
def test_dates_of_publication_are_left_alone(name, dates):
    assert known_early(series(name, dates)) is None


def test_a_column_known_that_repeats_the_date_is_doubted():
    assert known_early(series("GDP", MONTHS[::3], known=MONTHS[::3] + 5 * DAY)).why == (
        "its column known has days before the quarters were over"
    )
    assert known_early(series("GDP", MONTHS[::3], known=MONTHS[::3] + 120 * DAY)) is None


def test_years_without_a_calendar_do_no_harm():
    dates = np.arange("1871-01", "2021-01", dtype="datetime64[M]").astype("datetime64[D]")
    assert known_early(series("MINE", dates)).lag == 23
    assert ended(dates[:120]) == 0


def test_names_stand_once_and_beside_no_daily_one():
    names = [name for release in RELEASES for name in release.names]
    assert len(names) == len(set(names))
    assert not any(map(published_late, names))


@pytest.mark.parametrize("name", [*fred.KNOWN, "DGS20", "DGS3MO", "DTB6", "BAMLH0A0HYM2", "T10Y3M", "SOFR"])
def test_what_fred_publishes_daily_is_a_session_late(name):
    assert published_late(name) == fred.LAG == 1


@pytest.mark.parametrize("name", ["IRX", "TNX", "VIX", "VIX3M", "SOX", "SOXX_PE", "T", "DGSX", "TSM"])
def test_quotes_of_the_day_are_not(name):
    assert published_late(name) == 0


def test_the_docs_name_the_days_and_lags():
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    months = np.arange("1990-01", "2026-01", dtype="datetime64[M]").astype("datetime64[D]")
    rows = re.findall(r"^\| (`[A-Z].*) \| ([\d; ]+?)(?: days)? \| ([\d; ]+) \|$", text, re.MULTILINE)
    told = set()
    for names, days, lags in rows:
        for group, after, lag in zip(names.split("; "), days.split("; "), lags.split("; "), strict=True):
            for name in re.findall(r"`(\w+)`", group):
                release = RELEASE[name]
                dates = months[:: 3 if name.startswith("GDP") else 1]
                if release.weekday is not None:
                    dates = SATURDAYS + (release.weekday - 5) * DAY
                assert (release.days, known_early(series(name, dates)).lag) == (int(after), int(lag)), name
                told.add(release)
    assert told == set(RELEASES)


@needs_history
def test_no_real_daily_series_is_taken_for_a_period_s():
    source = CsvSource(FOLDER)
    assert [name for name in source.names(SERIES) if period_known_early(source.read(SERIES, name))] == []
