"""The examples that help ends with: each does what it says, on the simulated market, and every command has a group."""

import shlex

import pytest
from command import command

from backtest.cli import COMMANDS
from backtest.examples import EXAMPLES, GROUPS, group_of

SLOW = {"run", "compare", "sweep", "walkforward", "search", "frontier", "lookahead", "stress", "follow", "lab"}
"""What they do is tested elsewhere; of these the options are tried alone."""
SHORTER = {"--data": "demo"}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda _address: True)


def test_every_command_stands_under_one_heading():
    listed = [name for commands in GROUPS.values() for name in commands]
    assert len(listed) == len(set(listed))
    assert {*COMMANDS, "data"} <= set(listed)
    assert group_of("signal") == "Today, and from here on"


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name in COMMANDS])
def test_help_ends_with_examples_of_options_that_there_are(name):
    shown = command(name, "--help").out
    assert "For example:" in shown
    for typed in EXAMPLES[name]:
        words = shlex.split(typed.partition(" > ")[0])
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        assert all(option in command(words[1], "--help").out for option in options)


def test_the_quick_ones_run_in_their_order(tmp_path):
    command("init", "my_hedge")
    command("run", "my_hedge.yaml", "--no-tearsheet", "--no-report", "--json")
    for name, several in EXAMPLES.items():
        if name not in SLOW and name in COMMANDS:
            for typed in several:
                words = [
                    SHORTER["--data"] if word == "DIR" else word for word in shlex.split(typed.partition(" > ")[0])[1:]
                ]
                if words[:2] in (["init", "my_hedge"], ["run", "my_hedge.yaml"]):
                    continue
                done = command(*words)
                assert done.status in (0, None), (typed, done.err)
