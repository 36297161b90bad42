"""The core as one price: what any stretch of sessions comes to for a book that holds nothing else, by a few look-ups.

Plain functions; `compiled` twins `stretch`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats


class Core(NamedTuple):
    """The core as one price: what is bought of it at the first fill, and sold and bought again in the same mix.

    Parameters
    ----------
    price
        Dollars at each close, shape (sessions,).
    mix
        Units of each holding in it, the first one's 1, shape (holdings,).
    sums
        Running sums over sessions of its returns, of their squares, of the squares of what falls short of the cash
        rate, and of its price, shape (4, sessions).
    stretches
        The lowest and the highest price and the deepest fall, a fraction <= 0, of every stretch from i to just before
        the middle of its block, or from there to i, at level j with blocks of ``2 ** (j + 1)`` sessions: any two
        sessions are on both sides of one middle. Shape (levels, sessions, 3); no level where it pays dividends in cash.
    """

    price: Floats
    mix: Floats
    sums: Floats
    stretches: Floats


def core_of(price: Floats, mix: Floats, floor: float) -> Core:
    """Return the core of a price: `floor` as of `Units`."""
    change = np.concatenate(([0.0], price[1:] / price[:-1] - 1.0))
    short = np.minimum(change - floor, 0.0)
    sums = np.cumsum((change, change**2, short**2, price), axis=1)
    levels = max(1, (len(price) - 1).bit_length())
    padded = np.pad(price, (0, 2**levels - len(price)), "edge")
    stretches = np.empty((levels, len(padded), 3))
    for j in range(levels):
        halves, out = padded.reshape(-1, 2, 2**j), stretches[j].reshape(-1, 2, 2**j, 3)
        later = halves[:, 1]
        out[:, 1, :, 0], out[:, 1, :, 1] = np.minimum.accumulate(later, axis=1), np.maximum.accumulate(later, axis=1)
        out[:, 1, :, 2] = np.minimum.accumulate(later / out[:, 1, :, 1] - 1.0, axis=1)
        before, back = halves[:, 0, ::-1], out[:, 0, ::-1]
        back[..., 0], back[..., 1] = np.minimum.accumulate(before, axis=1), np.maximum.accumulate(before, axis=1)
        back[..., 2] = np.minimum.accumulate(back[..., 0] / before - 1.0, axis=1)
    return Core(price, mix, sums, np.ascontiguousarray(stretches[:, : len(price)]))


def stretch(core: Core, first: int, last: int) -> tuple[float, float, float]:
    """Return the lowest and the highest price and the deepest fall from session `first` to `last`."""
    if first == last:
        return core.price[first], core.price[first], 0.0
    level, apart = 0, (first ^ last) >> 1
    while apart > 0:
        level, apart = level + 1, apart >> 1
    table = core.stretches
    low, high = table[level, last, 0], table[level, first, 1]  # across the middle, the deepest fall is between these
    fall = low / high - 1.0
    for i in (first, last):
        fall = min(fall, table[level, i, 2])
    low = min(low, table[level, first, 0])
    high = max(high, table[level, last, 1])
    return low, high, fall
