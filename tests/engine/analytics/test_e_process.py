"""The tests of a forward record: martingales by enumeration, the same by another route, and what they refuse."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import DataError
from engine.analytics.e_process import LARGEST, Scales, gap_bets, gap_process, timing_bets, timing_process

SCALES = Scales(core=0.02, hedge_mean=0.24, hedge_sd=0.29, gap=0.005, gap_largest=0.04)
RNG = np.random.default_rng(5)
CORE = 0.02 * RNG.standard_t(5, 300)
HEDGE = 0.6 * np.repeat(RNG.random(30) < 0.4, 10)
LESS = 0.006 * RNG.standard_t(5, 300)


def every_path(sessions, values, chances):
    """Return every path of a two-valued return, shape (sessions, paths), and the chance of each."""
    ups = np.array(list(itertools.product((0, 1), repeat=sessions))).T
    return np.array(values)[ups], np.array(chances)[ups].prod(axis=0)


def stopped(process, rule):
    """Return each path's value where a rule first holds, or at the end."""
    held = rule(process)
    at = np.where(held.any(axis=0), held.argmax(axis=0), len(process) - 1)
    return process[at, np.arange(process.shape[1])]


RULES = {
    "at the end": lambda e: np.zeros(e.shape, bool),
    "after 5": lambda e: np.arange(len(e))[:, np.newaxis] >= np.full(e.shape, 5),
    "once above 1": lambda e: e > 1.0,
    "once above 1.2": lambda e: e > 1.2,
    "once below 0.97": lambda e: e < 0.97,
    "once it has fallen": lambda e: np.diff(e, axis=0, prepend=np.inf) < 0.0,
}


@pytest.mark.parametrize(("values", "chances"), [((-0.02, 0.02), (0.5, 0.5)), ((-0.012, 0.036), (0.75, 0.25))])
@pytest.mark.parametrize("mean", [0.0, 0.00013, -0.0021])  # between the means that are tried, too
def test_whenever_one_stops_timing_has_made_nothing_of_one_mean(values, chances, mean):
    core, chance = every_path(12, values, chances)
    falling = np.vstack([np.zeros((1, core.shape[1])), core < 0.0])[:-1]  # a hedge that follows the past
    late = np.arange(12)[:, np.newaxis] % 5 < 2
    for hedge in (0.6 * falling, np.where(late, 0.6, 0.0) + 0.0 * falling):
        helped, hurt, cut = timing_bets(core + mean, hedge, SCALES)
        assert not cut.any()
        for side, rule in itertools.product((helped, hurt, (helped + hurt) / 2.0), RULES.values()):
            assert (stopped(side, rule) * chance).sum() <= 1.0 + 1e-12
    assert np.ptp(helped) > 0.2  # they do bet
    seen = timing_bets(core + mean, 0.6 * (core < 0.0), SCALES)[0]  # and would win, knowing the session's return
    assert (seen[-1] * chance).sum() > 1.1


@pytest.mark.parametrize("rule", RULES)
def test_whenever_one_stops_the_gap_has_made_nothing_of_a_mean_of_0(rule):
    lumpy, chance = every_path(12, (-0.004, 0.036), (0.9, 0.1))
    pays, pays_not, cut = gap_bets(lumpy, SCALES)

    assert not cut.any()
    for side in (pays, pays_not, (pays + pays_not) / 2.0):
        assert (stopped(side, RULES[rule]) * chance).sum() == pytest.approx(1.0, abs=1e-12)
    worse, better = gap_bets(lumpy - 0.001, SCALES)[0], gap_bets(lumpy + 0.001, SCALES)[1]
    for side in (worse, better):
        assert (stopped(side, RULES[rule]) * chance).sum() < 1.0
    assert np.ptp(pays) > 0.2


