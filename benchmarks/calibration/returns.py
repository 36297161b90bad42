"""What a SIMULATED market's underlying does, night by night and day by day: four kinds of returns."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from data.as_traded import OVERNIGHT
from data.calendar import SESSIONS_A_YEAR
from data.demo_market import SECTOR_GROWTH
from data.errors import DataError
from data.simulate import FALL, LONG_RUN_SD, MEMORY, PERSISTENCE, SHOCK, innovations
from data.sources import BARS
from data.sources.choose import open_source
from engine.analytics.answer.insurance import draw_sessions

REAL = "real"
RETURNS = ("independent", "clustered", REAL, "crashes")
"""``independent``: t-distributed. ``clustered``: volatility comes in spells, and falls raise it. ``real``: blocks of
real sessions. ``crashes``: independent, and now and then the market crashes."""
BLOCK = 126
"""Mean sessions of a block of real history."""
CRASH, CRASH_YEARS, CRASH_SESSIONS = -0.40, 8, 21
"""How far a crash falls, one in so many years, and the sessions it takes; half come back in as many sessions more."""


class Moves(NamedTuple):
    """Log moves of every night, and of the day after it, shape (sessions,) each."""

    night: Floats
    course: Floats


@dataclass(frozen=True, eq=False)
class Pool:
    """Real moves to draw from, their mean taken off; no two are equal, so that what was drawn is known by it.

    Parameters
    ----------
    moves
        Of each session but the first.
    span
        What they are, for a person.
    digest
        A hash of them.
    """

    moves: Moves
    span: str
    digest: str


def pool_of(folder: str | None, name: str = "SOXX") -> Pool:
    """Read an instrument's nights and days from a folder, or from the store; raises DataError where it isn't there."""
    source = open_source("csv" if folder else "store", folder)
    if name not in source.names(BARS):
        raise DataError(f"{source.name} has no bars of {name}")
    bars = source.read(BARS, name)
    before = bars.close[:-1] / bars.split[1:]
    night = log((bars.open[1:] + bars.dividend[1:]) / before)
    whole = log((bars.close[1:] + bars.dividend[1:]) / before)
    mean = whole.mean()
    moves = Moves(night - OVERNIGHT * mean, whole - night - (1.0 - OVERNIGHT) * mean)
    span = f"{name}, {bars.dates[1]} to {bars.dates[-1]}, {len(night):,} sessions"
    return Pool(moves, span, hashlib.sha256(np.stack(moves).tobytes()).hexdigest()[:16])


def drift_of(returns: str, cash_yield: float, pool: Pool | None, *, usual: bool) -> float:
    """Return the log drift of a session: the sector's where `usual`, else such that the mean return is that of cash."""
    if usual:
        return SECTOR_GROWTH / SESSIONS_A_YEAR
    variance = LONG_RUN_SD**2 if pool is None or returns != REAL else float(np.var(sum(pool.moves)))
    return cash_yield / SESSIONS_A_YEAR - variance / 2.0


def moves_of(returns: str, rng: np.random.Generator, count: int, drift: float, pool: Pool | None) -> Moves:
    """Draw moves, so many sessions of a mean log drift a session."""
    if returns == REAL:
        if pool is None:
            raise DataError("real returns need real history")
        night, course = _resampled(pool.moves, rng, count)
    else:
        night, course = np.sqrt([[OVERNIGHT], [1.0 - OVERNIGHT]]) * LONG_RUN_SD * innovations(rng, (2, count))
    if returns == "clustered":
        night, course = _clustered(night, course)
    if returns == "crashes":
        falls = _crashes(rng, count)
        night, course = night + OVERNIGHT * falls, course + (1.0 - OVERNIGHT) * falls
    return Moves(night + OVERNIGHT * drift, course + (1.0 - OVERNIGHT) * drift)


def _resampled(moves: Moves, rng: np.random.Generator, count: int) -> Moves:
    days = draw_sessions(len(moves.night), count, 1, int(rng.integers(2**31)), BLOCK)[0]
    return Moves(moves.night[days], moves.course[days])


def _clustered(night: Floats, course: Floats) -> tuple[Floats, Floats]:
    """Scale moves by the variance of Glosten, Jagannathan and Runkle (1993), as in the demo market."""
    scales, variance = list[float](), 1.0
    for move in (night + course).tolist():
        scales.append(math.sqrt(variance))
        news = scales[-1] * move / LONG_RUN_SD
        impact = SHOCK + (FALL if news < 0.0 else 0.0)
        variance = (1.0 - PERSISTENCE) + impact * news**2 + MEMORY * variance
    scale = np.array(scales)
    return scale * night, scale * course


def _crashes(rng: np.random.Generator, count: int) -> Floats:
    """Return the log moves of rare crashes, the mean over all markets taken off."""
    step, chance = math.log1p(CRASH) / CRASH_SESSIONS, 1.0 / (CRASH_YEARS * SESSIONS_A_YEAR)
    moved = np.zeros(count + 2 * CRASH_SESSIONS)
    for first in np.flatnonzero(rng.random(count) < chance):
        moved[first : first + CRASH_SESSIONS] += step
        if rng.random() < 0.5:
            moved[first + CRASH_SESSIONS : first + 2 * CRASH_SESSIONS] -= step
    return moved[:count] - chance * CRASH_SESSIONS * step / 2.0
