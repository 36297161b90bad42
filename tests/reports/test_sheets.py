"""What commands write for spreadsheets: the figures that they print, marked where history is made up."""

import csv
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from command import command
from kept_runs import edited, keep

from reports.comparison import compared
from reports.sheets import of_comparison

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
    modelled = {row["book"]: "MODELLED" in row["history"] for row in rows}
    assert [book for book, priced in modelled.items() if priced] == ["protective_put"]
    assert all(row["history"].startswith("SIMULATED") for row in rows)
    assert all(
        set(sheet["history"]) <= {"SIMULATED", "SIMULATED, MODELLED"}
        for sheet in read_book(tmp_path / "f.xlsx").values()
    )
    with zipfile.ZipFile(tmp_path / "f.xlsx") as book:
        assert b"episodes" in book.read("xl/workbook.xml")


def test_a_sweep_s_rows_are_its_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("sweep", "hedge_soxs.yaml", *SPAN, "--param", "hedge.weight=0.1,0.2", "--csv", "rows.csv", "--json")
    rows = rows_of(tmp_path / "rows.csv")
    assert [float(row["hedge.weight"]) for row in rows] == [0.1, 0.2]
    assert {row["history"] for row in rows} == {"SIMULATED"}
    kept = pd.read_parquet(next((tmp_path / "sweeps").rglob("results.parquet")))
    assert [float(row["sharpe"]) for row in rows] == pytest.approx(kept["sharpe"].tolist())


def test_a_comparison_a_signal_and_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("signal", "hedge_soxs.yaml", *SPAN, "--json", "--csv", "signal.csv", "--xlsx", "signal.xlsx")
    assert [row["instrument"] for row in rows_of(tmp_path / "signal.csv")] == ["SOXX", "SOXS"]
    assert all(set(sheet["history"]) == {"SIMULATED"} for sheet in read_book(tmp_path / "signal.xlsx").values())
    told = json.loads(command("study", "hedge_soxs.yaml", *SPAN, "--json", "--csv", "study.csv").out)
    rows = rows_of(tmp_path / "study.csv")
    assert {row["history"] for row in rows} == {"SIMULATED"}
    assert {int(row["sessions"]) for row in rows} == {window["sessions"] for window in told["windows"]}
    config = (tmp_path / "a.yaml", tmp_path / "b.yaml")
    for path, weight in zip(config, (0.1, 0.2), strict=True):
        path.write_text(f"name: {path.stem}\nstart: 2019-01-02\nhedge: {{weight: {weight}}}\n")
        command("run", path.name, "--no-tearsheet", "--no-report", "--json")
    kept = sorted(path.name for path in (tmp_path / "runs").iterdir())
    command("compare", *kept, "--csv", "compare.csv")
    assert len(rows_of(tmp_path / "compare.csv")) == 2


NASDAQ = ("hedge_nasdaq.yaml", "--start", "2015-01-02", "--end", "2016-12-30")


def test_every_sheet_says_that_a_history_was_made_or_can_not_be_bought(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("run", *NASDAQ, "--no-tearsheet", "--no-report", "--json", "--xlsx", "run.xlsx")
    command("run", *NASDAQ, "--set", "hedge.weight=0.1", "--no-tearsheet", "--no-report", "--json")
    command("compare", *sorted(path.name for path in (tmp_path / "runs").iterdir()), "--xlsx", "compare.xlsx")
    command("signal", *NASDAQ, "--json", "--xlsx", "signal.xlsx")
    command("study", *NASDAQ, "--json", "--xlsx", "study.xlsx")
    command("sweep", *NASDAQ, "--param", "hedge.weight=0.1,0.2", "--xlsx", "sweep.xlsx", "--json")
    for name in ("run", "compare", "signal", "study", "sweep"):
        for title, sheet in read_book(tmp_path / f"{name}.xlsx").items():
            assert set(sheet["history"]) == {"SYNTHETIC, PRICE INDEX"}, (name, title)


def test_a_comparison_says_of_each_run_what_its_history_is(tmp_path):
    one, two = keep(tmp_path, "controls=off"), keep(tmp_path, "controls=off", "trend_days=20", "name=quick")
    notes = [note for note in two.figures["notes"] if not note.startswith("SIMULATED")]
    real = edited(two, metrics={"simulated": False, "notes": notes})
    made = edited(real, equity={**real.tables["equity"], "synthetic": np.ones(len(real.sessions), dtype=bool)})
    assert of_comparison(compared([one, real]))["figures"]["history"] == ["SIMULATED", ""]
    assert set(of_comparison(compared([one, real]))["growth"]["history"]) == {"hedge_soxs: SIMULATED"}
    assert of_comparison(compared([one, made]))["figures"]["history"] == ["SIMULATED", "SYNTHETIC"]
    assert "history" not in of_comparison(compared([real]))["figures"]


def read_book(path):
    """The last column of a workbook's sheets that have rows, by its head."""
    found = {}
    with zipfile.ZipFile(path) as book:
        for title in re.findall("xl/worksheets/sheet[0-9]+[.]xml", " ".join(book.namelist())):
            rows = re.findall("<row .*?</row>", book.read(title).decode(), re.DOTALL)
            head, *last = [re.findall("<c .*?</c>", row, re.DOTALL)[-1] for row in rows]
            if last:
                found[title] = {re.sub("<.*?>", "", head): [re.sub("<.*?>", "", cell) for cell in last]}
    return found


def test_a_file_that_can_not_be_written_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    done = command("signal", "hedge_soxs.yaml", *SPAN, "--csv", "file/x.csv")
    assert done.status == 2
    assert "file/x.csv: can't be written" in done.err
