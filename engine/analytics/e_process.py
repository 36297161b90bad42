"""Tests of a forward record that hold however often one looks: e-processes, by betting.

Somebody starts with 1 and bets, session by session, that the null is wrong. Where it is right, no way to bet makes more
than that in the mean, whenever one stops, so that 20 is ever reached with a probability of at most 5 %.

Ville (1939), "Étude critique de la notion de collectif". The bets: Waudby-Smith and Ramdas (2024), "Estimating means of
bounded random variables by betting", Journal of the Royal Statistical Society B 86. E-processes: Ramdas, Grünwald, Vovk
and Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38. The mathematics
stand in docs/forward.md, what was measured in docs/alarms.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats
from data.calendar import SESSIONS_A_YEAR
from data.errors import DataError
from engine.analytics.answer.insurance import CANT_TELL
from engine.analytics.answer.timing import HELPED, HURT, NO_SIGN

PAYS, PAYS_NOT = "pays", "does not pay"
LEVEL = 0.05
"""How often a label comes out at most where the null is true, over a record of any length: an alarm at 1 / LEVEL."""
RATIOS = (0.5, 1.0, 2.0)
"""What is bet on, in equal parts: a mean a year of so many of its standard deviations."""
STAKE = 0.9
"""What can be lost in a session at most, of what there is."""
COUNTED = 252
"""Sessions of the record that the backtest's scales count as much as."""
DECAY = 0.94
"""Of the weights of squared returns in the volatility that is expected of a session, as of RiskMetrics (1996)."""
CALMEST = 0.25
"""The lowest volatility expected, of the backtest's."""
FAR = 6.0
"""A return is cut off at so many of the standard deviations that were expected."""
MEANS = np.linspace(-0.25, 0.25, 41)
"""The core's mean return a session, of its standard deviation: 0.25 is a Sharpe ratio of 4 a year."""
MEAN_STAKES = (-0.1, -0.05, -0.025, 0.025, 0.05, 0.1)
"""Bet on the core's return alone, whatever the hedge: against means that it can't have."""
MEAN_PART = 0.0625
"""Of what there is at first, for those bets."""
WIDE = 2.0
"""A difference is cut off, where it loses, at so many times the largest so far."""
NO_SESSION = "there is no session yet"
LARGEST = 1e300
"""Of what bets come to, so that nothing overflows."""


@dataclass(frozen=True)
class Scales:
    """What the backtest says of sizes, when the record begins: a guide for bets, and their bounds.

    Parameters
    ----------
    core
        Standard deviation of the core's daily log return, above 0.
    hedge_mean, hedge_sd
        Of the core exposure given up, over the backtest's sessions.
    gap
        Standard deviation of the daily log return of the hedged book less that of holding less.
    gap_largest
        The largest absolute one. Where either is 0, the gap can't be tested.
    """

    core: float
    hedge_mean: float
    hedge_sd: float
    gap: float
    gap_largest: float


@dataclass(frozen=True)
class EProcess:
    """An e-process session by session, and what it says.

    Parameters
    ----------
    label
        What the first alarm says; of timing `HELPED`, `HURT`, `NO_SIGN`, of the gap `PAYS`, `PAYS_NOT`, `CANT_TELL`.
    e
        The mean of both sides, shape (sessions,): what the alarm goes by, known at each session's close.
    better, worse
        Each side: against "it did no good", and against "it did no harm".
    largest
        The largest `e` so far, at least the 1 that it begins with, shape (sessions,).
    p
        Anytime-valid p-value, 1 over the largest, shape (sessions,).
    alarm
        The first session at which `e` was at least 1 / `LEVEL`, counted from 0; None if none was.
    cut
        Sessions with a return or difference that was cut off.
    why
        Why nothing could be tested yet; else empty.
    """

    label: str
    e: Floats
    better: Floats
    worse: Floats
    largest: Floats
    p: Floats
    alarm: int | None
    cut: int
    why: str = ""


