"""Plain Python of what numpy, pandas and pathlib hold: the values that YAML would have read."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

MIDNIGHT = dt.time()


def plain(value: Any) -> Any:
    """Return a value as plain Python: numpy's scalars as numbers, text and dates, arrays and the like as lists.

    A date with a time of day, and whatever else has no plain form, is returned as it is: whoever checks it names its
    key.
    """
    if isinstance(value, Mapping):
        return {plain(name): plain(one) for name, one in value.items()}
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, dt.datetime):
        whole = value == value and value.tzinfo is None and value.time() == MIDNIGHT  # noqa: PLR0124  # NaT is not
        return value.date() if whole else value
    if isinstance(value, np.ndarray) and not value.ndim:
        return plain(value[()])
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return value
