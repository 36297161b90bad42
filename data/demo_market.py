"""The demo market, SIMULATED: who is listed in it, how simulated returns become bars and series, what is scheduled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data.arrays import DAY, Dates, Floats, day, read_only
from data.as_traded import Course, Listing, as_traded, course_of, is_ex_date
from data.bars import Bars
from data.calendar import nyse_sessions
from data.events import AFTER_CLOSE, AHEAD, BEFORE_OPEN, Events, Members, make_events, make_members
from data.fund import fund_return
from data.rates import as_yield, days_between
from data.series import Series
from data.simulate import (
    CHIP_OWN,
    bill_rate,
    chip_returns,
    credit_spread,
    draws,
    innovations,
    pinned,
    price_earnings,
    sector_returns,
    ten_year_rate,
    volatility_index,
)
from data.stamps import WEDNESDAY, weekdays

FIRST, LAST = day("2009-01-02"), day("2026-06-30")

SECTOR_GROWTH = 0.19
"""Log growth of SOXX a year, dividends in."""
SECTOR_FEE = 0.0046
"""What SOXX keeps of its chip makers' return, a fraction a year, actual/365."""
SECTOR_YIELD = 0.007
"""Its distributions a year, a fraction of the price."""
SECTOR_LISTING = Listing("SOXX", price=40.0, turnover=4e7)

LEVERAGED = {
    "SOXX": (
        (-3.0, Listing("SOXS", price=60.0, turnover=2e7)),
        (3.0, Listing("SOXL", price=30.0, turnover=4e7, split_above=200.0)),
    ),
    "QQQ": ((-3.0, Listing("SQQQ", price=50.0, turnover=2e8)),),
}
"""Leverage on a fund, and how it trades."""
PREMIUM = 0.0012
"""Standard deviation of a leveraged fund's price about its asset value, drawn anew at each open and close."""
PAYS_FROM = 0.015
"""Bill yield from which a leveraged fund distributes, each quarter, a fifth of that yield."""

MEETINGS = ("01-26", "03-15", "05-01", "06-12", "07-26", "09-16", "11-01", "12-11")
"""A meeting ends on the first Wednesday from each of these on."""
MEETINGS_KNOWN = "08-01"
"""Day of the year before on which the year's meetings are announced."""
RELEASES_KNOWN = "11-01"
"""Day of the year before on which the year's releases are announced."""
SEASON = 42
"""Days from the middle of a quarter's first month within which companies report."""
MEGACAPS = tuple(f"MEGA{number}" for number in range(1, 9))
"""Companies that only report: the market has no bars of them."""


@dataclass(frozen=True)
class DemoFund:
    """A fund that isn't the sector: what moves it, and how it trades.

    Parameters
    ----------
    sector
        Beta to SOXX's log return.
    market, own
        Standard deviations of the wider market's noise and of its own, as parts of the sector's of that day.
    growth
        Log growth a year, distributions in.
    dividend
        Distributions a year, a fraction of the price.
    listing
        How it trades.
    """

    sector: float
    market: float
    own: float
    growth: float
    dividend: float
    listing: Listing


FUNDS = (
    DemoFund(0.39, 0.344, 0.0, 0.125, 0.018, Listing("SPY", price=90.0, turnover=1.2e10, split_above=2000.0)),
    DemoFund(0.42, 0.38, 0.22, 0.12, 0.016, Listing("XLI", price=23.0, turnover=3e8)),
    DemoFund(0.58, 0.32, 0.16, 0.16, 0.010, Listing("XLK", price=16.0, turnover=4e8)),
    DemoFund(0.19, 0.24, 0.26, 0.095, 0.026, Listing("XLP", price=24.0, turnover=3e8)),
    DemoFund(0.18, 0.26, 0.42, 0.095, 0.032, Listing("XLU", price=29.0, turnover=3e8)),
    DemoFund(0.28, 0.28, 0.27, 0.115, 0.015, Listing("XLV", price=26.0, turnover=4e8)),
    DemoFund(0.52, 0.33, 0.07, 0.15, 0.008, Listing("QQQ", price=30.0, turnover=6e9)),
    DemoFund(-0.08, -0.22, 0.42, 0.03, 0.028, Listing("TLT", price=110.0, turnover=8e8)),
    DemoFund(0.02, 0.0, 0.55, 0.06, 0.0, Listing("GLD", price=87.0, turnover=1e9)),
    DemoFund(-0.9, -1.1, 1.3, -0.45, 0.0, Listing("VIXY", price=80.0, turnover=1e8)),
)

