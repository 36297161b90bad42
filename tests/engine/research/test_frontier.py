"""The frontier of protection: each dot is the book of its command, and its prices are those of two books."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from answered_runs import DATES, answered, market

from data.bars import COLUMNS
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


@cache
def placed():
    return place_ways(plan_frontier([given()], ["sold", "cash", "short", "MORE"]))


@pytest.fixture
def found(made_up):
    return placed()


def test_a_dot_is_the_book_of_its_command(found):
    for point in found.points:
        settings = point.command.removeprefix("backtest run base.yaml").replace("--set", "").split()
        sold = found.ways[point.way].sold
        config = given("base", f"controls={'on' if sold else 'off'}", *settings).config
        told = run(config, market(), engine="compiled").figures
        again = told["controls"]["derisk_entry"] if sold else told
        assert again["final_equity"] == pytest.approx(point.dot.final_equity, rel=1e-12)


def test_the_line_is_holding_less_and_ends_with_doing_nothing(found):
    setup = answered().setup

    assert found.idle.dot.final_equity == pytest.approx(run_unhedged(setup).equity[-1], rel=1e-9)
    half = next(point for point in found.line if point.dot.share == pytest.approx(0.5))
    assert half.dot.final_equity == pytest.approx(run_held_less(setup, 0.5).equity[-1], rel=1e-12)


def test_the_files_own_hedge_in_full_is_the_run_with_its_gap_and_interval(found):
    own = [point for point in found.points if point.way == 0][-1]
    answer = answered().figures["answer"]

    assert own.dot.gap == pytest.approx(answer["frontier"]["dots"][0]["gap"], abs=1e-12)
    told = answer["insurance"]
    assert own.interval.interval == pytest.approx(told["interval"], abs=1e-12)
    assert own.interval.with_fall == pytest.approx(told["interval_with_fall"], abs=1e-12)
    assert own.interval.label == told["label"]


def test_a_price_is_growth_given_up_over_risk_avoided(found):
    idle = risks_of(run_unhedged(answered().setup).equity)
    for point in found.points[::4]:
        own = risks_of(equity_of(found, point))
        assert {name: abs(point.risk(name)) for name in own} == pytest.approx(own, rel=1e-9)
        for name, risk in own.items():
            avoided = idle[name] - risk
            price = (found.idle.dot.cagr - point.dot.cagr) / avoided if avoided > 1e-3 else None
            assert point.costs[name] == (None if price is None else pytest.approx(price, rel=1e-6))


def risks_of(equity):
    """How deep a book falls, by each measure, as positive numbers; by loops and sorts of plain lists."""
    quarters = sorted(later / before - 1.0 for before, later in zip(equity, equity[63:], strict=False))
    worst = quarters[: int(0.05 * (len(quarters) - 1)) + 1]
    mean, deepest, top = sum(worst) / len(worst), 0.0, 0.0
    for level in equity:
        top = max(top, level)
        deepest = max(deepest, 1.0 - level / top)
    years = (len(equity) - 1) / answered().market.sessions_a_year
    steps = np.diff(equity) / equity[:-1]
    return {
        "bad_quarter": sum(quarters) / len(quarters) - mean,
        "max_drawdown": deepest,
        "shortfall": -mean,
        "volatility": float(steps.std(ddof=1)) * (len(steps) / years) ** 0.5,
    }


def equity_of(found, point):
    way = found.ways[point.way]
    settings = next(settings for strength, settings, _ in way.strengths if strength == point.strength)
    file = given()
    tried = WayRun(point.way, point.strength, point.amount, file.configure(settings), file, settings)
    return WayBooks(found.market, {}).run(tried, sold=way.sold).equity


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


GIVER = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass(frozen=True)
class Giver(CloseStrategy):
    def on_close(self, view, book):
        level = view.total_return()
        return 0.1 if len(level) > 20 and level[-1] < level[-20:].mean() else 0.0
"""


def test_a_strategy_that_gives_weights_itself_has_its_book_and_core_sold_instead(tmp_path):
    (tmp_path / "giver.py").write_text(GIVER)
    own = f"strategy.class={tmp_path / 'giver.py'}:Giver"

    found = place_ways(plan_frontier([given("base", own)], None, [0.2, 0.4]))

    told = run(given("base", own).config, market(), engine="python").figures
    books = [told["final_equity"], told["controls"]["derisk_entry"]["final_equity"]]
    assert [point.dot.final_equity for point in found.points] == pytest.approx(books, rel=1e-12)
    assert books[0] != books[1]

    assert found.remarks == (f"{own[15:]} gives weights or orders of its own, which no other hedge can follow.",)


GREEDY = """
import backtrader as bt

class Greedy(bt.Strategy):
    def next(self):
        if len(self) % 20 == 0:
            self.buy(self.getdatabyname("FUND"), size=1e9)
"""


