"""The deflated Sharpe ratio: the published example, ffn and purgedcv, and what an effective number has to be."""

import math
from statistics import NormalDist

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import deflated_sharpe_ratio_full, min_track_record_length

from engine.analytics.evidence import probabilistic_sharpe
from engine.research.overfitting.sharpe import (
    Deflated,
    effective_trials,
    expected_best,
    minimum_track_record,
    moments,
    sharpes,
)

YEARLY = math.sqrt(252)


def deflated(sharpe, spread, **told):
    """A series by its Sharpe ratio a session."""
    known = {"skew": 0.0, "kurtosis": 3.0, "sessions": 1250, "trials": 100, "measured_on": 100, "effective": 100.0}
    return Deflated(sharpe * YEARLY, spread=spread * YEARLY, **{**known, "growth": 0.0, **told})


def test_the_published_example():
    """Bailey and Lopez de Prado (2014): 2.5 a year of 250 days over five years, a variance of 1/2, 100 trials."""
    found = deflated(2.5 / math.sqrt(250), math.sqrt(0.5 / 250), skew=-3.0, kurtosis=10.0)

    assert found.luck(100) / YEARLY == pytest.approx(0.1132, abs=5e-5)
    assert found.deflated(100) == pytest.approx(0.9004, abs=5e-5)
    assert found.deflated(46) == pytest.approx(0.9505, abs=5e-5)


@pytest.mark.parametrize("trials", [2, 12, 500])
def test_ffn_and_purgedcv_say_the_same(trials):
    rng = np.random.default_rng(trials)
    returns, others = rng.standard_t(5, 700) * 0.01 + 0.0006, rng.normal(0.02, 0.03, trials)
    series = pd.Series(returns, pd.bdate_range("2015-01-01", periods=700))
    spread = float(others.std(ddof=1))

    peer = deflated_sharpe_ratio_full(returns, trials, spread**2)
    one = deflated(peer.observed_sr, spread, skew=peer.skew, kurtosis=peer.kurt, sessions=700)
    assert one.luck(trials) / YEARLY == pytest.approx(peer.sr_star, rel=1e-9)
    assert one.deflated(trials) == pytest.approx(peer.dsr, rel=1e-9)

    told = ffn.core.calc_deflated_sharpe_ratio(series, others, nperiods=252, annualized_trials=False)
    sharpe = float(sharpes(returns[np.newaxis])[0]) / YEARLY
    other = deflated(sharpe, spread, skew=series.skew(), kurtosis=series.kurt() + 3.0, sessions=700)
    assert other.deflated(trials) == pytest.approx(told, rel=1e-9)
    ours = deflated(sharpe, spread, skew=moments(returns)[0], kurtosis=moments(returns)[1], sessions=700)
    assert ours.deflated(trials) == pytest.approx(told, abs=2e-3)  # theirs are unbiased moments, ours plain ones


def test_one_trial_has_no_luck():
    found = deflated(0.05, 0.0, trials=1, measured_on=1, effective=1.0)

    assert expected_best(1) == found.luck(1) == 0.0
    assert found.deflated(1) == probabilistic_sharpe(0.05, 1250, 0.0, 3.0)


@pytest.mark.parametrize("trials", [10, 100, 1_000])
def test_the_best_of_so_many_numbers_is_about_that(trials):
    drawn = np.random.default_rng(trials).standard_normal((4_000, trials)).max(axis=1)

    assert expected_best(trials) == pytest.approx(drawn.mean(), rel=0.03)


@given(sharpe=st.floats(0.01, 0.3), above=st.floats(-0.1, 0.3), skew=st.floats(-2, 2), kurtosis=st.floats(6, 30))
def test_a_track_record_of_that_length_is_sure(sharpe, above, skew, kurtosis):
    length = minimum_track_record(sharpe, skew, kurtosis, above)
    if sharpe <= above:
        assert length is None
        return
    z = (sharpe - above) * math.sqrt(length - 1) / math.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)

    assert NormalDist().cdf(z) == pytest.approx(0.95)
    assert 0.0 <= min_track_record_length(sharpe, above, 0.05, skew, kurtosis) - length + 1e-9 * length <= 1.01


