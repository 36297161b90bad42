"""What a shell completes, as each shell asks: runs, keys, the words a key takes, strategies, kept runs."""

import os
import select
import shutil
import subprocess
import sys
import time
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
    done = subprocess.run(
        [sys.executable, "-P", "-c", MAIN, "--show-completion", shell],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert registers in done.stdout
    assert f"complete_{shell}" in done.stdout


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("--set hedge.reb\t", "--set hedge.rebalance="),
        ("--set hedge.rebalance=w\t", "--set hedge.rebalance=weekly "),
        ("--set hedge.rebalance=\t\t", "band     daily    monthly  never    weekly"),
    ],
)
def test_in_a_bash_that_runs_a_key_goes_on_behind_its_equals_sign(typed, seen, tmp_path):
    """Pressed as a person does, in a terminal: bash splits words at ``=``, which only it shows."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    if shutil.which("bash") is None:
        pytest.skip("there is no bash here")
    (tmp_path / "backtest").write_text(f"#!{sys.executable}\n{MAIN}\n")
    (tmp_path / "backtest").chmod(0o755)
    (tmp_path / "weekend").mkdir()  # what bash would complete by itself
    ours, theirs = pty.openpty()
    named = {"PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}", "TERM": "dumb", "PS1": "$ "}
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env={**os.environ, **named},
        start_new_session=True,
    )
    try:
        os.write(ours, b'eval "$(_BACKTEST_COMPLETE=source_bash backtest)"; echo IS"READY"\n')
        read_until(ours, "ISREADY")
        os.write(ours, f"backtest run hedge_soxs.yaml {typed}".encode())
        assert seen in read_until(ours, seen)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)


def read_until(terminal: int, expected: str) -> str:
    """Return what a terminal shows until something stands there, or for a minute."""
    shown, end = "", time.monotonic() + 60.0
    while expected not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 65_536).decode(errors="replace")
    return shown


def test_every_option_that_takes_words_completes(tmp_path):
    for line, expected in (
        ("backtest run hedge_soxs.yaml --set strategy.class=Vola", ["strategy.class=VolatilityHedge"]),
        ("backtest run hedge_soxs.yaml --engine c", ["compiled"]),
        ("backtest run hedge_soxs.yaml --benchmark held", ["held_less"]),
        ("backtest run hedge_soxs.yaml --data dem", ["demo"]),
        ("backtest sweep hedge_soxs.yaml --metric gap", ["gap_to_held_less"]),
        ("backtest sweep hedge_soxs.yaml --executor pro", ["processes"]),
        ("backtest search hedge_soxs.yaml --objective sor", ["sortino", "sortino_vs_unhedged"]),
        ("backtest signal hedge_soxs.yaml --hold SOXX=100,S", ["SOXX=100,SOXX=", "SOXX=100,SOXS="]),
        ("backtest study hedge_soxs.yaml --every e", ["entry"]),
        ("backtest frontier hedge_soxs.yaml --with col", ["collar"]),
    ):
        assert completed(line, tmp_path) == expected, line


def test_installing_for_a_shell_that_is_named_writes_its_script(tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-c", MAIN, "--install-completion", "bash"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bash completion installed" in done.stdout
    assert "compopt -o nospace" in (tmp_path / ".bash_completions" / "backtest.sh").read_text()
