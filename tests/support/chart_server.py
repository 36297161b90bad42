"""A server on loopback that speaks Yahoo's chart API and FRED's CSV, and what points yfinance and us at it.

It serves charts as Yahoo does: prices, volumes and dividends adjusted for every later split, each rescaling kept as a
32-bit float; dividends to six decimals, volumes whole; rows without a price as nulls; faults as Yahoo words them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.arrays import Dates
from data.bars import PRICES, Bars
from data.series import Series

NEW_YORK = ZoneInfo("America/New_York")
NOT_FOUND = "No data found, symbol may be delisted"
YAHOO = re.compile(r"https://[a-z0-9.]*yahoo\.com")
DEAD = "http://127.0.0.1:9"
"""A proxy that nobody listens at: whoever asks for an address outside loopback is refused."""


@dataclass(frozen=True)
class Asked:
    """One request: its path, and its query."""

    path: str
    query: Mapping[str, str]

    def first(self) -> np.datetime64:
        """The day from which a chart was asked for, in New York."""
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(self.query["period1"]))
        return np.datetime64(moment.astimezone(NEW_YORK).date(), "D")


@dataclass(frozen=True)
class Chart:
    """What Yahoo has of one symbol.

    Parameters
    ----------
    bars
        As traded; a row with NaN prices is served as nulls.
    kind
        Yahoo's instrumentType.
    gains
        Capital gains distributions, by ISO date, dollars a share as traded.
    absent
        Days of `bars` for which Yahoo has no row at all; their events stay.
    unscaled
        Splits on this day or later are listed, but not yet in the prices.
    """

    bars: Bars
    kind: str = "ETF"
    gains: Mapping[str, float] = field(default_factory=dict)
    absent: Sequence[str] = ()
    unscaled: str = "2200-01-01"

    def answer(self, symbol: str, since: int, until: int) -> dict[str, object]:
        """The chart between two moments, seconds since 1970."""
        stamps = _opens(self.bars.dates)
        asked = np.array([since <= stamp < until for stamp in stamps], dtype=bool)
        there = asked & ~np.isin(self.bars.dates, np.array(self.absent, dtype="datetime64[D]"))
        quote = {column: _nulls(values[there]) for column, values in self._adjusted().items()}
        quote["volume"] = [None if value is None else int(value) for value in quote["volume"]]
        result = {"meta": self._meta(symbol), "timestamp": [s for s, is_in in zip(stamps, there, strict=True) if is_in]}
        if there.any():
            result["indicators"] = {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]}
            result["events"] = self._events(stamps, asked)
        else:
            result["indicators"] = {"quote": [{}], "adjclose": [{}]}
        return {"chart": {"result": [result], "error": None}}

    def _adjusted(self) -> dict[str, np.ndarray]:
        """Prices and volume after every split, one rescaling after the other."""
        columns = {name: getattr(self.bars, name).astype(np.float32) for name in PRICES}
        volume = self.bars.volume.copy()
        for row in np.flatnonzero((self.bars.split != 1.0) & (self.bars.dates < np.datetime64(self.unscaled))):
            for column in columns.values():
                column[:row] = column[:row] / np.float32(self.bars.split[row])
            volume[:row] *= self.bars.split[row]
        return {name: column.astype(float) for name, column in columns.items()} | {"volume": np.round(volume)}

    def _later_splits(self) -> np.ndarray:
        return np.append(np.cumprod(self.bars.split[::-1])[::-1][1:], 1.0)

    def _events(self, stamps: list[int], asked: np.ndarray) -> dict[str, object]:
        paid = np.round(self.bars.dividend / self._later_splits(), 6)
        gains = {np.datetime64(day): amount for day, amount in self.gains.items()}
        events: dict[str, dict[str, object]] = {"dividends": {}, "splits": {}, "capitalGains": {}}
        for row in np.flatnonzero(asked):
            stamp, date = stamps[row], self.bars.dates[row]
            if paid[row]:
                events["dividends"][str(stamp)] = {"amount": float(paid[row]), "date": stamp}
            if date in gains:
                amount = round(gains[date] / float(self._later_splits()[row]), 6)
                events["capitalGains"][str(stamp)] = {"amount": amount, "date": stamp}
            if self.bars.split[row] != 1.0:
                events["splits"][str(stamp)] = {"date": stamp, **_ratio(float(self.bars.split[row]))}
        return {kind: held for kind, held in events.items() if held}

    def _meta(self, symbol: str) -> dict[str, object]:
        return {
            "currency": "USD",
            "symbol": symbol,
            "instrumentType": self.kind,
            "exchangeTimezoneName": "America/New_York",
            "gmtoffset": -14400,
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
        }


Fault = int | str
"""An HTTP status; or ``cut``, ``short`` (a body that ends too soon), ``garbage``, ``page``, ``list``, ``empty``,
``hang``."""


class ChartServer:
    """The server; `with ChartServer() as server:`."""

    def __init__(self) -> None:
        self.charts: dict[str, Chart] = {}
        self.series: dict[str, str] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[Asked] = []
        self.hung = threading.Event()
        self._bodies: dict[tuple[str, ...], bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.teller = self
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._server.server_address[1]

    @property
    def yahoo(self) -> str:
        """Where Yahoo is: its name has yahoo in it, so that yfinance keeps its cookies."""
        return f"http://query.yahoo.localhost:{self.port}"

    @property
    def fred(self) -> str:
        """Where FRED's CSV is."""
        return f"http://127.0.0.1:{self.port}/graph/fredgraph.csv"

    def lists(self, symbol: str, bars: Bars, **told: object) -> None:
        """Serve these bars under a symbol; `told` as in `Chart`."""
        self.charts[symbol] = Chart(bars, **told)
        self._bodies.clear()

    def publishes(self, series: Series, header: str = "observation_date") -> None:
        """Serve a series as FRED's CSV; NaN as a dot."""
        rows = [
            f"{date},{'.' if np.isnan(value) else value}"
            for date, value in zip(series.dates, series.values, strict=True)
        ]
        self.series[series.name] = "\n".join([f"{header},{series.name}", *rows, ""])

    def refuses(self, symbol: str, *faults: Fault) -> None:
        """Answer the next requests for a symbol with these."""
        self.faults[symbol] = list(faults)

    def forgets(self) -> None:
        """Serve nothing again, and forget what was asked."""
        self.hung.clear()
        self.charts.clear()
        self.series.clear()
        self.faults.clear()
        self.asked.clear()
        self._bodies.clear()

    def about(self, symbol: str) -> list[Asked]:
        """The requests for a symbol's chart or series so far."""
        return [
            each for each in self.asked if unquote(each.path).endswith(f"/{symbol}") or symbol in each.query.values()
        ]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self.hung.set()
        self._server.shutdown()
        self._server.server_close()

    def chart(self, symbol: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Answer a request for a chart."""
        if symbol not in self.charts:
            return 404, _told("Not Found", NOT_FOUND)
        since, until = (int(query["period1"]), int(query["period2"])) if "period1" in query else (0, 2**33)
        key = (symbol, str(since), str(until // 86400))
        if key not in self._bodies:
            self._bodies[key] = json.dumps(self.charts[symbol].answer(symbol, since, until)).encode()
        return 200, self._bodies[key]

    def csv(self, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Answer a request for a series."""
        if query.get("id") not in self.series:
            return 404, b"<!DOCTYPE html><title>404</title>"
        header, *rows = self.series[query["id"]].splitlines()
        return 200, "\n".join([header, *(row for row in rows if row >= query.get("cosd", "")), ""]).encode()


def pointing(url: str) -> Iterator[tuple[object, str, object]]:
    """What to set, on which object of yfinance's, so that all it asks for is at `url`.

    Its addresses are constants of its modules, and text inside its functions (of the cookie and the crumb).
    """
    import yfinance

    del yfinance
    for name, module in list(sys.modules.items()):
        if not name.startswith("yfinance"):
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, str) and YAHOO.match(value):
                yield module, attribute, YAHOO.sub(url, value)
            for function in _functions(value, module.__name__):
                moved = tuple(YAHOO.sub(url, c) if isinstance(c, str) else c for c in function.__code__.co_consts)
                if moved != function.__code__.co_consts:
                    yield function, "__code__", function.__code__.replace(co_consts=moved)


