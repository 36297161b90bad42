"""How often the choice of a sweep's best fails out of sample: combinatorially symmetric cross-validation (CSCV).

It needs no matrix of returns. A Sharpe ratio follows from a sum and a sum of squares, and those of half of a history
are the sums of its blocks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import dot, log, weighted
from data.arrays import Floats, Ints
from data.calendar import SESSIONS_A_YEAR

BLOCKS = 16
"""Blocks of sessions, of which half are in the sample: 12,870 splits."""
BINS = 40
"""Cells of the histogram of logits, and along each side of the map of Sharpe ratios."""


@dataclass(frozen=True)
class Splits:
    """What all splits of a history into halves say of choosing the highest Sharpe ratio.

    Parameters
    ----------
    blocks, splits
        Into how many blocks the history was cut, and in how many ways half of them are the sample.
    rows
        Combinations that were chosen among.
    left_out
        Others of those drawn, which have no Sharpe ratio or run on other sessions.
    pbo
        Probability of backtest overfitting: the share of splits in which the one chosen is below the median of all
        out of sample.
    loss
        The share of splits in which its Sharpe ratio is below 0 out of sample.
    below_unhedged
        The share of splits in which it is below the unhedged book's out of sample.
    slope, intercept
        The line through the Sharpe ratios a year of the chosen, out of sample on in sample; NaN where they are all
        one.
    logits
        ``edges`` and ``counts`` of ln(w / (1 - w)), w the rank of the chosen out of sample over one more than `rows`:
        below 0 is below the median.
    sharpes
        ``inside`` and ``outside`` edges, a year, and ``counts`` of splits, inside first: the chosen one's in both
        halves.
    """

    blocks: int
    splits: int
    rows: int
    left_out: int
    pbo: float
    loss: float
    below_unhedged: float
    slope: float
    intercept: float
    logits: Mapping[str, Any]
    sharpes: Mapping[str, Any]


class BlockSums(NamedTuple):
    """Sums over blocks of sessions.

    Parameters
    ----------
    returns, squares
        Sums of session returns over cash, and of their squares, shape (rows, blocks).
    sessions
        Returns in each block, shape (blocks,).
    a_year
        How many returns make a year, over all blocks.
    """

    returns: Floats
    squares: Floats
    sessions: Ints
    a_year: float = SESSIONS_A_YEAR


class Chosen(NamedTuple):
    """The one with the highest Sharpe ratio in sample, split by split.

    Parameters
    ----------
    samples
        Which blocks are in the sample, as bits, shape (splits,).
    rows
        The chosen, shape (splits,); the first where several are as high.
    ranks
        Its rank out of sample, 1 the lowest, the mean of ranks where several are as high, shape (splits,).
    inside, outside
        Its Sharpe ratios a year, shape (splits,).
    """

    samples: Ints
    rows: Ints
    ranks: Floats
    inside: Floats
    outside: Floats


def block_starts(count: int, blocks: int = BLOCKS) -> Ints:
    """Return where each block of `count` returns begins: of those that don't divide the first have one more."""
    sizes = np.full(blocks, count // blocks)
    sizes[: count % blocks] += 1
    return np.concatenate(([0], np.cumsum(sizes)[:-1]))


def block_sums(returns: Floats, cash: float, blocks: int = BLOCKS) -> Floats:
    """Return the sums of returns over cash in every block, and then of their squares.

    Parameters
    ----------
    returns
        Session returns of a book, or a row a book, shape (rows, n), n at least `blocks`.
    cash
        The mean cash return a session, as the Sharpe ratio takes it.

    Returns
    -------
    Shape (2 x blocks,), or (rows, 2 x blocks).
    """
    starts, above = block_starts(returns.shape[-1], blocks), returns - cash
    sums = np.add.reduceat(above, starts, axis=-1)
    squares = np.add.reduceat(np.square(above, out=above), starts, axis=-1)
    return np.concatenate((sums, squares), axis=-1)


def sums_of(held: Floats, count: int, a_year: float = SESSIONS_A_YEAR) -> BlockSums:
    """Return `block_sums` of rows of `count` returns, as their parts."""
    blocks = held.shape[-1] // 2
    sizes = np.diff(block_starts(count, blocks), append=count)
    return BlockSums(held[..., :blocks], held[..., blocks:], sizes, a_year)


def splits_of(sums: BlockSums, unhedged: Floats, left_out: int = 0) -> Splits:
    """Choose in every half of the history, and look at the chosen in the other half.

    Parameters
    ----------
    sums
        Of two rows at least, each with a Sharpe ratio.
    unhedged
        `block_sums` of the unhedged book, shape (2 x blocks,).
    left_out
        Passed on.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting", Journal of Computational
    Finance 20.
    """
    rows, blocks = sums.returns.shape
    chosen = choose(sums)
    part = chosen.ranks / (rows + 1.0)
    logits, most = log(part / (1.0 - part)), math.log(rows + 1.0)
    counts, edges = np.histogram(logits, bins=BINS, range=(-most, most))
    line = _line(chosen.inside, chosen.outside)
    table, inside, outside = np.histogram2d(chosen.inside, chosen.outside, bins=BINS)
    other = (1 << blocks) - 1 - chosen.samples
    alone = sums_of(unhedged[np.newaxis], int(sums.sessions.sum()), sums.a_year)
    bare = _yearly(alone, np.zeros(len(other), np.int64), other)
    return Splits(
        blocks,
        len(chosen.rows),
        rows,
        left_out,
        float((logits < 0.0).mean()),
        float((chosen.outside < 0.0).mean()),
        float((chosen.outside < bare).mean()),
        *line,
        {"edges": edges.tolist(), "counts": counts.tolist()},
        {"inside": inside.tolist(), "outside": outside.tolist(), "counts": table.astype(int).tolist()},
    )


def choose(sums: BlockSums) -> Chosen:
    """Return the chosen of every split: those whose sample holds the first block, and then their mirrors."""
    blocks, score = sums.returns.shape[1], _scorer(sums)
    halves = [sum(1 << k for k in half) for half in itertools.combinations(range(blocks), blocks // 2) if half[0] == 0]
    every = (1 << blocks) - 1
    samples = np.stack((halves, every - np.array(halves)))
    rows, ranks = np.empty(samples.shape, np.int64), np.empty(samples.shape)
    for k, sample in enumerate(halves):
        scores = score(sample), score(every - sample)
        for side, (inside, outside) in enumerate((scores, scores[::-1])):
            best = int(inside.argmax())
            rows[side, k] = best
            ranks[side, k] = np.count_nonzero(outside < outside[best])
            ranks[side, k] += (np.count_nonzero(outside == outside[best]) + 1) / 2
    both, chosen = samples.ravel(), rows.ravel()
    return Chosen(both, chosen, ranks.ravel(), _yearly(sums, chosen, both), _yearly(sums, chosen, every - both))


def _scorer(sums: BlockSums) -> Callable[[int], Floats]:
    """Return what orders rows as their Sharpe ratios in a sample do, for less work.

    The sums of both halves of the blocks are laid out for all choices among them, so that a sample's is one of each.
    Columns of equal sums stay equal to the last bit, which a matrix product wouldn't promise.
    """
    low = sums.returns.shape[1] // 2
    early = [_subsets(part[:, :low]) for part in (sums.returns, sums.squares)]
    late = [_subsets(part[:, low:]) for part in (sums.returns, sums.squares)]

    def score(sample: int) -> Floats:
        first, second = sample & ((1 << low) - 1), sample >> low
        total, squares = (a[first] + b[second] for a, b in zip(early, late, strict=True))
        order: Floats = np.abs(total) * total
        return np.divide(order, squares, out=order, where=squares > 0.0)

    return score


def _subsets(blocks: Floats) -> Floats:
    """Return the sums over every choice of some blocks, shape (2^blocks, rows): the place, in bits, is the choice."""
    sums = np.zeros((1 << blocks.shape[1], blocks.shape[0]))
    for k in range(blocks.shape[1]):
        np.add(sums[: 1 << k], blocks[:, k], out=sums[1 << k : 2 << k])
    return sums


def _yearly(sums: BlockSums, rows: Ints, samples: Ints) -> Floats:
    """Return the Sharpe ratio a year of a row in each sample; 0 where its returns don't vary."""
    held = (samples[:, np.newaxis] >> np.arange(len(sums.sessions)) & 1).astype(np.float64)
    count = weighted(held, sums.sessions.astype(np.float64))
    total = (held * sums.returns[rows]).sum(axis=1)
    squares = (held * sums.squares[rows]).sum(axis=1)
    variance = np.maximum(squares - total**2 / count, 0.0) / (count - 1.0)
    moving = variance > 1e-14 * squares / count
    return np.divide(total / count, np.sqrt(variance), out=np.zeros_like(total), where=moving) * math.sqrt(sums.a_year)


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line, NaN where x doesn't vary."""
    off = x - x.mean()
    across = dot(off, off)
    if across <= 1e-20 * dot(x, x):
        return math.nan, math.nan
    slope = dot(off, y) / across
    return slope, float(y.mean()) - slope * float(x.mean())
