"""docs/results.md: its tables and its paragraph say what the runs' folders hold, whatever the runs."""

import re
from dataclasses import replace

import pytest
from answered_runs import keep_answered
from kept_runs import keep

from benchmarks.results_page import BY_PRICE, Shipped, dear, lesson, page, write_picture
from engine.hedge_names import run_title
from reports.comparison_rows import answer_rows


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made = {"of_base": (), "of_fast": ("trend_days=20",), "of_none": ("controls=off",)}
    return {name: keep_answered(folder, *settings, name=name) for name, settings in made.items()}


def written(runs, **more):
    shipped = {name: Shipped(run, ("Members are today's.",), "none") for name, run in runs.items()}
    words = {"command": "make results", "hashed": "0", "picture": "results.svg", "lacking": [], "day": None}
    return page(shipped, **words | more)


def test_each_run_has_its_row_in_every_table(runs):
    text = written(runs, lacking=["`gone` is left out: no data"])
    rows = answer_rows(runs)
    for name, row in rows.items():
        lines = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        assert len(lines) == 3
        cells = [cell.strip() for cell in lines[1].strip("|").split("|")]
        assert cells[1:7] == [row.unhedged, row.exposure, row.timing, row.drift, row.fund, row.hedged]
        assert cells[7:] == [row.when, row.p, row.adjusted, row.fund_label]
        assert lines[0].endswith(f"| {row.interval} | {row.label} |")
    assert "Members are today's (`of_base`, `of_fast`, `of_none`)." in text
    assert text.rstrip().endswith("`gone` is left out: no data.")
    assert "The day of the article" not in text


def test_the_paragraph_counts_what_there_is(runs):
    told = lesson(runs, answer_rows(runs))
    labels = [answer_rows(runs)[name].label for name in ("of_base", "of_fast")]
    assert told.startswith("Of 2 hedges ")
    assert f"{labels.count('did not pay') or 'none'} did not" in told
    total, *parts = (float(one) for one in re.search(AVERAGE, told).groups())
    assert sum(parts) == pytest.approx(total, abs=1e-9)
    exact = [runs[name].figures["answer"]["sum"]["cagr"]["total"] for name in ("of_base", "of_fast")]
    assert total == pytest.approx(50 * sum(exact), abs=0.051)
    assert lesson({"of_none": runs["of_none"]}, answer_rows(runs)) == "None of them has an answer."


AVERAGE = r"average was (\S+) points a year: (\S+) for .*?, (\S+) for the dates, (\S+) for .*?, and (\S+) for FUND"


def test_the_average_is_of_one_fund_and_options_say_modelled(runs, tmp_path):
    collar = keep(tmp_path, "hedge={kind: option, option: {structure: collar}}", "name=a_collar")
    named = {run_title(name, run.settings): run for name, run in {**runs, "a_collar": collar}.items()}

    text = written({**runs, "a_collar": collar})
    assert list(named) == [*runs, "a_collar, MODELLED"]
    assert len(re.findall(r"^\| `a_collar`, MODELLED \|", text, re.MULTILINE)) == 3
    assert "Of the 2 that buy FUND the average was" in " ".join(lesson(runs, answer_rows(runs)).split())


def test_runs_by_earnings_stand_beside_those_by_price(runs):
    """Each of the two is a row of its own, and the paragraph has the difference of what they grew."""
    base, fast = runs["of_base"], runs["of_fast"]
    shipped = {"dear": Shipped(base, (), "none", "2012-11-09"), f"dear{BY_PRICE}": Shipped(fast, ("Odd.",), "none")}
    words = {"command": "make results", "hashed": "0", "picture": "results.svg", "lacking": [], "day": None}
    text = page(shipped, **words)
    assert len(re.findall(r"^\| `dear`, by price \|", text, re.MULTILINE)) == 3
    assert "Odd (`dear`, by price)." in text
    told = " ".join(dear(shipped).split())
    more = 100 * (base.figures["cagr"] - fast.figures["cagr"])
    assert f"Their growth differs from those by {more:+.1f} points a year." in told
    assert "nothing is dear before 2012-11-09" in told
    signs = {run.figures["answer"]["timing"]["label"] for run in (base, fast)}
    assert ("No dates of theirs" in told) == (signs == {"no sign"})
    assert "## Dear by earnings, and by price alone" in text
    assert dear({"dear": shipped["dear"]}) == ""


def test_a_hedge_that_paid_is_said_to_have(runs):
    told = {**runs["of_base"].figures["answer"]["insurance"], "label": "paid"}
    metrics = {**runs["of_base"].figures, "answer": {**runs["of_base"].figures["answer"], "insurance": told}}
    paid = {"of_base": replace(runs["of_base"], figures=metrics), "of_fast": runs["of_fast"]}
    said = lesson(paid, answer_rows(paid))
    assert "Of 2 hedges 1 paid" in said
    assert "none here has been" not in said


def test_the_picture_is_one_file_that_needs_nothing_else(runs, tmp_path):
    write_picture(tmp_path / "results.svg", runs)
    text = (tmp_path / "results.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg xmlns")
    assert text.count("<circle") >= 3
    assert all(name in text for name in ("base", "fast", "doing nothing"))
    assert re.findall(r"(?:href|src|url\()=?", text) == []
    write_picture(tmp_path / "none.svg", {"it": keep(tmp_path)})
    assert not (tmp_path / "none.svg").exists()
