"""How safe books are, and what holding less to the same would have brought: of many books at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Floats
from engine.analytics.derisk import GRID
from engine.kernel.compiled import compiled
from engine.kernel.tails import WINDOW

LEAST = 2 * WINDOW
"""Returns that a book needs, for a bad quarter beside an average one: two quarters."""


class Less(NamedTuple):
    """What holding each share of `GRID` came to, shape (shares,) each.

    Parameters
    ----------
    risks
        How far a bad quarter falls short of an average one, fractions <= 0.
    growths
        Log growth over the run.
    """

    risks: Floats
    growths: Floats


class Safety(NamedTuple):
    """How safe books are, shape (books,) each; NaN where a book was ruined or the run is shorter than two quarters.

    Parameters
    ----------
    bad_quarter
        How far a bad quarter falls short of an average one, a fraction <= 0.
    gap
        The book's CAGR less that of holding less to the same bad quarter, between shares of `GRID` in straight lines.
    """

    bad_quarter: Floats
    gap: Floats


def less_of(grid: Sequence[Floats]) -> Less:
    """Return what the books that hold each share of `GRID` came to, from their equity, shape (sessions,) each."""
    levels = np.array(grid)
    ends = levels[:, -1] / levels[:, 0]
    growths = log(np.where(ends > 0.0, ends, np.nan))
    return Less(_match(levels, np.ones(1), np.zeros(1), np.zeros(1))[:, 0], growths)


def safety_of(levels: Floats, less: Less, years: float) -> Safety:
    """Return how safe books are.

    Parameters
    ----------
    levels
        Their equity at each close, shape (books, sessions).
    less
        What holding less came to, over the same sessions.
    years
        Of the run.
    """
    found = _match(levels, GRID, *less)
    alive = levels.min(axis=1) > 0.0
    found[~alive] = np.nan
    grown = log(np.divide(levels[:, -1], levels[:, 0], out=np.full(len(levels), np.nan), where=alive))
    return Safety(found[:, 0], expm1(grown / years) - expm1(found[:, 1] / years))


def _match(levels: Floats, grid: Floats, risks: Floats, growths: Floats) -> Floats:
    """Return the bad quarter and the growth of holding less of each book, shape (books, 2)."""
    found = np.full((len(levels), 2), np.nan)
    if levels.shape[1] > LEAST:
        compiled().match_books(np.ascontiguousarray(levels), grid, risks, growths, found)
    return found
