"""Which combinations the statistics of overfitting read, drawn before results are known, and what is kept of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats, Ints
from data.arrow import floats_of, read_columns
from engine.research.overfitting.splits import BLOCKS, block_sums

SPLIT_AMONG = 10_000
"""Combinations that the splits choose among."""
FOLLOWED = 2_000
"""Combinations whose every session is looked at, for the effective number of trials."""
REPRESENTATIVES = 500
"""Those of them that stand beside the best in the tests against its benchmarks."""

KEPT = "blocks"
"""The column of a chunk that holds `kept_of` its rows."""
PATHS = "paths"
"""The column that holds the paths of representatives whose strategy can't be compiled, each filled up with NaN."""
WIDTH = 1 + 2 * BLOCKS
LEAST = 2 * BLOCKS
"""Returns below which a history isn't cut into blocks."""


class Drawn(NamedTuple):
    """Rows of a sweep, sorted; each draw is from the one before.

    Parameters
    ----------
    split, followed, representatives
        At most `SPLIT_AMONG`, `FOLLOWED`, `REPRESENTATIVES` of them.
    """

    split: Ints
    followed: Ints
    representatives: Ints


def drawn_of(size: int) -> Drawn:
    """Return the rows drawn from a sweep of that size."""
    split = sampled_rows(size, SPLIT_AMONG)
    followed = split[sampled_rows(len(split), FOLLOWED)]
    return Drawn(split, followed, followed[sampled_rows(len(followed), REPRESENTATIVES)])


def sampled_rows(size: int, most: int, seed: int = 0) -> Ints:
    """Return the rows drawn evenly over a sweep: one at random from each of `most` stretches, all where it has fewer.

    At random, since equal steps might meet the same value of an axis every time.
    """
    if size <= most:
        return np.arange(size)
    edges = np.arange(most + 1) * size // most
    within = np.random.default_rng(seed).random(most)
    return edges[:-1] + (within * np.diff(edges)).astype(np.int64)


def kept_of(returns: Floats, cash: float, sessions: Dates) -> Floats:
    """Return what is kept of books for the splits: their calendar, then `block_sums`; NaN for a history too short.

    Parameters
    ----------
    returns
        Session returns, 0 after a ruin, shape (n,) or (books, n).
    cash
        The mean cash return a session.
    sessions
        The sessions they are of, the first one's close before them, shape (n + 1,).

    Returns
    -------
    Shape (WIDTH,) or (books, WIDTH).
    """
    kept = np.full((*returns.shape[:-1], WIDTH), np.nan)
    if returns.shape[-1] >= LEAST:
        kept[..., 0], kept[..., 1:] = calendar_of(sessions), block_sums(returns, cash)
    return kept


def calendar_of(sessions: Dates) -> float:
    """Return a number that tells sessions from others: books on different days can't be compared day by day."""
    days = np.ascontiguousarray(sessions, "datetime64[D]").astype("<i8")
    return float(int.from_bytes(hashlib.sha256(days.tobytes()).digest()[:6], "little"))


def returns_to_ruin(equity: Floats, last: int) -> Floats:
    """Return a book's session returns, 0 after its ruin, shape (sessions - 1,)."""
    returns = np.zeros(len(equity) - 1)
    returns[:last] = equity[1 : last + 1] / equity[:last] - 1.0
    return returns


def kept_in(parts: Sequence[Path]) -> tuple[Ints, Floats]:
    """Return the rows of which something is kept for the splits, and that, from a sweep's parts in their order."""
    found = dict(_rows(parts, KEPT))
    return np.array([*found], np.int64), np.array([*found.values()]).reshape(-1, WIDTH)


def paths_in(parts: Sequence[Path]) -> dict[int, Floats]:
    """Return the paths that are kept, by their rows."""
    return {row: values[~np.isnan(values)] for row, values in _rows(parts, PATHS)}


def _rows(parts: Sequence[Path], name: str) -> Iterator[tuple[int, Floats]]:
    """Yield the rows that hold numbers in a column, and those numbers."""
    first = 0
    for part in parts:
        column = read_columns([part], [name]).column(0).combine_chunks()
        rows = first + np.flatnonzero(floats_of(column.is_valid().cast("int8")))
        first += len(column)
        if len(rows):
            values = floats_of(column.flatten()).reshape(len(rows), -1)
            known = ~np.isnan(values[:, 0])
            yield from zip(rows[known].tolist(), values[known], strict=True)
