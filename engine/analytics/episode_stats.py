"""All hedge measures of a run in one place, as metrics.json and the report have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.arithmetic import weighted
from data.arrays import Floats
from data.calendar import session_numbers, sessions_a_year
from data.fund import FEE, SPREAD
from engine.analytics.drawdowns import Trigger, deep_drawdowns, triggers_of
from engine.analytics.episodes import Episode
from engine.analytics.fund_exposure import carry_of, fills_at_open, index_of
from engine.analytics.hedge_metrics import Need, Outcomes, needs_of, outcomes
from engine.analytics.measures import Crash, Figure, Protection, capture, crash_capture, crashes, protection
from engine.kernel.loop import Ledger
from engine.setup import Setup


@dataclass(frozen=True)
class HedgeMeasures:
    """What protection cost and caught, and what became of the episodes.

    Parameters
    ----------
    price
        Against the unhedged book.
    crash_capture, up_capture, down_capture
        The hedged book's returns over the unhedged one's: in the core's worst windows, in its months up and down.
    crashes
        Those windows, the worst first.
    triggers
        The core's deep drawdowns, oldest first, and how the hedge met each.
    sessions_to_trigger, caught_after_trigger
        Median sessions from peak to trigger of those that were met, and the mean share of the fall after it, those
        that weren't met counting 0.
    outcomes
        Of the episodes together.
    needs
        Of each episode, in their order.
    """

    price: Protection
    crash_capture: Figure
    up_capture: Figure
    down_capture: Figure
    crashes: tuple[Crash, ...]
    triggers: tuple[Trigger, ...]
    sessions_to_trigger: Figure
    caught_after_trigger: Figure
    outcomes: Outcomes
    needs: tuple[Need, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return its scalars as plain values for metrics.json: a figure that can't be had is null, and says why."""
        price, came_to = self.price, asdict(self.outcomes)
        figures = {
            "cost_per_drawdown_point": price.cost_per_drawdown,
            "cost_per_cvar_point": price.cost_per_cvar,
            "crash_capture": self.crash_capture,
            "up_capture": self.up_capture,
            "down_capture": self.down_capture,
            "sessions_to_trigger": self.sessions_to_trigger,
            "caught_after_trigger": self.caught_after_trigger,
            "hit_rate": self.outcomes.hit_rate,
            "payoff": self.outcomes.payoff,
        }
        del came_to["hit_rate"], came_to["payoff"], came_to["episodes"]
        return {
            "cost_a_year": price.cost,
            "drawdown_avoided": price.drawdown_avoided,
            "cvar_avoided": price.cvar_avoided,
            **{name: figure.value for name, figure in figures.items()},
            **came_to,
            "core_drawdowns": len(self.triggers),
            "core_drawdowns_met": sum(one.trigger is not None for one in self.triggers),
            "undefined": {name: figure.why for name, figure in figures.items() if figure.value is None},
        }


def measure(
    setup: Setup,
    hedged: Ledger,
    unhedged: Ledger,
    episodes: Sequence[Episode],
    fee: float = FEE,
    spread: float = SPREAD,
) -> HedgeMeasures:
    """Measure a hedged run against its unhedged control, over the sessions on which both have a book.

    Parameters
    ----------
    setup, hedged, unhedged, episodes
        What was executed, and what came of it.
    fee, spread
        The fund's expense ratio, and what a dollar of its swaps costs above the bill rate, fractions a year.
    """
    ran, sessions = slice(0, min(hedged.last, unhedged.last) + 1), setup.market.run_sessions
    ours, theirs, core, index = hedged.equity[ran], unhedged.equity[ran], core_level(setup)[ran], index_of(setup)
    worst = crashes(core, ours, theirs)
    weight = hedged.shares[ran, -1] * setup.prices.close[ran, -1] / ours
    triggers = triggers_of(deep_drawdowns(core), core, weight, episodes)
    filled = index.opened if fills_at_open(setup) else index.level
    carry, b = carry_of(setup, fee, spread).total, setup.market.roles.leverage
    needs = needs_of(episodes, index.level, filled, carry, b, hedged.last, session_numbers(sessions))
    up, down = capture(ours, theirs, sessions[ran])
    lived = hedged.last + 1
    return HedgeMeasures(
        protection(ours, theirs, sessions_a_year(sessions[ran])),
        crash_capture(worst),
        up,
        down,
        worst,
        triggers,
        _median([one.sessions for one in triggers if one.sessions is not None]),
        _mean([one.after for one in triggers]),
        outcomes(episodes, needs, hedged.equity[:lived], sessions_a_year(sessions[:lived])),
        needs,
    )


def core_level(setup: Setup) -> Floats:
    """Return what a dollar of the core bought at t=0 by its configured weights and left alone is worth, total return.

    Shape (sessions,).
    """
    market = setup.market
    paths = [market.total_return(name)[market.first :] for name in market.roles.core]
    return weighted(np.column_stack([path / path[0] for path in paths]), market.roles.core_weights)


def _median(values: Sequence[int]) -> Figure:
    return Figure(float(np.median(values))) if values else Figure(None, "no core drawdown was met by the hedge")


def _mean(values: Sequence[float]) -> Figure:
    return Figure(float(np.mean(values))) if values else Figure(None, "the core had no drawdown")
