"""The columns of a sweep's rows: of every sweep, and those that a sweep has that was asked for the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import ConfigError, did_you_mean
from engine.analytics.measure import COMPARABLE, HEDGE, NUMBERS, SAFETY, SHIFTS, SUM

ESTIMATED = ("exposure", "timing")
"""Parts of the sum that rest on the shifts."""

COLUMNS = (*NUMBERS, *(f"{name}_vs_unhedged" for name in COMPARABLE), *SAFETY, *HEDGE)
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
