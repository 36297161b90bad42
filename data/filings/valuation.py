"""What companies are worth by what they filed: each on its own, and a group's price/earnings and price/sales."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data import lattice
from data import unadjusted as code
from data.arrays import DAY, Array, Dates, Flags, Floats, Ints, read_only
from data.bars import COLUMNS, Bars
from data.cache import user_cache
from data.filings.facts import Filings
from data.filings.shares import Shares, shares
from data.filings.trailing import OF_INCOME, OF_SALES, FiledSteps, QuarterSum, summed, sums_of
from data.unadjusted import unadjusted

OLD = np.timedelta64(500, "D")
"""After which the last four quarters no longer say what a company earns: a year, and the months to the next report of
one that files once a year."""
BEHIND = np.timedelta64(184, "D")
"""After which the last four quarters are old: half a year; who files each quarter filed the next one since."""
NO_BAR = np.timedelta64(14, "D")
"""For which a company's last close stands for its price."""
FILED_SINCE = np.datetime64("2009-01-01", "D")
"""Before the first companyfacts: what was traded earlier is worth nothing here."""
UNTOLD = 20
"""Sessions for which a close that isn't told follows the adjusted ones."""
NEVER = np.array(["NaT"], "datetime64[D]")


@dataclass(frozen=True)
class Company:
    """A company at each close of some sessions; read-only, NaN (NaT) where it isn't known.

    Parameters
    ----------
    name
        Its ticker.
    close
        As traded, dollars a share, shape (sessions,); for two weeks without a price the last one.
    shares
        Outstanding, in the share basis of that session, as last filed before it.
    net_income, sales
        Of the trailing four quarters that were filed before the session, dollars.
    filed
        The day of the last filing that any of these stands on.
    ended
        The last day of those four quarters.
    """

    name: str
    close: Floats
    shares: Floats
    net_income: Floats
    sales: Floats
    filed: Dates
    ended: Dates

    @property
    def market_value(self) -> Floats:
        """Close times shares, dollars."""
        return self.close * self.shares

    @property
    def counts(self) -> Flags:
        """Whether price, shares, net income and sales are all known at each close."""
        return ~np.isnan(self.market_value + self.net_income + self.sales)


@dataclass(frozen=True)
class Group:
    """Companies taken together at each close of some sessions; read-only.

    Parameters
    ----------
    sessions
        ``datetime64[D]``, shape (sessions,).
    companies
        Those whose filings and bars there are.
    belongs
        Whether each is in the group, shape (sessions, companies).
    """

    sessions: Dates
    companies: tuple[Company, ...]
    belongs: Flags

    @cached_property
    def counted(self) -> Flags:
        """Whether each belongs to the group and its figures are known, shape (sessions, companies)."""
        return read_only(self.belongs & np.column_stack([each.counts for each in self.companies]))

    @property
    def count(self) -> Ints:
        """How many companies the figures of each close are of."""
        count: Ints = self.counted.sum(axis=1)
        return count

    @property
    def price_earnings(self) -> Floats:
        """All market values over all trailing net income; NaN where that isn't positive, or nobody counts."""
        return _ratio(self._sum("market_value"), self._sum("net_income"))

    @property
    def price_sales(self) -> Floats:
        """All market values over all trailing sales."""
        return _ratio(self._sum("market_value"), self._sum("sales"))

    @property
    def earnings_yield(self) -> Floats:
        """The median of the companies' trailing net income over market value; losses count as such."""
        return median_of(self._columns("net_income") / self._columns("market_value"), self.counted)

    def names_at(self, row: int) -> tuple[str, ...]:
        """Return the companies that the figures of a session are of."""
        return tuple(each.name for each, counts in zip(self.companies, self.counted[row], strict=True) if counts)

    def left_out(self, row: int) -> tuple[str, ...]:
        """Return those that belong to it on a session and aren't in its figures."""
        out = self.belongs[row] & ~self.counted[row]
        return tuple(each.name for each, is_out in zip(self.companies, out, strict=True) if is_out)

    def behind(self, row: int) -> tuple[str, ...]:
        """Return those of them whose four quarters ended over half a year before that session."""
        old = {each.name for each in self.companies if self.sessions[row] - each.ended[row] > BEHIND}
        return tuple(name for name in self.names_at(row) if name in old)

    def changes(self) -> tuple[Change, ...]:
        """Return the sessions on which other companies count than on the one before, once any did."""
        rows = np.flatnonzero((self.counted[1:] != self.counted[:-1]).any(axis=1) & self.counted[:-1].any(axis=1)) + 1
        names = np.array([company.name for company in self.companies])
        return tuple(
            Change(
                self.sessions[row],
                tuple(names[self.counted[row] & ~self.counted[row - 1]].tolist()),
                tuple(names[~self.counted[row] & self.counted[row - 1]].tolist()),
                int(self.count[row]),
            )
            for row in rows
        )

    def _columns(self, name: str) -> Floats:
        return np.column_stack([getattr(company, name) for company in self.companies])

    def _sum(self, name: str) -> Floats:
        """Return a sum made company by company: who doesn't count, or a processor, changes no last digit of it."""
        total = np.zeros(len(self.sessions))
        for each, counts in zip(self.companies, self.counted.T, strict=True):
            total += np.where(counts, getattr(each, name), 0.0)
        return total


