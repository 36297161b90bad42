"""Companies' worth by their filings as rows: one a company and month end, or of one day."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np

from data.arrays import DAY, Dates, Ints
from data.calendar import nyse_sessions
from data.errors import DataError
from data.filings.valuation import Company, Group


@dataclass(frozen=True)
class Worth:
    """A company at one close; None where it isn't known.

    Parameters
    ----------
    date
        The session, ISO.
    ticker
        The company's.
    market_value, net_income, sales
        Dollars; net income and sales of the trailing four quarters, as first filed.
    filed
        The day of the last filing that any of these stands on, ISO.
    close, shares
        Dollars a share as traded, and shares in that session's basis.
    quarters_to
        The last day of the four quarters, ISO.
    """

    date: str
    ticker: str
    market_value: float | None
    net_income: float | None
    sales: float | None
    filed: str | None
    close: float | None
    shares: float | None
    quarters_to: str | None

    @property
    def price_earnings(self) -> float | None:
        """Market value over net income; None where either isn't known, or that isn't positive."""
        if self.market_value is None or self.net_income is None or self.net_income <= 0.0:
            return None
        return self.market_value / self.net_income


WORTH = tuple(field.name for field in fields(Worth))
"""The columns of its CSV."""


def as_row(worth: Worth) -> tuple[Any, ...]:
    """Return its values in the order of `WORTH`."""
    return astuple(worth)


def worth(group: Group, rows: Ints) -> list[Worth]:
    """Return each company at each of some sessions, by their rows, once anything was filed of it, while it belongs."""
    return [
        _worth(company, group.sessions[row], int(row))
        for company, belongs in zip(group.companies, group.belongs.T, strict=True)
        for row in rows
        if belongs[row] and not np.isnat(company.filed[row])
    ]


def month_ends(group: Group) -> Ints:
    """Return the rows of the last session of each month that is over, once anything was filed of a company.

    Raises DataError where that never was.
    """
    filed = np.any([~np.isnat(company.filed) for company in group.companies], axis=0)
    ends = _month_ends(group.sessions)
    ends = ends[filed[ends]]
    if not len(ends):
        names = ", ".join(company.name for company in group.companies)
        raise DataError(
            f"{names}: at no month's end were shares or four quarters known: pull or import more filings, or bars"
        )
    return ends


def row_of(sessions: Dates, date: np.datetime64) -> Ints:
    """Return the row of the last session up to a day, shape (1,); raises DataError where there is none near it."""
    row = int(np.searchsorted(sessions, date, side="right")) - 1
    if row < 0 or date - sessions[row] > 7 * DAY:
        raise DataError(f"{date}: there is no bar near that day: they are of {sessions[0]} to {sessions[-1]}")
    return np.array([row])


def _worth(company: Company, session: np.datetime64, row: int) -> Worth:
    def known(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    ended = company.ended[row]
    return Worth(
        str(session),
        company.name,
        known(company.market_value[row]),
        known(company.net_income[row]),
        known(company.sales[row]),
        str(company.filed[row]),
        known(company.close[row]),
        known(company.shares[row]),
        None if np.isnat(ended) else str(ended),
    )


def _month_ends(sessions: Dates) -> Ints:
    months = sessions.astype("datetime64[M]")
    last = np.flatnonzero(np.append(months[1:] != months[:-1], len(sessions) > 0))
    end = (months[-1] + 1).astype("datetime64[D]") - DAY
    over = not len(nyse_sessions(min(sessions[-1] + DAY, end), end)) or sessions[-1] == end
    return last if over else last[:-1]
