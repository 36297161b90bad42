"""Arrays that several readers share: each is made once, kept within a bound of memory, and nobody can write into it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from data.arrays import Array, read_only


class Remembered:
    """Arrays by what they are made of, up to a number of bytes; those longest unused are dropped first.

    Parameters
    ----------
    most
        Bytes that are kept at most. An array that is larger by itself is made each time it is asked for.

    Attributes
    ----------
    nbytes
        Bytes that are kept.
    """

    def __init__(self, most: int) -> None:
        self.most, self.nbytes = most, 0
        self._kept: dict[Hashable, npt.NDArray[Any]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __reduce__(self) -> tuple[type[Remembered], tuple[int]]:
        """Pickle it empty: another process makes its own."""
        return Remembered, (self.most,)

    def get(self, key: Hashable, compute: Callable[[], Array]) -> Array:
        """Return the array that a key stands for, made now if it isn't there; it is read-only and stays so."""
        with self._lock:
            values: Any = self._kept.pop(key, None)
            if values is not None:
                self._kept[key] = values  # at the end: the one last asked for
        if values is None:
            values = _sealed(compute())
            with self._lock:
                self._keep(key, values)
        found: Array = values
        return found

    def _keep(self, key: Hashable, values: npt.NDArray[Any]) -> None:
        if values.nbytes > self.most or key in self._kept:  # another thread may have made it meanwhile
            return
        self._kept[key] = values
        self.nbytes += values.nbytes
        while self.nbytes > self.most:
            self.nbytes -= self._kept.pop(next(iter(self._kept))).nbytes


def _sealed(given: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return values as an array that can't be made writeable again: a view of one that is read-only.

    A part of another array is copied, which would be kept whole for its sake and may be written into elsewhere.
    """
    values = np.asarray(given)
    return read_only(values if values.base is None else values.copy()).view()