def timing_process(core: Floats, hedge: Floats, scales: Scales) -> EProcess:
    """Test whether the core did better while more of it was held.

    Parameters
    ----------
    core
        Its log return less that of cash, known at each session's close, shape (sessions,).
    hedge
        The core exposure given up in the session, in any unit, as it stood or was ordered at the close before, shape
        (sessions,).
    scales
        Of the backtest.

    Returns
    -------
    The e-process against the null that a session's mean return is one constant, unknown, whatever the hedge.

    Raises
    ------
    DataError
        For what is no finite number, for shapes that differ, and for scales out of range.
    """
    _check(scales, core=core, hedge=hedge)
    better, worse, cut = timing_bets(core[:, np.newaxis], hedge[:, np.newaxis], scales)
    why = ""
    if not len(core):
        why = NO_SESSION
    elif (hedge == hedge[0]).all():
        why = "the hedge stood at one weight all the time, so that there is no timing to test"
    return _process(better[:, 0], worse[:, 0], cut[:, 0], (HELPED, HURT, NO_SIGN), why)


def gap_process(hedged: Floats, held_less: Floats, scales: Scales) -> EProcess:
    """Test whether the hedged book grows more than holding less, or less.

    Parameters
    ----------
    hedged, held_less
        The books' log returns, known at each session's close, shape (sessions,).
    scales
        Of the backtest.

    Returns
    -------
    The e-process against the null that the difference has a mean of 0 in every session. *pays* is wrong as seldom where
    no mean is above 0, *does not pay* where none is below.

    Raises
    ------
    DataError
        For what is no finite number, for shapes that differ, and for scales out of range.
    """
    _check(scales, hedged=hedged, held_less=held_less)
    words, count = (PAYS, PAYS_NOT, CANT_TELL), len(hedged)
    if not (scales.gap and scales.gap_largest):
        why = "in the backtest the two books never differed, so that nothing tells how much is a lot"
        return _process(np.ones(count), np.ones(count), np.zeros(count, np.bool_), words, why)
    better, worse, cut = gap_bets((hedged - held_less)[:, np.newaxis], scales)
    return _process(better[:, 0], worse[:, 0], cut[:, 0], words, "" if count else NO_SESSION)


def timing_bets(core: Floats, hedge: Floats, scales: Scales) -> tuple[Floats, Floats, Flags]:
    """Return what the bets came to that timing helped, and that it hurt, of many records at once.

    Parameters
    ----------
    core, hedge, scales
        As of `timing_process`, shape (sessions, records).

    Returns
    -------
    Both e-processes, and whether a return was cut off, shape (sessions, records) each.
    """
    expected = _expected(core, scales.core)
    moved, unit = core / expected, scales.core / expected
    standing, begun = _standing(hedge, scales)
    most = STAKE / (FAR + MEANS[-1] / CALMEST)
    helped, hurt = np.empty(core.shape), np.empty(core.shape)
    count = len(RATIOS)
    wealth = np.ones((2 * count + len(MEAN_STAKES), len(MEANS), core.shape[1]))
    sizes, on_mean = _daily(RATIOS), np.array(MEAN_STAKES)[:, np.newaxis]
    for t, move in enumerate(np.clip(moved, -FAR, FAR)):
        timed = np.clip(sizes * standing[t], -most, most)
        stakes = np.concatenate((timed, -timed, on_mean * begun[t]))
        _multiply(wealth, 1.0 + stakes[:, np.newaxis] * (move - MEANS[:, np.newaxis] * unit[t]))
        # each bet's wealth is log-concave in the mean: between two means it is at least the lower of theirs
        least = np.minimum(wealth[:, :-1], wealth[:, 1:])
        plain = MEAN_PART * least[2 * count :].mean(axis=0)
        helped[t] = ((1.0 - MEAN_PART) * least[:count].mean(axis=0) + plain).min(axis=0)
        hurt[t] = ((1.0 - MEAN_PART) * least[count : 2 * count].mean(axis=0) + plain).min(axis=0)
    return helped, hurt, np.abs(moved) > FAR


