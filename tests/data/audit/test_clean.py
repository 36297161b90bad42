"""What is right is left alone, and what is known to be wrong with real history is said of the right instrument."""

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
from command import ROOT
from history import FOLDER, needs_history

from data.arrays import day
from data.audit.finding import ERROR, INFO, WARNING
from data.audit.run import audit
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource

FROM = day("2010-06-01")


@lru_cache
def of_pair():
    return audit(CsvSource(FOLDER), ("SOXS", "SOXX"), FROM)


@lru_cache
def of_all():
    return audit(CsvSource(FOLDER))


def ids(found, severity):
    return {one.id for one in found if one.severity == severity}


def test_the_demo_market_is_clean():
    told = {(one.id, one.severity) for one in audit(DemoSource())}
    of_schedules = ("chips-survivors", "megacap_earnings-hindsight", "semis_earnings_dates-hindsight")
    assert told == {(name, INFO) for name in of_schedules}


@needs_history
def test_soxs_and_soxx_since_june_2010_have_no_error_and_two_warnings():
    assert not ids(of_pair(), ERROR)
    assert ids(of_pair(), WARNING) == {"SOXS-zero-volume", "SOXX-open-2010-10-15"}


@needs_history
def test_the_bad_open_of_2010_is_the_underlying_s():
    """SOXX opens at 15.03, -6.4 %; SOXS at -2.0 %, which says +0.7 %: 3 times 7.1 % is 21 %."""
    one = next(one for one in of_pair() if one.kind == "open")
    assert (one.instrument, one.field, one.first) == ("SOXX", "open", day("2010-10-15"))
    assert one.message.startswith("opens at $15.03, -6.4 %, while SOXS says +0.7 %")
    assert "21.2 % off" in one.message
    assert one.against == ("SOXS",)
    assert one.repair is None


@needs_history
def test_with_peers_at_hand_the_bad_open_is_told_with_what_they_did():
    one = next(one for one in of_all() if one.id == "SOXX-open-2010-10-15")
    assert "SMH +0.7 %" in one.message
    assert set(one.against) == {"SOXS", "SOXL"}


@needs_history
def test_volume_rounded_to_nothing_is_one_line():
    one = next(one for one in of_pair() if one.kind == "zero-volume")
    assert (len(one.dates), one.dates[-1]) == (203, day("2013-11-29"))
    assert one.message.startswith(
        "volume 0 on 203 sessions, the last 2013-11-29: the vendor's rounding to 20,000 shares"
    )


@needs_history
def test_soxl_s_dislocation_of_2020_is_a_warning_on_three_sessions():
    found = [one for one in of_all() if one.instrument == "SOXL" and one.severity != INFO]
    assert [str(one.first) for one in found] == ["2020-03-13", "2020-03-16", "2020-03-17"]
    assert {one.severity for one in found} == {WARNING}
    assert "SMH +8.1 %" in found[-1].message


@needs_history
def test_of_all_26_instruments_and_11_series_there_is_one_error():
    """KLAC's low of 2015-03-30 is above its open, by 1 %."""
    found = of_all()
    assert ids(found, ERROR) == {"KLAC-range"}
    assert next(one for one in found if one.id == "KLAC-range").first == day("2015-03-30")


@needs_history
def test_the_warnings_of_all_history_are_these():
    """Each was looked at: rows that a vendor doubled, left out or made up, prints of the flash crash, a dislocation."""
    assert ids(of_all(), WARNING) == {
        "ADI-stale",
        "MRVL-missing",
        "SOXL-close-2020-03-13",
        "SOXL-close-2020-03-16",
        "SOXL-close-2020-03-17",
        "SOXS-early",
        "SOXS-low-2010-05-06",
        "SOXS-open-2010-05-05",
        "SOXS-stale",
        "SOXS-zero-volume",
        "SOXX-low-2010-05-06",
        "SOXX-open-2010-10-15",
        "VVIX-range",
        "VXN-spike-2024-02-02",
    }


@needs_history
def test_history_that_ends_early_is_good_to_know():
    ends = {one.instrument: str(one.dates[-1]) for one in of_all() if one.kind == "ends"}
    assert ends["IRX"] == "2026-08-03"
    assert {"DFF", "DTB3", "VXN"} <= set(ends)
    assert not {"INTC", "TSM", "SOXS", "VIX"} & set(ends)


@needs_history
def test_no_instrument_takes_more_than_a_few_lines():
    names = [one.instrument for one in of_all()]
    assert max(names.count(name) for name in set(names)) <= 6
    assert all(len(one.message) < 260 and "\n" not in one.message + one.remedy for one in of_all())


@needs_history
def test_findings_come_the_gravest_first_and_none_twice():
    found = of_all()
    order = [(ERROR, WARNING, INFO).index(one.severity) for one in found]
    assert order == sorted(order)
    assert len({one.id for one in found}) == len(found)


@needs_history
@pytest.mark.parametrize(("first", "last"), [("2011-01-03", "2026-08-21"), ("2010-11-01", "2013-06-28")])
def test_only_days_between_first_and_last_are_told(first, last):
    found = audit(CsvSource(FOLDER), ("SOXS", "SOXX", "VIX"), day(first), day(last))
    assert all((one.dates >= day(first)).all() and (one.dates <= day(last)).all() for one in found)
    assert {one.id for one in found} - {"SOXX-adjusted"} == {"SOXS-zero-volume"}


@needs_history
def test_the_index_change_of_2021_is_honoured():
    """Before it SOXS followed ^SOX: judged by SOXX alone, spring 2010 looks noisier than it was."""
    source = CsvSource(FOLDER)
    with_index = audit(source, ("SOXS", "SOXX"))
    early = next(one for one in with_index if one.kind == "early")
    assert early.dates[-1] < day("2010-06-01")


def test_an_audit_loads_nothing_heavy():
    """Of a source that is read already, as a run's is; the calendar comes from the user's cache."""
    code = """
import sys
sys.path.insert(0, "tests/support")
from faults import made_up
from data.audit.run import audit
source = made_up(1).source()
audit(source)
print([name for name in ("pandas", "pandera", "scipy", "pyarrow", "exchange_calendars") if name in sys.modules])
"""
    audit(DemoSource(), ("SOXX",))  # fills that cache
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "[]", told.stderr


def test_names_that_there_are_not_are_refused():
    with pytest.raises(Exception, match=r"source demo has no SOXZ, did you mean SOX[XSL]\?: it can't be audited"):
        audit(DemoSource(), ("SOXZ",))


def test_days_before_any_history_have_nothing_to_tell():
    assert audit(DemoSource(), ("SOXS", "SOXX", "IRX"), None, np.datetime64("2001-01-01")) == ()
