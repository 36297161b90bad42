"""Columns of numbers, days and text, as the store's Parquet files hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Column = npt.NDArray[Any]
"""Numbers, days (NaT where there is none), or text, shape (rows,)."""


def in_days(values: Column) -> Column:
    """Return dates in whole days, anything else as it is."""
    return values.astype("datetime64[D]") if values.dtype.kind == "M" else values


def span(columns: Mapping[str, Column]) -> tuple[str, str]:
    """Return the first and the last date of the rows; where rows have none, of all dates that are named."""
    if "date" in columns:
        return str(columns["date"][0]), str(columns["date"][-1])
    dates = np.concatenate([values for values in columns.values() if values.dtype.kind == "M"])
    named = np.sort(dates[~np.isnat(dates)])
    return (str(named[0]), str(named[-1])) if len(named) else ("", "")


def table_of(columns: Mapping[str, Column]) -> pa.Table:
    """Return columns as Parquet takes them."""
    import pyarrow as pa

    return pa.table({name: pa.array(values) for name, values in columns.items()})


def read_content(path: Path, expected: str) -> dict[str, Column]:
    """Read a file's columns; raises ValueError where its content isn't what the manifest says."""
    import pyarrow.parquet as pq

    # pq.read_table and to_numpy import pandas: a quarter of a second. One thread reads files this small sooner.
    with pq.ParquetFile(path) as file:
        table = file.read(use_threads=False).combine_chunks()
    columns = {name: _column(table[name].chunk(0)) for name in table.column_names}
    if content_hash(columns) != expected:
        raise ValueError("its content isn't what the manifest says")
    return columns


def _column(held: pa.Array) -> Column:
    """Return a column of a file: days, text, or float64."""
    kind = str(held.type)
    if kind == "string":
        return np.array(held.to_pylist(), dtype=np.str_)
    if kind == "date32[day]" and held.null_count:
        return np.array(held.to_pylist(), dtype="datetime64[D]")
    if kind == "date32[day]":
        return np.from_dlpack(held.cast("int32")).astype("datetime64[D]")
    return np.array(np.from_dlpack(held), dtype=np.float64)


def content_hash(columns: Mapping[str, Column]) -> str:
    """Return the hash of a file's content: the rows' dates if there are any, then each column with its name."""
    digest = hashlib.sha256(columns["date"].astype("int64").tobytes() if "date" in columns else b"")
    for name in sorted(set(columns) - {"date"}):
        values = columns[name]
        digest.update(name.encode())
        if values.dtype.kind == "U":
            digest.update("\n".join(values.tolist()).encode())
        else:
            numbers = values.astype("int64") if values.dtype.kind == "M" else values
            digest.update(np.ascontiguousarray(numbers).tobytes())
    return digest.hexdigest()
