"""`backtest query`, `runs` and `sweeps`, as a person types them."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from command import command
from kept_runs import SPAN, keep

from backtest import load_config
from engine.research.grid import grid_of
from engine.research.sweep import sweep


@pytest.fixture(scope="module")
def top(tmp_path_factory):
    top = tmp_path_factory.mktemp("asked")
    for days in (20, 60):
        keep(top / "runs", f"trend_days={days}", "controls=off", f"name=of_{days}")
    config = load_config("hedge_soxs.yaml", SPAN)
    sweep(config, grid_of(config, ["trend_days=20,60"]), top / "sweeps", 1)
    return top


@pytest.fixture(autouse=True)
def _there(top, monkeypatch):
    monkeypatch.chdir(top)
    monkeypatch.setenv("COLUMNS", "160")


def listed(*words):
    return [row["name"] for row in json.loads(command("runs", "--json", *words).out)]


def test_an_answer_is_a_table_and_says_how_many_rows_it_has():
    answer = command("query", "select name, sharpe from runs order by name")
    whole = command("query", "select date, hedged from equity", "--rows", "3")

    assert answer.status == 0
    assert answer.out.index("of_20") < answer.out.index("of_60")
    assert "2 rows" in answer.out
    assert "754 rows, the first 3 shown" in whole.out
    assert whole.out.count("2019-01-0") == 3


def test_what_is_too_wide_stands_one_below_another():
    answer = command("query", "select * from runs where name = 'of_20'")
    lines = [line.split() for line in answer.out.splitlines()]

    assert ["name", "of_20"] in lines
    assert ["strategy", "WeaknessHedge"] in lines


def test_all_rows_as_csv_json_and_parquet(top):
    sql = "select run, date, hedged, ordered from equity order by run, date"
    read = list(csv.DictReader(io.StringIO(command("query", sql, "--csv").out)))
    told = json.loads(command("query", sql, "--json").out)
    answer = command("query", sql, "--parquet", "all.parquet")
    kept = pq.read_table(top / "all.parquet").to_pylist()

    assert answer.out == "wrote 754 rows to all.parquet\n"
    assert [row["hedged"] for row in kept] == [row["hedged"] for row in told] == [float(row["hedged"]) for row in read]
    assert [str(row["date"]) for row in kept] == [row["date"] for row in told] == [row["date"] for row in read]
    (top / "all.parquet").unlink()


def test_json_has_no_number_that_is_none():
    told = command("query", "select 'nan'::double a, 2::hugeint b, 1.5::decimal(3,1) c, null d", "--json").out
    assert json.loads(told) == [{"a": None, "b": 2, "c": 1.5, "d": None}]
    assert json.loads(command("query", "select 1 a where false", "--json").out) == []


def test_a_text_in_csv_is_no_formula_and_numbers_stay():
    told = command("query", "select '=cmd|calc' a, '-5' b, -5 c, -1.5 d, 'a-b' \"@e\", null f", "--csv")
    assert told.out == "a,b,c,d,'@e,f\n'=cmd|calc,'-5,-5,-1.5,a-b,\n"


def test_two_columns_of_a_name_are_refused_where_one_would_be_lost(top):
    for way in (["--json"], ["--parquet", "twice.parquet"]):
        told = command("query", "select 1 as a, 2 as a, 3 as b", *way)
        assert (told.status, told.out) == (2, "")
        assert told.err == "backtest: two columns are called a: name each, such as: a as other\n"

    assert not (top / "twice.parquet").exists()
    assert command("query", "select 1 as a, 2 as a", "--csv").out == "a,a\n1,2\n"


def test_tables_tell_their_columns():
    answer = command("query", "--tables")

    assert "episodes" in answer.out
    assert "strategy.params.trend_days bigint" in answer.out
    assert "nothing is kept" in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a query needs a select"),
        (["select 1", "--csv", "--json"], "are one or another"),
        (["select * from runz"], "did you mean runs?"),
        (["drop table runs"], "a query is one select"),
    ],
)
def test_a_mistake_is_one_line(words, said):
    answer = command("query", *words)

    assert answer.status == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_runs_are_filtered_sorted_and_cut():
    best = "of_20" if _metric("of_20") > _metric("of_60") else "of_60"

    assert listed() == ["of_20", "of_60"]
    assert listed("--name", "of_6*") == ["of_60"]
    assert listed("--sort", "cagr", "--top", "1") == [best]
    assert listed("--sort", "unhedged_cagr") == ["of_20", "of_60"]
    assert listed("--since", "2020-01-01") == []
    assert listed("--verdict", "paid") == []


def _metric(name):
    (told,) = (row for row in json.loads(command("runs", "--json").out) if row["name"] == name)
    return told["cagr"]


def test_runs_in_the_terminal_say_how_many_of_how_many():
    answer = command("runs", "--name", "of_20", "--sort", "calmar")

    assert "1 of 2 runs" in answer.out
    assert "Calmar" in answer.out
    assert "of_60" not in answer.out
    assert "SIMULATED" in answer.out


def test_sweeps_are_listed_with_what_was_tried():
    answer = command("sweeps")
    (told,) = json.loads(command("sweeps", "--json", "--sort", "best_sharpe").out)

    assert "trend_days" in answer.out
    assert "mostly luck" in answer.out
    assert (told["kind"], told["combinations"]) == ("sweep", 2)
    assert json.loads(command("sweeps", "--json", "--name", "nothing").out) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs", "--sort", "shrpe"], "--sort shrpe is unknown, did you mean sharpe?"),
        (["runs", "--since", "June"], "--since June is no date: write YYYY-MM-DD"),
        (["runs", "--verdict", "maybe"], "--verdict maybe is unknown: paid, did not pay, can't tell, withheld"),
        (["sweeps", "--sort", "best_shrpe"], "did you mean best_sharpe?"),
    ],
)
def test_a_filter_that_makes_no_sense(words, said):
    answer = command(*words)

    assert answer.status == 2
    assert said in answer.err


def test_lists_of_nothing_say_how_to_begin():
    assert "backtest run hedge_soxs.yaml --out none makes one" in command("runs", "--out", "none").out
    nowhere = [word for kind in ("--out", "--searches", "--walkforwards") for word in (kind, "none")]
    assert "backtest sweep" in command("sweeps", *nowhere).out
    assert json.loads(command("sweeps", *nowhere, "--json").out) == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("timestamp 'infinity'", "infinity"),
        ("date '-infinity'", "-infinity"),
        ("date '290000-01-01'", "290000-01-01"),
        ("timestamp '0001-01-01 (BC) 00:00:00'", "0001-01-01 (BC) 00:00:00"),
        ("timestamptz 'infinity'", "infinity"),
        ("date '2020-01-02'", "2020-01-02"),
        ("[timestamp 'infinity']", ["infinity"]),
        ("{'a': 1, 'b': [date 'infinity', null]}", {"a": 1, "b": ["infinity", None]}),
        ("['nan'::double, 1]", [None, 1.0]),
        ("170141183460469231731687303715884105727::hugeint", 2**127 - 1),
        ("'\\xAA'::blob", "b'\\xaa'"),
    ],
)
def test_values_that_python_lacks_are_written(value, written):
    select = f"select {value} as value, 2 as other"

    assert json.loads(command("query", select, "--json").out) == [{"value": written, "other": 2}]
    assert [command("query", select, *option).status for option in ((), ("--csv",))] == [0, 0]


def test_a_column_that_parquet_can_not_hold_is_told(tmp_path):
    answer = command("query", "select interval '1 month' as a", "--parquet", str(tmp_path / "a.parquet"))

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"backtest: --parquet {tmp_path / 'a.parquet'}: ")
    assert answer.err.endswith(": cast that column to text, with ::varchar\n")
    assert not list(tmp_path.iterdir())
