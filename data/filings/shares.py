"""How many shares of a company there are, as its filings count them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats, read_only
from data.filings.facts import SHARES, Filings

COVER = SHARES[0]
BEHIND = 200
"""Days by which a count may be older than another and still count before it: two quarters, and some."""
SCALE = 1000.0
"""A count in thousands or millions is that often too small, or too large where it was scaled twice."""
NEAR = 4.0
"""The factor within which what is left of a change counts as a change of the number of shares."""
FEWEST, MOST = 1e6, 1e11
"""Shares between which a company's first count is taken as it stands."""


class ShareCount(NamedTuple):
    """A number of shares: when it was filed, of which day it is, and the day of whose splits it knows."""

    filed: int
    of: int
    value: float
    basis: int


@dataclass(frozen=True)
class Shares:
    """Shares outstanding; read-only.

    Parameters
    ----------
    filed
        The day of each filing that brought another count, in order, shape (counts,). It is known at the close of the
        session after it.
    value
        Shares, shape (counts,).
    basis
        The day up to which splits are in each count, shape (counts,).
    of
        The day each is of, shape (counts,).
    """

    filed: Dates
    value: Floats
    basis: Dates
    of: Dates


def shares(filings: Filings) -> Shares:
    """Return a company's shares, as each filing changed what is known of them.

    The cover's count comes first, then the balance sheet's, then the mean of the last period with what may become
    shares; one that is over two quarters older than another doesn't count. What was first filed of a day counts. A
    count in thousands or millions is brought to shares by the power of 1,000 that is nearest to the one before it of
    its kind; the first of a kind to that of a kind that comes first.
    """
    found: list[ShareCount] = []
    newest, last = dict[str, ShareCount](), -math.inf
    for day, together in groupby(_counts(filings), key=itemgetter(0)):
        for _, rank, until, number in together:
            concept = SHARES[rank]
            like = newest.get(concept) or next((newest[name] for name in SHARES if name in newest), None)
            newest[concept] = ShareCount(day, until, _in_shares(number, like), until if concept == COVER else day)
            last = max(last, until)
        chosen = next(newest[name] for name in SHARES if name in newest and newest[name].of >= last - BEHIND)
        if not found or chosen[1:] != found[-1][1:]:
            found.append(ShareCount(day, *chosen[1:]))
    filed, of, value, basis = zip(*found, strict=True) if found else ((), (), (), ())
    days = [read_only(np.array(each, np.int64).astype("datetime64[D]")) for each in (filed, basis, of)]
    return Shares(days[0], read_only(np.array(value, np.float64)), days[1], days[2])


def _counts(filings: Filings) -> list[tuple[int, int, int, float]]:
    """Return what is of a later day than all of its kind before: day of filing, rank in `SHARES`, its day and number.

    They stand day by day, in the order of `SHARES`; of a day's several periods the shortest.
    """
    counts = list[tuple[int, int, int, float]]()
    for rank, concept in enumerate(SHARES):
        own = (filings.concept == concept) & (filings.value >= 1.0)
        filed, start, end, value = (each[own] for each in (filings.filed, filings.start, filings.end, filings.value))
        since = np.where(np.isnat(start), end, start).astype(np.int64)
        order = np.lexsort((value, -since, end, filed))
        later = order[np.unique(np.maximum.accumulate(end[order]), return_index=True)[1]]
        days, of = (each[later].astype(np.int64).tolist() for each in (filed, end))
        counts += zip(days, [rank] * len(days), of, value[later].tolist(), strict=True)
    return sorted(counts)


def _in_shares(value: float, before: ShareCount | None) -> float:
    """Return a count in shares: by one before it, the very first by what a listed company can have."""
    if before is None:
        while value < FEWEST:
            value *= SCALE
        while value > MOST:
            value /= SCALE
        return value
    if 1.0 / NEAR < value / before.value < NEAR:
        return value
    powers = round(math.log(value / before.value, SCALE))
    mended = value / SCALE**powers
    return mended if 1.0 / NEAR < mended / before.value < NEAR else value
