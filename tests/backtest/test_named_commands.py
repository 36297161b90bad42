"""A command that a message names runs as it stands, and shows what the message is about."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from command import SHORT, command
from markets import nyse

from backtest import run
from backtest.options import RunOptions
from reports.lab import answer_data

HEADER = "date,open,high,low,close,volume,dividend,split"


@pytest.fixture
def spoiled(tmp_path, monkeypatch):
    """A folder with a space in its name, in which both instruments have days whose range excludes their close."""
    monkeypatch.chdir(tmp_path)
    dates, draws = nyse("2019-01-02", 500), np.random.default_rng(5)
    moves = draws.normal(0.0, 0.01, len(dates))
    folder = Path("my history")
    for kind in ("bars", "series"):
        (folder / kind).mkdir(parents=True)
    for name, leverage in (("SOXX", 1.0), ("SOXS", -3.0)):
        close = 100 * np.cumprod(1 + leverage * moves)
        rows = [
            f"{day},{last:.6f},{max(last, now) * 1.001:.6f},{min(last, now) * 0.999:.6f},{now:.6f},1000,0,1"
            for day, last, now in zip(dates, np.concatenate(([100.0], close[:-1])), close, strict=True)
        ]
        high = 0.95 * max(close[299:301])  # below the day's own open or close
        rows[300] = re.sub(r"^([^,]*,[^,]*),[^,]*,[^,]*", rf"\1,{high:.6f},{0.99 * high:.6f}", rows[300])
        (folder / "bars" / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    (folder / "series" / "IRX.csv").write_text("date,value\n" + "\n".join(f"{day},1.5" for day in dates) + "\n")
    Path("mine.yaml").write_text("name: mine\nstart: 2020-01-02\n")
    return folder


RUN = ("--set", "controls=off")


def test_several_errors_of_the_audit_name_the_command_that_shows_them_all(spoiled):
    answer = command("run", "mine.yaml", "--data", str(spoiled), *RUN)
    assert answer.status == 2
    ids = re.search(r"data\.accept=\[(.*?)\] \(and \d+ more: ", answer.err)[1].split(",")
    (told,) = re.findall(r"more: (backtest .*) shows them\)\n", answer.err)
    assert told == "backtest data check --run mine.yaml --data 'my history' --set controls=off"
    shown = command(*shlex.split(told)[1:])
    assert shown.status == 3
    assert len(ids) > 1
    assert all(one in shown.out.replace("\n", "") for one in ids)


def test_the_command_that_mends_one_runs_as_it_stands(spoiled):
    answer = command("run", "mine.yaml", "--data", str(spoiled), *RUN)
    told = re.search(r"(backtest data check .*? --repair)", answer.err)[1]
    assert "mended: SOXS-range" in command(*shlex.split(told)[1:]).out
    assert "SOXX-range" in command("run", "mine.yaml", "--data", str(spoiled), *RUN).err


def test_what_a_run_warns_of_is_what_its_command_shows(spoiled):
    taken = "data.accept=[SOXS-range,SOXX-range]"
    path = spoiled / "bars" / "SOXX.csv"
    rows = path.read_text().splitlines()
    del rows[350]  # a session without a bar
    path.write_text("\n".join(rows) + "\n")
    answer = command("run", "mine.yaml", "--data", str(spoiled), *RUN, "--set", taken, "--no-tearsheet")
    text = " ".join(answer.out.split())
    said = re.search(r"The audit warns of (\d+) things? in this history, shown by: (backtest .*?) Files:", text)
    count, told = int(said[1]), said[2]
    assert text.count("The audit warns") == text.count("shown by") == 1
    assert f"{count} warning" in command(*shlex.split(told)[1:]).out
    metrics = next(Path("runs").glob("*/metrics.json")).read_text()
    assert "my history" not in metrics  # where a history lies is no part of a run's data

    config = RunOptions(str(spoiled), ["controls=off", taken]).config("mine.yaml")
    (noted,) = [note for note in answer_data(run(config, engine="python"))["notes"] if "audit" in note]
    assert noted.endswith(f", shown by: {told}")  # in the lab too, its quotes as a shell takes them


def test_the_demo_s_run_tells_its_own_command_with_a_folder_to_fill_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = " ".join(command("run", "hedge_soxs.yaml", *SHORT).out.split())
    assert "backtest run hedge_soxs.yaml --data DIR --start 2020-01-01 --end 2020-06-30 --set controls=off (see" in text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["SOXS", "--run", "mine.yaml"], "--run checks what that run uses: leave names and --fund out"),
        (["--set", "weight=0.1"], "--set is for --run: name the run's YAML with it"),
    ],
)
def test_what_does_not_go_together_is_refused(spoiled, typed, says):
    assert command("data", "check", *typed, "--data", str(spoiled)).err == f"backtest: {says}\n"


def test_an_empty_folder_of_runs_tells_how_to_fill_that_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "hedge_soxs.yaml --out 'of mine' makes one" in command("runs", "--out", "of mine").out
    assert "hedge_soxs.yaml makes one" in command("runs").out
    assert "trend_days=10:200:10 --out mine makes one" in command("sweeps", "--out", "mine").out
