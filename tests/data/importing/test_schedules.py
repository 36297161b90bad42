"""Schedules in the forms of the agencies' own pages and of vendors' calendars, as docs/data.md shows them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from command import command
from hypothesis import given
from hypothesis import strategies as st

from data.importing import Imported, import_files
from data.importing.notation import NAMES, spelled
from data.sources import EVENTS
from data.store import Store

HINDSIGHT = "No column announced says when each date became public: a schedule in hindsight."
Take = Callable[..., tuple[Imported, list[str]]]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Import one file of these lines; return what became of it, and its events as lines."""

    def taken(*lines: str, file: str = "fomc_dates.csv", name: str | None = None) -> tuple[Imported, list[str]]:
        path, store = tmp_path / file, Store(tmp_path / "store")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (done,) = import_files(store, path, name)
        assert done.error or done.kind == "events"
        return done, [] if done.error else list(store.read(EVENTS, done.name).lines())[1:]

    return taken


# The Federal Reserve's meetings


def test_meetings_as_the_federal_reserve_writes_them(take: Take) -> None:
    done, events = take(
        "date,announced",
        '"January 30-31, 2024",2022-08-12',
        '"March 19-20*, 2024",2022-08-12',
        '"April 30-May 1, 2024",2022-08-12',
        '"Apr/May 30-1, 2019",2018-06-22',
        '"January 31-February 1 Meeting - 2017",2016-05-27',
        '"March 3, 2020",2020-03-03',
    )
    assert done.notes == (
        "Of events of several days the last one counts.",
        "Rows weren't in the order of their dates: sorted.",
    )
    assert events == [
        "2017-02-01,,,2016-05-27",
        "2019-05-01,,,2018-06-22",
        "2020-03-03,,,2020-03-03",
        "2024-01-31,,,2022-08-12",
        "2024-03-20,,,2022-08-12",
        "2024-05-01,,,2022-08-12",
    ]


def test_what_a_meeting_was_is_passed_over(take: Take) -> None:
    done, events = take("Date,Type", "2020-03-03,Conference call", "2020-04-29,Meeting")
    assert done.notes == ("Columns passed over: Type.", HINDSIGHT)
    assert [line[:10] for line in events] == ["2020-03-03", "2020-04-29"]


@given(
    first=st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
    more=st.integers(0, 4),
    short=st.booleans(),
    dot=st.sampled_from(("", ".")),
)
def test_every_day_and_every_span_within_a_year_is_read_by_name(
    first: dt.date, more: int, short: bool, dot: str
) -> None:
    last = min(first + dt.timedelta(days=more), dt.date(first.year, 12, 31))

    def name(day: dt.date) -> str:
        full = NAMES[day.month - 1].title()
        return f"{full[:3]}{dot}" if short else full

    end = "" if last == first else f"-{last.day}" if last.month == first.month else f"-{name(last)} {last.day}"
    found = spelled(f"{name(first)} {first.day}{end}, {first.year}")
    assert found == (str(last), last > first)


@pytest.mark.parametrize(
    "text",
    ["June 31, 2024", "April 30-1, 2024", "May 2-2, 2024", "March 2024", "13-Feb-24", "Junk 3, 2024", "2024-02-13"],
)
def test_what_is_no_day_by_name(text: str) -> None:
    assert spelled(text) is None


def test_one_that_is_written_otherwise_is_refused(take: Take) -> None:
    done, _ = take("date", '"January 31, 2024"', "2024-03-20")
    assert done.error == (
        "fomc_dates.csv:3: date is '2024-03-20', though the first is 'January 31, 2024': write all dates in one form"
    )
    assert "'June 31, 2024'" in take("date", '"January 31, 2024"', '"June 31, 2024"')[0].error


# Releases of the CPI