@dataclass(frozen=True)
class Change:
    """Who came to a group's figures and who went, on a session, and how many they are of then."""

    session: np.datetime64
    came: tuple[str, ...]
    went: tuple[str, ...]
    count: int

    @property
    def words(self) -> str:
        """Who came and who went: ``MRVL came``."""
        moved = [f"{', '.join(names)} {verb}" for names, verb in ((self.came, "came"), (self.went, "went")) if names]
        return ", ".join(moved)


def as_traded(bars: Bars) -> Bars:
    """Return bars whose closes and splits are as traded: a vendor's adjusting is undone where the prices tell how.

    Where no price tells anything, bars are taken as they stand. A session that isn't told, between such that are, moves
    from the last one as the adjusted closes do: right but for a dividend. It is done once for a whole history, before
    anything is cut from it: how prices were adjusted hangs on what came later, what was traded doesn't.
    """
    told, taken_out = _told(bars)
    if np.isnan(told).all():
        return bars
    rows, level = np.arange(len(bars)), bars.close / np.cumprod(taken_out)  # as the traded ones move, but for dividends
    last = np.maximum.accumulate(np.where(np.isnan(told), -1, rows))
    follows = np.isnan(told) & (last >= 0) & (rows - last <= UNTOLD)
    close = np.where(follows, told[last] * (level / level[last]), told)
    return replace(bars, close=close, split=bars.split * taken_out)


def _told(bars: Bars) -> Floats:
    """Return closes as traded and the splits that were taken out, shape (2, sessions).

    It takes a while, so it is kept in the user's cache, by the bars and by the code that makes it.
    """
    digest = hashlib.sha256()
    for module in (lattice, code):
        digest.update(Path(str(module.__file__)).read_bytes())
    for column in ("dates", *COLUMNS):
        digest.update(np.ascontiguousarray(getattr(bars, column)).tobytes())
    name = f"as-traded/{digest.hexdigest()[:32]}"
    kept = user_cache().read(name)
    if kept is not None:
        return np.frombuffer(kept).reshape(2, len(bars))
    told = unadjusted(bars, FILED_SINCE)
    found = np.stack([told.close, told.split])
    user_cache().keep(name, found.tobytes())
    return found


class Filed(NamedTuple):
    """What a company filed, summed and counted: net income and sales of four quarters, and shares."""

    income: FiledSteps
    sales: FiledSteps
    shares: Shares


class QuarterSums(NamedTuple):
    """Which facts a company's net income and sales of four quarters are sums of: no value changes that."""

    income: tuple[QuarterSum, ...]
    sales: tuple[QuarterSum, ...]


def sums_by(filings: Filings) -> QuarterSums:
    """Return which of a company's facts are summed."""
    return QuarterSums(sums_of(filings, OF_INCOME), sums_of(filings, OF_SALES))


def filed_by(filings: Filings, sums: QuarterSums | None = None) -> Filed:
    """Return what a company filed, summed and counted; of the facts of `sums` where those are known already."""
    income, sold = (summed(each, filings) for each in sums or sums_by(filings))
    return Filed(income, sold, shares(filings))


