"""Prices that a vendor has put on another basis: all of an instrument's past times one factor, as after a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from data.bars import PRICES

LOOSE, MOST_LOOSE = 0.05, 0.005
"""How far a price may be off the factor, by rounding: of what the factor is from 1, and at most."""


class Restated(NamedTuple):
    """A bar's column that is another now than the log knows it."""

    date: str
    column: str
    was: Any
    now: Any


class Rebasing(NamedTuple):
    """By what all prices of an instrument were multiplied.

    Parameters
    ----------
    factor
        What is over what was.
    until
        The last close of the log whose prices were.
    explained
        What has changed by it: prices and dividends times the factor, volume over it.
    """

    factor: float
    until: str
    explained: tuple[Restated, ...]


def rebasing_of(days: Sequence[str], found: Sequence[Restated]) -> Rebasing | None:
    """Return by what all prices from the first close of a log on were multiplied; None where they weren't.

    Parameters
    ----------
    days
        The closes of the log that the data still have, in order.
    found
        What is another now, of one instrument.
    """
    ratios = {(each.date, each.column): each.now / each.was for each in found if each.now and each.was}
    closes = [ratios.get((day, "close"), 1.0) for day in days]
    until = max((place for place, ratio in enumerate(closes) if ratio != 1.0), default=-1)
    if until < 0:
        return None
    factor = float(np.median(closes[: until + 1]))
    off = min(MOST_LOOSE, LOOSE * abs(factor - 1.0))
    prices = [ratios.get((day, column), 1.0) for day in days[: until + 1] for column in PRICES]
    if not all(abs(ratio / factor - 1.0) <= off for ratio in prices):
        return None
    wanted = dict.fromkeys((*PRICES, "dividend"), factor) | {"volume": 1.0 / factor}
    explained = [
        each
        for each in found
        if each.date <= days[until]
        and each.column in wanted
        and abs(ratios.get((each.date, each.column), np.inf) / wanted[each.column] - 1.0) <= MOST_LOOSE
    ]
    return Rebasing(factor, days[until], tuple(explained))
