"""How long a forward record has to be for an effect to show: the chance of an alarm, by a formula.

What the record adds up to is a random walk with a drift, and the alarm a line that it has to pass. The time at which a
straight line is passed has the inverse Gaussian distribution (Schrödinger 1915), and this line is nearly straight.
docs/alarms.md holds the formula against simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from data.calendar import SESSIONS_A_YEAR
from engine.analytics.e_process import FAR, LEVEL, RATIOS, STAKE, WIDE, Scales

HORIZONS = (1, 2, 3, 5, 10)
"""Years of a record."""
LONGEST = 1000.0
"""Years that are looked ahead."""
HALVINGS = 50
"""Of what is searched for a number."""
MEAN_UNKNOWN = 1.8
"""How many times as high an e timing would have if the core's mean return were known, about, as simulation has it."""


@dataclass(frozen=True)
class Outlook:
    """When an effect would show.

    Parameters
    ----------
    effect
        Log growth a year.
    ratio
        Of the effect to its standard deviation, a year; infinite where that is 0.
    chances
        That there has been an alarm within each of `HORIZONS`.
    years
        Within which an alarm is as likely as not; infinite for more than `LONGEST`.
    """

    effect: float
    ratio: float
    chances: tuple[float, ...]
    years: float


def timing_outlook(effect: float, scales: Scales) -> Outlook:
    """Return when timing that is worth so much would show.

    Parameters
    ----------
    effect
        Log growth a year that the hedge's dates make, or lose.
    scales
        Of the backtest; its hedge in parts of the book: the core exposure given up.

    Notes
    -----
    The hedge is taken for one that is on at one weight or off, so that its mean and standard deviation say how often it
    is on: what is on seldom can't be bet on much.
    """
    mean, deviation = abs(scales.hedge_mean), scales.hedge_sd
    rarest = max(deviation / mean, mean / deviation) if mean and deviation else math.inf
    return _outlook(effect, deviation * scales.core, STAKE / (FAR + 1.0) / rarest, MEAN_UNKNOWN)


def gap_outlook(effect: float, scales: Scales) -> Outlook:
    """Return when a gap to holding less would show.

    Parameters
    ----------
    effect
        Log growth a year of the hedged book less that of holding less.
    scales
        Of the backtest.
    """
    most = STAKE * scales.gap / (WIDE * scales.gap_largest) if scales.gap_largest else 0.0
    return _outlook(effect, scales.gap, most, 1.0)


def _outlook(effect: float, deviation: float, most: float, times: float) -> Outlook:
    """Return when an effect shows, of bets of at most so much a standard deviation of a session."""
    ratio = abs(effect) / (deviation * math.sqrt(SESSIONS_A_YEAR)) if deviation else math.inf
    if not (deviation and most):
        return Outlook(effect, ratio, (0.0,) * len(HORIZONS), math.inf)
    sizes = [min(size, most * math.sqrt(SESSIONS_A_YEAR)) for size in RATIOS]
    # the alarm goes by the mean of both sides, of which the other is worth nothing then
    wanted = times * 2.0 / LEVEL
    chances = tuple(accumulate((_chance(ratio, sizes, years, wanted) for years in HORIZONS), max))
    if _chance(ratio, sizes, LONGEST, wanted) < 0.5:
        return Outlook(effect, ratio, chances, math.inf)
    return Outlook(effect, ratio, chances, _lowest(lambda years: _chance(ratio, sizes, years, wanted), 0.5, LONGEST))


def _chance(ratio: float, sizes: list[float], years: float, wanted: float) -> float:
    """Return the chance that bets of some sizes have come to so much, by the tangent to their line at its end."""
    line, slope = _line(sizes, years, wanted)
    first, drift, root = line - slope * years, ratio - slope, math.sqrt(years)
    turned = math.exp(min(2.0 * first * drift, 700.0)) * _normal(-(drift * years + first) / root)
    return min(1.0, _normal((drift * years - first) / root) + turned)


def _line(sizes: list[float], years: float, wanted: float) -> tuple[float, float]:
    """Return where a walk of variance 1 a year has to stand for bets to come to so much, and how fast that rises."""

    def worths(walked: float) -> list[float]:
        return [math.exp(min(size * walked - size**2 * years / 2.0, 700.0)) for size in sizes]

    enough = max(math.log(wanted) / size + size * years for size in sizes)
    line = _lowest(lambda walked: sum(worths(walked)) / len(sizes), wanted, enough)
    weighed = list(zip(worths(line), sizes, strict=True))
    return line, sum(worth * size**2 / 2.0 for worth, size in weighed) / sum(worth * size for worth, size in weighed)


def _lowest(rising: Callable[[float], float], wanted: float, high: float) -> float:
    """Return where a rising function comes to so much, between 0 and a place where it has."""
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2.0)) / 2.0
