"""Hedge measures: small books by hand, a fund reset every day, and a tax paid session by session."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import CORES, laid_out, source
from worlds import settings as drawn_settings

from data.calendar import session_numbers, sessions_a_year
from data.fund import fund_return
from engine.analytics.drawdowns import core_level, deep_drawdowns, triggers_of
from engine.analytics.episode_stats import break_even, episode_stats, needs_of
from engine.analytics.episodes import Episode, episodes_of
from engine.analytics.hedge_metrics import (
    Figure,
    capture,
    crash_capture,
    crashes,
    hedge_metrics,
    protection,
    sale_cost_at_par,
)
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.kernel.loop import run_policy


def episode(decided, left, pnl=1.0):
    exited = None if left is None else left + 1
    return Episode(decided, decided + 1, left, exited, "signal", 0.15, 0.0, pnl, 0.0)


def levels(*returns):
    return 100.0 * np.cumprod([1.0, *(1.0 + r for r in returns)])


def test_protection_is_priced_by_the_point():
    """A year in which unhedged falls by half and recovers to +10 %, hedged falls by 30 % and ends at +4 %."""
    unhedged = np.full(253, 100.0)
    unhedged[100:], unhedged[252] = 50.0, 110.0
    hedged = np.full(253, 100.0)
    hedged[100:], hedged[252] = 70.0, 104.0

    price = protection(hedged, unhedged)

    assert price.cost == pytest.approx(0.06)
    assert price.drawdown_avoided == pytest.approx(0.2)
    assert price.cost_per_drawdown.value == pytest.approx(0.06 / 0.2)  # % a year a point
    assert price.cvar_avoided == pytest.approx((0.5 - 0.3) / 13)  # the worst 13 of 252 returns: one fall and twelve 0
    assert price.cost_per_cvar.value == pytest.approx(0.06 / (0.2 / 13))


def test_a_price_over_nothing_is_undefined_with_its_reason():
    worse, better = levels(-0.2, 0.1, 0.1), levels(-0.1, 0.1, 0.1)

    assert protection(worse, better).cost_per_drawdown == Figure(None, "the maximum drawdown was no smaller")
    assert protection(better, worse).cost_per_drawdown == Figure(None, "the hedge cost nothing")
    assert protection(worse, better).cost_per_cvar == Figure(None, "the mean tail loss was no smaller")
    assert protection(better, worse).cost_per_cvar == Figure(None, "the hedge cost nothing")


@settings(max_examples=15, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 1000))
def test_the_price_is_the_difference_of_the_metrics(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    calm = run_policy(setup.prices, setup.terms, setup.plan._replace(size=np.zeros_like(setup.plan.size)))
    ours, theirs = (
        metrics_of(
            book,
            setup.terms.cash_accrual,
            setup.market.run_sessions,
            trades_of(book.traded, setup.prices.fill, setup.terms),
            setup.legs.firsts,
        )
        for book in (hedged, calm)
    )

    price = protection(hedged.equity, calm.equity, setup.market.sessions_a_year)

    assert price.cost == pytest.approx(theirs["cagr"] - ours["cagr"])
    assert price.drawdown_avoided == pytest.approx(ours["max_drawdown"] - theirs["max_drawdown"])
    assert price.cvar_avoided == pytest.approx(ours["cvar_95"] - theirs["cvar_95"])


def test_crashes_are_the_worst_windows_that_share_no_session():
    core = levels(0.2, -0.1, -0.3, -0.2, 0.5, 0.0, -0.05, -0.05, 0.1)
    hedged = levels(0.1, -0.05, -0.1, -0.1, 0.3, 0.0, -0.01, -0.02, 0.1)

    found = crashes(core, hedged, core, windows=3, length=2)

    assert [(one.first, one.last) for one in found] == [(2, 4), (6, 8)]  # 1-3 and 3-5 share a session, 7-9 rises
    assert found[0].core == pytest.approx(0.7 * 0.8 - 1)
    assert found[1].hedged == pytest.approx(0.99 * 0.98 - 1)
    assert crash_capture(found).value == pytest.approx(
        (0.9 * 0.9 - 1 + 0.99 * 0.98 - 1) / (0.7 * 0.8 - 1 + 0.95 * 0.95 - 1)
    )
    assert len(crashes(core, hedged, core, windows=1, length=2)) == 1
    assert crash_capture(()).value is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 8))
def test_crashes_never_overlap_and_each_is_the_worst_left(seed, length):
    core = levels(*np.random.default_rng(seed).normal(0.0, 0.02, 80))

    found = crashes(core, core, core, length=length)

    taken = np.zeros(81, bool)
    for one in found:
        free = [t for t in range(81 - length) if not taken[t + 1 : t + length + 1].any()]
        assert one.core == min(core[t + length] / core[t] - 1 for t in free)
        taken[one.first + 1 : one.last + 1] = True
    assert all(one.core < 0 for one in found)
    assert crash_capture(found).value == pytest.approx(1.0)


def test_capture_is_by_the_unhedged_books_calendar_months():
    days = ["2020-01-15", "2020-01-31", "2020-02-14", "2020-02-28", "2020-03-31", "2020-04-30"]
    sessions = np.array(days, "datetime64[D]")
    unhedged = np.array([100.0, 110.0, 90.0, 88.0, 96.8, 106.48])  # +10 %, -20 %, +10 %, +10 %
    hedged = np.array([100.0, 106.0, 97.0, 95.4, 104.94, 99.693])  # +6 %, -10 %, +10 %, -5 %

    up, down = capture(hedged, unhedged, sessions)

    assert up.value == pytest.approx(((1.06 * 1.10 * 0.95) ** (1 / 3) - 1) / 0.10)
    assert down.value == pytest.approx(0.5)
    assert capture(np.append(hedged[:4], [0.0, 0.0]), unhedged, sessions)[1].value == pytest.approx(0.5)
    assert capture(hedged[:2], unhedged[:2], sessions[:2])[1] == Figure(None, "the unhedged book had no month down")


def test_a_drawdown_counts_once_from_peak_to_new_peak():
    level = np.array([100.0, 95, 101, 85, 95, 80, 100, 101.5, 96, 101.5, 90, 92])

    found = deep_drawdowns(level)

    assert [(one.peak, one.trough, one.end, one.ended) for one in found] == [(2, 5, 7, "peak"), (9, 10, 11, "open")]
    assert [one.depth for one in found] == pytest.approx([80 / 101 - 1, 90 / 101.5 - 1])
    assert len(deep_drawdowns(level, 0.2)) == 1
    assert deep_drawdowns(np.array([100.0, 90.0])) == ()  # 10 % isn't more than 10 %


def test_triggers_tell_how_soon_and_what_was_still_to_come():
    level = np.array([100.0, 95, 90, 81, 72.9, 100, 80, 60, 100, 101, 50])
    found = deep_drawdowns(level)
    weight = np.array([0, 0, 0, 0.1, 0, 0.1, 0.1, 0, 0.1, 0.1, 0])
    episodes = [episode(2, 3), episode(4, 6), episode(7, 9), episode(10, None)]

    late, early, never = triggers_of(found, level, weight, episodes)

    assert (late.trigger, late.sessions) == (2, 2)
    assert late.after == pytest.approx(math.log(72.9 / 90) / math.log(72.9 / 100))
    assert late.hedged == pytest.approx(math.log(72.9 / 81) / math.log(72.9 / 100))
    assert (early.trigger, early.sessions, early.after) == (5, 0, 1.0)
    assert early.hedged == pytest.approx(1.0)
    assert (never.trigger, never.sessions, never.after) == (None, None, 0.0)  # left at the peak, back at the trough
    assert never.hedged == pytest.approx(1.0)  # though what was left filled after the fall's only night


@pytest.mark.parametrize("leverage", [-3.0, -1.0, 2.0, 3.0])
def test_at_the_break_even_move_a_fund_reset_every_day_comes_out_even(leverage):
    """A path of small moves that ends exactly at the break-even: the model's own product returns to 1."""
    rng, sessions, rate = np.random.default_rng(3), 4000, 0.04
    noise = rng.normal(0.0, 0.002, sessions)
    days = np.full(sessions, 1.4)
    carry = fund_return(np.zeros(sessions), rate, days, leverage)
    moves = noise - noise.mean()
    for _ in range(20):  # its variance changes a little with its drift
        goal = math.log1p(break_even(leverage, float((moves**2).sum()), float(carry.sum())))
        moves += (goal - moves.sum()) / sessions

    made = np.prod(1.0 + fund_return(np.expm1(moves), rate, days, leverage))

    assert made == pytest.approx(1.0, abs=2e-3)


