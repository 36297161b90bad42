"""What a shell completes, as each shell asks: runs, keys, the words a key takes, strategies, kept runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT

from backtest import completion

MAIN = "import sys\nfrom backtest.__main__ import main\nsys.argv[0] = 'backtest'\nmain()"


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash is given for a line whose last word is begun."""
    asked = {"_BACKTEST_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", MAIN],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("backtest run hedge_soxs_vol", ["hedge_soxs_volatility.yaml", "hedge_soxs_volume.yaml"]),
        ("backtest run hedge_soxs.yaml --set hedge.rebalance=w", ["hedge.rebalance=weekly"]),
        ("backtest sweep hedge_soxs_valuation.yaml --param turn", ["turn_days="]),
        ("backtest strategies Vola", ["VolatilityHedge"]),
        ("backtest stu", ["study"]),
    ],
)
def test_bash_is_given_what_fits(line, expected, tmp_path):
    assert completed(line, tmp_path) == expected


def test_files_here_come_before_those_that_ship(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("hedge_mine.yaml").write_text("name: mine\n")
    Path("runs/hedge_mine-0123456789").mkdir(parents=True)
    assert completion.files("hedge_")[0] == ("hedge_mine.yaml", "")
    assert completion.kept_runs("hedge_mine")[0] == ("hedge_mine-0123456789", "kept")
    assert ("rsi", completion.signals("rsi")[0][1]) == completion.signals("rsi")[0]


def test_a_broken_file_completes_keys_all_the_same_and_its_code_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text("name: [")
    Path("mine.py").write_text("raise SystemExit('it was run')")
    Path("mine.yaml").write_text("name: mine\nstrategy: {class: mine.py:Mine}\n")

    class Typed:
        params = {"file": "mine.yaml"}  # noqa: RUF012
        args = ()

    assert ("hedge.weight=", "") in [(name, "") for name, _about in completion.settings(Typed, "hedge.we")]
    Typed.params = {"file": "bad.yaml"}
    assert completion.settings(Typed, "trend")[0][0] == "trend_days="


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o default -F _backtest_completion backtest"),
        ("zsh", "#compdef backtest"),
        ("fish", "complete --command backtest"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName backtest"),
    ],
)
def test_each_shell_has_a_script(shell, registers, tmp_path):
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # else the shell is that of the process tree, if any
    done = subprocess.run(
        [sys.executable, "-P", "-c", MAIN, "--show-completion", shell],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **named},
        capture_output=True,
        text=True,
        check=True,
    )
    assert registers in done.stdout
    assert f"complete_{shell}" in done.stdout
