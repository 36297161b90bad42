"""The cascade: from the naive multiple of the index's move to what the fund returned, step by step, of one episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.fund import FEE, SPREAD
from engine.analytics.episodes import Episode
from engine.analytics.fund_exposure import Carry, Index, carry_of, day_return, fills_at_open, index_of
from engine.kernel.loop import Ledger
from engine.setup import Setup

STEPS = ("naive", "convexity", "variance_drag", "financing", "fee", "spread", "tracking")
"""The steps, that sum to the fund's return."""


@dataclass(frozen=True)
class Cascade:
    """One dollar left in the fund from an episode's first fill to its last, fractions of that dollar.

    Parameters
    ----------
    index
        The underlying's total return X from fill to fill.
    naive
        The multiple b of it: ``b X``.
    convexity
        What compounding in a straight line would have added: ``(1+X)^b - 1 - b X``, not negative for b < 0 or > 1.
    variance_drag
        What the chop took: the product of ``1 + b r`` less ``(1+X)^b``, not positive from close to close; a first day
        entered at the open may add a little.
    financing, fee, spread
        What each changed, taken into the daily sums one after the other.
    tracking
        What is left to the fund's own return.
    fund
        The fund's own return from fill to fill, before costs of trading: what the steps sum to.
    """

    index: float
    naive: float
    convexity: float
    variance_drag: float
    financing: float
    fee: float
    spread: float
    tracking: float
    fund: float


def cascades(
    setup: Setup,
    ledger: Ledger,
    episodes: Sequence[Episode],
    fee: float = FEE,
    spread: float = SPREAD,
    added_back: float = 0.0,
) -> tuple[Cascade, ...]:
    """Return the cascade of each episode, whatever was rebalanced meanwhile; of an open one to the last close.

    There are none where the hedge isn't one leveraged fund.

    Parameters
    ----------
    setup, ledger, episodes
        What was executed, what it did, and its episodes.
    fee, spread
        The fund's expense ratio and what a dollar of its swaps costs, fractions a year.
    added_back
        An expense ratio, a fraction a year, added back to the underlying to stand for its index.
    """
    roles = setup.market.roles
    if not roles.one_fund:
        return ()
    index, carry = index_of(setup, added_back), carry_of(setup, roles.leverage, fee, spread)
    return tuple(_cascade(setup, index, carry, roles.leverage, ledger.last, episode) for episode in episodes)


def _cascade(setup: Setup, index: Index, carry: Carry, b: float, final: int, episode: Episode) -> Cascade:
    first, last = episode.entered, final if episode.exited is None else episode.exited
    days = slice(first, last + 1)
    exposed, begun, ended = b * index.whole[days], index.level[first], index.level[last]
    exposed[0] = 0.0
    if fills_at_open(setup):
        exposed[0], begun = day_return(b, index)[first], index.opened[first]
    if fills_at_open(setup) and episode.exited is not None:
        exposed[-1], ended = b * index.night[last], index.opened[last]
    borne = np.array([part[days] for part in carry])
    borne[:, 0] = 0.0  # the fund was bought after the night, or at the close
    products = np.prod(1.0 + np.cumsum([exposed, *borne], axis=0), axis=1)
    move = float(ended / begun - 1.0)
    levels = (1.0, 1.0 + b * move, (1.0 + move) ** b, *products, 1.0 + episode.fund_return)
    steps = dict(zip(STEPS, np.diff(levels).tolist(), strict=True))
    return Cascade(index=move, fund=episode.fund_return, **steps)