@contextlib.contextmanager
def served(cache: Path) -> Iterator[ChartServer]:
    """Start a server, with yfinance and FRED's address pointed at it until the end; its cookies go into `cache`."""
    from yfinance import cache as caches
    from yfinance.data import YfData

    with ChartServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in guard().items():
            patch.setenv(name, value)
        for held, attribute, value in pointing(server.yahoo):
            patch.setattr(held, attribute, value)
        patch.setattr("data.sources.fred.ADDRESS", server.fred)
        patch.setattr(YfData, "cache_get", YfData.get)  # what it fetched of days long past it wouldn't ask for again
        patch.setattr(caches._CookieCacheManager, "_Cookie_cache", None)
        caches.set_tz_cache_location(str(cache))
        yield server
        caches._CookieDBManager.close_db()


def point_here(yahoo: str, fred: str, cache: Path) -> None:
    """Point a whole process at a server, for good, with its cookies in `cache`; nothing outside loopback answers."""
    from yfinance import set_tz_cache_location

    import data.sources.fred

    os.environ |= guard()
    for held, attribute, value in pointing(yahoo):
        setattr(held, attribute, value)
    data.sources.fred.ADDRESS = fred
    set_tz_cache_location(str(cache))


def guard() -> dict[str, str]:
    """The environment in which no address outside loopback can be reached."""
    proxies = {f"{kind}_proxy": DEAD for kind in ("http", "https", "all")}
    return proxies | {name.upper(): DEAD for name in proxies} | {"no_proxy": "127.0.0.1,localhost,.localhost"}


