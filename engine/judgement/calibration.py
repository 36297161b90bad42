"""Calibration: how often the judgement errs where the truth is known, on SIMULATED markets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.judgement.controls import run_derisk_daily
from engine.judgement.drawdowns import deep_drawdowns
from engine.judgement.evidence import Interval, growth_interval
from engine.judgement.measures import protection, sale_cost_at_par
from engine.judgement.placebo import placebo_of
from engine.judgement.planted import Design, plant
from engine.judgement.sensitivity import sensitivity
from engine.judgement.summary import core_level, core_sales
from engine.judgement.verdict import CANT_TELL, Case, verdict_of
from engine.kernel.compiled import compiled
from engine.setup import run_beta
from strategies.policy import ENTER

DRAWS, PLACEBOS = 500, 99


@dataclass(frozen=True)
class Trial:
    """What the judgement says of one made market.

    Parameters
    ----------
    growth
        The interval the verdict rests on, a fraction a year.
    outcome
        The verdict, as it would be were the market real.
    without_strip
        The same without the sensitivity strip.
    turned
        What the strip says it depends on.
    p, p_growth, p_within
        The placebo's p-values: of the statistic, of growth, and of the statistic within terciles of volatility.
    episodes, drawdowns
        How many there were.
    """

    growth: Interval
    outcome: str
    without_strip: str
    turned: tuple[str, ...]
    p: float
    p_growth: float
    p_within: float
    episodes: int
    drawdowns: int


def trial(design: Design, number: int) -> Trial:
    """Run the hedge on market `number` of a design and judge it."""
    config, asked = plant(design, number)
    setup, beta = asked.setup, run_beta(config, asked.setup.market)
    hedged = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    idle = setup.plan._replace(size=np.zeros_like(setup.plan.size))
    unhedged = compiled().run_policy(setup.prices, setup.terms, idle)
    derisk, _floored = run_derisk_daily(setup, hedged, beta)
    apart = np.diff(np.log(hedged.equity)) - np.diff(np.log(derisk.equity))
    case = Case(
        setup.market.hedge,
        simulated=False,  # as if it were real: of a simulated market the verdict is withheld
        growth=growth_interval(apart, number, DRAWS),
        ruined=False,
        episodes=int(np.count_nonzero(hedged.action == ENTER)),
        drawdowns=len(deep_drawdowns(core_level(setup))),
        strip={},
        price=protection(hedged.equity, unhedged.equity),
        sale_cost=sale_cost_at_par(core_sales(setup, hedged), core_sales(setup, derisk)),
    )
    bare = verdict_of(case)
    told = bare
    if bare.outcome != CANT_TELL:  # the strip can only take a verdict back
        told = verdict_of(replace(case, strip=sensitivity(config, asked)))
    placebo = placebo_of(setup, hedged, beta, PLACEBOS, seed=number, workers=1)
    return Trial(case.growth, told.outcome, bare.outcome, told.depends_on, placebo.p, placebo.p_growth,
        placebo.by_tercile.p, case.episodes, case.drawdowns)
