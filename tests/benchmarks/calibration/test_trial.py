"""Calibration: made markets are what they say they are, and the machinery counts right. Small and seeded."""

import re
from pathlib import Path

import numpy as np
import pytest

from data.fund import FEE, fund_return
from data.rates import days_between
from data.simulate import LONG_RUN_SD
from engine.judgement.calibration import Trial, found_at, rates_of, trial, uniformity
from engine.judgement.evidence import Interval
from engine.judgement.planted import CASH_YIELD, SESSIONS, WARM_UP, Design, plant
from engine.judgement.verdict import CANT_TELL, NOT_PAID, PAID

MARKETS = 12
PAGE = Path(__file__).resolve().parents[3] / "docs" / "calibration.md"


def moves(design, number=0):
    """Log moves of the underlying's nights and days, and the hedge's bars."""
    _config, asked = plant(design, number)
    bars, hedge = asked.setup.market.bars(), asked.setup.market.bars("SOXS")
    night = np.log(bars.open[1:] / bars.close[:-1])
    return night, np.log(bars.close[1:] / bars.open[1:]), hedge, asked


def correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1])


@pytest.fixture(scope="module")
def trials():
    return [trial(Design(), number) for number in range(MARKETS)]


def test_returns_are_independent_or_come_in_spells():
    for clustered, least, most in ((False, -0.05, 0.05), (True, 0.08, 0.5)):
        night, course, _hedge, _asked = moves(Design(clustered=clustered))
        whole = night + course
        assert abs(correlation(whole[:-1], whole[1:])) < 0.06
        assert abs(correlation(night, course)) < 0.06
        assert least < correlation(whole[:-1] ** 2, whole[1:] ** 2) < most
        assert whole.std() == pytest.approx(LONG_RUN_SD, rel=0.3)
    assert len(whole) == WARM_UP + SESSIONS - 1


@pytest.mark.parametrize("cheaper", [0.0, 0.5])
def test_the_fund_is_the_model_s_but_for_its_premium(cheaper):
    night, course, hedge, asked = moves(Design(cheaper=cheaper))
    sessions = asked.setup.market.sessions
    r, days = np.expm1(night + course), days_between(sessions)[1:]
    close = hedge.close[1:] / hedge.close[:-1] - 1.0 - fund_return(r, CASH_YIELD, days, -3.0, FEE - cheaper)
    opened = hedge.open[1:] / hedge.close[:-1] - 1.0
    opened -= fund_return(np.expm1(night), CASH_YIELD, days, -3.0, FEE - cheaper)

    for off in (close, opened):
        assert off.std() == pytest.approx(0.0012 * 2**0.5, rel=0.1)
        assert off.mean() == pytest.approx(0.0, abs=4e-5)


def test_a_free_market_costs_nothing():
    night, course, hedge, asked = moves(Design(free=True))
    r, days = np.expm1(night + course), days_between(asked.setup.market.sessions)[1:]
    off = hedge.close[1:] / hedge.close[:-1] - 1.0 - fund_return(r, CASH_YIELD, days, -3.0, 0.0, 0.0)

    assert off.mean() == pytest.approx(0.0, abs=1e-5)  # fee and spread are 16e-5 a session
    assert not asked.setup.terms.commission.any()
    assert not asked.setup.terms.slippage.any()


def held_moves(signal, horizon, asked):
    """Log moves of each belief, from the open at which it is bought to that at which the next one is."""
    opened = np.log(asked.setup.market.bars().open)
    for start in range(0, len(signal) - horizon - 1, horizon):
        yield bool(signal[start]), np.diff(opened[start + 1 : start + horizon + 2])


@pytest.mark.parametrize(("knows", "horizon"), [(1.0, 15), (0.0, 15), (1.0, 1), (0.6, 1)])
def test_a_belief_is_right_as_often_as_planted(knows, horizon):
    _night, _course, _hedge, asked = moves(Design(signal="direction", knows=knows, horizon=horizon))
    drift = 0.19 / 252 * horizon
    right = [on == (path.sum() < drift) for on, path in held_moves(asked.signal, horizon, asked)]

    assert np.mean(right) == pytest.approx(knows, abs=0.03)


def test_a_stretch_that_trends_goes_further_than_it_shakes():
    _night, _course, _hedge, asked = moves(Design(signal="stretches", knows=1.0))
    told = [(on, path.sum() ** 2 > (path**2).sum()) for on, path in held_moves(asked.signal, 15, asked)]

    assert all(on == trends for on, trends in told)
    assert 0.2 < np.mean([on for on, _ in told]) < 0.5  # of a random walk 32 %


def test_a_night_follows_the_day_while_the_signal_is_on():
    night, course, _hedge, asked = moves(Design(follows=0.3))
    on = asked.signal[1:-1] > 0.0
    whole, following = (night + course)[:-1], night[1:]

    assert np.polyfit(whole[on], following[on], 1)[0] == pytest.approx(0.3, abs=0.03)
    assert np.polyfit(whole[~on], following[~on], 1)[0] == pytest.approx(0.0, abs=0.03)


