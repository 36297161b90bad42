"""Which day a date in a file means, and files whose every day is one off: refused from both doors."""

import datetime as dt

import numpy as np
import pytest

from data.arrays import DAY
from data.audit.run import audit
from data.calendar import nyse_sessions
from data.errors import DataError
from data.importing import import_files
from data.sources import BARS
from data.sources.csv import CsvSource
from data.stamps import days_off, read_stamps, undated_words
from data.store import Store

SESSIONS = nyse_sessions(np.datetime64("2016-01-04"), np.datetime64("2016-12-30"))
OURS = "date,open,high,low,close,volume,dividend,split"
EARLY = "the dates stand a day early: Sundays are there and Fridays missing"
LATE = "the dates stand a day late: Saturdays are there and Mondays missing"


def stamped(days, behind):
    return [f"{day}{behind}" for day in days]


def moments(days, hour, zone):
    """What a clock shows at an hour of New York on these days, with the offset of another zone."""
    from zoneinfo import ZoneInfo

    here = [dt.datetime.combine(day.item(), dt.time(hour), ZoneInfo("America/New_York")) for day in days]
    return [str(moment.astimezone(ZoneInfo(zone))) for moment in here]


@pytest.fixture
def read(tmp_path):
    """Read dates as bars, as a series or as events, through one of the doors; return the days."""

    def through(door, kind, cells):
        path = tmp_path / "mine" / kind / "AAA.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / "bars").mkdir(exist_ok=True)
        header, rest = {"bars": (OURS, ",10,10,10,10,5,0,1"), "series": ("date,value", ",1"), "events": ("date", "")}[
            kind
        ]
        path.write_text("\n".join([header, *(f"{cell}{rest}" for cell in cells)]) + "\n")
        source = CsvSource(tmp_path / "mine")
        if door == "import":
            store = Store(tmp_path / "store")
            (done,) = import_files(store, path)
            if done.error:
                raise DataError(done.error)
            source = store
        return source.read(kind, "AAA").dates

    return through


both = pytest.mark.parametrize("door", ["import", "folder"])
kinds = pytest.mark.parametrize("kind", ["bars", "series", "events"])


@both
@kinds
@pytest.mark.parametrize(
    "cells",
    [
        stamped(SESSIONS, ""),
        stamped(SESSIONS, "T00:00:00Z"),
        stamped(SESSIONS, " 00:00:00+00:00"),
        stamped(SESSIONS, " 00:00:00+09:00"),
        stamped(SESSIONS, " 16:00"),
        stamped(SESSIONS, " 23:00:00"),
        moments(SESSIONS, 0, "America/New_York"),
        moments(SESSIONS, 0, "UTC"),
        moments(SESSIONS, 16, "UTC"),
    ],
    ids=["days", "midnight Z", "midnight UTC", "midnight in Tokyo", "close", "naive evening", "yfinance", "4Z", "20Z"],
)
def test_stamps_of_the_right_day_stay_on_it(read, door, kind, cells):
    np.testing.assert_array_equal(read(door, kind, cells), SESSIONS)


@both
@kinds
@pytest.mark.parametrize("behind", ["", " 23:00:00+00:00", " 22:00:00Z", " 23:00:00", " 00:00:00+00:00"])
def test_a_day_early_is_refused(read, door, kind, behind):
    with pytest.raises(DataError, match=f"AAA.csv:2: 2016-01-03: {EARLY}: write each session's own day"):
        read(door, kind, stamped(SESSIONS - DAY, behind))


@both
@kinds
def test_a_day_late_is_refused(read, door, kind):
    with pytest.raises(DataError, match=f"AAA.csv:2: 2016-01-05: {LATE}: .*one earlier than here"):
        read(door, kind, stamped(SESSIONS + DAY, ""))


@both
@pytest.mark.parametrize("kind", ["bars", "series"])
def test_london_s_midnight_in_utc_is_a_day_early_in_summer_alone_and_refused(read, door, kind):
    summer = (np.datetime64("2016-03-28") <= SESSIONS) & (np.datetime64("2016-10-31") > SESSIONS)
    cells = [
        f"{day - DAY} 23:00:00+00:00" if bst else f"{day} 00:00:00+00:00"
        for day, bst in zip(SESSIONS, summer, strict=True)
    ]
    with pytest.raises(DataError, match=EARLY):
        read(door, kind, cells)


def test_a_close_told_by_tokyo_s_clock_is_new_york_s_day_and_said(read, tmp_path):
    cells = moments(SESSIONS, 16, "Asia/Tokyo")
    assert cells[0] == "2016-01-05 06:00:00+09:00"
    np.testing.assert_array_equal(read("import", "bars", cells), SESSIONS)
    (done,) = import_files(Store(tmp_path / "store"), tmp_path / "mine" / "bars" / "AAA.csv")
    assert "Its stamps are read as days in New York, which differ from those written." in done.notes
    with pytest.raises(DataError, match=r"date is '2016-01-05 06:00:00.09:00', a moment that New York dates otherwise"):
        read("folder", "bars", cells)


def test_the_days_of_stamps_do_not_hang_on_the_order_of_rows():
    cells = moments(SESSIONS, 16, "Asia/Tokyo")
    np.testing.assert_array_equal(read_stamps(cells[::-1]).days, SESSIONS[::-1])


