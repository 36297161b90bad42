"""Timing: whether the exposure was given up at the right time, or random dates would have done as well.

The null is that the path of orders is independent of returns. All circular shifts of the path are run, none drawn, and
each is studentised: a path that is on when volatility is high has a noisier sum than its shifts, so that raw ranks
would find a useless trend signal wanting.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from data.arithmetic import log, log1p
from data.arrays import Floats, Ints
from engine.analytics.derisk import entry_orders
from engine.analytics.drawdowns import core_level
from engine.analytics.fund_exposure import fills_at_open
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.kernel.placebo import TOGETHER, Clock, Path
from engine.rules import Prices, Terms
from engine.setup import Setup

HELPED, HURT, NO_SIGN = "helped", "hurt", "no sign"
LEVEL = 0.05
"""Two-sided: the label's size at its own null."""
BAND = (0.05, 0.95)
"""Quantiles of the shifts' growth that are shown."""
SMALLEST = 2.802
"""Standard deviations of the shifts that an effect needs to be found in four of five histories, two-sided 5 %."""
ALIKE = 1e-12
"""A standard deviation of the shifts' growth that is rounding: they are the same book."""


@dataclass(frozen=True)
class Shifts:
    """The book sold at entry on its own orders, shifted in a circle by every number of closes.

    Parameters
    ----------
    shift
        Closes, 0 first, increasing, shape (shifts,).
    growth
        Log growth a year of each; -inf for one that was ruined.
    t
        Growth less the mean of all but the run's own, over its standard error; -inf for one that was ruined.
    """

    shift: Ints
    growth: Floats
    t: Floats

    @property
    def ruined(self) -> bool:
        """Whether any book was."""
        return not np.isfinite(self.growth).all()


@dataclass(frozen=True)
class Timing:
    """What the run's own dates came to among all others.

    Parameters
    ----------
    label
        `HELPED`, `HURT` or `NO_SIGN`.
    p, p_low, p_high
        Two-sided and of each side, by the studentised shifts.
    growth, mean, deviation
        Log growth a year of the book sold at entry, and the mean and standard deviation of its shifts; ``None`` of
        those where a shift was ruined.
    band
        The 5 % and 95 % quantiles of the shifts' log growth.
    smallest
        The smallest effect this history could show, log growth a year.
    better_dates
        The share of shifts that grew more.
    shifts
        How many there are.
    """

    label: str
    p: float
    p_low: float
    p_high: float
    growth: float
    mean: float | None
    deviation: float | None
    band: tuple[float, float] | None
    smallest: float | None
    better_dates: float
    shifts: int

    @property
    def alike(self) -> bool:
        """Whether every date came to the same: the path never varies, or there was no cash to follow it."""
        return self.deviation is not None and self.deviation < ALIKE


def shifts_of(
    setup: Setup, hedged: Ledger, beta: Floats, years: float, every: Ints | None = None, threads: int | None = None
) -> Shifts:
    """Run the book sold at entry on its path of orders shifted by every number of closes.

    Parameters
    ----------
    setup, hedged, beta
        As for `engine.analytics.derisk.sold_at_entry`.
    years
        Of the run, for growth a year.
    every
        Some shifts, 0 first, where not all are wanted.
    threads
        That run them; the machine's cores unless given, and none besides the caller's where it is 1.

    Notes
    -----
    ``se_k = sqrt(sum_t ((x_kt - x)(r_t - r))^2) / years``: x_kt is the core's weight once the open's orders of session
    t are filled, x the mean weight ordered over all closes, the same for every k, and r_t the core's log return less
    that of cash.
    """
    path, closes = _path_of(setup, hedged, beta), len(hedged.equity) - 1
    shift = np.arange(closes) if every is None else every
    ends, sums = _run(setup, path, _clock(setup, path), shift, threads or os.cpu_count() or 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(ends > 0.0, log(np.maximum(ends, 0.0) / setup.terms.cash), -np.inf) / years
        others = growth[1:][np.isfinite(growth[1:])]
        mean = others.mean() if len(others) else 0.0
        error = np.sqrt(sums) / years
        t = np.where(error > 0.0, (growth - mean) / error, 0.0)  # a path that never varies has no timing
        t = np.where(ends > 0.0, t, -np.inf)
    return Shifts(shift, growth, t)


def timing_of(shifts: Shifts) -> Timing:
    """Return what the run's own dates came to among all others."""
    own, others = shifts.growth[0], shifts.growth[1:]
    count = len(shifts.t)
    p_low = (1 + int(np.count_nonzero(shifts.t[1:] <= shifts.t[0]))) / count
    p_high = (1 + int(np.count_nonzero(shifts.t[1:] >= shifts.t[0]))) / count
    p = min(1.0, 2.0 * min(p_low, p_high))
    known = not shifts.ruined
    deviation = float(others.std(ddof=1)) if known else None
    low, high = (float(value) for value in np.quantile(others, BAND)) if known else (0.0, 0.0)
    return Timing(
        NO_SIGN if p >= LEVEL else HURT if p_low < p_high else HELPED,
        p,
        p_low,
        p_high,
        float(own),
        float(others.mean()) if known else None,
        deviation,
        (low, high) if known else None,
        None if deviation is None else SMALLEST * deviation,
        float(np.mean(others > own)),
        count - 1,
    )


def _path_of(setup: Setup, hedged: Ledger, beta: Floats) -> Path:
    """Return the orders of the book sold at entry, of every session but the last.

    That the first close orders isn't part of it: it does so whatever stands there. Where the path's end and beginning
    meet, an order is due only if their weights differ.
    """
    orders = entry_orders(setup, hedged, beta)
    ordered, restate = orders.ordered[:-1].copy(), orders.restate[:-1].copy()
    ordered[0] = restate[0] = setup.plan.core_due[0]
    return Path(ordered, orders.core[:-1].copy(), restate)


def _clock(setup: Setup, path: Path) -> Clock:
    apart = np.diff(log(core_level(setup)), prepend=0.0) - log1p(setup.terms.cash_accrual)
    return Clock(apart - apart[1:].mean(), float(path.core.mean()), fills_at_open(setup))


def _run(setup: Setup, path: Path, clock: Clock, shift: Ints, threads: int) -> tuple[Floats, Floats]:
    """Return the last equity and the studentising sum of each shift, shape (shifts,) each."""
    ends, sums, run_shifts = np.empty(len(shift)), np.empty(len(shift)), compiled().run_shifts
    prices, terms = _core_alone(setup)

    def run(first: int) -> None:
        part = slice(first, first + TOGETHER)
        run_shifts(prices, terms, path, clock, shift[part], ends[part], sums[part])

    firsts = range(0, len(shift), TOGETHER)
    if threads == 1:
        for first in firsts:
            run(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, firsts))
    return ends, sums


def _core_alone(setup: Setup) -> tuple[Prices, Terms]:
    """Return prices and terms without the columns of hedges, which no shifted book holds."""
    prices, terms, core = setup.prices, setup.terms, setup.legs.of_core
    columns = {name: np.ascontiguousarray(column[:, core]) for name, column in prices._asdict().items()}
    costs = ("commission", "slippage", "commission_per_share", "slippage_per_share", "stock", "levy")
    own = terms._replace(**{name: getattr(terms, name)[core].copy() for name in costs})
    return Prices(**columns | {"level": prices.level[:, :0].copy()}), own
