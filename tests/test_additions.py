"""Adding a thing touches as few files as CONTRIBUTING.md says: each is added to a copy of the house, and used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "strategies", "engine", "reports", "backtest")
YAML = """
name: added
start: 2019-01-02
end: 2019-12-31
portfolio: {core: {SOXX: 1.0}}
hedge: {instrument: SOXS, underlying: SOXX, weight: 0.1, sizing: half}
strategy:
  class: CompositeHedge
  params:
    signals:
      fallen: {signal: fallen_by, days: 20, above: 0.02}
"""


class Edit(NamedTuple):
    """Text put behind the first `after` of a file; a new file where there is none yet."""

    file: str
    text: str
    after: str = ""


METRIC = (
    Edit(
        "engine/analytics/measure.py",
        '    ("gain_to_fall", "Gain to fall", "", "cagr over cvar", lambda t: ratio(t.cagr, -t.tail), 1, False),\n',
        "\n_BOOK = (\n",
    ),
)
SIGNAL = (
    Edit(
        "strategies/signals/weakness.py",
        "\n\ndef fallen_by(level: Level, days: Days = 20) -> Floats:\n"
        '    """The close of `days` sessions before less this one, over it.\n\n    Unit: fraction\n    """\n'
        "    fallen = np.full(len(level), np.nan)\n"
        "    fallen[days:] = 1.0 - level[days:] / level[:-days]\n"
        "    return fallen\n",
        "END",
    ),
)
CONTROL = (
    Edit(
        "engine/analytics/controls.py",
        '    ControlKind("half_held", "Half held", "Half of the core, half cash.",'
        " lambda case: Made(run_held_less(case.setup, 0.5))),\n",
        "\n_KINDS = (\n",
    ),
)
SIZING = (
    Edit(
        "strategies/sizing.py",
        '    "half": Method("half of it", lambda sizing, market, _: np.full(len(market), 0.5 * sizing.weight)),\n',
        "METHODS = {\n",
    ),
    Edit("engine/config.py", '"half", ', "    sizing: Literal["),
)
COMMAND = (
    Edit(
        "backtest/greeting_command.py",
        '"""The command `greet`."""\n\nimport typer\n\n\ndef greet(name: str) -> None:\n    """Greet a person."""\n'
        '    typer.echo(f"hello {name}")\n',
    ),
    Edit("backtest/cli.py", '    "greet": __import__("backtest.greeting_command").greeting_command.greet,\n',
         "COMMANDS: dict[str, Callable[..., None]] = {\n"),
)  # fmt: skip
VENDOR = (
    Edit(
        "data/sources/abacus.py",
        '"""Daily series of the abacus."""\n\nimport numpy as np\n\nfrom data.series import Series\n'
        "from data.sources import SERIES\nfrom data.sources.vendor import Fetched\n\n"
        'NAME, TITLE, KNOWN, LAG = "abacus", "the abacus", (), 1\n\n\ndef version():\n    return "abacus 1"\n\n\n'
        "def kind_of(symbol):\n    return SERIES\n\n\ndef ask(symbol, first, now, noted=None):\n"
        '    dates = np.array(["2024-01-02", "2024-01-03"], "datetime64[D]")\n'
        "    return Fetched(Series(symbol, dates, np.array([1.0, 2.0]), lag=LAG))\n",
    ),
    Edit("data/pull.py", "from data.sources import abacus\n", "from data.store import Entry, Origin, Store\n"),
    Edit("data/pull.py", ", abacus", "VENDORS: tuple[Vendor, ...] = (yahoo, fred"),
)
SECTION = (
    Edit(
        "reports/hedge_report.py",
        '    yield Section("thanks-part", "Nothing to add", [Paragraph("Added by a test.", "dek")], "Thanks")\n',
        "    yield costs(result)\n",
    ),
)
FILES = {"metric": (METRIC, 1), "signal": (SIGNAL, 1), "control": (CONTROL, 1), "sizing": (SIZING, 2),
         "command": (COMMAND, 2), "vendor": (VENDOR, 2), "report section": (SECTION, 1)}  # fmt: skip
"""What each addition takes, and how many files that is."""


def put(edit: Edit, house: Path) -> None:
    path = house / edit.file
    if not edit.after:
        assert not path.exists()
        path.write_text(edit.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if edit.after == "END":
        path.write_text(text + edit.text, encoding="utf-8")
        return
    assert text.count(edit.after) == 1, f"{edit.file} has no single {edit.after!r}"
    path.write_text(text.replace(edit.after, edit.after + edit.text), encoding="utf-8")


def backtest(house: Path, cwd: Path, *words: str) -> str:
    """Run a command of the house that a thing was added to; return what it prints."""
    code = f"import sys; sys.path.insert(0, {str(house)!r}); sys.argv[0] = 'backtest'; "
    code += "from backtest.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        env={**os.environ, "BACKTEST_DATA": str(cwd / "store"), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the house with everything added."""
    copy = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for edits, _count in FILES.values():
        for edit in edits:
            put(edit, copy)
    return copy


@pytest.mark.parametrize("kind", FILES)
def test_an_addition_touches_no_more_files_than_it_is_said_to(kind):
    edits, count = FILES[kind]
    assert len({edit.file for edit in edits}) == count


def test_a_metric_a_signal_a_control_a_sizing_and_a_section_are_all_a_run_needs(house, tmp_path):
    (tmp_path / "added.yaml").write_text(YAML, encoding="utf-8")

    metrics = json.loads(
        backtest(house, tmp_path, "run", "added.yaml", "--json", "--no-tearsheet", "--engine", "compiled")
    )

    (folder,) = (tmp_path / "runs").iterdir()
    equity = pq.read_table(folder / "equity.parquet")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert metrics["gain_to_fall"] == pytest.approx(-metrics["cagr"] / metrics["cvar_95"])
    assert metrics["controls"]["half_held"]["cagr"] != metrics["controls"]["unhedged"]["cagr"]
    assert "half_held" in equity.column_names
    assert metrics["episodes"] > 0
    assert (
        0.04 < np.median([w for w in pq.read_table(folder / "equity.parquet")["hedge_weight"].to_pylist() if w]) < 0.06
    )
    assert all(text in page for text in ("Added by a test.", "Nothing to add", "Half held"))
    assert "fallen_by" in backtest(house, tmp_path, "catalogue", "--markdown")

    backtest(
        house,
        tmp_path,
        "sweep",
        "added.yaml",
        "--param",
        "hedge.weight=0.1,0.2",
        "--param",
        "signals.fallen.days=10,20",
    )
    (swept,) = (tmp_path / "sweeps").iterdir()
    assert {"gain_to_fall", "gain_to_fall_vs_unhedged"} <= set(pq.read_table(swept / "results.parquet").column_names)


def test_a_command_and_a_vendor_are_used_by_their_names(house, tmp_path):
    assert backtest(house, tmp_path, "greet", "Ada") == "hello Ada\n"
    pulled = backtest(house, tmp_path, "data", "pull", "abacus:BEADS")
    assert "BEADS" in pulled
    assert "BEADS" in backtest(house, tmp_path, "data", "list")
