"""`backtest init`: what it writes runs as it is, and nothing of the user's is overwritten."""

import errno
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from command import SHORT, Answer, command

from backtest import load_config, load_market
from backtest.starter import EDITORS, SCHEMA
from strategies.load import strategy_class
from strategies.parameters import make


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize(("typed", "name"), [([], "my_hedge"), (["fear2"], "fear2")])
def test_what_it_writes_is_valid_and_runs(typed, name):
    answer = command("init", *typed)
    assert answer.out == f"wrote {name}.yaml\nwrote {name}.py\nnext: backtest run {name}.yaml\n"
    assert sorted(path.name for path in Path().iterdir()) == sorted([f"{name}.py", f"{name}.yaml", SCHEMA])
    assert command("validate", f"{name}.yaml").status == 0
    answer = command("run", f"{name}.yaml", *SHORT)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(f"{name}  ")
    assert "is a run that ships" not in answer.out
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith(f"{name}-SIMULATED-")
    assert (folder / f"{name}.py").is_file()


def test_it_is_the_shipped_run_with_a_strategy_of_ones_own():
    command("init")
    mine, shipped = load_config("my_hedge.yaml"), load_config("hedge_soxs.yaml")
    assert mine.strategy.params == {"days": 60, "fall": 0.1}
    assert mine.strategy.named == f"{Path.cwd()}/my_hedge.py:MyHedge"
    assert mine.model_copy(update={"name": shipped.name, "strategy": shipped.strategy}) == shipped


def test_every_line_of_its_yaml_is_commented_where_the_shipped_one_is():
    command("init")
    lines = Path("my_hedge.yaml").read_text().splitlines()
    assert lines[:2] == [EDITORS.strip(), "# Hold SOXX; hedge in SOXS when my_hedge.py says so."]
    assert len([line for line in lines if "  # " in line]) > 20


def test_its_strategy_hedges_below_the_fall_from_the_high_and_not_before():
    command("init")
    market = load_market(load_config("hedge_soxs.yaml", ["start=2011-01-03", "end=2012-12-31"]))
    cls = strategy_class("my_hedge.py:MyHedge", (Path(),))
    level = market.total_return()
    given = np.asarray(make(cls, {"days": 20, "fall": 0.05}).intensity(market))
    for row in (5, 40, 200, len(level) - 1):
        high = max(level[max(0, row - 19) : row + 1])
        assert given[row] == float(level[row] < 0.95 * high)
    assert 0 < given.mean() < 1


def test_what_init_writes_is_fine_on_the_demo_without_a_warning():
    command("init")
    answer = command("validate", "my_hedge.yaml", "--data", "demo")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("my_hedge.yaml is fine: ")
    assert "warning" not in answer.out
    note = (
        "note: with hedge.rebalance: weekly, 15 % in SOXS would have drifted net short at 2 closes of 4,045, first on"
    )
    assert note in answer.out
    assert "warning: never rebalanced" in command("validate", "my_hedge.yaml", "--set", "hedge.rebalance=never").out


def test_editors_find_the_schema_beside_it_and_one_that_is_there_stays():
    command("init")
    schema = json.loads(Path(SCHEMA).read_text())
    assert schema == json.loads(command("schema").out)
    named = {
        rule["if"]["properties"]["class"]["const"]: rule["then"]["properties"]["params"]
        for rule in schema["$defs"]["StrategyConfig"]["allOf"]
    }
    weak = named["WeaknessHedge"]["properties"]
    assert (weak["trend_days"]["minimum"], weak["trend_days"]["default"]) == (2, 50)
    assert all(each["description"] for params in named.values() for each in params["properties"].values())
    Path(SCHEMA).write_text("mine")
    assert command("init", "other").status == 0
    assert Path(SCHEMA).read_text() == "mine"


@pytest.mark.parametrize("exists", ["my_hedge.yaml", "my_hedge.py"])
def test_nothing_is_overwritten(exists):
    Path(exists).write_text("mine")
    answer = command("init")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"backtest: {exists} exists: choose another name, or remove it\n"
    assert [path.name for path in Path().iterdir()] == [exists]
    assert Path(exists).read_text() == "mine"


@pytest.mark.parametrize("name", ["../x", "a/b", "My_hedge", "2nd", "", "a b", "a.yaml"])
def test_a_name_that_is_no_files_and_classs_is_refused(name):
    answer = command("init", "--", name)
    assert (answer.status, answer.out) == (2, "")
    said = f"{name!r} can't be a name: small letters, digits and _, such as my_hedge"
    assert answer.err == f"backtest: {said}\n"
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("last", [1, 2, 3])
def test_on_a_full_disk_nothing_is_left_that_is_in_the_way_of_the_next(last, monkeypatch):
    written, write = [], Path.write_text

    def full(path, data, **named):
        written.append(path)
        if len(written) == last:
            write(path, data[:100], **named)
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data, **named)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        answer = command("init")
        assert answer == Answer(2, "", "backtest: my_hedge: can't be written: No space left on device\n")
        assert [*Path().iterdir()] == []

    assert command("init").status == 0