CHIPS = tuple(f"CHIP{number:02d}" for number in range(1, 21))
CHIP_WEIGHTS = read_only((1 / np.arange(6, 26)) / (1 / np.arange(6, 26)).sum())
"""The chip makers' part of SOXX at every close, 11 % down to 3 %."""
CHIP_YIELDS = (0.0, 0.008, 0.016)
"""Dividends a year, in turn."""


@dataclass(frozen=True)
class DemoMarket:
    """Everything the demo source answers, read-only.

    CHIP01 to CHIP20 weighted by `CHIP_WEIGHTS` return what SOXX returns before its fee, exactly but for the
    rounding of prices. SOXS and SOXL return `data.fund.fund_return` of SOXX, SQQQ that of QQQ, at the default fee and
    spread, but for a premium that comes and goes.
    """

    bars: dict[str, Bars]
    series: dict[str, Series]
    events: dict[str, Events]
    members: dict[str, Members]


@dataclass(frozen=True)
class Sector:
    """The simulated sector, which everything else hangs on; arrays of shape (sessions,).

    Parameters
    ----------
    log_returns, sds
        SOXX's log total returns, and their standard deviations as known at the close before.
    overnight
        Standard normal surprise of each open.
    bill
        The T-bill discount rate, percent.
    course
        SOXX's days.
    """

    sessions: Dates
    log_returns: Floats
    sds: Floats
    overnight: Floats
    bill: Floats
    course: Course


@lru_cache(maxsize=1)
def demo_market() -> DemoMarket:
    """Generate the demo market, once a process; the same bytes each time."""
    sector = _sector()
    own = _listed(SECTOR_LISTING, sector, sector.course, SECTOR_YIELD / 4 * is_ex_date(sector.sessions))
    bars = (own, *_leveraged("SOXX", sector, sector.course), *_funds(sector), *_chips(sector))
    return DemoMarket(
        {each.instrument: each for each in bars},
        {each.name: each for each in _series(sector)},
        {each.name: each for each in demo_events(CHIPS, FIRST, LAST + AHEAD)},
        {"chips": make_members("chips", CHIPS)},
    )


def _sector() -> Sector:
    sessions = nyse_sessions(FIRST, LAST)
    log_returns, sds = sector_returns(sessions, SECTOR_GROWTH)
    overnight = draws("overnight").standard_normal(len(sessions))
    course = course_of(log_returns, sds, overnight, draws("SOXX day"))
    return Sector(sessions, log_returns, sds, overnight, bill_rate(sessions), course)


def _leveraged(underlying: str, sector: Sector, of: Course) -> Iterator[Bars]:
    known = as_yield("IRX", sector.bill)
    rate = np.concatenate((known[:1], known[:-1]))
    paid = np.where(rate > PAYS_FROM, rate / 5, 0.0) * is_ex_date(sector.sessions)
    for leverage, listing in LEVERAGED.get(underlying, ()):
        course = _leveraged_course(leverage, rate, sector.sessions, of, draws(listing.instrument))
        yield _listed(listing, sector, course, paid)


def _leveraged_course(leverage: float, rate: Floats, sessions: Dates, of: Course, rng: np.random.Generator) -> Course:
    """Return a fund's days: the model at each of its underlying's prices, with a premium on open and close."""
    days = days_between(sessions)
    opened, high, low, close = (
        1 + fund_return(course - 1, rate, days, leverage) for course in (of.open, of.high, of.low, of.close)
    )
    premium_open, premium = rng.normal(0.0, PREMIUM, (2, len(rate)))
    before = 1 + np.concatenate(([0.0], premium[:-1]))
    opened, close = opened * (1 + premium_open) / before, close * (1 + premium) / before
    reached = np.stack([opened, high / before, low / before, close])
    return Course(opened, reached.max(axis=0), reached.min(axis=0), close)


def _funds(sector: Sector) -> Iterator[Bars]:
    market = sector.sds * innovations(draws("market"), len(sector.sds))
    for fund in FUNDS:
        name = fund.listing.instrument
        own = sector.sds * innovations(draws(name), len(sector.sds))
        moves = fund.sector * sector.log_returns + fund.market * market + fund.own * own
        log_returns = pinned(moves, sector.sessions, fund.growth)
        sds = math.hypot(fund.sector, fund.market, fund.own) * sector.sds
        course = _course(name, log_returns, sds, sector.overnight)
        yield _listed(fund.listing, sector, course, fund.dividend / 4 * is_ex_date(sector.sessions))
        yield from _leveraged(name, sector, course)


