"""Hedge metrics: what protection cost, what it caught in crashes, when selling core is better, and the episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Dates, Floats
from data.calendar import SESSIONS_A_YEAR, session_numbers, sessions_a_year
from engine.analytics.drawdowns import Trigger, core_level, deep_drawdowns, triggers_of
from engine.analytics.episode_stats import EpisodeStats, Figure, Need, episode_stats, needs_of
from engine.analytics.episodes import Episode
from engine.analytics.fund_exposure import carry_of, fills_at_open, index_of
from engine.analytics.metrics import cvar, drawdowns, returns_of
from engine.kernel.loop import Ledger
from engine.setup import Setup

DEAREST = 0.5
"""The highest cost of selling that is looked at."""
WINDOWS = 10
WINDOW = 21
"""The core's worst windows: how many, and how many sessions each."""


@dataclass(frozen=True)
class Protection:
    """What the hedge cost against the unhedged book, and what it took off; fractions.

    Parameters
    ----------
    cost
        The unhedged book's CAGR less the hedged one's, a year; below 0 it earned.
    drawdown_avoided, cvar_avoided
        How much shallower the maximum drawdown, and how much smaller the mean tail loss of a session; below 0 deeper.
    cost_per_drawdown, cost_per_cvar
        `cost` over each: % a year for each point.
    """

    cost: float
    drawdown_avoided: float
    cvar_avoided: float
    cost_per_drawdown: Figure
    cost_per_cvar: Figure


def protection(hedged: Floats, unhedged: Floats, a_year: float = SESSIONS_A_YEAR) -> Protection:
    """Price the protection from both books' equity, dollars at each close, shape (sessions,).

    `a_year` of those sessions make a year.
    """
    cost = _cagr(unhedged, a_year) - _cagr(hedged, a_year)
    fall = float(drawdowns(hedged).min() - drawdowns(unhedged).min())
    tail = min(cvar(returns_of(hedged)), 0.0) - min(cvar(returns_of(unhedged)), 0.0)
    return Protection(
        cost,
        fall,
        tail,
        _per_point(cost, fall, "the maximum drawdown was no smaller"),
        _per_point(cost, tail, "the mean tail loss was no smaller"),
    )


def _cagr(equity: Floats, a_year: float) -> float:
    growth = max(float(equity[-1] / equity[0]), 0.0)
    return growth ** (a_year / (len(equity) - 1)) - 1.0


def _per_point(cost: float, avoided: float, not_smaller: str) -> Figure:
    if avoided <= 0.0:
        return Figure(None, not_smaller)
    if cost <= 0.0:
        return Figure(None, "the hedge cost nothing")
    return Figure(cost / avoided)


class Crash(NamedTuple):
    """One of the core's worst windows: its first close, its last, and simple returns between them."""

    first: int
    last: int
    core: float
    hedged: float
    unhedged: float


def crashes(
    core: Floats, hedged: Floats, unhedged: Floats, windows: int = WINDOWS, length: int = WINDOW
) -> tuple[Crash, ...]:
    """List the core's worst windows that don't overlap and in which it fell, the worst first.

    Parameters
    ----------
    core, hedged, unhedged
        The core's total-return level, and both books' equity, at each close, shape (sessions,).
    windows, length
        At most how many, and how many sessions each.

    Notes
    -----
    Greedy: the worst, then the worst of those that share no session with it, and so on.
    """
    moves = core[length:] / core[:-length] - 1.0
    found: list[Crash] = []
    for start in np.argsort(moves, kind="stable"):
        first, last = int(start), int(start) + length
        if len(found) == windows or moves[first] >= 0.0:
            break
        if all(last <= crash.first or crash.last <= first for crash in found):
            books = (float(book[last] / book[first] - 1.0) for book in (hedged, unhedged))
            found.append(Crash(first, last, float(moves[first]), *books))
    return tuple(found)


def crash_capture(found: Sequence[Crash]) -> Figure:
    """Return the hedged book's loss over the unhedged one's in those windows, sums of returns: 1 is no protection."""
    lost = sum(crash.unhedged for crash in found)
    if lost >= 0.0:
        return Figure(None, "the unhedged book didn't lose in the core's worst windows")
    return Figure(sum(crash.hedged for crash in found) / lost)