def _functions(value: object, module: str) -> Iterator[types.FunctionType]:
    """The plain functions of a class or of a function of this module, under whatever decorates them."""
    held = list(vars(value).values()) if isinstance(value, type) and value.__module__ == module else [value]
    for each in held:
        function = each
        while hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        if isinstance(function, types.FunctionType) and function.__module__ == module:
            yield function


def _opens(dates: Dates) -> list[int]:
    """Yahoo's stamp of each session: half past nine in New York, seconds since 1970."""
    return [
        int(dt.datetime.combine(date, dt.time(9, 30), NEW_YORK).timestamp()) for date in dates.astype(object).tolist()
    ]


def _nulls(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def _ratio(split: float) -> dict[str, object]:
    """A split as Yahoo writes it: 0.1 is 1:10."""
    new, old = (1.0, round(1 / split, 6)) if split < 1 else (split, 1.0)
    return {"numerator": new, "denominator": old, "splitRatio": f"{new:g}:{old:g}"}


def _told(code: str, description: str) -> bytes:
    return json.dumps({"chart": {"result": None, "error": {"code": code, "description": description}}}).encode()


def _faulty(fault: Fault, symbol: str) -> tuple[int, bytes]:
    """A status and a body for a fault that is answered whole."""
    bodies = {
        "garbage": b'{"chart": {"result": [{"meta": {"curr',
        "page": b"<html><body>Will be right back</body></html>",
        "list": b"[]",
        "empty": json.dumps(Chart(_nothing()).answer(symbol, 0, 0)).encode(),
    }
    if isinstance(fault, str):
        return 200, bodies[fault]
    return fault, b"Too Many Requests" if fault == 429 else _told("internal-error", "something broke")


def _nothing() -> Bars:
    none = np.array([])
    return Bars("", none.astype("datetime64[D]"), *[none] * 7)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait 40 ms

    def do_GET(self) -> None:
        teller, split = self.server.teller, urlsplit(self.path)
        path, query = unquote(split.path), dict(parse_qsl(split.query))
        teller.asked.append(Asked(path, query))
        symbol = query.get("id") or path.rpartition("/")[2]
        fault = teller.faults[symbol].pop(0) if teller.faults.get(symbol) else None
        if fault == "hang":
            teller.hung.wait(60)
        if fault in ("cut", "hang"):
            self.close_connection = True
        elif fault == "short":
            self._send(200, b"{", length=1000)
            self.close_connection = True
        else:
            self._send(*(_faulty(fault, symbol) if fault is not None else self._answer(path, query, symbol)))

    def _answer(self, path: str, query: Mapping[str, str], symbol: str) -> tuple[int, bytes]:
        if path.startswith("/v8/finance/chart/"):
            return self.server.teller.chart(symbol, query)
        if path.startswith("/graph/"):
            return self.server.teller.csv(query)
        if path.endswith("/getcrumb"):
            return 200, b"crumb"
        return 404, b""

    def _send(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        if self.path == "/":
            self.send_header("Set-Cookie", "A3=d=1; Max-Age=31536000; Domain=.yahoo.localhost; Path=/")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Log nothing."""
