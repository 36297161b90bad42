"""The locks of Windows, which runs on any system; and nothing of the product needs POSIX to be imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from data.files import locked_by_file

HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _temporary_files(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


def test_a_folder_is_locked_until_its_holder_is_done(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()

    with locked_by_file(folder, wait=True), pytest.raises(BlockingIOError), locked_by_file(folder, wait=False):
        pass
    with pytest.raises(RuntimeError), locked_by_file(folder, wait=True):
        raise RuntimeError
    with locked_by_file(folder, wait=False):
        folder.rename(tmp_path / "renamed")
    assert list((tmp_path / "renamed").iterdir()) == []


def test_folders_are_locked_each_by_itself_and_have_to_be_there(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()

    with locked_by_file(tmp_path / "one", wait=False), locked_by_file(tmp_path / "other", wait=False):
        pass
    with pytest.raises(FileNotFoundError), locked_by_file(tmp_path / "none", wait=True):
        pass


def test_a_process_that_is_killed_gives_its_lock_back(tmp_path):
    code = f"""
import pathlib, sys, tempfile
tempfile.tempdir = {str(tmp_path / "temporary")!r}
from data.files import locked_by_file
with locked_by_file(pathlib.Path({str(tmp_path)!r}), wait=True):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=HOUSE, stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), locked_by_file(tmp_path, wait=False):
            pass
        holder.kill()
        with locked_by_file(tmp_path, wait=True):
            pass


def test_no_module_imports_what_only_some_systems_have():
    posix = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "msvcrt", "winreg"}
    for room in ("data", "strategies", "engine", "reports", "backtest"):
        for path in sorted((HOUSE / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                assert not posix & {name.partition(".")[0] for name in names}, path
