"""The shifted runs: compiled as plain, and as the rule book's own loop says of orders that were rolled by numpy."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.answer import timing
from engine.analytics.derisk import entry_orders
from engine.kernel import placebo
from engine.kernel.compiled import compiled
from engine.kernel.loop import replay, run_policy
from engine.setup import run_beta


def ran(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    beta = run_beta(configured(keys), setup.market)
    path = timing._path_of(setup, hedged, beta)
    return setup, hedged, beta, path, timing._clock(setup, path)


def ends_of(run_shifts, setup, path, clock, shifts):
    ends, sums = np.empty(len(shifts)), np.empty(len(shifts))
    run_shifts(setup.prices, setup.terms, path, clock, np.array(shifts), ends, sums)
    return ends, sums


def rolled(setup, hedged, beta, shift):
    """Roll what was ordered, matched already, around the closes that decide; the first close always orders."""
    orders, last = entry_orders(setup, hedged, beta), len(hedged.equity) - 1
    moved = {name: getattr(orders, name).copy() for name in ("ordered", "core", "restate")}
    moved["restate"][0] = moved["ordered"][0] = setup.plan.core_due[0]
    for values in moved.values():
        values[:last] = np.roll(values[:last], shift)
    if shift:
        moved["ordered"][shift] |= moved["core"][shift] != moved["core"][shift - 1]  # where end and beginning meet
    moved["ordered"][0] = moved["restate"][0] = True
    return orders._replace(**moved)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_compiled_shifts_are_the_plain_ones(keys, seed):
    setup, _, _, path, clock = ran(keys, seed)
    shifts = [0, 1, 2, 7, 20]

    ours = ends_of(placebo.run_shifts, setup, path, clock, shifts)
    theirs = ends_of(compiled().run_shifts, setup, path, clock, shifts)
    np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-20)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000), shift=st.integers(0, 20))
def test_a_shifted_run_is_a_replay_of_rolled_orders(keys, seed, shift):
    """Its end, and its sum by the weights that numpy tells of the replayed ledger."""
    setup, hedged, beta, path, clock = ran({**keys, "execution.shares": "fractional"}, seed)
    ours = replay(setup.prices, setup.terms, rolled(setup, hedged, beta, shift))
    end, total = (values[0] for values in ends_of(placebo.run_shifts, setup, path, clock, [shift]))

    assert end == pytest.approx(ours.equity[ours.last], rel=1e-11)
    if ours.equity[ours.last] <= 0.0:
        return
    core, close, opens = setup.prices.open[1:, :-1], setup.prices.close, timing.fills_at_open(setup)
    held = ours.shares[1:, :-1] if opens else ours.shares[1:, :-1] - ours.traded[1:, :-1]
    cash = ours.cash[1:]
    if not opens:  # before the close's orders
        before = ours.cash[:-1] * np.where(
            ours.cash[:-1] >= 0, setup.terms.cash_accrual[1:], setup.terms.borrow_accrual[1:]
        )
        moved = ours.shares[:-1, :-1] * setup.prices.split[1:, :-1]
        paid = moved * setup.prices.dividend[1:, :-1] * ~((moved > 0) & setup.terms.reinvest)
        lent = np.minimum(ours.shares[:-1, :-1] * close[:-1, :-1], 0) * setup.terms.borrow[1:, None]
        cash = ours.cash[:-1] + before + paid.sum(axis=1) + lent.sum(axis=1)
    weight = (held * core).sum(axis=1) / (cash + (held * core).sum(axis=1))
    level = timing.core_level(setup)
    apart = np.diff(np.log(level)) - np.log1p(setup.terms.cash_accrual[1:])
    mean = entry_orders(setup, hedged, beta).core[:-1].mean()
    assert total == pytest.approx((((weight - mean) * (apart - apart.mean())) ** 2).sum(), rel=1e-7, abs=1e-18)


def test_a_book_that_is_ruined_ends_there():
    """Core at twice its weight on margin, which falls by 95 %: the end is told as it was on that close."""
    setup, hedged, _, path, clock = ran({"hedge.funding": "margin"}, 5)
    close = setup.prices.close.copy()
    close[20:, 0] *= 0.05
    prices = setup.prices._replace(close=close)
    constant = placebo.Path(np.full(len(path.core), True), np.full(len(path.core), 2.0), np.full(len(path.core), False))
    ends, sums = np.empty(1), np.empty(1)

    placebo.run_shifts(prices, setup.terms, constant, clock, np.array([3]), ends, sums)
    orders = hedged._replace(
        ordered=np.full(len(close), True), core=np.full(len(close), 2.0), hedges=np.zeros((len(close), 1))
    )
    ruined = replay(prices, setup.terms, orders)
    assert ruined.last == 20
    assert ends[0] == pytest.approx(ruined.equity[20])
    assert ends[0] < 0
