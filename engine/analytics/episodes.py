"""Episodes: each time from entering the hedge to being flat again, with what it brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from engine.kernel.loop import Ledger
from engine.rules import costs_of
from engine.setup import Setup
from strategies.policy import ENTER, REASONS, STAY


@dataclass(frozen=True)
class Episode:
    """One episode.

    Parameters
    ----------
    decided, entered
        Session numbers of the entry decision and of its fill.
    left, exited
        Session numbers of the exit decision and of its fill; ``None`` while it is open at the end.
    reason
        Why it was left, a word of `strategies.policy.REASONS`, or ``open``.
    weight
        The hedge's weight as ordered, a fraction of equity; of what is sold short and of options above 0 too.
    fund_return
        The hedge's own return from fill to fill (to the last close while open), before costs, events included: of a
        short what it gained. NaN of an option.
    pnl
        What the sleeve made in dollars, after costs, dividends included.
    costs
        The hedge's own commission and slippage in dollars.
    hedge
        Which of the run's hedges, from 0.
    """

    decided: int
    entered: int
    left: int | None
    exited: int | None
    reason: str
    weight: float
    fund_return: float
    pnl: float
    costs: float
    hedge: int = 0


def episodes_of(setup: Setup, ledger: Ledger) -> tuple[Episode, ...]:
    """List the episodes of a run, oldest first; of several hedges each has its own."""
    flows, costs = _sleeve_flows(setup, ledger)
    found = [episode for k in setup.legs.firsts for episode in _episodes(setup, ledger, flows, costs, k)]
    return tuple(sorted(found, key=lambda episode: (episode.decided, episode.hedge)))


def _episodes(setup: Setup, ledger: Ledger, flows: Floats, costs: Floats, k: int) -> Iterator[Episode]:
    """Yield the episodes of the hedge whose first instrument is the k-th."""
    legs, actions = setup.legs, ledger.actions[:, k]
    exits = [int(t) for t in np.flatnonzero((actions != STAY) & (actions != ENTER))]
    own = [j for j, role in enumerate(legs.hedges) if role.leg == legs.hedges[k].leg]
    columns = [legs.of_hedge(j) for j in own]
    for decided in (int(t) for t in np.flatnonzero(actions == ENTER)):
        left = next((t for t in exits if t > decided and t < ledger.last), None)
        end = ledger.last if left is None else left + 1
        span = slice(decided + 1, end + 1)
        still = (ledger.shares[end] * setup.prices.close[end])[columns].sum() if left is None else 0.0
        yield Episode(
            decided,
            decided + 1,
            left,
            None if left is None else end,
            "open" if left is None else REASONS[actions[left]],
            float(abs(ledger.hedges[decided, k])),
            _own_return(setup, k, decided + 1, end, still_open=left is None),
            float(flows[span][:, own].sum() + still),
            float(costs[span][:, own].sum()),
            legs.hedges[k].leg,
        )


def _sleeve_flows(setup: Setup, ledger: Ledger) -> tuple[Floats, Floats]:
    """Return dollars that came out of each hedge (+) or went in (-), and its costs, shape (sessions, hedges)."""
    own, terms, prices = setup.legs.of_hedges, setup.terms, setup.prices
    commission, slippage = costs_of(terms, prices.fill, ledger.traded)
    costs = (commission + slippage)[:, own]
    flows = -ledger.traded[:, own] * prices.fill[:, own] - costs
    before, stock = ledger.shares[:-1, own], terms.stock[own]
    held = before * prices.split[1:, own]
    in_cash = ~(terms.reinvest & stock & (held > 0.0))
    flows[1:] += np.where(in_cash, held * prices.dividend[1:, own], 0.0)
    flows[1:] += np.where(stock, np.minimum(before, 0.0) * prices.close[:-1, own], 0.0) * terms.borrow[1:, np.newaxis]
    return flows, costs


def _own_return(setup: Setup, k: int, entered: int, end: int, *, still_open: bool) -> float:
    prices, i, side = setup.prices, setup.legs.of_hedge(k), setup.legs.hedges[k].side
    if not setup.terms.stock[i]:
        return float("nan")
    level, at_entry = prices.level[:, k], prices.fill[entered, i] / prices.close[entered, i]
    if still_open or end == entered:
        return float(side * (level[end] / (level[entered] * at_entry) - 1.0))
    before = prices.close[end - 1, i] / prices.split[end, i]
    last = (prices.fill[end, i] + prices.dividend[end, i]) / before
    return float(side * (level[end - 1] * last / (level[entered] * at_entry) - 1.0))
