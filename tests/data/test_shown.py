"""What objects say of themselves in a notebook: at most a screen, and what a person looks for first."""

import pytest
from walkforward_runs import by_hand

import backtest
from data.shown import figure, screen
from engine.research.executors import executor_of
from engine.research.search.objectives import objectives_of
from engine.research.search.run import plan_search, search_trials
from engine.research.search.space import space_of

SPAN = {"start": "2019-01-02", "end": "2020-12-31"}


def fits(shown):
    lines = shown.split("\n")
    return len(lines) <= 24 and max(map(len, lines)) <= 80


@pytest.fixture(scope="module")
def result():
    return backtest.run(SPAN)


def test_a_run_says_name_period_verdict_figures_and_where_it_can_go(result):
    shown = repr(result)

    assert fits(shown)
    assert shown.startswith("Run hedge_soxs: ")
    for said in (
        "2019-01-02 to 2020-12-31, 505 sessions",
        result.evaluation.verdict.sentence,
        f"{result.figures['cagr']:.2%}".replace("%", " %"),
        f"{result.figures['controls']['derisk_daily']['cagr']:.2%}".replace("%", " %"),
        f"{result.figures['controls']['unhedged']['max_drawdown']:.2%}".replace("%", " %"),
        "SIMULATED",
        "backtest.write_run(result)",
    ):
        assert said in shown


def test_so_do_its_parts(result):
    without = backtest.run({**SPAN, "controls": "off"})
    parts = (
        without,
        result.hedged,
        result.market,
        result.setup,
        result.config,
        result.evaluation,
        *result.controls.values(),
    )

    assert all(fits(repr(one)) for one in parts)
    assert "fills in" in repr(result.hedged)
    assert "SOXX hedged with SOXS (-3 x); SOXX underlies" in repr(result.market)
    assert "505 sessions" in repr(result.setup)
    assert "controls: off" in repr(without.config) == str(without.config)
    assert result.evaluation.verdict.sentence in repr(result.evaluation)
    assert all(repr(one).startswith(f"Control {name}: {one.title}") for name, one in result.controls.items())


def test_what_could_not_be_run_says_so(result):
    from dataclasses import replace

    shown = repr(replace(result.controls["short_underlying"], ledger=None, remarks=("there is no history",)))

    assert "couldn't be run" in shown
    assert "there is no history" in shown


def test_a_search_and_a_walk_forward_too(tmp_path):
    config = backtest.load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2020-12-31", "controls=off"])
    wanted = objectives_of("cost,drawdown_avoided", None)
    planned, market = plan_search(
        config, space_of(config, ["trend_days=10:100", "hedge.weight=0.05:0.3"]), wanted, tmp_path
    )
    found = search_trials(planned, market, 4, executor_of(None, 1, None, "threads"))
    walk, _ = by_hand(tmp_path / "walk")

    assert fits(repr(found))
    assert "4 trials" in repr(found)
    assert "trend_days=" in repr(found)

    assert fits(repr(walk))
    assert "3 folds" in repr(walk)
    assert "folder:" in repr(walk)


def test_a_screen_folds_cuts_and_leaves_out():
    shown = screen("a " * 100, None, "", *["b"] * 40)

    assert fits(shown)
    assert shown.endswith("b\n...")
    assert screen("one", None, "", "two") == "one\n\ntwo"
    assert figure(None) == figure(float("nan")) == "-"
    assert figure(0.1234, ".2%") == "12.34 %"