def _chips(sector: Sector) -> Iterator[Bars]:
    before_fee = np.expm1(sector.log_returns) + SECTOR_FEE * days_between(sector.sessions) / 365.0
    returns, betas = chip_returns(before_fee, sector.sds, CHIP_WEIGHTS)
    ex_date = is_ex_date(sector.sessions)
    for number, name in enumerate(CHIPS):
        sds = math.hypot(betas[number], CHIP_OWN) * sector.sds
        course = _course(name, np.log1p(returns[number]), sds, sector.overnight)
        price = round(draws(name).uniform(15.0, 60.0), 2)
        listing = Listing(name, price, turnover=3e9 * float(CHIP_WEIGHTS[number]))
        yield _listed(listing, sector, course, CHIP_YIELDS[number % len(CHIP_YIELDS)] / 4 * ex_date)


def _course(name: str, log_returns: Floats, sds: Floats, overnight: Floats) -> Course:
    """Draw the days of an instrument whose opens share most of the sector's surprise."""
    rng = draws(f"{name} day")
    return course_of(log_returns, sds, 0.8 * overnight + 0.6 * rng.standard_normal(len(sds)), rng)


def _listed(listing: Listing, sector: Sector, course: Course, paid: Floats) -> Bars:
    return as_traded(listing, sector.sessions, course, paid, draws(f"{listing.instrument} volume"))


def _series(sector: Sector) -> Iterator[Series]:
    volatility = volatility_index("VIX", 21, sector.sds, sector.log_returns)
    values = {
        "IRX": sector.bill,
        "VIX": volatility,
        "VIX3M": volatility_index("VIX3M", 63, sector.sds, sector.log_returns),
        "SOXX_PE": price_earnings(np.exp(np.cumsum(sector.log_returns))),
        "TNX": ten_year_rate(sector.sessions, sector.log_returns),
        "HY_SPREAD": credit_spread(volatility),
    }
    for name, column in values.items():
        yield Series(name, sector.sessions, read_only(column))


def demo_events(chips: tuple[str, ...], first: np.datetime64, last: np.datetime64) -> tuple[Events, ...]:
    """Return the schedules between two days.

    Meetings and releases say when they were announced. Earnings dates don't: schedules in hindsight, as most are.
    """
    years = range(first.astype("datetime64[Y]").item().year, last.astype("datetime64[Y]").item().year + 1)
    sessions = nyse_sessions(first, last)
    meetings = [(f"{year}-{since}", f"{year - 1}-{MEETINGS_KNOWN}") for year in years for since in MEETINGS]
    releases = [(f"{year}-{month:02d}-10", f"{year - 1}-{RELEASES_KNOWN}") for year in years for month in range(1, 13)]
    return (
        _on_wednesdays("fomc_dates", meetings, first, last),
        _on_wednesdays("cpi_release_dates", releases, first, last),
        _earnings("semis_earnings_dates", chips, sessions),
        _earnings("megacap_earnings", MEGACAPS, sessions),
    )


def _on_wednesdays(name: str, days: list[tuple[str, str]], first: np.datetime64, last: np.datetime64) -> Events:
    """Return events on the first Wednesday from each of some days on, with the day each was announced."""
    since: Dates = np.array([text for text, _ in days], dtype="datetime64[D]")
    announced: Dates = np.array([text for _, text in days], dtype="datetime64[D]")
    dates: Dates = since + (WEDNESDAY - weekdays(since)) % 7 * DAY
    kept = (dates >= first) & (dates <= last)
    return make_events(name, dates[kept], announced=announced[kept])


def _earnings(name: str, companies: tuple[str, ...], sessions: Dates) -> Events:
    """Return each company's report a quarter: in its own part of the season, a few days sooner or later."""
    dates, symbols, timing = [], [], []
    for company in companies:
        rng = draws(f"{company} earnings")
        of_season = int(rng.integers(0, SEASON))
        when = AFTER_CLOSE if rng.random() < 0.7 else BEFORE_OPEN
        for quarter in _quarters(sessions):
            wanted = quarter + (14 + of_season + int(rng.integers(-3, 4))) * DAY
            row = int(np.searchsorted(sessions, wanted))
            if row < len(sessions) and wanted >= sessions[0]:
                dates.append(sessions[row])
                symbols.append(company)
                timing.append(when)
    return make_events(name, np.array(dates), symbols, timing)


def _quarters(sessions: Dates) -> Iterator[np.datetime64]:
    months = np.unique(sessions.astype("datetime64[M]"))
    for month in months[months.astype(np.int64) % 3 == 0]:  # month 0 is January 1970
        yield month.astype("datetime64[D]")
