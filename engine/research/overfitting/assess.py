"""How much of a sweep's best is luck: every statistic of overfitting, from its table to ``overfitting.json``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.arithmetic import log1p
from data.arrays import Flags, Floats, Ints
from data.arrow import read_columns
from data.format import as_json
from engine.research.cache import Cache
from engine.research.columns import columns_of
from engine.research.combinations import compiles
from engine.research.job import read_column, write_json
from engine.research.overfitting.drawn import Drawn, drawn_of, kept_in, paths_in
from engine.research.overfitting.findings import (
    FILE,
    LESS_DERISK,
    LESS_UNHEDGED,
    OVER_CASH,
    Best,
    Overfitting,
    sentence,
)
from engine.research.overfitting.history import Tried
from engine.research.overfitting.paths import Follow, PathSet, follow, follow_kept
from engine.research.overfitting.sharpe import Deflated, effective_trials, moments, sharpes
from engine.research.overfitting.splits import Splits, block_sums, splits_of, sums_of
from engine.research.overfitting.superior import Superior, superior
from engine.research.rows import path_again
from engine.runs.results import files_in

DIGITS = 9
"""Significant digits of its numbers: more depend on how many threads a product of matrices takes. Effective numbers
have 4, since roots of eigenvalues near 0 are among what they sum."""

LEFT_OF_A_RUIN = 1e-6
"""The share of a book that its ruin is taken to leave, where its log return is wanted."""

TRACE = 1e-12
"""A session's difference below which rounding made it: a book that never hedges is the unhedged one."""

Begin = Callable[[str], None]


class Apart(NamedTuple):
    """Log returns of the books followed, less those of what they are compared with: what the hedge adds to growth.

    Parameters
    ----------
    unhedged
        Less the unhedged book's, shape (books, n).
    derisk
        Less that of the book sold daily, of the books compared, shape (compared, n).
    """

    unhedged: Floats
    derisk: Floats


def finish_sweep(
    folder: Path,
    parts: Sequence[Path],
    cache: Cache,
    workers: int,
    begin: Begin | None = None,
) -> Overfitting | None:
    """Finish a sweep whose table is joined and whose parts are still there: see `finish`, on so many threads."""
    follower = (
        follow(cache, workers)
        if compiles(cache.config)
        else follow_kept(paths_in(parts), path_again(cache.config, cache.grid, cache.source))
    )
    return finish(folder, kept_in(parts), follower, begin)


def finish(folder: Path, kept: tuple[Ints, Floats], follow: Follow, begin: Begin | None = None) -> Overfitting | None:
    """Work the statistics of a finished table out and write them beside it.

    Parameters
    ----------
    folder
        Holds the table, as `engine.runs.results` says.
    kept
        Rows, sorted, and `kept_of` each, shape (rows, WIDTH), as the chunks hold them.
    follow
        Gives the paths of rows.
    begin
        Called with the name of each step as it begins.

    Returns
    -------
    ``None``, and nothing is written, where no combination has a Sharpe ratio.
    """
    found = _of_table(files_in(folder), kept, follow, begin or (lambda _: None))
    if found is not None:
        write_json(folder / FILE, as_json({"says": sentence(found, Tried(found.trials, 1))} | found.as_dict(), DIGITS))
    return found


def _of_table(results: Sequence[Path], kept: tuple[Ints, Floats], follow: Follow, begin: Begin) -> Overfitting | None:
    import pyarrow as pa

    sharpe = read_column(results, "sharpe")
    known = np.isfinite(sharpe)
    if not known.any():
        return None
    best, drawn = _best(results, int(np.nanargmax(sharpe))), drawn_of(len(sharpe))
    begin("paths of combinations drawn")
    some, beside = (rows[known[rows]] for rows in (drawn.followed, drawn.representatives))
    books = follow(best.row, np.union1d(some, [best.row]), np.union1d(beside, [best.row]))
    begin("splits")
    with ThreadPoolExecutor(1) as aside:
        splits = aside.submit(_splits, kept, known, books, best.row)
        begin("deflated Sharpe ratios")
        over_cash, apart = _deflated_over_cash(books, best.row, drawn, sharpe[known]), _apart(books)
        pa.system_memory_pool().release_unused()  # pages freed since: what follows takes most of all
        tests = aside.submit(_superior, books, apart, best.row, drawn.representatives)
        deflated = over_cash | _deflated(books, apart, best.row, drawn, int(known.sum()))
        begin("tests against unhedged and sold daily")
        return Overfitting(len(sharpe), int(known.sum()), best, deflated, splits.result(), tests.result())


