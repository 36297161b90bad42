"""What a vendor is that history is pulled from: a module such as `data.sources.yahoo`, registered in `data.pull`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Generic, Protocol

import numpy as np

from data.sources import Held, Kind


@dataclass(frozen=True)
class Fetched(Generic[Held]):
    """What a vendor has of one symbol.

    Parameters
    ----------
    thing
        Bars as traded, on NYSE sessions; a series, in the vendor's own unit, on its own days and with its lag; or what
        a company filed. By whatever name.
    notes
        What was assumed or left out, a sentence each.
    passing
        What was left out this time and won't be tomorrow.
    ahead
        The product of the splits after the last bar, new shares per old: they are undone, but stand in no row.
    """

    thing: Held
    notes: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    ahead: float = 1.0


class Ask(Protocol):
    """What asks a vendor throughout one pull; it may keep what several symbols need."""

    def __call__(
        self, symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
    ) -> Fetched[Any]:
        """Fetch a symbol's history, once.

        Parameters
        ----------
        symbol
            As the vendor writes it.
        first
            The first day to fetch; ``None`` for all there is. Filings come whole whatever it says.
        now
            The time, with its zone: what isn't finished by then is left out.
        noted
            Rows up to this day are left out without a note: they had one when they came.

        Raises
        ------
        ConnectionError
            It refused, broke off, or answered with something unreadable: it may be tried again; a `StatusError` of
            `data.sources.web` says how much later.
        DataError
            It can't be reached, knows no such symbol, or has nothing of it.
        """


class Vendor(Protocol):
    """What a vendor's module holds.

    Attributes
    ----------
    NAME, TITLE
        As the manifest has it, which is its prefix in a symbol too (``fred:DGS10``), and as a person reads it.
    KNOWN
        Symbols that mean it without a prefix.
    """

    NAME: str
    TITLE: str
    KNOWN: Collection[str]

    def version(self) -> str:
        """Return what reads it, with its version."""

    def kind_of(self, symbol: str) -> Kind[Any]:
        """Return what a symbol of its is kept as: bars, a series, or filings."""

    def session(self, identity: str | None) -> Ask:
        """Return what asks it throughout one pull.

        Parameters
        ----------
        identity
            Who asks, by name and e-mail, for a vendor that wants to know; ``None`` where the pull wasn't told.

        Raises
        ------
        DataError
            It can't be asked so.
        """
