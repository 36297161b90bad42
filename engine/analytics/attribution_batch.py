"""The sleeve's attribution of many books of one market at once, as sums: what a sweep's rows hold."""

from __future__ import annotations

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Floats
from data.fund import FEE, SPREAD
from engine.analytics.attribution import SLEEVE
from engine.analytics.carino import DECAY
from engine.analytics.fund_exposure import carry_of, day_return, fills_at_open, index_of
from engine.analytics.metrics import Metric
from engine.kernel.attribution import Daily, SleeveSums
from engine.kernel.loop import Ledger
from engine.kernel.sweep import Units
from engine.rules import costs_of
from engine.setup import Setup

FIGURES: dict[str, Metric] = {
    "sleeve_a_year": Metric("fraction a year", "all that the hedge made, after costs: the sum of the next seven"),
    "direction_a_year": Metric("fraction a year", "what a static position of the fund's leverage would have made"),
    "compounding_a_year": Metric("fraction a year", "what daily reset made beside a static position: a path effect"),
    "financing_a_year": Metric("fraction a year", "what the fund earned on its cash"),
    "fee_a_year": Metric("fraction a year", "the fund's expenses"),
    "spread_a_year": Metric("fraction a year", "what its swaps cost above the bill rate"),
    "tracking_a_year": Metric("fraction a year", "its own return less the modelled one"),
    "hedge_costs_a_year": Metric("fraction a year", "commission and slippage of buying and selling it"),
    "decay_a_year": Metric("fraction a year", "what the fund itself took: fee, spread and tracking"),
    "hedge_times_fund": Metric("fraction a year", "mean(w R): the hedge's weight times the fund's return"),
    "average_hedge": Metric("fraction a year", "mean(w) mean(R): always holding the average hedge"),
    "hedge_timing": Metric("fraction a year", "cov(w, R): what holding it when it was held added"),
}
"""Those of `engine.analytics.carino.scalars` that a sweep's rows hold, as metrics.json has them under `attribution`.

Gains are positive and costs negative, so that more is always better. The yearly ones are of the book's CAGR.
"""


def daily_of(setup: Setup, units: Units, fee: float = FEE, spread: float = SPREAD) -> Daily:
    """Return what all books of a market share: `fee` and `spread` as of `engine.analytics.attribution.attribute`."""
    b, index, carry = setup.market.roles.leverage, index_of(setup), carry_of(setup, fee, spread)
    a_share, close, fill = units.shares[:, -1], units.close[:, -1], setup.prices.fill[:, -1] * units.shares[:, -1]
    worth = np.concatenate(([0.0], close[:-1]))
    inside = float(fills_at_open(setup))
    one = np.zeros_like(setup.prices.fill)
    one[:, -1] = a_share
    buying, selling = (-np.sum(costs_of(setup.terms, setup.prices.fill, each), axis=0)[:, -1] for each in (one, -one))
    level = setup.prices.fund_level
    return Daily(
        fund=np.concatenate(([0.0], level[1:] / level[:-1] - 1.0)),
        worth=worth,
        made=close + units.paid[:, -1] - worth,
        indexed=b * worth * index.whole,
        financing=worth * carry.financing,
        fee=worth * carry.fee,
        spread=worth * carry.spread,
        filled=close - fill,
        indexed_before=inside * b * worth * (index.night - index.whole),
        indexed_after=inside * fill * day_return(b, index),
        static=b * index.before * index.whole,
        static_filled=inside * b * (index.level - index.opened),
        a_unit=fill / (index.opened if inside else index.level),
        buying=buying,
        selling=selling,
    )


def units_held(ledger: Ledger, units: Units) -> Floats:
    """Return the units of the hedge a book holds after each session's fills, shape (sessions,).

    They change by trading alone: what rounding makes of shares over shares a unit is no fill.
    """
    held: Floats = ledger.shares[:, -1] / units.shares[:, -1]
    traded = np.where(ledger.traded[:, -1] != 0.0, np.arange(len(held)), 0)
    return held[np.maximum.accumulate(traded)]


def sleeve_scalars(sums: SleeveSums, daily: Daily, first: Floats, final: Floats, a_year: float) -> dict[str, Floats]:
    """Return `FIGURES` of every book, shape (books,) each.

    Parameters
    ----------
    sums, daily
        As of `engine.kernel.attribution.attribute_books`.
    first, final
        Equity at the first and at the last close, shape (books,).
    a_year
        How many of the sessions make a year.
    """
    count = len(daily.fund) - 1
    yearly = a_year / count
    grown = log(final / first) * yearly
    cagr_over_log = np.divide(expm1(grown), grown, out=np.ones_like(grown), where=grown != 0.0) * yearly
    parts = dict(zip(SLEEVE, sums[: len(SLEEVE)], strict=True))
    parts["decay"] = np.sum([parts[name] for name in DECAY], axis=0)
    parts["sleeve"] = np.sum([parts[name] for name in SLEEVE], axis=0)
    figures = {f"{name}_a_year": linked * cagr_over_log for name, linked in parts.items()}
    product = a_year * sums.products / count
    average = a_year * sums.weights / count * daily.fund[1:].mean()
    figures |= {"hedge_times_fund": product, "average_hedge": average, "hedge_timing": product - average}
    return {name: figures[name] for name in FIGURES}
