"""Other kinds of hedge in a run's report."""

import pytest
from history import FOLDER, needs_history

from engine.loading import build_config
from engine.runs.execute import run
from reports.hedge_report import report_of


@needs_history
def test_the_report_places_other_kinds_beside_the_run():
    tree = {"data": {"source": "csv", "path": str(FOLDER)}, "start": "2021-01-04"}
    made = run(build_config(tree), engine="compiled")
    section = next(section for section in report_of(made).sections if section.id == "kinds-part")
    table = section.parts[-1]
    rows = {row.cells[0]: row for row in table.rows}

    own = made.figures["answer"]["insurance"]
    assert float(rows["SOXS (hedge_soxs), 15 %"].cells[3]) == pytest.approx(100 * own["gap"], abs=0.05)
    options = [row for name, row in rows.items() if "put" in name or "collar" in name]
    assert len(options) >= 3
    assert {row.mark for row in options} == {"MODELLED"}
    assert any(name.startswith("bills on the signal") for name in rows)
    assert any(name.startswith("holding") for name in rows)
