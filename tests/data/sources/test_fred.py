"""FRED's series, from a server on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import numpy as np
import pytest
from chart_server import ChartServer
from markets import days, make_series, nyse

from data.errors import DataError
from data.sources import fred


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChartServer]:
    with ChartServer() as server:
        monkeypatch.setattr(fred, "ADDRESS", server.fred)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield server


DATES = days("2026-08-14", "2026-08-17", "2026-08-18", "2026-08-19", "2026-08-20")
RATES = make_series("DGS10", DATES, [4.2, 4.25, np.nan, 4.31, 4.3])


@pytest.mark.parametrize("header", ["observation_date", "DATE"])
def test_a_series_with_its_lag(server: ChartServer, header: str) -> None:
    server.publishes(RATES, header)
    series = fred.fetch("DGS10")
    assert series.name == "DGS10"
    assert series.dates.tolist() == DATES[[0, 1, 3, 4]].tolist()
    assert series.values.tolist() == [4.2, 4.25, 4.31, 4.3]
    assert series.lag == 1
    assert server.asked[0].query == {"id": "DGS10"}


def test_a_value_is_known_a_session_later(server: ChartServer) -> None:
    server.publishes(RATES)
    known = fred.fetch("DGS10").as_known(DATES, nyse("2026-08-03", 20))
    np.testing.assert_array_equal(known, [np.nan, 4.2, 4.25, 4.25, 4.31])


def test_empty_values_are_missing(server: ChartServer) -> None:
    server.series["DGS10"] = "observation_date,DGS10\n2026-08-17,4.25\n2026-08-18,\n2026-08-19,4.31\n\n"
    assert fred.fetch("DGS10").values.tolist() == [4.25, 4.31]


def test_only_what_was_asked_for(server: ChartServer) -> None:
    server.publishes(RATES)
    assert fred.fetch("DGS10", np.datetime64("2026-08-19")).values.tolist() == [4.31, 4.3]
    assert server.asked[0].query == {"id": "DGS10", "cosd": "2026-08-19"}


def test_nothing_in_that_time(server: ChartServer) -> None:
    server.publishes(RATES)
    with pytest.raises(DataError, match="DGS10: FRED has no value in that time"):
        fred.fetch("DGS10", np.datetime64("2026-09-01"))


def test_unknown(server: ChartServer) -> None:
    with pytest.raises(DataError, match=r"^DGS11: FRED knows no such series, did you mean DGS1.?\?$"):
        fred.fetch("DGS11")


def test_a_monthly_series_is_refused(server: ChartServer) -> None:
    months = np.arange("2026-01", "2026-08", dtype="datetime64[M]").astype("datetime64[D]")
    server.publishes(make_series("CPIAUCSL", months, np.arange(7.0)))
    with pytest.raises(DataError, match=r"CPIAUCSL: isn't a daily series.*import"):
        fred.fetch("CPIAUCSL")


@pytest.mark.parametrize("fault", [429, 500, 503, "cut", "short", "garbage", "page", "list"])
def test_a_refusal_may_be_tried_again(server: ChartServer, fault: int | str) -> None:
    server.publishes(RATES)
    server.refuses("DGS10", fault)
    with pytest.raises(ConnectionError, match=r"^FRED"):
        fred.fetch("DGS10")
    assert len(fred.fetch("DGS10").values) == 4


@pytest.mark.parametrize(
    "text",
    {
        "nothing": "",
        "another series": "observation_date,DGS2\n2026-08-17,4.25\n",
        "no number": "observation_date,DGS10\n2026-08-17,abc\n",
        "not a number": "observation_date,DGS10\n2026-08-17,nan\n",
        "no date": "observation_date,DGS10\n17.08.2026,4.25\n",
        "backwards": "observation_date,DGS10\n2026-08-17,4.25\n2026-08-14,4.2\n",
        "a column more": "observation_date,DGS10\n2026-08-17,4.25,3\n",
    }.values(),
)
def test_garbage_is_never_read(server: ChartServer, text: str) -> None:
    server.series["DGS10"] = text or "\n"
    with pytest.raises(ConnectionError, match=r"^FRED's answer can't be read"):
        fred.fetch("DGS10")


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_asked: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DataError, match=r"^FRED can't be reached: Name or service not known: are you online\?$"):
        fred.fetch("DGS10")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fred, "ADDRESS", "http://127.0.0.1:9/graph/fredgraph.csv")
    with pytest.raises(ConnectionError, match=r"FRED can't be reached: .*refused"):
        fred.fetch("DGS10")
