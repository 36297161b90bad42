"""The Treasury's daily rates of its bills, by the address of their CSV: one file a year, a column a maturity."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np

from data.errors import DataError, did_you_mean
from data.series import Series
from data.sources import SERIES, Kind
from data.sources.vendor import Ask, Fetched
from data.sources.web import StatusError, fetched_text
from data.stamps import NEW_YORK
from data.version import PROGRAM

NAME, TITLE = "treasury", "the Treasury"
KNOWN: Collection[str] = ()
"""None: ^IRX is Yahoo's."""
ADDRESS = "https://home.treasury.gov/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
QUERY = "type=daily_treasury_bill_rates&field_tdr_date_value={year}&page&_format=csv"
SINCE = 2002
"""The first year that there is."""
WEEKS = {"IRX": 13, **{f"{weeks}W": weeks for weeks in (4, 6, 8, 13, 17, 26, 52)}}
"""Symbols, and the maturity that each means. The bills of 6, 8, 17 and 52 weeks haven't been there from the start."""
DISCOUNT = "{weeks} WEEKS BANK DISCOUNT"
"""The title of what ^IRX quotes too: the discount of the par value, a year of 360 days."""
LAG = 1
"""Sessions after its day at whose close a value is known: bids of half past three, published in the evening."""
NOTE = "the Treasury publishes in the evening: each value is known at the close of the next session"
Rates = dict[dt.date, dict[str, float]]
"""Percent, by day and title."""
DATE_FORM = "%m/%d/%Y"
MISSING = ("", "N/A")


def version() -> str:
    """Return what reads the Treasury's files, with its version."""
    return PROGRAM


def kind_of(symbol: str) -> Kind[Series]:
    """Return what a symbol is kept as: a series."""
    del symbol
    return SERIES


def session(identity: str | None) -> Ask:
    """Return what asks the Treasury throughout one pull."""
    del identity
    return _Years().ask


@dataclass(frozen=True)
class _Years:
    """The years that were fetched: several maturities need the same, and a second try what the first one got."""

    held: dict[int, Rates] = field(default_factory=dict)

    def ask(
        self, symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
    ) -> Fetched[Series]:
        """Fetch the rates of a maturity.

        Parameters
        ----------
        symbol
            ``IRX``, of 13 weeks; or ``4W`` and the like.
        first
            The first day to fetch; ``None`` for all there is.
        now
            The time: there is nothing beyond its year.

        Returns
        -------
        Fetched of Series
            Bank discounts in percent. A value is known one session later. Days without a value are left out.

        Raises
        ------
        ConnectionError
            The Treasury refused, broke off, or answered with something unreadable: it may be tried again.
        DataError
            It can't be reached, has no such bills, or no value of them in that time.
        """
        del noted
        if symbol not in WEEKS:
            known = ", ".join(WEEKS)
            raise DataError(f"{symbol}: the Treasury has no such bills{did_you_mean(symbol, WEEKS)}: it has {known}")
        title = DISCOUNT.format(weeks=WEEKS[symbol])
        this = now.astimezone(ZoneInfo(NEW_YORK)).year
        since = SINCE if first is None else max(SINCE, int(str(first)[:4]))
        years = [self._of(year, begun=year == this) for year in range(since, this + 1)]
        held = sorted((day, row[title]) for rows in years for day, row in rows.items() if title in row)
        dates = np.array([day for day, _rate in held], dtype="datetime64[D]")
        values = np.array([rate for _day, rate in held])
        wanted = np.full(len(dates), fill_value=True) if first is None else dates >= first
        if not wanted.any():
            raise DataError(f"{symbol}: the Treasury has no value in that time: ask for another day, or other bills")
        return Fetched(Series(symbol, dates[wanted], values[wanted], lag=LAG), (NOTE,))

    def _of(self, year: int, *, begun: bool) -> Rates:
        """Return the rates of a year, asked for once; one that has just begun may have no file, or none in it."""
        if year not in self.held:
            try:
                rates = _read(fetched_text(f"{ADDRESS}/{year}/all?{QUERY.format(year=year)}", TITLE))
            except StatusError as refusal:
                if refusal.status != 404 or not begun:
                    raise
                rates = {}
            if not rates and not begun:
                raise ConnectionError(f"the Treasury's answer can't be read: it has no day of {year}")
            self.held[year] = rates
        return self.held[year]


def _read(text: str) -> Rates:
    """Return a year's rates; raises ConnectionError where a text isn't the CSV of them."""
    header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [["Date"]]
    if header[0] != "Date" or any(len(row) != len(header) for row in rows):
        raise ConnectionError("the Treasury's answer can't be read: it isn't the CSV of a year's rates")
    rates: Rates = {}
    for day, *cells in rows:
        given = {title: cell for title, cell in zip(header[1:], cells, strict=True) if cell not in MISSING}
        try:
            date = dt.datetime.strptime(day, DATE_FORM).date()  # noqa: DTZ007  # a day, whatever the zone
            rates[date] = {title: float(cell) for title, cell in given.items()}
        except ValueError as error:
            raise ConnectionError(f"the Treasury's answer can't be read: {error}") from None
        if not np.isfinite(list(rates[date].values())).all():
            raise ConnectionError(f"the Treasury's answer can't be read: a rate of {date} is no number")
    return rates
