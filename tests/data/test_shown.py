"""What objects say of themselves in a notebook: at most a screen, and what a person looks for first."""

from dataclasses import replace

import pandas as pd
import pytest
from kept_runs import keep
from walkforward_runs import by_hand

import backtest
from data.shown import figure, mark_table, marks_of, screen
from engine.inspection.signal import flip_words
from engine.research.executors import executor_of
from engine.research.search.objectives import objectives_of
from engine.research.search.run import plan_search, search_trials
from engine.research.search.space import space_of
from engine.validation.proof import Check, Leak, Proof
from reports.comparison import compared
from reports.study import headline

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


def test_so_does_every_answer_in_a_dozen_lines_marked_where_history_is_made_up(tmp_path):
    config = backtest.load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2020-12-31"])
    studied, kept = backtest.study(config), [keep(tmp_path), keep(tmp_path, "hedge.weight=0.1", "name=less")]
    live, day = backtest.signal(config), backtest.explain(config, "2020-03-16", runs=tmp_path)
    proof = backtest.lookahead(config, cuts=1)
    frontier = backtest.frontier(config, ways=["cash"], weights=[0.1, 0.2])
    found = compared(kept)
    answers = [
        (
            live,
            (live.headline, live.date, live.following, f"SOXX {100 * live.targets[0].target:.1f} %", *flip_words(live)),
        ),
        (studied, ("2019-01-02 to 2020-12-31", headline(studied.study, studied.roles), "63 sessions: underlying")),
        (day, ("2020-03-16", day.headline, "SOXS +", "SOXS hedge $")),
        (proof, ("no look into the future was found", "truncation passed", "2019-01-02 to 2020-12-31")),
        (frontier, ("bills on the signal: ", "2019-01-02 to 2020-12-31", "same bad quarter")),
        (found, ("Comparison of 2 runs", "2019-01-02 to 2020-06-30", "less: CAGR ", "withheld")),
        (backtest.stress(config, ["nothing"], paths=0), ("after 2020-12-31", "SYNTHETIC")),
    ]

    for answer, said in answers:
        shown = repr(answer)
        assert fits(shown)
        assert 3 <= len(shown.split("\n")) <= 12
        assert "SIMULATED" in shown
        assert shown.startswith(type(answer).__name__)
        for words in said:
            assert words in " ".join(line.strip() for line in shown.split("\n")), words
    assert fits(repr(found.runs[0]))
    assert "SIMULATED" in repr(found.runs[0])
    assert " ".join(repr(studied.study).split()) in " ".join(repr(studied).split())


def test_a_proof_that_fell_says_what_was_seen():
    leak = Leak("2020-03-02", "2020-03-03", "0", "1", (), ("SOXX's close",), 1, False, "It reads SOXX's next close.")
    proof = Proof("mine", "Mine", "intensity", "2019-01-02", "2020-12-31", 505, simulated=False, checks=())

    assert "no look into the future" in repr(proof)
    assert "SIMULATED" not in repr(proof)
    fallen = repr(replace(proof, checks=(Check("truncation", "leak", "", leaks=(leak,)),)))
    assert "1 look into the future" in fallen
    assert leak.sentence in fallen
    assert "not all could be proved" in repr(replace(proof, checks=(Check("state", "unproved", ""),)))


def test_a_screen_folds_cuts_and_leaves_out():
    shown = screen("a " * 100, None, "", *["b"] * 40)

    assert fits(shown)
    assert shown.endswith("b\n...")
    assert screen("one", None, "", "two") == "one\n\ntwo"
    assert figure(None) == figure(float("nan")) == "-"
    assert figure(0.1234, ".2%") == "12.34 %"


def test_a_table_has_its_mark_in_the_corner_and_is_the_same_otherwise():
    plain = pd.DataFrame({"cagr": [0.1, 0.2]})
    shown = mark_table(plain.copy(), "SYNTHETIC", simulated=False)

    assert repr(shown).startswith("SYNTHETIC  cagr")
    assert shown.attrs == {"SIMULATED": False}
    assert shown.to_csv() == plain.to_csv()
    assert repr(mark_table(plain.copy(), "", simulated=False)) == repr(plain)


def test_notes_that_are_shown_with_figures_begin_with_a_mark():
    marked = ["SIMULATED market: it shows.", "ORDERS: mine placed none.", "MODELLED: by a formula."]
    assert marks_of(["The dividends are of another day.", *marked]) == marked
