"""CSCV: by brute force, by ffn and purgedcv, on planted cases, and what must not change it."""

import itertools
import math

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import probability_of_backtest_overfitting

from engine.research.overfitting.splits import block_starts, block_sums, choose, splits_of, sums_of


def held(returns, blocks, cash=0.0):
    return sums_of(block_sums(returns, cash, blocks), returns.shape[1])


def split(returns, blocks=16, cash=0.0):
    return splits_of(held(returns, blocks, cash), block_sums(returns[0], cash, blocks))


def by_force(returns, blocks):
    """The chosen, its rank and its Sharpe ratios in every split, from the returns themselves."""
    parts = np.array_split(np.arange(returns.shape[1]), blocks)
    told = {}
    for inside in itertools.combinations(range(blocks), blocks // 2):
        days = np.concatenate([parts[k] for k in inside])
        others = np.concatenate([parts[k] for k in range(blocks) if k not in inside])
        here, there = (returns[:, at].mean(axis=1) / returns[:, at].std(axis=1, ddof=1) for at in (days, others))
        best = int(np.argmax(here))
        told[sum(1 << k for k in inside)] = best, 1 + int((there < there[best]).sum()), here[best], there[best]
    return told


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), rows=st.integers(2, 9), blocks=st.sampled_from([2, 4, 6, 8]), more=st.integers(0, 7)
)
def test_every_split_is_what_brute_force_says(seed, rows, blocks, more):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.001, 0.01, (rows, 5 * blocks + more))
    chosen, forced = choose(held(returns, blocks)), by_force(returns, blocks)

    assert sorted(chosen.samples.tolist()) == sorted(forced)
    for sample, row, rank, inside, outside in zip(*chosen, strict=True):
        best, place, here, there = forced[int(sample)]
        assert (row, rank) == (best, place)
        assert [inside, outside] == pytest.approx([here * math.sqrt(252), there * math.sqrt(252)], rel=1e-9, abs=1e-12)


def test_ffn_and_purgedcv_say_the_same():
    returns = np.random.default_rng(3).normal(0.0004, 0.01, (7, 163))
    ours = split(returns, 8)
    peer = probability_of_backtest_overfitting(returns, 8)

    assert (ours.splits, ours.pbo) == (peer.n_combos, pytest.approx(peer.pbo))
    assert ours.slope == pytest.approx(peer.slope, rel=1e-9)
    assert ours.loss == pytest.approx((peer.is_oos_performance[:, 1] < 0).mean())
    counts, _ = np.histogram(peer.logits, ours.logits["edges"])
    assert counts.tolist() == ours.logits["counts"]

    even = np.random.default_rng(4).normal(0.0004, 0.01, (8, 160))  # ffn drops sessions, and counts the median as below
    told = ffn.core.calc_prob_backtest_overfitting(pd.DataFrame(even.T), 8)
    assert split(even, 8).pbo == pytest.approx(told)


def test_pure_noise_is_chosen_in_vain():
    """Of 25 markets; halves share a history, so that one by itself spreads widely about one half."""
    rng = np.random.default_rng(5)
    found = [split(rng.normal(0.0, 0.01, (40, 400))) for _ in range(25)]

    assert found[0].splits == 12_870
    assert np.mean([one.pbo for one in found]) == pytest.approx(0.5, abs=0.08)
    assert np.mean([one.loss for one in found]) > 0.35


def test_one_true_edge_is_found():
    returns = np.random.default_rng(6).normal(0.0, 0.01, (40, 2_000))
    returns[17] += 0.0025
    found = split(returns)

    assert found.pbo < 0.01
    assert found.loss < 0.01
    assert found.below_unhedged < 0.01


def test_ties_share_their_rank_and_the_first_is_chosen():
    one = np.random.default_rng(7).normal(0.0, 0.01, (1, 160))
    chosen = choose(held(np.concatenate((one, one - 0.01, one, one - 0.02)), 4))

    assert set(chosen.rows.tolist()) == {0}
    assert set(chosen.ranks.tolist()) == {3.5}


def test_cash_is_taken_off_and_blocks_hold_every_session():
    returns = np.random.default_rng(8).normal(0.0, 0.01, (3, 101))
    sums = held(returns, 16, cash=0.0002)

    assert sums.sessions.tolist() == [7] * 5 + [6] * 11
    assert block_starts(101).tolist() == np.cumsum([0, *sums.sessions[:-1]]).tolist()
    np.testing.assert_allclose(sums.returns.sum(axis=1), (returns - 0.0002).sum(axis=1))
    np.testing.assert_allclose(sums.squares.sum(axis=1), ((returns - 0.0002) ** 2).sum(axis=1))
    np.testing.assert_array_equal(block_sums(returns[1], 0.0002), block_sums(returns, 0.0002)[1])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100))
def test_order_and_scale_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.001, 0.01, (8, 90))
    one, other = (
        split(returns, 6),
        splits_of(held(scale * returns[rng.permutation(8)], 6), block_sums(scale * returns[0], 0.0, 6)),
    )

    assert (other.pbo, other.loss, other.below_unhedged) == (one.pbo, one.loss, one.below_unhedged)
    assert [other.slope, other.intercept] == pytest.approx([one.slope, one.intercept], rel=1e-6, abs=1e-9)
    assert other.logits == one.logits
