"""A run as a row of a sweep: its columns, how safe it was and its sum; and strategies that run one row at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.errors import UserError
from data.sources import Source
from engine.analytics.answer.decompose import PARTS, in_cagr, sum_of
from engine.analytics.answer.insurance import Less, less_of, safety_of
from engine.analytics.answer.timing import shifts_of
from engine.analytics.attribution import attribute
from engine.analytics.carino import scalars
from engine.analytics.derisk import held_less_grid, sold_at_entry, sold_daily
from engine.analytics.measure import COMPARABLE, HEDGE, NUMBERS, SAFETY, SHIFTS
from engine.analytics.metrics import log_growth, mean_cash_return
from engine.backtrader_engine.guard import RefusedError
from engine.config import RunConfig
from engine.kernel.loop import Ledger
from engine.research.columns import columns_of
from engine.research.grid import Grid, with_values
from engine.research.overfitting.drawn import KEPT, PATHS, WIDTH, calendar_of, drawn_of, kept_of, returns_to_ruin
from engine.runs.execute import run
from engine.runs.run import Run
from engine.setup import Setup, run_beta


def less_in(setup: Setup) -> Less:
    """Return what holding less came to: 21 books, which all combinations that trade alike share."""
    return less_of([book.equity for book in held_less_grid(setup)])


def safety_row(hedged: Ledger, less: Less, a_year: float) -> dict[str, float]:
    """Return `SAFETY` of a book; `less` is what holding less came to, `a_year` how many sessions make a year."""
    safety = safety_of(hedged.equity[np.newaxis], less, (len(hedged.equity) - 1) / a_year)
    return {name: float(values[0]) for name, values in zip(SAFETY, safety, strict=True)}


def sum_row(setup: Setup, hedged: Ledger, unhedged: Ledger, beta: Floats) -> dict[str, float]:
    """Return `SUM` of a book, in one thread; NaN for a part that is undefined, because a book of it was ruined.

    Parameters
    ----------
    setup
        What it was executed on.
    hedged, unhedged
        The books.
    beta
        The core's beta to the underlying at each close, shape (sessions,).
    """
    years = (len(hedged.equity) - 1) / setup.market.sessions_a_year
    bare, own = log_growth(unhedged, years), log_growth(hedged, years)
    if not np.isfinite([bare, own]).all():
        return dict.fromkeys(PARTS, np.nan)
    entry = log_growth(sold_at_entry(setup, hedged, beta), years)
    daily = log_growth(sold_daily(setup, hedged, beta).ledger, years)
    shifts = shifts_of(setup, hedged, beta, years, spaced(len(hedged.equity) - 1), threads=1)
    mean = None if shifts.ruined else float(shifts.growth[1:].mean())
    parts = in_cagr(sum_of(bare, own, entry, daily, mean), bare).parts
    return {name: np.nan if part is None else part for name, part in zip(PARTS, parts, strict=True)}


def run_row(result: Run, *, answer: bool) -> dict[str, float]:
    """Return the columns of a single run, NaN where one is undefined; `SUM` where it is asked for."""
    setup, hedged, metrics = result.setup, result.hedged, result.figures
    sleeve = scalars(attribute(setup, hedged))
    row: dict[str, Any] = {name: metrics[name] for name in NUMBERS} | {name: sleeve[name] for name in HEDGE}
    for name in COMPARABLE:
        pair = metrics[name], metrics["controls"]["unhedged"][name]
        row[f"{name}_vs_unhedged"] = None if None in pair else pair[0] - pair[1]
    row |= safety_row(hedged, less_in(setup), setup.market.sessions_a_year)
    if answer:
        row |= sum_row(setup, hedged, result.unhedged, run_beta(result.config, result.market))
    return {name: np.nan if value is None else float(value) for name, value in row.items()}


def spaced(closes: int) -> Ints:
    """Return shifts evenly spaced around so many closes, 0 first: all of them where there are no more."""
    return np.unique(np.arange(SHIFTS + 1) * closes // (SHIFTS + 1))


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
    cash = mean_cash_return(setup.terms.cash_accrual, len(sessions) - 1)
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
