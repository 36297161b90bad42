"""Episodes: each time from entering the hedge to being flat again, with what it brought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from engine.kernel.loop import Ledger
from engine.legs import HEDGE
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
        The hedge's weight as ordered, a fraction of equity.
    fund_return
        The fund's return from fill to fill (to the last close while open), before costs, events included.
    pnl
        What the sleeve made in dollars, after costs, dividends included.
    costs
        The hedge's own commission and slippage in dollars.
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


def episodes_of(setup: Setup, ledger: Ledger) -> tuple[Episode, ...]:
    """List the episodes of a run, oldest first."""
    exits = [int(t) for t in np.flatnonzero((ledger.actions[:, HEDGE] != STAY) & (ledger.actions[:, HEDGE] != ENTER))]
    flows, costs = _sleeve_flows(setup, ledger)
    found = []
    for decided in (int(t) for t in np.flatnonzero(ledger.actions[:, HEDGE] == ENTER)):
        left = next((t for t in exits if t > decided and t < ledger.last), None)
        end = ledger.last if left is None else left + 1
        span = slice(decided + 1, end + 1)
        still = ledger.shares[end, HEDGE] * setup.prices.close[end, HEDGE] if left is None else 0.0
        found.append(
            Episode(
                decided,
                decided + 1,
                left,
                None if left is None else end,
                "open" if left is None else REASONS[ledger.actions[left, HEDGE]],
                float(ledger.hedges[decided, HEDGE]),
                _fund_return(setup, decided + 1, end, still_open=left is None),
                float(flows[span].sum() + still),
                float(costs[span].sum()),
            )
        )
    return tuple(found)


def _sleeve_flows(setup: Setup, ledger: Ledger) -> tuple[Floats, Floats]:
    """Return dollars that came out of the sleeve (+) or went in (-), and its costs, a session."""
    commission, slippage = costs_of(setup.terms, setup.prices.fill, ledger.traded)
    costs = (commission + slippage)[:, HEDGE]
    flows = -ledger.traded[:, HEDGE] * setup.prices.fill[:, HEDGE] - costs
    if not setup.terms.reinvest:
        held = ledger.shares[:-1, HEDGE] * setup.prices.split[1:, HEDGE]
        flows[1:] += held * setup.prices.dividend[1:, HEDGE]
    return flows, costs


def _fund_return(setup: Setup, entered: int, end: int, *, still_open: bool) -> float:
    prices = setup.prices
    level, at_entry = prices.level[:, HEDGE], prices.fill[entered, HEDGE] / prices.close[entered, HEDGE]
    if still_open or end == entered:
        return float(level[end] / (level[entered] * at_entry) - 1.0)
    before = prices.close[end - 1, HEDGE] / prices.split[end, HEDGE]
    last = (prices.fill[end, HEDGE] + prices.dividend[end, HEDGE]) / before
    return float(level[end - 1] * last / (level[entered] * at_entry) - 1.0)
