"""The array types that pass between rooms."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Array = TypeVar("Array", bound=npt.NDArray[Any])
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]
"""Days, dtype ``datetime64[D]``."""

DAY = np.timedelta64(1, "D")
"""A day: numpy 2.5 takes no plain number for one."""


def day(text: object) -> np.datetime64:
    """Return an ISO date, a ``datetime.date`` or a ``datetime64`` as ``datetime64[D]``."""
    return np.datetime64(str(text)[:10], "D")


def among(days: Dates, held: Dates) -> Flags:
    """Return for each of some days whether it is one of others, shape (days,), which have to be in order."""
    if not len(held):
        return np.zeros(len(days), np.bool_)
    found: Flags = held[np.minimum(np.searchsorted(held, days), len(held) - 1)] == days
    return found


def read_only(array: Array) -> Array:
    """Forbid writing into an array that several readers share, and return it."""
    array.flags.writeable = False
    return array
