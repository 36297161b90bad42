"""SIMULATED markets in which the truth is known: what a signal knows of them, and what the fund costs, is planted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.calibration.returns import Moves, Pool, drift_of, moves_of
from data.arithmetic import exp, expm1
from data.arrays import Dates, Flags, Floats, day
from data.as_traded import OVERNIGHT
from data.bars import Bars
from data.calendar import SESSIONS_A_YEAR, nyse_sessions
from data.demo_market import PREMIUM
from data.errors import DataError
from data.fund import FEE, SPREAD, fund_return
from data.market import load_market
from data.rates import days_between
from data.simulate import LONG_RUN_SD
from data.sources import BARS, Held, Kind, typed
from engine.config import RunConfig
from engine.loading import build_config
from engine.setup import Setup, prepare, roles_of
from strategies.signals.volatility import realised_volatility
from strategies.signals.windows import moving_average

WARM_UP = 64
"""Sessions before the run: a signal's average, and the 63 that sizing looks back on."""
CASH_YIELD = 0.02
LEVERAGE, WEIGHT = -3.0, 0.15
ON, OFF = 15, 22
"""Mean sessions of a spell with the hedge and of one without, of random spells."""
TREND_DAYS, VOLATILITY_DAYS = 50, 20
LOOKS_BACK = max(TREND_DAYS - 1, VOLATILITY_DAYS)
"""Sessions before its own that a signal reads."""
STRETCH = 32
"""Sessions that are laid out at once as if a signal stayed as it is; a spell is about so long."""
FLOOR = LONG_RUN_SD * SESSIONS_A_YEAR**0.5
"""Realised volatility above which the volatility signal is on, a fraction a year: the simulated sector's long-run."""
FIRST, LAST = day("1990-01-02"), day("2029-12-31")


@dataclass(frozen=True)
class Design:
    """A kind of market, the hedge that is run on it, and what is planted.

    Parameters
    ----------
    returns
        A name of `benchmarks.calibration.returns.RETURNS`.
    signal
        ``random``: spells of no meaning. ``trend``: on below the 50-session average. ``volatility``: on while
        20-session realised volatility is above `FLOOR`.
    rebalance
        When the hedged book is rebalanced: never, or weekly.
    years
        Length of the run, 252 sessions each.
    usual
        The market pays a premium for its risk, the fund takes fee and spread, and trading costs. Else none of that,
        which is the null of every test.
    timing
        What the signal's timing is worth, about so much log growth a year: the drift is lower while it is on.
    fund
        What the fund returns beside its model, a fraction of the sleeve a year.
    """

    returns: str = "independent"
    signal: str = "random"
    rebalance: str = "weekly"
    years: int = 16
    usual: bool = False
    timing: float = 0.0
    fund: float = 0.0


@dataclass(frozen=True)
class Made:
    """A source in memory."""

    held: dict[str, Bars]
    name: str = "made for the calibration"
    simulated: bool = True

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what is traded; it holds nothing else."""
        return tuple(self.held) if kind == BARS else ()

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return an instrument's bars; raises DataError."""
        if kind != BARS:
            raise DataError(f"{self.name}: no {kind} {name}")
        return typed(kind, self.held[name])


def plant(design: Design, number: int, pool: Pool | None = None) -> tuple[RunConfig, Setup]:
    """Make market `number` of a design and lay the run out on it; the same for the same two.

    Parameters
    ----------
    design, number
        Which market.
    pool
        Real moves, for the returns that are drawn from them.
    """
    sessions = nyse_sessions(FIRST, LAST)[: WARM_UP + design.years * SESSIONS_A_YEAR + 1]
    moves, on = _moved(replace(design, fund=0.0), number, len(sessions), pool)
    config, noise = _config(design, sessions), _rng(design, number, 1)
    market = load_market(Made(_bars(design, sessions, moves, noise)), roles_of(config), sessions[WARM_UP])
    return config, prepare(config, market, on.astype(np.float64))


@lru_cache(maxsize=1)
def _moved(design: Design, number: int, count: int, pool: Pool | None) -> tuple[Moves, Flags]:
    """Return a market's moves and when its signal is on; markets that differ in their fund alone follow each other."""
    drift = drift_of(design.returns, CASH_YIELD, pool, usual=design.usual)
    moves = moves_of(design.returns, _rng(design, number, 0), count, drift, pool)
    return timed(design, moves, random_spells(_rng(design, number, 2), count))


def _rng(design: Design, number: int, stream: int) -> np.random.Generator:
    """Return other chances for each design, but the same whatever is planted in it: so sizes are comparable."""
    seed = crc32(repr(replace(design, timing=0.0, fund=0.0)).encode())
    return np.random.default_rng([number, stream, seed])


