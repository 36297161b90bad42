"""The compiled twins do what the plain functions do, to the last bit of every order."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.kernel import loop, sweep
from engine.kernel.compiled import compiled


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_compiled_run_is_the_plain_run(keys, seed):
    setup = laid_out(keys, source(seed))

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)
    twins = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    again = compiled().replay(setup.prices, setup.terms, ours)

    for theirs in (twins, again):
        assert theirs.last == ours.last
        np.testing.assert_allclose(theirs.equity, ours.equity, rtol=1e-12)
        np.testing.assert_array_equal(np.sign(theirs.traded), np.sign(ours.traded))
        np.testing.assert_array_equal(theirs.ordered, ours.ordered)
    np.testing.assert_array_equal(twins.action, ours.action)


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_decisions_without_a_book_are_those_with_one(keys, seed):
    setup = laid_out(keys | {"hedge.rebalance": "weekly"}, source(seed))
    ledger = loop.run_policy(setup.prices, setup.terms, setup.plan)

    for decisions in (sweep.decisions, compiled().decisions):
        at, on, entries = decisions(setup.prices, setup.plan)
        kept = at < ledger.last
        assert at[kept].tolist() == np.flatnonzero(ledger.ordered[: ledger.last]).tolist()
        assert (ledger.hedge[at[kept & on]] > 0).all() or setup.plan.size.min() <= 0 or np.isnan(setup.plan.size).any()
        if ledger.last == len(ledger.equity) - 1:
            assert entries == np.count_nonzero(ledger.action == 1)
