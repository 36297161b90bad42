"""Arrays to arrow's and back by their memory: pyarrow's own way imports pandas, which takes half a second."""

from __future__ import annotations

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


def floats_of(computed: pa.Array) -> npt.NDArray[np.float64]:
    """Return numbers as an array of ours, which may be written to; without nulls."""
    held = np.frombuffer(computed.buffers()[1], np.float64, len(computed) + computed.offset)
    return held[computed.offset :].copy()


def _buffers(values: Values, kind: pa.DataType) -> list[Values | bytes | None] | None:
    """Return an array's memory in arrow's layout, which values are none first; None of what isn't laid out here."""
    import pyarrow as pa

    if values.ndim != 1:
        return None
    if kind in (pa.float64(), pa.int64()) and values.dtype == kind.to_pandas_dtype():
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
