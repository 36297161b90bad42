"""Draws of the stationary bootstrap kept as their blocks, for sums over sessions: quick, where order doesn't matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats, Ints


class Blocks(NamedTuple):
    """Draws of the stationary bootstrap as their blocks: a sum over a block is a difference of two running sums.

    Parameters
    ----------
    sessions
        Of history, and of each draw.
    starts, lengths
        The session each block begins at and how many it takes, round the end if need be, shape (blocks,).
    begin
        The first block of each draw, shape (draws,).
    """

    sessions: int
    starts: Ints
    lengths: Ints
    begin: Ints

    def sums(self, values: Floats) -> Floats:
        """Return the sums over each draw of values a session, shape (sessions, columns), as (draws, columns)."""
        running = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(np.concatenate((values, values)), axis=0)))
        summed: Floats = np.add.reduceat(running[self.starts + self.lengths] - running[self.starts], self.begin, axis=0)
        return summed

    def taken(self, rows: Ints) -> Floats:
        """Return how often each draw takes each of some sessions, shape (draws, rows)."""
        after = rows.astype(np.int32) - self.starts.astype(np.int32)[:, None]
        after += np.int32(self.sessions) * (after < 0)
        times: Floats = np.add.reduceat(after < self.lengths[:, None], self.begin, axis=0, dtype=np.float64)
        return times


def draw_blocks(count: int, mean: float, draws: int, seed: int) -> Blocks:
    """Draw as many sessions as there are, in blocks that start anywhere; the last of each draw is cut off.

    Parameters
    ----------
    mean
        Of the blocks' lengths, which are geometric.
    """
    rng, many = np.random.default_rng(seed), count / mean
    most = int(many + 8.0 * np.sqrt(many)) + 20  # not one draw in 10^9 needs more: its last block is longer
    ends = np.minimum(np.cumsum(rng.geometric(1.0 / mean, size=(draws, most)), axis=1), count)
    ends[:, -1] = count
    lengths = np.diff(ends, axis=1, prepend=0)
    needed = lengths > 0
    begin = np.cumsum(needed.sum(axis=1)) - needed.sum(axis=1)
    return Blocks(count, rng.integers(count, size=int(needed.sum())), lengths[needed], begin)
