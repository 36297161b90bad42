"""The price and the delta of European options with a dividend yield, by Black, Scholes and Merton.

References
----------
Black and Scholes (1973), "The Pricing of Options and Corporate Liabilities", Journal of Political Economy 81; Merton
(1973), "Theory of Rational Option Pricing", Bell Journal of Economics 4, for the dividend yield.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from data.arithmetic import exp, log
from data.arrays import Floats

Right = Literal["put", "call"]


class OptionTerms(NamedTuple):
    """What an option's price hangs on besides the right; arrays that broadcast.

    Parameters
    ----------
    spot, strike
        Dollars a share.
    days
        Calendar days to expiry, 365 a year; at 0 the option is worth its payoff.
    volatility
        A fraction a year; at 0 the option is worth its payoff on the forward, discounted.
    rate
        Simple yield a year, actual/360, as cash earns it: ``D = 1 / (1 + rate * days / 360)``.
    dividend_yield
        A fraction a year, continuous: ``Q = exp(-dividend_yield * days / 365)``.
    """

    spot: Floats
    strike: Floats
    days: Floats
    volatility: Floats
    rate: Floats
    dividend_yield: Floats


def option_price(right: Right, terms: OptionTerms) -> Floats:
    """Return the price of an option in dollars a share.

    A call is ``S Q N(d1) - K D N(d2)``, a put ``K D N(-d2) - S Q N(-d1)``; neither is below ``max(S Q - K D, 0)`` or
    ``max(K D - S Q, 0)``. NaN where any of the terms is, and where days or volatility are below 0.
    """
    from scipy.special import ndtr

    sign, at = _sign(right), _standardise(terms)
    least = np.maximum(sign * (at.forward - at.strike), 0.0)
    price = sign * (at.forward * ndtr(sign * at.d1) - at.strike * ndtr(sign * (at.d1 - at.deviation)))
    return np.where(at.deviation == 0.0, least, np.maximum(price, least))


def option_delta(right: Right, terms: OptionTerms) -> Floats:
    """Return the shares of the underlying that an option moves with, negative for a put.

    ``Q N(d1)`` of a call, ``-Q N(-d1)`` of a put, at a volatility that stays. Without days or volatility it is Q or -Q
    where the option pays and 0 where it doesn't. NaN as in `option_price`.
    """
    from scipy.special import ndtr

    sign, at = _sign(right), _standardise(terms)
    pays = np.where(sign * (at.forward - at.strike) > 0.0, 1.0, 0.0)
    return sign * at.forward / terms.spot * np.where(at.deviation == 0.0, pays, ndtr(sign * at.d1))


class _Standardised(NamedTuple):
    """Spot and strike discounted to today, the deviation of the log return to expiry, and d1."""

    forward: Floats
    strike: Floats
    deviation: Floats
    d1: Floats


def _standardise(terms: OptionTerms) -> _Standardised:
    years = terms.days / 365.0
    forward = terms.spot * exp(-terms.dividend_yield * years)
    strike = terms.strike / (1.0 + terms.rate * terms.days / 360.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(terms.volatility >= 0.0, terms.volatility, np.nan) * np.sqrt(years)
        d1 = log(forward / strike) / deviation + deviation / 2.0
    return _Standardised(forward, strike, deviation, d1)


def _sign(right: Right) -> float:
    return 1.0 if right == "call" else -1.0