def test_a_trial_is_the_same_each_time_and_a_market_another_by_its_number(trials):
    assert trial(Design(), 0) == trials[0]
    assert trials[0] != trials[1]
    assert plant(Design(), 3)[1].signal.tolist() == plant(Design(cheaper=0.1), 3)[1].signal.tolist()


def test_without_an_edge_it_is_seldom_claimed(trials):
    rates = rates_of(trials)

    assert rates.paid <= 1 / MARKETS
    assert rates.uniform > 0.01
    assert rates.uniform_growth > 0.01
    assert abs(rates.difference) < 5 * max(rates.error, 0.0005)
    assert all(one.drawdowns > 5 and one.episodes > 50 for one in trials)


def test_what_is_planted_large_is_found():
    dear, cheap, follows, knows, stretches = (
        rates_of([trial(design, number) for number in range(3)])
        for design in (
            Design(cheaper=-0.5),
            Design(cheaper=0.5),
            Design(follows=0.4),
            Design(signal="direction", knows=0.9),
            Design(signal="stretches", knows=1.0),
        )
    )

    assert dear.not_paid == 1.0
    assert dear.difference == pytest.approx(-0.5 * 0.06, rel=0.25)  # about 6 % of equity is in the fund in the mean
    assert cheap.above == 1.0
    assert follows.above == 1.0
    assert follows.p == 1.0
    assert knows.p_growth == 1.0
    assert knows.paid == 0.0  # direction: the de-risk has it too
    assert stretches.entry_above == 1.0
    assert stretches.paid == 0.0


def test_a_judge_takes_back_what_turns_with_an_assumption():
    """Costs times five weigh on the de-risk, which trades every day: a small drag isn't called after them."""
    taken = [trial(Design(cheaper=-0.06), number) for number in range(2)]

    assert {one.unstripped for one in taken} == {NOT_PAID}
    assert {one.outcome for one in taken} == {CANT_TELL}
    assert all("costs times five" in one.turned for one in taken)


def test_shares_are_counted():
    def made(outcome, low, high, p):
        return Trial(Interval((low + high) / 2, low, high), high, outcome, outcome, (), p, 0.5, 1.0, 20, 12, 0.25)

    rates = rates_of([made(PAID, 0.01, 3.0, 0.05), made(NOT_PAID, -0.03, -0.01, 0.051), made(CANT_TELL, -1, 1, 0.9)])

    assert (rates.paid, rates.not_paid) == pytest.approx((1 / 3, 1 / 3))
    assert (rates.above, rates.below) == pytest.approx((1 / 3, 1 / 3))
    assert rates.entry_above == pytest.approx(1 / 3)
    assert rates.p == pytest.approx(1 / 3)
    assert rates.floored == 0.25
    assert rates.difference == pytest.approx((1.505 - 0.02 + 0.0) / 3)


def test_uniform_values_are_told_from_others():
    steps = np.arange(1, 101) / 100

    assert uniformity(steps) > 0.99
    assert uniformity(steps**2) < 0.01


def test_the_size_found_lies_between_those_tried():
    assert found_at([1.0, 2.0, 4.0], [0.2, 0.6, 1.0]) == pytest.approx(3.0)
    assert found_at([1.0, 2.0], [0.8, 0.9]) == 1.0
    assert found_at([1.0, 2.0], [0.2, 0.79]) is None


def table(title):
    """Rows of a table of docs/calibration.md by their first cell, the first table under a heading."""
    under = PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in under.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[2:]}


def test_the_page_in_the_docs_says_what_it_is():
    text = PAGE.read_text(encoding="utf-8")

    assert "SIMULATED markets" in text
    assert re.search(r"Written on\s+20\d\d-\d\d-\d\d\s+by\s+`make\s+calibrate`", text)
    assert "300 markets" in text.replace("\n", " ")


def test_the_page_s_words_are_true_of_its_tables():
    without = table("Without a timing edge")
    found = table("The size that is found in 80 %")
    placebo = PAGE.read_text(encoding="utf-8").partition("## The placebo without")[2].partition("\n## ")[0]
    uniform = {
        name: [float(value) for value in re.findall(r"\| (\d\.\d{3}) ", line)]
        for line in placebo.splitlines()
        if (name := line.strip("| ").partition(" |")[0]).startswith(("random", "50"))
    }

    assert len(without) == 8
    assert all(float(row["paid"].rstrip(" %")) <= 5.0 for row in without.values())
    assert all(
        abs(float(row["difference, % a year"].split()[0])) < 0.05 for name, row in without.items() if "nothing" in name
    )
    assert all(min(values[:2]) > 0.01 for name, values in uniform.items() if name.startswith("random"))
    assert all(min(values) > 0.01 for name, values in uniform.items() if "nothing costs" in name)
    assert uniform["50-session trend, independent"][0] < 0.01
    assert min(uniform["50-session trend, rebalanced weekly, independent"][:2]) > 0.01
    assert found["Direction of 15 sessions"]["paid"] == found["Stretches that trend"]["paid"] == "-"
    assert found["Direction of one session"]["paid"] == "always"
    assert "%" in found["Dearer fund"]["did not pay"]
