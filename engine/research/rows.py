"""Combinations whose strategy can't be compiled: a Cerebro each, one after another; a failure fails its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from data.errors import UserError
from data.sources import Source
from engine.analytics.derisk import sold_daily
from engine.analytics.metrics import mean_cash_return
from engine.backtrader_engine.guard import RefusedError
from engine.config import RunConfig
from engine.research.answered import run_row
from engine.research.columns import columns_of
from engine.research.grid import Grid, with_values
from engine.research.overfitting.drawn import KEPT, PATHS, WIDTH, calendar_of, drawn_of, kept_of, returns_to_ruin
from engine.runs.execute import run
from engine.runs.run import Run
from engine.setup import run_beta


class Kept(NamedTuple):
    """What is kept of a combination that was run by itself.

    Parameters
    ----------
    sums
        `engine.research.overfitting.drawn.kept_of` it, shape (WIDTH,).
    path
        Its calendar, the mean cash return a session, how many sessions make a year, and then the returns of the book,
        of the unhedged one and of the one sold daily, end to end, shape (3 + 3 n,).
    """

    sums: Floats
    path: Floats


def compute_rows(
    config: RunConfig, grid: Grid, source: Source, first: int, last: int, *, answer: bool = False
) -> dict[str, Any]:
    """Return the metrics of rows `first` to `last` (exclusive), as `engine.research.compute.compute` does."""
    numbers = range(first, min(last, len(grid)))
    rows = [_row(config, grid.combination(row), source, answer=answer) for row in numbers]
    table = {name: np.array([row[name] for row, _, _ in rows]) for name in columns_of(answer=answer)}
    followed = np.isin(numbers, drawn_of(len(grid)).representatives)
    failed = np.array([why for _, why, _ in rows], dtype=object)
    return {**table, "failed": failed, **kept_columns([kept for _, _, kept in rows], followed)}


def kept_columns(kept: Sequence[Kept | None], representatives: Flags) -> dict[str, Floats]:
    """Return the columns of what is kept of combinations.

    Parameters
    ----------
    kept
        ``None`` for one that failed.
    representatives
        Which of them keep their path, shape (rows,).
    """
    known = [(row, some) for row, some in enumerate(kept) if some is not None]
    longest = max((len(some.path) for row, some in known if representatives[row]), default=1)
    sums, paths = np.full((len(kept), WIDTH), np.nan), np.full((len(kept), longest), np.nan)
    for row, some in known:
        sums[row] = some.sums
        if representatives[row]:
            paths[row, : len(some.path)] = some.path
    return {KEPT: sums, PATHS: paths}


def path_again(config: RunConfig, grid: Grid, source: Source) -> Callable[[int], Floats]:
    """Return a function that runs a row by itself once more, for its path."""
    return lambda row: kept_of_run(_run(config, grid.combination(row), source)).path


def kept_of_run(result: Run) -> Kept:
    """Return what a sweep keeps of a run, for strategies that can't be compiled."""
    setup, sessions = result.setup, result.market.run_sessions
    cash = mean_cash_return(setup.terms, len(sessions) - 1)
    derisked = sold_daily(setup, result.hedged, run_beta(result.config, result.market)).ledger
    books = [returns_to_ruin(book.equity, book.last) for book in (result.hedged, result.unhedged, derisked)]
    facts = calendar_of(sessions), cash, result.market.sessions_a_year
    return Kept(kept_of(books[0], cash, sessions), np.concatenate((facts, *books)))


def _row(
    config: RunConfig, values: dict[Any, Any], source: Source, *, answer: bool
) -> tuple[dict[str, float], str, Kept | None]:
    """Run one combination; return its columns and why it failed: whatever goes wrong in it is its own."""
    nothing = dict.fromkeys(columns_of(answer=answer), np.nan)
    try:
        result = _run(config, values, source)
        return run_row(result, answer=answer), "", kept_of_run(result)
    except RefusedError:
        raise  # there is no row to trust
    except UserError as error:
        return nothing, str(error), None
    except Exception as error:  # noqa: BLE001  # one combination mustn't take the others with it
        return nothing, f"{type(error).__name__}: {' '.join(str(error).split())}", None


def _run(config: RunConfig, values: dict[Any, Any], source: Source) -> Run:
    return run(with_values(config, values).model_copy(update={"controls": "off"}), source)
