"""Linked returns against their definition, by logarithms by hand, and timing against numpy's covariance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, market, source
from worlds import settings as drawn_settings

from engine.analytics.attribution import COLUMNS, SLEEVE, Attribution, attribute
from engine.analytics.carino import contributions, linking, scalars, timing_of
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.kernel.loop import run_policy


def made_of(equity, core_share=0.25, last=None):
    """An attribution of a book whose change is a quarter core and three quarters interest."""
    equity = np.array(equity)
    change = np.diff(equity, prepend=equity[0])
    dollars = {name: np.zeros(len(equity)) for name in COLUMNS}
    dollars |= {"core": core_share * change, "interest": (1.0 - core_share) * change}
    still = np.zeros(len(equity))
    return Attribution(dollars, equity, still, still, len(equity) - 1 if last is None else last)


def test_two_sessions_by_hand():
    """100 to 110 by the core, to 99 by interest: ln 1.1 and ln 0.9 share what is lost, -1 %."""
    one = made_of([100.0, 110.0, 99.0])
    one.dollars["core"][:] = [0.0, 10.0, 0.0]
    one.dollars["interest"][:] = [0.0, 0.0, -11.0]

    found = contributions(one)

    k = math.log(0.99) / -0.01
    assert found["core"] == pytest.approx(math.log(1.1) / k)
    assert found["interest"] == pytest.approx(math.log(0.9) / k)
    assert found["core"] + found["interest"] == pytest.approx(-0.01)


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_contributions_sum_to_total_return_and_a_year_to_cagr(keys, seed):
    setup = laid_out(keys, source(seed))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    sessions = market(configured(keys), source(seed)).run_sessions
    trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
    metrics = metrics_of(ledger, setup.terms.cash_accrual, sessions, trades, setup.legs.firsts)

    found = scalars(attribute(setup, ledger))

    for suffix, whole in (
        ("return", metrics["total_return"]),
        ("a_year", metrics["cagr"]),
        ("dollars", metrics["final_equity"] - ledger.equity[0]),
    ):
        assert sum(found[f"{name}_{suffix}"] for name in COLUMNS) == pytest.approx(whole, rel=1e-9, abs=1e-9)
        assert sum(found[f"{name}_{suffix}"] for name in SLEEVE) == pytest.approx(
            found[f"sleeve_{suffix}"], rel=1e-9, abs=1e-9
        )
        decay = sum(found[f"{name}_{suffix}"] for name in ("fee", "spread", "tracking"))
        assert decay == pytest.approx(found[f"decay_{suffix}"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "equity",
    [
        [100.0, 100.0, 100.0],  # nothing moved
        [100.0, 120.0, 100.0],  # it came back
        [100.0, 100.0, 130.0],
        [100.0, 100.0 + 1e-13, 100.0 + 2e-13],
        [100.0, 150.0, 0.0],  # to the cent
        [100.0, 150.0, -20.0],  # and below, on margin
        [100.0, -1.0],
    ],
)
def test_a_return_of_nothing_and_a_ruin_have_contributions_too(equity):
    found = contributions(made_of(equity))
    total = equity[-1] / equity[0] - 1.0

    assert found["core"] == pytest.approx(0.25 * total, abs=1e-14)
    assert found["core"] + found["interest"] == pytest.approx(total, abs=1e-14)

    growth = equity[-1] / equity[0]
    cagr = growth ** (252 / (len(equity) - 1)) - 1.0 if growth > 0.0 else -1.0
    yearly = scalars(made_of(equity))
    assert yearly["core_a_year"] + yearly["interest_a_year"] == pytest.approx(cagr, rel=1e-9, abs=1e-9)


def test_a_ruins_dollars_count_over_the_starting_equity_and_what_follows_not_at_all():
    share = linking(np.array([100.0, 150.0, -20.0, -20.0]), 2)

    assert share == pytest.approx([0.0, 1 / 100.0, 1 / 100.0, 0.0])


def test_timing_is_numpys_covariance():
    setup = laid_out({"hedge.rebalance": "weekly"}, source(9))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    weight = (ledger.shares * setup.prices.close)[:-1, -1] / ledger.equity[:-1]
    level = setup.market.total_return("HHH")[setup.market.first :]
    fund = level[1:] / level[:-1] - 1.0

    found = timing_of(attribute(setup, ledger))

    assert found.timing == pytest.approx(setup.market.sessions_a_year * np.cov(weight, fund, ddof=0)[0, 1])
    assert found.average == pytest.approx(setup.market.sessions_a_year * weight.mean() * fund.mean())
    assert found.total == pytest.approx(setup.market.sessions_a_year * (weight * fund).mean())
    assert found.total == pytest.approx(found.average + found.timing)
    assert scalars(attribute(setup, ledger))["hedge_timing"] == found.timing
