"""Arrays thinned and packed for the script of a page."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from data.arrays import Floats, Ints

POINTS = 1_000
"""Points of a line, about as many as a screen tells apart."""
WIDE = 5.0
"""The highest over the lowest from which an axis is logarithmic."""


def packed(array: npt.NDArray[Any]) -> str:
    """Return an array of four-byte values as base64, as a page's script unpacks it.

    The first bytes of all values come first, then the second ones, and so on: beside their like they compress to half.
    """
    return base64.b64encode(np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8).T.tobytes()).decode()


def singles(values: npt.ArrayLike) -> str:
    """Return numbers packed as little-endian float32, NaN for none: seven digits, and whole days, survive."""
    with np.errstate(over="ignore"):
        return packed(np.asarray(values).astype("<f4"))


def line(name: str, x: npt.ArrayLike, y: Floats) -> dict[str, str]:
    """Return a line as a page's script takes it."""
    return {"name": name, "x": singles(x), "y": singles(y)}


def thinned(values: Floats, points: int = POINTS) -> Ints:
    """Return the places of a line's points that a screen needs, in order.

    Parameters
    ----------
    values
        The line, shape (n,); NaN makes a gap.
    points
        How many that are defined are returned, 4 or more: all if they are no more, else the first, the last, and of
        each stretch the lowest and the highest. The first place of every gap is returned besides.
    """
    known = ~np.isnan(values)
    kept = np.flatnonzero(known)
    if len(kept) > points:
        stretches = np.array_split(kept, points // 2 - 1)
        ends = [place[pick(values[place])] for place in stretches for pick in (np.argmin, np.argmax)]
        kept = np.array([kept[0], *ends, kept[-1]])
    gaps = np.flatnonzero(~known & np.concatenate(([True], known[:-1])))
    return np.union1d(kept, gaps)


def spread(values: Floats) -> list[float] | None:
    """Return the lowest and the highest positive value where their axis should be logarithmic, else None."""
    positive = values[(values > 0) & np.isfinite(values)]
    if len(positive) and positive.max() > WIDE * positive.min():
        return [float(positive.min()), float(positive.max())]
    return None
