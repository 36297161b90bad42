"""The same run with one thing changed: how much of the answer hangs on it, and what other sizes and calendars bring.

They inform and veto nothing. A strategy with an intensity decides again under the change; of any other kind the run's
own orders are carried out again, so what only a new decision could show is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Flags, Floats
from data.errors import DataError
from engine.analytics.answer.decompose import cagr_factor
from engine.analytics.answer.frontier import Dot, place
from engine.analytics.answer.insurance import FALL, gap_to_held_less
from engine.analytics.derisk import held_less_grid, net_short, sold_daily
from engine.analytics.drawdowns import core_level, deepest, falls_of
from engine.config import RunConfig
from engine.evaluate_strategy import PreparedRun
from engine.hedge_names import hedge_names
from engine.hedges import costs_of_legs, traded_hedges
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup, prepare, run_beta

LATE = (1, 2)
"""Sessions."""
SLIPPAGE = (10.0, 30.0)
"""Basis points more on the hedge."""
FALLS = 3
"""Of the core, the deepest, each left out."""
MONTHS = 12
"""By which the start is moved, one at a time."""
STEP = 0.05
"""Of the hedge's weight, up and down."""
CALENDARS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *((how, {"rebalance": how}) for how in ("never", "monthly", "weekly", "daily")),
    *((f"in a band of {100 * band:.0f} %", {"rebalance": "band", "band": band}) for band in (0.02, 0.05, 0.10)),
)
"""Rebalancings that are shown beside the run's own."""
SIZES = (0.5, 1.0, 1.5)
"""Times the configured weight."""


@dataclass(frozen=True)
class Variation:
    """What the answer becomes when one thing is changed.

    Parameters
    ----------
    name
        What is changed, for a person.
    group
        ``fills``, ``costs``, ``time``, ``falls``, ``start`` or ``weight``.
    gap
        The hedged book's CAGR less that of holding less to the same bad quarter, a fraction a year.
    fund, fund_cagr
        Hedged less sold daily, log growth a year and in points of CAGR, a fraction; ``None`` where that book was
        ruined.
    """

    name: str
    group: str
    gap: float
    fund: float | None
    fund_cagr: float | None


@dataclass(frozen=True)
class Alternative:
    """The same signal with another size or rebalancing.

    Parameters
    ----------
    dot
        Where it stands on the frontier.
    kind
        ``rebalance`` or ``weight``.
    own
        Whether it is the run's own.
    fills
        Instruments bought or sold in a session.
    net_short
        Closes at which the book's beta was below 0.
    """

    dot: Dot
    kind: str
    own: bool
    fills: int
    net_short: int


@dataclass(frozen=True)
class VariedRun:
    """A run laid out to be varied.

    Parameters
    ----------
    prepared, hedged
        The run.
    grid
        Its books that hold less.
    daily
        Its book sold daily.
    """

    prepared: PreparedRun
    hedged: Ledger
    grid: tuple[Ledger, ...]
    daily: Ledger

    @property
    def config(self) -> RunConfig:
        """The run's config."""
        return self.prepared.config

    @property
    def decides(self) -> bool:
        """Whether the strategy has an intensity, so that it can decide again."""
        return self.prepared.signal is not None

    def again(self, setup: Setup, late: int = 0) -> Ledger:
        """Run the hedged book under a change."""
        if self.decides:
            return compiled().run_policy(setup.prices, setup.terms, setup.plan)
        return compiled().replay(setup.prices, setup.terms, delayed(self.hedged, setup, late))

    def laid_out(self, config: RunConfig, late: int = 0, first: int | None = None) -> Setup:
        """Return the run laid out under a change: its signal some sessions late, or starting at a later session."""
        market, signal = self.prepared.setup.market, self.prepared.signals
        if signal is not None and late:
            signal = np.concatenate((np.zeros_like(signal[:late]), signal[:-late]))
        return prepare(config, market if first is None else replace(market, first=first), signal)


def variations_of(run: VariedRun) -> tuple[Variation, ...]:
    """Return what the answer becomes when one thing is changed; what can't be run, or is ruined, is left out."""
    return (*_reruns(run), *_cuts(run))