def gap_bets(difference: Floats, scales: Scales) -> tuple[Floats, Floats, Flags]:
    """Return what the bets came to that the gap is above 0, and that it is below, of many records at once.

    Parameters
    ----------
    difference
        Log return of the hedged book less that of holding less, shape (sessions, records).
    scales
        Of the backtest.

    Returns
    -------
    Both e-processes, and whether a difference was beyond the bound, shape (sessions, records) each.
    """
    squares = np.cumsum(difference**2, axis=0) - difference**2 + COUNTED * scales.gap**2
    deviation = np.sqrt(squares / (COUNTED + np.arange(len(difference))[:, np.newaxis]))
    bound = WIDE * _before(np.maximum.accumulate(np.abs(difference), axis=0), scales.gap_largest)
    pays, not_pays = np.empty(difference.shape), np.empty(difference.shape)
    wealth = np.ones((2 * len(RATIOS), difference.shape[1]))
    sizes = _daily(RATIOS)
    for t, moved in enumerate(difference):
        stakes = np.minimum(sizes / deviation[t], STAKE / bound[t])
        # what wins is never cut off: a hedge pays in lumps
        won, lost = np.maximum(moved, -bound[t]), np.maximum(-moved, -bound[t])
        _multiply(wealth, 1.0 + np.concatenate((stakes * won, stakes * lost)))
        pays[t], not_pays[t] = wealth[: len(RATIOS)].mean(axis=0), wealth[len(RATIOS) :].mean(axis=0)
    return pays, not_pays, np.abs(difference) > bound


def _daily(ratios: tuple[float, ...]) -> Floats:
    """Return bets on a mean of so many standard deviations a year, per standard deviation of a session."""
    return np.array(ratios)[:, np.newaxis] / math.sqrt(SESSIONS_A_YEAR)


def _multiply(wealth: Floats, by: Floats) -> None:
    with np.errstate(over="ignore", under="ignore"):
        np.minimum(np.multiply(wealth, by, out=wealth), LARGEST, out=wealth)


def _before(values: Floats, least: float) -> Floats:
    """Return the value of the session before, and at least so much; that alone at the first."""
    return np.maximum(np.concatenate((np.full((1, values.shape[1]), least), values))[:-1], least)


def _expected(core: Floats, usual: float) -> Floats:
    """Return the standard deviation that is expected of each session, from the returns before it."""
    variance, found = np.full(core.shape[1], usual**2), np.empty(core.shape)
    for t, move in enumerate(core):
        found[t] = variance
        variance = DECAY * variance + (1.0 - DECAY) * move**2
    return np.maximum(np.sqrt(found), CALMEST * usual)


def _standing(hedge: Floats, scales: Scales) -> tuple[Floats, Flags]:
    """Return how much less than usual is given up, in standard deviations, and whether the hedge has varied by then."""
    begun = np.maximum.accumulate(hedge, axis=0) > np.minimum.accumulate(hedge, axis=0)
    count = COUNTED + np.arange(1, len(hedge) + 1)[:, np.newaxis]
    less = (COUNTED * scales.hedge_mean + np.cumsum(hedge, axis=0)) / count - hedge
    deviation = np.sqrt((COUNTED * scales.hedge_sd**2 + np.cumsum(less**2, axis=0)) / count)
    return np.divide(less, deviation, out=np.zeros(hedge.shape), where=begun & (deviation > 0.0)), begun


def _process(better: Floats, worse: Floats, cut: Flags, words: tuple[str, str, str], why: str) -> EProcess:
    e = (better + worse) / 2.0
    largest = np.maximum.accumulate(np.maximum(e, 1.0))
    alarms = np.flatnonzero(e >= 1.0 / LEVEL)
    alarm = int(alarms[0]) if len(alarms) else None
    label = words[2] if alarm is None else words[0] if better[alarm] > worse[alarm] else words[1]
    return EProcess(label, e, better, worse, largest, 1.0 / largest, alarm, int(np.count_nonzero(cut)), why)


def _check(scales: Scales, **columns: Floats) -> None:
    """Raise DataError for what can't be tested."""
    shapes = {name: np.shape(column) for name, column in columns.items()}
    if len(set(shapes.values())) > 1 or len(next(iter(shapes.values()))) != 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise DataError(f"a forward record has columns of one length: {told}")
    for name, column in columns.items():
        broken = np.flatnonzero(~np.isfinite(column))
        if len(broken):
            at = int(broken[0])
            raise DataError(f"session {at + 1} of the forward record: {name} is {column[at]}, not a finite number")
    sizes = (scales.core, scales.hedge_sd, scales.gap, scales.gap_largest)
    if not (np.isfinite([*sizes, scales.hedge_mean]).all() and min(sizes) >= 0.0 < scales.core):
        raise DataError(f"a forward record can't be tested by these scales of its backtest: {scales}")
