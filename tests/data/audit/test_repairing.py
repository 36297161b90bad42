"""Repairs in a folder of CSV files and in the store: recorded, applied, undone to the byte, noticed when harmful."""

import json
from functools import lru_cache

import numpy as np
import pytest
from faults import PLANTED, Family, made_up
from markets import source_of

from data.arrays import day
from data.audit.finding import ERROR, INFO
from data.audit.repairing import keeper_of, repair, undo
from data.audit.run import audit
from data.bars import COLUMNS
from data.errors import DataError
from data.sources import BARS
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource
from data.sources.wrapped import KeptSource
from data.store import Origin, Store

NAMES = ("SOXS", "SOXX")
STEP = PLANTED["15 times too high before"]
ORIGIN = Origin("import", "SOXS.csv", "none", "2026-08-21T20:15:00Z")


@lru_cache
def clean() -> Family:
    return made_up(5)


@lru_cache
def date():
    return STEP.date(clean(), np.random.default_rng(1))


def in_folder(folder, family):
    for name in NAMES:
        bars = family.bars[name]
        path = folder / "bars" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = zip(bars.dates, *(getattr(bars, column).tolist() for column in COLUMNS), strict=True)
        path.write_text("\n".join([",".join(["date", *COLUMNS]), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return CsvSource(folder)


def in_store(folder, family):
    store = Store(folder)
    for name in NAMES:
        store.put(family.bars[name], ORIGIN)
    return store


KEEPERS = {"csv": in_folder, "store": in_store}


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("keep", KEEPERS.values(), ids=KEEPERS)
def test_a_repair_is_recorded_applied_and_undone_to_the_byte(tmp_path, keep):
    source = keep(tmp_path, STEP.plant(clean(), date()))
    before = tree(tmp_path)
    found = audit(source, NAMES)
    (made,) = repair(source, found)
    assert (made.id, made.kind, made.date) == (f"SOXS-step-{date()}", "reprice", date())
    assert not audit(source, NAMES)
    for column in ("open", "high", "low", "close", "dividend"):
        kept = getattr(clean().fund, column)
        np.testing.assert_allclose(getattr(source.read(BARS, "SOXS"), column), kept, rtol=1e-14)
    assert repair(source, found) == ()  # it is kept already
    assert undo(source, [made.id]) == (made,)
    assert tree(tmp_path) == before
    assert [one.id for one in audit(source, NAMES)] == [made.id]


@pytest.mark.parametrize("keep", KEEPERS.values(), ids=KEEPERS)
def test_a_vendor_who_mends_the_data_himself_makes_the_repair_harmful_and_that_is_told(tmp_path, keep):
    source = keep(tmp_path, STEP.plant(clean(), date()))
    (made,) = repair(source, audit(source, NAMES))
    source = keep(tmp_path, clean())  # as a later pull does; the repair stays
    (one,) = audit(source, NAMES)
    assert (one.id, one.severity, one.kind) == (f"SOXS-repair-{date()}", ERROR, "repair")
    assert one.message.startswith(f"the repair {made.id} does harm now, the vendor has mended it: the price steps")
    assert one.remedy == f"--undo {made.id}"
    undo(source, [made.id])
    assert not audit(source, NAMES)


def test_a_repair_that_changes_nothing_any_more_is_good_to_know(tmp_path):
    split = PLANTED["a split upside down"]
    session = split.date(clean(), np.random.default_rng(1))
    source = in_folder(tmp_path, split.plant(clean(), session))
    (made,) = repair(source, audit(source, NAMES))
    assert not audit(source, NAMES)
    (one,) = audit(in_folder(tmp_path, clean()), NAMES)
    assert (one.severity, one.message) == (INFO, f"the repair {made.id} changes nothing any more")


def test_all_repairs_can_be_undone_at_once(tmp_path):
    broken = PLANTED["an open 10 times too low"].plant(STEP.plant(clean(), date()), day("2022-06-01"))
    source = in_folder(tmp_path, broken)
    made = repair(source, audit(source, NAMES))
    assert len(made) == 2
    assert not audit(source, NAMES)
    assert undo(source, ["all"]) == made
    assert not (tmp_path / "repairs.json").exists()
    assert undo(source, ["all"]) == ()


def test_undoing_what_was_never_repaired_is_refused_with_the_near_id(tmp_path):
    source = in_folder(tmp_path, STEP.plant(clean(), date()))
    with pytest.raises(DataError, match=r"^there is no repair X: there is none$"):
        undo(source, ["X"])
    (made,) = repair(source, audit(source, NAMES))
    with pytest.raises(
        DataError, match=rf"^there is no repair SOXS-stop-{date()}, did you mean {made.id}\?: there are"
    ):
        undo(source, [f"SOXS-stop-{date()}"])


def test_repairs_of_a_folder_stand_in_one_readable_file(tmp_path):
    source = in_folder(tmp_path, STEP.plant(clean(), date()))
    (made,) = repair(source, audit(source, NAMES))
    (kept,) = json.loads((tmp_path / "repairs.json").read_text())
    assert kept["id"] == made.id
    assert (kept["date"], kept["kind"], kept["factor"]) == (str(date()), "reprice", pytest.approx(1 / 15))
    assert source.repairs() == (made,)


@pytest.mark.parametrize(
    "text", ["[{}]", "{", '[{"id": "x", "instrument": "A", "kind": "magic", "date": "2024-01-02"}]']
)
def test_a_damaged_repairs_file_is_told(tmp_path, text):
    source = in_folder(tmp_path, clean())
    (tmp_path / "repairs.json").write_text(text)
    with pytest.raises(DataError, match=r"repairs\.json: can't be read: .*: delete it to go back to the files as they"):
        source.read(BARS, "SOXS")


def test_what_keeps_no_repairs_says_so(tmp_path):
    source = source_of(*clean().bars.values())
    assert keeper_of(source) is None
    with pytest.raises(DataError, match="source demo keeps no repairs: import its history into the store"):
        repair(DemoSource(), ())
    kept = in_folder(tmp_path, clean())
    assert keeper_of(KeptSource(kept)) is kept
    store = in_store(tmp_path / "store", clean())
    assert keeper_of(store) is store
