"""The test of superior predictive ability: arch's own answer, and planted cases."""

import numpy as np
import pytest
from arch.bootstrap import SPA, StationaryBootstrap

from engine.research.overfitting.superior import DRAWS, SEED, _means, _p_values, superior


def noise(seed, books=12, sessions=500):
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, 0.01, (sessions, books)) * rng.uniform(0.1, 3.0, books)


def test_the_p_values_are_those_of_arch_by_itself():
    apart = noise(1, 5, 300) + np.random.default_rng(2).normal(0.0, 0.001, 5)
    means = _means(apart, 5, 400, SEED)
    scaled = apart / np.sqrt(300 * means.var(axis=0))
    peer = SPA(np.zeros(300), -scaled, block_size=5, reps=400, nested=True, seed=SEED)
    peer.compute()
    whole = peer.pvalues.to_dict()
    peer.subset(np.arange(5) > 0)
    peer.compute()

    ours, without = _p_values(scaled.mean(axis=0), means / np.sqrt(300 * means.var(axis=0)), 300)

    assert ours == whole
    assert without == peer.pvalues.to_dict()


def test_means_of_resamples_are_those_of_whole_resamples():
    apart = noise(3, 4, 120)
    drawn = StationaryBootstrap(7, apart, seed=SEED).bootstrap(30)

    np.testing.assert_allclose(_means(apart, 7, 30, SEED), [next(drawn)[0][0].mean(axis=0) for _ in range(30)])


def test_one_true_edge_is_found_among_larger_ones_of_noise():
    apart = noise(4)
    apart[:, 0] = np.random.default_rng(5).normal(0.0004, 0.002, 500)  # small beside the others, and steady
    found = superior(apart)

    assert found.p_value < 0.02
    assert found.without_best > 0.1
    assert found.lower <= found.p_value <= found.upper
    assert found.best == pytest.approx(252 * apart[:, 0].mean())
    assert (found.representatives, found.draws) == (11, DRAWS)


def test_noise_is_called_noise_as_often_as_it_says():
    """Of 60 markets of noise a tenth and few more have a p-value below a tenth."""
    p = np.array([superior(noise(seed, 6, 250), draws=200).p_value for seed in range(60)])

    assert (p < 0.1).mean() < 0.22
    assert 0.3 < p.mean() < 0.75


def test_a_book_that_is_the_benchmark_and_a_best_by_itself():
    apart = noise(6, 3)
    apart[:, 1] = np.where(np.arange(500) % 2, 1e-17, -1e-17)
    found, alone = superior(apart), superior(apart[:, :1])

    assert np.isfinite([found.p_value, found.without_best]).all()
    assert (alone.representatives, alone.without_best) == (0, None)
