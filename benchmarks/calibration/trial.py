"""One SIMULATED market, judged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.calibration.planted import Design, plant
from benchmarks.calibration.returns import Pool
from data.arrays import Floats, Ints
from engine.analytics.answer.fund_part import FundPart, fund_part
from engine.analytics.answer.insurance import gap_interval, matches
from engine.analytics.answer.timing import Timing, shifts_of, timing_of
from engine.analytics.derisk import entry_orders, held_less_grid, run_held_less, sold_daily
from engine.analytics.drawdowns import core_level
from engine.analytics.episodes import episodes_of
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup, run_beta


class Effort(NamedTuple):
    """How much work goes into a market.

    Parameters
    ----------
    shifts
        Even ones beside the run's own; 0 for all there are.
    fund_draws, insurance_draws
        Of the bootstraps; the verdict is left out at 0 `insurance_draws`.
    """

    shifts: int
    fund_draws: int
    insurance_draws: int


FULL = Effort(0, 10_000, 2_000)
"""As `backtest run` judges."""
FEW = Effort(200, 1_000, 400)
"""Many markets make up for few draws. At the null 200 shifts give p < .05 in 4.98 % of markets, and 199 in 4 %."""
NO_VERDICT = FEW._replace(insurance_draws=0)


class Trial(NamedTuple):
    """What the answer says of one market; growth in fractions a year, NaN where it wasn't asked.

    Parameters
    ----------
    p_low, p_high
        The timing's one-sided p-values.
    timing
        Its part, log growth a year.
    fund, fund_low, fund_high
        The fund's part and its interval, log growth a year.
    rests
        Whether it rests on single clusters, so that it gets no label.
    share
        Of the core, as safe as the hedged book.
    gap, low, high, fall_low, fall_high
        The gap to holding that, its interval, and the interval with the worst fall once more, CAGR.
    """

    p_low: float
    p_high: float
    timing: float
    fund: float
    fund_low: float
    fund_high: float
    rests: bool
    share: float
    gap: float
    low: float
    high: float
    fall_low: float
    fall_high: float


Known = dict[bytes, Timing]
"""Timings by all that they are made of: the fund isn't among it, so that markets which differ in it alone share one."""


def judged(pool: Pool | None, markets: Iterable[tuple[Design, int, Effort]]) -> list[Trial]:
    """Judge several markets, each the same as by itself; a process that is given this finds it in a module."""
    known: Known = {}
    return [trial(pool, *market, known) for market in markets]


def trial(pool: Pool | None, design: Design, number: int, effort: Effort, known: Known | None = None) -> Trial:
    """Run the hedge on market `number` of a design and judge it; the same for the same four.

    Parameters
    ----------
    known
        Timings so far, where several trials may share one; this one's is added.
    """
    config, setup = plant(design, number, pool)
    beta, years = run_beta(config, setup.market), float(design.years)
    hedged = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    shifts = even_shifts(effort.shifts, len(hedged.equity) - 1)
    timing = _timing(setup, hedged, beta, years, shifts, {} if known is None else known)
    daily = sold_daily(setup, hedged, beta).ledger
    fund = fund_part(setup, hedged, daily, episodes_of(setup, hedged), years, effort.fund_draws, number)
    return Trial(
        timing.p_low,
        timing.p_high,
        math.nan if timing.mean is None else timing.growth - timing.mean,
        *_fund_figures(fund),
        *_verdict(setup, hedged, years, effort.insurance_draws, number),
    )


def even_shifts(count: int, closes: int) -> Ints | None:
    """Return the run's own shift, 0, and so many others evenly spaced; None, which is all, for 0."""
    return np.arange(count + 1) * closes // (count + 1) if count else None


def _timing(setup: Setup, hedged: Ledger, beta: Floats, years: float, shifts: Ints | None, known: Known) -> Timing:
    """Return the timing. It reads the core's prices and its orders, and no price of the fund."""
    prices, terms, orders = setup.prices, setup.terms, entry_orders(setup, hedged, beta)
    columns = prices.open, prices.close, prices.fill, prices.dividend, prices.split, prices.spot_fill
    read = [*(column[:, setup.legs.of_core] for column in columns), *terms, setup.plan.core_due]
    read += [orders.ordered, orders.core, orders.restate, years, () if shifts is None else shifts]
    key = b"".join(np.ascontiguousarray(each).tobytes() for each in read)
    if key not in known:
        known[key] = timing_of(shifts_of(setup, hedged, beta, years, shifts, threads=1))
    return known[key]


def _fund_figures(fund: FundPart) -> tuple[float, float, float, bool]:
    low, high = fund.interval or (math.nan, math.nan)
    return math.nan if fund.estimate is None else fund.estimate, low, high, bool(fund.rests_on)


def _verdict(setup: Setup, hedged: Ledger, years: float, draws: int, seed: int) -> tuple[float, ...]:
    """Return share, gap and both its intervals: of what the answer matches by, the bad quarter alone has a label."""
    if not draws:
        return (math.nan,) * 6
    grid = [book.equity for book in held_less_grid(setup)]
    share = matches(hedged.equity, grid)[0]
    held = run_held_less(setup, share).equity
    grown, less = (float((equity[-1] / equity[0]) ** (1.0 / years) - 1.0) for equity in (hedged.equity, held))
    interval, with_fall = gap_interval(hedged.equity, grid, core_level(setup), years, draws, seed)
    return share, grown - less, *interval, *with_fall
