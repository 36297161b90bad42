"""What is printed for a person can't steer the terminal; what is piped to a program stays as it is."""

import contextlib
import io
import json

import numpy as np
import pytest
import yaml
from command import command, write_history

from backtest import console

EVIL = "\x1b]0;owned\x07\x9b2J\u202e[bold]"
SEEN = r"\x1b]0;owned\x07\x9b2J\u202e[bold]"


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")


STRATEGY = r"""
from dataclasses import dataclass
import backtest

@dataclass(frozen=True)
class S(backtest.Strategy):
    def intensity(self, market):
        raise ValueError("\x1b[2J\u202e")
"""


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


def shown(*typed):
    """Type a command; what it printed, once nothing in it steers a terminal."""
    answer = command(*typed)
    assert not set("\x1b\x07\x08\x7f\x9b\r\u202e") & set(answer.out + answer.err), answer
    return answer.out + answer.err


def test_data_is_as_it_is_for_a_program_and_visible_in_a_terminal():
    piped, terminal = io.StringIO(), Terminal()
    for out in (piped, terminal):
        with contextlib.redirect_stdout(out):
            console.echo_data(EVIL, nl=False)

    assert (piped.getvalue(), terminal.getvalue()) == (EVIL, SEEN)


def test_progress_shows_a_step_as_it_is(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    err = Terminal()
    with contextlib.redirect_stderr(err), console.steps(1) as say:
        say(EVIL)
    with contextlib.redirect_stderr(err), console.counting("rows", 2) as count:
        count.begin(EVIL)

    assert err.getvalue().count(SEEN) >= 2
    assert not set("\x07\x9b\u202e") & set(err.getvalue())


def test_errors_show_what_they_quote(tmp_path):
    run = tmp_path / "run.yaml"
    run.write_text(yaml.safe_dump({"name": EVIL, "engine": EVIL, "strategy": {"class": EVIL}}))

    assert r"\x1b]0;owned" in shown("validate", str(run))
    assert r"\x1b]0;owned" in shown("run", "hedge_soxs.yaml", "--set", f"strategy.class={EVIL}")
    assert r"\x1b]0;owned" in shown("run", "hedge_soxs.yaml", "--set", f"{EVIL}=1")
    assert r"\x1b]0;owned" in shown("run", "hedge_soxs.yaml", f"--{EVIL}")
    assert r"\x1b]0;owned" in shown("strategies", f"{EVIL}.py:Hedge")
    assert r"\x1b]0;owned" in shown("explain", f"{tmp_path}/{EVIL}", "2020-01-02")
    assert r"\x1b]0;owned" in shown("query", f'select "{EVIL}"')


def test_a_strategys_error_is_shown(tmp_path):
    (tmp_path / "s.py").write_text(STRATEGY)
    (tmp_path / "s.yaml").write_text("strategy: {class: 's.py:S'}\n")
    assert r"\x1b[2J\u202e" in shown("validate", str(tmp_path / "s.yaml"))


def test_data_of_ones_own_is_shown(tmp_path):
    folder = write_history(tmp_path / "d", "2020-01-02", "2020-03-31")
    (folder / "bars" / "SOXX.csv").rename(folder / "bars" / "SO\x1b[2JXX.csv")
    (folder / "series" / "\u202eIRX.csv").write_text("date,\x1b[31mvalue\n2020-01-02,\x1b[2J\n")

    assert r"\x1b[2J" in shown("data", "check", "--data", str(folder))


def test_a_query_shows_texts_and_gives_them_to_programs_as_they_are():
    text = "'" + EVIL + "'"
    sql = f'select {text} as "{EVIL}"'
    wide = "select " + ", ".join(f"{text} as a{i}" for i in range(20))

    assert SEEN in shown("query", sql)
    assert SEEN in shown("query", wide)
    assert json.loads(command("query", sql, "--json").out) == [{EVIL: EVIL}]
    assert command("query", sql, "--csv").out == f"{EVIL}\n{EVIL}\n"


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """A run's folder whose every text steers the terminal, with checksums to match."""
    from kept_runs import keep

    from data.files import write_checksums

    runs = tmp_path_factory.mktemp("forged")
    run = keep(runs, "end=2019-12-31")
    (run.folder / "metrics.json").write_text(json.dumps(steering(run.figures)))
    write_checksums(run.folder, [path.name for path in run.folder.iterdir() if path.name != "checksums.json"])
    return runs


def steering(tree, key=""):
    """Return nested values with every text that isn't a date, an id or a choice turned into one that steers."""
    if isinstance(tree, dict):
        return {name: steering(value, name) for name, value in tree.items()}
    if isinstance(tree, list):
        return [steering(value, key) for value in tree]
    kept = key in ("id", "outcome", "first", "last", "control", "kind") or not isinstance(tree, str)
    return tree if kept or _is_date(tree) else tree + EVIL


def _is_date(text):
    try:
        np.datetime64(text, "D")
    except ValueError:
        return False
    return True


def test_a_forged_run_is_shown(forged):
    folder = next(path for path in forged.iterdir() if path.is_dir())

    assert SEEN in shown("runs", "--out", str(forged))
    assert SEEN in shown("query", "select name, strategy from runs", "--runs", str(forged))
    assert SEEN in shown("compare", str(folder), str(folder), "--runs", str(forged))
    assert "2019-06-03" in shown("explain", str(folder), "2019-06-03")
