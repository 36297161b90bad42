"""How far modelled options are from Cboe's own: the quarters of PPUT and CLL, and prices that Cboe bought puts at.

Reads a folder with bars/SPY.csv, series/VIX.csv and series/IRX.csv; what it prints stands in docs/hedges.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from data.arrays import DAY, Floats, day
from data.black_scholes import OptionTerms, option_price
from data.errors import UserError
from data.options import (
    MONTHLY,
    QUARTERLY,
    SKEW,
    Contract,
    UnderlyingHistory,
    base_volatility,
    collar,
    option_path,
    put,
    strike_volatility,
    trailing_yield,
)
from data.rates import as_yield
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource

QUARTERS = ("2001-07", "2002-07", "2008-10", "2011-07", "2020-01", "2022-04", "2024-01")
"""The first month of each quarter since 2000 in which the S&P 500 fell by more than 13.8 %, and of a quiet one."""

PUBLISHED = {
    "S&P 500": (-14.7, -17.3, -21.9, -13.9, -19.6, -16.1, 10.6),
    "PPUT": (-4.1, -9.1, 0.2, -8.0, 0.0, -13.1, 9.8),
    "CLL": (-0.7, -8.1, -5.9, -11.6, -5.0, -6.7, np.nan),
}
"""Their total returns in percent: Cboe Global Indices, "Portfolio protection", and its scorecard of 2 April 2024."""

BOOKS = {"S&P 500": (), "PPUT": put(0.95, MONTHLY), "CLL": collar(0.95, 1.10, QUARTERLY, MONTHLY)}
"""What stands for each, one contract a share of SPY: CLL's put lives three months, its call one."""

BOUGHT = (
    ("2024-09-20", "2024-12-20", 5695.1575, 5120.0, 40.45),
    ("2024-12-20", "2025-03-21", 5958.9025, 5320.0, 44.65),
    ("2025-03-21", "2025-06-20", 5636.355, 5075.0, 49.75),
)
"""Puts that Cboe's PPUT3M bought: day, expiry, S&P 500, strike and premium, both averaged over trades that day."""


def read_spy(folder: Path) -> tuple[UnderlyingHistory, Floats]:
    """Return SPY since VIX is quoted, with its dividends."""
    source = CsvSource(folder)
    bars = source.read(BARS, "SPY")
    sessions = bars.dates

    def known(name: str) -> Floats:
        return source.read(SERIES, name).as_known(sessions, sessions)

    volatility, rate = base_volatility(known("VIX")), as_yield("IRX", known("IRX"))
    paid_out = trailing_yield(sessions, bars.close, bars.dividend)
    return UnderlyingHistory(sessions, bars.open, bars.close, bars.split, volatility, rate, paid_out), bars.dividend


def settled_at_open(spy: UnderlyingHistory) -> UnderlyingHistory:
    """Return SPY whose closes at rolls are its opens: SPX options are settled in the morning, and bought at noon."""
    rolls = np.isin(spy.sessions, MONTHLY.rolls(spy.sessions[0], spy.sessions[-1]))
    return replace(spy, close=np.where(rolls, spy.open, spy.close))


def level(legs: Sequence[Contract], spy: UnderlyingHistory, dividend: Floats, skew: float) -> Floats:
    """Return the worth of a book of SPY with one contract of each leg a share, everything paid reinvested at once."""
    paths = [(leg.side, option_path(leg, spy, skew)) for leg in legs]
    unit = spy.close + sum(side * path.close for side, path in paths)
    rolled = unit[:-1] - sum(side * path.dividend[1:] for side, path in paths)  # after the roll it holds fewer units
    growth = (unit[1:] + dividend[1:]) / rolled
    return np.cumprod(np.append(1.0, np.where(np.isnan(growth), 1.0, growth)))


def quarter_return(worth: Floats, spy: UnderlyingHistory, month: str) -> float:
    """Return what a book came to from the last close before a quarter to its last, in percent."""
    first = np.datetime64(month, "M")
    before, last = (np.searchsorted(spy.sessions, day(each)) - 1 for each in (first, first + np.timedelta64(3, "M")))
    return float(100.0 * (worth[last] / worth[before] - 1.0))


def compare(name: str, spy: UnderlyingHistory, dividend: Floats, skew: float) -> tuple[Floats, Floats]:
    """Return a book's quarters in percent, and how far each is from what Cboe published, NaN where it didn't."""
    worth = level(BOOKS[name], spy, dividend, skew)
    came = np.array([quarter_return(worth, spy, month) for month in QUARTERS])
    return came, came - np.array(PUBLISHED[name])


def print_quarters(spy: UnderlyingHistory, dividend: Floats) -> None:
    """Print each book's quarters beside Cboe's, with the distances."""
    variants = [
        (f"{at}, skew {100 * skew:g}", underlying, skew)
        for at, underlying in {"close": spy, "open": settled_at_open(spy)}.items()
        for skew in (0.0, SKEW)
    ]
    names = [f"{int(month[5:]) // 3 + 1}Q{month[:4]}" for month in QUARTERS]
    for name, legs in BOOKS.items():
        print(f"{name:<18}" + "".join(f"{each:>14}" for each in names) + "  mean distance")
        print(f"  {'Cboe':<16}" + "".join("" if np.isnan(each) else f"{each:14.1f}" for each in PUBLISHED[name]))
        for label, underlying, skew in variants if legs else variants[:1]:
            came, gaps = compare(name, underlying, dividend, skew)
            row = "".join(f"{value:7.1f} ({gap:+.1f})" for value, gap in zip(came, gaps, strict=True))
            print(f"  {label:<16}{row}{np.nanmean(np.abs(gaps)):15.1f}".replace("(+nan)", "      "))


def premium_of(spy: UnderlyingHistory, bought: str, expiry: str, spot: float, strike: float, skew: float) -> float:
    """Return what the model asks for a put on the S&P 500 at the close of a day."""
    t = int(np.searchsorted(spy.sessions, day(bought)))
    base, rate, paid_out = spy.volatility[t : t + 1], spy.rate[t], spy.dividend_yield[t]
    volatility = strike_volatility(base, np.array(spot), np.array(strike), skew)
    days = (day(expiry) - day(bought)) / DAY
    at = OptionTerms(*(np.asarray(each) for each in (spot, strike, days, volatility, rate, paid_out)))
    return float(option_price("put", at)[0])


def print_premiums(spy: UnderlyingHistory) -> None:
    """Print what Cboe bought puts at, what the model asks for the same ones, and the skew that would ask as much."""
    print("\nputs bought by PPUT3M: Cboe's premium, modelled without and with the skew, points a tenth that fit")
    for bought, expiry, spot, strike, premium in BOUGHT:
        asked = [premium_of(spy, bought, expiry, spot, strike, skew) for skew in (0.0, SKEW)]
        wanted = partial(premium_of, spy, bought, expiry, spot, strike)
        fits = brentq(lambda skew, wanted=wanted, premium=premium: wanted(skew) - premium, 0.0, 0.2)
        print(f"  {bought}  {premium:6.2f}  {asked[0]:6.2f}  {asked[1]:6.2f}  {100 * fits:4.1f}")


def main() -> int:
    """Print them all; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder that holds bars/ and series/")
    try:
        spy, dividend = read_spy(parser.parse_args().data)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print_quarters(spy, dividend)
    print_premiums(spy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
