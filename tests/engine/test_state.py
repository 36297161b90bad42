"""State that a strategy keeps outside itself reaches no other run, row or engine: each has it as just loaded."""

import sys

import numpy as np
import pytest
from stateful import KEPT, KINDS, write_stateful
from worlds import configured, source

from engine.engines import ENGINES
from engine.loading import load_config
from engine.research.combinations import Chunk, Combinations
from engine.research.executors import Processes, Threads
from engine.research.grid import grid_of, with_values
from engine.runs.execute import run

FED = source(3)
DAYS = (2, 3, 3, 5)
"""The third row is the second again."""


def config_of(folder, where, kind, **keys):
    return configured({"strategy.class": write_stateful(folder, where, kind), "controls": "off"} | keys)


def grid(config):
    return grid_of(config, [f"days={DAYS[0]},{DAYS[1]},{DAYS[3]}"])


def alone(config, days):
    return run(with_values(config, {("strategy", "params", "days"): days}), FED).figures["final_equity"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", KEPT)
def test_a_run_made_again_is_the_same(tmp_path, where, kind):
    config = config_of(tmp_path, where, kind)
    first, again = run(config, FED), run(config, FED)
    assert len(set(first.hedged.traded[:, -1].tolist())) > 2
    np.testing.assert_array_equal(first.hedged.equity, again.hedged.equity)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", KEPT)
def test_a_row_is_the_run_by_itself(tmp_path, where, kind):
    config = config_of(tmp_path, where, kind)
    job = Combinations("state", (config,), grid(config), FED)
    expected = [alone(config, days) for days in (2, 3, 5)]
    assert len(set(expected)) > 1
    for threads in (1, 2):
        ((_, answer),) = Threads(threads).run(job, [Chunk(0, 0, 3)])
        assert answer.columns["failed"].tolist() == ["", "", ""]
        np.testing.assert_allclose(answer.columns["final_equity"], expected, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_processes_are_the_same_bytes(tmp_path, kind):
    config = config_of(tmp_path, "module beside", kind)
    job = Combinations("state", (config,), grid(config), FED)
    ((_, here),) = Threads(1).run(job, [Chunk(0, 0, 3)])
    for workers in (1, 2):
        there = dict(Processes(workers).run(job, [Chunk(row, row, row + 1) for row in range(3)]))
        columns = [there[Chunk(row, row, row + 1)].columns["final_equity"] for row in range(3)]
        assert np.concatenate(columns).tobytes() == here.columns["final_equity"].tobytes()


@pytest.mark.parametrize("where", KEPT)
@pytest.mark.parametrize("kind", ["intensity", "on_close"])
def test_every_engine_gets_it_afresh(tmp_path, where, kind):
    config = config_of(tmp_path, where, kind)
    engines = [engine for engine in ENGINES if (engine, kind) != ("compiled", "on_close")]
    ended = [run(config, FED, engine=engine).figures["final_equity"] for engine in engines]
    assert ended == pytest.approx([ended[0]] * len(ended), rel=1e-9)


@pytest.mark.parametrize("where", KEPT)
def test_the_process_is_left_as_it_was(tmp_path, where):
    before, path, finders = set(sys.modules), [*sys.path], [*sys.meta_path]
    run(config_of(tmp_path, where, "on_close"), FED)
    assert [name for name in set(sys.modules) - before if name.startswith("kept_")] == []
    assert sys.path == path
    assert sys.meta_path == finders


def test_modules_beside_two_strategies_that_share_a_name_are_two(tmp_path):
    """Each strategy gets the neighbour that lies beside it, whichever was loaded before."""
    configs, ended = [], []
    for number in (2, 6):
        (folder := tmp_path / str(number)).mkdir()
        named = write_stateful(folder, "module beside", "on_close")
        (folder / "kept_beside.py").write_text(f"def count():\n    return {number}\n")
        configs.append(configured({"strategy.class": named, "controls": "off"}))
        ended.append(run(configs[-1], FED).figures["final_equity"])
    assert ended[0] != ended[1]
    assert [run(config, FED).figures["final_equity"] for config in configs] == ended


@pytest.mark.parametrize("edited", ["stateful.py", "kept_beside.py"])
def test_what_is_edited_meanwhile_is_read_when_a_config_is_loaded_again(tmp_path, edited):
    """Neither the file nor its neighbour is read a second time while a config stands; then both are."""
    config = config_of(tmp_path, "module beside", "on_close")
    before = run(config, FED).figures["final_equity"]
    text = (tmp_path / edited).read_text()
    (tmp_path / edited).write_text(f"{text}\n\ndef count():\n    return 6\n")
    ((_, answer),) = Processes(1).run(
        Combinations("state", (config,), grid_of(config, ["days=3"]), FED), [Chunk(0, 0, 1)]
    )
    assert run(config, FED).figures["final_equity"] == before == answer.columns["final_equity"][0]
    (tmp_path / "run.yaml").write_text(f"name: again\nstrategy: {{class: {config.strategy.named}}}\n")
    load_config(tmp_path / "run.yaml")
    assert run(config, FED).figures["final_equity"] != before
