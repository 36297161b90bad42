"""The leveraged-fund model: what a fund that resets its exposure every day returns (design: section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data.arrays import Dates, Floats, day
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError, did_you_mean
from data.rates import yield_known
from data.series import index_bars
from data.sources import BARS, SERIES, Source

FEE = 0.0101
"""SOXS's expense ratio, a fraction a year."""
SPREAD = 0.010
"""Swap spread a year, fitted on SOXX's own total return."""
INDEX_SPREAD = 0.0065
"""The same, fitted on the index, from which no fund's fee is taken."""

Dated = float | Mapping[Any, float]
"""A number, or numbers by the day from which each counts: ``{2010-03-11: 0.0101, 2022-01-01: 0.0108}``."""


def fund_return(
    r: Floats, f: Floats, days: Floats, leverage: float, fee: float | Floats = FEE, spread: float | Floats = SPREAD
) -> Floats:
    """Return a daily-reset fund's modelled return of each session.

    ``R = b*r + (1-b)*f*n/360 - fee*n/365 - |b|*s*n/360``: the swaps pay b times the underlying, 1-b dollars
    (for -3x four of them) earn the bill rate, and the issuer and the swaps' dealer take theirs. With b 1 and
    no fee or spread it is r exactly.

    Parameters
    ----------
    r
        The underlying's simple total return of each session, a fraction, any shape.
    f
        Yield a year as a fraction, actual/360, known at the close *before* each session; broadcasts with `r`.
    days
        n, calendar days from the close before, broadcasts with `r`.
    leverage
        b, the fund's multiple of the daily move: -3 for SOXS.
    fee
        Expense ratio, a fraction a year, actual/365; a number, or one for each session (`dated`).
    spread
        s, what a dollar of swap costs above the bill rate, a fraction a year, actual/360; as `fee`.

    Returns
    -------
    Simple total returns, fractions, in the shape of `r`. NaN in an input is NaN in that session.

    References
    ----------
    Avellaneda and Zhang (2010), "Path-dependence of leveraged ETF returns", SIAM J. Financial Mathematics 1,
    equation 2, with the issuer's day counts and a spread on the swaps.
    """
    earned = (1.0 - leverage) * f * days / 360.0
    paid = fee * days / 365.0 + abs(leverage) * spread * days / 360.0
    modelled: Floats = leverage * r + earned - paid
    return modelled


def dated(value: Dated, sessions: Dates) -> Floats:
    """Return a number, or one that changes on given days, for each session; before the first day its value counts too.

    Raises
    ------
    DataError
        There is no day in it.
    """
    if not isinstance(value, Mapping):
        return np.full(len(sessions), float(value))
    if not value:
        raise DataError("a value by date needs at least one date")
    steps = sorted((day(since), float(each)) for since, each in value.items())
    since = np.array([each for each, _ in steps])
    row = np.searchsorted(since, sessions, side="right") - 1
    return np.array([each for _, each in steps])[np.maximum(row, 0)]


def driver(source: Source, name: str) -> tuple[Bars, bool]:
    """Return what a fund is driven by, and whether that is an index.

    Bars of an instrument, whose dividends are in its total return; else a series of index levels as bars, which is
    taken for a price index: it has no dividends.

    Raises
    ------
    DataError
        The source has neither, or it is broken.
    """
    if name in source.names(BARS):
        return source.read(BARS, name), False
    series = source.names(SERIES)
    if name not in series:
        guess = did_you_mean(name, (*source.names(BARS), *series))
        raise DataError(f"source {source.name} has neither bars nor a series of {name}{guess}")
    return index_bars(source.read(SERIES, name)), True


def rate_known(source: Source, rate: str | float, sessions: Dates) -> Floats:
    """Return the yield a year, a fraction, known at each session's close; `fund_return` takes that of the close before.

    Parameters
    ----------
    source, rate
        A rate series and where it is, or a constant yield.
    sessions
        Shape (sessions,).

    Raises
    ------
    DataError
        The series isn't known from the first session on.
    """
    if not isinstance(rate, str):
        return np.full(len(sessions), float(rate))
    known = source.read(SERIES, rate).as_known(sessions, nyse_sessions(sessions[0], sessions[-1]))
    if np.isnan(known[0]):
        raise DataError(
            f"series {rate} has no value known by {sessions[0]}, from where the fund model needs it: "
            "name a rate that reaches back, or give a yield a year as a fraction"
        )
    return yield_known(rate, known, sessions)
