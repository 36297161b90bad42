"""The rows of a comparison's tables: what each shows of a run, how it is written, and which run is best at it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Floats
from data.format import percent, written
from engine.analytics.attribution import SLEEVE
from engine.analytics.measure import BOOK, HEDGE, NUMBERS, Measure
from reports.comparison_numbers import Compared, Comparison

SAME = 1e-9
"""How near, of its size, a value lies to the best that is as good."""


class Row(NamedTuple):
    """A row: its title, what it means, where its value is, how it is written, and whether high or low is best."""

    title: str
    meaning: str
    key: str
    shown: Callable[[Any], str]
    best: Callable[[Sequence[float]], float] | None = None


class Cell(NamedTuple):
    """A value as it is written, and whether it is the best of its row."""

    text: str
    best: bool = False


def fraction(value: float | None) -> str:
    """Write a fraction in percent."""
    return percent(value, 2)


def signed(value: float | None) -> str:
    """Write a fraction in percent with its sign."""
    return percent(value, 2, sign=True)


FIRST = (
    "cagr", "total_return", "final_equity", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "cvar_95",
    "costs", "turnover",
)  # fmt: skip
"""The measures that stand first, in this order."""


def _row(measure: Measure) -> Row:
    traded = measure.unit in ("count", "a year")  # how much is no merit
    best = None if traded or not measure.better else max if measure.better > 0 else min
    return Row(measure.title, measure.meaning, measure.key, partial(written, kind=measure.format), best)


METRIC_ROWS = (
    *(_row(BOOK[key]) for key in dict.fromkeys((*FIRST, *NUMBERS)) if key != "sessions"),
    Row("Unhedged CAGR", "of the run's own unhedged book", "unhedged_cagr", fraction),
    Row("CAGR less unhedged", "below 0 protection cost something", "cagr_vs_unhedged", signed, max),
    Row("Unhedged maximum drawdown", "of the run's own unhedged book", "unhedged_max_drawdown", fraction),
    Row("CAGR less sold daily", "core sold to the same beta instead", "cagr_vs_derisk_daily", signed, max),
    Row("CAGR less held less", "less of the core held all the time instead", "cagr_vs_held_less", signed, max),
)
DECAY_ROWS = tuple(
    Row(measure.title, measure.meaning, key, signed, max)
    for key in (*SLEEVE, "sleeve", "decay")
    for measure in (HEDGE[f"{key}_a_year"],)
)
"""What each contributed to the CAGR, linked."""


def metric_cells(row: Row, runs: Sequence[Compared]) -> list[Cell]:
    """Return a metric's cells, one a run."""
    return cells(row, [one.figures[row.key] for one in runs])


def decay_cells(row: Row, runs: Sequence[Compared]) -> list[Cell]:
    """Return the cells of a part of the attribution, one a run."""
    return cells(row, [None if one.attribution is None else one.attribution[row.key] for one in runs])


def cells(row: Row, values: Sequence[float | None]) -> list[Cell]:
    """Write values; the best is marked, and what is as good but for rounding, unless all are."""
    known = [value for value in values if value is not None]
    best = row.best(known) if row.best and known else math.nan
    marked = [value is not None and math.isclose(value, best, rel_tol=SAME) for value in values]
    if sum(marked) == len(known):
        marked = [False] * len(values)
    return [Cell(row.shown(value), mark) for value, mark in zip(values, marked, strict=True)]


def monthly(sessions: Dates, growth: Floats) -> list[tuple[int, list[float | None], float]]:
    """Return a row a year: the year, its twelve months' returns (None where there is none), and the year's.

    The first month and year go from the first session, the last to the last.
    """
    months = sessions.astype("datetime64[M]").astype(np.int64)
    ends = np.union1d(np.flatnonzero(np.diff(months)), [len(months) - 1])
    rows: dict[int, list[float | None]] = {}
    levels: dict[int, tuple[float, float]] = {}
    before = float(growth[0])
    for end in ends.tolist():
        year, month = divmod(int(months[end]), 12)
        now = float(growth[end])
        rows.setdefault(year, [None] * 12)[month] = now / before - 1.0 if before > 0.0 else None
        levels[year] = (levels.get(year, (before, now))[0], now)
        before = now
    return [
        (1970 + year, made, levels[year][1] / levels[year][0] - 1.0 if levels[year][0] > 0.0 else 0.0)
        for year, made in rows.items()
    ]


def span_of(found: Comparison) -> str:
    """Say which sessions a comparison is over."""
    return f"{found.sessions[0]} to {found.sessions[-1]}, {len(found.sessions):,} sessions"