def test_the_break_even_of_soxs_falls_with_time():
    """At volatility 40 % and bills at 4 % the index has to fall 1.1 % in 10 sessions, 2.3 % in 21, 6.7 % in 63."""
    carry = 4 * 0.04 - 0.0101 - 3 * 0.0065
    needed = [-100 * break_even(-3.0, 0.16 * n / 252, carry * n / 252) for n in (10, 21, 63)]

    assert [round(move, 1) for move in needed] == [1.1, 2.3, 6.7]


def test_an_episode_needs_what_its_own_path_says():
    level = levels(0.01, -0.02, 0.03, -0.01)
    filled = np.array([100.0, 100.5, 100.2, 100.1, 102.0])
    carry = np.array([0.0, 0.001, 0.002, 0.003, 0.004])

    closed, still = needs_of([episode(0, 2), episode(2, None)], level, filled, {0: (-3.0, carry)}, 4, np.arange(5))

    path = np.diff(np.log([100.5, level[1], level[2], 100.1]))
    assert closed.sessions == 2
    assert closed.moved == pytest.approx(100.1 / 100.5 - 1)
    assert closed.volatility == pytest.approx(math.sqrt((path**2).sum() * 252 / 2))
    assert closed.break_even == pytest.approx(math.exp(-2 * (path**2).sum() + (0.002 + 0.003) / 3) - 1)
    assert still.sessions == 1
    assert still.moved == pytest.approx(level[4] / 100.1 - 1)


