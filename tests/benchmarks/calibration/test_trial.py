"""A trial says what `backtest run` would say of the market, and labels are counted right."""

import math

import numpy as np
import pytest

from benchmarks.calibration.planted import Design, plant
from benchmarks.calibration.rates import Rate, better, found_at, helped, hurt, mean_of, not_paid, paid, worse
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, Trial, even_shifts, trial
from engine.analytics.answer.answer import answer_of
from engine.analytics.answer.insurance import insurance_of, matches
from engine.analytics.controls import Case, controls_of
from engine.analytics.derisk import held_less_grid, run_held_less
from engine.analytics.drawdowns import core_level
from engine.analytics.episodes import episodes_of
from engine.kernel.compiled import compiled
from engine.setup import run_beta

NOTHING = Trial(
    0.5, 0.5, 0.0, 0.0, -1.0, 1.0, rests=False, share=0.8, gap=0.0, low=-1.0, high=1.0, fall_low=-1.0, fall_high=1.0
)


def hedged(design, number=0):
    config, setup = plant(design, number)
    return config, setup, compiled().run_policy(setup.prices, setup.terms, setup.plan)


def test_with_full_effort_a_trial_is_the_answer():
    design = Design("clustered", "trend", "never", years=8)
    config, setup, book = hedged(design)
    case = Case(config, setup, book, run_beta(config, setup.market))
    answer = answer_of(case, controls_of(case), episodes_of(setup, book), 8.0)
    quarter = answer.insurance.quarter

    assert trial(None, design, 0, FULL) == Trial(
        answer.timing.p_low,
        answer.timing.p_high,
        pytest.approx(answer.logs.timing),
        answer.fund.estimate,
        *answer.fund.interval,
        bool(answer.fund.rests_on),
        quarter.share,
        quarter.gap,
        *quarter.interval,
        *answer.insurance.with_fall,
    )


def test_few_draws_say_nearly_the_same_and_the_same_each_time():
    design = Design(years=8)
    few, full = trial(None, design, 1, FEW), trial(None, design, 1, FULL)

    assert few == trial(None, design, 1, FEW)
    assert (few.fund, few.gap, few.share) == (full.fund, full.gap, full.share)
    assert few.p_low == pytest.approx(full.p_low, abs=0.05)
    assert (few.low, few.high) == pytest.approx((full.low, full.high), abs=0.02)
    assert math.isnan(trial(None, design, 1, NO_VERDICT).gap)


def test_shifts_are_even_and_the_label_keeps_its_size():
    assert even_shifts(4, 10).tolist() == [0, 2, 4, 6, 8]
    assert even_shifts(0, 10) is None
    ranks = np.arange(1, FEW.shifts + 2) / (FEW.shifts + 1)
    trials = [NOTHING._replace(p_low=low, p_high=1.0 + ranks[0] - low) for low in ranks]

    assert helped(trials).share + hurt(trials).share == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("given", [0.03, -0.03])
def test_to_move_the_interval_is_to_give_the_book_so_much_a_year(given):
    """The power for a gap is read off moved intervals: the same as when every session earns it."""
    _config, setup, book = hedged(Design(years=8))
    grid, core = held_less_grid(setup), core_level(setup)

    def judged(ledger):
        shares = matches(ledger.equity, [one.equity for one in grid])
        return insurance_of(ledger, grid, [run_held_less(setup, share) for share in shares], core, 8.0, 200).quarter

    earned = np.exp(given / 252 * np.arange(len(book.equity)))
    plain, gifted = judged(book), judged(book._replace(equity=book.equity * earned))

    assert gifted.gap - plain.gap == pytest.approx(given, abs=0.003)
    assert np.subtract(gifted.interval, plain.interval) == pytest.approx([given] * 2, abs=0.006)


def test_what_is_planted_large_is_found():
    timed = [trial(None, Design(timing=0.2), number, NO_VERDICT) for number in range(2)]
    cheap, dear = ([trial(None, Design(fund=size), number, NO_VERDICT) for number in range(2)] for size in (0.2, -0.2))

    assert helped(timed) == Rate(2, 2)
    assert better(cheap) == worse(dear) == Rate(2, 2)
    assert worse(cheap) == better(dear) == Rate(0, 2)


def test_labels_are_counted():
    trials = [
        NOTHING,
        NOTHING._replace(p_high=0.024, fund_low=0.01, low=0.01, high=0.03, fall_low=-1.0, fall_high=0.5),
        NOTHING._replace(p_low=0.024, fund_low=0.01, rests=True, low=-0.5, high=-0.01, fall_high=0.01),
        NOTHING._replace(p_low=0.025, fund_high=-0.01, low=-0.5, high=-0.01, fall_high=-0.02),
    ]

    assert (helped(trials), hurt(trials)) == (Rate(1, 4), Rate(1, 4))
    assert (better(trials), worse(trials)) == (Rate(1, 4), Rate(1, 4))
    assert (paid(trials), not_paid(trials)) == (Rate(1, 4), Rate(1, 4))
    assert (paid(trials, -0.01).hits, not_paid(trials, -0.02).hits) == (0, 2)
    assert (better(trials, -0.01).hits, worse(trials, 0.01).hits) == (0, 0)


def test_a_rate_has_an_error_even_where_nothing_came_out():
    assert Rate(0, 100).error == pytest.approx((1 / 102 * 101 / 102 / 102) ** 0.5)
    assert Rate(10, 100).share == 0.1
    assert not Rate(9, 100).above(0.05)  # two standard errors of 5 % of a hundred are 4.4 points
    assert Rate(10, 100).above(0.05)


def test_a_mean_is_of_what_was_asked():
    trials = [NOTHING._replace(gap=value) for value in (0.01, 0.03, math.nan)]

    assert mean_of(trials, "gap") == pytest.approx((0.02, 0.01))
    assert math.isnan(mean_of(trials[:1], "gap").error)


def test_the_size_found_lies_between_those_tried():
    assert found_at([1.0, 2.0, 4.0], [0.2, 0.6, 1.0]) == pytest.approx(3.0)
    assert found_at([1.0, 2.0], [0.8, 0.9]) == 1.0
    assert found_at([1.0, 2.0], [0.2, 0.79]) is None
