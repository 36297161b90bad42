"""The placebo: the same weights on other days."""

import numpy as np
import pytest
from engine.judgement.placebo import _terciles, placebo_of
from worlds import CORES, configured, laid_out, source

from engine.judgement.controls import run_derisk_daily
from engine.kernel.loop import replay, run_policy
from engine.setup import run_beta
from strategies.signals.volatility import realised_volatility


def ran(keys=None, seed=5, sessions=60):
    setup = laid_out(keys or {}, source(seed, sessions=sessions, missing=False))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    return setup, hedged, run_beta(configured(keys or {}), setup.market)


def mean_log(ledger):
    return float(np.diff(np.log(ledger.equity)).mean())


@pytest.mark.parametrize("core", CORES)
def test_the_run_s_own_statistic_is_that_of_its_books(core):
    setup, hedged, beta = ran({"portfolio.core": CORES[core], "hedge.rebalance": "weekly"})
    derisk, _ = run_derisk_daily(setup, hedged, beta)
    placebo = placebo_of(setup, hedged, beta)

    assert placebo.growth == pytest.approx(mean_log(hedged), abs=1e-12)
    assert placebo.statistic == pytest.approx(mean_log(hedged) - mean_log(derisk), abs=1e-12)
    assert placebo.by_tercile.statistic == placebo.statistic
    assert placebo.by_tercile.growth == placebo.growth


def test_every_shift_is_drawn_once_and_in_order_when_there_are_fewer():
    setup, hedged, beta = ran()
    placebo = placebo_of(setup, hedged, beta)

    assert placebo.shifts.tolist() == list(range(1, len(hedged.equity) - 1))
    assert placebo.by_tercile.shifts.tolist() == list(range(1, (len(hedged.equity) - 1) // 3))
    assert placebo.by_tercile.by_tercile is None


def test_some_shifts_are_those_of_all():
    setup, hedged, beta = ran()
    every, some = placebo_of(setup, hedged, beta), placebo_of(setup, hedged, beta, draws=10, seed=3)

    assert len(some.draws) == 10
    assert len(set(some.shifts.tolist())) == 10
    assert (np.diff(some.shifts) > 0).all()
    assert some.draws.tolist() == every.draws[some.shifts - 1].tolist()
    assert placebo_of(setup, hedged, beta, draws=10, seed=4).shifts.tolist() != some.shifts.tolist()


def test_the_p_value_counts_the_run_and_all_that_do_as_well():
    setup, hedged, beta = ran(seed=9)
    placebo = placebo_of(setup, hedged, beta)
    better = sum(draw >= placebo.statistic for draw in placebo.draws)
    richer = sum(growth >= placebo.growth for growth in placebo.growths)

    assert placebo.p == (1 + better) / (1 + len(placebo.draws))
    assert placebo.p_growth == (1 + richer) / (1 + len(placebo.draws))
    assert 0 < better < len(placebo.draws)


def test_neither_threads_nor_a_second_time_change_a_bit():
    setup, hedged, beta = ran(sessions=200)
    first, second = (placebo_of(setup, hedged, beta, draws=150, workers=workers) for workers in (1, 4))

    assert first.draws.tobytes() == second.draws.tobytes()
    assert first.by_tercile.draws.tobytes() == second.by_tercile.draws.tobytes()


def test_terciles_are_thirds_by_what_was_known_at_the_close():
    setup, *_ = ran()
    market, groups = setup.market, _terciles(setup)
    volatility = realised_volatility(market.total_return(), 21)[market.first :]

    assert np.bincount(groups).tolist() == [20, 20, 19]
    for low, high in ((0, 1), (1, 2)):
        assert volatility[:-1][groups == low].max() <= volatility[:-1][groups == high].min()


def test_within_terciles_a_path_keeps_its_weights_in_each_third():
    """Shifted by numpy within each third, ordered where the weights change, and replayed: the same books."""
    setup, hedged, beta = ran({"hedge.sizing": "proportional", "policy.enter": 0.2, "policy.exit": 0.2})
    groups, count = _terciles(setup), len(hedged.equity) - 1
    placebo = placebo_of(setup, hedged, beta).by_tercile
    for shift, growth, statistic in zip(placebo.shifts[::4], placebo.growths[::4], placebo.draws[::4], strict=True):
        source = np.arange(count)
        for group in range(3):
            own = np.flatnonzero(groups == group)
            source[own] = np.roll(own, shift)
        source = np.append(source, count)
        core, hedge = hedged.core[source], hedged.hedge[source]
        ordered = hedged.ordered[source] & (source > 0) | np.append(True, np.diff(hedge) != 0)
        restate = np.arange(count + 1) == 0
        moved = hedged._replace(ordered=ordered, core=core, hedge=hedge, restate=restate)
        ours = replay(setup.prices, setup.terms, moved)
        assert mean_log(ours) == pytest.approx(growth, abs=1e-12)
        derisk, _ = run_derisk_daily(setup, ours, beta)
        assert mean_log(ours) - mean_log(derisk) == pytest.approx(statistic, abs=1e-12)


def test_there_is_no_placebo_without_an_episode_or_for_a_book_that_ended():
    setup, hedged, beta = ran({"hedge.weight": 0.0})
    assert placebo_of(setup, hedged, beta) is None

    setup, hedged, beta = ran()
    assert placebo_of(setup, hedged._replace(last=10), beta) is None


def test_a_hedge_that_is_always_on_has_no_timing():
    """Whatever the shift, the path is the same: every placebo is the run."""
    setup, hedged, beta = ran({"policy.enter": 0.0, "policy.exit": 0.0})
    placebo = placebo_of(setup, hedged, beta)

    assert set(placebo.draws.tolist()) == {placebo.statistic}
    assert placebo.p == placebo.by_tercile.p == 1.0


def test_a_placebo_that_is_ruined_is_below_every_run():
    setup, hedged, beta = ran({"hedge.funding": "margin", "hedge.weight": 1.0, "hedge.max_weight": 1.0})
    close, fill = setup.prices.close.copy(), setup.prices.fill.copy()
    first = int(np.flatnonzero(hedged.hedge == 0)[2])  # while the run holds no hedge
    close[first + 1 :] *= (0.3, 1e-3)
    fill[first + 2 :] *= (0.3, 1e-3)
    crashed = setup.__class__(**{**vars(setup), "prices": setup.prices._replace(close=close, fill=fill)})
    run = replay(crashed.prices, crashed.terms, hedged)._replace(action=hedged.action)
    placebo = placebo_of(crashed, run, beta)

    assert run.last == len(run.equity) - 1
    assert np.isneginf(placebo.draws).any()
    assert np.isneginf(placebo.growths[np.isneginf(placebo.draws)]).all()
    assert placebo.p == (1 + np.count_nonzero(placebo.draws >= placebo.statistic)) / (1 + len(placebo.draws))
