"""Answers side by side: what is printed adds up, and p-values are adjusted by family from the folders' own tables."""

from dataclasses import fields

import numpy as np
import pyarrow.parquet as pq
import pytest
from answered_runs import DATES, keep_answered
from kept_runs import edited, keep

from engine.analytics.answer.family import family_adjusted
from reports.comparison import compared
from reports.comparison_rows import NONE, AnswerRow, adjusted_of, answer_rows, family_note, family_of


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three of one core and span, one that starts later, one of another core, one without an answer."""
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "base": (),
        "fast": ("trend_days=20",),
        "heavy": ("hedge.weight=0.4", "trend_days=35", "hedge.rebalance=never"),
        "later": (f"start={DATES[130]}",),
        "more": ("portfolio.core={MORE: 1}",),
        "none": ("controls=off",),
    }
    return {name: keep_answered(folder, *settings, name=name) for name, settings in made.items()}


def of_the_folders(runs, *names):
    shifts = {name: pq.read_table(runs[name].folder / "timing.parquet")["t"].to_numpy() for name in names}
    return family_adjusted(shifts)


def test_adjusted_p_is_that_of_the_folders_tables(runs):
    told = adjusted_of(runs)
    assert list(told) == ["base", "fast", "heavy", "later", "more"]
    family = of_the_folders(runs, "base", "fast", "heavy")
    assert {name: told[name].p for name in family} == family
    assert [told[name].runs for name in told] == [3, 3, 3, 1, 1]
    for name in ("later", "more"):
        assert told[name].p == pytest.approx(runs[name].figures["answer"]["timing"]["p"], abs=1e-12)
    rows = answer_rows(runs)
    assert [rows[name].adjusted for name in family] == [f"{p:.3f}" for p in family.values()]
    assert (rows["later"].adjusted, rows["more"].adjusted, rows["none"].adjusted) == (NONE,) * 3
    assert all(family[name] >= runs[name].figures["answer"]["timing"]["p"] - 1e-12 for name in family)


def test_a_family_is_one_core_and_the_same_sessions(runs):
    assert len({family_of(runs[name]) for name in ("base", "fast", "heavy")}) == 1
    assert len({family_of(run) for run in runs.values()}) == 3
    mixed = {
        **runs["base"].settings,
        "portfolio": {**runs["base"].settings["portfolio"], "core": {"CORE": 0.5, "MORE": 0.5}},
    }
    assert family_of(edited(runs["base"], settings=mixed)) != family_of(runs["base"])


def test_who_stands_alone_is_said(runs):
    told = family_note(runs)
    assert "3 runs of one core and the same sessions" in told
    assert told.endswith("No other run here has the core and the sessions of later, more: nothing to adjust for.")
    assert "later" not in family_note({name: runs[name] for name in ("base", "fast")})
    assert family_note({"none": runs["none"]}) == ""


def test_the_printed_sum_adds_up_to_the_printed_growth(runs):
    for name, row in answer_rows({name: run for name, run in runs.items() if name != "none"}).items():
        parts = [float(getattr(row, part)) for part in ("exposure", "timing", "drift", "fund")]
        ends = [float(getattr(row, end).removesuffix(" %")) for end in ("unhedged", "hedged")]
        assert ends[0] + sum(parts) == pytest.approx(ends[1], abs=1e-9)
        metrics = runs[name].figures
        assert ends == [round(100 * metrics["controls"]["unhedged"]["cagr"], 1), round(100 * metrics["cagr"], 1)]
        exact = metrics["answer"]["sum"]["cagr"]
        for part, shown in zip(("exposure", "timing", "drift", "fund"), parts, strict=True):
            assert shown == pytest.approx(100 * exact[part], abs=0.1 + 1e-9)
        assert (row.label, row.when) == (metrics["verdict"]["label"], metrics["answer"]["timing"]["label"])
        assert float(row.gap) == pytest.approx(100 * metrics["answer"]["insurance"]["gap"], abs=0.1 + 1e-9)


def test_without_an_answer_there_is_the_label_alone(runs, tmp_path):
    assert answer_rows(runs)["none"] == AnswerRow("not judged")
    simulated = keep(tmp_path)
    assert answer_rows({"it": simulated})["it"] == AnswerRow("withheld")
    assert all(getattr(AnswerRow("x"), field.name) == NONE for field in fields(AnswerRow) if field.name != "label")


def test_figures_over_controls_are_differences_of_growth(runs):
    found = compared([runs["base"], runs["fast"], runs["none"]])
    for one in found.runs[:2]:
        for control in ("derisk_daily", "held_less"):
            theirs = one.run.figures["controls"][control]["cagr"]
            assert one.figures[f"cagr_vs_{control}"] == pytest.approx(one.run.figures["cagr"] - theirs, rel=1e-9)
            equity = one.run.tables["equity"][control]
            np.testing.assert_allclose(one.growth[control], equity / equity[0], rtol=1e-12)
    assert found.runs[2].figures["cagr_vs_held_less"] is None
