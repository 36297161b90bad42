"""The bridge: its sums on every session, two sessions by hand, and books that need none."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.attribution import COLUMNS, SPANS, Attribution, attribute, bridge
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import sold_at_entry
from engine.kernel.loop import run_policy
from engine.setup import run_beta


def both(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    derisked = sold_at_entry(setup, hedged, run_beta(configured(keys), setup.market))
    return [attribute(setup, one) for one in (hedged, run_unhedged(setup), derisked)]


def book(equity, **columns):
    equity = np.array(equity)
    dollars = {name: np.array(columns.get(name, np.zeros(len(equity)))) for name in COLUMNS}
    return Attribution(dollars, equity, np.zeros(len(equity)), np.zeros(len(equity)), len(equity) - 1)


def test_two_sessions_by_hand():
    """Half the core sold for a fund that loses 20; then, out of it, both books' cores gain 10 %."""
    hedged = book(
        [100.0, 85.0, 93.5], core=[0.0, 5.0, 8.5], compounding=[0.0, -18.0, 0.0], hedge_costs=[0.0, -2.0, 0.0]
    )
    unhedged = book([100.0, 110.0, 121.0], core=[0.0, 10.0, 11.0])

    found = bridge(hedged, unhedged)

    assert found.daily["core"] == pytest.approx([0.0, -5.0, -2.5])  # the last is 10 % of the 25 that were lost
    assert found.daily["compounding"] == pytest.approx([0.0, -18.0, 0.0])
    assert found.daily["costs"] == pytest.approx([0.0, -2.0, 0.0])
    assert found.carried["core"] == pytest.approx([0.0, -5.0, -5.5])
    assert found.carried["compounding"] == pytest.approx([0.0, -18.0, -19.8])
    assert found.carried["costs"] == pytest.approx([0.0, -2.0, -2.2])


@settings(max_examples=80, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_both_readings_sum_to_the_difference_of_equity_on_every_session(keys, seed):
    hedged, unhedged, derisked = both(keys, seed)

    for one, other in ((hedged, unhedged), (hedged, derisked)):
        found = bridge(one, other)
        difference = one.equity - other.equity
        assert tuple(found.daily) == tuple(found.carried) == tuple(SPANS)
        tolerance = 1e-9 * np.maximum(np.abs(one.equity), np.abs(other.equity))
        assert (np.abs(np.cumsum(sum(found.daily.values())) - difference) <= tolerance).all()
        assert (np.abs(sum(found.carried.values()) - difference) <= tolerance).all()


@settings(max_examples=20, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_carried_is_each_sessions_doing_grown_with_the_unhedged_book(keys, seed):
    """By the explicit sum, for one column of each kind."""
    hedged, unhedged, _ = both(keys, seed)
    found, last = bridge(hedged, unhedged).carried, len(hedged.equity) - 1

    def grown(name):
        flows = []
        for t in range(1, last + 1):
            unhedged_dollars = unhedged.dollars[name][t] * hedged.equity[t - 1] / unhedged.equity[t - 1]
            flows.append((hedged.dollars[name][t] - unhedged_dollars) * unhedged.equity[last] / unhedged.equity[t])
        return math.fsum(flows)

    for name in ("core", "interest", "compounding"):
        assert found[name][last] == pytest.approx(grown(name), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("funding", ["sell_core", "cash_buffer", "margin"])
def test_there_is_no_bridge_between_a_book_and_itself(funding):
    hedged, unhedged, _ = both({"hedge.funding": funding, "hedge.weight": 0.0, "execution.cash_rate": 0.05}, 3)
    found = bridge(hedged, unhedged)

    for reading in (found.daily, found.carried):
        assert all(np.abs(column).max() < 1e-9 for column in reading.values())


def test_only_the_interest_lacks_to_a_buffer_that_bought_the_fund():
    """Out of a buffer no core is sold: before the first core trade its step is nothing but the drift of the books."""
    hedged, unhedged, _ = both({"hedge.funding": "cash_buffer", "execution.cash_rate": 0.05}, 3)
    found = bridge(hedged, unhedged)
    entered = int(np.flatnonzero(hedged.weight)[0])

    assert found.daily["interest"][entered + 1] < 0.0
    assert np.abs(found.daily["core"][:entered]).max() < 1e-9


def test_against_a_book_that_was_ruined_the_difference_is_to_what_it_ended_with():
    for left in (0.0, -5.0):
        ruined = book([100.0, left, left], core=[0.0, left - 100.0, 0.0])
        kept = book([100.0, 90.0, 95.0], core=[0.0, -10.0, 5.0])
        found = bridge(kept, ruined)

        assert np.cumsum(found.daily["core"]) == pytest.approx(kept.equity - ruined.equity)
        assert found.carried["core"] == pytest.approx(kept.equity - ruined.equity)
