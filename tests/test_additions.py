"""Adding a thing touches as few files as CONTRIBUTING.md says: each is added to a copy of the house, and used."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from copies import copy_house

ROOT = Path(__file__).resolve().parents[1]
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
        '    "half": Method("half of it", lambda sizing, market, *_: np.full(len(market), 0.5 * sizing.weight)),\n',
        "METHODS = {\n",
    ),
    Edit("engine/hedge_config.py", '"half", ', "    sizing: Literal["),
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
        'NAME, TITLE, KNOWN = "abacus", "the abacus", ()\n\n\ndef version():\n    return "abacus 1"\n\n\n'
        "def kind_of(symbol):\n    return SERIES\n\n\ndef session(identity):\n    return ask\n\n\n"
        "def ask(symbol, first, now, noted=None):\n"
        '    dates = np.array(["2024-01-02", "2024-01-03"], "datetime64[D]")\n'
        "    return Fetched(Series(symbol, dates, np.array([1.0, 2.0]), lag=1))\n",
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


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the house with everything added."""
    copy = copy_house(tmp_path_factory.mktemp("house"))
    for edits, _count in FILES.values():
        for edit in edits:
            put(edit, copy)
    return copy


def printed(house: Path, cwd: Path, *commands: str) -> list[str]:
    """Run commands of the house that things were added to, in one process of its own; return what each prints."""
    code = "import json, sys; sys.path[:0] = sys.argv[1:3]; from command import command\n"
    code += "print(json.dumps([vars(command(*words.split())) for words in sys.argv[3:]]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, house, ROOT / "tests" / "support", *commands],
        cwd=cwd,
        env={**os.environ, "BACKTEST_DATA": str(cwd / "store"), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answers = json.loads(ran.stdout)
    assert not [answer["err"] for answer in answers if answer["status"]]
    return [answer["out"] for answer in answers]


@pytest.mark.parametrize("kind", FILES)
def test_an_addition_touches_no_more_files_than_it_is_said_to(kind):
    edits, count = FILES[kind]
    assert len({edit.file for edit in edits}) == count


def test_all_that_is_added_is_used_by_its_name(house, tmp_path):
    (tmp_path / "added.yaml").write_text(YAML, encoding="utf-8")

    ran, catalogue, _swept, greeting, pulled, listed = printed(
        *(house, tmp_path, "run added.yaml --json --no-tearsheet --engine compiled", "catalogue --markdown"),
        "sweep added.yaml --param hedge.weight=0.1,0.2 --param signals.fallen.days=10,20",
        *("greet Ada", "data pull abacus:BEADS", "data list"),
    )

    metrics = json.loads(ran)
    (folder,) = (tmp_path / "runs").iterdir()
    equity = pq.read_table(folder / "equity.parquet")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert metrics["gain_to_fall"] == pytest.approx(-metrics["cagr"] / metrics["cvar_95"])
    assert metrics["controls"]["half_held"]["cagr"] != metrics["controls"]["unhedged"]["cagr"]
    assert "half_held" in equity.column_names
    assert metrics["episodes"] > 0
    assert 0.04 < np.median([weight for weight in equity["hedge_weight"].to_pylist() if weight]) < 0.06
    assert all(text in page for text in ("Added by a test.", "Nothing to add", "Half held"))
    assert "fallen_by" in catalogue
    (swept,) = (tmp_path / "sweeps").iterdir()
    assert {"gain_to_fall", "gain_to_fall_vs_unhedged"} <= set(pq.read_table(swept / "results.parquet").column_names)
    assert greeting == "hello Ada\n"
    assert "BEADS" in pulled
    assert "BEADS" in listed
