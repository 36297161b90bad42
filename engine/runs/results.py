"""The table of a sweep or a search: one Parquet file, or a folder of them where there are many rows."""

from __future__ import annotations

from pathlib import Path

RESULTS = "results.parquet"
PARTED = "results"
"""The folder whose files make the table up, in the order of their names."""
TOGETHER = 2**18
"""Rows of a file: a table that has more is parted."""


def table_in(folder: Path) -> Path:
    """Return where a folder's table is: a file, or a folder of files, as `pyarrow.parquet.read_table` takes both."""
    return folder / PARTED if (folder / PARTED).is_dir() else folder / RESULTS


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder's table, in the order of its rows."""
    table = table_in(folder)
    return sorted(table.glob("*.parquet")) if table.is_dir() else [table]
