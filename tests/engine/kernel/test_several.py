"""Several hedges at once: the plain loop and its compiled twin, and what must not change a book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.kernel import loop
from engine.kernel.compiled import compiled
from engine.kernel.loop import Plan, policies_of, rules_of
from engine.rules import Prices
from engine.setup import Setup, rebalancing_days

SEEDS = st.integers(0, 10_000)
EVERY = ("never", "daily", "weekly", "monthly")
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


def with_hedges(setup: Setup, columns: list[int], plan: Plan) -> Setup:
    """Return a setup whose hedges are copies of these columns."""
    core = len(setup.terms.core_weights)
    kept = [*range(core), *columns]
    first, spot = (each[:, kept] for each in setup.prices[:5]), (each[:, kept] for each in setup.prices[6:])
    prices = Prices(*first, _levels(setup, columns), *spot)
    costs = ("commission", "slippage", "commission_per_share", "slippage_per_share", "stock", "levy")
    terms = setup.terms._replace(**{name: getattr(setup.terms, name)[kept] for name in costs})
    return replace(setup, prices=prices, terms=terms, plan=plan)


def _levels(setup: Setup, columns: list[int]) -> np.ndarray:
    names = setup.legs.names
    levels = [setup.market.total_return(names[column])[setup.market.first :] for column in columns]
    return np.column_stack(levels)


def several(keys: dict, seed: int, hedges: int, *, banded: bool = True) -> Setup:
    """Return a setup of several hedges, each with its own instrument, signal, size, side and calendar."""
    rng = np.random.default_rng(seed)
    setup = laid_out({**keys, "hedge.sizing": "fixed", "hedge.weight": 0.1}, source(seed))
    plan, sessions = setup.plan, len(setup.prices.close)
    shape, rules = (sessions, hedges), rules_of(plan, 0)
    most = (1.0 - plan.unhedged_core or 0.8) / hedges  # what a cash buffer pays for
    dates = setup.market.run_sessions
    return with_hedges(
        setup,
        rng.integers(setup.prices.close.shape[1], size=hedges).tolist(),
        plan._replace(
            policies=policies_of([rules._replace(enter=float(rng.uniform(0.5, 0.9))) for _ in range(hedges)]),
            intensity=np.round(rng.random(shape), 1),
            size=np.where(rng.random(shape) < 0.05, np.nan, rng.uniform(0.0, most, shape)),
            sides=rng.choice([1.0, 1.0, -1.0], hedges),
            takes=np.where(rng.random(hedges) < 0.3, 0.5, 1.0) * np.ones(shape),
            a_core_share=rng.random(hedges) < 0.3,
            hedge_due=np.column_stack([rebalancing_days(dates, str(rng.choice(EVERY))) for _ in range(hedges)]),
            band=np.where(rng.random(hedges) < 0.3, 0.02, np.inf) if banded else np.full(hedges, np.inf),
        ),
    )


@settings(max_examples=60, **SLOW)
@given(keys=drawn_settings(), seed=SEEDS, hedges=st.integers(1, 4))
def test_the_compiled_run_is_the_plain_run(keys, seed, hedges):
    setup = several(keys, seed, hedges)

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)
    twins = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    again = compiled().replay(setup.prices, setup.terms, ours)

    for theirs in (twins, again):
        assert theirs.last == ours.last
        np.testing.assert_allclose(theirs.equity, ours.equity, rtol=1e-12)
        np.testing.assert_array_equal(np.sign(theirs.traded), np.sign(ours.traded))
        np.testing.assert_array_equal(theirs.hedges, ours.hedges)
    np.testing.assert_array_equal(twins.actions, ours.actions)


@settings(max_examples=40, **SLOW)
@given(keys=drawn_settings(), seed=SEEDS, parts=st.sampled_from([(0.5, 0.5), (0.25, 0.75), (0.2, 0.3, 0.5)]))
def test_parts_of_one_hedge_are_the_hedge(keys, seed, parts):
    free = {"execution.shares": "fractional", "hedge.rebalance": "weekly"}
    setup = laid_out(keys | free, source(seed))
    plan, hedges = setup.plan, len(parts)
    last = setup.prices.close.shape[1] - 1
    split = plan._replace(
        policies=policies_of([rules_of(plan, 0)] * hedges),
        intensity=np.repeat(plan.intensity, hedges, axis=1),
        size=plan.size * np.array(parts),
        sides=np.ones(hedges),
        takes=np.repeat(plan.takes, hedges, axis=1),
        a_core_share=np.repeat(plan.a_core_share, hedges),
        hedge_due=np.repeat(plan.hedge_due, hedges, axis=1),
        band=np.full(hedges, np.inf),
    )

    whole = loop.run_policy(setup.prices, setup.terms, plan)
    wider = with_hedges(setup, [last] * hedges, split)
    book = loop.run_policy(wider.prices, wider.terms, wider.plan)

    np.testing.assert_allclose(book.equity, whole.equity, rtol=1e-9)
    np.testing.assert_allclose(book.shares[:, last:].sum(axis=1), whole.shares[:, last], atol=1e-6)


@settings(max_examples=40, **SLOW)
@given(keys=drawn_settings(), seed=SEEDS)
def test_a_hedge_of_weight_0_changes_no_byte(keys, seed):
    setup = laid_out(keys, source(seed))
    plan, last = setup.plan, setup.prices.close.shape[1] - 1
    more = plan._replace(
        policies=policies_of([rules_of(plan, 0)] * 2),
        intensity=np.column_stack([plan.intensity, 1.0 - plan.intensity]),
        size=np.column_stack([plan.size, np.zeros(len(plan.size))]),
        sides=np.ones(2),
        takes=np.repeat(plan.takes, 2, axis=1),
        a_core_share=np.repeat(plan.a_core_share, 2),
        hedge_due=np.column_stack([plan.hedge_due, np.ones(len(plan.size), np.bool_)]),
        band=np.append(plan.band, 0.01),
    )
    wider = with_hedges(setup, [last, 0], more)

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)
    book = loop.run_policy(wider.prices, wider.terms, wider.plan)

    assert book.equity.tobytes() == ours.equity.tobytes()
    assert book.shares[:, : last + 1].tobytes() == ours.shares.tobytes()


def test_a_hedge_sold_short_gains_what_its_instrument_loses():
    """By hand: 20 % of the instrument sold short at the first fill, its loss the book's gain."""
    free = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "hedge.funding": "margin"}
    setup = laid_out(free | {"hedge.weight": 0.2}, source(3, events=False, missing=False))
    last = setup.prices.close.shape[1] - 1
    always = setup.plan._replace(intensity=np.ones_like(setup.plan.intensity), sides=-np.ones(1))
    terms = setup.terms._replace(borrow=np.zeros_like(setup.terms.borrow))

    book = loop.run_policy(setup.prices, terms, always)

    bought = setup.prices.fill[1]
    core = 100_000.0 / bought[0]
    short = -0.2 * 100_000.0 / bought[last]
    assert book.shares[1:, 0] == pytest.approx(core)
    assert book.shares[1:, last] == pytest.approx(short)
    worth = core * setup.prices.close[1:, 0] + short * (setup.prices.close[1:, last] - bought[last])
    assert book.equity[1:] == pytest.approx(worth)