def alternatives_of(run: VariedRun) -> tuple[Alternative, ...]:
    """Return the same signal with other rebalancings and sizes; of a strategy without an intensity there are none.

    One that was ruined is left out.
    """
    if not run.decides:
        return ()
    legs, found = run.config.legs, []
    for name, changed in CALENDARS:
        own = all(getattr(leg, key) == value for leg in legs for key, value in changed.items())
        found.append(_alternative(run, f"rebalanced {name}", "rebalance", _each(run.config, **changed), own=own))
    for times in SIZES:
        if (config := _sized(run.config, times)) is not None:
            leg = config.hedge
            title = f"cover {leg.cover:g}" if leg.kind == "option" else f"{100 * leg.weight:.4g} % of equity"
            title = f"{times:g} times the weights" if len(legs) > 1 else title
            found.append(_alternative(run, title, "weight", config, own=times == 1.0))
    return tuple(each for each in found if each is not None)


def _sized(config: RunConfig, times: float) -> RunConfig | None:
    """Return the run with so many times every hedge's weight, or cover; None where a weight isn't its own to say."""
    legs = []
    for leg in config.legs:
        weight, cover = round(times * leg.weight, 10), round(times * leg.cover, 10)
        if leg.kind == "option":
            legs.append(leg.model_copy(update={"cover": cover}))
        elif leg.sizing in ("fixed", "proportional") and weight <= 1.0 and (weight > 0.0 or len(config.legs) > 1):
            legs.append(leg.model_copy(update={"weight": weight}))
        else:
            return None
    most = sum(min(leg.weight, leg.max_weight) for leg in legs if leg.kind not in ("option", "short"))
    fits = len(legs) == 1 or config.hedge.funding != "sell_core" or most <= 1.0
    return config.with_legs(legs) if fits else None


def _alternative(run: VariedRun, title: str, kind: str, config: RunConfig, *, own: bool) -> Alternative | None:
    setup = run.laid_out(config)
    book = run.again(setup)
    if book.equity.min() <= 0.0:
        return None
    grid = [book.equity for book in run.grid]
    years = (len(book.equity) - 1) / setup.market.sessions_a_year
    short = net_short(setup, book, run_beta(config, setup.market))
    fills = int(np.count_nonzero(book.traded))
    return Alternative(place(title, title, book.equity, grid, years), kind, own, fills, int(short.sum()))


def _reruns(run: VariedRun) -> Iterator[Variation]:
    config = run.config
    named = [name.called for name, leg in zip(hedge_names(config), config.legs, strict=True) if leg.kind != "cash"]
    at_close = config.execution.model_copy(update={"fill": "next_close"})
    yield from _rerun(run, "filled at the next close", "fills", config.model_copy(update={"execution": at_close}))
    for late in LATE:
        yield from _rerun(run, f"signals {'one session' if late == 1 else 'two sessions'} late", "fills", config, late)
    for more in SLIPPAGE:
        if named:
            dearer = f"{' and '.join(dict.fromkeys(named))}'s slippage {more:g} bp more"
            yield from _rerun(run, dearer, "costs", _dearer(config, more))
    if not run.decides:
        return
    market = run.prepared.setup.market
    for months in range(1, MONTHS + 1):
        start = np.datetime64(config.start, "M") + np.timedelta64(months, "M")
        day = start.astype("datetime64[D]") + np.timedelta64(config.start.day - 1, "D")
        first = int(np.searchsorted(market.sessions, day))
        if len(market) - first > 2 * FALL:
            name = f"start {months} {'month' if months == 1 else 'months'} later"
            yield from _rerun(run, name, "start", config, first=first)
    leg = config.hedge
    for weight in (leg.weight - STEP, leg.weight + STEP) if len(config.legs) == 1 and leg.kind != "option" else ():
        if leg.sizing in ("fixed", "proportional") and 1e-9 < weight <= 1.0:
            changed = _each(config, weight=round(weight, 10))
            yield from _rerun(run, f"weight {100 * weight:.4g} %", "weight", changed)


