"""The Treasury's bill rates, from a server on loopback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest
from agency_server import AgencyServer
from markets import days, nyse

from data.errors import DataError
from data.series import Series
from data.sources import treasury

JANUARY = dt.datetime(2004, 1, 7, 23, tzinfo=dt.UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AgencyServer]:
    with AgencyServer() as server:
        monkeypatch.setattr(treasury, "ADDRESS", server.patches["data.sources.treasury.ADDRESS"])
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        server.publishes(2002, [4, 13, 26], {"2002-01-02": (1.69, 1.71, 1.78), "2002-12-31": (1.15, 1.19, 1.21)})
        server.publishes(2003, [4, 13, 26], {"2003-01-02": (None, 1.20, 1.23), "2003-12-31": (0.86, 0.93, 1.00)})
        server.publishes(2004, [4, 8, 13], {"2004-01-06": (0.84, 0.86, 0.90), "2004-01-02": (0.86, None, 0.91)})
        yield server


def fetch(symbol: str, first: str | None = None, now: dt.datetime = JANUARY) -> Series:
    since = None if first is None else np.datetime64(first)
    return treasury.session(None)(symbol, since, now).thing


def test_a_maturity_is_read_by_its_title_wherever_it_stands_in_a_year(server: AgencyServer) -> None:
    rates = fetch("IRX")
    assert (
        rates.dates.tolist()
        == days("2002-01-02", "2002-12-31", "2003-01-02", "2003-12-31", "2004-01-02", "2004-01-06").tolist()
    )
    assert rates.values.tolist() == [1.71, 1.19, 1.20, 0.93, 0.91, 0.90]
    assert (rates.name, rates.lag, rates.known) == ("IRX", 1, None)
    assert [each.path[-8:] for each in server.asked] == ["2002/all", "2003/all", "2004/all"]
    assert server.asked[0].query == {
        "type": "daily_treasury_bill_rates", "field_tdr_date_value": "2002", "_format": "csv",
    }  # fmt: skip


def test_a_value_is_known_a_session_later(server: AgencyServer) -> None:
    known = fetch("IRX", "2004-01-02").as_known(days("2004-01-02", "2004-01-05", "2004-01-06"), nyse("2004-01-02", 9))
    np.testing.assert_array_equal(known, [np.nan, 0.91, 0.91])


def test_days_without_a_value_and_years_without_the_bill_are_left_out(server: AgencyServer) -> None:
    assert (
        fetch("4W").dates.tolist()
        == days("2002-01-02", "2002-12-31", "2003-12-31", "2004-01-02", "2004-01-06").tolist()
    )
    assert fetch("8W").values.tolist() == [0.86]
    assert fetch("26W").dates[-1] == np.datetime64("2003-12-31")
    with pytest.raises(DataError, match=r"^52W: the Treasury has no value in that time: ask for another day"):
        fetch("52W")


def test_only_the_years_that_are_needed_are_asked_for_and_each_once(server: AgencyServer) -> None:
    ask = treasury.session(None)
    assert ask("IRX", np.datetime64("2003-12-31"), JANUARY).thing.values.tolist() == [0.93, 0.91, 0.90]
    ask("8W", np.datetime64("2003-06-30"), JANUARY)
    assert [each.path[-8:] for each in server.asked] == ["2003/all", "2004/all"]


def test_a_year_may_have_begun_without_a_rate(server: AgencyServer) -> None:
    newyear = dt.datetime(2005, 1, 1, 12, tzinfo=dt.UTC)
    assert fetch("IRX", "2004-01-05", newyear).values.tolist() == [0.90]
    server.publishes(2005, [4, 13], {})
    assert fetch("IRX", "2004-01-05", newyear).values.tolist() == [0.90]
    with pytest.raises(DataError, match="no value in that time"):
        fetch("IRX", "2005-01-01", newyear)
    assert fetch("IRX", "2004-01-05", dt.datetime(2005, 1, 1, 3, tzinfo=dt.UTC)).values.tolist() == [0.90]  # New York's


@pytest.mark.parametrize("symbol", ["13", "IRZ", "5W"])
def test_unknown(server: AgencyServer, symbol: str) -> None:
    with pytest.raises(DataError, match=rf"^{symbol}: the Treasury has no such bills.*: it has IRX, 4W, 6W, 8W, 13W"):
        fetch(symbol)
    assert not server.asked


@pytest.mark.parametrize("fault", [403, 404, 429, 500, 503, "cut", "short", "packed", "page"])
def test_a_refusal_may_be_tried_again_and_no_year_is_lost(server: AgencyServer, fault: int | str) -> None:
    server.refuses(2003, fault)
    ask = treasury.session(None)
    with pytest.raises(ConnectionError, match=r"^the Treasury"):
        ask("IRX", None, JANUARY)
    assert len(ask("IRX", None, JANUARY).thing.values) == 6
    assert [len(server.about(year)) for year in (2002, 2003, 2004)] == [1, 2, 1]


@pytest.mark.parametrize(
    "text",
    {
        "nothing": "",
        "no day": 'Date,"13 WEEKS BANK DISCOUNT"\n',
        "no number": 'Date,"13 WEEKS BANK DISCOUNT"\n01/02/2003,abc\n',
        "not a number": 'Date,"13 WEEKS BANK DISCOUNT"\n01/02/2003,nan\n',
        "no date": 'Date,"13 WEEKS BANK DISCOUNT"\n2003-01-02,1.2\n',
        "a column more": 'Date,"13 WEEKS BANK DISCOUNT"\n01/02/2003,1.2,3\n',
    }.values(),
)
def test_garbage_is_never_read(server: AgencyServer, text: str) -> None:
    right, server.years[2003] = server.years[2003], text
    ask = treasury.session(None)
    with pytest.raises(ConnectionError, match=r"^the Treasury's answer can't be read"):
        ask("IRX", None, JANUARY)
    server.years[2003] = right
    assert len(ask("IRX", None, JANUARY).thing.values) == 6
