"""The driver that signals commands sees what a command did, and knows one that held from one that didn't."""

import signal
import sys

import pytest

from benchmarks import fire_signals
from benchmarks.fire_signals import Fired, fire

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_command_that_is_signalled_as_it_begins(number, tmp_path):
    fired = fire(("schema",), number, 0.0, tmp_path)

    assert fired.held
    assert (fired.status, fired.errors) == (130, "interrupted: nothing was left half-written\n")
    assert fired.elapsed < 10


def test_a_command_that_had_finished(tmp_path):
    assert fire(("--version",), signal.SIGCONT, 0.0, tmp_path).status == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 1},
        {"status": -2},
        {"errors": "Traceback (most recent call last):\n"},
        {"errors": "Exception ignored in: <generator>\n"},
        {"left": 1},
    ],
)
def test_what_did_not_hold(fault):
    assert Fired(130, 0.1, "", 0).held
    assert not Fired(130, 0.1, "", 0)._replace(**fault).held


def test_every_long_command_is_fired_at():
    assert {words[0] for words in fire_signals.COMMANDS.values()} >= {
        "run",
        "sweep",
        "walkforward",
        "search",
        "compare",
    }
