"""The sleeve's sums: compiled as plain, in quiet sessions and in violent ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from swept import fills_in
from worlds import laid_out, source

from engine.analytics.attribution_batch import daily_of
from engine.kernel import attribution
from engine.kernel.compiled import compiled
from engine.kernel.sweep import units_of

SETUP = laid_out({}, source(2))
DAILY = daily_of(SETUP, units_of(SETUP.prices, SETUP.terms))


def books(seed, sd):
    """Units held for a few sessions at a time, and equity of any path."""
    rng = np.random.default_rng(seed)
    sessions = len(DAILY.fund)
    spells = np.where(rng.random((sessions, 5)) < 0.5, rng.uniform(0.0, 10.0, (sessions, 5)), 0.0)
    held = np.repeat(spells, 3, axis=0)[:sessions]
    held[0], held[:, 4] = 0.0, 0.0
    equity = 1e5 * np.exp(np.cumsum(rng.normal(0.0, sd, held.shape), axis=0))
    return held.T.copy(), equity.T.copy()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), sd=st.sampled_from([0.0, 1e-9, 0.02, 0.4]))
def test_the_compiled_sums_are_the_plain_ones(seed, sd):
    held, equity = books(seed, sd)
    plain, twin = attribution.empty_sleeves(5), attribution.empty_sleeves(5)

    attribution.attribute_books(DAILY, fills_in(held), equity, plain)
    compiled().attribute_books(DAILY, fills_in(held), equity, twin)

    for ours, theirs in zip(plain, twin, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-15)
        assert ours[4] == 0.0


@pytest.mark.parametrize("change", [-0.9, -0.2000001, -0.2, -0.03, -1e-9, 0.0, 1e-12, 0.01, 0.2, 0.21, 3.0])
def test_a_dollar_is_linked_by_carino_s_factor(change):
    after = 200.0 * (1.0 + change)
    change = after / 200.0 - 1.0

    exact = math.log1p(change) / change if change else 1.0
    assert attribution.link(200.0, after) * 200.0 == pytest.approx(exact, rel=1e-14 if abs(change) > 1e-8 else 1e-6)
