"""Many books' sums against the attribution of each book by itself."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from swept import fills_in
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.attribution import SLEEVE, attribute
from engine.analytics.attribution_batch import daily_of, sleeve_scalars
from engine.analytics.carino import scalars
from engine.analytics.measure import HEDGE
from engine.kernel.attribution import attribute_books, empty_sleeves
from engine.kernel.loop import run_policy
from engine.kernel.sweep import units_of


def units_held(ledger, units):
    """Return the units of the hedge held after each session; what rounding makes of shares a unit is no fill."""
    held = ledger.shares[:, -1] / units.shares[:, -1]
    traded = np.where(ledger.traded[:, -1] != 0.0, np.arange(len(held)), 0)
    return held[np.maximum.accumulate(traded)]


@settings(max_examples=80, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_sums_are_those_of_each_book_by_itself(keys, seed):
    setups = [laid_out(keys | {"hedge.weight": weight}, source(seed)) for weight in (0.1, 0.3, 0.0)]
    ledgers = [run_policy(setup.prices, setup.terms, setup.plan) for setup in setups]
    assume(all(ledger.equity[ledger.last] > 0.0 for ledger in ledgers))
    units = units_of(setups[0].prices, setups[0].terms)
    alone = [attribute(setups[0], ledger, fee=0.02, spread=0.006) for ledger in ledgers]
    equity = np.stack([ledger.equity for ledger in ledgers])

    sums = empty_sleeves(3)
    held = np.stack([units_held(ledger, units) for ledger in ledgers])
    daily = daily_of(setups[0], units, 0.02, 0.006)
    attribute_books(daily, fills_in(held), equity, sums)
    found = sleeve_scalars(sums, daily, equity[:, 0], equity[:, -1], setups[0].market.sessions_a_year)
    assert list(found) == list(HEDGE)

    for c, one in enumerate(alone):
        told = scalars(one)
        large = max(abs(told[name]) for name in HEDGE)
        for name, values in found.items():
            assert values[c] == pytest.approx(told[name], rel=1e-9, abs=1e-12 * large + 1e-12), name


def test_rows_hold_what_metrics_json_holds():
    setup = laid_out({}, source(3))
    told = scalars(attribute(setup, run_policy(setup.prices, setup.terms, setup.plan)))

    assert set(HEDGE) <= set(told)
    assert {f"{name}_a_year" for name in (*SLEEVE, "decay", "sleeve")} <= set(HEDGE)
