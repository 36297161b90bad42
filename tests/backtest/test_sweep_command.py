"""`backtest sweep` and `backtest parity`, as a person runs them."""

import json

import pyarrow.parquet as pq
import pytest
from command import command
from packing import data_of

SHORT = ["--start", "2019-01-02", "--end", "2020-12-31"]
AXES = ["--param", "trend_days=20:60:20", "--param", "hedge.weight=0.1,0.2"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_shows_the_best_and_the_worst_and_writes_its_folder(folder):
    answer = command("sweep", "hedge_soxs.yaml", *AXES, *SHORT, "--top", "2")

    assert answer.status == 0
    assert "6 combinations" in answer.out
    assert (
        answer.out.index("best 1")
        < answer.out.index("best 2")
        < answer.out.index("worst 2")
        < answer.out.index("worst 1")
    )
    assert "SIMULATED" in answer.out
    (found,) = folder.glob("sweeps/hedge_soxs-SIMULATED-sweep-*")
    assert answer.out.splitlines()[-1].endswith(f"{found.name}/sweep.html")
    assert {path.name for path in found.iterdir()} == {
        "results.parquet",
        "overfitting.json",
        "checksums.json",
        "manifest.json",
        "sweep.html",
    }
    assert "SIMULATED" in (found / "sweep.html").read_text()
    whole = "backtest run hedge_soxs.yaml --start 2019-01-02 --end 2020-12-31"
    assert all(row["command"].startswith(whole) for row in data_of(found / "sweep.html")["table"])


def test_two_hedges_weights_have_heads_of_their_own(folder):
    axes = ["--param", "hedges.0.weight=0.05,0.1", "--param", "hedges.1.weight=0.2"]
    words = command("sweep", "hedge_soxs_and_tlt.yaml", *axes, *SHORT).out.split("\n")
    first = next(k for k, line in enumerate(words) if "best 1" in line)

    assert [line.split()[:2] for line in words[first - 3 : first]] == [
        ["hedges", "hedges"],
        ["0", "1"],
        ["SIMULATED", "weight"],
    ]


def test_no_head_is_cut_in_80_columns_and_the_metric_is_always_there(folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    many = [
        "--param",
        "hedge.max_weight=0.3,0.5",
        "--param",
        "policy.min_hold=0,1",
        "--param",
        "execution.slippage_bps=2",
    ]
    lines = command("sweep", "hedge_soxs.yaml", *AXES, *many, *SHORT, "--metric", "bad_quarter").out.splitlines()
    heads = lines[1 : next(k for k, line in enumerate(lines) if line.startswith("best 1"))]
    assert max(map(len, lines[: len(heads) + 3])) <= 80
    assert "…" not in " ".join(heads)
    assert {"SIMULATED", "bad", "quarter", "held", "less", "slippage"} <= set(" ".join(heads).split())


def test_json_tells_counts_and_seconds_and_nothing_else(folder):
    answer = command("sweep", "hedge_soxs.yaml", *AXES, *SHORT, "--json")
    told = json.loads(answer.out)

    assert told["combinations"] == 6
    assert told["sessions"] == 505
    assert {"kernel_seconds", "signal_seconds", "tail_seconds", "wall_seconds"} <= set(told)
    assert 0 < told["kernel_seconds"] < told["wall_seconds"]


def test_a_row_is_what_run_gives_with_the_same_settings(folder):
    command("sweep", "hedge_soxs.yaml", *AXES, *SHORT)
    table = pq.read_table(next(folder.glob("sweeps/*/results.parquet"))).to_pylist()
    row = next(row for row in table if row["strategy.params.trend_days"] == 40 and row["hedge.weight"] == 0.2)

    single = command(
        "run",
        "hedge_soxs.yaml",
        *SHORT,
        "--set",
        "trend_days=40",
        "--set",
        "hedge.weight=0.2",
        "--no-tearsheet",
        "--json",
    )

    for name in ("final_equity", "sharpe", "cvar_95", "fills", "episodes", "costs"):
        assert row[name] == pytest.approx(json.loads(single.out)[name], rel=1e-9)


def test_axes_may_stand_in_the_yaml_and_draws_are_repeatable(folder):
    (folder / "mine.yaml").write_text(
        "name: mine\nstart: 2019-01-02\nend: 2020-12-31\nsweep: {trend_days: 10:100:10, hedge.weight: [0.1, 0.2]}\n"
    )

    one = command("sweep", "mine.yaml", "--random", "5", "--seed", "2", "--json")
    other = command("sweep", "mine.yaml", "--random", "5", "--seed", "2", "--json")

    assert json.loads(one.out)["combinations"] == 5
    assert json.loads(one.out)["folder"] == json.loads(other.out)["folder"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a sweep needs axes"),
        (["--param", "trend_dys=1:3"], "did you mean trend_days?"),
        (["--param", "trend_days=20:60:0"], "the step has to be above 0"),
        (["--param", "trend_days=20,40", "--metric", "sharp"], "--metric sharp is unknown, did you mean sharpe?"),
        (
            ["--param", "trend_days=20,40", "--executor", "thread"],
            "--executor thread is unknown, did you mean threads?",
        ),
        (
            ["--param", "trend_days=20,40", "--cluster", "tcp://127.0.0.1:9", "--workers", "2"],
            "--workers starts workers on this machine",
        ),
        (
            ["--param", "trend_days=2:25001", "--param", "hedge.weight=0:1:0.00001"],
            "combinations are more than a sweep holds",
        ),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(folder, words, said):
    answer = command("sweep", "hedge_soxs.yaml", *words)

    assert answer.status == 2
    assert answer.out == ""
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(folder.iterdir())


def test_parity_shows_three_executions(folder):
    answer = command("parity", "hedge_soxs.yaml", *SHORT)

    assert answer.status == 0
    assert all(engine in answer.out for engine in ("python", "compiled", "backtrader"))
    assert answer.out.count("never") == 3


def test_parity_exits_with_3_where_they_part(folder, monkeypatch):
    from engine.kernel import compiled

    honest = compiled.compiled()
    off = honest._replace(run_policy=lambda *a: (made := honest.run_policy(*a))._replace(equity=made.equity * 1.001))
    monkeypatch.setattr(compiled, "compiled", lambda: off)

    answer = command("parity", "hedge_soxs.yaml", *SHORT)

    assert answer.status == 3
    assert "2019-01-02" in answer.out


def test_run_takes_an_engine(folder):
    answers = [
        json.loads(command("run", "hedge_soxs.yaml", *SHORT, "--no-tearsheet", "--json", "--engine", engine).out)
        for engine in ("backtrader", "compiled", "python")
    ]

    assert len({answer["fills"] for answer in answers}) == 1
    assert len(list(folder.glob("runs/*"))) == 3
