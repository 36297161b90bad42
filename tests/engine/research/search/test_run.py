"""Searches from end to end: rows equal to a sweep's, the same bytes however often killed, fronts as by hand."""

import fcntl
import json
import os
import pickle
import signal
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from command import ended, started
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from own_strategies import WEIGHING

from backtest import load_config
from data.errors import ConfigError, UserError
from engine.research import combinations
from engine.research.columns import COLUMNS
from engine.research.executors import Processes, Threads
from engine.research.grid import Axis, Grid
from engine.research.search.objectives import Objective, best_first, objectives_of
from engine.research.search.run import cost_of_selling, plan_search, search_trials, selling_line
from engine.research.search.sampler import JOURNAL, OptunaSampler, distribution_of, import_optuna, sampler_of
from engine.research.search.space import space_of, values_of
from engine.research.sweep import sweep

SHORT = ["start=2019-01-02", "end=2020-12-31"]
SPACE = [
    "trend_days=10:60",
    "volatility_floor=0.05:0.6",
    "hedge.weight=0.05:0.5:0.01",
    "hedge.rebalance=never,weekly,band",
]
PAIR = "cost,drawdown_avoided"
WEIGHT = ["strategy.params.weight=0.1:0.3"]


def of(objective, directions=None):
    return objectives_of(objective, directions)


def searched(out, trials=25, objective="sharpe", executor=None, space=SPACE, run="hedge_soxs.yaml", seed=0):
    config = load_config(run, SHORT)
    planned, market = plan_search(config, space_of(config, space), of(objective), out, seed)
    return search_trials(planned, market, trials, executor or Threads(1))


def table(result):
    return pq.read_table(result.folder / "results.parquet")


# Rows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [2**62, 50])
def test_a_trial_is_the_row_of_a_sweep_to_the_bit(tmp_path, monkeypatch, largest):
    monkeypatch.setattr(combinations, "LARGEST", largest)  # the lower one makes it forget what it met
    result = searched(tmp_path, 12)
    search = result.search
    values = [values_of(search.space, one.drawn) for one in result.tried]
    axes = tuple(
        Axis(one.keys, tuple(row[place] for row in values), one.text) for place, one in enumerate(search.space)
    )
    same = np.ravel_multi_index((np.arange(12),) * len(axes), [12] * len(axes))  # each trial's own values together
    rows = pq.read_table(sweep(search.config, Grid(axes, same), tmp_path, 1).results)

    assert table(result).drop_columns(["trial"]).equals(rows)


def test_a_repeated_combination_is_not_run_again(tmp_path):
    result = searched(tmp_path, 30, PAIR, space=["trend_days=10:12", "hedge.weight=0.1:0.4:0.02"])

    assert result.distinct < 30
    assert result.seconds["runs"] == result.distinct


def test_a_clash_fails_its_own_trial_only(tmp_path):
    result = searched(tmp_path, space=["policy.enter=0.1:0.9", "policy.exit=0.1:0.9"])
    rows = table(result).to_pylist()
    clash = [row["policy.exit"] > row["policy.enter"] for row in rows]

    assert 0 < sum(clash) < len(rows)
    assert [row["failed"] is not None and "is above policy.enter" in row["failed"] for row in rows] == clash
    assert [row["sharpe"] is None for row in rows] == clash


def test_what_cannot_be_compiled_runs_too(tmp_path):
    (tmp_path / "weighing.py").write_text(WEIGHING)
    (tmp_path / "mine.yaml").write_text("name: mine\nstrategy: {class: weighing.py:Weighing}\n")
    result = searched(tmp_path, 2, space=WEIGHT, run=tmp_path / "mine.yaml")

    assert [one.failed for one in result.tried] == ["", ""]
    assert all(one.row["episodes"] == 1 for one in result.tried)


# Going on -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("objective", "trials"), [("sharpe", 20), (PAIR, 62)])
def test_the_same_bytes_in_one_go_or_in_several(tmp_path, objective, trials):
    whole = searched(tmp_path / "whole", trials, objective)
    for so_far in (3, trials - 5, trials):
        parts = searched(tmp_path / "parts", so_far, objective)

    assert parts.seconds["runs"] <= 5
    for name in ("results.parquet", "manifest.json"):
        assert (whole.folder / name).read_bytes() == (parts.folder / name).read_bytes()


def test_nothing_is_computed_again_and_fewer_trials_lose_none(tmp_path):
    searched(tmp_path, 8)
    again = searched(tmp_path, 5)

    assert (len(again.tried), again.seconds["trials"]) == (8, 0)
    assert json.loads((again.folder / "manifest.json").read_text())["combinations"] == 8