def test_outcomes_by_hand():
    episodes = [episode(0, 3, 300.0), episode(10, 12, -100.0), episode(20, 30, -200.0), episode(70, None, 150.0)]
    level = np.linspace(100.0, 90.0, 100)
    level[11:14] = [95.0, 96.0, 97.0]
    equity = np.full(100, 10_000.0)

    needs = needs_of(episodes, level, level, {0: (-3.0, np.zeros(100))}, 99, np.arange(100))
    found = episode_stats(episodes, needs, equity)

    assert (found.episodes, found.hits, found.hit_rate.value) == (4, 2, 0.5)
    assert found.payoff.value == pytest.approx(225.0 / 150.0)
    assert found.false_alarms == 1
    assert (found.whipsaws, found.whipsaw_dollars) == (1, -100.0)
    assert found.whipsaw_a_year == pytest.approx(-0.01 / (99 / 252))
    assert episode_stats([], [], equity).hit_rate.value is None
    assert episode_stats(episodes[:1], needs[:1], equity).payoff == Figure(None, "no episode lost")


@settings(max_examples=25, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 1000))
def test_a_runs_measures_agree_with_its_tables(keys, seed):
    """Any trading there is: the summary's parts are those of its arrays, and json takes them."""
    setup = laid_out(keys, source(seed))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    calm = run_policy(setup.prices, setup.terms, setup.plan._replace(size=np.zeros_like(setup.plan.size)))
    episodes = episodes_of(setup, hedged)

    found = hedge_metrics(setup, hedged, calm, episodes)
    told = json.loads(json.dumps(found.as_dict(), allow_nan=False))

    assert len(found.needs) == len(episodes)
    assert told["cost_a_year"] == pytest.approx(
        protection(hedged.equity, calm.equity, setup.market.sessions_a_year).cost
    )
    assert told["hits"] == sum(one.pnl > 0 for one in episodes)
    assert told["core_drawdowns_met"] <= told["core_drawdowns"] == len(deep_drawdowns(core_level(setup)))
    assert all((told[name] is None) == (name in told["undefined"]) for name in ("hit_rate", "up_capture", "payoff"))
    fill, close = setup.prices.fill[:, 0], setup.prices.close[:, 0]
    numbers = session_numbers(setup.market.run_sessions)
    for need, one in zip(found.needs, episodes, strict=True):
        end = hedged.last if one.exited is None else one.exited
        assert need.sessions == numbers[end] - numbers[one.entered]
        if "AAA" in setup.market.roles.core and not setup.prices.dividend[one.entered : end + 1, 0].any():
            paid, got = fill[one.entered], close[end] if one.exited is None else fill[end]
            split = setup.prices.split[one.entered + 1 : end + 1, 0].prod()
            assert need.moved == pytest.approx(got * split / paid - 1.0)


