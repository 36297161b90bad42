"""The calendar's signals by hand and against a reader who goes through the file close by close."""

from dataclasses import replace

import numpy as np
import pytest
from causal import assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, nyse

from data.arrays import DAY, day
from data.events import Events
from strategies.signals.calendar import days_to_event, share_to_report

SESSIONS = nyse("2024-01-02", 200)


def events(*rows, announced=None):
    """Events of ``(date, symbol, timing)``, in the order of their dates."""
    dates, symbols, timing = zip(*rows, strict=True) if rows else ((), (), ())
    return Events(
        "earnings",
        days(*dates),
        np.array(symbols, np.str_),
        np.array(timing, np.str_),
        None if announced is None else days(*announced),
    )


def drawn_events(seed, *, announced):
    """Forty events from December to next January, weekends too, known up to two months ahead, some never before."""
    rng = np.random.default_rng(seed)
    dates = np.sort(day("2023-12-01") + rng.integers(0, 400, 40) * DAY)
    known = np.where(rng.random(40) < 0.1, np.datetime64("NaT", "D"), dates - rng.integers(-3, 60, 40) * DAY)
    symbols, timing = rng.choice(["NVDA", "AMD", "MU"], 40), rng.choice(["AMC", "BMO", ""], 40)
    return Events("drawn", dates, symbols, timing, known if announced else None)


def at(signal, date, *arguments, **named):
    return signal(SESSIONS, *arguments, **named)[np.searchsorted(SESSIONS, day(date))]


# Days to an event


def test_days_to_an_event_by_hand():
    """A meeting on Wednesday 31 January and one on Wednesday 20 March 2024."""
    meetings = events(("2024-01-31", "", ""), ("2024-03-20", "", ""))
    found = {date: at(days_to_event, date, meetings) for date in ("2024-01-02", "2024-01-31", "2024-02-01")}
    assert found == {"2024-01-02": 29, "2024-01-31": 0, "2024-02-01": 48}
    assert np.isnan(days_to_event(SESSIONS, meetings)[np.searchsorted(SESSIONS, day("2024-03-21")) :]).all()


def test_an_event_on_a_sunday_is_waited_for_too():
    assert at(days_to_event, "2024-02-02", events(("2024-02-04", "", ""))) == 2


def test_only_the_events_of_those_who_are_named_count():
    earnings = events(("2024-02-01", "AMD", ""), ("2024-02-05", "MU", ""), ("2024-02-20", "NVDA", ""))
    found = [at(days_to_event, "2024-01-31", earnings, who) for who in (None, "NVDA", ("NVDA", "MU"), ("INTC",), ())]
    np.testing.assert_array_equal(found, [1, 20, 5, np.nan, np.nan])


def test_an_event_counts_from_the_close_of_the_day_it_became_public():
    earnings = events(
        ("2024-02-20", "NVDA", ""),
        ("2024-02-27", "AMD", ""),
        announced=("2024-02-06", "2024-01-16"),
    )
    found = [at(days_to_event, date, earnings) for date in ("2024-01-12", "2024-01-16", "2024-02-05", "2024-02-06")]
    np.testing.assert_array_equal(found, [np.nan, 42, 22, 14])


def test_a_schedule_that_begins_late_says_nothing_of_the_years_before():
    """Its first date is a quarter after 1 July: what came before, the file doesn't know."""
    found = days_to_event(SESSIONS, events(("2024-10-01", "", ""), ("2025-03-03", "", "")))
    first = np.searchsorted(SESSIONS, day("2024-07-01"))
    assert np.isnan(found[:first]).all()
    assert found[first] == 92
    assert not np.isnan(found[first:]).any()


def test_no_events_no_days():
    assert np.isnan(days_to_event(SESSIONS, events())).all()
    assert np.isnan(days_to_event(SESSIONS, events(announced=()))).all()


@pytest.mark.parametrize("announced", [True, False])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_days_are_what_a_reader_of_the_file_counts(announced, seed):
    drawn = drawn_events(seed, announced=announced)
    for session, found in zip(SESSIONS, days_to_event(SESSIONS, drawn, ("NVDA", "MU")), strict=True):
        known = drawn.announced if announced else np.full(40, day("2000-01-01"))
        own = (drawn.symbols != "AMD") & (known <= session) & (drawn.dates >= session)
        assert np.isnan(found) if not own.any() else found == (drawn.dates[own].min() - session).astype(float)


# The season


