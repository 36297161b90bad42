"""The audit of schedules and groups."""

from __future__ import annotations

import numpy as np
import pytest
from companyfacts import quarterly, write_filings
from history import FOLDER, needs_history
from markets import MemorySource, days, make_bars, nyse, source_of

from data.arrays import DAY, day
from data.audit.finding import ERROR, INFO, WARNING
from data.audit.run import audit, everything
from data.errors import DataError
from data.events import make_events, make_members
from data.sources import EVENTS, FILINGS
from data.sources.csv import CsvSource

DATES = nyse("2024-01-02", 260)
BARS = make_bars("CORE", DATES, 50.0 + np.sin(np.arange(260.0)))
MONTHLY = day("2023-01-10") + 30 * DAY * np.arange(30)


def told(*held, names=None):
    return {one.id: (one.severity, one.message) for one in audit(source_of(BARS, *held), names)}


def test_a_schedule_with_dates_to_come_that_were_announced_has_no_fault():
    assert told(make_events("fomc", MONTHLY, announced=MONTHLY - 90 * DAY)) == {}


def test_a_schedule_that_ends_with_the_history_says_so_whether_bars_are_audited_or_not():
    events = make_events("fomc", days("2024-01-31"), announced=days("2024-01-02"))
    says = f"the schedule ends 2024-01-31, and history runs to {DATES[-1]}: nothing to come is known"
    for names in (None, ["fomc"]):
        assert told(events, names=names) == {"fomc-schedule-ends": (INFO, says)}
    assert {one.id for one in audit(source_of(events), ["fomc"])} == set(), "nothing to compare it with"


def test_a_schedule_without_announcements_is_one_in_hindsight():
    assert told(make_events("fomc", MONTHLY)) == {
        "fomc-hindsight": (INFO, "a schedule in hindsight: nothing says when each date became public")
    }


def test_a_year_that_was_left_out_is_a_hole():
    dates = np.delete(MONTHLY, slice(5, 17))
    found = told(make_events("fomc", dates, announced=dates))
    assert found == {
        "fomc-hole": (WARNING, f"1 hole of up to 390 days, before {dates[5]}, where events are 30 days apart")
    }
    of_companies = make_events("earnings", dates, ["AMD"] * len(dates), announced=dates)
    assert told(of_companies) == {}, "a company reports when it likes"


def test_members_who_never_leave_and_those_without_bars_are_told_of():
    nat = np.datetime64("NaT", "D")
    left = make_members("chips", ["CORE", "WOLF"], until=np.array([nat, day("2024-02-01")]))
    assert told(left) == {"chips-unpriced": (INFO, "no bars of 1 member: WOLF")}
    stayed = told(make_members("chips", ["CORE"]))
    assert list(stayed) == ["chips-survivors"]
    assert stayed["chips-survivors"][0] == INFO


def test_a_file_with_faults_is_told_by_rule(tmp_path):
    for kind in ("bars", "events", "members"):
        (tmp_path / kind).mkdir()
    (tmp_path / "events/fomc.csv").write_text("date,announced\n2024-01-31,2024-02-01\n2024-03-20,2024-03-01\nsoon,\n")
    (tmp_path / "members/chips.csv").write_text("symbol,from\nAMD,early\nTXN,\n")
    found = audit(CsvSource(tmp_path))
    assert {(one.id, str(one.first)) for one in found if one.severity == ERROR} == {
        ("chips-undated", "NaT"),
        ("fomc-announced-missing", "NaT"),
        ("fomc-undated", "NaT"),
        ("fomc-announced-late", "2024-01-31"),
    }


def test_a_damaged_file_of_filings_is_told_and_a_run_s_own_audit_asks_for_none(tmp_path):
    (tmp_path / "bars").mkdir()
    write_filings(tmp_path / "filings", {"NVDA": quarterly(1e6, 5e6, 1e8), "AMD": quarterly(1e6, 5e6, 1e8)})
    assert audit(CsvSource(tmp_path)) == ()
    (tmp_path / "filings/CIK0000000101.json").write_text('{"cik": 101, ')
    (found,) = audit(CsvSource(tmp_path))
    assert (found.id, found.severity) == ("AMD-unreadable", ERROR)
    assert found.message.startswith("filings/CIK0000000101.json: can't be read as JSON: ")

    class NoFilings(MemorySource):
        def names(self, kind):
            assert kind != FILINGS
            return super().names(kind)

    assert audit(NoFilings({"CORE": BARS}), ["CORE"]) == audit(source_of(BARS), ["CORE"])


def test_an_unknown_name_is_told_with_the_near_one():
    source = source_of(BARS, make_events("fomc_dates", MONTHLY))
    assert everything(source) == ("CORE", "fomc_dates")
    with pytest.raises(DataError, match="has no fomc_date, did you mean fomc_dates"):
        audit(source, ["fomc_date"])


@needs_history
def test_real_schedules_have_no_holes():
    source = CsvSource(FOLDER)
    found = audit(source, source.names(EVENTS))
    assert {one.kind for one in found} == {"hindsight", "schedule-ends"}
    ends = {one.instrument for one in found if one.kind == "schedule-ends"}
    assert ends == {"cpi_release_dates", "megacap_earnings", "semis_earnings_dates"}