def company(filings: Filings, bars: Bars, sessions: Dates, filed: Filed | None = None) -> Company:
    """Return a company at each close of some sessions.

    Parameters
    ----------
    filings
        What it filed.
    bars
        Its bars, `as_traded`; a close that isn't known (NaN) is no price, and without bars nothing is known.
    sessions
        ``datetime64[D]``, shape (sessions,).
    filed
        `filed_by` the filings, where that is known already.
    """
    income, sold, counted = filed or filed_by(filings)
    priced = np.where(np.isnan(bars.close), 0, np.arange(1, len(bars) + 1))
    begins = [bars.dates[priced > 0], income.filed, sold.filed, counted.filed]
    since = np.searchsorted(sessions, np.concatenate([days[:1] for days in begins]))
    before = int(since.min(initial=len(sessions)))
    sessions = sessions[before:]  # nothing is known before
    basis = np.concatenate(([1.0], np.cumprod(bars.split)))  # shares that one became, before the first bar and at each
    bar = _so_far(bars.dates, sessions)  # the last one's number, from 1
    price = np.concatenate(([0], np.maximum.accumulate(priced)))[bar]  # the last one's with a price, 0 without any
    fresh = sessions - np.concatenate((NEVER, bars.dates))[price] <= NO_BAR
    close = np.where(fresh, np.concatenate(([np.nan], bars.close))[price] * (basis[price] / basis[bar]), np.nan)
    splits = basis[np.searchsorted(bars.dates, counted.basis, side="right")]
    outstanding = FiledSteps(counted.filed, counted.value / splits, counted.of)
    known = [_known(income, sessions, OLD), _known(sold, sessions, OLD), _known(outstanding, sessions)]
    (earned, sold_for, number), days = (value for value, _, _ in known), [day for _, day, _ in known]
    return Company(
        filings.name,
        _after(before, close),
        _after(before, number * basis[bar]),
        _after(before, earned),
        _after(before, sold_for),
        _after(before, np.fmax(np.fmax(*days[:2]), days[2])),
        _after(before, np.fmin(known[0][2], known[1][2])),
    )


def group(companies: Sequence[Company], sessions: Dates, belongs: Flags | None = None) -> Group:
    """Return companies taken together.

    Parameters
    ----------
    companies, sessions
        Each at each close.
    belongs
        Whether each is in the group at each close, shape (sessions, companies); all always where nobody says.
    """
    always = np.ones((len(sessions), len(companies)), np.bool_)
    return Group(sessions, tuple(companies), read_only(always if belongs is None else belongs))


def sessions_of(bars: Mapping[str, Bars]) -> Dates:
    """Return the sessions on which any of some instruments has a bar."""
    held = [each.dates for each in bars.values() if len(each)]
    if not held:
        return np.empty(0, "datetime64[D]")
    days = np.arange(min(dates[0] for dates in held), max(dates[-1] for dates in held) + DAY)
    there = np.zeros(len(days), np.bool_)
    for dates in held:
        there[(dates - days[0]).astype(np.int64)] = True
    return days[there]


def median_of(values: Floats, counted: Flags) -> Floats:
    """Return the median of what counts in each row; NaN where nothing does."""
    ordered, count = np.sort(np.where(counted, values, np.inf), axis=1), counted.sum(axis=1)
    rows, middle = np.arange(len(values)), np.maximum(count - 1, 0)
    median: Floats = (ordered[rows, middle // 2] + ordered[rows, (middle + 1) // 2]) / 2.0
    return np.where(count > 0, median, np.nan)


def _after(before: int, values: Array) -> Array:
    """Return values after so many sessions without one."""
    found: Array = np.concatenate((_none(values, before), values))  # type: ignore[assignment]  # of the same kind
    return read_only(found)


def _none(like: Array, count: int) -> Array:
    """Return so many values that aren't known."""
    none: Array = np.full(count, "NaT" if like.dtype.kind == "M" else np.nan, like.dtype)  # type: ignore[assignment]
    return none


def _so_far(dates: Dates, sessions: Dates) -> Ints:
    """Return how many of some dates there were by each close: ``np.searchsorted(dates, sessions, side="right")``."""
    before = int(np.searchsorted(dates, sessions[0])) if len(sessions) else 0
    later = dates[before:]
    since = int(np.searchsorted(sessions, later[0])) if len(later) else 0
    if np.array_equal(sessions[since : since + len(later)], later):  # as is usual
        return before + np.clip(np.arange(1 - since, 1 - since + len(sessions)), 0, len(later))
    return np.searchsorted(dates, sessions, side="right")


def _known(steps: FiledSteps, sessions: Dates, lasts: np.timedelta64 | None = None) -> tuple[Floats, Dates, Dates]:
    """Return what is known at each close, the day it was filed, and the day it is of; for so long after that day."""
    since = np.searchsorted(sessions, steps.filed, side="right")  # what is filed on a session is known on the next
    until = np.append(since[1:], len(sessions))[: len(since)]
    if lasts is not None:
        until = np.clip(np.searchsorted(sessions, steps.of + lasts, side="right"), since, until)
    turns = np.column_stack((since, until)).ravel()
    lengths = np.diff(turns, prepend=0, append=len(sessions))
    return _held(steps.value, lengths), _held(steps.filed, lengths), _held(steps.of, lengths)


def _held(values: Array, lengths: Ints) -> Array:
    """Return nothing, a value, nothing, the next value and so on, each for so many sessions."""
    turns = _none(values, len(lengths))
    turns[1::2] = values
    held: Array = np.repeat(turns, lengths)  # type: ignore[assignment]  # of the same kind
    return held


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.nan)
