"""Importing schedules and groups: by which layout they are recognised, what is said of them, and their faults."""

from __future__ import annotations

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import days

from data.importing import import_files
from data.sources import EVENTS, MEMBERS
from data.sources.csv import CsvSource
from data.store import Store

FORM = "write it as YYYY-MM-DD, or give its form, such as --dates %m/%d/%y"
HINDSIGHT = "No column announced says when each date became public: a schedule in hindsight."


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def take(tmp_path, store):
    """Import one file of these lines; return what became of it."""

    def taken(*lines, file="fomc_dates.csv", **options):
        path = tmp_path / "mine" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        (done,) = import_files(store, path, **options)
        return done

    return taken


@pytest.mark.parametrize("title", ["date", "Date", "release_date", "Report Date"])
def test_a_file_of_dates_alone_is_a_schedule(take, store, title):
    done = take(title, "2024-03-20", "2024-01-31")
    assert (done.error, done.kind, done.name, done.rows) == ("", "events", "fomc_dates", 2)
    assert (done.first, done.last) == ("2024-01-31", "2024-03-20")
    assert done.notes == ("The newest row came first: turned round.", HINDSIGHT)
    np.testing.assert_array_equal(store.read(EVENTS, "fomc_dates").dates, days("2024-01-31", "2024-03-20"))


def test_dates_may_be_written_as_people_write_them(take, store):
    done = take("Date,Ticker,Timing,Announced", "1/31/2024,AMD,amc,1/2/2024", "2/21/2024,NVDA,DMH,1/31/2024")
    events = store.read(EVENTS, "fomc_dates")
    assert done.notes == (
        "Dates are read as month/day/year: 1/31/2024 can be nothing else.",
        "Timing is neither BMO nor AMC in 1 row (DMH), and unknown there.",
    )
    assert list(events.lines()) == ["announced", "2024-01-31,AMD,AMC,2024-01-02", "2024-02-21,NVDA,,2024-01-31"]


def test_a_folder_or_a_date_so_titled_tells_what_further_columns_can_t(take):
    rows = ("2024-01-31,AMD,0.77", "2024-02-21,NVDA,5.16")
    passed = ("Columns passed over: eps.", HINDSIGHT)
    assert take("report_date,symbol,eps", *rows).notes == passed
    assert take("date,symbol,eps", *rows, file="events/semis.csv").notes == passed
    assert take("date,symbol,eps", *rows).error.startswith("fomc_dates.csv:1: column open is missing")


def test_series_and_prices_stay_what_they_are(take):
    assert take("date,value", "2024-01-31,1").kind == "series"
    assert take("date,pe", "2024-01-31,1").kind == "series"
    assert take("date,open,high,low,close,symbol", "2024-01-31,1,1,1,1,AMD").kind == "bars"
    assert take("release_date,value", "2024-01-31,1").kind == "series"


def test_a_lag_is_for_series(take):
    told = "A lag is for series: a schedule's column announced says when it was known."
    assert told in take("date", "2024-01-31", lag=1).notes


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (("date", "2024-01-31", "2024-01-31"), "3: 2024-01-31: the date stands twice (in line 2 too): keep one row"),
        (
            ("date,symbol", "2024-01-31,AMD", "2024-01-31,TXN", "2024-01-31,AMD"),
            "4: 2024-01-31: the date stands twice for AMD (in line 2 too): keep one row",
        ),
        (
            ("date,announced", "2024-01-31,2024-02-01"),
            "2: 2024-01-31: announced is 2024-02-01, after the date itself: correct one of them",
        ),
        (
            ("date,announced", "2024-01-31,"),
            f"2: announced is '', not a date: {FORM}",
        ),
        (("date,symbol,ticker", "2024-01-31,A,B"), "1: symbol and ticker are one column twice: take one out"),
        (
            ("date", "soon"),
            f"2: date is 'soon', not a date: {FORM}",
        ),
    ],
)
def test_a_fault_is_told_and_nothing_kept(take, store, lines, fault):
    assert take(*lines).error == f"fomc_dates.csv:{fault}"
    assert store.listing() == ()


# Members


@pytest.mark.parametrize("lines", [("symbol",), ("Ticker",), ("symbol,from,to",), ("ticker,to",)])
def test_symbols_without_a_date_are_members(take, store, lines):
    commas = "," * lines[0].count(",")
    done = take(*lines, f"NVDA{commas}", f"AMD{commas}", file="chips.csv")
    assert (done.error, done.kind, done.rows, done.first, done.last) == ("", "members", 2, "", "")
    assert store.read(MEMBERS, "chips").symbols.tolist() == ["AMD", "NVDA"]


def test_members_may_have_dates(take, store):
    done = take("symbol,from,to", "WOLF,2010-01-04,2022-05-02", "AMD,,", file="x.csv", name="chips")
    assert (done.name, done.first, done.last) == ("chips", "2010-01-04", "2022-05-02")
    assert list(store.read(MEMBERS, "chips").lines()) == ["AMD,NaT,NaT", "WOLF,2010-01-04,2022-05-02"]


def test_a_fault_of_members_is_told(take):
    assert take("symbol,from", "AMD,soon", file="chips.csv").error == (
        "chips.csv:2: from or to is no date: write it as YYYY-MM-DD, or leave it empty"
    )


@needs_history
def test_real_schedules_come_out_of_the_store_as_out_of_the_folder(store):
    done = import_files(store, FOLDER / "events")
    source = CsvSource(FOLDER)
    assert [each.name for each in done if not each.error] == list(source.names(EVENTS))
    for name in source.names(EVENTS):
        assert list(store.read(EVENTS, name).lines()) == list(source.read(EVENTS, name).lines())