@pytest.mark.parametrize("weeks", [2, 5])
def test_two_weeks_tell(weeks):
    days = SESSIONS[np.isin(SESSIONS, np.arange("2016-02-22", "2016-03-20", dtype="datetime64[D]"))][: 5 * weeks]
    assert (days_off(days), days_off(days - DAY), days_off(days + DAY)) == (0, -1, 1)


def test_a_row_that_strays_onto_a_sunday_moves_no_other():
    assert days_off(np.append(SESSIONS, np.datetime64("2016-03-06"))) == 0


@both
def test_a_stray_sunday_is_what_it_was(read, door):
    days = np.sort(np.append(SESSIONS, np.datetime64("2016-03-06")))
    if door == "import":
        np.testing.assert_array_equal(read(door, "bars", stamped(days, "")), SESSIONS)
        return
    with pytest.raises(DataError, match="2016-03-06: NYSE held no session on that date: delete the row"):
        read(door, "bars", stamped(days, ""))


def test_days_without_a_pattern_are_not_off():
    start = np.datetime64("2016-01-01")
    every = np.arange(start, start + 400 * DAY)
    assert days_off(every) == 0  # a rate that is told on every day of the year
    assert days_off(every[2::7]) == 0  # each Sunday
    assert days_off(every[every.astype("datetime64[M]").astype("datetime64[D]") == every]) == 0  # months
    assert days_off(every[2::7], schedule=True) == 0  # elections
    assert days_off(every[:0]) == days_off(every[:1]) == days_off(every[:0], schedule=True) == 0


def test_schedules_are_told_by_their_weekdays():
    days = SESSIONS[::3]  # earnings
    assert [days_off(days + way * DAY, schedule=True) for way in (-1, 0, 1)] == [-1, 0, 1]
    assert [days_off(days + way * DAY) for way in (-1, 0, 1)] == [0, 0, 0]


def test_one_file_that_is_off_is_named_and_the_other_read(read, tmp_path):
    read("folder", "bars", stamped(SESSIONS, ""))
    text = (tmp_path / "mine" / "bars" / "AAA.csv").read_text().splitlines()
    moved = [text[0], *(f"{day - DAY}{row[10:]}" for day, row in zip(SESSIONS, text[1:], strict=True))]
    (tmp_path / "mine" / "bars" / "BBB.csv").write_text("\n".join(moved) + "\n")
    found = [one for one in audit(CsvSource(tmp_path / "mine")) if one.severity == "error"]
    assert [(one.instrument, one.kind) for one in found] == [("BBB", "shifted")]
    assert "one later than here" in found[0].remedy


@both
@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1451865600", "unix seconds .2016-01-04 00:00 UTC.: write each session's own day as YYYY-MM-DD"),
        ("1451865600000", "unix milliseconds .2016-01-04 00:00 UTC."),
        ("1451865600000000000", "unix nanoseconds .2016-01-04 00:00 UTC."),
        ("960215400", "unix seconds .2000-06-05 14:30 UTC."),
        ("-252504000", "unix seconds .1961-12-31 12:00 UTC."),
    ],
)
def test_unix_time_is_named(read, door, cell, says):
    with pytest.raises(DataError, match=f"AAA.csv:2: date is '{cell}', {says}"):
        read(door, "bars", [cell, str(int(cell) + 86400)])


def test_other_numbers_are_no_unix_time():
    assert [undated_words(cell) for cell in ("20160104", "2016", "x", "201601040930", "20160104093000")] == [""] * 5


def test_unix_time_as_a_float_is_named():
    assert undated_words("960215400.0") == undated_words("960215400")


@pytest.mark.parametrize("title", ["timestamp", ""])
@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["960215400", "960301800"], "AAA.csv:2: {} is '960215400', unix seconds"),
        (["2016-01-04 09:30", "2016-01-04 10:30"], "AAA.csv: has several times of one day: intraday rows"),
    ],
)
def test_rows_that_are_no_sessions_are_not_sent_to_the_store(tmp_path, title, cells, says):
    """The store refuses them too: what they are is told at once."""
    (tmp_path / "bars").mkdir()
    rows = [f"{cell},10,10,10,10,5" for cell in cells]
    (tmp_path / "bars" / "AAA.csv").write_text("\n".join([f"{title},open,high,low,close,volume", *rows]) + "\n")
    with pytest.raises(DataError, match=says.format(title or "Unnamed: 0")):
        CsvSource(tmp_path).read(BARS, "AAA")


@both
@pytest.mark.parametrize("kind", ["bars", "series"])
def test_intraday_rows_are_named(read, door, kind):
    with pytest.raises(DataError, match="has several times of one day: intraday rows: make daily bars of them"):
        read(door, kind, ["2016-01-04 09:30:00-05:00", "2016-01-04 10:30:00-05:00", "2016-01-05 09:30:00-05:00"])


@pytest.mark.parametrize("cell", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-14:00"])
def test_a_moment_outside_every_calendar_is_neither_a_day_nor_a_stamp(cell):
    with pytest.raises(ValueError, match=r"^no day of any calendar$"):
        read_stamps([cell])
