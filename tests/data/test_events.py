"""Events and memberships: their order, what a run that ends on a day can know of them, who belongs when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import days

from data.arrays import DAY, day
from data.events import AFTER_CLOSE, BEFORE_OPEN, make_events, make_members

NAT = np.datetime64("NaT", "D")


def test_events_are_sorted_by_date_and_then_by_symbol_whatever_the_rows_order():
    dates = days("2024-02-01", "2024-01-31", "2024-01-31")
    events = make_events("x", dates, ["TXN", "NVDA", "AMD"], ["bmo", "AMC", "DMH"], dates - 5 * DAY)

    np.testing.assert_array_equal(events.dates, days("2024-01-31", "2024-01-31", "2024-02-01"))
    assert events.symbols.tolist() == ["AMD", "NVDA", "TXN"]
    assert events.timing.tolist() == ["", AFTER_CLOSE, BEFORE_OPEN]
    np.testing.assert_array_equal(events.announced, events.dates - 5 * DAY)
    assert (len(events), events.in_hindsight) == (3, False)


def test_what_is_not_told_is_empty_and_nothing_can_be_written_into():
    events, members = make_events("x", days("2024-01-31")), make_members("x", ["A", "B"])

    assert (events.symbols.tolist(), events.timing.tolist(), events.announced) == ([""], [""], None)
    assert events.in_hindsight
    assert np.isnat(members.since).all()
    assert np.isnat(members.until).all()
    columns = (events.dates, events.symbols, events.timing, members.symbols, members.since, members.until)
    assert not any(column.flags.writeable for column in columns)


def test_without_announcements_a_year_beyond_the_end_is_known_and_no_more():
    events = make_events("x", days("2024-01-31", "2025-01-31", "2025-02-01"))
    assert events.up_to(day("2024-01-31")).dates.tolist() == days("2024-01-31", "2025-01-31").tolist()


def test_with_announcements_what_was_announced_by_the_end_is_known():
    told = days("2023-08-01", "2024-02-02", "2024-02-01")
    events = make_events("x", days("2024-01-31", "2024-03-20", "2026-03-20"), announced=told)
    assert events.up_to(day("2024-02-01")).dates.tolist() == days("2024-01-31", "2026-03-20").tolist()


@given(st.lists(st.integers(0, 900), min_size=1, max_size=30, unique=True), st.integers(0, 900), st.booleans())
def test_nothing_that_was_told_after_the_end_changes_a_line(offsets, end, with_announced):
    """What a fingerprint is of: rows announced after the end, and dates over a year beyond, don't show in it."""
    dates = day("2020-01-01") + np.array(offsets) * DAY
    last = day("2020-01-01") + end * DAY
    announced = dates - 30 * DAY if with_announced else None
    whole = make_events("x", dates, announced=announced)
    known = whole.dates - 30 * DAY <= last if with_announced else whole.dates <= last + 366 * DAY
    assert list(whole.up_to(last).lines()) == list(whole.rows(known).lines())
    assert list(whole.up_to(last).up_to(last).lines()) == list(whole.up_to(last).lines())


def test_a_line_tells_everything_of_an_event():
    plain = make_events("x", days("2024-01-31"), ["AMD"], ["AMC"])
    told = make_events("x", days("2024-01-31"), ["AMD"], ["AMC"], days("2024-01-02"))
    assert list(plain.lines()) == ["in hindsight", "2024-01-31,AMD,AMC,2024-01-31"]
    assert list(told.lines()) == ["announced", "2024-01-31,AMD,AMC,2024-01-02"]


# Members


def test_who_left_and_came_back_has_two_rows():
    members = make_members(
        "x", ["B", "A", "B"], np.array([day("2024-03-01"), NAT, NAT]), np.array([NAT, NAT, day("2024-01-31")])
    )
    asked = days("2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01")
    belongs = members.on(asked, ("A", "B", "C"))
    assert belongs.tolist() == [[True, True, False], [True, False, False], [True, False, False], [True, True, False]]
    assert members.symbols.tolist() == ["A", "B", "B"]


@pytest.mark.parametrize("last", ["2024-01-31", "2024-02-15", "2024-03-01"])
def test_what_happened_to_members_after_the_end_is_not_known(last):
    members = make_members(
        "x", ["A", "B"], np.array([NAT, day("2024-03-01")]), np.array([day("2024-02-15"), day("2024-04-01")])
    )
    known, sessions = members.up_to(day(last)), np.arange(day("2024-01-01"), day(last) + DAY)
    np.testing.assert_array_equal(known.on(sessions, ("A", "B")), members.on(sessions, ("A", "B")))
    later = make_members(
        "x",
        ["A", "B", "C"],
        np.array([NAT, day("2024-03-01"), day(last) + DAY]),
        np.array([day("2024-02-15"), NAT, NAT]),
    )
    assert list(later.up_to(day(last)).lines()) == list(known.lines())
