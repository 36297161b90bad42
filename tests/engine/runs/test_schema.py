"""The tables of a run's folder: documented as they are written, and written as their schema says."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from answered_runs import answered
from mixed import several

from engine.runs.schema import TABLES, tables_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tables.md"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folders of a run with one hedge, which has an answer, and of one with several."""
    one, more = (tmp_path_factory.mktemp("run") for _ in range(2))
    answered().save(one)
    several().save(more)
    return one, more


def test_the_page_is_made_from_the_schema():
    assert PAGE.read_text(encoding="utf-8") == tables_page(), (
        "write it again: python -c 'from engine.runs.schema import tables_page; print(tables_page(), end=\"\")'"
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_in_the_file_with_its_type(folders, table):
    schema = pq.read_schema(folders[table.name == "hedges"] / table.file)
    written = {name: kind for name, kind in zip(schema.names, schema.types, strict=True) if name in table.columns}

    assert written == {name: pa.type_for_alias(kind) for name, (kind, _) in table.columns.items()}
    others = [kind for name, kind in zip(schema.names, schema.types, strict=True) if name not in table.columns]
    assert set(others) == ({pa.float64()} if table.more else set())
