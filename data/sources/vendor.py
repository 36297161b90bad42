"""What a vendor is that history is pulled from: a module such as `data.sources.yahoo`, registered in `data.pull`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from data.arrays import Dates, Floats
from data.sources import Kind


@dataclass(frozen=True)
class DatedRows:
    """Days, and columns of numbers beside them: what is kept or was fetched of one thing."""

    dates: Dates
    columns: Mapping[str, Floats]

    def between(self, after: np.datetime64, last: np.datetime64) -> DatedRows:
        """Return the rows after one day, up to another."""
        keep = (self.dates > after) & (self.dates <= last)
        return DatedRows(self.dates[keep], {name: column[keep] for name, column in self.columns.items()})


@dataclass(frozen=True)
class Fetched:
    """What a vendor answered: rows, what to write down about them, what to say only now, and splits ahead of them."""

    rows: DatedRows
    notes: tuple[str, ...]
    passing: tuple[str, ...] = ()
    ahead: float = 1.0


class Vendor(Protocol):
    """What a vendor's module holds.

    Attributes
    ----------
    NAME, TITLE
        As the manifest has it, which is its prefix in a symbol too (``fred:DGS10``), and as a person reads it.
    KNOWN
        Symbols that mean it without a prefix.
    LAG
        Sessions after its day at whose close a value of its series is known.
    """

    NAME: str
    TITLE: str
    KNOWN: Collection[str]
    LAG: int

    def version(self) -> str:
        """Return what reads it, with its version."""

    def kind_of(self, symbol: str) -> Kind[Any]:
        """Return what a symbol of its is kept as: bars, or a series."""

    def ask(
        self, symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
    ) -> Fetched:
        """Fetch a symbol's history, once.

        Parameters
        ----------
        symbol
            As the vendor writes it.
        first
            The first day to fetch; ``None`` for all there is.
        now
            The time, with its zone: what isn't finished by then is left out.
        noted
            Rows up to this day are left out without a note: they had one when they came.

        Raises
        ------
        ConnectionError
            It refused, broke off, or answered with something unreadable: it may be tried again.
        DataError
            It can't be reached, knows no such symbol, or has nothing of it.
        """
