"""What policies decide at every close of a run, without a book: what books of a sweep share.

Plain functions; `compiled` twins them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.kernel.loop import Plan, fund_return, rules_of
from engine.rules import Prices
from strategies.policy import ENTER, STAY, PolicyRules, PolicyState, start, step


class Decisions(NamedTuple):
    """What policies decide, a row a decision.

    Parameters
    ----------
    at
        The closes that order, as many as `orders` says, shape (decisions, sessions).
    on, anew
        Whether the hedge is on after each, and whether it is sized anew, shape (decisions, sessions).
    orders, entries
        How many order, and how often the hedge was entered, shape (decisions,).
    """

    at: Ints
    on: Flags
    anew: Flags
    orders: Ints
    entries: Ints


def decisions(prices: Prices, plan: Plan, intensities: Floats, sizes: Floats, dues: Flags, kinds: Ints) -> Decisions:
    """Read every close by policies, which know no book, so that books of any weight share them; `band` comes later.

    Parameters
    ----------
    prices
        What the fund's return is told by.
    plan
        Of one hedge; its `policies` are all that `kinds` chooses from.
    intensities, sizes, dues
        Signals, the sizes that an order gets, and the closes at which a calendar restores the hedge's weight, shape
        (each, sessions).
    kinds
        Which signal, policy, size and calendar each decision has, shape (decisions, 4).
    """
    shape = (len(kinds), intensities.shape[1])
    at, on, anew = np.empty(shape, np.int64), np.empty(shape, np.bool_), np.empty(shape, np.bool_)
    found = Decisions(at, on, anew, np.zeros(shape[0], np.int64), np.zeros(shape[0], np.int64))
    for d in range(shape[0]):
        decide_closes(prices, plan, intensities, sizes, dues, kinds, d, found)
    return found


def decide_closes(
    prices: Prices, plan: Plan, intensities: Floats, sizes: Floats, dues: Flags, kinds: Ints, d: int, found: Decisions
) -> None:
    """Write one decision."""
    s, rules, z, r = kinds[d, 0], rules_of(plan, kinds[d, 1]), kinds[d, 2], kinds[d, 3]
    state, entry, count, entries = start(), 0, 0, 0
    for t in range(intensities.shape[1] - 1):
        anew = plan.core_due[t]
        if not rests(rules, state, intensities[s, t]):
            fund = plan.sides[0] * fund_return(prices, 0, entry, t) if state.on else 0.0
            state, action = step(rules, state, intensities[s, t], sizes[z, t], fund)
            if action == ENTER:
                entry = t + 1
                entries += 1
            anew = anew or action != STAY or (state.on and state.held > 0 and dues[r, t])
        if anew or t == 0:
            found.at[d, count], found.on[d, count], found.anew[d, count] = t, state.on, anew
            count += 1
    found.orders[d], found.entries[d] = count, entries


def rests(rules: PolicyRules, state: PolicyState, intensity: float) -> bool:
    """Return whether a hedge that is off stays just as it is at a close, which most do: `step` needn't be asked."""
    signal = intensity if intensity == intensity else 0.0  # noqa: PLR0124  # NaN, in scalars that compile
    return not (state.on or state.spent or state.cooling > 0 or state.streak > 0 or signal >= rules.enter)
