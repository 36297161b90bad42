"""A vendor's file as it comes: split-adjusted, without a column of splits, with a false step of 15 on 2026-05-26."""

import numpy as np
import pytest
from faults import NAMES, Family, back_adjusted, false_step
from history import FOLDER, needs_history

from data.arrays import day
from data.audit.finding import ERROR
from data.audit.repairing import repair, undo
from data.audit.run import audit
from data.bars import COLUMNS
from data.sources import BARS
from data.sources.csv import CsvSource

pytestmark = needs_history

STEP = day("2026-05-26")
FROM = day("2010-06-01")


def write(folder, bars):
    """Write bars as a CSV file, to the last bit."""
    path = folder / "bars" / f"{bars.instrument}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = zip(bars.dates, *(getattr(bars, name).tolist() for name in COLUMNS), strict=True)
    lines = [",".join(["date", *COLUMNS]), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def vendor_file(folder, factor, *, adjusted, with_volume, underlying=True):
    source = CsvSource(FOLDER)
    clean = Family({name: source.read(BARS, name) for name in NAMES[:2]})
    bars = back_adjusted(clean.fund, 0) if adjusted else clean.fund
    stepped = false_step(factor, with_volume=with_volume)(bars, int(np.searchsorted(bars.dates, STEP)))
    write(folder, stepped)
    if underlying:
        write(folder, clean.underlying)
    return CsvSource(folder)


@pytest.mark.parametrize("factor", [15.0, 1 / 15], ids=["times 15", "by 15"])
@pytest.mark.parametrize("with_volume", [False, True], ids=["prices", "volume too"])
@pytest.mark.parametrize("adjusted", [True, False], ids=["split-adjusted", "as traded"])
def test_the_false_step_is_found_named_and_mended(tmp_path, factor, adjusted, with_volume):
    """SOXX rose 6.1 % that day: SOXS fell 18.3 %, which is 15 times as much as the file has it, or a 15th."""
    source = vendor_file(tmp_path, factor, adjusted=adjusted, with_volume=with_volume)
    before = (tmp_path / "bars" / "SOXS.csv").read_bytes()
    found = audit(source, ("SOXS", "SOXX"), FROM)
    errors = [one for one in found if one.severity == ERROR]
    assert [(one.id, one.first) for one in errors] == [("SOXS-step-2026-05-26", STEP)]
    (step,) = errors
    assert step.factor == pytest.approx(factor)
    assert "-3x SOXX says -18.3 %" in step.message
    assert f"15 times too {'high' if factor > 1 else 'low'}" in step.message

    assert [each.id for each in repair(source, found)] == [step.id]
    assert not [one for one in audit(source, ("SOXS", "SOXX"), FROM) if one.severity == ERROR]
    mended = source.read(BARS, "SOXS")
    level = mended.total_return()
    row = int(np.searchsorted(mended.dates, STEP))
    assert level[row] / level[row - 1] - 1 == pytest.approx(-0.183, abs=0.004)
    turnover = mended.close * mended.volume
    assert np.median(turnover[row - 20 : row]) == pytest.approx(np.median(turnover[row : row + 20]), rel=0.5)

    undo(source, [step.id])
    assert (tmp_path / "bars" / "SOXS.csv").read_bytes() == before
    assert not (tmp_path / "repairs.json").exists()
    assert [one.id for one in audit(source, ("SOXS", "SOXX"), FROM)] == [one.id for one in found]


@pytest.mark.parametrize("factor", [15.0, 1 / 15], ids=["times 15", "by 15"])
def test_without_its_underlying_the_step_is_found_and_left_to_a_person(tmp_path, factor):
    """By its own volatility the factor is 12 to 18: no repair is sure."""
    source = vendor_file(tmp_path, factor, adjusted=True, with_volume=False, underlying=False)
    errors = [one for one in audit(source, None, FROM) if one.severity == ERROR]
    assert [(one.id, one.repair) for one in errors] == [("SOXS-step-2026-05-26", None)]
    assert "about" in errors[0].message


def test_a_split_adjusted_file_is_told_from_its_prices(tmp_path):
    source = vendor_file(tmp_path, 1.0, adjusted=True, with_volume=False)
    found = {one.kind: one for one in audit(source, ("SOXS",), FROM) if one.instrument == "SOXS"}
    assert set(found) == {"adjusted", "zero-volume"}
    assert "$42.1 billion a share in 2010-08" in found["adjusted"].message
