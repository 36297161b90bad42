"""From daily dollars to figures of a whole run: linked returns (Carino) and the hedge's timing (Lo)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data.arithmetic import dot, log1p
from data.arrays import Floats
from engine.analytics.attribution import SLEEVE, Attribution

DECAY = ("fee", "spread", "tracking")
"""What the fund itself takes, to be set against financing; what daily reset made is a path effect."""


class HedgeTiming(NamedTuple):
    """What the sleeve's weight at the close before times the fund's return brought, fractions a year.

    ``mean(w R) = mean(w) mean(R) + cov(w, R)``, times the sessions a year. What the sleeve made inside the
    sessions in which it was bought and sold isn't in it.

    Parameters
    ----------
    total
        ``mean(w R)``.
    average
        ``mean(w) mean(R)``: what always holding the average hedge would have brought.
    timing
        ``cov(w, R)``: what holding it when it was held added.

    References
    ----------
    Lo (2008), "Where do alphas come from? A measure of the value of active investment management", Journal of
    Investment Management 6(2).
    """

    total: float
    average: float
    timing: float


def timing_of(attribution: Attribution) -> HedgeTiming:
    """Return the average hedge and the timing, over all sessions with a book."""
    held, fund = attribution.weight[: attribution.last], attribution.fund[1 : attribution.last + 1]
    total, average = float((held * fund).mean()), float(held.mean() * fund.mean())
    timing = float(((held - held.mean()) * (fund - fund.mean())).mean())
    return HedgeTiming(*(attribution.a_year * each for each in (total, average, timing)))


def linking(equity: Floats, last: int) -> Floats:
    """Return what a dollar made in each session contributed to the run's total return, shape (sessions,).

    Carino's k(session)/k(run)/equity before, with ``k(r) = ln(1 + r)/r``, 1 at r = 0: columns that sum to each
    session's change of equity sum, times this, to the total return. A session of ruin has no logarithm: its dollars
    count over the starting equity, those before it are linked to the return until then.

    Parameters
    ----------
    equity
        Dollars at each close, shape (sessions,).
    last
        The last session with a book; only its equity may be 0 or less.

    References
    ----------
    Carino (1999), "Combining attribution effects over time", Journal of Performance Measurement 3(4).
    """
    share, lived = np.zeros(len(equity)), last
    if equity[last] <= 0.0:
        share[last] = 1.0 / equity[0]
        lived = last - 1
    alive = equity[: lived + 1]
    change = alive[1:] / alive[:-1] - 1.0
    share[1 : lived + 1] = _k(change) / _k(alive[-1:] / alive[0] - 1.0) / alive[:-1]
    return share


def contributions(attribution: Attribution) -> dict[str, float]:
    """Return each column's contribution to the run's total return, fractions that sum to it."""
    share = linking(attribution.equity, attribution.last)
    return {name: dot(column, share) for name, column in attribution.dollars.items()}


def scalars(attribution: Attribution) -> dict[str, float]:
    """Return the attribution's figures by name: what metrics.json and a sweep's rows hold.

    ``<column>_dollars``; ``<column>_return``, linked, that sum to ``total_return``; ``<column>_a_year``, the same in
    proportion, that sum to ``cagr``. So for every column, for ``decay`` (fee, spread and tracking; NaN where a hedge
    is no fund) and for ``sleeve``, all that the hedge made. And `HedgeTiming`, a year: ``hedge_times_fund``,
    ``average_hedge``, ``timing``.
    """
    dollars = {name: float(column.sum()) for name, column in attribution.dollars.items()}
    linked, yearly = contributions(attribution), yearly_share(attribution)
    figures: dict[str, float] = {}
    for name, parts in _rows(attribution.dollars).items():
        figures[f"{name}_dollars"] = math.fsum(dollars[part] for part in parts)
        figures[f"{name}_return"] = math.fsum(linked[part] for part in parts)
        figures[f"{name}_a_year"] = figures[f"{name}_return"] * yearly
    if not attribution.funds:
        figures |= {name: math.nan for name in figures if name.startswith("decay_")}
    total, average, timing = timing_of(attribution)
    return figures | {"hedge_times_fund": total, "average_hedge": average, "hedge_timing": timing}


def by_hedge(attribution: Attribution) -> tuple[dict[str, float], ...]:
    """Return what each part of each traded hedge contributed to CAGR, by ``<part>_a_year``; parts as of `SLEEVE`."""
    share, yearly = linking(attribution.equity, attribution.last), yearly_share(attribution)
    made = [{f"{name}_a_year": float(dot(leg[name], share)) * yearly for name in SLEEVE} for leg in attribution.legs]
    return tuple(each | {"sleeve_a_year": math.fsum(each.values())} for each in made)


def _rows(columns: Mapping[str, Floats]) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in columns} | {"decay": DECAY, "sleeve": SLEEVE}


def yearly_share(attribution: Attribution) -> float:
    """Return cagr over total return; its limit for a book that ends where it began."""
    total = attribution.equity[attribution.last] / attribution.equity[0] - 1.0
    years = attribution.last / attribution.a_year
    if total <= -1.0:
        return -1.0 / total
    return math.expm1(math.log1p(total) / years) / total if total else 1.0 / years


def _k(change: Floats) -> Floats:
    return np.divide(log1p(change), change, out=np.ones_like(change), where=change != 0.0)
