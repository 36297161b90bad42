"""The de-risk of the same beta: whose core it sells, and how much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import CORES, configured, laid_out, market, source
from worlds import settings as drawn_settings

from engine.controls import run_derisk_entry
from engine.kernel.loop import run_policy
from engine.setup import prepare, run_beta

FREE = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.cash_rate": 0.0}


def both(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    derisk, floored = run_derisk_entry(setup, hedged, run_beta(configured(keys), setup.market))
    return setup, hedged, derisk, floored


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_derisk_holds_no_hedge_and_orders_when_the_hedged_run_does(keys, seed):
    _, hedged, derisk, _ = both(keys, seed)
    last = min(hedged.last, derisk.last)

    assert not derisk.shares[:, -1].any()
    assert np.array_equal(derisk.ordered[:last], hedged.ordered[:last])


@pytest.mark.parametrize(
    ("funding", "weight", "core"),
    [
        ("sell_core", 0.15, 0.85 - 0.45),
        ("cash_buffer", 0.15, 0.8 - 0.45),
        ("margin", 0.15, 1 - 0.45),
        ("margin", 0.4, 0.0),
    ],
)
def test_the_core_is_sold_down_to_the_beta_of_the_hedged_book(funding, weight, core):
    setup, hedged, derisk, floored = both({**FREE, "hedge.funding": funding, "hedge.weight": weight}, 5)
    entries = np.flatnonzero(hedged.action == 1) + 1  # the session in which an entry fills
    worth = (
        derisk.shares[:, 0] * setup.prices.fill[:, 0] / (derisk.cash + derisk.shares[:, 0] * setup.prices.fill[:, 0])
    )

    assert len(entries) >= 2
    assert worth[entries] == pytest.approx(core, abs=1e-12)
    assert floored == (np.count_nonzero(hedged.ordered & (hedged.hedge > 0)) if core == 0.0 else 0)


def test_a_core_of_another_beta_is_sold_by_that_beta():
    """Core BBB + CCC: the measured beta, from a regression by numpy over the last returns, sets the core's weight."""
    keys = {**FREE, "portfolio.core": CORES["three"], "hedge.weight": 0.05}
    fed = source(11, events=False, missing=False)
    config = configured(keys)
    seen = market(config, fed)
    setup = prepare(config, seen, np.nan_to_num(seen.series("SIGNAL")))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    derisk, _ = run_derisk_entry(setup, hedged, run_beta(config, seen))
    t = int(np.flatnonzero(hedged.action == 1)[-1])

    row = seen.first + t
    close = {name: bars.close[row - config.hedge.lookback : row + 1] for name, bars in fed.bars_by_name.items()}
    simple = {name: path[1:] / path[:-1] - 1 for name, path in close.items()}
    core = sum(weight * simple[name] for name, weight in CORES["three"].items())
    beta = np.polyfit(simple["AAA"], core, 1)[0]

    assert derisk.core[t] == pytest.approx(max(0.0, 0.95 * beta - 3 * 0.05) / beta)
