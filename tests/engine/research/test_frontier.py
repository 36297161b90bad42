"""The frontier of protection: each dot is the book of its command, and its prices are those of two books."""

from __future__ import annotations

import numpy as np
import pytest
from answered_runs import DATES, answered, market

from data.errors import DataError, UserError
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import run_held_less
from engine.loading import build_config
from engine.research import frontier as module
from engine.research.frontier import few_ways, place_ways, plan_frontier
from engine.research.way_books import FileGiven, WayBooks, WayRun
from engine.research.ways import STRENGTHS, way_of
from engine.runs.execute import run
from engine.setup import open_market

BASE = {
    "start": str(DATES[100]),
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}


def given(name="base", *settings, **keys):
    def configure(more):
        return build_config({"name": name, **BASE, **keys}, (*settings, *more))

    return FileGiven(configure(()), configure, f"backtest run {name}.yaml")


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Read the made-up market in place of the store."""
    monkeypatch.setattr(module, "open_source", lambda *_named: market())
    monkeypatch.setattr(module, "open_market", lambda config: open_market(config, market()))


@pytest.fixture
def found(made_up):
    return place_ways(plan_frontier([given()], ["sold", "cash", "short", "MORE"]))


def test_a_dot_is_the_book_of_its_command(found):
    for point in found.points:
        if found.ways[point.way].key == "sold":
            continue
        settings = point.command.removeprefix("backtest run base.yaml").replace("--set", "").split()
        config = given("base", "controls=off", *settings).config
        again = run(config, market(), engine="compiled").metrics["final_equity"]
        assert again == pytest.approx(point.dot.final_equity, rel=1e-12)


def test_the_line_is_holding_less_and_ends_with_doing_nothing(found):
    setup = answered().setup

    assert found.idle.dot.final_equity == pytest.approx(run_unhedged(setup).equity[-1], rel=1e-9)
    half = next(point for point in found.line if point.dot.share == pytest.approx(0.5))
    assert half.dot.final_equity == pytest.approx(run_held_less(setup, 0.5).equity[-1], rel=1e-12)


def test_the_files_own_hedge_in_full_is_the_run_with_its_gap_and_interval(found):
    own = [point for point in found.points if point.way == 0][-1]
    answer = answered().metrics["answer"]

    assert own.dot.gap == pytest.approx(answer["frontier"]["dots"][0]["gap"], abs=1e-12)
    assert own.interval == pytest.approx(answer["insurance"]["interval"], abs=1e-12)


def test_a_price_is_growth_given_up_over_risk_avoided(found):
    idle = found.idle
    for point in found.points:
        quarters = np.sort(quarters_of(found, point))
        worst = quarters[: int(0.05 * (len(quarters) - 1)) + 1].mean()
        assert point.shortfall == pytest.approx(worst, rel=1e-9)
        avoided = abs(idle.dot.max_drawdown) - abs(point.dot.max_drawdown)
        price = (idle.dot.cagr - point.dot.cagr) / avoided if avoided > 1e-3 else None
        assert point.costs["max_drawdown"] == (None if price is None else pytest.approx(price))


def quarters_of(found, point):
    way = found.ways[point.way]
    settings = next(settings for strength, settings, _ in way.strengths if strength == point.strength)
    file = given()
    tried = WayRun(point.way, point.strength, point.amount, file.configure(settings), file, settings)
    equity = WayBooks(found.market, {}).run(tried, sold=way.key == "sold").equity
    return equity[63:] / equity[:-63] - 1.0


def test_two_halves_of_the_hedge_stand_where_it_stands(found):
    half = {"instrument": "FUND", "underlying": "CORE", "weight": 0.075}

    def configure(more):
        return build_config({"name": "halves", **BASE, "hedge": None, "hedges": [half, half]}, more)

    both = place_ways(plan_frontier([FileGiven(configure(()), configure, "backtest run halves.yaml")], []))
    own = [point for point in found.points if point.way == 0]

    assert [point.dot.cagr for point in both.points] == pytest.approx([point.dot.cagr for point in own], rel=1e-9)


def test_what_is_wrong_is_refused_in_one_line():
    other = given("other", portfolio={"core": {"MORE": 1.0}})

    with pytest.raises(UserError, match="other has another portfolio than base: a frontier is of one core"):
        plan_frontier([given(), other], [])
    with pytest.raises(UserError, match="--with NOPE: the data hold no NOPE"):
        plan_frontier([given()], ["NOPE"])
    with pytest.raises(UserError, match="--with CORE: CORE is held, or what is hedged"):
        plan_frontier([given()], ["CORE"])
    with pytest.raises(DataError, match="lacks bars of SPY, series of VIX"):
        plan_frontier([given()], ["put"])


def test_strengths_given_replace_the_usual_ones():
    found = plan_frontier([given()], ["cash", "MORE:always"], [0.2, 0.4])

    assert [(run.way, run.strength) for run in found.tried] == [(k, w) for k in range(3) for w in (0.2, 0.4)]
    assert [run.config.hedge.weight for run in found.tried] == [0.2, 0.4] * 3
    assert found.tried[-1].config.policy.enter == 0.0


def test_a_report_s_few_ways_are_the_frontier_s():
    whole, made = place_ways(plan_frontier([given()], ["cash"], [0.5])), answered()
    signal = np.concatenate((np.zeros(made.market.first), np.nan_to_num(made.intensity)))
    few = few_ways(made.config, made.market, signal)

    cash = next(point for point in few.points if few.ways[point.way].key == "cash" and point.strength == 0.5)
    assert cash.dot.cagr == pytest.approx(whole.points[-1].dot.cagr, rel=1e-12)
    assert {point.interval for point in few.points} == {None}


def test_a_fund_of_the_underlying_is_known_by_its_leverage():
    config = build_config({"portfolio": {"core": {"SOXX": 1.0}}, "hedge": {"kind": "cash"}})

    way = way_of("SOXS", config, _Holding(), None)

    assert "hedge.leverage=-3" in way.strengths[0][1]
    assert [strength for strength, *_ in way.strengths] == pytest.approx([0.2 * part for part in STRENGTHS])


class _Holding:
    """A source that holds SOXS."""

    def names(self, _kind):
        return ("SOXS",)
