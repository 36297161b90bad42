"""Statistics that a few wrong rows don't sway."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.audit.robust import fit, grown, local_scale, stretches


def test_a_scale_is_the_standard_deviation_and_a_few_outliers_leave_it():
    values = np.random.default_rng(1).normal(0.0, 0.03, 2000)
    clean = local_scale(values)
    assert clean.mean() == pytest.approx(0.03, rel=0.05)
    values[::200] = 5.0
    assert local_scale(values).mean() == pytest.approx(0.03, rel=0.08)


def test_a_scale_follows_the_times():
    values = np.concatenate([np.tile([0.01, -0.01], 500), np.tile([0.1, -0.1], 500)])
    scale = local_scale(values)
    assert scale[100] == pytest.approx(0.01 / 1.645)
    assert scale[1900] == pytest.approx(0.1 / 1.645)


def test_a_scale_of_nothing_is_nan():
    assert np.isnan(local_scale(np.full(10, np.nan))).all()


@given(st.integers(0, 10_000), st.sampled_from([-3.0, -1.0, 2.0, 3.0]))
def test_a_slope_survives_a_split_that_isn_t_recorded(seed, slope):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.015, 120)
    y = slope * x + rng.normal(0.0, 0.002, 120)
    clean = fit(x, y)
    y[60] = 14.0
    line = fit(x, y)
    assert line.slope == pytest.approx(clean.slope, rel=0.02)
    assert line.r2 == pytest.approx(clean.r2, abs=0.01)


def test_a_fit_agrees_with_least_squares_where_nothing_is_clipped():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, 300)
    y = 2.0 * x + rng.uniform(-0.1, 0.1, 300)
    line = fit(x, y)
    assert line.slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert line.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


def test_a_fit_of_too_few_or_of_nothing_that_moves_is_nan():
    assert np.isnan(fit(np.arange(19.0), np.arange(19.0)).slope)
    assert np.isnan(fit(np.zeros(50), np.arange(50.0)).slope)


@given(st.lists(st.booleans(), max_size=30))
def test_stretches_are_the_runs_of_true(flags):
    array = np.array(flags, dtype=bool)
    rebuilt = np.zeros(len(flags), dtype=bool)
    for start, stop in stretches(array):
        assert start < stop
        assert start == 0 or not array[start - 1]
        rebuilt[start:stop] = True
    assert (rebuilt == array).all()
    assert (grown(array, 0) == array).all()


def test_runs_grow_at_both_ends():
    assert grown(np.array([0, 0, 0, 1, 0, 0, 0], dtype=bool), 2).tolist() == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
    ]
