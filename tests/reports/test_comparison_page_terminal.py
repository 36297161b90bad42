"""What a comparison says in the terminal."""

import io
from pathlib import Path

import pytest
from answered_runs import keep_answered
from kept_runs import edited, keep
from rich.console import Console

from reports.comparison import compared
from reports.comparison_page import show_comparison


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    quick = keep(folder, "controls=off", "trend_days=20")
    return [keep(folder, "controls=off"), edited(quick, metrics={"name": "[red]quick[/]"})]


def said(found, width=80):
    out = io.StringIO()
    show_comparison(Console(file=out, width=width, highlight=False), found, Path("runs") / "comparison.html")
    return out.getvalue().splitlines()


def test_a_row_a_run_with_the_best_marked(runs):
    found = compared(runs)
    lines = said(found)
    assert lines[0] == f"2019-01-02 to 2020-06-30, {len(found.sessions)} sessions"
    assert lines[2].split()[:2] == ["SIMULATED", "CAGR"]
    one, quick = (line.split() for line in lines[3:5])
    assert (one[0], quick[0]) == ("hedge_soxs", "[red]quick[/]")
    cagr = [run.figures["cagr"] for run in found.runs]
    marks = ["*" if value == max(cagr) else "" for value in cagr]
    assert [one[1], quick[1]] == [f"{100 * value:.2f}%{mark}" for value, mark in zip(cagr, marks, strict=True)]
    assert one[3] == "-"  # without controls there is no holding less
    assert "hedge_soxs     not judged" in [line.rstrip() for line in lines]
    assert not any("p adjusted" in line for line in lines)
    assert lines[-1] == "Page: runs/comparison.html"
    assert lines[-2].startswith("SIMULATED market: ")
    assert max(map(len, lines)) <= 80


def test_a_simulated_run_is_not_the_best_beside_a_real_one(runs):
    best = max(runs, key=lambda run: run.figures["cagr"])
    other = next(run for run in runs if run is not best)
    lines = said(compared([best, edited(other, metrics={"simulated": False})]))
    assert not any("%*" in line for line in lines)
    assert "* is the best of its column; a made-up history beside real ones is none." in lines


def test_long_names_and_notes_keep_to_the_width(runs):
    long = edited(runs[1], metrics={"name": "n" * 80})
    assert max(map(len, said(compared([runs[0], long])))) <= 80


def test_verdict_sum_and_tests_have_a_row_a_run(tmp_path):
    found = compared([keep_answered(tmp_path, *given, name=name) for name, given in GIVEN.items()])
    lines = [line.rstrip() for line in said(found)]
    assert max(map(len, lines)) <= 80
    for title, fields in (
        ("verdict", ("label", "held", "gap", "interval")),
        ("sum", ("unhedged", "exposure", "timing", "drift", "fund", "hedged")),
        ("tests", ("when", "p", "adjusted", "fund_label")),
    ):
        (head,) = [at for at, line in enumerate(lines) if line.split()[:1] == [title]]
        rows = [line.split() for line in lines[head + 1 :]]
        for name, answer in found.answers.items():
            row = next(row for row in rows if row[:1] == [name])
            assert " ".join(row) == " ".join((name, *(getattr(answer, field).replace(" %", "%") for field in fields)))
    assert "2 runs of one core and the same sessions" in " ".join(lines)


GIVEN = {"base": (), "fast": ("trend_days=20",)}