def capture(hedged: Floats, unhedged: Floats, sessions: Dates) -> tuple[Figure, Figure]:
    """Return up and down capture: the hedged book's mean return over the unhedged one's, in its months up and down.

    Means are geometric, over calendar months, the first and last as far as they go (Morningstar's measure, which
    takes whole months).

    Parameters
    ----------
    hedged, unhedged
        Dollars at each close, shape (sessions,).
    sessions
        ``datetime64[D]``, shape (sessions,).
    """
    alive = int(((hedged > 0.0) & (unhedged > 0.0)).sum())  # a ruined book has no month after its last
    hedged, unhedged, sessions = hedged[:alive], unhedged[:alive], sessions[:alive]
    months = sessions.astype("datetime64[M]").astype(np.int64)
    ends = np.union1d(np.flatnonzero(np.diff(months)), [0, len(months) - 1])
    ours, theirs = (np.diff(log(book[ends])) for book in (hedged, unhedged))
    return _captured(ours, theirs, theirs > 0.0, "up"), _captured(ours, theirs, theirs < 0.0, "down")


def _captured(ours: Floats, theirs: Floats, months: Any, way: str) -> Figure:
    if not months.any():
        return Figure(None, f"the unhedged book had no month {way}")
    return Figure(float(expm1(ours[months].mean()) / expm1(theirs[months].mean())))


def sale_cost_at_par(ends: Callable[[float], tuple[float, float]]) -> Figure:
    """Return X: selling core is better than the hedge unless selling costs more than X of the amount sold.

    The cost (a tax, a mandate's price) falls on every dollar of core sold, in both books, and isn't given back when
    core is bought again. X is the rate at which both end with the same dollars, by bisection to 1e-6.

    `ends` gives both books' end values when run at a rate, the hedged one first. X is a fraction of the amount sold, 0
    when both ended alike; there is none when a book was ruined, when the hedge ended ahead as it was, or when no rate
    up to `DEAREST` levels them.
    """
    hedged, derisk = ends(0.0)
    if min(hedged, derisk) <= 0.0:
        return Figure(None, "one of the books was ruined")
    if hedged == derisk:
        return Figure(0.0)
    if hedged > derisk:
        return Figure(None, "the hedge ended ahead of selling core, at no extra cost of selling")
    low, high = 0.0, DEAREST
    hedged, derisk = ends(high)
    if hedged < derisk:
        return Figure(None, f"selling core is better even where selling costs {DEAREST:.0%} of the amount sold")
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        hedged, derisk = ends(middle)
        low, high = (middle, high) if hedged < derisk else (low, middle)
    return Figure((low + high) / 2.0)


@dataclass(frozen=True)
class HedgeMetrics:
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
    outcomes: EpisodeStats
    needs: tuple[Need, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return its scalars as plain values for metrics.json: an undefined one is null, with its reason."""
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
            "core_drawdowns_met": sum(trigger.trigger is not None for trigger in self.triggers),
            "undefined": {name: figure.why for name, figure in figures.items() if figure.value is None},
        }


def hedge_metrics(
    setup: Setup,
    hedged: Ledger,
    unhedged: Ledger,
    episodes: Sequence[Episode],
) -> HedgeMetrics:
    """Measure a hedged run against its unhedged control, over the sessions on which both have a book.

    Parameters
    ----------
    setup, hedged, unhedged, episodes
        What was executed, and what came of it.
    """
    ran, sessions = slice(0, min(hedged.last, unhedged.last) + 1), setup.market.run_sessions
    ours, theirs, core, index = hedged.equity[ran], unhedged.equity[ran], core_level(setup)[ran], index_of(setup)
    worst = crashes(core, ours, theirs)
    legs = setup.legs
    held = np.abs((hedged.shares * setup.prices.spot)[ran, legs.of_hedges])
    weight = held.sum(axis=1) / ours
    triggers = triggers_of(deep_drawdowns(core), core, weight, episodes)
    filled = index.opened if fills_at_open(setup) else index.level
    funds = {
        role.leg: (role.leverage, carry_of(setup, role.leverage).total) for role in legs.hedges if role.kind == "fund"
    }
    needs = needs_of(episodes, index.level, filled, funds, hedged.last, session_numbers(sessions))
    up, down = capture(ours, theirs, sessions[ran])
    lived = hedged.last + 1
    return HedgeMetrics(
        protection(ours, theirs, sessions_a_year(sessions[ran])),
        crash_capture(worst),
        up,
        down,
        worst,
        triggers,
        _figure(
            np.median,
            [trigger.sessions for trigger in triggers if trigger.sessions is not None],
            "no core drawdown was met by the hedge",
        ),
        _figure(np.mean, [trigger.after for trigger in triggers], "the core had no drawdown"),
        episode_stats(episodes, needs, hedged.equity[:lived], sessions_a_year(sessions[:lived])),
        needs,
    )


def _figure(mean: Callable[[Sequence[float]], Any], values: Sequence[float], why: str) -> Figure:
    return Figure(float(mean(values))) if values else Figure(None, why)
