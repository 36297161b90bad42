"""The leveraged-fund model: what a fund that resets its exposure every day returns (design: section 5)."""

from __future__ import annotations

from data.arrays import Floats

FEE = 0.0101
"""SOXS's expense ratio, a fraction a year."""
SPREAD = 0.010
"""Swap spread a year, fitted on SOXX's own total return; about 0.0065 on its index, where no fee is taken."""


def fund_return(
    r: Floats, f: Floats, days: Floats, leverage: float, fee: float = FEE, spread: float = SPREAD
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
        Expense ratio, a fraction a year, actual/365.
    spread
        s, what a dollar of swap costs above the bill rate, a fraction a year, actual/360.

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
