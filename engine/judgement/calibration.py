"""Calibration: what the judgement says where the truth is known, on SIMULATED markets, and how often it errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.arithmetic import log
from data.arrays import Flags, Floats
from engine.judgement.controls import run_derisk_daily, run_derisk_entry
from engine.judgement.drawdowns import deep_drawdowns
from engine.judgement.evidence import Interval, growth_interval, hac_t
from engine.judgement.measures import protection, sale_cost_at_par
from engine.judgement.placebo import placebo_of
from engine.judgement.planted import Design, plant
from engine.judgement.sensitivity import sensitivity
from engine.judgement.summary import core_level, core_sales
from engine.judgement.verdict import CANT_TELL, NOT_PAID, PAID, Case, verdict_of
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import run_beta
from strategies.policy import ENTER

DRAWS = 400
"""Of the bootstrap, in each market: many markets make up for few draws."""
PLACEBOS = 99
"""In each market: five of a hundred are at or above a twentieth."""
CLAIM = 0.05
"""The p-value up to which timing would be claimed."""
BEYOND = 1.96
POWER = 0.80


@dataclass(frozen=True)
class Trial:
    """What the judgement says of one market.

    Parameters
    ----------
    growth
        The interval the verdict rests on, to the daily-matched de-risk, a fraction a year.
    entry
        The t-value of the difference to the entry-matched de-risk, `hac_t`.
    outcome
        The verdict, as it would be of a real market.
    unstripped
        The verdict without the sensitivity strip.
    turned
        The variations on which it depends, where the strip alone took a verdict back.
    p, p_growth, p_within
        The placebo's p-values: of the statistic, of growth, and of the statistic within terciles of volatility.
    episodes, drawdowns
        How many there were.
    floored
        The share of closes at which the de-risk would have had to go short.
    """

    growth: Interval
    entry: float
    outcome: str
    unstripped: str
    turned: tuple[str, ...]
    p: float
    p_growth: float
    p_within: float
    episodes: int
    drawdowns: int
    floored: float


@dataclass(frozen=True)
class Rates:
    """What many trials come to; shares of all.

    Parameters
    ----------
    difference, error
        The mean growth difference to the daily-matched de-risk, a fraction a year, and that mean's standard error.
    paid, not_paid
        Verdicts.
    above, below
        Intervals above and below 0, whatever else the verdict asks for.
    entry_above
        Differences to the entry-matched de-risk above 0 by more than `BEYOND` standard errors.
    p, p_growth, p_within
        Claims of timing: p-values of `CLAIM` and less.
    uniform, uniform_growth, uniform_within
        The probability that uniform p-values lie as far from their line, by Kolmogorov and Smirnov.
    floored
        The share of closes at which the de-risk would have had to go short.
    """

    difference: float
    error: float
    paid: float
    not_paid: float
    above: float
    below: float
    entry_above: float
    p: float
    p_growth: float
    p_within: float
    uniform: float
    uniform_growth: float
    uniform_within: float
    floored: float


def trial(design: Design, number: int) -> Trial:
    """Run the hedge on market `number` of a design and judge it; the same for the same two."""
    config, asked = plant(design, number)
    setup, beta = asked.setup, run_beta(config, asked.setup.market)
    hedged = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    idle = setup.plan._replace(size=np.zeros_like(setup.plan.size))
    unhedged = compiled().run_policy(setup.prices, setup.terms, idle)
    derisk, floored = run_derisk_daily(setup, hedged, beta)
    entry, _floored = run_derisk_entry(setup, hedged, beta)
    case = Case(
        setup.market.hedge,
        simulated=False,  # or the verdict would be withheld
        growth=growth_interval(_apart(hedged, derisk), number, DRAWS),
        ruined=False,
        episodes=int(np.count_nonzero(hedged.action == ENTER)),
        drawdowns=len(deep_drawdowns(core_level(setup))),
        strip={},
        price=protection(hedged.equity, unhedged.equity),
        sale_cost=sale_cost_at_par(core_sales(setup, hedged), core_sales(setup, derisk)),
    )
    unstripped = verdict = verdict_of(case)
    if unstripped.outcome != CANT_TELL:  # the strip can but take a verdict back
        verdict = verdict_of(replace(case, strip=sensitivity(config, asked)))
    placebo = placebo_of(setup, hedged, beta, PLACEBOS, seed=number, workers=1)
    assert case.growth is not None  # noqa: S101  # for mypy: it was just made
    assert placebo is not None  # noqa: S101  # every signal here has episodes
    assert placebo.by_tercile is not None  # noqa: S101  # and every market some thousand sessions
    return Trial(
        case.growth,
        hac_t(_apart(hedged, entry))[0] or 0.0,
        verdict.outcome,
        unstripped.outcome,
        verdict.depends_on,
        placebo.p,
        placebo.p_growth,
        placebo.by_tercile.p,
        case.episodes,
        case.drawdowns,
        floored / len(hedged.equity),
    )


def _apart(ours: Ledger, theirs: Ledger) -> Floats:
    """Return the daily log-return difference of two books, shape (sessions - 1,)."""
    apart: Floats = np.diff(log(ours.equity)) - np.diff(log(theirs.equity))
    return apart


def rates_of(trials: Sequence[Trial]) -> Rates:
    """Sum trials of one design up."""
    estimates = np.array([one.growth.estimate for one in trials])
    p, p_growth, p_within = np.array([(one.p, one.p_growth, one.p_within) for one in trials]).T
    return Rates(
        difference=float(estimates.mean()),
        error=float(estimates.std(ddof=1) / np.sqrt(len(trials))),
        paid=_share([one.outcome == PAID for one in trials]),
        not_paid=_share([one.outcome == NOT_PAID for one in trials]),
        above=_share([one.growth.low > 0.0 for one in trials]),
        below=_share([one.growth.high < 0.0 for one in trials]),
        entry_above=_share([one.entry > BEYOND for one in trials]),
        p=_share(p <= CLAIM),
        p_growth=_share(p_growth <= CLAIM),
        p_within=_share(p_within <= CLAIM),
        uniform=uniformity(p),
        uniform_growth=uniformity(p_growth),
        uniform_within=uniformity(p_within),
        floored=_share([one.floored for one in trials]),
    )


def uniformity(p_values: Floats) -> float:
    """Return the probability that uniform values lie as far from their line, by Kolmogorov and Smirnov.

    P-values of n placebos are steps of 1/(n + 1), at most that far from the line by themselves: far less than chance
    makes of some hundred values.
    """
    from scipy.stats import kstest

    return float(kstest(p_values, "uniform").pvalue)


def found_at(sizes: Sequence[float], shares: Sequence[float], power: float = POWER) -> float | None:
    """Return the size that is found in a share of `power`, between the sizes tried; None where none is found so often.

    Parameters
    ----------
    sizes
        Increasing in what they plant.
    shares
        How often each was found.
    """
    for k, share in enumerate(shares):
        if share >= power:
            if k == 0:
                return sizes[0]
            part = (power - shares[k - 1]) / (share - shares[k - 1])
            return sizes[k - 1] + part * (sizes[k] - sizes[k - 1])
    return None


def _share(held: Sequence[float] | Flags) -> float:
    return float(np.mean(held))