def _rerun(
    run: VariedRun, name: str, group: str, config: RunConfig, late: int = 0, first: int | None = None
) -> Iterator[Variation]:
    try:
        setup = run.laid_out(config, late, first)
    except DataError:  # costs that take all of a share's price, or a rate not known yet
        return
    hedged = run.again(setup, late)
    if hedged.equity.min() <= 0.0:
        return
    daily = sold_daily(setup, hedged, run_beta(config, setup.market)).ledger
    same = first is None and config.execution.fill == run.config.execution.fill  # the hedge's costs aren't its own
    grid = [book.equity for book in (run.grid if same else held_less_grid(setup))]
    a_year = setup.market.sessions_a_year
    yield _variation(name, group, hedged.equity, daily.equity, grid, a_year)


def _cuts(run: VariedRun) -> Iterator[Variation]:
    """Leave sessions out of every book: half of them, or those of a fall of the core."""
    count, market = len(run.hedged.equity) - 1, run.prepared.setup.market
    half, place_of = count // 2, np.arange(1, count + 1)
    if half > 2 * FALL:
        yield from _cut(run, "first half", "time", place_of <= half)
        yield from _cut(run, "second half", "time", place_of > half)
    for fall in deepest(falls_of(core_level(run.prepared.setup)), FALLS):
        kept = (place_of <= fall.peak) | (place_of > fall.end)
        day = market.run_sessions[fall.peak]
        yield from _cut(run, f"without the fall from {day}", "falls", kept)


def _cut(run: VariedRun, name: str, group: str, kept: Flags) -> Iterator[Variation]:
    def left(equity: Floats) -> Floats:
        grown = equity[1:] / np.where(equity[:-1] > 0.0, equity[:-1], np.nan)
        path = np.ones(1 + np.count_nonzero(kept))
        path[1:] = np.cumprod(grown[kept])
        return path

    if np.count_nonzero(kept) > 2 * FALL:
        grid = [left(book.equity) for book in run.grid]
        a_year = run.prepared.setup.market.sessions_a_year
        yield _variation(name, group, left(run.hedged.equity), left(run.daily.equity), grid, a_year)


def _variation(
    name: str, group: str, hedged: Floats, daily: Floats, grid: Sequence[Floats], a_year: float
) -> Variation:
    years = (len(hedged) - 1) / a_year
    gap = gap_to_held_less(hedged, grid, years)
    if not daily[-1] > 0.0:  # or NaN, of sessions left out of a book that was ruined
        return Variation(name, group, gap, None, None)
    ours, theirs, unhedged = (math.log(book[-1] / book[0]) / years for book in (hedged, daily, grid[-1]))
    fund = ours - theirs
    return Variation(name, group, gap, fund, fund * cagr_factor(ours - unhedged, unhedged))


def delayed(orders: Ledger, setup: Setup, late: int) -> Ledger:
    """Return orders some sessions later; at the first close the core is bought without a hedge."""
    if not late:
        return orders
    moved = {name: np.roll(getattr(orders, name), late, axis=0) for name in ("ordered", "core", "hedges", "restate")}
    for name, at_first in (("ordered", False), ("core", setup.plan.unhedged_core), ("hedges", 0.0), ("restate", False)):
        moved[name][:late] = at_first
    moved["ordered"][0] = moved["restate"][0] = True
    return orders._replace(**moved)


def _dearer(config: RunConfig, bps: float) -> RunConfig:
    """Return the run with more slippage on every hedge but bills."""
    paid = costs_of_legs(config)["slippage_bps"][len(config.portfolio.core) :]
    firsts = {each.role.leg: float(cost) for each, cost in zip(traded_hedges(config), paid, strict=True)}
    dearer = {k: {} if leg.kind == "cash" else {"slippage_bps": firsts[k] + bps} for k, leg in enumerate(config.legs)}
    return config.with_legs([leg.model_copy(update=dearer[k]) for k, leg in enumerate(config.legs)])


def _each(config: RunConfig, **changed: Any) -> RunConfig:
    """Return the run with keys of every hedge changed."""
    return config.with_legs([leg.model_copy(update=changed) for leg in config.legs])
