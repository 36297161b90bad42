"""What a comparison's headings say follows from the runs' own numbers, and where there are none they say that."""

from dataclasses import replace

import numpy as np
import pytest
from answered_runs import keep_answered
from kept_runs import edited

from data.format import dollars, percent
from reports import comparison_findings as findings
from reports.comparison import SOLD, compared
from reports.comparison_page import _curves
from reports.comparison_rows import AnswerRow


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made = {"base": (), "fast": ("trend_days=20",), "none": ("controls=off",)}
    return [keep_answered(folder, *settings, name=name) for name, settings in made.items()]


@pytest.fixture(scope="module")
def found(runs):
    return compared(runs)


@pytest.fixture(scope="module")
def alone(runs):
    return compared(runs[:1])


def labelled(found, *labels):
    rows = {run.label: AnswerRow(label) for run, label in zip(found.runs, labels, strict=True)}
    return replace(found, answers=rows)


def test_verdicts_are_counted(found, alone):
    of = findings.verdicts_finding
    assert of(labelled(found, "paid", "did not pay", "can't tell")) == (
        "1 of 3 runs paid: 1 did not, of 1 it can't be told"
    )
    assert of(labelled(found, "withheld", "can't tell", "can't tell")) == (
        "None of 3 runs paid: of 2 it can't be told, 1 without a verdict"
    )
    assert of(labelled(found, "paid", "paid", "paid")) == "3 of 3 runs paid"
    assert of(labelled(alone, "can't tell")) == "base: can't tell"


def test_the_gaps_and_the_largest_part_are_those_of_the_answers(runs, found, alone):
    gaps = [run.figures["answer"]["insurance"]["gap"] for run in runs[:2]]
    less = sum(gap < 0.0 for gap in gaps) or "None"
    told = findings.frontier_finding(found)
    assert told == f"{less} of 2 runs grew less than holding less to the same safety"
    assert findings.frontier_finding(alone).startswith(f"{100 * gaps[0]:+.1f} points")
    parts = runs[0].figures["answer"]["sum"]["cagr"]
    largest = max(("exposure", "timing", "drift", "fund"), key=lambda name: abs(parts[name]))
    assert findings.sum_finding(alone) == f"{largest.capitalize()} is the largest part"
    bare = compared([edited(runs[2])])
    assert findings.sum_finding(bare) == "The parts of no run are known"


def test_each_chart_s_heading_is_its_curves(found, alone):
    curves = _curves(found)
    told = {key: findings.chart_finding(found, key, curves) for key in curves}
    growths = {run.label: float(run.growth["hedged"][-1]) for run in found.runs}
    best, idle = max(growths, key=growths.get), max(float(run.growth["unhedged"][-1]) for run in found.runs)
    assert dollars(growths[best], 2) in told["growth"]
    assert best in told["growth"]
    assert (dollars(idle, 2) in told["growth"]) == (idle > growths[best])
    falls = {run.label: -run.drawdown.min() for run in found.runs}
    least = min(falls, key=falls.get)
    assert told["drawdown"].startswith(f"{least} fell least, by {percent(falls[least])}; ")
    above = sum(curve[-1] > 1.0 for name, curve in curves[SOLD] if name != "none")
    assert told[SOLD] == f"{above or 'None'} of 2 runs ended above selling daily"
    betas = {run.label: np.nanmean(run.beta) for run in found.runs}
    assert told["beta"].startswith(f"{min(betas, key=betas.get)} moved least")
    single = _curves(alone)
    assert findings.chart_finding(alone, "drawdown", single) == f"base fell by {percent(falls['base'])} at most"
    assert findings.chart_finding(alone, "sharpe", single).startswith("base earned more than cash over ")


def test_a_sharpe_ratio_that_is_nobody_s_alone_leads_nothing(found, runs):
    twins = replace(found, runs=(found.runs[0], replace(found.runs[0], label="twin")))
    assert findings.chart_finding(twins, "sharpe", _curves(twins)) == ("No run's Sharpe ratio was ahead of the others")


def test_the_other_headings(found, alone):
    assert findings.hedges_finding(alone).startswith("The hedge brought ")
    low, high = sorted(run.attribution["sleeve"] for run in found.runs if run.attribution)
    assert findings.hedges_finding(found) == (
        f"What the hedges brought lies between {100 * low:+.1f} and {100 * high:+.1f} points a year"
    )
    pair = replace(found, correlations=np.eye(2) + 0.5, correlations_of_hedges=np.full((2, 2), np.nan))
    assert findings.correlations_finding(pair) == (
        "The books' days correlate by 0.50; what the hedges added in no pair that can be told"
    )
    assert findings.differences_finding(alone) == "Nothing differs"
    keys = {"strategy.params.trend_days": ("50", "20", "50"), "controls": ("on", "on", "off")}
    assert findings.differences_finding(replace(found, differences=keys)) == "2 keys differ: trend_days and controls"
    assert findings.figures_finding(alone) == "Every figure of the run"
    assert "best in" in findings.figures_finding(found)
    assert findings.months_finding(alone).startswith("Best month: ")
