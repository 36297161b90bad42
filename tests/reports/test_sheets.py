"""What commands write for spreadsheets: the figures that they print, marked where history is made up."""

import csv
import json
import zipfile

import pandas as pd
import pytest
from command import command

SPAN = ("--start", "2019-01-02", "--end", "2021-12-31")


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_s_measures_and_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(
        "run", "hedge_soxs.yaml", *SPAN, "--no-tearsheet", "--no-report", "--json", "--csv", "f.csv", "--xlsx", "f.xlsx"
    )
    metrics, rows = json.loads(done.out), rows_of(tmp_path / "f.csv")
    hedged = next(row for row in rows if row["book"] == "hedged")
    assert float(hedged["cagr"]) == pytest.approx(metrics["cagr"])
    assert {row["book"] for row in rows} == {"hedged", *metrics["controls"]}
    assert {row["history"] for row in rows} == {"SIMULATED"}
    with zipfile.ZipFile(tmp_path / "f.xlsx") as book:
        assert b"episodes" in book.read("xl/workbook.xml")


def test_a_sweep_s_rows_are_its_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("sweep", "hedge_soxs.yaml", *SPAN, "--param", "hedge.weight=0.1,0.2", "--csv", "rows.csv", "--json")
    rows = rows_of(tmp_path / "rows.csv")
    assert [float(row["hedge.weight"]) for row in rows] == [0.1, 0.2]
    kept = pd.read_parquet(next((tmp_path / "sweeps").rglob("results.parquet")))
    assert [float(row["sharpe"]) for row in rows] == pytest.approx(kept["sharpe"].tolist())


def test_a_comparison_a_signal_and_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("signal", "hedge_soxs.yaml", *SPAN, "--json", "--csv", "signal.csv", "--xlsx", "signal.xlsx")
    assert [row["instrument"] for row in rows_of(tmp_path / "signal.csv")] == ["SOXX", "SOXS"]
    told = json.loads(command("study", "hedge_soxs.yaml", *SPAN, "--json", "--csv", "study.csv").out)
    rows = rows_of(tmp_path / "study.csv")
    assert {int(row["sessions"]) for row in rows} == {window["sessions"] for window in told["windows"]}
    config = (tmp_path / "a.yaml", tmp_path / "b.yaml")
    for path, weight in zip(config, (0.1, 0.2), strict=True):
        path.write_text(f"name: {path.stem}\nstart: 2019-01-02\nhedge: {{weight: {weight}}}\n")
        command("run", path.name, "--no-tearsheet", "--no-report", "--json")
    kept = sorted(path.name for path in (tmp_path / "runs").iterdir())
    command("compare", *kept, "--csv", "compare.csv")
    assert len(rows_of(tmp_path / "compare.csv")) == 2


def test_a_file_that_can_not_be_written_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    done = command("signal", "hedge_soxs.yaml", *SPAN, "--csv", "file/x.csv")
    assert done.status == 2
    assert "file/x.csv: can't be written" in done.err