def timed(design: Design, moves: Moves, spells: Flags) -> tuple[Moves, Flags]:
    """Return moves with the planted timing in them, and whether the signal is on at each close.

    What is decided at a close is held from the next open to the open after the next decision; it is there that the
    drift is lower while the signal is on, and higher while it is off, so that the mean stays.
    """
    on = says(design.signal, exp(np.cumsum(moves.night + moves.course)), spells)
    share = float(on[WARM_UP:].mean())
    if not design.timing or not 0.0 < share < 1.0:
        return moves, on
    given_up = (1.0 - LEVERAGE) * WEIGHT * share * SESSIONS_A_YEAR
    lower = -design.timing / given_up
    drift = np.array([-lower * share / (1.0 - share), lower])
    on = on if design.signal == "random" else _on_tilted(design.signal, moves, drift)
    return _tilted(moves, on, drift), on


def _tilted(moves: Moves, on: Flags, drift: Floats) -> Moves:
    """Add drift by whether the signal was on at the close that the session's night, and its day, was ordered at."""
    night, course, ordered = moves.night.copy(), moves.course.copy(), on.astype(np.int64)
    night[WARM_UP:] += OVERNIGHT * drift[ordered[WARM_UP - 2 : -2]]
    course[WARM_UP:] += (1.0 - OVERNIGHT) * drift[ordered[WARM_UP - 1 : -1]]
    return Moves(night, course)


def _on_tilted(signal: str, moves: Moves, drift: Floats) -> Flags:
    """Return whether a signal that reads prices is on, session by session: it reads the drift too.

    To the last bit what `says` says of the prices that come of it: a stretch is laid out as if the signal stayed as it
    is, and stands up to the session that says otherwise.
    """
    night = moves.night + (OVERNIGHT * drift)[:, np.newaxis, np.newaxis]
    grown = exp(night + (moves.course + ((1.0 - OVERNIGHT) * drift)[:, np.newaxis]))  # by what orders night, and day
    level = np.cumprod(np.concatenate(([1.0], exp(moves.night[:WARM_UP] + moves.course[:WARM_UP]))))[1:]
    on, count = says(signal, level, np.zeros(WARM_UP, np.bool_)).tolist(), len(moves.night)
    level = np.concatenate((level, np.empty(count - WARM_UP)))
    while (t := len(on)) < count:
        end, stays = min(t + STRETCH, count), int(on[-1])
        level[t:end] = grown[stays, stays, t:end]
        level[t] = level[t - 1] * grown[int(on[-2]), stays, t]
        np.cumprod(level[t:end], out=level[t:end])
        said = says(signal, level[t - LOOKS_BACK : end], np.zeros(0, np.bool_))[LOOKS_BACK:]
        other = np.flatnonzero(said != stays)
        on += said[: other[0] + 1 if len(other) else len(said)].tolist()
    return np.array(on)


def says(signal: str, level: Floats, spells: Flags) -> Flags:
    """Return whether the signal is on at each close."""
    if signal == "trend":
        return level < moving_average(level, TREND_DAYS)
    return realised_volatility(level, VOLATILITY_DAYS) > FLOOR if signal == "volatility" else spells


def random_spells(rng: np.random.Generator, count: int) -> Flags:
    """Return whether a hedge that means nothing is on at each close: `ON` sessions in the mean, then off for `OFF`."""
    lengths = rng.geometric(1.0 / np.tile([OFF, ON], count))
    spells: Flags = np.repeat(np.tile([False, True], count), lengths)[:count]
    return spells


def _config(design: Design, sessions: Dates) -> RunConfig:
    execution = {"cash_rate": CASH_YIELD} | ({} if design.usual else {"commission_bps": 0, "slippage_bps": 0})
    hedge = {"rebalance": design.rebalance, "weight": WEIGHT, "leverage": LEVERAGE}
    return build_config({"start": str(sessions[WARM_UP]), "hedge": hedge, "execution": execution})


def _bars(design: Design, sessions: Dates, moves: Moves, rng: np.random.Generator) -> dict[str, Bars]:
    """Return bars of the sector and of its fund, which opens and closes a little off its value."""
    days = days_between(sessions)
    fee, spread = (FEE, SPREAD) if design.usual else (0.0, 0.0)
    moved, r = expm1(moves.night), expm1(moves.night + moves.course)
    carry = fund_return(np.zeros_like(r), np.full_like(r, CASH_YIELD), days, LEVERAGE, fee - design.fund, spread)
    level = 40.0 * np.cumprod(1.0 + r, dtype=np.float64)
    value = 40.0 * np.cumprod(np.maximum(1.0 + LEVERAGE * r + carry, 0.02), dtype=np.float64)
    before = np.concatenate(([40.0], value[:-1]))
    opened = before * np.maximum(1.0 + LEVERAGE * moved + carry, 0.02)
    off = exp(PREMIUM * rng.standard_normal((2, len(r))))
    return {
        "SOXX": _plain("SOXX", sessions, level / exp(moves.course), level),
        "SOXS": _plain("SOXS", sessions, opened * off[0], value * off[1]),
    }


def _plain(name: str, sessions: Dates, opened: Floats, close: Floats) -> Bars:
    high, low, ones = np.maximum(opened, close), np.minimum(opened, close), np.ones_like(close)
    return Bars(name, sessions, opened, high, low, close, 1e6 * ones, 0.0 * ones, ones)
