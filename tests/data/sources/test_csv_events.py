"""Files of events and members: the layouts that are read, and one line for every fault."""

from __future__ import annotations

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import days

from data.arrays import day
from data.errors import DataError
from data.sources import EVENTS, MEMBERS
from data.sources.csv import CsvSource


def folder(tmp_path, text, kind="events", name="fomc_dates"):
    """Make a folder with one file."""
    (tmp_path / "bars").mkdir()
    (tmp_path / kind).mkdir()
    (tmp_path / kind / f"{name}.csv").write_text(text)
    return CsvSource(tmp_path)


def said_by(function, *given):
    with pytest.raises(DataError) as caught:
        function(*given)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.parametrize("title", ["date", "release_date", "report_date", "Report_Date"])
def test_a_date_is_all_that_is_needed(tmp_path, title):
    source = folder(tmp_path, f"{title}\n2024-03-20\n2024-01-31\n\n")
    events = source.read(EVENTS, "fomc_dates")

    assert (source.names(EVENTS), source.names(MEMBERS)) == (("fomc_dates",), ())
    np.testing.assert_array_equal(events.dates, days("2024-01-31", "2024-03-20"))
    assert (events.name, events.symbols.tolist(), events.announced) == ("fomc_dates", ["", ""], None)


def test_whose_it_is_and_when_on_its_day_and_since_when_it_was_known(tmp_path):
    text = "ticker,announced,date,timing,note\nNA,2024-01-02,2024-01-31,amc,x\nON,2024-01-31,2024-01-31,,\n"
    events = folder(tmp_path, text).read(EVENTS, "fomc_dates")

    assert events.symbols.tolist() == ["NA", "ON"], "NA is a symbol, not a number that is missing"
    assert events.timing.tolist() == ["AMC", ""]
    np.testing.assert_array_equal(events.announced, days("2024-01-02", "2024-01-31"))


BEFORE = "a date is announced before its day, or on it where nobody knew of it"
PUBLIC = "write it as YYYY-MM-DD: the day on which the date became public"
MAY = "date (or release_date, report_date) and perhaps symbol (or ticker), timing, announced"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("day\n2024-01-31\n", f"1: column date is missing: the header needs {MAY}"),
        ("date,report_date\n2024-01-31,2024-02-21\n", "1: date and report_date are one column twice: take one out"),
        ("date\n", "2: has no rows: add history, oldest first"),
        ("", "1: is empty: the first line is the header"),
        ("date\n2024-01-31\n31.01.2024\n", "3: date is missing or unreadable: write it as YYYY-MM-DD"),
        ("date\n2024-01-31\n2024-01-31\n", "3: 2024-01-31: date stands twice: keep one row a date"),
        (
            "date,symbol\n2024-01-31,AMD\n2024-01-31,TXN\n2024-01-31,AMD\n",
            "4: 2024-01-31: date and symbol stand twice: keep one row for both",
        ),
        (
            "date,announced\n2024-01-31,2024-02-01\n",
            f"2: 2024-01-31: announced is after date: {BEFORE}",
        ),
        (
            "date,announced\n2024-01-31,\n",
            f"2: 2024-01-31: announced is missing or unreadable: {PUBLIC}",
        ),
    ],
)
def test_a_fault_is_told_in_one_line(tmp_path, text, fault):
    assert said_by(folder(tmp_path, text).read, EVENTS, "fomc_dates") == f"events/fomc_dates.csv:{fault}"


def test_a_wrong_name_is_told_with_the_near_one_and_what_the_file_needs(tmp_path):
    source = folder(tmp_path, "date\n2024-01-31\n")
    assert said_by(source.read, EVENTS, "fomc_date") == (
        f"{tmp_path}/events/fomc_date.csv: no such file, did you mean fomc_dates?: add it with the columns {MAY}, "
        "or choose another folder with --data"
    )
    assert said_by(source.read, MEMBERS, "chips") == (
        f"{tmp_path}/members/chips.csv: no such file: add it with the columns symbol (or ticker) and perhaps from, "
        "to, or choose another folder with --data"
    )


def test_all_faults_are_told_and_the_other_rows_read(tmp_path):
    text = "date,announced\n2024-01-31,2024-02-01\nsoon,2024-01-01\n2024-03-20,2024-03-01\n"
    faults, events = folder(tmp_path, text).examine(EVENTS, "fomc_dates")
    assert [fault.key for fault in faults] == ["announced-late", "undated"]
    assert events is not None
    np.testing.assert_array_equal(events.dates, days("2024-03-20"))


# Members


def test_members_may_have_dates_or_none(tmp_path):
    source = folder(tmp_path, "symbol,from,to\nNVDA,,\nWOLF,2010-01-04,2022-05-02\n", "members", "chips")
    members = source.read(MEMBERS, "chips")
    assert (source.names(MEMBERS), members.symbols.tolist()) == (("chips",), ["NVDA", "WOLF"])
    assert members.on(days("2010-01-01", "2022-05-02", "2022-05-03"), ("NVDA", "WOLF")).tolist() == [
        [True, False],
        [True, True],
        [True, False],
    ]


def test_members_alone_always_belonged(tmp_path):
    members = folder(tmp_path, "symbol\nNVDA\nAMD\n", "members", "chips").read(MEMBERS, "chips")
    assert members.on(days("1990-01-02"), ("AMD", "NVDA")).all()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name\nNVDA\n", "1: column symbol is missing: the header needs symbol (or ticker) and perhaps from, to"),
        ("symbol,from\n,2010-01-04\n", "2: symbol is missing: fill it in, or delete the row"),
        ("symbol,from\nAMD,early\n", "2: from or to is no date: write it as YYYY-MM-DD, or leave it empty"),
        ("symbol,from,to\nAMD,2010-01-04,2009-01-05\n", "2: to is before from: correct one of them"),
        ("symbol,from\nAMD,2010-01-04\nAMD,2010-01-04\n", "3: symbol and from stand twice: keep one row"),
        ("symbol\nAMD\nAMD\n", "3: symbol stands twice: keep one row"),
    ],
)
def test_a_fault_of_members_is_told_in_one_line(tmp_path, text, fault):
    source = folder(tmp_path, text, "members", "chips")
    assert said_by(source.read, MEMBERS, "chips") == f"members/chips.csv:{fault}"
    assert source.examine(MEMBERS, "chips")[0]


@needs_history
def test_real_schedules_are_read():
    source = CsvSource(FOLDER)
    held = {name: source.read(EVENTS, name) for name in source.names(EVENTS)}
    assert {name: len(events) for name, events in held.items()} == {
        "cpi_release_dates": 138,
        "fomc_dates": 223,
        "megacap_earnings": 807,
        "semis_earnings_dates": 1996,
    }
    assert held["fomc_dates"].dates[-1] == day("2026-12-09")
    assert (held["megacap_earnings"].timing == "AMC").sum() == 661
    assert len(np.unique(held["semis_earnings_dates"].symbols)) == 18
