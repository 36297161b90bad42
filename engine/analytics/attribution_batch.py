"""The sleeve's attribution of many books of one market at once, as sums: what a sweep's rows hold."""

from __future__ import annotations

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Floats
from data.fund import FEE, SPREAD
from engine.analytics.attribution import SLEEVE
from engine.analytics.carino import DECAY
from engine.analytics.fund_exposure import carry_of, day_return, fills_at_open, index_of
from engine.analytics.measure import measures_of
from engine.kernel.attribution import Daily, SleeveSums
from engine.kernel.sweep import Units
from engine.rules import costs_of
from engine.setup import Setup


def daily_of(setup: Setup, units: Units, fee: float = FEE, spread: float = SPREAD) -> Daily:
    """Return what all books of a market share: `fee` and `spread` as of `engine.analytics.attribution.attribute`.

    Of a run with one hedge.
    """
    b, i, index = setup.market.roles.leverage, setup.legs.of_hedge(0), index_of(setup)
    carry = carry_of(setup, b, fee, spread)
    a_share, close = units.shares[:, i], units.close[:, i]
    fill = setup.prices.fill[:, i] * a_share
    worth = np.concatenate(([0.0], close[:-1]))
    inside = float(fills_at_open(setup))
    unit = np.zeros_like(setup.prices.fill)
    unit[:, i] = a_share
    buying, selling = (-np.sum(costs_of(setup.terms, setup.prices.fill, each), axis=0)[:, i] for each in (unit, -unit))
    level = setup.prices.level[:, 0]
    return Daily(
        fund=np.concatenate(([0.0], level[1:] / level[:-1] - 1.0)),
        worth=worth,
        made=close + units.paid[:, i] - worth,
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


def sleeve_scalars(sums: SleeveSums, daily: Daily, first: Floats, final: Floats, a_year: float) -> dict[str, Floats]:
    """Return the measures of the hedge, of every book, shape (books,) each.

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
    return {name: figures[name] for name in measures_of("hedge")}
