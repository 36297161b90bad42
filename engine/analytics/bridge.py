"""The bridge from unhedged to hedged: where the difference between the two books' equity came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from engine.analytics.attribution import Attribution

SPANS: Mapping[str, tuple[str, ...]] = {
    "core": ("core",),
    "interest": ("interest",),
    "direction": ("direction",),
    "compounding": ("compounding",),
    "financing": ("financing",),
    "fee": ("fee",),
    "spread": ("spread",),
    "tracking": ("tracking",),
    "costs": ("hedge_costs", "core_costs"),
}
"""The bridge's steps, and the columns of an attribution that each takes in."""


@dataclass(frozen=True)
class Bridge:
    """From the unhedged book's equity to the hedged one's, in dollars by the names of `SPANS`, in their order.

    Two readings, that sum to the same difference on every session. Both are the hedged book's column less the
    unhedged book's. They differ in what the unhedged book's dollars are taken to stand for.

    Parameters
    ----------
    daily
        Dollars of each session, shape (sessions,): they sum to the day's change of the difference, and their running
        sums to the difference itself. A book that is smaller by what its hedge lost makes less with its core ever
        after; here that stands in ``core``: what the core sold and bought back would have made, and all that the
        difference between the books has brought or missed since.
    carried
        Dollars by each close, shape (sessions,): they sum to the difference of equity. What a step did to the hedged
        book in a session, beside what its equity would have done unhedged, grows from then on as the unhedged book
        does. So the core's step is only core that wasn't held, and a loss to the fund counts with what it would have
        become.
    """

    daily: Mapping[str, Floats]
    carried: Mapping[str, Floats]


def bridge(hedged: Attribution, unhedged: Attribution) -> Bridge:
    """Return the bridge between two books of the same market and starting cash; any control can stand for a book.

    A book that was ruined keeps what it ended with.
    """
    theirs_before = _before(unhedged.equity)
    stands = theirs_before != 0.0  # a book that was ruined to the cent has no return afterwards
    size = np.divide(_before(hedged.equity), theirs_before, out=np.zeros_like(theirs_before), where=stands)
    growth = np.divide(unhedged.equity, theirs_before, out=np.ones_like(theirs_before), where=stands)
    daily, carried = {}, {}
    for name, columns in SPANS.items():
        ours = np.sum([hedged.dollars[column] for column in columns], axis=0)
        theirs = np.sum([unhedged.dollars[column] for column in columns], axis=0)
        daily[name] = ours - theirs
        carried[name] = _grown(ours - size * theirs, growth)
    return Bridge(daily, carried)


def _grown(flows: Floats, growth: Floats) -> Floats:
    """Return what flows have become by each session, when each grows from its session on."""
    worth, now = np.empty(len(flows)), 0.0
    for t, (flow, factor) in enumerate(zip(flows.tolist(), growth.tolist(), strict=True)):
        now = now * factor + flow
        worth[t] = now
    return worth


def _before(values: Floats) -> Floats:
    """Return each session's value of the one before, that of t=0 itself there."""
    return np.concatenate((values[:1], values[:-1]))
