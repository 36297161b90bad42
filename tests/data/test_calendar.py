"""The exchange's sessions: days that it is known to have held or not, and how ranges are cut."""

import numpy as np
import pytest
from markets import days

from data import calendar
from data.arrays import day
from data.cache import user_cache
from data.calendar import nyse_sessions
from data.errors import DataError

CLOSED = {
    "2001-09-11": "the attacks",
    "2001-09-14": "the attacks",
    "2004-06-11": "Reagan's funeral",
    "2012-10-29": "hurricane Sandy",
    "2012-10-30": "hurricane Sandy",
    "2018-12-05": "Bush's funeral",
    "2025-01-09": "Carter's funeral",
    "2024-03-29": "Good Friday",
    "2022-06-20": "Juneteenth, observed on the Monday",
    "2024-06-15": "a Saturday",
}
HELD = ["2001-09-10", "2001-09-17", "2012-10-31", "2021-06-18", "2021-12-31", "2024-11-29", "2020-03-16"]


@pytest.mark.parametrize("date", CLOSED, ids=CLOSED.values())
def test_it_was_closed(date):
    assert len(nyse_sessions(day(date), day(date))) == 0


@pytest.mark.parametrize("date", HELD)
def test_it_was_open(date):
    np.testing.assert_array_equal(nyse_sessions(day(date), day(date)), days(date))


@pytest.mark.parametrize(("year", "sessions"), [(2012, 250), (2019, 252), (2020, 253), (2023, 250), (2024, 252)])
def test_a_year_has_as_many_sessions_as_the_exchange_counted(year, sessions):
    assert len(nyse_sessions(day(f"{year}-01-01"), day(f"{year}-12-31"))) == sessions


def test_both_ends_are_included_and_may_be_any_day():
    week = nyse_sessions(day("2024-01-06"), day("2024-01-13"))
    np.testing.assert_array_equal(week, np.arange(day("2024-01-08"), day("2024-01-13")))
    np.testing.assert_array_equal(nyse_sessions(week[0], week[-1]), week)


def test_a_range_over_decades_is_its_decades_joined():
    whole = nyse_sessions(day("1999-12-20"), day("2010-01-10"))
    parts = [("1999-12-20", "1999-12-31"), ("2000-01-01", "2009-12-31"), ("2010-01-01", "2010-01-10")]
    np.testing.assert_array_equal(whole, np.concatenate([nyse_sessions(day(a), day(b)) for a, b in parts]))


def test_sessions_are_shared_so_nobody_can_write_into_them():
    with pytest.raises(ValueError, match="read-only"):
        nyse_sessions(day("2024-01-02"), day("2024-01-31"))[0] = day("2024-01-01")


# The cache on disk


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """The calendar as a process finds it whose cache is in a folder of its own; what it built is counted."""
    built = []

    def build(first_year, last_year):
        built.append((first_year, last_year))
        return days("2024-01-02", "2024-01-03")

    def forget():
        calendar._sessions.cache_clear()
        user_cache.cache_clear()

    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    monkeypatch.setattr(calendar, "_build", build)
    forget()
    yield built, tmp_path / "cache", forget
    forget()


def asked():
    return nyse_sessions(day("2024-01-01"), day("2024-01-31"))


def test_a_calendar_is_built_once_for_all_processes(cached):
    built, _, forget = cached
    for _ in range(3):
        np.testing.assert_array_equal(asked(), days("2024-01-02", "2024-01-03"))
        forget()
    assert len(built) == 1


@pytest.mark.parametrize(
    "broken", [b"", b"nonsense", b"\x93NUMPY\x01\x00" + bytes(120)], ids=["empty", "nonsense", "numbers"]
)
def test_a_broken_cache_is_built_again(cached, broken):
    built, folder, forget = cached
    asked()
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    file.write_bytes(broken)
    forget()
    np.testing.assert_array_equal(asked(), days("2024-01-02", "2024-01-03"))
    forget()
    asked()
    assert len(built) == 2


def test_where_no_cache_can_be_written_there_is_none(cached, capsys):
    built, folder, _forget = cached
    folder.write_text("a file where the folder should be")
    for _ in range(2):
        np.testing.assert_array_equal(asked(), days("2024-01-02", "2024-01-03"))
        calendar._sessions.cache_clear()
    assert len(built) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_year_out_of_reach_is_the_person_s_mistake():
    with pytest.raises(DataError):
        nyse_sessions(day("2024-01-02"), day("3024-01-02"))