def test_the_core_is_bought_once_by_its_weights_and_left_alone():
    setup = laid_out({"portfolio.core": CORES["two"]}, source(3))
    paths = [setup.market.total_return(name)[setup.market.first :] for name in ("AAA", "BBB")]

    assert core_level(setup) == pytest.approx(0.6 * paths[0] / paths[0][0] + 0.4 * paths[1] / paths[1][0])


def test_a_ruined_book_still_has_a_price():
    setup = laid_out({}, source(4))
    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    equity = hedged.equity.copy()
    equity[30:] = -1.0
    ruined = hedged._replace(equity=equity, last=30)
    calm = run_policy(setup.prices, setup.terms, setup.plan._replace(size=np.zeros_like(setup.plan.size)))

    found = hedge_metrics(setup, ruined, calm, [])
    a_year = sessions_a_year(setup.market.run_sessions[:31])

    assert found.price.cost == pytest.approx(1.0 + (calm.equity[30] / calm.equity[0]) ** (a_year / 30) - 1.0)
    assert found.outcomes.hit_rate == Figure(None, "there were no episodes")


def taxed(returns, core, rate):
    """A book of core and cash that moves to given core weights, and pays a rate on what it sells; by hand."""
    cash, held = 1000.0, 0.0
    for r, weight in zip(returns, core, strict=True):
        held *= 1.0 + r
        worth = cash + held
        sale = max(held - weight * worth, 0.0)
        cash += held - weight * worth - rate * sale
        held = weight * worth
    return cash + held


def test_selling_core_is_better_unless_selling_costs_more_than_levels_both_books():
    """Both books run again with the cost, session by session, end together at X."""
    returns = np.random.default_rng(5).normal(0.001, 0.02, 600)
    on = (np.arange(600) // 30) % 2 == 1

    def ends(rate):
        return taxed(returns - 0.0004, np.where(on, 0.85, 1.0), rate), taxed(returns, np.where(on, 0.4, 1.0), rate)

    exact = sale_cost_at_par(ends).value

    assert 0.01 < exact < 0.2
    assert ends(exact)[0] == pytest.approx(ends(exact)[1], rel=1e-4)
    assert ends(exact - 2e-6)[0] < ends(exact - 2e-6)[1]
    assert ends(exact + 2e-6)[0] > ends(exact + 2e-6)[1]


@pytest.mark.parametrize(
    ("books", "why"),
    [
        ((1.2, 1.1), "the hedge ended ahead of selling core, at no extra cost of selling"),
        ((0.0, 1.1), "one of the books was ruined"),
        ((1.1, -0.2), "one of the books was ruined"),
        ((1.0, 2.0), "selling core is better even where selling costs 50% of the amount sold"),
    ],
)
def test_where_no_cost_levels_the_books_it_says_why(books, why):
    assert sale_cost_at_par(lambda _rate: books) == Figure(None, why)
