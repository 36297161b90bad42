"""A run of several hedges, and of other kinds, with one thing changed: each change by a run laid out by hand."""

from functools import lru_cache

import numpy as np
import pytest
from answered_runs import market, ran
from less import gap_by_hand

from engine.analytics.answer.variations import VariedRun, alternatives_of, variations_of
from engine.analytics.derisk import held_less_grid, sold_daily
from engine.hedges import costs_of_legs
from engine.kernel.loop import run_policy
from engine.setup import open_market, prepare, run_beta

FUND = "{instrument: FUND, weight: 0.1, underlying: CORE, slippage_bps: 5}"
AGAIN = "{instrument: FUND, weight: 0.05, underlying: CORE, rebalance: monthly}"
CASH, IDLE = "{kind: cash, weight: 0.3, underlying: CORE}", "{kind: short, weight: 0, underlying: CORE}"
ALL = f"hedges=[{FUND}, {AGAIN}, {CASH}, {IDLE}]"


@lru_cache
def bench(settings=ALL):
    config, prepared, hedged = ran(settings)
    daily = sold_daily(prepared.setup, hedged, run_beta(config, prepared.setup.market)).ledger
    return VariedRun(prepared, hedged, held_less_grid(prepared.setup), daily)


@lru_cache
def varied(settings=ALL):
    return {one.name: one for one in variations_of(bench(settings))}


def rerun(**legs):
    """The run with keys of its hedges changed, a value a hedge or None to leave it."""
    config, signals = ran(ALL)[0], ran(ALL)[1].signals
    changed = [
        leg.model_copy(update={key: values[k] for key, values in legs.items() if values[k] is not None})
        for k, leg in enumerate(config.legs)
    ]
    config = config.with_legs(changed)
    setup = prepare(config, open_market(config, market()), signals)
    return setup, run_policy(setup.prices, setup.terms, setup.plan), run_beta(config, setup.market)


def test_costs_are_each_hedges_own_and_more_and_bills_have_none():
    name = "FUND and the short's slippage 10 bp more"
    setup, hedged, beta = rerun(slippage_bps=(15.0, 12.0, None, 12.0))
    daily = sold_daily(setup, hedged, beta).ledger
    books, years = [book.equity for book in bench().grid], 599 / 252

    assert costs_of_legs(ran(ALL)[0])["slippage_bps"].tolist() == [2.0, 5.0, 2.0, 0.0, 2.0]
    assert varied()[name].gap == pytest.approx(gap_by_hand(hedged.equity, books, years), abs=1e-9)
    assert varied()[name].fund == pytest.approx(np.log(hedged.equity[-1] / daily.equity[-1]) / years, abs=1e-9)
    assert not [one for one in varied(f"hedges=[{CASH}]") if "slippage" in one]


def test_all_weights_are_varied_by_one_factor_and_one_of_0_stays():
    found = {one.dot.title: one for one in alternatives_of(bench())}

    assert [title for title in found if "weight" in title] == [f"{times} times the weights" for times in (0.5, 1, 1.5)]
    assert found["1 times the weights"].own
    assert found["1 times the weights"].dot.final_equity == pytest.approx(bench().hedged.equity[-1], rel=1e-12)
    _, hedged, _ = rerun(weight=(0.15, 0.075, 0.45, 0.0))
    assert found["1.5 times the weights"].dot.final_equity == pytest.approx(hedged.equity[-1], rel=1e-12)
    assert not [one for one in varied() if one.startswith("weight")]


def test_all_are_rebalanced_alike_and_none_is_the_runs_own():
    found = {one.dot.title: one for one in alternatives_of(bench())}
    _, hedged, _ = rerun(rebalance=("daily",) * 4)

    assert found["rebalanced daily"].dot.final_equity == pytest.approx(hedged.equity[-1], rel=1e-12)
    assert not [title for title, one in found.items() if one.own and one.kind == "rebalance"]


def test_no_larger_weights_than_the_book_pays_for():
    large = f"hedges=[{FUND}, {CASH.replace('0.3', '0.7')}]"
    titles = [one.dot.title for one in alternatives_of(bench(large)) if one.kind == "weight"]

    assert titles == ["0.5 times the weights", "1 times the weights"]  # 1.5 times would be 1.2 of equity
