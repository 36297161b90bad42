"""What is told of an instrument's history before its inception: what drives it, on what terms, with what error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Dates
from data.errors import DataError
from data.families import FUNDS
from data.fund import FEE, INDEX_SPREAD, SPREAD, Dated, dated

BAND, UNLEVERED_BAND = 0.025, 0.01
"""By how much a synthetic return may be wrong a year, either way: a leveraged fund's, and one of leverage 1."""
DIVIDEND_YIELD = 0.01
"""Of a price index whose dividends nobody told, a fraction a year, where a leveraged fund hangs on it."""
DIVIDEND_YIELDS: Mapping[str, Dated] = {
    "SOX": {"1994-05-05": 0.004, "2006-06-23": 0.011, "2010-06-01": 0.016, "2021-08-25": 0.012}
}
"""Of price indexes, by name. SOX: what SOXX distributed and its fee of 0.46 %, which took everything before 2006."""


@dataclass(frozen=True)
class Extension:
    """How an instrument's history before its first real session is made.

    Parameters
    ----------
    instrument
        Whose history.
    underlying
        What drives it: an instrument, itself perhaps extended, or a series of index levels.
    leverage
        b; that of `data.families` unless given, else 1.
    before
        Real bars count from this day on; ``None``: from the first there is.
    fee
        A fraction a year, a number or dated; of a leveraged fund that of `data.families`, else 1.01 %, of leverage 1
        nothing unless given.
    spread
        A fraction a year, a number or dated. Unless given, of a leveraged fund 0.65 % on an index and 1.0 % on a fund's
        own total return, of leverage 1 nothing.
    dividend_yield
        What is added to a price index, a fraction a year, a number or dated. Unless given, nothing where leverage is 1
        (the dividends are taken to pay the fee), else `DIVIDEND_YIELDS`, else 1 %.
    band
        Error band, a fraction a year: 2.5 % of a leveraged fund, 1 % of leverage 1, unless given.
    opens_from
        The instrument from whose real bars open, high and low come, as parts of its close, on sessions of which the
        underlying has a close alone.
    """

    instrument: str
    underlying: str
    leverage: float | None = None
    before: dt.date | np.datetime64 | None = None
    fee: Dated | None = None
    spread: Dated | None = None
    dividend_yield: Dated | None = None
    band: float | None = None
    opens_from: str | None = None


@dataclass(frozen=True)
class FundTerms:
    """An extension with nothing left open; the fields are those of `Extension`."""

    leverage: float
    fee: Dated
    spread: Dated
    dividend_yield: Dated
    band: float


def terms_of(extension: Extension, *, on_index: bool) -> FundTerms:
    """Return an extension's terms, those that are left open by the rules of `Extension`.

    Raises
    ------
    DataError
        The leverage is 0, or dividends are given for an underlying whose bars have them already.
    """
    of, family = extension, FUNDS.get(extension.instrument)
    if of.dividend_yield is not None and not on_index:
        raise DataError(
            f"data.extend.{of.instrument}.dividend_yield is for an index: the bars of {of.underlying} "
            "have their dividends: take it out"
        )
    leverage = of.leverage if of.leverage is not None else family.leverage if family is not None else 1.0
    if leverage == 0.0:
        raise DataError(f"data.extend.{of.instrument}.leverage can't be 0")
    levered = leverage != 1.0
    fee = (family.fee if family is not None else FEE) if levered else 0.0
    spread = (INDEX_SPREAD if on_index else SPREAD) if levered else 0.0
    paid = DIVIDEND_YIELDS.get(of.underlying, DIVIDEND_YIELD) if levered and on_index else 0.0
    return FundTerms(
        leverage,
        fee if of.fee is None else of.fee,
        spread if of.spread is None else of.spread,
        paid if of.dividend_yield is None else of.dividend_yield,
        (BAND if levered else UNLEVERED_BAND) if of.band is None else of.band,
    )


def percent(value: Dated, sessions: Dates) -> str:
    """Return a fraction in percent, for a sentence: as it is on the first of some sessions, and on the last."""
    first, last = (f"{100 * number:.4g} %" for number in dated(value, sessions[[0, -1]]))
    return first if first == last else f"{first} to {last}"