def test_a_record_cut_short_is_a_trial_to_be_made(tmp_path):
    whole = searched(tmp_path / "whole", 6)
    cut = searched(tmp_path / "cut", 6)
    journal = cut.folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-100])

    assert searched(tmp_path / "cut", 6).seconds["trials"] == 1
    assert (cut.folder / "results.parquet").read_bytes() == (whole.folder / "results.parquet").read_bytes()


def test_from_a_damaged_record_on_trials_are_made_again(tmp_path):
    result = searched(tmp_path, 6)
    journal, table = result.folder / JOURNAL, result.folder / "results.parquet"
    lines, content = journal.read_bytes().splitlines(keepends=True), table.read_bytes()
    number = f'"cagr":{result.tried[3].row["cagr"]!r}'.encode()
    lines[-3] = lines[-3].replace(number, b'"cagr":0.5')
    journal.write_bytes(b"".join(lines))

    assert searched(tmp_path, 6).seconds["trials"] == 3
    assert table.read_bytes() == content
    journal.write_bytes(b"no journal\n")
    assert searched(tmp_path, 6).seconds["trials"] == 6
    assert table.read_bytes() == content


def test_a_journal_that_is_a_link_to_nothing_is_made_again_and_nothing_where_it_leads(tmp_path):
    result = searched(tmp_path, 4)
    journal, table = result.folder / JOURNAL, result.folder / "results.parquet"
    content = table.read_bytes()
    journal.unlink()
    journal.symlink_to("not-there")

    assert searched(tmp_path, 4).seconds["trials"] == 4
    assert table.read_bytes() == content
    assert not journal.is_symlink()
    assert not (result.folder / "not-there").exists()


def test_killed_it_goes_on_where_it_was(tmp_path):
    words = ["search", "hedge_soxs.yaml", "--start", "2019-01-02", "--end", "2020-12-31", "--trials", "20"]
    words += [word for text in SPACE for word in ("--param", text)]
    register = (
        "from backtest import cli, options, search_command\n"
        "cli.app.command('search')(options.expanded(search_command.search))"
    )
    process = started(*words, before=register, cwd=tmp_path)
    while not any(path.read_bytes().count(b"\n") > 4 for path in tmp_path.glob(f"searches/*/{JOURNAL}")):
        assert process.poll() is None, ended(process).err
        time.sleep(0.005)
    process.kill()
    assert ended(process).status == -signal.SIGKILL

    result = searched(tmp_path / "searches", 20)

    assert 0 < result.seconds["trials"] <= 20 - 4
    assert table(result).equals(table(searched(tmp_path / "whole", 20)))


def test_several_processes_make_each_trial_once_and_say_so(tmp_path):
    result = searched(tmp_path, 16, executor=Processes(2))
    told = json.loads((result.folder / "manifest.json").read_text())

    assert [one.number for one in result.tried] == list(range(16))
    assert result.seconds["runs"] == 16
    assert (told["deterministic"], told["combinations"]) == (False, 16)


class Elsewhere:
    """Machines that get the job by wire, no file of ours, and two trials ahead; answers come back in another order."""

    def run(self, job, chunks):
        answer = pickle.loads(pickle.dumps(job.packed())).open(1)  # noqa: S301  # our own bytes
        chunks = iter(chunks)
        while batch := list(islice(chunks, 3)):
            for chunk in reversed(batch):
                yield chunk, answer(pickle.loads(pickle.dumps(chunk)))  # noqa: S301


def test_rows_may_be_computed_where_the_journal_is_not(tmp_path):
    away, alone = searched(tmp_path / "away", 12, executor=Elsewhere()), searched(tmp_path / "alone", 12)
    told = json.loads((away.folder / "manifest.json").read_text())

    assert told["deterministic"] is False
    assert [one.drawn for one in away.tried[:10]] == [one.drawn for one in alone.tried[:10]]  # at random so far
    assert [one.row for one in away.tried[:10]] == [one.row for one in alone.tried[:10]]
    assert searched(tmp_path / "away", 12).seconds["trials"] == 0


def test_a_strategy_s_file_goes_out_with_the_trials(tmp_path):
    (tmp_path / "weighing.py").write_text(WEIGHING)
    (tmp_path / "mine.yaml").write_text("name: mine\nstrategy: {class: weighing.py:Weighing}\n")
    result = searched(tmp_path, 2, space=WEIGHT, run=tmp_path / "mine.yaml", executor=Elsewhere())

    assert [one.failed for one in result.tried] == ["", ""]


