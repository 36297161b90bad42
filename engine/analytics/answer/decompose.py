"""The sum: what the hedged book made less than the unhedged one, in four parts that add up."""

from __future__ import annotations

import math
from dataclasses import dataclass

PARTS = ("exposure", "timing", "drift", "fund")


@dataclass(frozen=True)
class Sum:
    """``total = exposure + timing + drift + fund``, growth a year.

    Parameters
    ----------
    total
        Hedged less unhedged.
    exposure
        The mean of the shifts of the book sold at entry less unhedged: holding less on any dates.
    timing
        The book sold at entry less that mean: the dates it chose.
    drift
        Sold daily less sold at entry: the sleeve left to move between orders.
    fund
        Hedged less sold daily. ``None`` stands for an unknown part: a book of it was ruined.
    """

    total: float
    exposure: float | None
    timing: float | None
    drift: float | None
    fund: float | None

    def times(self, factor: float, total: float) -> Sum:
        """Return every part times a factor, the total given."""
        return Sum(total, *(None if part is None else part * factor for part in self.parts))

    @property
    def parts(self) -> tuple[float | None, ...]:
        """The four parts, in order."""
        return tuple(getattr(self, name) for name in PARTS)


def sum_of(unhedged: float, hedged: float, entry: float, daily: float, shifted: float | None) -> Sum:
    """Return the sum in log growth a year, from that of each book; -inf for one that was ruined.

    Parameters
    ----------
    unhedged, hedged, entry, daily
        Of the books unhedged, hedged, sold at entry and sold daily.
    shifted
        The mean over all shifts of the book sold at entry; ``None`` where one of them was ruined.
    """

    def apart(ours: float | None, theirs: float | None) -> float | None:
        known = ours is not None and theirs is not None and math.isfinite(ours) and math.isfinite(theirs)
        return ours - theirs if known else None  # type: ignore[operator]  # both are

    return Sum(
        hedged - unhedged, apart(shifted, unhedged), apart(entry, shifted), apart(daily, entry), apart(hedged, daily)
    )


def in_cagr(logs: Sum, unhedged: float) -> Sum:
    """Return a sum in points of CAGR: every part times one factor, so that they add up to the difference of CAGRs.

    Parameters
    ----------
    unhedged
        The unhedged book's log growth a year.
    """
    total = math.expm1(logs.total + unhedged) - math.expm1(unhedged)
    return logs.times(cagr_factor(logs.total, unhedged), total)


def cagr_factor(total: float, unhedged: float) -> float:
    """Return points of CAGR a point of log growth: the difference of CAGRs over that of log growths, or its limit.

    Parameters
    ----------
    total, unhedged
        What the hedged book's log growth a year is above the unhedged book's, and that.
    """
    if abs(total) < 1e-9:
        return math.exp(unhedged)
    return math.exp(unhedged) * math.expm1(total) / total
