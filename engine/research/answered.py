"""A run as a row of a sweep, with what it knows of the answer: how safe it was, its gap to holding less, the sum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from data.arrays import Floats, Ints
from engine.analytics.answer.decompose import PARTS, in_cagr, sum_of
from engine.analytics.answer.safety import Less, less_of, safety_of
from engine.analytics.answer.timing import shifts_of
from engine.analytics.attribution import attribute
from engine.analytics.carino import scalars
from engine.analytics.derisk import held_less_grid, sold_at_entry, sold_daily
from engine.analytics.measure import COMPARABLE, HEDGE, NUMBERS, SAFETY, SHIFTS
from engine.kernel.loop import Ledger
from engine.setup import Setup, run_beta

if TYPE_CHECKING:
    from engine.runs.run import Run


def less_in(setup: Setup) -> Less:
    """Return what holding less came to: 21 books, which all combinations that trade alike share."""
    return less_of([book.equity for book in held_less_grid(setup)])


def safety_columns(levels: Floats, less: Less, a_year: float) -> dict[str, Floats]:
    """Return `SAFETY` of books, shape (books,) each.

    Parameters
    ----------
    levels
        Their equity at each close, shape (books, sessions).
    less
        What holding less came to, over the same sessions.
    a_year
        How many of the sessions make a year.
    """
    safety = safety_of(levels, less, (levels.shape[1] - 1) / a_year)
    return dict(zip(SAFETY, safety, strict=True))


def safety_row(hedged: Ledger, less: Less, a_year: float) -> dict[str, float]:
    """Return `SAFETY` of a single book."""
    return {name: float(values[0]) for name, values in safety_columns(hedged.equity[np.newaxis], less, a_year).items()}


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
    bare, own = _growth(unhedged, years), _growth(hedged, years)
    if not np.isfinite([bare, own]).all():
        return dict.fromkeys(PARTS, np.nan)
    entry = _growth(sold_at_entry(setup, hedged, beta), years)
    daily = _growth(sold_daily(setup, hedged, beta).ledger, years)
    shifts = shifts_of(setup, hedged, beta, years, spaced(len(hedged.equity) - 1), threads=1)
    mean = None if shifts.ruined else float(shifts.growth[1:].mean())
    parts = in_cagr(sum_of(bare, own, entry, daily, mean), bare).parts
    return {name: np.nan if part is None else part for name, part in zip(PARTS, parts, strict=True)}


def run_row(result: Run, *, answer: bool) -> dict[str, float]:
    """Return the columns of a single run, NaN where one is undefined; `SUM` where it is asked for."""
    setup, hedged, metrics = result.setup, result.hedged, result.metrics
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


def _growth(book: Ledger, years: float) -> float:
    grown = book.equity[book.last] / book.equity[0]
    return math.log(grown) / years if grown > 0.0 else -np.inf