def test_a_book_that_a_run_withholds_its_verdict_of_is_left_out(tmp_path):
    (tmp_path / "greedy.py").write_text(GREEDY)
    greedy = given("greedy", f"strategy.class={tmp_path / 'greedy.py'}:Greedy")

    found = place_ways(plan_frontier([given(), greedy], []))
    assert {point.way for point in found.points} == {0}
    assert "FUND (greedy), as it is, is left out: " in found.remarks[-1]
    assert found.remarks[-1].endswith("orders were rejected, so that this isn't the book it meant.")
    with pytest.raises(UserError, match=r"^no way could be run: FUND \(greedy\), as it is, is left out: "):
        place_ways(plan_frontier([greedy]))


def test_a_file_that_is_given_twice_counts_once():
    planned = plan_frontier([given(), given(), given("other", "hedge.weight=0.3")], [])

    assert [way.key for way in planned.ways] == ["base", "other"]


def test_fewer_sessions_than_an_answer_needs_are_refused():
    with pytest.raises(UserError, match=r"^\S+ to \S+: the run is too short: fewer than 252 sessions .* --start$"):
        place_ways(plan_frontier([given("base", f"start={DATES[-251]}")], ["cash"]))
    assert place_ways(plan_frontier([given("base", f"start={DATES[-252]}")], ["cash"])).points


def test_a_way_that_begins_late_is_left_out_or_refused_where_it_is_named(monkeypatch):
    whole = market()
    late = whole.read("bars", "MORE")
    cut = replace(late, **{name: getattr(late, name)[150:] for name in ("dates", *COLUMNS)}, instrument="TLT")
    source = replace(whole, held_bars={**whole.held_bars, "TLT": cut})
    monkeypatch.setattr(module, "open_source", lambda *_named: source)

    planned = plan_frontier([given()])
    assert planned.remarks == (f"TLT begins {DATES[150]} and is left out: --start {DATES[150]} takes it in.",)
    assert {run.config.hedge.instrument for run in planned.tried} == {"FUND", "BILLS", "CORE-SHORT"}
    with pytest.raises(UserError, match=f"--with TLT: it begins {DATES[150]}, after the start: --start"):
        plan_frontier([given()], ["TLT"])


def test_a_book_that_stands_already_is_left_out():
    own = given("base", "hedge={kind: cash, underlying: CORE, weight: 0.5, max_weight: 1}")
    found = place_ways(plan_frontier([own], ["cash", "short", "sold"], [0.25, 0.5]))

    stand = [(0, "25 %"), (0, "50 %"), (2, "25 %"), (2, "50 %"), (3, "0.25 of its beta")]
    assert [(point.way, point.amount) for point in found.points] == stand
    left = "is left out: its book is that of cash (base)."
    assert found.remarks == (
        f"cash on the signal, 25 % and 50 %, {left}",
        f"core sold instead, at its orders, 0.5 of its beta, {left}",
    )


def test_what_is_left_out_is_told_once_a_reason_and_counts_as_done():
    counted = []
    found = place_ways(plan_frontier([given()], ["cash", "short"], [0.2, 1.5, 2.0]), counted.append)

    assert [point.strength for point in found.points] == [0.2, 0.2, 0.2]
    assert [remark.partition(" is left out: hedge.weight has to be")[0] for remark in found.remarks] == [
        f"{title}, {amount},"
        for title in ("FUND (base)", "cash on the signal", "CORE sold short on the signal")
        for amount in ("150 %", "200 %")
    ]
    assert sum(counted) == len(found.points)


class Ruined(WayBooks):
    """Books of which those that hold most are worth nothing in the end."""

    def run(self, run, *, sold):
        ledger = super().run(run, sold=sold)
        return ledger if run.strength < 0.4 else ledger._replace(equity=np.append(ledger.equity[:-1], 0.0))


def test_a_book_that_is_ruined_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "WayBooks", Ruined)

    found = place_ways(plan_frontier([given()], ["cash"], [0.2, 0.4]))

    assert [point.strength for point in found.points] == [0.2, 0.2]
    assert found.remarks == tuple(
        f"{title}, is left out: it was ruined." for title in ("FUND (base), 40 %", "cash on the signal, 40 %")
    )


def test_the_same_is_the_same_again(found):
    again = place_ways(plan_frontier([given()], ["sold", "cash", "short", "MORE"]))

    assert json.dumps(again.as_dict()) == json.dumps(found.as_dict())
    told = found.as_dict()
    assert [way["book"] for way in told["ways"]] == ["hedged", "derisk_entry", "hedged", "hedged", "hedged"]
    assert sum(len(way["points"]) for way in told["ways"]) == len(found.points)
    assert (told["simulated"], told["synthetic"], found.mark) == (False, {}, None)
