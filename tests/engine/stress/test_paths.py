"""Paths: the model's own recursion, draws that hang on nothing else, and what instruments do along them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stressed import DATES, run_config, whole

from data.errors import DataError
from engine.stress.books import today_of
from engine.stress.paths import Garch, Paths, filtered, fitted, paths_of

ARGUMENTS = st.floats(0.01, 0.1), st.floats(0.0, 0.1), st.floats(0.5, 0.85)


@pytest.fixture(scope="module")
def today(tmp_path_factory):
    return today_of(run_config(tmp_path_factory.mktemp("run")), whole())


@pytest.fixture(scope="module")
def paths(today):
    return paths_of(today.past, today.reads, 60, 42)


@given(*ARGUMENTS, st.integers(0, 100))
def test_volatility_is_the_recursion_written_out(alpha, gamma, beta, seed):
    model, returns = Garch(0.001, 1e-6, alpha, gamma, beta), np.random.default_rng(seed).normal(0.0, 0.01, 30)
    sd = filtered(model, returns)
    for t in range(30):
        e = returns[t] - 0.001
        expected = 1e-6 + alpha * e**2 + (gamma * e**2 if e < 0.0 else 0.0) + beta * sd[t] ** 2
        assert sd[t + 1] ** 2 == pytest.approx(expected, rel=1e-9)


def test_the_fit_finds_the_model_that_made_the_returns():
    rng, true = np.random.default_rng(4), Garch(0.0005, 4e-6, 0.04, 0.08, 0.9)
    returns, variance = np.empty(8000), 2e-4
    for t in range(8000):
        e = np.sqrt(variance) * rng.normal()
        returns[t], variance = true.mean + e, float(true.following(variance, e))
    found = fitted(returns)
    assert found.alpha == pytest.approx(0.04, abs=0.02)
    assert found.gamma == pytest.approx(0.08, abs=0.03)
    assert found.beta == pytest.approx(0.9, abs=0.03)


def test_a_path_is_the_same_however_many_there_are(today, paths):
    fewer = paths_of(today.past, today.reads, 7, 42)
    np.testing.assert_array_equal(fewer.returns, paths.returns[:7])
    np.testing.assert_array_equal(fewer.rows, paths.rows[:7])


def test_residuals_are_drawn_in_blocks_and_scaled_by_the_volatility_that_follows(paths):
    """Each shock is the drawn day's, over that day's volatility, times the path's, which begins with today's."""
    past = paths.past
    z = (np.log(past.days.course.close) - paths.model.mean) / paths.sd[:-1]
    np.testing.assert_allclose((paths.returns - paths.model.mean) / paths.sds[:, :-1], z[paths.rows], rtol=1e-9)
    assert (paths.sds[:, 0] == paths.sd[-1]).all()
    assert paths.sds.max() <= paths.sd.max()
    place = np.searchsorted(paths.pool, paths.rows)
    followed = (np.diff(place, axis=1) % len(paths.pool) == 1).mean()
    assert 0.85 < followed < 0.95  # blocks of ten on average


def test_bent_paths_are_at_one_return_and_keep_their_shocks(paths):
    bent = paths.bent(-0.3, 20)
    np.testing.assert_allclose(bent.level[:, 20], 0.7, rtol=1e-12)
    drift = bent.returns - paths.returns
    np.testing.assert_allclose(drift[:, :20], np.repeat(drift[:, :1], 20, axis=1), rtol=1e-9, atol=1e-15)
    assert (drift[:, 20:] == 0.0).all()
    together = Paths.joined([paths.take(3), bent.take(2)])
    np.testing.assert_array_equal(together.returns, np.concatenate((paths.returns[:3], bent.returns[:2])))


def test_instruments_and_series_go_along_with_the_day_that_is_drawn(paths):
    """OTHER by its beta and what its return left on that day, VIX at its ratio to volatility, the rate by steps."""
    past, course, rows = paths.past, paths.continuation(5), paths.rows[5]
    core, other = (course(f"bars/{name}", whole().held_bars[name]) for name in ("CORE", "OTHER"))
    x, y = (bars.close[900:] / bars.close[899:-1] - 1.0 for bars in (core, other))
    np.testing.assert_allclose(x, np.exp(paths.returns[5]) - 1.0, rtol=1e-9)
    level = {name: whole().held_bars[name].total_return() for name in ("CORE", "OTHER")}
    real = {name: (grown[1:] / grown[:-1] - 1.0)[rows] for name, grown in level.items()}
    beta, mean = past.named("OTHER").beta
    scale = paths.sds[5, :-1] / paths.sd[rows]
    np.testing.assert_allclose(y, beta * x + scale * (real["OTHER"] - beta * real["CORE"] - mean), rtol=1e-9)
    vix, values = course("series/VIX", whole().held_series["VIX"]), whole().held_series["VIX"].values
    np.testing.assert_allclose(vix.values[-42:], values[rows + 1] / paths.sd[rows + 1] * paths.sds[5, 1:], rtol=1e-9)
    rate, known = course("series/RATE", whole().held_series["RATE"]), whole().held_series["RATE"].values
    np.testing.assert_allclose(
        rate.values[-42:], np.maximum(known[898] + np.cumsum(known[rows] - known[rows - 1]), 0.0), rtol=1e-9
    )
    assert (course("events/meetings", whole().held_events["meetings"]).dates > DATES[-1]).sum() in (1, 2)


def test_days_on_which_something_is_not_known_are_not_drawn(tmp_path):
    full = whole()
    gone = full.held_series["VIX"]
    late = {**full.held_series, "VIX": type(gone)("VIX", gone.dates[300:], gone.values[300:])}
    young = type(full)(full.held_bars, late, full.held_events)
    today = today_of(run_config(tmp_path, "Reads", f"start={DATES[500]}"), young)
    paths = paths_of(today.past, today.reads, 20, 30)
    assert paths.past.days.dates[paths.pool].min() > DATES[300]
    short = {**full.held_series, "VIX": type(gone)("VIX", gone.dates[600:], gone.values[600:])}
    today = today_of(
        run_config(tmp_path, "Reads", f"start={DATES[620]}"), type(full)(full.held_bars, short, full.held_events)
    )
    with pytest.raises(
        DataError, match=r"^299 days have a value of all that is read, paths take 504: series/VIX has 299"
    ):
        paths_of(today.past, today.reads, 20, 30)
