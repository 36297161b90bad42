"""Histories that begin before the calendar's second era, that hold no session, and spans between two sessions."""

import numpy as np
import pytest
from markets import days, make_bars, nyse, source_of

from data.arrays import DAY, day
from data.audit.run import audit
from data.calendar import nyse_sessions
from data.errors import DataError
from data.importing import import_files
from data.market import load_market
from data.roles import Roles
from data.sources import BARS
from data.store import Store

ROLES = Roles.with_fund({"OLD": 1.0}, "SOXS", "SOXX", -3.0)
SATURDAYS = np.arange(day("2015-01-03"), day("2015-06-01"), 7)


def market_of(core, start="2010-06-01", end=None):
    traded = nyse("2010-03-11", 200)
    others = [make_bars(name, traded, np.full(200, 10.0)) for name in ("SOXS", "SOXX")]
    return load_market(source_of(core, *others), ROLES, day(start), None if end is None else day(end))


@pytest.mark.parametrize("first", ["1900-01-02", "1962-01-02", "1980-03-17", "1989-12-29", "1990-01-02"])
def test_the_core_may_begin_in_any_year(first):
    dates = nyse_sessions(day(first), day("2010-12-31"))
    walk = np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.01, len(dates))))
    market = market_of(make_bars("OLD", dates, 20.0 * walk))
    np.testing.assert_array_equal(market.run_sessions, nyse_sessions(day("2010-06-01"), market.sessions[-1]))
    assert market.calendar[0] == dates[0]
    assert not audit(market.source, ["OLD"], day("2010-06-01"), day("2010-12-31"))


@pytest.mark.parametrize(("first", "last"), [("2010-06-01", "1989-12-28"), ("1990-01-01", "1989-12-31")])
def test_a_range_that_ends_before_it_begins_has_no_session(first, last):
    assert len(nyse_sessions(day(first), day(last))) == 0
    assert nyse_sessions(day(first), day(last)).dtype == "datetime64[D]"


def test_no_calendar_has_to_reach_a_range_that_is_empty():
    assert len(nyse_sessions(day("2010-06-01"), day("1899-12-31"))) == 0


@pytest.mark.parametrize("dates", [SATURDAYS, SATURDAYS[:1], SATURDAYS - 40 * 364 * DAY], ids=["many", "one", "old"])
def test_a_history_without_a_session_is_told_in_one_line(dates):
    bars = make_bars("OLD", dates, np.full(len(dates), 20.0))
    with pytest.raises(DataError, match=f"OLD (begins|ends) {dates[0 if dates[0] > day('2000-01-01') else -1]}"):
        market_of(bars)


def test_a_price_that_never_moves_is_audited():
    dates = nyse("2000-01-03", 2000)  # a tick is more than such a price moves: a chance above 1, 2,000 times over
    assert not audit(source_of(make_bars("CASH", dates, np.full(2000, 20.0))))


def test_the_audit_tells_a_history_without_a_session():
    source = source_of(make_bars("OLD", SATURDAYS, np.full(len(SATURDAYS), 20.0)))
    assert [one.kind for one in audit(source)] == ["extra"]


def test_one_session_among_days_without_one_is_audited():
    dates = np.sort(np.concatenate((SATURDAYS, days("2015-03-02"))))
    source = source_of(make_bars("OLD", dates, np.full(len(dates), 20.0)))
    assert [one.kind for one in audit(source)] == ["extra"]


def test_a_span_between_two_sessions_is_refused_by_its_days():
    dates = nyse("2010-03-11", 200)
    with pytest.raises(DataError, match="held no session from 2010-07-03 to 2010-07-05: widen start and end"):
        market_of(make_bars("OLD", dates, np.full(200, 20.0)), "2010-07-03", "2010-07-05")


@pytest.mark.parametrize("first", ["1962-01-02", "1980-03-17", "1989-12-29"])
def test_old_prices_are_imported(tmp_path, first):
    dates = nyse(first, 30)
    rows = "".join(f"{date},10,10.5,9.5,10,1000\n" for date in dates)
    (tmp_path / "INTC.csv").write_text("Date,Open,High,Low,Close,Volume\n" + rows, encoding="utf-8")
    store = Store(tmp_path / "store")
    import_files(store, tmp_path / "INTC.csv")
    np.testing.assert_array_equal(store.read(BARS, "INTC").dates, dates)


def test_prices_of_days_without_a_session_are_not_imported(tmp_path):
    rows = "".join(f"{date},10,10.5,9.5,10,1000\n" for date in SATURDAYS)
    (tmp_path / "INTC.csv").write_text("Date,Open,High,Low,Close,Volume\n" + rows, encoding="utf-8")
    (done,) = import_files(Store(tmp_path / "store"), tmp_path / "INTC.csv")
    assert "daily prices are needed" in done.error
