"""What companies filed, from the SEC's companyfacts: whole files, under ten a second, for who says who asks."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.errors import DataError, quoted
from data.filings.facts import Filings, cik_of, file_of, read_companyfacts, tickers_in
from data.sources import FILINGS, Kind
from data.sources.vendor import Ask, Fetched
from data.sources.web import StatusError, fetched
from data.version import PROGRAM

if TYPE_CHECKING:
    import datetime as dt

    import numpy as np

NAME, TITLE = "sec", "the SEC"
KNOWN: Collection[str] = ()
"""None: a ticker alone means its prices."""
FACTS = "https://data.sec.gov/api/xbrl/companyfacts"
TICKERS = "https://www.sec.gov/files/company_tickers.json"
IDENTITY = "SEC_IDENTITY"
"""The environment variable that says who asks."""
EXAMPLE = "Ada Lovelace ada@example.com"
EMAIL = re.compile(r"\S+@\S+\.\S+")
APART = 0.125
"""Seconds from an answer to the next request. The SEC takes ten a second; people who kept just below were refused."""
SOON = 1.0
"""Seconds that a request is put off for; who wants to be left alone for longer isn't asked."""
NUMBER = re.compile(r"CIK(\d{1,10})")
"""A company by its number with the SEC: those no longer listed have no ticker."""
NOTE = "a fact counts as known at the close of the session after the day it was filed"
BARRED = "it refuses, for ten minutes, who asks too often, and an identity that isn't a name and an e-mail"


def version() -> str:
    """Return what reads the SEC's files, with its version."""
    return PROGRAM


def kind_of(symbol: str) -> Kind[Filings]:
    """Return what a symbol is kept as: filings."""
    del symbol
    return FILINGS


def session(identity: str | None) -> Ask:
    """Return what asks the SEC throughout one pull.

    Parameters
    ----------
    identity
        Who asks, by name and e-mail; ``None`` for what SEC_IDENTITY says.

    Raises
    ------
    DataError
        Nobody is named, or so that it can't be sent.
    """
    given = (os.environ.get(IDENTITY, "") if identity is None else identity).strip()
    if not given:
        raise DataError(
            f'the SEC answers only who says who asks: set {IDENTITY}="{EXAMPLE}", your own name and e-mail, or give it '
            "by --identity, or as data.sec_identity of a run's YAML by --config; it goes to sec.gov alone"
        )
    if not (EMAIL.search(given) and given.isprintable() and given.isascii()):
        raise DataError(f'{quoted(given)} is no name and e-mail to ask the SEC by: write "{EXAMPLE}", in ASCII')
    return _Desk(given).ask


@dataclass
class _Desk:
    """One pull's conversation with the SEC.

    Parameters
    ----------
    identity
        Who asks.
    free
        When the next request may go, by the monotonic clock.
    tickers
        The numbers of companies by ticker, fetched once.
    """

    identity: str
    free: float = 0.0
    tickers: Mapping[str, int] = field(default_factory=dict)

    def ask(
        self, symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
    ) -> Fetched[Filings]:
        """Fetch all that a company filed.

        Parameters
        ----------
        symbol
            Its ticker, or its number as ``CIK1045810``.
        first, now, noted
            Passed over: a file is always whole, and holds what was filed by now.

        Raises
        ------
        ConnectionError
            The SEC refused, broke off, wants to be left alone, or answered with something that is cut off.
        DataError
            It can't be reached, knows no such company, or the company's figures are of no use.
        """
        del first, now, noted
        number = NUMBER.fullmatch(symbol)
        file = file_of(int(number[1]) if number else self._cik(symbol))
        try:
            body = self._fetched(f"{FACTS}/{file}")
        except StatusError as refusal:
            if refusal.status != 404:
                raise
            why = "funds, and many that are listed abroad too, have no figures in its XBRL data"
            raise DataError(f"{symbol}: the SEC knows no filings of it ({file}): {why}") from None
        return Fetched(read_companyfacts(body, f"the SEC's {file}", symbol), (NOTE,))

    def _cik(self, ticker: str) -> int:
        """Return a company's number; raises DataError where the SEC lists no such ticker."""
        if not self.tickers:
            self.tickers = tickers_in(self._fetched(TICKERS), "the SEC's company_tickers.json")
        try:
            return cik_of(ticker, self.tickers)
        except DataError as unknown:
            raise DataError(f"{unknown}: name one that is listed no longer by its number, sec:CIK1045810") from None

    def _fetched(self, url: str) -> bytes:
        """Return a whole answer, in its turn; raises ConnectionError and DataError."""
        pause = self.free - time.monotonic()
        if pause > SOON:
            raise StatusError(f"the SEC asked to be left alone for {pause:,.0f} s more", wait=pause)
        time.sleep(max(0.0, pause))
        wait = APART
        try:
            body = fetched(url, TITLE, {"User-Agent": self.identity})
        except StatusError as refusal:
            wait = max(wait, refusal.wait)
            if refusal.status == 403:
                raise StatusError(f"{refusal}: {BARRED}", 403, refusal.wait) from None
            raise
        finally:
            self.free = time.monotonic() + wait
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            raise ConnectionError("the SEC's answer can't be read: it is cut off, or no JSON") from None
        return body
