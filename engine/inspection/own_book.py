"""What a person holds in place of the run's book, and what they have to do to hold what the run holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from data.arithmetic import dot
from data.arrays import Floats
from data.errors import UserError, did_you_mean
from data.format import dollars
from engine.evaluate_strategy import PreparedRun
from engine.inspection.signal import ENTER, HOLD, LEAVE, REBALANCE, STAY_OUT, Call, Sentence, Target

CASH = "cash"
"""What cash is called among what a person holds."""


class OwnBook(NamedTuple):
    """What a person holds: as-traded shares, in the order of the run's columns, and what it is all worth, dollars."""

    shares: Floats
    worth: float


def own_book(after: PreparedRun, t: int, held: Mapping[str, float]) -> OwnBook:
    """Return what a person holds at the prices of a close; their cash is bills in a run that sells into bills.

    Raises UserError for what the run doesn't trade, a number that is none, and a book that is worth nothing.
    """
    legs, price = after.setup.legs, after.setup.prices.close[t]
    names = (*legs.core, *legs.labels)
    for name, amount in held.items():
        if name != CASH and name not in names:
            raise UserError(f"{name} is nothing that the run trades{did_you_mean(name, (*names, CASH))}")
        if not math.isfinite(amount):
            raise UserError(f"{name}={amount}: how much is held has to be a number")
    shares = np.array([float(held.get(name, 0.0)) for name in names])
    cash = float(held.get(CASH, 0.0))
    worth = cash + dot(shares, price)
    if worth <= 0.0:
        raise UserError(f"what is held is worth {dollars(worth)} at the last close: there is nothing to hedge")
    bills = [legs.of_hedge(k) for k, leg in enumerate(legs.hedges) if leg.kind == "cash"]
    shares[bills[:1]] += cash / price[bills[:1]]
    return OwnBook(shares, worth)


def for_holder(
    after: PreparedRun, t: int, calls: Sequence[Call], targets: Sequence[Target], own: OwnBook
) -> tuple[tuple[Call, ...], list[Sentence]]:
    """Return what a person has to do about each hedge to hold what the run holds after its order."""
    legs, spot = after.setup.legs, after.setup.prices.spot[t]
    restates = any(target.trade for target in targets[legs.of_core])
    found, said = list[Call](), list[Sentence]()
    for call, k in zip(calls, legs.firsts, strict=True):
        columns = [legs.of_hedge(j) for j, leg in enumerate(legs.hedges) if leg.leg == legs.hedges[k].leg]
        held, wanted = bool(own.shares[columns].any()), any(targets[column].shares for column in columns)
        stays = REBALANCE if any(targets[column].trade for column in columns) else HOLD
        order = (stays if held else ENTER) if wanted else (LEAVE if held else STAY_OUT)
        found.append(call._replace(order=order, rolls=call.rolls and order == HOLD))
        shares = targets[columns[0]].shares
        said.append(Sentence(abs(shares * float(spot[columns[0]])) / own.worth, restates, own=True))
    return tuple(found), said
