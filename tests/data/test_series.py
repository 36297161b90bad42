"""Series: what was known at each close, against a loop that reads the rule row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_series, nyse, source_of

from data.arrays import day
from data.errors import DataError
from data.fingerprint import fingerprint
from data.series import index_bars

BEFORE = nyse("2023-12-01", 20)
CALENDAR = nyse("2024-01-02", 25)
EVERY_DAY = np.arange(day("2024-01-02"), day("2024-02-10"))
SESSIONS = st.sets(st.integers(0, 24), min_size=1).map(lambda rows: CALENDAR[sorted(rows)])
DATED = st.sets(st.integers(0, len(EVERY_DAY) - 1), min_size=1, max_size=15).map(lambda rows: EVERY_DAY[sorted(rows)])


def by_lag(series, sessions):
    """A value counts from the session of its date, or the next one, and `lag` sessions later."""
    exchange, answers = [*BEFORE, *CALENDAR], []
    for session in sessions:
        answer = np.nan
        for date, value in zip(series.dates, series.values, strict=True):
            counts_from = next((row for row, one in enumerate(exchange) if one >= date), len(exchange))
            if counts_from + series.lag <= exchange.index(session):
                answer = value
        answers.append(answer)
    return answers


def by_known(series, sessions):
    """Of all that is public, the latest date counts, and of that date the latest revision."""
    answers = []
    for session in sessions:
        public = [
            (date, known, value)
            for date, known, value in zip(series.dates, series.known, series.values, strict=True)
            if known <= session
        ]
        answers.append(max(public)[2] if public else np.nan)
    return answers


@given(DATED, SESSIONS, st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_a_lag_is_counted_in_exchange_sessions(dated, sessions, lag):
    series = make_series("S", dated, np.arange(len(dated)) + 1.0, lag=lag)
    np.testing.assert_array_equal(series.as_known(sessions, CALENDAR), by_lag(series, sessions))


@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 12)), min_size=1, max_size=15, unique=True), SESSIONS)
@settings(max_examples=100, deadline=None)
def test_a_revision_counts_from_the_day_it_is_public(drawn, sessions):
    rows = sorted(drawn)
    dates = EVERY_DAY[[date for date, _ in rows]]
    known = EVERY_DAY[[date + delay for date, delay in rows]]
    series = make_series("S", dates, np.arange(len(rows)) + 1.0, known)
    np.testing.assert_array_equal(series.as_known(sessions, CALENDAR), by_known(series, sessions))


def test_a_monthly_figure_by_hand():
    """January's 3.1 comes out on 13 February, a Saturday's 3.2 on the Monday; February's first print is 2.9."""
    series = make_series(
        "CPI",
        days("2024-01-01", "2024-01-01", "2024-02-01"),
        [3.1, 3.2, 2.9],
        known=days("2024-02-13", "2024-02-17", "2024-03-12"),
    )
    sessions = days("2024-02-12", "2024-02-13", "2024-02-16", "2024-02-20", "2024-03-11", "2024-03-12")
    calendar = nyse("2024-02-01", 40)
    np.testing.assert_array_equal(series.as_known(sessions, calendar), [np.nan, 3.1, 3.1, 3.2, 3.2, 2.9])


def test_an_old_date_revised_late_does_not_displace_a_newer_one():
    series = make_series(
        "S", days("2024-01-02", "2024-01-02", "2024-01-03"), [1, 9, 2], days("2024-01-03", "2024-01-05", "2024-01-04")
    )
    np.testing.assert_array_equal(series.as_known(CALENDAR[:4], CALENDAR), [np.nan, 1, 2, 2])


def test_a_value_is_carried_over_sessions_that_bring_none():
    series = make_series("S", CALENDAR[[1, 4]], [5, 6])
    np.testing.assert_array_equal(series.as_known(CALENDAR[:6], CALENDAR), [np.nan, 5, 5, 5, 6, 6])


def test_a_value_of_before_the_calendar_is_known_from_its_first_session():
    series = make_series("S", days("2023-06-01", "2023-12-29"), [4, 5])
    np.testing.assert_array_equal(series.as_known(CALENDAR[:2], CALENDAR), [5, 5])


def test_a_lag_runs_from_the_value_s_own_day_even_before_the_calendar():
    """28 December's value is two sessions old on 2 January, 29 December's is not."""
    series = make_series("S", days("2023-12-28", "2023-12-29"), [4, 5], lag=2)
    np.testing.assert_array_equal(series.as_known(CALENDAR[:2], CALENDAR), [4, 5])


def test_of_a_series_without_rows_nothing_is_known():
    series = make_series("S", days(), [])
    assert np.isnan(series.as_known(CALENDAR, CALENDAR)).all()


def test_the_later_of_two_week_end_revisions_counts_in_whatever_order_they_stand():
    """Known on Sunday and on Saturday, both first seen on Monday 8 January."""
    series = make_series("S", days("2024-01-04", "2024-01-04"), [2, 1], days("2024-01-07", "2024-01-06"))
    assert series.as_known(days("2024-01-08"), CALENDAR) == [2]


