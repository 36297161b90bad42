"""The array types that pass between rooms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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


def read_only(array: npt.NDArray[np.generic]) -> None:
    """Forbid writing into an array that several readers share."""
    array.flags.writeable = False
