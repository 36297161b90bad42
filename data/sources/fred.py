"""Daily series of FRED (Federal Reserve Bank of St. Louis), by the address of their CSV."""

from __future__ import annotations

import csv
import datetime as dt
import urllib.parse
from collections.abc import Collection

import numpy as np

from data.arrays import Dates, Floats
from data.errors import DataError, did_you_mean
from data.publication import LATE, published_late
from data.series import Series
from data.sources import SERIES, Kind
from data.sources.vendor import Ask, Fetched
from data.sources.web import StatusError, fetched_text
from data.version import PROGRAM

NAME, TITLE = "fred", "FRED"
ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv"
NOTE = "FRED publishes a day later: each value is known at the close of the next session"
KNOWN: Collection[str] = LATE
"""Names that mean FRED without being told so; no share or fund is called by one of them."""
LAG = published_late(LATE[0])
"""Sessions after its day at whose close a value is known."""
DATE_TITLES = ("observation_date", "DATE")
"""Today's title of the first column, and the one until 2024."""
MISSING = ("", ".")
DAILY = 4
"""Days between the values of a daily series, at most, by their median."""


def version() -> str:
    """Return what reads FRED, with its version."""
    return PROGRAM


def kind_of(symbol: str) -> Kind[Series]:
    """Return what a symbol is kept as: a series."""
    del symbol
    return SERIES


def session(identity: str | None) -> Ask:
    """Return what asks FRED throughout one pull."""
    del identity
    return ask


def ask(
    symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
) -> Fetched[Series]:
    """Fetch a daily series; raises as `fetch` does."""
    del now, noted
    return Fetched(fetch(symbol, first), (NOTE,))


def fetch(name: str, first: np.datetime64 | None = None) -> Series:
    """Fetch a daily series.

    Parameters
    ----------
    name
        As FRED calls it.
    first
        The first day to fetch; ``None`` for all there is.

    Returns
    -------
    Series
        In FRED's own unit (rates in percent). A value is known one session later. Days without a value are left out.

    Raises
    ------
    ConnectionError
        FRED refused, broke off, or answered with something unreadable: it may be tried again.
    DataError
        It can't be reached, knows no such series, has no value in that time, or the series isn't a daily one.
    """
    dates, values = _read(name, _csv(name, first))
    if not len(dates):
        raise DataError(f"{name}: FRED has no value in that time: ask for an earlier day")
    if len(dates) > 2 and np.median(np.diff(dates).astype(int)) > DAILY:
        raise DataError(
            f"{name}: isn't a daily series, and FRED doesn't say when each value was published: "
            "import it from a CSV file with the columns date, value and known"
        )
    return Series(name, dates, values, lag=LAG)


def _csv(name: str, first: np.datetime64 | None) -> str:
    """Return the CSV; raises as `fetch` does."""
    query = {"id": name} | ({} if first is None else {"cosd": str(first)})
    try:
        return fetched_text(f"{ADDRESS}?{urllib.parse.urlencode(query)}", TITLE)
    except StatusError as refusal:
        if refusal.status in (400, 404):
            raise DataError(f"{name}: FRED knows no such series{did_you_mean(name, KNOWN)}") from None
        raise


def _read(name: str, text: str) -> tuple[Dates, Floats]:
    """Return days and values of FRED's CSV; raises ConnectionError where it isn't that."""
    rows = [row for row in csv.reader(text.splitlines()) if row]
    if not rows or len(rows[0]) != 2 or rows[0][0] not in DATE_TITLES or rows[0][1] != name:
        raise ConnectionError("FRED's answer can't be read: it isn't the CSV of a series")
    try:
        held = [(day, float(value)) for day, value in rows[1:] if value not in MISSING]
        dates = np.array([day for day, _ in held], dtype="datetime64[D]")
        values = np.array([value for _, value in held], dtype=np.float64)
    except ValueError as error:
        raise ConnectionError(f"FRED's answer can't be read: {error}") from None
    if (np.diff(dates) <= np.timedelta64(0, "D")).any() or not np.isfinite(values).all():
        raise ConnectionError("FRED's answer can't be read: its days aren't in order, or a value is no number")
    return dates, values