def test_one_process_makes_the_trials_that_this_one_makes(tmp_path):
    here, there = searched(tmp_path / "here", 14), searched(tmp_path / "there", 14, executor=Processes(1))

    for name in ("results.parquet", "manifest.json"):
        assert (here.folder / name).read_bytes() == (there.folder / name).read_bytes()


def test_one_command_at_a_time(tmp_path):
    first = searched(tmp_path, 2)
    handle = os.open(first.folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another process is at this search"):
            searched(tmp_path, 3)
    finally:
        os.close(handle)


def test_seeds_and_spaces_are_searches_of_their_own_and_how_many_trials_is_not(tmp_path):
    folders = [searched(tmp_path, *given).folder for given in ((2,), (3,))]
    other = [searched(tmp_path, 2, seed=1).folder, searched(tmp_path, 2, "cagr").folder]
    other.append(searched(tmp_path, 2, space=SPACE[:2]).folder)

    assert folders[0] == folders[1]
    assert len({folders[0], *other}) == 4


def test_a_space_no_larger_than_the_trials_is_a_sweep(tmp_path):
    with pytest.raises(
        ConfigError, match=r"holds 12 combinations, no more than --trials 12: a sweep of the same --param"
    ):
        searched(tmp_path, 12, space=["trend_days=10:12", "hedge.weight=0.1,0.2,0.3,0.4"])
    assert not list(tmp_path.glob("*/results.parquet"))


def test_the_journal_is_a_study_that_optuna_reads(tmp_path):
    import optuna

    result = searched(tmp_path, 11)
    backend = optuna.storages.journal.JournalFileBackend(str(result.folder / JOURNAL))
    study = optuna.load_study(study_name=result.folder.name, storage=optuna.storages.JournalStorage(backend))

    assert study.best_value == max(one.row["sharpe"] for one in result.tried)
    assert study.best_trial.user_attrs["cagr"] == max(result.tried, key=lambda one: one.row["sharpe"]).row["cagr"]


def test_without_optuna_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.research.search.sampler.find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r"pip install 'hedge-backtest\[search\]'"):
        searched(tmp_path, 2)


# What it finds --------------------------------------------------------------------------------------------------------


def test_what_is_proposed_in_a_known_space_is_what_optuna_proposes_that_looks_for_it():
    config = load_config("hedge_soxs.yaml")
    space = space_of(config, [*SPACE, "policy.min_hold=0:0", "policy.confirm=1:9:2"])
    distributions = {dimension.name: distribution_of(dimension) for dimension in space}

    def proposed(given):
        optuna, found = import_optuna(), []
        study = optuna.create_study(direction="maximize")
        for number in range(30):
            study.sampler = sampler_of(1, 7, number, given)
            trial = study.ask(distributions)
            found.append(dict(trial.params))
            failed = number % 7 == 3
            study.tell(
                trial,
                None if failed else trial.params["hedge.weight"],
                state=optuna.trial.TrialState.FAIL if failed else None,
            )
        return found

    assert proposed(distributions) == proposed(None)


def test_tpe_crowds_where_it_is_better_and_a_draw_does_not(tmp_path):
    """Costs grow with the weight: the least is at 0, where a draw would be no more often than elsewhere."""
    result = searched(tmp_path, 30, "costs", space=["hedge.weight=0.0:0.5"])
    weights = [one.drawn[0] for one in result.tried]

    assert np.median(weights[15:]) < 0.1 < np.median(weights[:10])


@given(arrays(np.float64, st.tuples(st.integers(0, 12), st.just(2)), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])))
def test_the_front_is_what_nothing_beats(values):
    objectives = (Objective("cost", "a", 1.0, lowest=True), Objective("gain", "b", 1.0, lowest=False))
    front = best_first(values, objectives)
    known = [row for row in values.tolist() if not any(np.isnan(row))]
    by_hand = {
        (cost, gain)
        for cost, gain in known
        if not any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in known)
    }

    assert {tuple(values[place]) for place in front} == by_hand
    assert len(front) == len(by_hand)
    assert [values[place, 0] for place in front] == sorted(values[place, 0] for place in front)


def test_one_objective_is_ranked_undefined_ones_left_out():
    values = np.array([[1.0], [np.nan], [3.0], [2.0], [3.0]])
    highest = (Objective("a", "a", 1.0, lowest=False),)
    assert best_first(values, highest) == (2, 4, 3, 0)
    assert best_first(values, (replace(highest[0], lowest=True),)) == (0, 3, 2, 4)


