"""Started in a folder with a data/, engine/, reports/ and strategies/ of somebody's own, it works all the same."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from copies import copy_house

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
from backtest.cli import main
sys.argv[0] = "backtest"
main()
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
    house, installed = copy_house(tmp_path_factory.mktemp("house")), tmp_path_factory.mktemp("installed")
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
    (tmp_path / "mine.yaml").write_text("strategy: {class: 'mine.py:Mine'}\n")
    (tmp_path / "mine.py").write_text(STRATEGY)
    (tmp_path / "helpers.py").write_text("import numpy\ndef always(market):\n    return numpy.ones(len(market))\n")
    return tmp_path


def start(code, house, folder, *words):
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


def sweep(executor):
    grid = ("--param", "hedge.weight=0.1,0.2")
    return ("sweep", "mine.yaml", *SPAN, *grid, "--executor", executor, "--workers", "1", "--out", executor)


def test_a_notebook_runs_draws_a_page_and_sweeps_on_a_cluster_of_its_own(house, folder):
    ran = start(NOTEBOOK, house, folder, *sweep("dask"))

    assert ran.returncode == 0, ran.stderr
    first, written, *rooms = ran.stdout.splitlines()[: 2 + len(ROOMS)]
    assert first == f"[] {house / 'backtest' / '__init__.py'}"
    assert (folder / written / "metrics.json").exists()
    assert (folder / written / "report.html").exists()
    assert rooms == [str(house / room / "__init__.py") for room in ROOMS]
    assert list((folder / "dask").glob("*/results.parquet"))


def test_the_command_sweeps_in_processes_and_draws_a_page(house, folder):
    ran = start(None, house, folder, *sweep("processes"))

    assert ran.returncode == 0, ran.stderr
    assert list((folder / "processes").glob("*/sweep.html"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_that_came_first_is_named_in_a_line(folder, room):
    for name in PACKAGES:
        (folder / name / "__init__.py").write_text("")
    ran = start(f"import {room}, backtest", ROOT, folder)

    assert ran.stderr.splitlines()[-1] == (
        f"ImportError: backtest has a package {room} of its own, and {folder / room} was imported before it: "
        "rename that one, or import backtest first and do without it"
    )


def test_our_own_rooms_may_come_first(tmp_path):
    assert start("import data, engine.rules, backtest", ROOT, tmp_path).returncode == 0
