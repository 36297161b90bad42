"""The columns of a sweep's rows: of every sweep, and those that a sweep has that was asked for the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import ConfigError, did_you_mean
from engine.analytics.attribution_batch import FIGURES
from engine.analytics.metrics import Metric

MEASURES = (
    "final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "cvar_95",
    "fills", "episodes", "sessions_hedged", "turnover", "costs", "sessions",
)  # fmt: skip
"""Every metric that is a number."""

AGAINST = ("total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "cvar_95")
"""Measures that are also told as the difference to the unhedged book, under ``<name>_vs_unhedged``."""

SHIFTS = 64
"""Shifts that a row's timing is estimated from, evenly spaced around the calendar; a run takes all."""

SAFETY: dict[str, Metric] = {
    "bad_quarter": Metric("fraction <= 0", "how far a bad quarter falls short of an average one"),
    "gap_to_held_less": Metric(
        "fraction a year", "CAGR less that of holding less of the core, all the time, to the same bad quarter"
    ),
}
"""What every row is told of the verdict's measure, as under `answer.insurance` in metrics.json.

The gap is read in straight lines between shares of the core, where a run runs the very share.
"""

ESTIMATED = ("exposure", "timing")
"""Parts that rest on the shifts."""

SUM: dict[str, Metric] = {
    "exposure": Metric(
        "fraction a year", f"holding less on any dates, less unhedged: an estimate from {SHIFTS} of all shifted dates"
    ),
    "timing": Metric(
        "fraction a year", f"the dates it chose against any others: an estimate from {SHIFTS} of all shifted dates"
    ),
    "drift": Metric("fraction a year", "the sleeve left to move between orders: sold daily less sold at entry"),
    "fund": Metric("fraction a year", "the fund instead of selling: hedged less sold daily"),
}
"""The parts of the sum, in points of CAGR as under `answer.sum.cagr` in metrics.json, told when they are asked for."""

COLUMNS = (*MEASURES, *(f"{name}_vs_unhedged" for name in AGAINST), *SAFETY, *FIGURES)
"""Those of every sweep; `columns_of` tells those of one that was asked for the answer, too."""


def columns_of(*, answer: bool) -> tuple[str, ...]:
    """Return the columns of a sweep's rows, with the parts of the sum or without them."""
    return (*COLUMNS, *SUM) if answer else COLUMNS


def columns_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a sweep's rows that a table has."""
    return columns_of(answer=all(name in table for name in SUM))


def known_answer(*, answer: bool) -> dict[str, Any]:
    """Return what a manifest holds of the answer, and an id knows: nothing where it wasn't asked for."""
    return {"answer": {"columns": list(SUM), "estimated": list(ESTIMATED), "shifts": SHIFTS}} if answer else {}


def check_column(option: str, name: str, *, answer: bool, more: Sequence[str] = ()) -> None:
    """Refuse a name that is no column of a sweep's rows, nor among `more`, with the option that it was given to."""
    known = (*more, *columns_of(answer=answer))
    if name in known:
        return
    if name in SUM:
        raise ConfigError(f"{option} {name} takes --answer: a row then takes some 10 ms more")
    raise ConfigError(f"{option} {name} is unknown{did_you_mean(name, known) or ': ' + ', '.join(known)}")