def _best(results: Sequence[Path], row: int) -> Best:
    import pyarrow.parquet as pq

    measured = ("sharpe", "sharpe_vs_unhedged", "cagr_vs_unhedged", "episodes")
    others = {*columns_of(answer=True), "failed"}
    axes = [name for name in pq.read_schema(results[0]).names if name not in others]
    (values,) = read_columns(results, [*axes, *measured]).slice(row, 1).to_pylist()
    sharpe, apart, gained, episodes = (values.pop(name) for name in measured)
    return Best(row, values, sharpe, math.nan if apart is None else sharpe - apart, gained, int(episodes))


def _splits(kept: tuple[Ints, Floats], known: Flags, books: PathSet, best: int) -> Splits | None:
    rows, sums = kept
    fine = known[rows] & (sums[:, 0] == books.calendar)
    if fine.sum() < 2:
        return None
    at, count = int(np.searchsorted(books.rows, best)), books.returns.shape[1]
    unhedged = block_sums(books.unhedged[books.of[at]], books.cash[at])
    return splits_of(sums_of(sums[fine, 1:], count, books.a_year), unhedged, int((~fine).sum()))


def _apart(books: PathSet) -> Apart:
    """Return what the books have over others; their returns are written over, for a thousand books take 33 MB."""
    logs, derisk = books.returns, books.derisked
    for returns in (logs, derisk):
        for row in returns:
            row[:] = _logs(row)
    np.subtract(logs[books.compared], derisk, out=derisk)
    unhedged = _logs(books.unhedged)
    for k, of in enumerate(books.of):
        logs[k] -= unhedged[of]
    for apart in (logs, derisk):
        for row in apart:
            if max(row.max(), -row.min()) < TRACE:
                row[:] = 0.0
    return Apart(logs, derisk)


def _logs(returns: Floats) -> Floats:
    return log1p(np.maximum(returns, LEFT_OF_A_RUIN - 1.0))


def _deflated_over_cash(books: PathSet, best: int, drawn: Drawn, known: Floats) -> dict[str, Deflated]:
    """Return the best's Sharpe ratio over cash against luck."""
    at, random = int(np.searchsorted(books.rows, best)), np.isin(books.rows, drawn.followed)
    over = books.returns[at] - books.cash[at]
    return {OVER_CASH: _deflate(over, books.returns, random, known, len(known), books.a_year)}


def _deflated(books: PathSet, apart: Apart, best: int, drawn: Drawn, known: int) -> dict[str, Deflated]:
    """Return the best's Sharpe ratio less those of what it is compared with against luck."""
    at, random = int(np.searchsorted(books.rows, best)), np.isin(books.rows, drawn.followed)
    beside, a_year = np.isin(books.rows[books.compared], drawn.representatives), books.a_year
    return {
        LESS_UNHEDGED: _deflate(apart.unhedged[at], apart.unhedged, random, None, known, a_year),
        LESS_DERISK: _deflate(apart.derisk[books.compared == at][0], apart.derisk, beside, None, known, a_year),
    }


def _deflate(best: Floats, books: Floats, drawn: Flags, known: Floats | None, trials: int, a_year: float) -> Deflated:
    """Measure a series of the best, and of books drawn; `known` are the Sharpe ratios of all where they are known."""
    rows = np.flatnonzero(drawn)
    spread = sharpes(books, a_year)[rows] if known is None else known
    found = effective_trials(books, rows) if len(rows) else (1.0, 0.0)
    effective, growth = (float(f"{each:.4g}") for each in found)
    return Deflated(
        float(sharpes(best[np.newaxis], a_year)[0]),
        *moments(best),
        len(best),
        float(spread.std(ddof=1)) if len(spread) > 1 else 0.0,
        trials,
        len(rows),
        effective,
        growth,
        a_year,
    )


def _superior(books: PathSet, apart: Apart, best: int, drawn: Ints) -> dict[str, Superior]:
    """Test the best and the representatives against the unhedged book, and each against its own book sold daily."""
    rows = books.rows[books.compared]
    order = np.argsort(rows != best, kind="stable")  # the best first
    left, a_year = len(np.setdiff1d(drawn, rows)), books.a_year
    series = {"unhedged": (apart.unhedged, books.compared[order]), "derisk": (apart.derisk, order)}
    return {name: superior(each[rows_].T, left, a_year=a_year) for name, (each, rows_) in series.items()}
