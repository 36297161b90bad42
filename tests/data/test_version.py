"""The version is the distribution's, and the code's hash tells one state of it from another."""

import re
import tomllib
from pathlib import Path

from data import version
from data.version import ROOMS, VERSION, code_version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_version_is_the_distribution_s():
    assert PROJECT["project"]["version"] == VERSION


def test_every_room_that_is_installed_counts():
    installed = {package.partition(".")[0] for package in PROJECT["tool"]["setuptools"]["packages"]}
    assert set(ROOMS) == installed


def test_it_reads_as_a_local_version():
    assert re.fullmatch(re.escape(VERSION) + r"\+[0-9a-f]{12}", code_version())


def test_a_change_in_any_module_changes_it_and_other_files_do_not(tmp_path, monkeypatch):
    def of_the_house():
        return code_version.__wrapped__()

    for room in ROOMS:
        (tmp_path / room / "inner").mkdir(parents=True)
        (tmp_path / room / "inner" / "module.py").write_text("x = 1\n")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "data" / "version.py"))
    seen = [of_the_house()]
    (tmp_path / "data" / "notes.txt").write_text("nothing to run\n")
    assert of_the_house() == seen[0]
    for room in ROOMS:
        (tmp_path / room / "inner" / "module.py").write_text("x = 2\n")
        seen.append(of_the_house())
    (tmp_path / "data" / "inner" / "module.py").rename(tmp_path / "data" / "inner" / "renamed.py")
    seen.append(of_the_house())
    assert len(set(seen)) == len(seen)
