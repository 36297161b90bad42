"""Made markets hold what is planted in them, and nothing else. Small and seeded."""

import numpy as np
import pytest

from benchmarks.calibration.plan import with_fund, with_timing
from benchmarks.calibration.planted import CASH_YIELD, WARM_UP, Design, plant, says, timed
from benchmarks.calibration.returns import moves_of
from benchmarks.calibration.trial import NO_VERDICT, trial
from data.arithmetic import exp
from data.fund import FEE, SPREAD, fund_return
from data.rates import days_between
from strategies.weakness import WeaknessHedge


def moves(design, number=0):
    """Log moves of the underlying's nights and days, the fund's bars, and the run's setup."""
    _config, setup = plant(design, number)
    bars = setup.market.bars()
    night = np.log(bars.open[1:] / bars.close[:-1])
    return night, np.log(bars.close[1:] / bars.open[1:]), setup.market.bars("SOXS"), setup


@pytest.mark.parametrize("years", [8, 30])
def test_a_run_is_as_long_as_asked(years):
    setup = plant(Design(years=years), 0)[1]

    assert len(setup.prices.close) == years * 252 + 1
    assert setup.market.first == WARM_UP


@pytest.mark.parametrize("design", [Design(), Design(fund=0.5), Design(usual=True)])
def test_the_fund_is_the_model_s_but_for_what_is_planted(design):
    night, course, fund, setup = moves(design)
    fee, spread = (FEE, SPREAD) if design.usual else (0.0, 0.0)
    days = days_between(setup.market.sessions)[1:]
    for move, price in ((night + course, fund.close), (night, fund.open)):
        off = price[1:] / fund.close[:-1] - 1.0
        off -= fund_return(np.expm1(move), CASH_YIELD, days, -3.0, fee - design.fund, spread)

        assert off.std() == pytest.approx(0.0012 * 2**0.5, rel=0.1)
        assert off.mean() == pytest.approx(0.0, abs=4e-5)


def test_trading_costs_only_where_all_is_as_usual():
    free, usual = (plant(Design(usual=usual), 0)[1].terms for usual in (False, True))

    assert not free.commission.any()
    assert not free.slippage.any()
    assert usual.slippage.all()


@pytest.mark.parametrize("planted", [0.0, 0.08])
def test_a_trend_is_the_shipped_strategy_s(planted):
    setup = plant(Design("clustered", "trend", timing=planted), 1)[1]
    signal = WeaknessHedge(50, 0.0).intensity(setup.market)[setup.market.first :]

    assert setup.plan.intensity[:, -1].tolist() == signal.tolist()
    assert 0.2 < signal.mean() < 0.8


def test_the_drift_is_lower_while_the_signal_is_on_and_its_mean_stays():
    night, course, _fund, setup = moves(Design())
    planted_night, planted_course, _fund, planted = moves(Design(timing=0.06))
    on = setup.plan.intensity[:, -1] > 0.0
    day = (planted_course - course)[WARM_UP:]  # held from the open after the close that ordered it

    assert planted.plan.intensity[:, -1].tolist() == setup.plan.intensity[:, -1].tolist()
    assert (day[on[:-1]] < 0.0).all()
    assert (day[~on[:-1]] > 0.0).all()
    assert 252 * (day + (planted_night - night)[WARM_UP:]).mean() == pytest.approx(0.0, abs=0.002)


@pytest.mark.parametrize("design", [Design(), Design("clustered", "trend"), Design("clustered", "volatility")])
def test_timing_is_worth_about_what_is_planted(design):
    added = [
        trial(None, with_timing(design, 0.06), number, NO_VERDICT).timing
        - trial(None, design, number, NO_VERDICT).timing
        for number in range(3)
    ]

    assert np.mean(added) == pytest.approx(0.06, abs=0.02)


def test_the_fund_s_part_is_its_share_of_what_is_planted():
    added = [
        trial(None, with_fund(Design(), 0.04), number, NO_VERDICT).fund - trial(None, Design(), number, NO_VERDICT).fund
        for number in range(3)
    ]

    assert np.mean(added) == pytest.approx(0.04 * 0.15 * 15 / 37, rel=0.15)


def test_a_design_has_its_own_luck_whatever_is_planted():
    spells, planted, weekly = (
        plant(design, 3)[1].plan.intensity[:, -1].tolist()
        for design in (Design(), Design(fund=0.1), Design(rebalance="never"))
    )

    assert spells == planted
    assert spells != weekly
    assert spells != plant(Design(), 4)[1].plan.intensity[:, -1].tolist()


@pytest.mark.parametrize("signal", ["trend", "volatility", "random"])
def test_a_planted_signal_says_what_it_says_of_the_prices_that_came_of_it(signal):
    """Session by session with scalars, and over all of them at once: the same, and so is what the moves became."""
    spells = np.random.default_rng(1).random(1500) < 0.4
    given = moves_of("clustered", np.random.default_rng(2), 1500, 0.0, None)
    (night, course), on = timed(Design("clustered", signal, timing=0.08, years=5), given, spells)
    level = exp(np.cumsum(night + course))
    again = np.cumprod(exp(night + course))

    assert on.tolist() == says(signal, again, spells).tolist()
    assert np.mean(on == says(signal, level, spells)) > 0.999  # but for a price that is its own average to a rounding
    added = (night - given.night)[WARM_UP:]
    assert set(np.sign(added[on[WARM_UP - 2 : -2]])) == {-1.0}
    assert set(np.sign(added[~on[WARM_UP - 2 : -2]])) == {1.0}