def test_what_does_not_vary_has_no_sharpe():
    flat = np.full((1, 50), 0.1 / 3)

    assert sharpes(np.concatenate((flat, 0 * flat))).tolist() == [0.0, 0.0]
    assert moments(flat[0]) == (0.0, 3.0)


def test_the_effective_number_is_that_of_groups_and_of_what_is_not_shared():
    rng = np.random.default_rng(1)
    alone, market = rng.standard_normal((60, 4_000)), rng.standard_normal(4_000)

    assert effective_trials(alone)[0] == pytest.approx(60, rel=0.03)
    assert effective_trials(0.3 * alone + market)[0] == pytest.approx(60, rel=0.03)  # a shared market moves all alike
    assert effective_trials(np.repeat(alone[:10], 30, axis=0))[0] == pytest.approx(10, rel=0.11)
    assert effective_trials(np.repeat(alone[:1], 30, axis=0)) == (1.0, 0.0)
    assert effective_trials(alone)[1] == pytest.approx(1.0, abs=0.05)
    assert effective_trials(np.repeat(alone[:10], 30, axis=0))[1] == pytest.approx(0.0, abs=0.05)


def test_twins_add_exactly_nothing():
    """Else what rounding leaves of 0, which differs by processor, is kept in overfitting.json."""
    groups = [np.random.default_rng(seed).normal(size=(5, 300)) for seed in range(12)]
    assert {effective_trials(np.repeat(one, 2, axis=0))[1] for one in groups} == {0.0}


PLACES = np.arange(216)
SIDES = np.column_stack(np.unravel_index(PLACES, (6, 6, 6)))
APART = np.abs(SIDES[:, np.newaxis] - SIDES).sum(axis=2)


@pytest.mark.parametrize(
    ("correlation", "low", "high"),
    [
        (np.eye(216), 0.97, 1.03),
        (np.full((216, 216), 0.9), 0.97, 1.03),
        (np.where(PLACES[:, np.newaxis] % 24 == PLACES % 24, 0.97, 0.0), 0.97, 1.12),
        (np.where(PLACES[:, np.newaxis] % 24 == PLACES % 24, 0.97, 0.8), 0.97, 1.12),
        (np.exp(-0.3 * APART), 0.9, 1.03),
        (0.8 + 0.2 * np.exp(-APART), 0.9, 1.03),
    ],
    ids=["independent", "one market", "groups", "groups of one market", "neighbours", "neighbours of one market"],
)
def test_luck_by_the_effective_number_is_what_luck_gives(correlation, low, high):
    """The highest of the trials above their mean, in units of their spread, over many histories without skill."""
    rng = np.random.default_rng(9)
    full = np.where(np.eye(216, dtype=bool), 1.0, correlation)
    values, vectors = np.linalg.eigh(full)
    histories = vectors * np.sqrt(np.maximum(values, 0.0)) @ rng.standard_normal((216, 4_000))
    spread = np.sqrt(histories.var(axis=0, ddof=1).mean())
    needed = (histories.max(axis=0) - histories.mean(axis=0)).mean() / spread

    assert low < expected_best(effective_trials(histories)[0]) / needed < high


def test_it_grows_beyond_what_was_measured_and_never_beyond_what_was_tried():
    found = deflated(0.05, 0.02, measured_on=2_000, effective=500.0, growth=0.5)

    assert found.effective_of(8_000) == pytest.approx(1_000.0)
    assert found.effective_of(100) == 100.0
    assert deflated(0.05, 0.02, measured_on=10, effective=10.0, growth=1.0).effective_of(1_000_000) == 1_000_000.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_order_and_scale_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((9, 80)) + rng.standard_normal(80)
    order = rng.permutation(9)

    np.testing.assert_allclose(sharpes(scale * returns)[order], sharpes(returns[order]), rtol=1e-9)
    assert effective_trials(scale * returns[order])[0] == pytest.approx(effective_trials(returns)[0], rel=1e-6)
    np.testing.assert_allclose(moments(scale * returns[0]), moments(returns[0]), rtol=1e-9)
