"""Source ``embedded``: a real market that is installed with the package ``arch``, read from its files, never copied."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from data.arrays import DAY, Dates
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError, did_you_mean
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind, typed

PACKAGE = "arch"
"""Whose files are read. It is found, not imported: importing its data takes seconds."""
INDICES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"NASDAQ": ("Nasdaq Composite", "nasdaq/nasdaq.csv.gz"), "SP500": ("S&P 500", "sp500/sp500.csv.gz")}
)
"""What each index is called, and its file below the package's ``data``."""
INDEX_COLUMNS = ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume")
TBILL = "TBILL"
"""The one-month Treasury bill's yield, percent a year, actual/360: a name for ``execution.cash_rate``."""
FRENCH, FRENCH_COLUMNS = "frenchdata/frenchdata.csv.gz", ("Date", "Mkt-RF", "SMB", "HML", "RF")
"""Ken French's factors by month: RF is the bill's return over the month, in percent."""
SINCE = "199901"
"""The month from which the bill's yield is given: that of the indices' first session."""
REMEDY = f"pip install --force-reinstall {PACKAGE}, or give real history with --data DIR"


@dataclass(frozen=True)
class EmbeddedSource:
    """Two indices, daily, with the bill rate, from 1999-01-04 to 2018-12-31: real history without a network.

    Bars: NASDAQ, the Nasdaq Composite, and SP500, the S&P 500, on all sessions of the NYSE. They are price indices: no
    dividend is in them, and nobody could buy one. Volume is that of the index's exchange. Until about 2006 SP500 opens
    at its last close on most sessions, as nothing tells its open.

    Series: TBILL. A month's RF is what a one-month bill returned that was bought as the month began, so it stood then:
    its yield, RF x 360 / the month's days, is dated by the month's first session and known at that close. The file
    rounds RF to 0.01 %, 0.12 % a year, and ends with November 2018; that value carries on.

    The files are those of the installed package ``arch``; a run's manifest has the hash of what was read.
    """

    name = "embedded"
    simulated = False

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, sorted."""
        return {BARS: tuple(sorted(INDICES)), SERIES: (TBILL,)}.get(kind, ())

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history; raises DataError, as where the package isn't installed."""
        held = self.names(kind)
        if name not in held:
            known = ", ".join(held) + ", for execution.cash_rate" * (kind == SERIES) or "none"
            raise DataError(f"the embedded market has no {kind} of {name}{did_you_mean(name, held)}: it has {known}")
        return typed(kind, _bill_yield() if kind == SERIES else _index(name))


def index_note(names: Iterable[str]) -> str:
    """Return what a reader has to know of the indices among some names of instruments; nothing where there is none."""
    held = [name for name in dict.fromkeys(names) if name in INDICES]
    if not held:
        return ""
    named = " and ".join(f"{name} is the {INDICES[name][0]}" for name in held)
    several = len(held) > 1
    note = (
        f"PRICE INDEX: {named}, not semiconductors; {'their' if several else 'its'} dividends are in no book, and"
        f" nobody could buy {'them' if several else 'it'}."
    )
    stale = " SP500 opens at its last close on most sessions until 2006: fills there are notional."
    return note + stale * ("SP500" in held)


def _index(name: str) -> Bars:
    file = INDICES[name][1]
    with _told(file):
        rows = _rows(file, INDEX_COLUMNS)
        days = (row[0].split("/") for row in rows)
        dates = np.array([f"{year}-{month:0>2}-{day:0>2}" for month, day, year in days], dtype="datetime64[D]")
        opened, high, low, close, _adjusted, volume = np.array([row[1:] for row in rows], dtype=np.float64).T.copy()
        if not (np.diff(dates) > 0 * DAY).all():
            raise ValueError("its days are out of order")
        if not all((prices > 0.0).all() for prices in (opened, high, low, close)):
            raise ValueError("a price isn't positive")
    return Bars(name, dates, opened, high, low, close, volume, np.zeros(len(dates)), np.ones(len(dates)))


def _bill_yield() -> Series:
    with _told(FRENCH):
        rows = [row for row in _rows(FRENCH, FRENCH_COLUMNS) if row[0] >= SINCE]
        firsts = np.array([f"{row[0][:4]}-{row[0][4:]}-01" for row in rows], dtype="datetime64[D]")
        returns = np.array([row[-1] for row in rows], dtype=np.float64)
        ends: Dates = (firsts.astype("datetime64[M]") + 1).astype("datetime64[D]")
        sessions = nyse_sessions(firsts[0], ends[-1])
        dates = sessions[np.searchsorted(sessions, firsts)]
    return Series(TBILL, dates, returns * 360.0 / ((ends - firsts) / DAY))


def _rows(file: str, columns: tuple[str, ...]) -> list[list[str]]:
    """Return a file's rows below its header; raises ValueError where that is another."""
    with gzip.open(_folder() / file, "rt", encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    if tuple(header) != columns:
        raise ValueError(f"its columns are {', '.join(header)}")
    return rows


def _folder() -> Path:
    """Return where the package keeps its data; raises DataError where it isn't installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DataError(f"the embedded market is read from the package {PACKAGE}, which isn't installed: {REMEDY}")
    return Path(found.submodule_search_locations[0]) / "data"


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Raise DataError for a file of the package that isn't there, or isn't what it was."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"the package {PACKAGE} has no data/{file}, a part of the embedded market: {REMEDY}") from None
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"data/{file} of the package {PACKAGE} can't be read: {said}: {REMEDY}") from None