@given(DATED, st.integers(0, 3), st.integers(0, 23))
@settings(max_examples=50, deadline=None)
def test_what_comes_later_changes_nothing_before(dated, lag, row):
    values = np.arange(len(dated)) + 1.0
    later = np.where(dated > CALENDAR[row], -values, values)
    whole, other = (make_series("S", dated, each, lag=lag).as_known(CALENDAR, CALENDAR) for each in (values, later))
    np.testing.assert_array_equal(whole[: row + 1], other[: row + 1])


def test_the_value_of_a_day_is_read_when_it_is_known_and_refused_before():
    """Two sessions late: 3 January's value is known at the close of 5 January."""
    series = make_series("PE", CALENDAR[:5], [10, 11, 12, 13, 14], lag=2)
    of, known = CALENDAR[1], CALENDAR[3]

    assert series.value(of, known, CALENDAR) == 11
    with pytest.raises(DataError, match=rf"^series PE: the value of {of} wasn't known at the close of {CALENDAR[2]}: "):
        series.value(of, CALENDAR[2], CALENDAR)
    with pytest.raises(DataError, match="has no value of 2024-01-06"):
        series.value(day("2024-01-06"), known, CALENDAR)


def test_of_a_revised_day_the_value_is_the_one_that_was_known():
    series = make_series("GDP", days("2023-12-29", "2023-12-29"), [1.0, 2.0], days("2024-01-04", "2024-01-08"))
    assert [series.value(day("2023-12-29"), CALENDAR[row], CALENDAR) for row in (2, 3, 4)] == [1.0, 1.0, 2.0]
    with pytest.raises(DataError, match="it became known on 2024-01-04"):
        series.value(day("2023-12-29"), CALENDAR[1], CALENDAR)


@given(DATED, st.integers(0, 3), st.integers(0, 23))
@settings(max_examples=50, deadline=None)
def test_no_value_can_be_read_that_the_carried_series_does_not_hold_yet(dated, lag, row):
    """Read by its day or carried forward, a value becomes known at the same close."""
    series = make_series("S", dated, np.arange(len(dated)) + 1.0, lag=lag)
    carried = series.as_known(CALENDAR, CALENDAR)[row]
    for of, value in zip(series.dates, series.values, strict=True):
        try:
            assert series.value(of, CALENDAR[row], CALENDAR) <= carried
        except DataError:
            assert np.isnan(carried) or carried < value


def test_levels_become_bars_that_open_at_the_last_close():
    bars = index_bars(make_series("SOX", days("2024-01-05", "2024-01-06", "2024-01-08"), [100.0, 101.0, 90.0]))

    np.testing.assert_array_equal(bars.dates, days("2024-01-05", "2024-01-08"))  # the 6th was a Saturday
    np.testing.assert_array_equal(bars.open, [100.0, 100.0])
    np.testing.assert_array_equal(bars.high, [100.0, 100.0])
    np.testing.assert_array_equal(bars.low, [100.0, 90.0])
    assert np.isnan(bars.volume).all()


@pytest.mark.parametrize("values", [[0.0, 1.0], [-1.0, 1.0]])
def test_what_is_no_level_makes_no_bars(values):
    with pytest.raises(DataError, match=r"^series SPREAD holds no levels"):
        index_bars(make_series("SPREAD", CALENDAR[:2], values))


def test_what_is_public_at_a_close_is_all_that_a_series_as_known_reads_there():
    dated = days("2023-12-22", "2023-12-30", "2024-01-03", "2024-01-04", "2024-01-05")
    late = make_series("S", dated, np.arange(5) + 1.0, lag=2)
    assert [len(late.public_by(day(date)).dates) for date in ("2024-01-03", "2024-01-04", "2024-01-05")] == [1, 2, 3]
    dated_known = make_series("S", dated, np.arange(5) + 1.0, known=days(*["2024-01-04"] * 2, *["2024-01-08"] * 3))
    assert [len(dated_known.public_by(day(date)).dates) for date in ("2024-01-03", "2024-01-04", "2024-01-08")] == [
        0,
        2,
        5,
    ]


@given(DATED, st.integers(0, 3), st.integers(0, 23))
@settings(max_examples=50, deadline=None)
def test_a_value_that_is_not_public_yet_changes_no_hash_of_what_is(dated, lag, row):
    series = make_series("S", dated, np.arange(len(dated)) + 1.0, lag=lag)
    seen = series.public_by(CALENDAR[row])
    known = series.as_known(CALENDAR[: row + 1], CALENDAR)
    np.testing.assert_array_equal(seen.as_known(CALENDAR[: row + 1], CALENDAR), known)
    hidden = make_series("S", dated, np.where(np.isin(series.dates, seen.dates), series.values, -1.0), lag=lag)

    def digest(of):
        return fingerprint(source_of(of), ["series/S"], CALENDAR[row], public=True)

    assert digest(hidden) == digest(series)
