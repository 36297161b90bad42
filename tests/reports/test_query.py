"""The list of runs: what tells them apart and the whole verdict, at 80 columns."""

import io
import json

import pytest
from answered_runs import keep_answered
from kept_runs import keep
from rich.console import Console

from data.files import CHECKSUMS
from engine.analytics.answer.digits import printed_gap
from engine.runs.index import control_rows, run_rows
from engine.runs.origin import origin_of
from reports.comparison_rows import match_of
from reports.query import show_kept_runs, sorted_rows, whole_verdict


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two on real bars, one simulated, one without controls, one that an older version wrote."""
    folder = tmp_path_factory.mktemp("runs")
    keep_answered(folder, name="a" * 30)
    keep_answered(folder, "hedge.weight=0.3", "trend_days=20")
    keep(folder, "hedge.rebalance=never")
    keep(folder, "controls=off")
    older = keep(folder, "trend_days=33").folder / "metrics.json"
    told = json.loads(older.read_text(encoding="utf-8"))
    del told["answer"], told["controls"]["unhedged"]
    older.write_text(json.dumps(told | {"verdict": {"growth": None}}), encoding="utf-8")
    (older.parent / CHECKSUMS).unlink()
    return folder


def said(runs, width=80, sort=None):
    rows, out = [row for row, _metrics in run_rows(runs, pytest.fail)], io.StringIO()
    origins = {row["folder"]: origin_of(runs / row["folder"]) for row in rows}
    show_kept_runs(Console(file=out, width=width), rows, len(rows), origins, sort)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut_or_wider_than_the_terminal(runs, width):
    text = said(runs, width)
    flat = "".join(text.split())
    assert max(map(len, text.splitlines())) <= width
    assert "\u2026" not in text
    for row, _metrics in run_rows(runs, pytest.fail):
        assert row["id"] in flat
        assert "".join(str(row["name"]).split()) in flat
        if "SIMULATED" not in whole_verdict(row):
            assert whole_verdict(row).split(":")[0].split()[0] in text


def test_what_a_run_changes_tells_it_apart(runs):
    text = said(runs, 120)
    assert "hedge.weight=0.3" in text
    assert "trend_days=20" in text
    assert "hedge.rebalance=never" in text
    assert "start=2019-01-02" in text


def test_the_whole_verdict_is_the_headline_with_the_gap(runs):
    answered = [(row, metrics) for row, metrics in run_rows(runs, pytest.fail) if metrics.get("answer")]
    assert len(answered) == 2
    for row, metrics in answered:
        match = match_of(metrics)
        told = whole_verdict(row)
        assert told.startswith(metrics["verdict"]["headline"].removesuffix("."))
        assert f"{abs(printed_gap(match)):.1f} points {'below' if printed_gap(match) < 0 else 'above'} holding" in told
        assert told.endswith("holding all" if match.share >= 1 else f"holding {100 * match.share:.0f} %")


def test_without_an_answer_the_reason_stands_there(runs):
    told = [whole_verdict(row) for row, metrics in run_rows(runs, pytest.fail) if not metrics.get("answer")]
    assert told == [
        "No verdict: the market is SIMULATED",
        "not judged: controls are off",
        "older: run again",
    ]


def test_a_folder_of_an_older_version_is_listed_and_stops_nothing(runs):
    (older,) = [row for row, _metrics in run_rows(runs, pytest.fail) if row["older"]]
    assert older["name"] == "hedge_soxs"
    assert older["cagr"] is not None
    assert older["id"] not in {row["run"] for row in control_rows(runs, pytest.fail)}


def test_two_runs_that_change_the_same_are_told_apart_by_data_or_code(runs):
    rows = [row for row, _metrics in run_rows(runs, pytest.fail)]
    twin = {**rows[2], "folder": "twin", "id": "0" * 10, "data": "d" * 10}
    origins = {row["folder"]: origin_of(runs / row["folder"]) for row in rows} | {
        "twin": origin_of(runs / rows[2]["folder"])
    }
    out = io.StringIO()
    show_kept_runs(Console(file=out, width=120), [*rows, twin], 9, origins)
    flat = " ".join(out.getvalue().split())
    assert f"data {'d' * 10}" in flat
    assert f"data {rows[2]['data']}" in flat
    assert f"data {rows[3]['data']}" not in flat or rows[3]["data"] == rows[2]["data"]
    assert "6 of 9 runs" in flat


@pytest.mark.parametrize("column", ["always_on_cagr", "held_less_drawdown_cagr", "short_underlying_volatility"])
def test_a_control_s_figure_is_written_as_its_measure(runs, column):
    value = next(row[column] for row, _metrics in run_rows(runs, pytest.fail) if row.get(column) is not None)
    assert f"{100 * value:.1f}%" in said(runs, 120, sort=column)


@pytest.mark.parametrize("owner", ["", "unhedged_", "always_on_", "held_less_drawdown_", "best_"])
def test_a_control_s_figure_is_sorted_as_its_measure(owner):
    calm, wild = {f"{owner}volatility": 0.1, f"{owner}sharpe": 1.0}, {f"{owner}volatility": 0.3, f"{owner}sharpe": 0.5}
    assert sorted_rows([wild, calm], f"{owner}volatility") == [calm, wild]
    assert sorted_rows([wild, calm], f"{owner}sharpe") == [calm, wild]