def test_the_schedule_page_of_the_bls(take: Take) -> None:
    done, events = take(
        "Reference Month,Release Date,Release Time",
        'December 2023,"Jan. 11, 2024",08:30 AM',
        'January 2024,"Feb. 13, 2024",08:30 AM',
        'April 2024,"May 15, 2024",08:30 AM',
        'August 2024,"Sept. 11, 2024",08:30 AM',
        file="cpi_release_dates.csv",
    )
    assert done.notes == ("Columns passed over: Reference Month.", HINDSIGHT)
    assert [line[:15] for line in events] == [
        "2024-01-11,,BMO",
        "2024-02-13,,BMO",
        "2024-05-15,,BMO",
        "2024-09-11,,BMO",
    ]


def test_a_text_of_release_dates_as_alfred_has_it(take: Take) -> None:
    done, events = take(
        "Title:     Release Dates",
        "Release:   Consumer Price Index",
        "Notes:     When available, the actual release date, as given by the source",
        "",
        "Release Dates",
        "2024-01-11",
        "2024-02-13 ",
        file="releases.txt",
        name="cpi_release_dates",
    )
    assert (done.name, done.notes) == (
        "cpi_release_dates",
        ("Days alone, below 4 lines that are passed over.", HINDSIGHT),
    )
    assert [line[:10] for line in events] == ["2024-01-11", "2024-02-13"]


@pytest.mark.parametrize("first", ["1/31/2024", '"January 31, 2024"', "2024-01-31,x"])
def test_no_day_is_taken_for_a_line_above_a_list(take: Take, first: str) -> None:
    assert take("Meeting", first, "2024-03-20", "2024-05-01")[0].error
    assert take("Meeting", "2024-03-20", "2024-05-01")[0].rows == 2


@pytest.mark.parametrize(
    "lines",
    [
        ("release_id,date", "10,2024-01-11", "10,2024-02-13"),
        ("date,release_id,release_name", "2024-01-11,10,CPI", "2024-02-13,10,CPI"),
    ],
)
def test_release_dates_of_freds_api(take: Take, lines: tuple[str, ...]) -> None:
    _done, events = take(*lines, file="cpi_release_dates.csv")
    assert [line[:10] for line in events] == ["2024-01-11", "2024-02-13"]


def test_a_calendar_of_several_kinds_of_events_is_refused(take: Take) -> None:
    done, _ = take("date,event", "2024-01-11,CPI", "2024-01-31,FOMC", "2024-02-02,NFP", "2024-02-16,PPI")
    assert done.error == (
        "fomc_dates.csv: holds 4 kinds of events by its column event (CPI, FOMC, NFP and 1 more): save one file a kind"
    )
    assert take("date,event", "2024-01-11,CPI", "2024-02-13,CPI")[0].error == ""


# Earnings


def test_alpha_vantages_calendar(take: Take) -> None:
    done, events = take(
        "symbol,name,reportDate,fiscalDateEnding,estimate,currency,timeOfTheDay",
        "AMD,Advanced Micro Devices Inc,2026-08-04,2026-06-30,,USD,",
        "NVDA,NVIDIA Corp,2026-08-26,2026-07-31,0.94,USD,post-market",
        "TXN,Texas Instruments Inc,2026-07-21,2026-06-30,1.2,USD,pre-market",
        file="semis_earnings_dates.csv",
    )
    assert "Columns passed over: name, fiscalDateEnding, estimate, currency." in done.notes
    assert [line[:19] for line in events] == ["2026-07-21,TXN,BMO,", "2026-08-04,AMD,,202", "2026-08-26,NVDA,AMC"]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,symbol,eps,epsEstimated,time,revenue", "2024-08-28,NVDA,0.68,0.64,amc,30040"),
        ("date,epsActual,epsEstimate,hour,quarter,symbol,year", "2024-08-28,0.68,0.64,amc,2,NVDA,2025"),
        ("reportDate,symbol,name,time,epsForecast,marketCap", '08/28/2024,NVDA,NVIDIA,time-after-hours,$0.64,"$3,088"'),
        ("Symbol,Company,Earnings Date,Earnings Call Time", 'NVDA,NVIDIA,"Aug 28, 2024",AMC'),
        ("Symbol,reportedDate,reportedEPS,reportTime", "NVDA,2024-08-28,0.68,post-market"),
        ("ticker,date,when,time", "NVDA,2024-08-28,,4:20 PM ET"),
        ("ticker,date,timing", "NVDA,2024-08-28,After Market Close"),
    ],
    ids=["FMP", "Finnhub", "Nasdaq", "Yahoo", "Alpha Vantage", "clock", "words"],
)
def test_calendars_of_vendors(take: Take, header: str, row: str) -> None:
    assert take(header, row)[1] == ["2024-08-28,NVDA,AMC,2024-08-28"]


