"""`backtest search`, as a person types it, and what its page and its table say."""

import json
import shlex

import pyarrow.parquet as pq
import pytest
from command import command

from backtest import load_config
from engine.research.grid import grid_of
from engine.research.walkforward.plan import check_axes

SHORT = ["--start", "2019-01-02", "--end", "2020-12-31"]
SPACE = ["--param", "trend_days=10:100", "--param", "hedge.weight=0.05:0.4"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def test_it_shows_the_best_counts_what_was_tried_and_writes_its_folder(folder):
    answer = command("search", "hedge_soxs.yaml", *SPACE, *SHORT, "--trials", "8", "--top", "3")

    assert answer.status == 0
    assert "8 trials, 505 sessions, for the highest Sharpe" in answer.out
    assert "The best of 8 trials is mostly luck" in answer.out
    assert "SIMULATED" in answer.out
    (found,) = folder.glob("searches/hedge_soxs-SIMULATED-search-*")
    assert answer.out.splitlines()[-1].endswith(f"{found.name}/search.html")
    names = {"results.parquet", "checksums.json", "manifest.json", "journal.log", "search.html"}
    assert {path.name for path in found.iterdir()} == names
    assert "SIMULATED" in (found / "search.html").read_text()
    rows = sorted(pq.read_table(found / "results.parquet").to_pylist(), key=lambda row: -row["sharpe"])
    shown = [line.split()[0] for line in answer.out.splitlines() if line.split()[:1] and line.split()[0].isdigit()]
    assert shown[1:] == [str(row["trial"]) for row in rows[:3]]


def test_the_walk_forward_it_names_can_be_made():
    out = command("search", "hedge_soxs.yaml", *SPACE, *SHORT, "--trials", "2").out
    (line,) = (line for line in out.splitlines() if line.startswith("Out of sample: "))
    words = shlex.split(line.removeprefix("Out of sample: backtest walkforward "))
    params = words[words.index("--param") + 1 :: 2]
    config = load_config(words[0], [f"start={words[2]}", f"end={words[4]}"])

    grid = grid_of(config, params)
    check_axes(config, grid)
    assert grid.size == 9
    assert grid.axes[0].values == (10, 55, 100)


def test_none_is_named_where_it_could_not_be_made():
    space = ["--param", "execution.slippage_bps=0:5"]
    assert "Out of sample" not in command("search", "hedge_soxs.yaml", *space, *SHORT, "--trials", "2").out


def test_a_front_is_told_whole_and_held_against_selling():
    words = ["search", "hedge_soxs.yaml", *SPACE, *SHORT, "--trials", "12", "--objective", "cost,drawdown_avoided"]
    told = json.loads(command(*words, "--json").out)
    shown = command(*words)

    assert told["objectives"] == {"cost": "minimize", "drawdown_avoided": "maximize"}
    assert f"{len(told['best'])} of 12 trials stand" in shown.out
    assert "core sold to cash" in shown.out or "None of them avoided" in shown.out
    best = [(one["cost"], one["drawdown_avoided"]) for one in told["best"]]
    assert best == sorted(best)
    assert [avoided for _cost, avoided in best] == sorted(avoided for _cost, avoided in best)
    assert (told["trials"], told["made"]) == (12, 12)


def test_a_trial_is_what_run_gives_with_the_same_settings():
    told = json.loads(command("search", "hedge_soxs.yaml", *SPACE, *SHORT, "--trials", "3", "--json").out)
    settings = [word for key, value in told["best"][0]["parameters"].items() for word in ("--set", f"{key}={value}")]
    single = command("run", "hedge_soxs.yaml", *SHORT, *settings, "--set", "controls=off", "--no-tearsheet", "--json")

    assert told["best"][0]["sharpe"] == pytest.approx(json.loads(single.out)["sharpe"], rel=1e-9)


def test_the_space_may_stand_in_the_yaml(folder):
    (folder / "mine.yaml").write_text(
        "name: mine\nstart: 2019-01-02\nend: 2020-12-31\nsweep: {trend_days: 10:100:10, hedge.weight: [0.1, 0.2]}\n"
    )
    told = json.loads(command("search", "mine.yaml", "--trials", "4", "--json").out)

    assert all(one["parameters"]["strategy.params.trend_days"] % 10 == 0 for one in told["best"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a search needs a space"),
        (["--param", "trend_dys=1:3"], "did you mean trend_days?"),
        ([*SPACE, "--objective", "sharp"], "did you mean sharpe?"),
        ([*SPACE, "--directions", "up"], "write minimize or maximize"),
        (["--param", "trend_days=10:12"], "the space holds 3 combinations, no more than --trials 100"),
        ([*SPACE, "--executor", "threads", "--workers", "2"], "makes one trial after another"),
        ([*SPACE, "--cluster", "tcp://nowhere", "--workers", "2"], "leave one of them out"),
        (["--param", "data.source=demo,store", "--trials", "1"], "a search reads one history"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(folder, words, said):
    answer = command("search", "hedge_soxs.yaml", *words)

    assert answer.status == 2
    assert answer.out == ""
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(folder.iterdir())
