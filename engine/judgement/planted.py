"""SIMULATED markets in which the truth is known: what a signal knows of them, and what the fund costs, is planted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.arithmetic import exp, expm1
from data.arrays import Dates, Flags, Floats, day
from data.as_traded import OVERNIGHT
from data.bars import Bars
from data.calendar import SESSIONS_A_YEAR, nyse_sessions
from data.demo_market import PREMIUM, SECTOR_GROWTH
from data.errors import DataError
from data.fund import FEE, SPREAD, fund_return
from data.market import load_market
from data.rates import days_between
from data.series import Series
from data.simulate import FALL, LONG_RUN_SD, MEMORY, PERSISTENCE, SHOCK, innovations
from data.sources.wrapped import Eventless
from engine.asking import Asked
from engine.config import RunConfig
from engine.loading import build_config
from engine.setup import prepare, roles_of
from strategies.weakness import WeaknessHedge

SESSIONS = 16 * SESSIONS_A_YEAR
WARM_UP = 64
"""Sessions before the run: a signal's average, and the 63 that sizing looks back on."""
CASH_YIELD = 0.02
LEVERAGE = -3.0
ON, OFF = 15, 22
"""Mean sessions of a spell with the hedge and of one without, of a signal that knows nothing."""
HORIZON = 15
"""Sessions that a signal which knows something knows it of."""


@dataclass(frozen=True)
class Design:
    """What is planted.

    Parameters
    ----------
    signal
        ``random``: spells of no meaning. ``trend``: on below the 50-session average. ``direction``: on where it
        believes that the underlying does worse than its drift over the coming sessions. ``stretches``: on where it
        believes that it goes further than it shakes, so that its squared move exceeds its realised variance.
    knows
        The probability that a belief is right; one half is none.
    horizon
        Sessions of a belief.
    follows
        The part of each session's move by which the next night follows, while the signal is on.
    cheaper
        What the fund returns above its model, a fraction a year.
    clustered
        Volatility comes in spells, and falls raise it; else returns are independent.
    free
        The fund has no fee and no spread, and trading costs nothing.
    rebalance
        When the hedged book is rebalanced: never, or weekly.
    """

    signal: str = "random"
    knows: float = 0.5
    horizon: int = HORIZON
    follows: float = 0.0
    cheaper: float = 0.0
    clustered: bool = False
    free: bool = False
    rebalance: str = "never"

    @property
    def idle(self) -> bool:
        """Whether the signal knows nothing and nothing else is planted."""
        return self.knows == 0.5 and self.follows == self.cheaper == 0.0


@dataclass(frozen=True)
class Made(Eventless):
    """A source in memory."""

    held: dict[str, Bars]
    name: str = "made for the calibration"
    simulated: bool = True

    def instruments(self) -> tuple[str, ...]:
        """Return the names of what is traded."""
        return tuple(self.held)

    def series_names(self) -> tuple[str, ...]:
        """Return no name: there are no series."""
        return ()

    def bars(self, instrument: str) -> Bars:
        """Return an instrument's bars."""
        return self.held[instrument]

    def series(self, name: str) -> Series:
        """Raise DataError."""
        raise DataError(f"{self.name}: no series {name}")


def plant(design: Design, number: int) -> tuple[RunConfig, Asked]:
    """Make market `number` of a design and lay the run out on it; the same for the same two."""
    sessions = nyse_sessions(day("2009-01-02"), day("2029-12-31"))[: WARM_UP + SESSIONS]
    chances, noise, luck = (np.random.default_rng([number, stream]) for stream in range(3))
    config = _config(design, sessions)
    spells = _spells(luck, len(sessions)) if design.signal == "random" else np.zeros(len(sessions), np.bool_)
    night, course = _moves(design, innovations(chances, (2, len(sessions))), spells)
    source = Made(_bars(design, sessions, night, course, noise))
    market = load_market(source, roles_of(config), sessions[WARM_UP])
    if design.signal == "trend":
        signal = WeaknessHedge(50, 0.0).intensity(market)
    elif design.signal == "random":
        signal = spells.astype(np.float64)
    else:
        signal = _beliefs(design, night, course, luck).astype(np.float64)
    # The strip makes runs of the signal it is given: it asks of the strategy only whether it keeps state.
    return config, Asked(WeaknessHedge, WeaknessHedge(), signal, prepare(config, market, signal))


