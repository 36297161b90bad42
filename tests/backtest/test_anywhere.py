"""Started in a folder with a data/, engine/, reports/ and strategies/ of somebody's own, it works all the same."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("data", "engine", "reports", "strategies")
PACKAGES = ("engine", "reports")
SPAN = ("--start", "2020-01-02", "--end", "2020-06-30")

NOTEBOOK = """
import sys
import backtest
print([name for name in ("numpy", "pandas", "numba", "quantstats") if name in sys.modules], backtest.__file__)
config = backtest.load_config("mine.yaml", ["start=2020-01-02", "end=2020-06-30"])
print(backtest.write_run(backtest.run(config), "runs", tearsheet=False))
import data, engine, reports, strategies
print(*(room.__file__ for room in (data, engine, reports, strategies)), sep="\\n")
"""

STRATEGY = """
from dataclasses import dataclass

import helpers
from backtest import Strategy

@dataclass(frozen=True)
class Mine(Strategy):
    def intensity(self, market):
        return helpers.always(market)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Where a wheel of the house is unpacked, as pip does: built from a copy, as building leaves files."""
    house, installed = tmp_path_factory.mktemp("house") / "copy", tmp_path_factory.mktemp("installed")
    house.mkdir()
    for room in (*ROOMS, "backtest"):
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, house / name)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('built'))"
    subprocess.run([sys.executable, "-c", code], cwd=house, capture_output=True, check=True)
    (built,) = (house / "built").glob("*.whl")
    with zipfile.ZipFile(built) as packed:
        packed.extractall(installed)
    return installed


@pytest.fixture(params=["editable", "wheel"])
def house(request):
    return ROOT if request.param == "editable" else request.getfixturevalue("wheel")


@pytest.fixture
def folder(tmp_path):
    """Somebody's folder, whose own rooms end whatever takes them for ours: packages, and folders without a module."""
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "prices.csv").touch()
        if room in PACKAGES:
            (tmp_path / room / "__init__.py").write_text(f"raise RuntimeError('this is {room} of somebody else')")
    (tmp_path / "mine.yaml").write_text("strategy: {class: 'mine.py:Mine'}\ncontrols: off\n")
    (tmp_path / "mine.py").write_text(STRATEGY)
    (tmp_path / "helpers.py").write_text("import numpy\ndef always(market):\n    return numpy.ones(len(market))\n")
    return tmp_path


def ran(code, house, folder, *words):
    """Run code as ``python -c`` does: its own folder comes first, then where the house is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = kept if house == ROOT else {**kept, "PYTHONPATH": str(house)}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *(["-c", code] if code else ["-m", "backtest"]), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_notebook_runs(house, folder):
    told = ran(NOTEBOOK, house, folder)

    assert told.returncode == 0, told.stderr
    first, written, *rooms = told.stdout.splitlines()
    assert first == f"[] {house / 'backtest' / '__init__.py'}"
    assert (folder / written / "metrics.json").exists()
    assert rooms == [str(house / room / "__init__.py") for room in ROOMS]


def test_the_command_runs_draws_a_page_and_sweeps_in_processes(house, folder):
    run = ran(None, house, folder, "run", "hedge_soxs.yaml", *SPAN, "--no-tearsheet")
    sweep = ran(
        *(None, house, folder, "sweep", "mine.yaml", *SPAN, "--param", "hedge.weight=0.1,0.2"),
        *("--workers", "2", "--executor", "processes"),
    )

    assert run.returncode == 0, run.stderr
    assert list((folder / "runs").glob("*/report.html"))
    assert sweep.returncode == 0, sweep.stderr
    assert list((folder / "sweeps").glob("*/sweep.html"))


def test_a_cluster_of_ones_own_sweeps(house, folder):
    words = ("sweep", "mine.yaml", *SPAN, "--param", "hedge.weight=0.1,0.2", "--workers", "2", "--executor", "dask")
    told = ran(None, house, folder, *words)

    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_that_came_first_is_named_in_a_line(folder, room):
    for name in PACKAGES:
        (folder / name / "__init__.py").write_text("")
    told = ran(f"import {room}, backtest", ROOT, folder)

    assert told.stderr.splitlines()[-1] == (
        f"ImportError: backtest has a package {room} of its own, and {folder / room} was imported before it: "
        "rename that one, or import backtest first and do without it"
    )


def test_our_own_rooms_may_come_first(tmp_path):
    assert ran("import data, engine.rules, backtest", ROOT, tmp_path).returncode == 0
