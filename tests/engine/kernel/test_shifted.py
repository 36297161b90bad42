"""The shifted runs: compiled as plain, and as the rule book's own loop says of a path that was rolled by numpy."""

import numpy as np
import pytest
from engine.judgement.placebo import _path_of, _rings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from engine.judgement.controls import run_derisk_daily
from engine.kernel import shifted
from engine.kernel.compiled import compiled
from engine.kernel.loop import replay, run_policy
from engine.setup import run_beta


def ran(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    return setup, hedged, run_beta(configured(keys), setup.market)


def ends_of(run_shifts, setup, hedged, beta, groups, shifts):
    ends = np.empty((len(shifts), 2))
    path, rings = _path_of(setup, hedged), _rings(groups)
    run_shifts(setup.prices, setup.terms, path, rings, beta, -3.0, np.array(shifts), ends)
    return ends


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000), ways=st.integers(1, 4))
def test_the_compiled_shifts_are_the_plain_ones(keys, seed, ways):
    setup, hedged, beta = ran(keys, seed)
    groups = np.random.default_rng(seed).integers(0, ways, len(hedged.equity) - 1)
    shifts = [0, 1, 2, 7, 20]

    ours = ends_of(shifted.run_shifts, setup, hedged, beta, groups, shifts)
    theirs = ends_of(compiled().run_shifts, setup, hedged, beta, groups, shifts)
    np.testing.assert_allclose(theirs, ours, rtol=1e-12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000), shift=st.integers(0, 20))
def test_a_shifted_run_is_a_replay_of_rolled_orders(keys, seed, shift):
    """Roll the ledger's decisions by numpy, order at the first close as every run does, and replay them."""
    setup, hedged, beta = ran({**keys, "execution.shares": "fractional"}, seed)
    last = len(hedged.equity) - 1
    if hedged.last < last:  # there is nothing to shift of a book that ended
        return
    rolled = {name: getattr(hedged, name).copy() for name in ("ordered", "core", "hedge", "restate")}
    rolled["restate"][0] = rolled["ordered"][0] = setup.plan.core_due[0]
    for values in rolled.values():
        values[:last] = np.roll(values[:last], shift)
    meets = rolled["hedge"][shift] != rolled["hedge"][shift - 1] or rolled["core"][shift] != rolled["core"][shift - 1]
    rolled["ordered"][shift] |= meets  # where the path's end and beginning meet
    rolled["ordered"][0] = rolled["restate"][0] = True
    ours = replay(setup.prices, setup.terms, hedged._replace(**rolled))
    if ours.last < last:
        return
    derisk, _ = run_derisk_daily(setup, ours, beta)

    ends = ends_of(shifted.run_shifts, setup, hedged, beta, np.zeros(last, np.int64), [shift])[0]
    assert ends == pytest.approx([ours.equity[-1], derisk.equity[-1]], rel=1e-11)


def test_rings_hold_the_closes_of_each_group_in_order():
    rings = _rings(np.array([1, 0, 0, 1, 2, 0]))

    assert [shifted.source_of(rings, t, 0) for t in range(6)] == [0, 1, 2, 3, 4, 5]
    assert [shifted.source_of(rings, t, 1) for t in range(6)] == [3, 5, 1, 0, 4, 2]
    assert [shifted.source_of(rings, t, 2) for t in range(6)] == [0, 2, 5, 3, 4, 1]


def test_a_book_that_is_ruined_ends_there():
    """On margin a fund that falls by 90 % a day takes all: both books are told as they were on that close."""
    keys = {"hedge.funding": "margin", "hedge.weight": 1.0, "hedge.max_weight": 1.0}
    setup, hedged, beta = ran(keys, 5)
    close = setup.prices.close.copy()
    close[20:, -1] *= 1e-3
    close[20:, 0] *= 0.05
    prices = setup.prices._replace(close=close)
    path = shifted.Path(*(np.full(len(close) - 1, each) for each in (True, 1.0, 1.0, False)))
    ends = np.empty((1, 2))
    rings = _rings(np.zeros(len(close) - 1, np.int64))

    shifted.run_shifts(prices, setup.terms, path, rings, beta, -3.0, np.array([3]), ends)
    constant = hedged._replace(ordered=np.full(len(close), True), core=np.ones(len(close)), hedge=np.ones(len(close)))
    ruined = replay(prices, setup.terms, constant)
    assert ruined.last == 20
    assert ends[0, 0] == pytest.approx(ruined.equity[20])
    assert ends[0, 0] < 0 < ends[0, 1]
