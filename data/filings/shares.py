"""How many shares of a company there are, as its filings count them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
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
    newest = dict[str, ShareCount]()
    for day, together in groupby(_counts(filings), key=lambda found: found[1].filed):
        for concept, count in together:
            before = newest.get(concept)
            if before is None or count.of > before.of:
                like = before or next((newest[name] for name in SHARES if name in newest), None)
                newest[concept] = ShareCount(count.filed, count.of, _in_shares(count.value, like), count.basis)
        last = max(count.of for count in newest.values())
        chosen = next(newest[name] for name in SHARES if name in newest and newest[name].of >= last - BEHIND)
        if not found or chosen[1:] != found[-1][1:]:
            found.append(chosen._replace(filed=day))
    filed, of, value, basis = zip(*found, strict=True) if found else ((), (), (), ())
    days = [read_only(np.array(each, np.int64).astype("datetime64[D]")) for each in (filed, basis, of)]
    return Shares(days[0], read_only(np.array(value, np.float64)), days[1], days[2])


def _counts(filings: Filings) -> Iterator[tuple[str, ShareCount]]:
    """Yield what was filed, day by day in the order of `SHARES`; of a day's several periods the shortest."""
    own = filings.of(*SHARES)
    starts = np.where(np.isnat(own.start), own.end, own.start)
    filed, since, until = (each.astype(np.int64).tolist() for each in (own.filed, starts, own.end))
    ranks = [SHARES.index(concept) for concept in own.concept.tolist()]
    rows = zip(filed, ranks, until, [-day for day in since], own.value.tolist(), strict=True)
    for day, rank, end, _, value in sorted(rows):
        if value >= 1.0:
            concept = SHARES[rank]
            yield concept, ShareCount(day, end, value, end if concept == COVER else day)


def _in_shares(value: float, before: ShareCount | None) -> float:
    """Return a count in shares: by one before it, the very first by what a listed company can have."""
    if before is None:
        while value < FEWEST:
            value *= SCALE
        while value > MOST:
            value /= SCALE
        return value
    powers = round(math.log(value / before.value, SCALE))
    mended = value / SCALE**powers
    return mended if 1.0 / NEAR < mended / before.value < NEAR else value
