"""`backtest walkforward`, as a person runs it."""

import json

import pytest
from command import command

from data.files import CHECKSUMS

WORDS = ["walkforward", "hedge_soxs.yaml", "--start", "2018-07-02", "--end", "2020-06-30"]
CUT = ["--train", "1y", "--test", "6m", "--embargo", "10", "--param", "trend_days=20,60"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = "backtest.api.draw_tearsheet"  # takes seconds
    monkeypatch.setattr(page, lambda _result, path, *_how, **_more: path.write_text("a tear-sheet"))
    return tmp_path


def test_it_shows_the_folds_and_writes_its_folder_once(folder):
    answer = command(*WORDS, *CUT)

    assert answer.status == 0
    assert "SIMULATED" in answer.out
    assert "2 tests of 6m, each by the best of 2 combinations over the 1y before, 10 sessions" in " ".join(
        answer.out.split()
    )
    (found,) = folder.glob("walkforwards/hedge_soxs-SIMULATED-walkforward-*")
    assert answer.out.splitlines()[-1].endswith(f"{found.name}/walkforward.html")
    (run,) = (path for path in found.iterdir() if path.is_dir())
    files = {"combinations.parquet", "folds.parquet", "equity.parquet", "metrics.json", "manifest.json", CHECKSUMS}
    assert {path.name for path in found.iterdir()} == {*files, "walkforward.html", run.name}
    assert {"report.html", "tearsheet.html", "config.yaml", "walkforward_weights.py"} <= {p.name for p in run.iterdir()}
    assert "WeaknessHedge, walk-forward" in (run / "report.html").read_text()
    assert "backtest run hedge_soxs.yaml --start" in (found / "walkforward.html").read_text()
    written = (found / "metrics.json").stat().st_mtime_ns

    told = json.loads(command(*WORDS, *CUT, "--json").out)
    assert (found / "metrics.json").stat().st_mtime_ns == written
    assert [row["fold"] for row in told["by_fold"]] == [1, 2]
    assert told["books"]["walk_forward"]["final_equity"] > 0
    assert told["folder"] == str(found.relative_to(folder))

    tables = command(*WORDS, *CUT, "--markdown").out
    assert tables.startswith("SIMULATED market")
    assert f"hash of its content `{told['data']}`" in tables
    assert tables.count("\n| 20") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*CUT, "--objective", "sharp"], "--objective sharp is unknown, did you mean sharpe?"),
        ([*CUT, "--train", "5w"], "--train 5w: write 5y, 18m, or 250d for sessions"),
        ([*CUT, "--train", "9y"], "hold no fold of --train 9y, --embargo 10 and --test 6m: --train"),
        ([*CUT, "--param", "hedge.band=0.1,0.2"], "hedge.band can't change within one book"),
        ([*CUT, "--json", "--markdown"], "leave one out"),
        ([], "a sweep needs axes"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(folder, words, said):
    answer = command(*WORDS, *words)

    assert answer.status == 2
    assert answer.out == ""
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(folder.iterdir())
