"""The notebook of docs/: its cells are those of its script, they run, and what they gave is what the runs ship with."""

import json
import sys
from pathlib import Path

import pytest
from history import FOLDER, needs_history

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTEBOOK = json.loads((DOCS / "first_look.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def script(monkeypatch):
    """Return the script that writes it."""
    monkeypatch.syspath_prepend(str(DOCS))
    import notebook

    yield notebook
    sys.modules.pop("notebook", None)


def test_its_cells_are_the_script_s_and_none_failed(script):
    kept = [(cell["cell_type"], "".join(cell["source"])) for cell in NOTEBOOK["cells"]]
    assert kept == list(script.cells())
    outputs = [output for cell in NOTEBOOK["cells"] for output in cell.get("outputs", ())]
    assert len(outputs) >= 6
    assert not any(output["output_type"] == "error" for output in outputs)


@needs_history
def test_its_cells_run(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = list(script.executed(str(FOLDER)))
    first = next(cell for cell in made if cell["cell_type"] == "code")
    assert first["outputs"][0]["data"]["text/html"][0].startswith("<iframe")
    assert all(cell["outputs"] for cell in made if cell["cell_type"] == "code")


def test_it_has_the_answer_that_the_shipped_run_has():
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `hedge_soxs` |"))
    grew, share, less = (cell.strip() for cell in row.split("|")[2:5])
    text = " ".join("".join(NOTEBOOK["cells"][1]["outputs"][0]["data"]["text/plain"]).split())
    said = f"Holding {share} SOXX and the rest in bills all the time was as safe and grew {less} a year"
    assert f"{said}; the hedge grew {grew}" in text