def _config(design: Design, sessions: Dates) -> RunConfig:
    execution = {"cash_rate": CASH_YIELD} | ({"commission_bps": 0, "slippage_bps": 0} if design.free else {})
    hedge = {"rebalance": design.rebalance}
    return build_config({"start": str(sessions[WARM_UP]), "hedge": hedge, "execution": execution})


def _spells(rng: np.random.Generator, count: int) -> Flags:
    lengths = rng.geometric(1.0 / np.tile([OFF, ON], count))
    spells: Flags = np.repeat(np.tile([False, True], count), lengths)[:count]
    return spells


def _moves(design: Design, shocks: Floats, on: Flags) -> tuple[Floats, Floats]:
    """Return the log moves of every night and of the day after it, shape (sessions,) each.

    Clustered, the variance is that of Glosten, Jagannathan and Runkle (1993), as in the demo market.
    """
    night, course = np.sqrt([OVERNIGHT, 1.0 - OVERNIGHT])[:, np.newaxis] * LONG_RUN_SD * shocks
    variance, news = 1.0, 0.0
    for t in range(len(on)):
        sd = math.sqrt(variance)
        night[t] = sd * night[t] + (design.follows * news if on[t - 1] else 0.0)
        course[t] *= sd
        news = night[t] + course[t]
        if design.clustered:
            heard = SHOCK + (FALL if news < 0.0 else 0.0)
            variance = (1.0 - PERSISTENCE) + heard * (news / LONG_RUN_SD) ** 2 + MEMORY * variance
    drift = SECTOR_GROWTH / SESSIONS_A_YEAR
    return night + OVERNIGHT * drift, course + (1.0 - OVERNIGHT) * drift


def _bars(design: Design, sessions: Dates, night: Floats, course: Floats, rng: np.random.Generator) -> dict[str, Bars]:
    """Return bars of the sector and of its fund, which opens and closes a little off its value."""
    days = days_between(sessions)
    fee, spread = (0.0, 0.0) if design.free else (FEE, SPREAD)
    moved, r = expm1(night), expm1(night + course)
    carry = fund_return(np.zeros_like(r), np.full_like(r, CASH_YIELD), days, LEVERAGE, fee - design.cheaper, spread)
    level = 40.0 * np.cumprod(1.0 + r, dtype=np.float64)
    value = 40.0 * np.cumprod(np.maximum(1.0 + LEVERAGE * r + carry, 0.02), dtype=np.float64)
    before = np.concatenate(([40.0], value[:-1]))
    opened = before * np.maximum(1.0 + LEVERAGE * moved + carry, 0.02)
    off = exp(PREMIUM * rng.standard_normal((2, len(r))))
    return {
        "SOXX": _plain("SOXX", sessions, level / exp(course), level),
        "SOXS": _plain("SOXS", sessions, opened * off[0], value * off[1]),
    }


def _plain(name: str, sessions: Dates, opened: Floats, close: Floats) -> Bars:
    high, low, ones = np.maximum(opened, close), np.minimum(opened, close), np.ones_like(close)
    return Bars(name, sessions, opened, high, low, close, 1e6 * ones, 0.0 * ones, ones)


def _beliefs(design: Design, night: Floats, course: Floats, rng: np.random.Generator) -> Flags:
    """Return at each close what the signal believes of the sessions between the fill now ordered and the next."""
    fills = np.append(night[1:] + course[:-1], 0.0)  # from the open of t to that of t + 1
    fills = np.append(fills[1:], 0.0)  # what is decided at the close of t is held from the open of t + 1
    starts = np.arange(0, len(fills), design.horizon)
    moved, shaken = np.add.reduceat(fills, starts), np.add.reduceat(fills**2, starts)
    drift = SECTOR_GROWTH / SESSIONS_A_YEAR * design.horizon
    true = moved < drift if design.signal == "direction" else moved**2 > shaken
    believed = true == (rng.random(len(starts)) < design.knows)
    return np.repeat(believed, design.horizon)[: len(fills)]
