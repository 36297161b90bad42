"""Dated rows of bars and series: what a fetched tail changes of those that are kept, and how it is joined on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.bars import COLUMNS, PRICES, Bars
from data.errors import DataError
from data.series import Series
from data.sources.vendor import Fetched

OVERLAP = 20
"""Rows before the last that are fetched again and held against what is kept."""
COMPARED = ("split", "dividend", "close", "open", "high", "low", "value")
"""What a changed past shows in, the weightiest first. Volume isn't in it: it is told anew for days after a session."""
NEVER = np.datetime64("9999-12-31", "D")
CLOSE_ENOUGH = 1e-4
"""Dollars by which rounding may move a price."""


@dataclass(frozen=True)
class DatedRows:
    """Days, and columns of numbers beside them: what is kept or was fetched of one thing."""

    dates: Dates
    columns: Mapping[str, Floats]

    def between(self, after: np.datetime64, last: np.datetime64) -> DatedRows:
        """Return the rows after one day, up to another."""
        keep = (self.dates > after) & (self.dates <= last)
        return DatedRows(self.dates[keep], {name: column[keep] for name, column in self.columns.items()})

    def before(self, tail: DatedRows, since: np.datetime64) -> DatedRows:
        """Return these rows up to a day, and those of a tail after it."""
        old, new = self.dates <= since, tail.dates > since
        columns = {name: np.concatenate((self.columns[name][old], tail.columns[name][new])) for name in self.columns}
        return DatedRows(np.concatenate((self.dates[old], tail.dates[new])), columns)


def rows_of(thing: Bars | Series) -> DatedRows:
    """Return the rows of bars or of a series."""
    if isinstance(thing, Bars):
        return DatedRows(thing.dates, {name: getattr(thing, name) for name in COLUMNS})
    return DatedRows(thing.dates, {"value": thing.values, **(thing.prices or {})})


def with_rows(thing: Bars | Series, rows: DatedRows) -> Bars | Series:
    """Return bars or a series with other rows."""
    if isinstance(thing, Bars):
        return Bars(thing.instrument, rows.dates, **rows.columns)
    prices = {name: column for name, column in rows.columns.items() if name != "value"}
    return replace(thing, dates=rows.dates, values=rows.columns["value"], prices=prices or None)


def changed(kept: DatedRows, tail: Fetched[Any], since: np.datetime64, symbol: str, title: str) -> str | None:
    """Return what has changed of the past, its first day named, else None.

    The row of `since` itself isn't compared: it may hold events of days before it that have no row.

    Parameters
    ----------
    kept, tail
        What there is, and what was fetched of it from `since` on.
    symbol, title
        Of what, and from whom, for messages.

    Raises
    ------
    DataError
        A split is half done.
    """
    rows, last = rows_of(tail.thing), kept.dates[-1]
    old, new, came = kept.between(since, last), rows.between(since, last), rows.between(last, NEVER)
    for text, days in (
        ("its row is gone", np.setdiff1d(old.dates, new.dates)),
        ("its row is new", np.setdiff1d(new.dates, old.dates)),
    ):
        if len(days):
            return f"{days[0]}: {text}"
    if "split" in came.columns:
        split = float(np.prod(came.columns["split"])) * tail.ahead
        if _is_half_done(split, old, new):
            raise DataError(
                f"{symbol}: {title} lists a new split of {split:.6g} but hasn't rescaled the prices "
                "before it: what was kept stays, pull again tomorrow"
            )
        for day, split in zip(came.dates, came.columns["split"], strict=True):
            if split != 1.0:
                return f"{day}: a split of {split:.6g}"
    return _differing(old, new)


def _is_half_done(split: float, old: DatedRows, new: DatedRows) -> bool:
    """Return whether a split is listed while the prices before it aren't rescaled: undoing it would falsify them."""
    return abs(split - 1.0) > 1e-2 and np.allclose(new.columns["close"], split * old.columns["close"], rtol=1e-3)


def _differing(old: DatedRows, new: DatedRows) -> str | None:
    """Return the first day on which rows of the same days differ, and in what; None where they don't."""
    differ = {name: ~_same(name, old.columns[name], new.columns[name]) for name in COMPARED if name in old.columns}
    days = np.flatnonzero(np.any(list(differ.values()), axis=0))
    if not len(days):
        return None
    row = days[0]
    name = next(name for name in differ if differ[name][row])
    was, now = (float(rows.columns[name][row]) for rows in (old, new))
    more = f", the first of {len(days)} days" if len(days) > 1 else ""
    return f"{old.dates[row]}: {name} was {was:.10g}, is {now:.10g}{more}"


def _same(name: str, old: Floats, new: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    atol = CLOSE_ENOUGH if name in PRICES else 1e-6
    return np.isclose(new, old, rtol=1e-6, atol=atol, equal_nan=True)