def by_hand(core, hedge, scales, means):
    """Return the lowest mixture over means, bet by bet in plain Python, and of each mean the true mixture."""
    variance, lowest = scales.core**2, []
    bets = [(ratio / math.sqrt(252), 0.0, 15 / 16 / 3) for ratio in (0.5, 1.0, 2.0)]
    bets += [(0.0, stake, 1 / 16 / 6) for stake in (-0.1, -0.05, -0.025, 0.025, 0.05, 0.1)]
    wealth = np.tile(np.array([part for _, _, part in bets])[:, np.newaxis], len(means))
    past, squares = [], 0.0
    for t in range(len(core)):
        past.append(hedge[t])
        less = (252 * scales.hedge_mean + sum(past)) / (252 + len(past)) - hedge[t]
        squares += less**2
        deviation = math.sqrt((252 * scales.hedge_sd**2 + squares) / (252 + len(past)))
        expected = max(math.sqrt(variance), scales.core / 4)
        move = max(-6.0, min(6.0, core[t] / expected))
        for row, (size, on_mean, _) in enumerate(bets):
            stake = max(-0.9 / 7, min(0.9 / 7, size * less / deviation)) + on_mean
            if min(past) < max(past):
                wealth[row] *= 1.0 + stake * (move - means * scales.core / expected)
        lowest.append(wealth.sum(axis=0).min())
        variance = 0.94 * variance + 0.06 * core[t] ** 2
    return np.array(lowest)


def test_timing_is_the_lowest_over_all_means_or_a_little_less():
    core = CORE - 0.01 * (HEDGE > 0.0)
    fine = by_hand(core, HEDGE, SCALES, np.linspace(-0.25, 0.25, 2001))
    found = timing_process(core, HEDGE, SCALES)

    assert (found.better <= fine * (1.0 + 1e-12)).all()
    assert (found.better >= 0.9 * fine).all()
    assert found.better[-1] > 20.0
    assert found.worse == pytest.approx(timing_process(core, 1.0 - HEDGE, replace(SCALES, hedge_mean=0.76)).better)


def test_the_gap_is_the_mean_of_three_bets_each_way():
    pays, largest, squares = [], SCALES.gap_largest, 0.0
    wealth = np.ones(3)
    for t, moved in enumerate(LESS):
        deviation = math.sqrt((252 * SCALES.gap**2 + squares) / (252 + t))
        stakes = [min(ratio / math.sqrt(252) / deviation, 0.45 / largest) for ratio in (0.5, 1.0, 2.0)]
        wealth *= [1.0 + stake * max(moved, -2.0 * largest) for stake in stakes]
        pays.append(wealth.mean())
        largest, squares = max(largest, abs(moved)), squares + moved**2
    found = gap_process(LESS, np.zeros(300), SCALES)

    assert found.better == pytest.approx(pays, rel=1e-12)
    assert found.worse == pytest.approx(gap_process(np.zeros(300), LESS, SCALES).better, rel=1e-12)
    assert found.e == pytest.approx((found.better + found.worse) / 2.0)


def test_what_wins_is_never_cut_off_and_what_loses_is():
    lump = np.array([0.0, 1.0, 0.0])
    found = gap_process(lump, np.zeros(3), SCALES)

    assert found.better[1] > 5.0  # a session a dozen times as large as twice the largest
    assert 0.0 < found.worse[1] < 1.0
    assert found.cut == 1
    assert gap_process(np.append(lump, -1.5), np.zeros(4), SCALES).cut == 1  # it has been as large before


def test_the_label_is_that_of_the_first_alarm():
    helped = timing_process(CORE - 0.02 * (HEDGE > 0.0), HEDGE, SCALES)
    hurt = timing_process(CORE + 0.02 * (HEDGE > 0.0), HEDGE, SCALES)
    pays = gap_process(LESS + 0.003, np.zeros(300), SCALES)
    turned = np.concatenate((LESS - 0.003, np.full(300, 0.01)))
    pays_not = gap_process(turned, np.zeros(600), SCALES)

    assert [each.label for each in (helped, hurt, pays, pays_not)] == ["helped", "hurt", "pays", "does not pay"]
    assert pays_not.better[-1] > pays_not.worse[-1]
    for each in (helped, hurt, pays, pays_not):
        assert each.e[each.alarm] >= 20.0 > each.e[: each.alarm].max()
        assert each.p[each.alarm] <= 0.05 < each.p[each.alarm - 1]
        assert each.p * each.largest == pytest.approx(1.0)
        assert (np.diff(each.largest) >= 0.0).all()
    null = timing_process(CORE, HEDGE, SCALES)
    assert (null.label, null.alarm, null.why) == ("no sign", None, "")
    assert gap_process(LESS - LESS.mean(), np.zeros(300), SCALES).label == "can't tell"


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(-2.0, 2.0))
def test_units_change_nothing_and_later_sessions_change_nothing_before_them(count, core_unit, unit, moved):
    core, hedge, less = CORE[:count], HEDGE[:count], LESS[:count]
    timing, gap = timing_process(CORE, HEDGE, SCALES), gap_process(LESS, 0.5 * LESS, SCALES)
    for whole, part in (
        (timing, timing_process(core, hedge, SCALES)),
        (gap, gap_process(less, 0.5 * less, SCALES)),
    ):
        for name in ("e", "better", "worse", "largest", "p"):
            assert getattr(part, name).tolist() == getattr(whole, name)[:count].tolist()
    scaled = Scales(
        SCALES.core * core_unit, SCALES.hedge_mean * unit + moved, SCALES.hedge_sd * unit, unit * 0.005, unit * 0.04
    )

    again = timing_process(core * core_unit, hedge * unit + moved, scaled)
    assert again.e == pytest.approx(timing.e[:count], rel=1e-6)
    assert gap_process(less * unit, 0.5 * less * unit, scaled).e == pytest.approx(gap.e[:count], rel=1e-9)


