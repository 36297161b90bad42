"""The fund's part: clusters by hand, the interval by numpy, the labels."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import laid_out, source

from engine.analytics.answer import fund_part as part
from engine.analytics.answer.fund_part import AS_MODELLED, BETTER, CANT_TELL, WORSE, fund_part
from engine.analytics.episodes import Episode
from engine.kernel.loop import empty_ledger


def episode(entered, exited):
    left = None if exited is None else exited - 1
    return Episode(entered - 1, entered, left, exited, "signal", 0.15, 0.0, 0.0, 0.0)


def told(jumps, episodes, weight=0.0, years=0.2, synthetic=None):
    """Compare a book with one that stands still: it jumps in these sessions, by these logs."""
    setup = laid_out({}, source(3, sessions=300, missing=False))
    setup = replace(setup, market=replace(setup.market, synthetic=synthetic or {}))
    logs = np.zeros(len(setup.prices.close))
    for t, jump in jumps.items():
        logs[t] = jump
    hedged, daily = empty_ledger(*setup.prices.close.shape), empty_ledger(*setup.prices.close.shape)
    daily.equity[:] = 100.0
    hedged.equity[:] = 100.0 * np.exp(np.cumsum(logs))
    hedged.shares[:, -1] = weight * hedged.equity / setup.prices.close[:, -1]
    return fund_part(setup, hedged, daily, episodes, years)


def interval_of(sums, outside, years):
    """Ten thousand draws of n out of all and one more copy of the worst and the best: by another way of counting."""
    pool = [*sums, min(sums), max(sums)]
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(sums) + 2, size=(10_000, len(sums)))
    values = sorted((sum(pool[i] for i in row) + outside) / years for row in drawn)
    return [float(np.percentile(values, q)) for q in (2.5, 97.5)]


def test_episodes_with_fewer_than_21_sessions_between_them_are_one_cluster():
    """From fill to fill, both sessions in it: 20 sessions between are one, 21 are two."""
    jumps = {9: 0.001, 10: 0.01, 15: 0.02, 16: 0.0005, 36: -0.04, 40: 0.003, 62: 0.005, 70: 0.002}
    found = told(jumps, [episode(10, 15), episode(36, 40), episode(62, None)])

    assert [(one.first, one.last, one.episodes) for one in found.clusters] == [(10, 40, 2), (62, 221, 1)]
    assert [one.difference for one in found.clusters] == pytest.approx([0.01 + 0.02 + 0.0005 - 0.04 + 0.003, 0.007])
    assert [one.share for one in found.clusters] == pytest.approx([0.0065 / 0.0135, 0.007 / 0.0135])
    assert found.n_effective == pytest.approx(0.0135**2 / (0.0065**2 + 0.007**2))
    assert found.estimate == pytest.approx(sum(jumps.values()) / 0.2)
    assert found.rests_on == (0, 1)
    assert found.label == CANT_TELL
    assert found.interval == pytest.approx(interval_of([-0.0065, 0.007], 0.001, 0.2))


@pytest.mark.parametrize(("sign", "label"), [(1.0, BETTER), (-1.0, WORSE)])
def test_a_difference_of_many_clusters_alike_gets_a_label(sign, label):
    starts = range(5, 205, 23)
    sums = [sign * (0.01 + 0.003 * float(np.sqrt(k))) for k in range(9)]
    found = told(dict(zip(starts, sums, strict=True)), [episode(t, t + 1) for t in starts])

    assert found.label == label
    assert found.rests_on == ()
    assert found.interval == pytest.approx(interval_of(sums, 0.0, 0.2))


def test_one_cluster_of_more_than_a_quarter_takes_the_label():
    starts = range(5, 205, 23)
    for last, label in ((0.0266, BETTER), (0.0267, CANT_TELL)):  # beside eight times a hundredth
        jumps = dict.fromkeys(starts, 0.01) | {5 + 8 * 23: last}
        assert told(jumps, [episode(t, t + 1) for t in starts]).label == label


@pytest.mark.parametrize("last", [0.01, 0.3])
def test_what_a_fund_did_of_which_no_bar_is_real_is_as_modelled(last):
    """Whatever else the label would be; one real session is enough for that."""
    days = laid_out({}, source(3, sessions=300, missing=False)).market.run_sessions
    starts = range(5, 205, 23)
    jumps, episodes = dict.fromkeys(starts, 0.01) | {5 + 8 * 23: last}, [episode(t, t + 1) for t in starts]
    real = told(jumps, episodes)
    made = told(jumps, episodes, synthetic={"HHH": days[-1] + 1})

    assert made == replace(real, label=AS_MODELLED)
    assert told(jumps, episodes, synthetic={"HHH": days[-1]}) == real
    assert told(jumps, episodes, synthetic={"AAA": days[-1] + 1}) == real  # that is the core
    assert told({20: 0.0}, [episode(10, 30)], synthetic={"HHH": days[-1] + 1}).label is None


def test_no_sign_is_no_label():
    starts = range(5, 205, 23)
    jumps = {t: 0.01 * (-1) ** k for k, t in enumerate(starts)}

    assert told(jumps, [episode(t, t + 1) for t in starts]).label == CANT_TELL


def test_the_same_book_has_no_label_though_rounding_tells_them_apart():
    found = told({20: 1e-15, 21: -1e-15}, [episode(10, 30)])

    assert (found.label, found.interval, found.clusters) == (None, None, ())
    assert found.estimate == pytest.approx(0.0, abs=1e-12)


def test_what_was_known_in_advance_is_fee_and_spread_on_the_mean_weight():
    found = told({10: 0.01}, [episode(10, 30)], weight=0.2)

    assert found.expected == pytest.approx(-0.2 * (0.0101 + 3 * 0.010))


def test_a_cluster_is_told_from_the_one_before_it_and_ends_with_its_last_fill():
    jumps = {9: 0.5, 10: 0.01, 15: 0.02, 16: 0.5, 60: 0.03, 75: -0.07, 76: 0.5}
    found = told(jumps, [episode(10, 12), episode(14, 15), episode(60, 62), episode(70, 75)])

    assert [(one.first, one.last, one.episodes) for one in found.clusters] == [(10, 15, 2), (60, 75, 2)]
    assert [one.difference for one in found.clusters] == pytest.approx([0.03, -0.04])
    assert found.estimate == pytest.approx((1.5 - 0.01) / 0.2)


@pytest.mark.parametrize("interval", [(0.0, 1.0), (-1.0, 0.0), (-1.0, 1.0)])
def test_an_interval_that_reaches_nothing_is_no_label(monkeypatch, interval):
    monkeypatch.setattr(part, "_interval", lambda *_all: interval)
    starts = range(5, 205, 23)

    assert told(dict.fromkeys(starts, 0.01), [episode(t, t + 1) for t in starts]).label == CANT_TELL


@pytest.mark.parametrize("end", [0.5, 0.0, -0.5])
def test_against_a_book_that_was_ruined_nothing_is_told_but_what_was_known(end):
    setup = laid_out({"portfolio.core": {"AAA": 0.6, "BBB": 0.4}}, source(3, sessions=300, missing=False))
    hedged, daily = empty_ledger(*setup.prices.close.shape), empty_ledger(*setup.prices.close.shape)
    hedged.equity[:] = daily.equity[:] = 100.0
    hedged.shares[:, -1] = 0.2 * hedged.equity / setup.prices.close[:, -1]
    daily.equity[-1] = end
    found = part.fund_part(setup, hedged, daily, [episode(10, None)], 0.2)

    assert found.expected == pytest.approx(-0.2 * (0.0101 + 3 * 0.010))
    assert (found.label is None, found.estimate is None) == (end <= 0.0, end <= 0.0)
    if end > 0.0:
        assert found.clusters[0].share == 1.0
        assert found.rests_on == (0,)


def test_a_cluster_of_exactly_the_largest_share_is_allowed(monkeypatch):
    jumps, episodes = {10: 0.01, 60: 0.02, 110: 0.03}, [episode(t, t + 1) for t in (10, 60, 110)]
    monkeypatch.setattr(part, "LARGEST", told(jumps, episodes).clusters[1].share)

    assert told(jumps, episodes).rests_on == (2,)
