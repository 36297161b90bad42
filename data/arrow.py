"""Arrays to arrow's and back by their memory, and columns of files: pyarrow's own ways import pandas, half a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Values = npt.NDArray[Any]


def arrow_of(values: Values, kind: pa.DataType) -> pa.Array:
    """Return an array as arrow has it, equal to ``pyarrow.array(values, kind)``: NaN stays, NaT is null."""
    import pyarrow as pa

    buffers = _buffers(values, kind)
    if buffers is None:
        return pa.array(values, kind)
    laid = [None if buffer is None else pa.py_buffer(buffer) for buffer in buffers]
    return pa.Array.from_buffers(kind, len(values), laid)


def nullable(values: Values) -> pa.Array:
    """Return numbers as arrow has them, null where they are NaN, shape (n,)."""
    import pyarrow as pa

    known = ~np.isnan(values)
    laid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    held = np.ascontiguousarray(np.where(known, values, 0.0), np.float64)
    return pa.Array.from_buffers(pa.float64(), len(values), [laid, pa.py_buffer(held)])


def plain(values: Sequence[Any]) -> pa.Array:
    """Return flags, whole numbers, numbers or texts as ``pyarrow.array(values)`` would, None as null."""
    import pyarrow as pa

    kinds, count = {type(value) for value in values if value is not None}, len(values)
    known = np.array([value is not None for value in values], np.bool_)
    laid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    if not kinds:
        return pa.nulls(count)
    if kinds == {str}:
        texts = [b"" if value is None else value.encode() for value in values]
        ends = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        return pa.Array.from_buffers(pa.string(), count, [laid, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    if kinds == {bool}:
        flags = np.packbits([bool(value) for value in values], bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), count, [laid, pa.py_buffer(flags)])
    if kinds <= {int, float}:
        whole = kinds == {int}
        held = np.array([0 if value is None else value for value in values], np.int64 if whole else np.float64)
        return pa.Array.from_buffers(pa.int64() if whole else pa.float64(), count, [laid, pa.py_buffer(held)])
    return pa.array(values)


def floats_of(computed: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return numbers as an array of ours, which may be written to; NaN where null."""
    parts = getattr(computed, "chunks", [computed])
    return np.concatenate([_floats(part) for part in parts]) if parts else np.empty(0)


def values_of(column: pa.ChunkedArray) -> Values:
    """Return a column's values, shape (rows,): numbers, NaN where null; others as they are, None where null."""
    kind = str(column.type)
    if kind == "int64" and not column.null_count:
        return np.concatenate([_numbers(part) for part in column.chunks])
    if kind in ("int64", "double"):
        return floats_of(column)
    held = column.to_pylist()
    return np.array(held, np.bool_) if kind == "bool" and not column.null_count else np.array(held, np.object_)


def _floats(part: pa.Array) -> npt.NDArray[np.float64]:
    values = _numbers(part).astype(np.float64)
    if part.null_count:
        valid = np.frombuffer(part.buffers()[0], np.uint8)
        values[np.unpackbits(valid, count=part.offset + len(part), bitorder="little")[part.offset :] == 0] = np.nan
    return values


def _numbers(part: pa.Array) -> Values:
    """Return the memory of numbers, whatever stands there where they are null."""
    held: Values = np.frombuffer(part.buffers()[1], part.type.to_pandas_dtype(), part.offset + len(part))
    return held[part.offset :]


def read_columns(files: Sequence[Path], names: Sequence[str]) -> pa.Table:
    """Return columns of Parquet files of one schema, one after the other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = []
    for path in files:
        with pq.ParquetFile(path) as file:
            parts.append(file.read(columns=list(names)))
    return pa.concat_tables(parts)


def _buffers(values: Values, kind: pa.DataType) -> list[Values | bytes | None] | None:
    """Return an array's memory in arrow's layout, which values are none first; None of what isn't laid out here."""
    import pyarrow as pa

    if values.ndim != 1:
        return None
    if kind in (pa.float64(), pa.int64(), pa.int32()) and values.dtype == kind.to_pandas_dtype():
        return [None, np.ascontiguousarray(values)]
    if kind == pa.bool_() and values.dtype == np.bool_:
        return [None, np.packbits(values, bitorder="little")]
    if kind == pa.date32() and values.dtype == np.dtype("datetime64[D]"):
        told = ~np.isnat(values)
        valid = None if told.all() else np.packbits(told, bitorder="little")
        return [valid, np.where(told, values.astype(np.int64), 0).astype(np.int32)]
    if kind == pa.string() and values.dtype.kind == "U":
        texts = [text.encode() for text in values.tolist()]
        ends = np.cumsum([0, *map(len, texts)])
        return [None, ends.astype(np.int32), b"".join(texts)] if ends[-1] < np.iinfo(np.int32).max else None
    return None
