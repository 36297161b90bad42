"""The house: imports point down the ladder, heavy libraries have one importer each, and help loads none of them."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LADDER = ("data", "strategies", "engine", "reports", "backtest")
MODULES = [path for room in LADDER for path in sorted((ROOT / room).rglob("*.py"))]
IMPORTERS = {
    "backtrader": "engine/backtrader_engine/",
    "numba": "engine/kernel/",
    "quantstats": "reports/tearsheet.py",
    "pandera": "data/schema.py",
    "exchange_calendars": "data/calendar.py",
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module


def place(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_imports_point_down_the_ladder(path):
    rank = LADDER.index(place(path).partition("/")[0])
    above = set(LADDER[rank + 1 :])

    assert not {module for module in imported(path) if module.partition(".")[0] in above}


@pytest.mark.parametrize("library", IMPORTERS)
def test_a_heavy_library_has_one_importer(library):
    importers = [place(path) for path in MODULES if any(m.partition(".")[0] == library for m in imported(path))]

    assert all(importer.startswith(IMPORTERS[library]) for importer in importers)
    assert importers or library == "numba"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_module_says_what_room_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_every_package_is_listed_by_name_and_typed():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {place(path.parent).replace("/", ".") for path in MODULES if path.name == "__init__.py"}

    assert set(told) == there
    assert all((ROOT / room / "py.typed").exists() for room in LADDER)
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_help_loads_nothing_heavy():
    heavy = ("pandas", "numpy", "numba", "quantstats", "backtrader", "arch", "plotly", "scipy", "pydantic", "pandera")
    code = "import sys; sys.argv = ['backtest', '--help']; from backtest.cli import main\n"
    code += f"try: main()\nfinally: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"

    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.stderr.strip() == "[]"


def test_a_run_does_without_what_sweeps_and_pages_need():
    heavy = ("numba", "arch", "plotly", "quantstats", "matplotlib", "scipy")
    words = ["run", "hedge_soxs.yaml", "--start", "2020-01-02", "--end", "2020-06-30", "--no-tearsheet", "--json"]
    words += ["--set", "controls=off"]
    code = f"import sys, tempfile; sys.argv = ['backtest', *{words}, '--out', tempfile.mkdtemp()]\n"
    code += f"from backtest.cli import main\ntry: main()\nfinally: print([m for m in {heavy} if m in sys.modules])"

    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.stdout.splitlines()[-1] == "[]"
