"""A move is the run itself, computed faster: its books, its match, and what it remembers."""

from dataclasses import replace

import numpy as np
import pytest
from own_strategies import WEIGHING

from engine.analytics.answer.insurance import gap_to_held_less
from engine.analytics.derisk import held_less_grid
from engine.lab.given import Strategies, config_given
from engine.lab.move import MARKETS, ON_CLOSE, TRIED, MoveEngine
from engine.loading import build_config, load_config
from engine.runs.execute import run
from engine.runs.run import Run
from engine.setup import open_market
from strategies.load import RUNS


@pytest.fixture(scope="module")
def base():
    return load_config(RUNS / "hedge_nasdaq.yaml")


@pytest.fixture(scope="module")
def engine():
    return MoveEngine()


def turned(base, *moves):
    return config_given(base, Strategies.of([base]), None, moves)


def test_a_move_is_what_the_run_answers(base, engine):
    config = turned(base, ("hedge.weight", 0.2), ("strategy.params.trend_days", 80), ("start", "2002-01-02"))

    move, result = engine.move(config), run(config, engine="compiled")

    answer = result.evaluation.answer
    assert np.array_equal(move.hedged.equity, result.hedged.equity)
    np.testing.assert_allclose(move.unhedged.equity, result.unhedged.equity, rtol=1e-12)
    held = answer.insurance.quarter
    assert (move.match.share, move.match.cagr, move.match.gap) == (held.share, held.cagr, held.gap)
    assert np.array_equal(move.held.equity, answer.held["held_less"].ledger.equity)
    dots = {dot.name: dot for dot in answer.frontier.dots}
    for name, dot in move.dots.items():
        assert (dot.cagr, dot.bad_quarter, dot.gap) == (dots[name].cagr, dots[name].bad_quarter, dots[name].gap)
    assert [(dot.share, dot.cagr) for dot in move.line] == [(dot.share, dot.cagr) for dot in answer.frontier.line]
    assert move.figures["costs"] == result.figures["costs"]


def test_net_beta_is_what_the_books_hold(base, engine):
    move = engine.move(turned(base))
    leverage, close = base.hedge.leverage, -1

    market = open_market(turned(base))
    worth = move.hedged.shares[close] * [market.close(name)[-1] for name in (*base.portfolio.core, market.hedge)]

    by_hand = (worth[0] + leverage * worth[1]) / move.hedged.equity[close]
    assert move.net_beta[close] == pytest.approx(by_hand, rel=1e-9)


def test_other_strengths_are_the_runs_of_those_weights(base, engine):
    found = engine.move(turned(base)).strengths
    at = TRIED // 2
    config = turned(base, ("hedge.weight", float(found.values[at])))

    again = run(config, engine="compiled")

    years = (len(again.hedged.equity) - 1) / again.market.sessions_a_year
    grid = [book.equity for book in held_less_grid(again.setup)]
    assert found.key == "hedge.weight"
    assert found.cagrs[at] == pytest.approx(again.figures["cagr"], rel=1e-12)
    assert found.gaps[at] == pytest.approx(gap_to_held_less(again.hedged.equity, grid, years), abs=1e-12)


def test_a_hedge_that_is_never_bought_is_as_safe_as_none(base, engine):
    move = engine.move(turned(base, ("hedge.weight", 0)))

    assert move.unknown == "the hedge was never bought"
    assert (move.match.share, round(move.match.gap, 12)) == (1.0, 0.0)


def test_a_run_too_short_to_compare_has_its_lines_alone(base, engine):
    move = engine.move(turned(base, ("start", "2018-06-01")))

    assert move.unknown.startswith("the run is too short")
    assert (move.match, move.held, move.dots, move.strengths) == (None, None, {}, None)


def test_a_strategy_that_is_asked_at_every_close_is_run_by_the_plain_loop(base, engine, tmp_path):
    (tmp_path / "weighing.py").write_text(WEIGHING)
    tree = base.model_dump(mode="python") | {
        "strategy": {"class": f"{tmp_path / 'weighing.py'}:Weighing"},
        "start": "2015-01-02",
    }
    config = build_config(tree)

    move = engine.move(config_given(config, Strategies.of([config]), None, [("strategy.params.weight", 0.2)]))

    assert ON_CLOSE in move.remarks
    assert move.strengths is None
    assert move.hedged.hedges[5, 0] == 0.2


def test_it_remembers_few_markets_and_asks_a_strategy_once(base, monkeypatch):
    engine = MoveEngine()
    engine.move(turned(base))
    monkeypatch.setattr("engine.lab.move.evaluate_strategy", None)  # to ask again would fail
    engine.move(turned(base, ("hedge.weight", 0.3), ("policy.confirm", 3), ("execution.slippage_bps", 9)))
    monkeypatch.undo()

    for year in range(2000, 2000 + 2 * MARKETS):
        engine.move(turned(base, ("start", f"{year}-01-03")))

    assert len(engine._markets._made) == MARKETS


def test_a_kept_run_s_net_beta_needs_its_data_and_not_its_strategy(base, engine, tmp_path):
    (tmp_path / "weighing.py").write_text(WEIGHING)
    tree = base.model_dump(mode="python") | {"strategy": {"class": f"{tmp_path / 'weighing.py'}:Weighing"}}
    config = build_config(tree | {"start": "2015-01-02", "controls": "off"})
    move = engine.move(config)
    (folder := tmp_path / "kept").mkdir()
    run(config, engine="python").save(folder)
    (tmp_path / "weighing.py").write_text("raise SystemExit('it ran')")

    kept = Run.load(folder)
    elsewhere = replace(kept, kept=replace(kept.record, settings=kept.settings | {"start": "2014-01-02"}))

    np.testing.assert_allclose(engine.net_beta(kept), move.net_beta, rtol=1e-12)
    assert engine.net_beta(elsewhere) is None
