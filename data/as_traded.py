"""From simulated total returns to bars as they would have traded: days' ranges, dividends, splits, volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Dates, Floats, read_only
from data.bars import Bars

OVERNIGHT = 0.4
"""Part of a day's variance that passes between the close and the next open."""
REVERSE_BELOW = 5.0
"""Dollars under which an issuer announces a reverse split."""
REVERSE_TO = 40.0
"""Dollars that it aims for."""
REVERSE_RATIOS = (4, 5, 8, 10, 20)
FORWARD_RATIOS = (2, 3, 4, 5, 10, 20)
NOTICE = 12
"""Sessions from the close that calls for a split to the open at which it is effective."""


@dataclass(frozen=True)
class Listing:
    """How an instrument trades.

    Parameters
    ----------
    instrument
        Its name.
    price
        Dollars at the close before the first session.
    turnover
        Dollars traded in an ordinary first session; it grows by a tenth a year.
    split_above
        Dollars over which shares are split, to about two fifths of it.
    """

    instrument: str
    price: float
    turnover: float
    split_above: float = 500.0


@dataclass(frozen=True)
class Course:
    """The course of each session: its prices over the close before, splits undone and dividend in."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


def course_of(log_returns: Floats, sds: Floats, overnight: Floats, rng: np.random.Generator) -> Course:
    """Draw the course of each day, given its return.

    Overnight and intraday moves are those of a Brownian motion that ends at the day's return: the open is
    normal given the close, and high and low follow the law of a Brownian bridge's extremes.

    Parameters
    ----------
    log_returns, sds
        Log total returns and their standard deviations, shape (sessions,).
    overnight
        Standard normal surprise of each open, shape (sessions,).
    rng
        Draws the extremes.

    References
    ----------
    Glasserman (2003), Monte Carlo Methods in Financial Engineering, section 6.4.
    """
    opened = OVERNIGHT * log_returns + np.sqrt(OVERNIGHT * (1 - OVERNIGHT)) * sds * overnight
    further = -2 * (1 - OVERNIGHT) * sds**2 * np.log(rng.uniform(1e-9, 1.0, (2, len(sds))))
    reach = np.sqrt((log_returns - opened) ** 2 + further)
    middle = opened + log_returns
    return Course(*np.exp([opened, (middle + reach[0]) / 2, (middle - reach[1]) / 2, log_returns]))


def as_traded(listing: Listing, sessions: Dates, day: Course, paid: Floats, rng: np.random.Generator) -> Bars:
    """Return bars in each session's own share basis, read-only.

    Everything is computed unrounded and rounded last (prices to a hundredth of a cent, volume to a hundred):
    the last bit of a platform's ``exp`` doesn't show, and total returns are the day's up to that rounding.

    Parameters
    ----------
    day
        The course of each session, total return.
    paid
        Distribution of each session, a fraction of the close before, shape (sessions,).
    rng
        Draws the volume, shares.
    """
    unsplit = np.cumprod(day.close - paid, dtype=np.float64) * listing.price
    split = _splits(unsplit, listing.split_above)
    before = np.concatenate(([listing.price], unsplit[:-1])) / np.cumprod(split)
    columns = [np.round(before * (course - paid), 4) for course in (day.open, day.high, day.low, day.close)]
    volume = _dollars(day, listing.turnover, sessions, rng) / columns[-1]
    columns += [np.round(volume, -2), np.round(before * paid, 6), split]
    return Bars(listing.instrument, sessions, *map(read_only, columns))


def is_ex_date(sessions: Dates) -> Floats:
    """Return 1 on the first session from the 20th of each quarter's last month, else 0."""
    months = sessions.astype("datetime64[M]")
    days = (sessions - months).astype(int) + 1
    late = (months.astype(int) % 3 == 2) & (days >= 20)  # month 0 is January 1970
    return np.where(late & ~np.roll(late, 1), 1.0, 0.0)


def _splits(price: Floats, split_above: float) -> Floats:
    """Return new shares per old share of each session, for a price path that no split has touched yet."""
    splits, shares, row = np.ones(len(price)), 1.0, 0
    while True:
        due = np.flatnonzero((price[row:] / shares < REVERSE_BELOW) | (price[row:] / shares > split_above))
        if not len(due) or row + due[0] + NOTICE >= len(price):
            return splits
        row += int(due[0]) + NOTICE
        splits[row] = _ratio(price[row - 1] / shares, split_above)
        shares *= splits[row]


def _ratio(price: float, split_above: float) -> float:
    """Return the smallest split that takes a low price to $40, or a high one to two fifths of its bound."""
    if price < split_above / 2:
        wanted = REVERSE_TO / price
        return 1.0 / next((n for n in REVERSE_RATIOS if n >= wanted), REVERSE_RATIOS[-1])
    wanted = price / (0.4 * split_above)
    return float(next((n for n in FORWARD_RATIOS if n >= wanted), FORWARD_RATIOS[-1]))


def _dollars(day: Course, turnover: float, sessions: Dates, rng: np.random.Generator) -> Floats:
    """Return dollars traded: growing over the years, more on days that move."""
    years = (sessions - sessions[0]).astype(np.float64) / 365.25
    moved = np.abs(day.close - 1)
    busy = (0.7 + 0.3 * moved / moved.mean()) * np.exp(rng.normal(0.0, 0.35, len(sessions)))
    return turnover * np.exp(0.1 * years) * busy
