"""Which factors are splits, and how a step is mended."""

from dataclasses import replace

import numpy as np
import pytest
from markets import make_bars, nyse, random_bars

from data.audit.history import History
from data.audit.steps import Jump, is_quiet, mend, own_jumps, splits_by, whole

DATES = nyse("2022-01-03", 200)


@pytest.mark.parametrize(
    ("factor", "slack", "ratio"),
    [
        (15.0, 0.001, 15.0),
        (1 / 15.1, 0.001, 1 / 15),
        (2.03, 0.01, 2.0),
        (0.5, 0.001, 0.5),
        (1.49, 0.001, 1.5),
        (1.34, 0.001, 4 / 3),
        (2.52, 0.001, 2.5),
        (1.1, 0.001, None),
        (1.7, 0.001, None),
        (1.26, 0.001, 1.25),
        (2.25, 0.001, None),
        (2.3, 0.06, 2.5),
        (8.4, 0.001, None),
        (40.3, 0.001, 40.0),
    ],
)
def test_a_factor_is_a_split_when_it_is_near_a_whole_number_or_half_of_one(factor, slack, ratio):
    assert whole(factor, slack) == (None if ratio is None else pytest.approx(ratio))


def test_a_factor_near_1_is_no_split():
    assert splits_by(1.03, 0.001) == 1.0
    assert splits_by(2.0, 0.001) == 2.0
    assert splits_by(1.2, 0.001) is None


def walk(sd=0.02, seed=1):
    return random_bars("X", DATES, np.random.default_rng(seed), sd=sd)


def test_by_its_own_volatility_a_jump_is_a_step_of_nearly_half():
    flat = make_bars("X", DATES, 40.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, 200))))
    stepped = replace(flat, close=np.where(np.arange(200) < 120, flat.close, flat.close / 2))
    (jump,) = own_jumps(History(stepped, DATES[0]), np.ones(200, dtype=bool))
    assert jump.row == 120
    assert jump.factor == pytest.approx(2.0, rel=0.06)
    assert not own_jumps(History(stepped, DATES[0]), np.arange(200) != 120)
    assert not own_jumps(History(flat, DATES[0]), np.ones(200, dtype=bool))


@pytest.mark.parametrize(("turnover", "spread", "quiet"), [(1.0, 0.02, True), (20.0, 0.02, False), (1.0, 0.4, False)])
def test_a_crash_trades_and_ranges_more_than_a_split(turnover, spread, quiet):
    closes = np.full(200, 40.0)
    volume = {100: 1000.0 * turnover}
    high = {row: 40.0 * (1 + (spread if row == 100 else 0.02)) for row in range(200)}
    history = History(make_bars("X", DATES, closes, high=high, volume=volume), DATES[0])
    assert is_quiet(history, 100) is quiet


@pytest.mark.parametrize(
    ("before", "after", "volumes", "factor", "kind"),
    [
        (3.0, 30.0, (10_000, 1000), 0.1, "split"),  # as traded, at a level at which issuers merge shares
        (3.0, 30.0, (1000, 1000), 0.1, "reprice"),  # volume ran on: prices alone are wrong
        (300.0, 30.0, (1000, 10_000), 10.0, "rescale"),  # nobody splits 10 for 1 prices in dimes
        (300.01, 30.0, (1000, 10_000), 10.0, "split"),
        (0.3001, 3.0, (10_000, 1000), 0.1, "rescale"),  # no price that traded
        (60.0, 600.0, (10_000, 1000), 0.1, "rescale"),  # nor a level at which shares are merged
        (3.0, 30.0, (0, 0), 0.1, "split"),
    ],
)
def test_how_a_step_is_mended_hangs_on_level_cents_and_volume(before, after, volumes, factor, kind):
    split = np.arange(200) < 100
    bars = make_bars("X", DATES, np.where(split, before, after), volume=np.where(split, *map(float, volumes)))
    assert mend(History(bars, DATES[0]), Jump(100, factor, 0.01), factor) == kind


def test_volume_that_isn_t_known_is_no_obstacle():
    bars = make_bars("X", DATES, np.where(np.arange(200) < 100, 3.0, 30.0), volume=np.full(200, np.nan))
    history = History(bars, DATES[0])
    assert mend(history, Jump(100, 0.1, 0.01), 0.1) == "split"
    assert is_quiet(history, 100)