def test_a_season_by_hand():
    """Four report: one before the open, one after the close, one at no known time, one in the next quarter."""
    season = events(
        ("2024-01-25", "INTC", "BMO"),
        ("2024-02-20", "NVDA", "AMC"),
        ("2024-03-20", "MU", ""),
        ("2024-04-16", "ASML", "BMO"),
    )
    found = {
        date: at(share_to_report, date, season)
        for date in ("2024-01-02", "2024-01-24", "2024-01-25", "2024-02-20", "2024-02-21", "2024-03-19", "2024-03-20")
    }
    assert found == pytest.approx(
        {
            "2024-01-02": 1,
            "2024-01-24": 1,
            "2024-01-25": 2 / 3,
            "2024-02-20": 2 / 3,
            "2024-02-21": 1 / 3,
            "2024-03-19": 1 / 3,
            "2024-03-20": 0,
        }
    )
    assert np.isnan(at(share_to_report, "2024-04-01", season))
    assert at(share_to_report, "2024-04-15", season, min_reports=1) == 1
    assert at(share_to_report, "2024-04-16", season, min_reports=1) == 0


def test_a_report_after_the_quarter_s_last_close_is_never_out_in_it():
    season = events(("2024-02-01", "A", ""), ("2024-02-02", "B", ""), ("2024-03-28", "C", "AMC"))
    assert at(share_to_report, "2024-03-28", season) == pytest.approx(1 / 3)
    assert np.isnan(at(share_to_report, "2024-04-01", season))


def test_only_reports_that_were_public_count():
    season = events(
        ("2024-01-25", "INTC", "BMO"),
        ("2024-02-20", "NVDA", "AMC"),
        ("2024-03-20", "MU", ""),
        announced=("2023-12-20", "2024-02-05", "2024-01-22"),
    )
    found = [
        at(share_to_report, date, season, min_reports=1)
        for date in ("2024-01-19", "2024-01-22", "2024-01-25", "2024-02-05", "2024-02-21")
    ]
    np.testing.assert_allclose(found, [1, 1, 1 / 2, 2 / 3, 1 / 3])
    assert np.isnan(at(share_to_report, "2024-01-25", season))  # two are known, three are asked for


def test_only_the_reports_of_those_who_are_named_count():
    season = events(*((f"2024-02-{number:02}", f"S{number}", "") for number in range(1, 9)))
    assert at(share_to_report, "2024-02-06", season) == 2 / 8
    assert at(share_to_report, "2024-02-06", season, ("S1", "S7", "S8")) == pytest.approx(2 / 3)
    assert np.isnan(at(share_to_report, "2024-02-06", season, "S1"))


@pytest.mark.parametrize("announced", [True, False])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_share_is_what_a_reader_of_the_file_counts(announced, seed):
    drawn = drawn_events(seed, announced=announced)

    def quarter(date):
        return (date.item().year, (date.item().month - 1) // 3)

    for session, found in zip(SESSIONS, share_to_report(SESSIONS, drawn), strict=True):
        known = done = 0
        for row, date in enumerate(drawn.dates):
            out = date < session or (date == session and drawn.timing[row] != "AMC")
            if quarter(date) == quarter(session) and (not announced or out or drawn.announced[row] <= session):
                known += 1
                done += out
        np.testing.assert_allclose(found, (known - done) / known if known >= 3 else np.nan)


# Both


SIGNALS = {"days_to_event": days_to_event, "share_to_report": share_to_report}


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("name", SIGNALS)
def test_more_sessions_before_or_after_change_nothing(name, announced):
    drawn = drawn_events(5, announced=announced)
    whole = SIGNALS[name](SESSIONS, drawn)
    for cut in range(1, len(SESSIONS)):
        assert_same_bits(SIGNALS[name](SESSIONS[:cut], drawn), whole[:cut])
        assert_same_bits(SIGNALS[name](SESSIONS[cut:], drawn), whole[cut:])


@pytest.mark.parametrize("name", SIGNALS)
def test_what_is_not_public_yet_changes_nothing(name):
    """At each close, a file that holds only what had been announced or had come to pass says the same."""
    drawn = drawn_events(6, announced=True)
    whole = SIGNALS[name](SESSIONS, drawn)
    for cut in range(1, len(SESSIONS)):
        last = SESSIONS[cut - 1]
        public = (drawn.announced <= last) | (drawn.dates <= last)
        then = replace(
            drawn,
            dates=drawn.dates[public],
            symbols=drawn.symbols[public],
            timing=drawn.timing[public],
            announced=drawn.announced[public],
        )
        assert_same_bits(SIGNALS[name](SESSIONS[:cut], then), whole[:cut])
