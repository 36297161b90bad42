"""Yahoo's history made as traded, fetched by yfinance's own code from a server on loopback."""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from chart_server import ChartServer, served
from history import FOLDER, needs_history
from hypothesis import given
from hypothesis import strategies as st
from markets import days, make_bars, nyse, random_bars

from data.bars import COLUMNS, PRICES, Bars
from data.errors import DataError
from data.sources import BARS, yahoo
from data.sources.csv import CsvSource
from data.sources.vendor import Fetched

EVENING = dt.datetime(2026, 8, 21, 22, tzinfo=dt.UTC)
"""Six in the evening of a Friday in New York."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChartServer]:
    with served(tmp_path_factory.mktemp("cookies")) as server:
        yield server


@pytest.fixture
def server(started: ChartServer) -> ChartServer:
    started.forgets()
    return started


def soxs_like(count: int = 600) -> Bars:
    """Falling into ten reverse splits, as SOXS did, with dividends; prices in cents."""
    dates = nyse("2010-03-11", count)
    split = np.ones(count)
    split[np.linspace(30, count - 20, 10).astype(int)] = [1 / n for n in (5, 4, 4, 5, 10, 12, 10, 10, 20, 10)]
    rng = np.random.default_rng(4)
    due = np.append(0, np.flatnonzero(split != 1.0))
    fallen = np.interp(np.arange(count), due, np.cumsum(np.log(split[due])))
    close = 40.28 * np.exp(fallen + rng.normal(0.0, 0.03, count)) / np.cumprod(split)
    opened = np.round(close * rng.uniform(0.97, 1.03, count), 2)
    close = np.round(close, 2)
    return make_bars(
        "SOXS",
        dates,
        close,
        open=opened,
        high=np.round(np.fmax(opened, close) + 0.31, 2),
        low=np.round(np.fmin(opened, close) * 0.98, 2),
        volume=np.round(rng.uniform(1e6, 9e6, count)),
        dividend={100: 0.712999, 300: 0.041, count - 5: 0.056},
        split=split,
    )


def fetch(symbol: str, first: str | None = None, now: dt.datetime = EVENING, told: str | None = None) -> Fetched[Bars]:
    return yahoo.fetch(
        symbol, None if first is None else np.datetime64(first), now, None if told is None else np.datetime64(told)
    )


def assert_same(got: Bars, expected: Bars, *columns: str) -> None:
    assert got.dates.tolist() == expected.dates.tolist()
    for name in columns or COLUMNS:
        np.testing.assert_array_equal(getattr(got, name), getattr(expected, name), err_msg=name)


def test_ten_reverse_splits_are_undone_to_the_cent(server: ChartServer) -> None:
    bars = soxs_like()
    server.lists("SOXS", bars)
    history = fetch("SOXS")
    assert_same(history.thing, bars, *PRICES, "dividend", "split")
    assert history.notes == ("made as traded by undoing 10 splits",)
    assert history.passing == ()
    adjusted = server.charts["SOXS"].answer("SOXS", 0, 2**33)["chart"]["result"][0]["indicators"]["quote"][0]
    assert adjusted["close"][0] == pytest.approx(40.28 * 960e6, rel=0.02)  # what was served is far from what traded


def test_volume_that_the_splits_rounded_to_nothing_is_zero(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-03-02", 3), [9, 9, 90], volume=[1_234_567, 89, 5_000], split={2: 0.1})
    server.lists("X", bars)
    assert fetch("X").thing.volume.tolist() == [1_234_570, 0, 5_000]


def test_a_volume_of_few_shares_stays_where_no_split_follows(server: ChartServer) -> None:
    server.lists("X", make_bars("X", nyse("2026-03-02", 3), [9, 18, 9], volume=[3, 7, 8], split={2: 2}))
    assert fetch("X").thing.volume.tolist() == [3, 7, 8]


@needs_history
@pytest.mark.parametrize("name", ["SOXS", "SPY", "SMH"])
def test_real_history_comes_back(server: ChartServer, name: str) -> None:
    bars = CsvSource(FOLDER).read(BARS, name)
    server.lists(name, bars)
    got = fetch(name).thing
    np.testing.assert_allclose(got.close, bars.close, rtol=1e-6)  # of SPY's 32nds of a dollar four decimals stay
    in_cents = np.round(bars.close, 2) == bars.close
    assert (got.close == bars.close)[in_cents].all()
    np.testing.assert_allclose(got.split, bars.split, rtol=1e-10)
    np.testing.assert_allclose(got.dividend, bars.dividend, atol=1e-9)


@given(
    seed=st.integers(0, 2**31),
    ratios=st.lists(st.sampled_from([0.05, 0.1, 0.2, 0.25, 2.0, 3.0, 4.0, 10.0, 1.046]), max_size=8),
)
def test_what_the_vendor_keeps_as_32_bit_floats_rounds_back_to_the_cent(seed: int, ratios: list[float]) -> None:
    rng = np.random.default_rng(seed)
    traded = np.round(np.exp(rng.uniform(np.log(0.5), np.log(400), 50)), 2)
    kept = traded.astype(np.float32)
    for ratio in ratios:
        kept = kept / np.float32(ratio)
    later = np.full(50, np.prod(ratios))
    if later[0] > 1000:
        return  # a cent is less than Yahoo prints
    back = yahoo._rounded(kept.astype(float), later, np.full(50, len(ratios)))
    np.testing.assert_array_equal(back, traded)


def test_forward_splits_shrink_what_yahoo_prints(server: ChartServer) -> None:
    dates = nyse("2024-06-03", 8)
    bars = make_bars(
        "NVDA",
        dates,
        [1150.0, 1164.37, 1224.4, 1209.98, 120.888, 121.79, 120.91, 125.2],
        dividend={2: 0.12, 6: 0.01},
        split={4: 10.0, 1: 4.0},
    )
    server.lists("NVDA", bars)
    assert_same(fetch("NVDA").thing, bars)


def test_a_dividend_that_is_printed_rounded_comes_back(server: ChartServer) -> None:
    bars = make_bars("AAPL", nyse("2014-06-02", 3), [628.65, 89.81, 22.76], dividend={0: 0.12}, split={1: 7.0, 2: 4.0})
    server.lists("AAPL", bars)
    assert_same(
        fetch("AAPL").thing, bars, *PRICES, "dividend", "split"
    )  # Yahoo says 0.004286, 28 times which is 0.120008


def test_an_ex_date_on_the_day_of_a_split_is_in_the_new_basis(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-03-02", 4), [2.0, 2.1, 21.0, 20.0], dividend={1: 0.02, 2: 0.3}, split={2: 0.1})
    server.lists("X", bars)
    assert_same(fetch("X").thing, bars, *PRICES, "dividend", "split")


def test_an_event_on_a_day_without_a_row_goes_into_the_next(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-03-02", 5), [2.0, 2.1, 21.0, 20.0, 22.0], dividend={2: 0.3}, split={2: 0.1})
    server.lists("X", bars, absent=[str(bars.dates[2])])
    got = fetch("X").thing
    assert_same(got, bars.onto(np.delete(bars.dates, 2)), *PRICES, "split", "dividend")
    assert got.close.tolist() == [2.0, 2.1, 20.0, 22.0]  # yfinance's own table has the split a day early: 0.21
    assert got.split.tolist() == [1.0, 1.0, 0.1, 1.0]


def test_a_row_without_prices_is_left_out_and_its_events_kept(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-03-02", 5), [2.0, 2.1, np.nan, 20.0, 22.0], dividend={2: 0.3}, split={2: 0.1})
    server.lists("X", bars)
    history = fetch("X")
    assert_same(history.thing, bars.onto(np.delete(bars.dates, 2)), *PRICES, "split", "dividend")
    assert history.thing.dividend.tolist() == [0.0, 0.0, 0.3, 0.0]
    assert "1 row without prices left out: 2026-03-04" in history.notes
    assert not any("without prices" in note for note in fetch("X", told="2026-03-05").notes)


def test_a_split_on_the_last_day(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-08-17", 5), [2.0, 2.1, 2.2, 2.3, 23.0], split={4: 0.1})
    server.lists("X", bars)
    assert_same(fetch("X").thing, bars, *PRICES, "split")


def test_a_split_after_the_last_finished_bar_is_undone_and_not_kept(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-08-17", 5), [2.0, 2.1, 2.2, 2.3, 23.0], split={4: 0.1})
    server.lists("X", bars)
    morning = dt.datetime(2026, 8, 21, 13, tzinfo=dt.UTC)
    history = fetch("X", now=morning)
    assert_same(history.thing, bars.rows(slice(4)), *PRICES, "split")


@pytest.mark.parametrize(
    ("now", "rows"),
    [
        (dt.datetime(2026, 8, 21, 20, 14, tzinfo=dt.UTC), 4),  # 16:14 in New York
        (dt.datetime(2026, 8, 21, 20, 15, tzinfo=dt.UTC), 5),
        (
            dt.datetime(2026, 8, 22, 5, 0, tzinfo=dt.timezone(dt.timedelta(hours=9))),
            4,
        ),  # 16:00 in New York, seen from Tokyo
    ],
)
def test_todays_bar_counts_from_a_quarter_past_four(server: ChartServer, now: dt.datetime, rows: int) -> None:
    server.lists("X", make_bars("X", nyse("2026-08-17", 5), [2.0, 2.1, 2.2, 2.3, 2.4]))
    history = fetch("X", now=now)
    assert len(history.thing) == rows
    assert bool(history.passing) == (rows == 4)
    assert not history.notes
    if history.passing:
        assert history.passing == ("today's bar (2026-08-21) is left out: it isn't finished",)


def test_only_sessions_of_the_nyse_are_bars(server: ChartServer) -> None:
    dates = days("2026-07-02", "2026-07-03", "2026-07-04", "2026-07-06", "2026-07-07")  # the 3rd is the holiday
    server.lists("BTC-USD", make_bars("BTC-USD", dates, [1, 2, 3, 4, 5], dividend={1: 0.5}), kind="CRYPTOCURRENCY")
    history = fetch("BTC-USD")
    assert history.thing.dates.tolist() == dates[[0, 3, 4]].tolist()
    assert history.thing.dividend.tolist() == [0.0, 0.5, 0.0]
    assert history.notes == ("2 rows on days without a session of the NYSE left out: 2026-07-03, 2026-07-04",)


def test_an_index_keeps_its_own_days(server: ChartServer) -> None:
    dates = days("2026-07-02", "2026-07-03", "2026-07-06")
    bars = make_bars("^IRX", dates, [0.0, -0.05, 3.671], open=[0.01, 0.0, 3.6])
    server.lists("^IRX", bars, kind="INDEX")
    assert_same(fetch("^IRX").thing, bars, *PRICES)


def test_inconsistent_prices_are_kept(server: ChartServer) -> None:
    bars = make_bars("X", nyse("2026-08-17", 3), [2.0, 2.1, 2.2], high=[1.9, 2.1, 2.3], low=[2.0, 2.5, 2.2])
    server.lists("X", bars)
    assert_same(fetch("X").thing, bars)


def test_capital_gains_count_as_dividends_once(server: ChartServer) -> None:
    bars = make_bars("VWILX", nyse("2025-12-15", 5), [50, 50, 43, 43, 43], dividend={2: 7.857, 3: 0.1})
    server.lists("VWILX", bars, gains={"2025-12-17": 6.42, "2025-12-18": 0.4, "2025-12-19": 0.2})
    history = fetch("VWILX")
    assert history.thing.dividend.tolist() == [0.0, 0.0, 7.857, 0.5, 0.2]
    assert "2025-12-17: the capital gains distribution counts as a dividend, which holds it already" in history.notes
    assert "2025-12-18: the capital gains distribution counts as a dividend" in history.notes


def test_only_what_was_asked_for_is_fetched(server: ChartServer) -> None:
    bars = soxs_like()
    server.lists("SOXS", bars)
    first = bars.dates[-25]
    got = fetch("SOXS", str(first)).thing
    assert_same(got, bars.rows(slice(len(bars) - 25, None)), *PRICES, "dividend", "split")
    (asked,) = server.about("SOXS")
    assert asked.first() == first


def test_one_request_a_symbol_after_the_first(server: ChartServer) -> None:
    server.lists("X", make_bars("X", nyse("2026-08-17", 3), [2.0, 2.1, 2.2]))
    fetch("X")
    server.asked.clear()
    fetch("X")
    assert [each.path for each in server.asked] == ["/v8/finance/chart/X"]


def test_an_unknown_symbol(server: ChartServer) -> None:
    with pytest.raises(DataError, match=r"^SOXZ: Yahoo knows no such symbol, did you mean SOX.\?: .*\^VIX"):
        fetch("SOXZ")


def test_no_prices_in_that_time(server: ChartServer) -> None:
    server.lists("X", make_bars("X", nyse("2026-03-02", 3), [2.0, 2.1, 2.2]))
    with pytest.raises(DataError, match="X: Yahoo has no prices from 2026-08-20 on"):
        fetch("X", "2026-08-20")
    server.lists("X", make_bars("X", nyse("2026-03-02", 2), [np.nan, np.nan]))
    with pytest.raises(DataError, match="X: Yahoo has no prices: "):
        fetch("X")


@pytest.mark.parametrize(
    ("fault", "says"),
    {
        "too many requests": (429, "429"),
        "server's fault": (500, "something broke"),
        "gateway": (502, "something broke"),
        "cut": ("cut", "can't be reached"),
        "broken off": ("short", "can't be reached"),
        "garbage": ("garbage", "can't be read"),
        "a page": ("page", "can't be read"),
        "another JSON": ("list", "refuses for now"),
    }.values(),
)
def test_a_refusal_may_be_tried_again(
    server: ChartServer, fault: int | str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server.lists("X", make_bars("X", nyse("2026-08-17", 3), [2.0, 2.1, 2.2]))
    server.refuses("X", fault, fault)  # yfinance asks again after a status, and curl where an old connection is cut
    with pytest.raises(ConnectionError, match=says) as refusal:
        fetch("X")
    assert "\n" not in str(refusal.value)
    server.faults.clear()
    assert len(fetch("X").thing) == 3
    assert capfd.readouterr() == ("", "")


def test_a_crumb_that_is_refused_does_no_harm_and_is_not_talked_about(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from yfinance.data import YfData

    monkeypatch.setattr(YfData(), "_crumb", None)
    server.lists("X", make_bars("X", nyse("2026-08-17", 3), [2.0, 2.1, 2.2]))
    server.refuses("getcrumb", 429, 429, 429)
    with caplog.at_level(logging.DEBUG, "yfinance"):
        assert len(fetch("X").thing) == 3
    assert server.about("getcrumb")
    assert caplog.records == []


def test_an_answer_without_rows(server: ChartServer) -> None:
    server.refuses("X", "empty")
    with pytest.raises(DataError, match="X: Yahoo has no prices"):
        fetch("X")


def test_offline(server: ChartServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    name = "a" * 64 + ".invalid"  # too long a label for any resolver to ask for
    monkeypatch.setenv("no_proxy", f"127.0.0.1,.localhost,{name}")
    monkeypatch.setattr("yfinance.scrapers.history._BASE_URL_", f"http://{name}")
    with pytest.raises(DataError, match=r"^Yahoo can't be reached: .*are you online\?$"):
        fetch("X")
    assert capfd.readouterr() == ("", "")


def test_nothing_outside_loopback_can_be_reached(server: ChartServer) -> None:
    from curl_cffi import requests

    with requests.Session() as session, pytest.raises(requests.exceptions.RequestException, match="proxy"):
        session.get("http://example.com", timeout=5)


def test_yfinances_own_settings_are_put_back(server: ChartServer) -> None:
    import yfinance

    with pytest.raises(DataError):
        fetch("NONE")
    assert yfinance.config.debug.hide_exceptions is True
    assert not logging.getLogger("yfinance").disabled


@pytest.mark.parametrize("spoiled", ["garbage", "locked", "folder is a file", "folder can't be written"])
def test_a_spoiled_cache_of_cookies_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, server: ChartServer, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    import peewee
    from yfinance import cache, set_tz_cache_location
    from yfinance.data import YfData

    folder = tmp_path_factory.mktemp("spoiled") / "cache"
    if spoiled == "folder is a file":
        folder.write_text("")
    else:
        folder.mkdir()
    if spoiled == "folder can't be written":
        monkeypatch.setattr(os, "access", lambda *_asked: False)
    if spoiled == "garbage":
        (folder / "cookies.db").write_bytes(b"no database" * 100)
    other = sqlite3.connect(folder / "cookies.db") if spoiled == "locked" else None
    if other is not None:
        other.execute("begin exclusive")
        patient = peewee.SqliteDatabase.init
        monkeypatch.setattr(
            peewee.SqliteDatabase, "init", lambda *told, **more: patient(*told, **more | {"timeout": 0})
        )
    old = cache._CookieDBManager.get_location()
    monkeypatch.setattr(cache._CookieCacheManager, "_Cookie_cache", None)
    set_tz_cache_location(str(folder))
    monkeypatch.setattr(YfData(), "_cookie", None)
    monkeypatch.setattr(YfData(), "_crumb", None)
    server.lists("X", make_bars("X", nyse("2026-08-17", 3), [2.0, 2.1, 2.2]))
    try:
        assert len(fetch("X").thing) == 3
        without = isinstance(cache._CookieCacheManager._Cookie_cache, cache._CookieCacheDummy)
        assert without == (spoiled in ("garbage", "locked"))  # of the others yfinance takes care
    finally:
        set_tz_cache_location(old)
        if other is not None:
            other.close()


def test_random_histories_come_back(server: ChartServer) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        bars = random_bars("X", nyse("2015-01-02", 300), rng)
        bars = replace(bars, **{name: np.round(getattr(bars, name), 2) for name in PRICES})
        server.lists("X", bars)
        got = fetch("X").thing
        np.testing.assert_allclose(got.close, bars.close, rtol=1e-5)
        np.testing.assert_allclose(got.total_return(), bars.total_return(), rtol=1e-4)


def test_without_yfinance_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(DataError, match=r"^yfinance isn't installed: pip install yfinance$"):
        fetch("X")


# The way out


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Leave the proxies that are named, and no other."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def named(**proxies: str) -> None:
        for name, value in proxies.items():
            monkeypatch.setenv(name, value)

    return named


@pytest.mark.parametrize("form", ["http://127.0.0.1:{}", "127.0.0.1:{}", "http://me:secret@127.0.0.1:{}/"])
def test_a_proxy_that_answers_is_a_way_out(listening: int, environment: Callable[..., None], form: str) -> None:
    environment(https_proxy=form.format(listening))
    assert yahoo.way_out(3.0) is None


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("http://127.0.0.1:9", "Connection refused"),
        ("http://127.0.0.1:here", "the proxy of the environment has no such port"),
        (f"http://{'a' * 70}.b", "label"),
    ],
)
def test_a_proxy_that_nobody_listens_at_is_none(environment: Callable[..., None], proxy: str, why: str) -> None:
    environment(all_proxy=proxy)
    assert why in (yahoo.way_out(3.0) or "")


@pytest.mark.parametrize("proxies", [{}, {"https_proxy": "http://127.0.0.1:9", "no_proxy": ".yahoo.com"}])
def test_else_it_is_yahoo_that_has_to_answer(
    environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str]
) -> None:
    asked = []
    monkeypatch.setattr(yahoo.socket, "create_connection", lambda *named: asked.append(named) or socket.socket())
    environment(**proxies)
    assert yahoo.way_out(3.0) is None
    assert asked == [(("query2.finance.yahoo.com", 443), 3.0)]


def test_a_name_that_nobody_resolves_is_not_waited_for(
    environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(yahoo.socket, "create_connection", lambda *_named: released.wait(60) and socket.socket())
    assert yahoo.way_out(0.05) == "no answer in 0.05 s"
    released.set()
    error = socket.gaierror(-2, "Name or service not known")
    monkeypatch.setattr(yahoo.socket, "create_connection", partial(_raise, error))
    assert yahoo.way_out(3.0) == "Name or service not known"
    monkeypatch.setattr(yahoo.socket, "create_connection", partial(_raise, TimeoutError("timed out")))
    assert yahoo.way_out(3.0) == "no answer in 3 s"


def _raise(error: Exception, *_named: object) -> None:
    raise error
