"""The table of a sweep or a search: one Parquet file, or a folder of them where there are many rows."""

from __future__ import annotations

from pathlib import Path

from data.files import read_checksums

RESULTS = "results.parquet"
PARTED = "results"
"""The folder whose files make the table up, in the order of their names."""
TOGETHER = 2**18
"""Rows of a file: a table that has more is parted."""


def table_name(rows: int) -> str:
    """Return what the table of so many rows is called in its folder."""
    return RESULTS if rows <= TOGETHER else f"{PARTED}/"


def table_in(folder: Path) -> Path:
    """Return where a folder's table is: a file, or a folder of files, as `pyarrow.parquet.read_table` takes both."""
    return folder / PARTED if (folder / PARTED).is_dir() else folder / RESULTS


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder's table, in the order of its rows."""
    table = table_in(folder)
    if not table.is_dir():
        return [table]
    written = [
        name for name in read_checksums(folder) or () if name.startswith(f"{PARTED}/")
    ]  # not what others put there
    return [folder / name for name in sorted(written)] or sorted(table.glob("*.parquet"))