def test_a_companys_dates_from_yfinance(take: Take) -> None:
    done, events = take(
        "Earnings Date,EPS Estimate,Reported EPS,Surprise(%)",
        "2024-08-28 16:20:00-04:00,0.64,0.68,6.25",
        "2024-02-21 07:00:00-05:00,4.6,5.16,12.2",
        file="nvda_earnings.csv",
    )
    assert done.notes[-2] == "Timing is told by the time of day beside the dates."
    assert events == ["2024-02-21,,BMO,2024-02-21", "2024-08-28,,AMC,2024-08-28"]
    done, events = take("Earnings Date", "2024-08-28 20:20:00Z", "2024-02-21 12:30:00Z")  # New York's clock decides
    assert events == ["2024-02-21,,BMO,2024-02-21", "2024-08-28,,AMC,2024-08-28"]


@pytest.mark.parametrize(
    ("words", "timing"),
    [
        ("BMO", "BMO"), ("before market open", "BMO"), ("Pre-Market", "BMO"), ("time-pre-market", "BMO"),
        ("8:30", "BMO"), ("09:29", "BMO"), ("8:30 a.m. ET", "BMO"), ("12:05 AM", "BMO"),
        ("After Hours", "AMC"), ("16:00", "AMC"), ("4:05 PM EDT", "AMC"), ("16:30:00", "AMC"),
        ("09:30", ""), ("15:59", ""), ("12:30 PM", ""), ("dmh", ""), ("TAS", ""), ("25:00", ""), ("13:00 PM", ""),
        ("8:99", ""), ("16:30 CET", ""), ("", ""),
    ],
)  # fmt: skip
def test_words_and_clocks(take: Take, words: str, timing: str) -> None:
    done, events = take("date,symbol,time", f"2024-08-28,NVDA,{words}")
    assert events == [f"2024-08-28,NVDA,{timing},2024-08-28"]
    assert any("neither BMO nor AMC" in note for note in done.notes) == bool(words and not timing)


def test_days_alone_without_a_time_are_of_no_timing(take: Take) -> None:
    assert take("date", "2024-08-28 00:00:00-04:00")[1] == ["2024-08-28,,,2024-08-28"]
    assert take("date", "2024-08-28 14:00:00-04:00")[0].notes[0] == "The time of day beside its dates is passed over."


def test_prices_with_symbols_and_times_stay_prices(tmp_path: Path) -> None:
    path = tmp_path / "NVDA.csv"
    path.write_text("date,symbol,time,open,high,low,close\n2024-08-28,NVDA,16:00,1,1,1,1\n")
    (done,) = import_files(Store(tmp_path / "store"), path)
    assert (done.error, done.kind) == ("", "bars")


# What the docs show

SHOWN = re.compile(r"```csv (\S+)\n(.*?)```\n\n```sh\nbacktest (data import [^\n]*)\n```", re.DOTALL)
EXAMPLES = SHOWN.findall((Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8"))


def test_the_docs_show_a_file_for_each_kind_of_events() -> None:
    assert [file for file, _text, _typed in EXAMPLES] == [
        "fomc_dates.csv",
        "cpi_release_dates.csv",
        "releases.txt",
        "semis_earnings_dates.csv",
        "nvda_earnings.csv",
    ]


@pytest.mark.parametrize(("file", "text", "typed"), EXAMPLES, ids=[file for file, _text, _typed in EXAMPLES])
def test_what_the_docs_show_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, typed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))
    Path(file).write_text(text, encoding="utf-8")
    answer = command(*typed.split())
    assert (answer.status, answer.err) == (0, "")
    (entry,) = Store(tmp_path / "store").listing()
    assert (entry.kind, entry.rows) == ("events", 2 if file == "nvda_earnings.csv" else 3)
