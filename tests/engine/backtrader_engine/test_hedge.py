"""One to four hedges of every kind: the plain loop, its compiled twin, the sweep's kernel and backtrader's broker."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mixed import mixed_setup, runs
from swept import swept

from engine.backtrader_engine.execute import run_in_backtrader
from engine.kernel import loop
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup

SEEDS = st.integers(0, 10_000)
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}


def hold_against(theirs: Ledger, ours: Ledger, setup: Setup) -> None:
    """Fail where a book differs by 1e-9 of equity on any session, or an order by its side or that much."""
    end = ours.last + 1
    assert theirs.last == ours.last
    np.testing.assert_allclose(theirs.equity[:end], ours.equity[:end], rtol=1e-9)
    np.testing.assert_array_equal(np.sign(theirs.traded[:end]), np.sign(ours.traded[:end]))
    apart = np.abs(theirs.traded - ours.traded)[:end] * setup.prices.fill[:end]
    assert (apart <= 1e-9 * np.abs(ours.equity[:end, np.newaxis])).all()
    np.testing.assert_array_equal(theirs.ordered[:end], ours.ordered[:end])
    np.testing.assert_allclose(theirs.hedges[:end], ours.hedges[:end], rtol=1e-12)
    np.testing.assert_array_equal(theirs.actions[:end], ours.actions[:end])


@settings(max_examples=60, **SLOW)
@given(keys=runs(), seed=SEEDS)
def test_backtrader_and_the_compiled_twin_are_the_plain_run(keys, seed):
    setup = mixed_setup(keys, seed)

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)

    hold_against(compiled().run_policy(setup.prices, setup.terms, setup.plan), ours, setup)
    hold_against(run_in_backtrader(setup), ours, setup)


@settings(max_examples=60, **SLOW)
@given(keys=runs(("fund", "asset", "cash", "option")), seed=SEEDS)
def test_the_sweeps_kernel_is_the_plain_run_of_one_hedge_that_is_bought(keys, seed):
    hold_the_sweeps_kernel(keys | {"hedges": keys["hedges"][:1]}, seed)


@settings(max_examples=60, **SLOW)
@given(keys=runs(("option",)), seed=SEEDS, band=st.sampled_from([0.001, 0.01, 0.05]))
def test_the_band_of_an_option_is_by_what_it_is_written_on(keys, seed, band):
    banded = keys["hedges"][0] | {"rebalance": "band", "band": band, "weight": 0.4, "max_weight": 1.0}
    hold_the_sweeps_kernel(keys | {"hedges": [banded]}, seed)


def hold_the_sweeps_kernel(keys, seed):
    """Hold a book of one hedge against the plain loop's."""
    setup = mixed_setup(keys, seed)
    assume(len(setup.plan.sides) == 1)  # a collar is two
    ours, book = loop.run_policy(setup.prices, setup.terms, setup.plan), swept(setup, compiled())

    if book.sums["lowest"] > 0.0:  # others are run by themselves
        np.testing.assert_allclose(book.path, ours.equity, rtol=1e-9)
        assert book.entries == np.count_nonzero(ours.actions == 1)
        assert book.sums["fills"] == np.count_nonzero(ours.traded)
