"""At which close of the underlying, in the next session, a strategy would change its mind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.as_traded import Course
from data.errors import UserError
from data.sources.altered import Companies
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.inspection.session import HedgeRead
from engine.kernel.loop import rules_of
from engine.setup import Setup
from engine.stress.continuation import continued
from engine.stress.courses import Days
from engine.stress.past import Past
from engine.stress.replay import standing_still
from strategies.policy import step

STEP, FURTHEST = 0.025, 0.20
"""Closes that are tried, up and down from the last one, fractions of it."""
HALVINGS = 8
"""Between the last close that changes nothing and the first that does: to a hundredth of a percent."""


class Flip(NamedTuple):
    """A close of the underlying at which a hedge's policy would decide otherwise than at an unchanged one.

    Parameters
    ----------
    instrument
        The hedge.
    turns
        ``on`` or ``off``.
    price, change
        The close, in dollars of the last one, and as a fraction of it.
    """

    instrument: str
    turns: str
    price: float
    change: float

    @property
    def side(self) -> str:
        """``below`` or ``above``; empty where an unchanged close does it."""
        return "" if self.change == 0.0 else "below" if self.change < 0.0 else "above"


def flips_of(prepared: PreparedRun, hedges: Sequence[HedgeRead]) -> tuple[Flip, ...]:
    """Return the nearest closes of the next session, below and above the last, that turn a hedge on or off.

    Everything else stays as it is: other instruments, rates, volatility; the session opens at the last close, and a
    fund follows its model. Nothing of a strategy without an intensity, and of one that can't be asked so.

    Parameters
    ----------
    prepared
        The run.
    hedges
        What was decided of each hedge at the last close.
    """
    if prepared.signal is None:
        return ()
    past, companies = Past(prepared.config, prepared.setup.market), Companies()
    last = float(prepared.setup.market.close()[-1])

    @cache
    def decided(change: float) -> tuple[bool, ...]:
        return _on(_after(past, 1.0 + change, companies), hedges)

    try:
        return tuple(_found(decided, hedges, last))
    except UserError:  # a strategy that reads what a made-up session can't have
        return ()


def _found(decided: Callable[[float], tuple[bool, ...]], hedges: Sequence[HedgeRead], last: float) -> Iterator[Flip]:
    unchanged = decided(0.0)
    for k, hedge in enumerate(hedges):
        if hedge.policy is None:
            continue
        if unchanged[k] != hedge.policy.after.on:
            yield Flip(hedge.instrument, "on" if unchanged[k] else "off", last, 0.0)
        for direction in (-1.0, 1.0):
            change = _nearest(partial(lambda k, move: decided(move)[k] != unchanged[k], k), direction)
            if change is not None:
                turns = "off" if unchanged[k] else "on"
                yield Flip(hedge.instrument, turns, last * (1.0 + change), change)


def _nearest(flips: Callable[[float], bool], direction: float) -> float | None:
    """Return the move nearest to nothing that flips it, on one side; None where none up to `FURTHEST` does."""
    steps = range(1, round(FURTHEST / STEP) + 1)
    first = next((count for count in steps if flips(direction * STEP * count)), None)
    if first is None:
        return None
    near, far = STEP * (first - 1), STEP * first
    for _ in range(HALVINGS):
        middle = (near + far) / 2.0
        near, far = (near, middle) if flips(direction * middle) else (middle, far)
    return direction * far


def _after(past: Past, growth: float, companies: Companies) -> PreparedRun:
    """Return the run with two more sessions: one that closes at `growth` times the last close, and a still one."""
    still = standing_still(past, 2)
    moved, ones = np.array([growth, 1.0]), np.ones(2)
    course = Course(ones, np.maximum(moved, 1.0), np.minimum(moved, 1.0), moved)
    market = continued(past, replace(still, underlying=Days(still.sessions, course, ones)), companies)
    with evaluate_strategy(past.config, market) as prepared:
        return prepared


def _on(after: PreparedRun, hedges: Sequence[HedgeRead]) -> tuple[bool, ...]:
    """Return whether each hedge is on after the close of the session behind the last."""
    setup, t = after.setup, len(after.setup.prices.close) - 2
    found = []
    for read, k in zip(hedges, setup.legs.firsts, strict=True):
        if read.policy is None:
            found.append(False)
            continue
        fund = _fund_return(setup, k, t, read.policy.fund_return or 0.0) if read.policy.after.on else 0.0
        size = setup.plan.size[t, k]
        state, _ = step(rules_of(setup.plan, k), read.policy.after, setup.plan.intensity[t, k], size, fund)
        found.append(state.on)
    return tuple(found)


def _fund_return(setup: Setup, k: int, t: int, before: float) -> float:
    """Return what a hedge made since its fill, by what it had made by the close before."""
    level: Floats = setup.prices.level[t - 1 : t + 1, k]
    side = float(setup.plan.sides[k])
    grown = float(level[1] / level[0]) if np.isfinite(level).all() else 1.0
    return side * ((1.0 + side * before) * grown - 1.0)