def test_the_pair_is_what_metrics_json_calls_cost_and_drawdown_avoided(tmp_path):
    cost, avoided = of(PAIR)
    row = {"cagr_vs_unhedged": -0.02, "max_drawdown_vs_unhedged": 0.05}
    assert (cost.of(row), cost.direction) == (0.02, "minimize")
    assert (avoided.of(row), avoided.direction) == (0.05, "maximize")


@pytest.mark.parametrize(
    ("objective", "directions", "said"),
    [
        ("sharp", None, "did you mean sharpe"),
        ("sharpe,cagr,calmar", None, "name one, or two that differ"),
        ("sharpe,sharpe", None, "name one, or two that differ"),
        ("sharpe", "up", "write minimize or maximize for each objective, 1 in all"),
        ("sharpe,cagr", "maximize", "2 in all"),
    ],
)
def test_objectives_that_make_no_sense(objective, directions, said):
    with pytest.raises(UserError, match=said):
        of(objective, directions)


def test_directions_are_known_unless_told():
    assert [one.direction for one in of("costs,sharpe")] == ["minimize", "maximize"]
    assert [one.direction for one in of("costs,sharpe", "maximise, minimize")] == ["maximize", "minimize"]


def test_selling_costs_what_less_core_earned_by_hand(tmp_path):
    """On a core alone without costs, at w of it and no interest, restated daily: returns are w times the core's."""
    settings = [*SHORT, "execution.cash_rate=0", "execution.commission_bps=0", "execution.slippage_bps=0"]
    config = load_config("hedge_soxs.yaml", [*settings, "portfolio.rebalance=daily"])
    planned, market = plan_search(config, space_of(config, ["hedge.weight=0.1:0.2"]), of(PAIR), tmp_path)
    line = selling_line(planned, market)

    assert line[0] == pytest.approx([0.0, 0.0, 0.0], abs=0.02)  # monthly against daily restating of a core alone
    assert (np.diff(line[:, 2]) > 0).all()  # the more is sold, the more drawdown is avoided
    whole = market.total_return("SOXX")[market.first :]
    months = np.flatnonzero(np.diff(market.run_sessions.astype("datetime64[M]").astype(int))) + 1
    equity, held, cash = [1.0], 0.5, 0.5  # half in cash; orders of a month's first close fill at the next open
    opening = market.bars("SOXX").open[market.first :] / market.bars("SOXX").close[market.first :]
    for t in range(1, len(whole)):
        if t == 1 or t - 1 in months:
            before = held * (whole[t] * opening[t] / whole[t - 1] if t > 1 else 1.0)
            total = before + cash
            held, cash = 0.5 * total / opening[t], 0.5 * total
        else:
            held *= whole[t] / whole[t - 1]
        equity.append(held + cash)
    half = line[line[:, 0] == 0.5][0]
    years = (len(whole) - 1) / 252
    full = whole[-1] / whole[1] / opening[1]
    assert half[1] == pytest.approx(full ** (1 / years) - equity[-1] ** (1 / years), abs=2e-3)


def test_selling_is_told_for_the_same_drawdown():
    line = np.array([[0.0, 0.0, 0.0], [0.5, 0.04, 0.10], [1.0, 0.10, 0.20]])
    cost = cost_of_selling(line, np.array([-0.1, 0.05, 0.15, 0.3]))
    assert cost[:3] == pytest.approx([0.0, 0.02, 0.07])
    assert np.isnan(cost[3])


def test_selling_is_not_told_where_trials_trade_on_other_terms(tmp_path):
    config = load_config("hedge_soxs.yaml", SHORT)
    for space, objective in ((["execution.slippage_bps=0:5"], PAIR), (["hedge.weight=0.1:0.2"], "sharpe,cagr")):
        planned, market = plan_search(config, space_of(config, space), of(objective), tmp_path)
        assert selling_line(planned, market) is None


def test_the_table_is_read_by_pandas_polars_and_duckdb(tmp_path):
    import duckdb
    import pandas as pd

    path = searched(tmp_path, 12).folder / "results.parquet"
    named = '"strategy.params.trend_days", "hedge.rebalance", sharpe'
    rows = duckdb.read_parquet(str(path)).project(named).fetchall()

    assert pd.read_parquet(path).shape == pl.read_parquet(path).shape == (12, 6 + len(COLUMNS))
    assert rows == pl.read_parquet(path).select("strategy.params.trend_days", "hedge.rebalance", "sharpe").rows()


def test_trials_of_one_number_count_once(tmp_path):
    result = searched(tmp_path, 3)
    journal = result.folder / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines, lines[-1]]))

    again = OptunaSampler(result.folder, result.folder.name, result.search.space, result.search.objectives, 0)

    assert again.finished == {one.number: one for one in result.tried}