def test_many_records_at_once_are_each_the_same_as_alone():
    cores, hedges = CORE.reshape(100, 3), HEDGE.reshape(100, 3)
    together, gaps = timing_bets(cores, hedges, SCALES), gap_bets(cores, SCALES)
    for k in range(3):
        alone, gap = timing_process(cores[:, k], hedges[:, k], SCALES), gap_process(cores[:, k], 0 * CORE[:100], SCALES)
        assert (together[0][:, k].tolist(), together[1][:, k].tolist()) == (alone.better.tolist(), alone.worse.tolist())
        assert (gaps[0][:, k].tolist(), gaps[1][:, k].tolist()) == (gap.better.tolist(), gap.worse.tolist())


@pytest.mark.parametrize("weight", [0.0, 0.6])
@pytest.mark.parametrize("sessions", [1, 200])
def test_a_hedge_that_never_changes_has_no_timing(weight, sessions):
    for scales in (SCALES, replace(SCALES, hedge_mean=weight, hedge_sd=0.0)):
        found = timing_process(CORE[:sessions], np.full(sessions, weight), scales)

        assert (found.e == 1.0).all()
        assert (found.p == 1.0).all()
        assert (found.label, found.alarm) == ("no sign", None)
        assert found.why == "the hedge stood at one weight all the time, so that there is no timing to test"


def test_before_the_first_session_there_is_nothing():
    nothing = np.empty(0)
    for found in (timing_process(nothing, nothing, SCALES), gap_process(nothing, nothing, SCALES)):
        assert len(found.e) == len(found.p) == found.cut == 0
        assert found.alarm is None
        assert found.why == "there is no session yet"
    assert gap_process(LESS[:1], CORE[:1], SCALES).why == ""


def test_books_that_never_differed_in_the_backtest_have_no_gap_to_test():
    found = gap_process(CORE, LESS, replace(SCALES, gap=0.0, gap_largest=0.0))

    assert (found.e == 1.0).all()
    assert found.why.startswith("in the backtest the two books never differed")
    assert timing_process(CORE, HEDGE, replace(SCALES, gap=0.0, gap_largest=0.0)).why == ""


def test_a_record_without_end_neither_overflows_nor_forgets():
    won = gap_process(np.full(9000, 0.04), np.zeros(9000), SCALES)

    assert 0.1 * LARGEST < won.e[-1] <= LARGEST  # not infinite
    assert won.worse[-1] == pytest.approx(0.0, abs=1e-100)


def test_broken_records_are_refused_in_one_line():
    broken = CORE.copy()
    broken[41] = math.nan
    with pytest.raises(DataError, match=r"^session 42 of the forward record: core is nan, not a finite number$"):
        timing_process(broken, HEDGE, SCALES)
    broken[41] = -math.inf
    with pytest.raises(DataError, match=r"^session 42 of the forward record: held_less is -inf, not a finite number$"):
        gap_process(LESS, broken, SCALES)
    with pytest.raises(DataError, match=r"columns of one length: core \(300,\), hedge \(299,\)$"):
        timing_process(CORE, HEDGE[1:], SCALES)
    for wrong in ({"core": 0.0}, {"core": math.inf}, {"gap": math.nan}, {"gap_largest": -0.1}, {"hedge_sd": -1.0}):
        with pytest.raises(DataError, match=r"can't be tested by these scales"):
            gap_process(LESS, LESS, replace(SCALES, **wrong))
