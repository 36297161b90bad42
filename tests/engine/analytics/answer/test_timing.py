"""Timing: labels of hand-made shifts, and all shifts of a run by numpy's own sums."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.answer import timing
from engine.analytics.answer.timing import HELPED, HURT, NO_SIGN, Shifts, shifts_of, timing_of
from engine.analytics.derisk import entry_orders
from engine.analytics.drawdowns import core_level
from engine.kernel.loop import replay, run_policy
from engine.setup import run_beta


def ran(keys=None, seed=5, sessions=45):
    setup = laid_out(keys or {}, source(seed, sessions=sessions))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    return setup, hedged, run_beta(configured(keys or {}), setup.market)


def made(t, growth=None):
    values = np.array(t, float)
    return Shifts(np.arange(len(t)), values / 100.0 if growth is None else np.array(growth, float), values)


def test_p_counts_the_run_itself_and_all_that_are_at_least_as_extreme():
    found = timing_of(made([3.0, 1.0, 3.0, 5.0, 2.0]))

    assert found.p_low == 4 / 5  # itself, 1, 3 and 2
    assert found.p_high == 3 / 5  # itself, 3 and 5
    assert found.p == 1.0
    assert found.better_dates == 0.25
    assert found.shifts == 4


@pytest.mark.parametrize(
    ("place", "count", "label"),
    [(0, 100, HURT), (1, 100, HURT), (2, 100, NO_SIGN), (97, 100, NO_SIGN), (98, 100, HELPED), (0, 40, NO_SIGN)],
)
def test_a_label_is_two_sided_at_five_per_cent(place, count, label):
    """The run at a place from the bottom among so many: 2 (place + 1) / count."""
    others = [value for value in range(count) if value != place]
    found = timing_of(made([place, *others]))

    assert found.label == label
    assert found.p == pytest.approx(min(1.0, 2 * min(place + 1, count - place) / count))


def test_the_band_and_the_smallest_effect_are_those_of_the_others():
    others = np.random.default_rng(3).normal(0.1, 0.02, 200)
    found = timing_of(made(np.zeros(201), [9.0, *others]))

    assert found.growth == 9.0
    assert found.mean == pytest.approx(others.mean())
    assert found.band == pytest.approx(tuple(np.quantile(others, [0.05, 0.95])))
    assert found.smallest == pytest.approx(2.802 * others.std(ddof=1))


def test_a_shift_that_is_ruined_is_the_worst_and_takes_the_mean_with_it():
    found = timing_of(made([0.0, -np.inf, 1.0, 2.0], [0.1, -np.inf, 0.2, 0.3]))

    assert found.p_low == 2 / 4
    assert (found.mean, found.deviation, found.band, found.smallest) == (None, None, None, None)
    assert found.better_dates == pytest.approx(2 / 3)
    assert timing_of(made([-np.inf, 0.0, 1.0])).p_low == 1 / 3


@settings(max_examples=25, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_t_is_growth_over_its_own_standard_error(keys, seed):
    """Each shift replayed from orders rolled by numpy, its weights read off the ledger at the open."""
    setup, hedged, beta = ran(keys | {"execution.fill": "next_open"}, seed)
    closes, years = len(hedged.equity) - 1, (len(hedged.equity) - 1) / 252
    shifts, orders = shifts_of(setup, hedged, beta, years), entry_orders(setup, hedged, beta)
    r = np.diff(np.log(core_level(setup))) - np.log1p(setup.terms.cash_accrual[1:])
    growth, error = np.full(closes, -np.inf), np.ones(closes)
    for k in range(closes):
        at = (np.arange(closes) - k) % closes
        ordered, restate = orders.ordered[at], orders.restate[at]
        ordered[k] = restate[k] = setup.plan.core_due[0]
        ordered[k] |= orders.core[0] != orders.core[closes - 1]
        ordered[0] = restate[0] = True
        moved = {"ordered": ordered, "core": orders.core[at], "restate": restate}
        book = replay(setup.prices, setup.terms, orders._replace(**{n: np.append(v, v[-1]) for n, v in moved.items()}))
        if book.equity[book.last] > 0.0:
            worth = (book.shares * setup.prices.open)[1:].sum(axis=1)
            x = worth / (worth + book.cash[1:])
            growth[k] = np.log(book.equity[-1] / book.equity[0]) / years
            error[k] = 252 / closes * np.sqrt((((x - orders.core[:-1].mean()) * (r - r.mean())) ** 2).sum())
    others = growth[1:][np.isfinite(growth[1:])]

    assert shifts.growth == pytest.approx(growth, abs=1e-9)
    if len(others) and (error > 1e-9).all():
        assert shifts.t == pytest.approx((growth - others.mean()) / error, rel=1e-5, abs=1e-5)


def test_neither_threads_nor_a_second_time_change_a_bit(monkeypatch):
    setup, hedged, beta = ran(sessions=200)
    first = shifts_of(setup, hedged, beta, 0.8)
    monkeypatch.setattr(timing.os, "cpu_count", lambda: 7)
    monkeypatch.setattr(timing, "TOGETHER", 3)
    second = shifts_of(setup, hedged, beta, 0.8)

    monkeypatch.setattr(timing.os, "cpu_count", lambda: None)  # as where the system doesn't tell
    third = shifts_of(setup, hedged, beta, 0.8)

    assert first.growth.tobytes() == second.growth.tobytes() == third.growth.tobytes()
    assert first.t.tobytes() == second.t.tobytes() == third.t.tobytes()


def test_some_shifts_are_those_of_all():
    setup, hedged, beta = ran()
    every, some = (shifts_of(setup, hedged, beta, 0.2, chosen) for chosen in (None, np.array([0, 7, 20])))

    assert some.growth.tolist() == every.growth[[0, 7, 20]].tolist()
    assert some.shift.tolist() == [0, 7, 20]


@pytest.mark.parametrize("weight", [0.15, 0.25])
def test_a_hedge_that_is_always_on_has_no_timing(weight):
    """Also where nothing of the core is left, so that no weight ever varies and no error can be told."""
    keys = {"policy.enter": 0.0, "policy.exit": 0.0, "hedge.weight": weight, "hedge.max_weight": 0.3}
    shifts = shifts_of(*ran(keys), 0.2)
    found = timing_of(shifts)

    assert not shifts.t.any() or weight == 0.15
    assert (found.p, found.label, found.better_dates) == (1.0, NO_SIGN, 0.0)
    assert found.deviation == pytest.approx(0.0, abs=1e-15)
    assert found.alike


def test_where_every_other_shift_is_ruined_nothing_warns():
    setup, hedged, beta = ran()
    close = setup.prices.close.copy()
    close[10:, 0] = -close[10:, 0]
    crashed = setup.__class__(**{**vars(setup), "prices": setup.prices._replace(close=close)})

    found = shifts_of(crashed, hedged, beta, 0.2)

    ruined = ~np.isfinite(found.growth)
    assert found.ruined
    assert ruined.any()
    assert (found.t[ruined] == -np.inf).all()
    assert (found.growth[ruined] == -np.inf).all()
    assert np.isfinite(found.t[~ruined]).all()
    assert timing_of(found).mean is None


def test_growth_and_t_by_hand_of_books_that_ended_near_nothing(monkeypatch):
    """Half a dollar is alive, nothing and less is ruined, whatever it varied."""
    setup, hedged, beta = ran()
    ends = np.array([1e5, 0.5, 0.0, -0.5, 2e5, 3e5])
    sums = np.array([0.04, 0.01, 0.0, 0.0, 0.0, 0.09])
    monkeypatch.setattr(timing, "_run", lambda *_all: (ends, sums))
    found = shifts_of(setup, hedged, beta, 2.0, np.arange(6))

    growth = np.log(ends[[0, 1, 4, 5]] / setup.terms.cash) / 2.0
    assert found.growth[[0, 1, 4, 5]] == pytest.approx(growth)
    assert found.growth[[2, 3]].tolist() == found.t[[2, 3]].tolist() == [-np.inf, -np.inf]
    mean = growth[1:].mean()
    assert found.t[[0, 1, 5]] == pytest.approx((growth[[0, 1, 3]] - mean) / [0.1, 0.05, 0.15])
    assert found.t[4] == 0.0


def test_every_other_shift_is_counted():
    assert timing_of(made([3.0, 5.0, 1.0])).p_high == 2 / 3
    assert timing_of(made([3.0, 1.0, 5.0])).p_low == 2 / 3


@pytest.mark.parametrize(("deviation", "alike"), [(None, False), (0.02, False), (1e-12, False), (9e-13, True)])
def test_shifts_are_alike_where_they_differ_by_rounding(deviation, alike):
    assert replace(timing_of(made([3.0, 5.0, 1.0])), deviation=deviation).alike is alike


def test_one_thread_is_the_caller_s(monkeypatch):
    def pool(_threads):
        raise RuntimeError("a pool")

    monkeypatch.setattr(timing, "ThreadPoolExecutor", pool)
    setup, hedged, beta = ran()

    assert len(shifts_of(setup, hedged, beta, 0.2, threads=1).t) == len(hedged.equity) - 1
    with pytest.raises(RuntimeError, match="a pool"):
        shifts_of(setup, hedged, beta, 0.2, threads=2)


@pytest.mark.parametrize("first", [True, False])
def test_a_path_begins_with_the_core_s_own_order(first):
    setup, hedged, beta = ran()
    due = np.full(len(setup.plan.core_due), not first)
    due[0] = first
    path = timing._path_of(replace(setup, plan=setup.plan._replace(core_due=due)), hedged, beta)

    assert (path.ordered[0], path.restate[0]) == (first, first)


def test_where_every_other_shift_is_ruined_the_run_s_own_is_held_against_nothing(monkeypatch):
    setup, hedged, beta = ran()
    ends, sums = np.array([1.2 * setup.terms.cash, 0.0, -1.0]), np.array([0.04, 0.01, 0.01])
    monkeypatch.setattr(timing, "_run", lambda *_all: (ends, sums))

    assert shifts_of(setup, hedged, beta, 2.0, np.arange(3)).t[0] == pytest.approx(np.log(1.2) / 2.0 / 0.1)
