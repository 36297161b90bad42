"""The tables of a run's folder: documented as they are written, and written as their schema says."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answered_runs import answered, market

from engine.runs.execute import run
from engine.runs.run import Run
from engine.runs.schema import TABLES, tables_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tables.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    answered().save(folder)
    return folder


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """A run of two hedges, each half of the fund, before it is written, and its folder."""
    config, folder = answered().config, tmp_path_factory.mktemp("several")
    half = config.hedge.model_copy(update={"weight": config.hedge.weight / 2.0})
    made = run(config.with_legs([half, half]), market(), engine="compiled")
    made.save(folder)
    return made, folder


def test_the_page_is_made_from_the_schema():
    assert PAGE.read_text(encoding="utf-8") == tables_page(), (
        "write it again: python -c 'from engine.runs.schema import tables_page; print(tables_page(), end=\"\")'"
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_in_the_file_with_its_type(folder, several, table):
    folder = several[1] if table.name == "hedges" else folder
    schema = pq.read_schema(folder / table.file)
    written = {name: kind for name, kind in zip(schema.names, schema.types, strict=True) if name in table.columns}

    assert written == {name: pa.type_for_alias(kind) for name, (kind, _) in table.columns.items()}
    others = [kind for name, kind in zip(schema.names, schema.types, strict=True) if name not in table.columns]
    assert set(others) == ({pa.float64()} if table.more else set())


def test_several_hedges_are_read_back_as_they_were(several):
    made, folder = several
    read = Run.load(folder)

    for name in ("hedged", "unhedged", "always_on"):
        for part in ("equity", "shares", "traded", "hedges", "actions"):
            np.testing.assert_array_equal(getattr(read.ledgers[name], part), getattr(made.ledgers[name], part))
    assert read.hedged.hedges.shape[1] == 2
