"""A script that sweeps in processes needs no guard: it runs once, and its own folder may have rooms like ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STRATEGY = """
from dataclasses import dataclass

from backtest import CloseStrategy

@dataclass
class Mine(CloseStrategy):
    def on_close(self, view, book):
        return 0.1
"""

SCRIPT = """
import backtest
config = backtest.load_config("mine.yaml", ["start=2020-01-02", "end=2020-06-30"])
rows = backtest.sweep(config, {"hedge.weight": [0.1, 0.2, 0.3]}, workers=2, progress=False)
print("swept", len(rows), rows.failed.isna().all())
"""


@pytest.fixture(params=["plain", "rooms"])
def folder(request, tmp_path):
    """A folder with a script and a strategy; in the second, with an engine/ of somebody's own that ends all."""
    if request.param == "rooms":
        (tmp_path / "engine").mkdir()
        (tmp_path / "engine" / "__init__.py").write_text("raise RuntimeError('this is engine of somebody else')")
    (tmp_path / "mine.yaml").write_text("strategy: {class: 'mine.py:Mine'}\ncontrols: off\n")
    (tmp_path / "mine.py").write_text(STRATEGY)
    return tmp_path


def ran(folder, script):
    (folder / "script.py").write_text(script)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_once(folder):
    told = ran(folder, SCRIPT)

    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == ["swept 3 True"]
    assert "Traceback" not in told.stderr


def test_a_class_of_the_script_itself_is_refused_in_a_line(folder):
    told = ran(folder, STRATEGY + SCRIPT.replace('"end=', '"strategy.class=__main__:Mine", "end='))

    assert told.stderr.splitlines()[-1] == (
        "data.errors.UserError: strategy.class __main__:Mine: other processes don't see a class of the script "
        "itself: move it to a file of its own and name it file.py:Mine"
    )
