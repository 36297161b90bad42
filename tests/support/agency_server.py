"""A server on loopback that speaks the SEC's companyfacts and tickers, and the Treasury's CSV of bill rates.

It refuses as the SEC does, 403 to who doesn't say who asks, 404 for a company that it doesn't know; and as it is told.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import numpy as np

COMPANY = re.compile(r"/api/xbrl/companyfacts/CIK(\d{10})\.json")
YEAR = re.compile(r"/daily-treasury-rates\.csv/(\d{4})/all")
IDENTIFIED = re.compile(r"\S.*\s\S+@\S+\.\S+")
"""A name and an e-mail, which the SEC wants in User-Agent."""

Fault = int | str | tuple[int, str]
"""An HTTP status, perhaps with a Retry-After; or ``cut``, ``short`` (a body that ends too soon), ``half`` (half of it,
as if it were all), ``packed`` (half of what was compressed), ``page``, ``moved``."""


@dataclass(frozen=True)
class Asked:
    """One request: when it came, by the monotonic clock, its path, its query and its headers."""

    at: float
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def company_facts(cik: int, incomes: Sequence[float], first: str = "2020-01-01", **more: object) -> dict[str, object]:
    """Companyfacts of so many quarters' net income, each filed in a 10-Q forty days after its end.

    Each filing repeats the quarter before, as filings do; `more` is what else stands beside net income, by concept.
    """
    begin = np.datetime64(first, "M")
    facts = []
    for quarter in range(len(incomes)):
        ends = [(begin + 3 * (k + 1)).astype("datetime64[D]") - 1 for k in (quarter - 1, quarter)]
        filing = {
            "accn": f"{cik:010d}-{quarter:08d}",
            "fy": 2020,
            "fp": "Q1",
            "form": "10-Q",
            "filed": str(ends[1] + 40),
        }
        for k, end in zip((quarter - 1, quarter), ends, strict=True):
            if k >= 0:
                span = {"start": str((begin + 3 * k).astype("datetime64[D]")), "end": str(end)}
                facts.append({**span, "val": incomes[k], **filing})
    concepts = {"NetIncomeLoss": {"label": "Net income", "description": None, "units": {"USD": facts}}, **more}
    return {"cik": cik, "entityName": "SOME CORP", "facts": {"us-gaap": concepts}}


class AgencyServer:
    """The server; `with AgencyServer() as server:`."""

    def __init__(self) -> None:
        self.tickers: dict[str, int] = {}
        self.companies: dict[int, bytes] = {}
        self.years: dict[int, str] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.teller = self
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def patches(self) -> dict[str, str]:
        """The addresses of ours that have to be its own."""
        return {
            "data.sources.sec.FACTS": f"{self.url}/api/xbrl/companyfacts",
            "data.sources.sec.TICKERS": f"{self.url}/files/company_tickers.json",
            "data.sources.treasury.ADDRESS": f"{self.url}/daily-treasury-rates.csv",
        }

    def lists(self, ticker: str, cik: int, facts: object = None) -> None:
        """List a company, and serve its facts, an object or the bytes of a file; `None` where it has none."""
        self.tickers[ticker] = cik
        if facts is not None:
            self.companies[cik] = facts if isinstance(facts, bytes) else json.dumps(facts).encode()

    def publishes(self, year: int, weeks: Sequence[int], rows: Mapping[str, Sequence[float | None]]) -> None:
        """Serve a year's bill rates: of each day, ISO, the discount for each of some maturities; newest first."""
        titles = [f'"{each} WEEKS {what}"' for each in weeks for what in ("BANK DISCOUNT", "COUPON EQUIVALENT")]
        lines = [",".join(["Date", *titles])]
        for day in sorted(rows, reverse=True):
            cells = [
                text
                for rate in rows[day]
                for text in (("", "") if rate is None else (f"{rate:.2f}", f"{1.02 * rate:.2f}"))
            ]
            lines.append(",".join([f"{day[5:7]}/{day[8:]}/{day[:4]}", *cells]))
        self.years[year] = "\n".join([*lines, ""])

    def refuses(self, what: str | int, *faults: Fault) -> None:
        """Answer the next requests for ``tickers``, a company by its CIK, or a year with these."""
        self.faults[str(what)] = list(faults)

    def about(self, what: str | int) -> list[Asked]:
        """The requests for something so far."""
        return [each for each in self.asked if _what(each.path) == str(what)]

    def forgets(self) -> None:
        """Serve nothing again, and forget what was asked."""
        for held in (self.tickers, self.companies, self.years, self.faults, self.asked):
            held.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, what: str) -> tuple[int, bytes]:
        """A status and a body."""
        if what == "tickers":
            listed = [{"cik_str": cik, "ticker": ticker, "title": ticker} for ticker, cik in self.tickers.items()]
            return 200, json.dumps({str(k): each for k, each in enumerate(listed)}).encode()
        if COMPANY.fullmatch(path) and int(what) in self.companies:
            return 200, self.companies[int(what)]
        if YEAR.fullmatch(path) and int(what) in self.years:
            return 200, self.years[int(what)].encode()
        return 404, b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code></Error>'


def _what(path: str) -> str:
    """Return what a path asks for: ``tickers``, a company's CIK, or a year."""
    found = COMPANY.fullmatch(path) or YEAR.fullmatch(path)
    return str(int(found[1])) if found else "tickers"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        teller, split = self.server.teller, urlsplit(self.path)
        teller.asked.append(Asked(time.monotonic(), split.path, dict(parse_qsl(split.query)), dict(self.headers)))
        what = _what(split.path)
        of_sec = not YEAR.fullmatch(split.path)
        if of_sec and not IDENTIFIED.fullmatch(self.headers.get("User-Agent", "")):
            self._send(403, b"<title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title>")
            return
        fault = teller.faults[what].pop(0) if teller.faults.get(what) else None
        status, body = teller.answer(split.path, what)
        if fault is None:
            self._send(status, body)
        elif fault == "cut":
            self.close_connection = True
        elif fault == "short":
            self._send(200, body[: len(body) // 2], length=len(body))
            self.close_connection = True
        elif fault in ("half", "page"):
            self._send(200, body[: len(body) // 2] if fault == "half" else b"<html>Will be right back</html>")
        elif fault == "moved":
            self.send_response(302)
            self.send_header("Location", f"{teller.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "packed":
            whole = gzip.compress(body)
            self._send(200, whole[: len(whole) // 2], packed=True)
        else:
            status, wait = fault if isinstance(fault, tuple) else (fault, "")
            self._send(status, b"Too Many Requests", wait=wait)

    def _send(
        self, status: int, body: bytes, *, length: int | None = None, wait: str = "", packed: bool = False
    ) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and length is None and not packed:
            body, packed = gzip.compress(body, 1), True
        self.send_response(status)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if wait:
            self.send_header("Retry-After", wait)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Log nothing."""
