"""Who computes chunks: the same answers from all; chunks that end their processes; options that contradict others."""

import math
import os
import signal
import time
from functools import partial

import pytest

from backtest import load_config
from data.errors import UserError
from engine.research import executors
from engine.research.executors import Processes, Threads, executor_of
from engine.research.job import ExecutorError, FunctionJob
from engine.research.sweep import executor_for

NUMBERS = [4.0, 1.0, 9.0, 16.0]
ROOTS = [2.0, 1.0, 3.0, 4.0]

DIE_ONCE = """
import os, signal
if not os.path.exists({0!r}):
    open({0!r}, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""The file that it leaves says that there was a first time."""

ASKED = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Asked(CloseStrategy):
    fall: float = 0.05
"""


@pytest.mark.parametrize("executor", [Threads(1), Processes(1), Processes(2)])
def test_every_chunk_gets_its_answer(executor):
    answers = dict(executor.run(FunctionJob("roots", math.sqrt), NUMBERS))

    assert [answers[chunk] for chunk in NUMBERS] == ROOTS


def test_what_a_chunk_raises_comes_here_with_where_it_came_up():
    with pytest.raises(ValueError, match=r"math domain|nonnegative") as caught:
        dict(Processes(2).run(FunctionJob("roots", math.sqrt), [-1.0, 4.0]))

    assert "in compute_quietly" in caught.value.__notes__[0]


def test_a_chunk_that_ends_its_processes_is_named():
    with pytest.raises(ExecutorError, match=r"3 processes ended with 9 in hand, the last with status 9"):
        dict(Processes(1).run(FunctionJob("leaving", os._exit), [9]))


def test_a_chunk_whose_process_is_killed_goes_to_another(tmp_path):
    chunks = [DIE_ONCE.format(str(tmp_path / name)) for name in ("first", "other")]

    answers = dict(Processes(2).run(FunctionJob("dying", exec), chunks))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "other"]
    assert list(answers.values()) == [None, None]


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_reaches_the_command_and_none_of_its_processes():
    blocked = partial(signal.pthread_sigmask, mask=[])
    ((_, held),) = Processes(1).run(FunctionJob("blocked", blocked), [signal.SIG_BLOCK])

    assert held == {signal.SIGINT}
    assert blocked(signal.SIG_BLOCK) == set()


def test_processes_end_when_the_answers_are_not_wanted_any_more():
    answers = Processes(2).run(FunctionJob("sleeping", time.sleep), [0.0, 60.0, 60.0])
    next(answers)
    began = time.perf_counter()

    answers.close()

    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize(
    ("named", "workers", "cluster", "says"),
    [
        ("proceses", None, None, "--executor proceses is unknown, did you mean processes?"),
        ("threads", None, "tcp://here:8786", "--cluster is dask's: leave --executor threads out"),
        (None, 4, "tcp://here:8786", "--workers starts workers on this machine, and a cluster has its own"),
    ],
)
def test_options_that_contradict_each_other(named, workers, cluster, says):
    with pytest.raises(UserError) as caught:
        executor_of(named, workers, cluster, "threads")

    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(("named", "cluster"), [("dask", None), (None, "tcp://here:8786")])
def test_without_dask_it_says_what_to_install(monkeypatch, named, cluster):
    monkeypatch.setattr(executors, "find_spec", lambda name: None)

    with pytest.raises(UserError, match=r"needs dask: pip install 'hedge-backtest\[cluster\]'$"):
        executor_of(named, None, cluster, "threads")


def test_threads_are_for_what_compiles(tmp_path):
    (tmp_path / "asked.py").write_text(ASKED)
    asked = load_config("hedge_soxs.yaml", [f"strategy.class={tmp_path}/asked.py:Asked"])

    assert isinstance(executor_for(load_config("hedge_soxs.yaml")), Threads)
    assert isinstance(executor_for(asked, workers=3), Processes)
    with pytest.raises(UserError, match=r"^--executor threads can't run Asked, which isn't compiled"):
        executor_for(asked, "threads")
