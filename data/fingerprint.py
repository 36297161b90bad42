"""Hashes of what is read of a source, up to a day: other values give another hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from data.bars import COLUMNS, Bars
from data.errors import DataError
from data.series import Series
from data.sources import BARS, KINDS, Kind, Source, Thing

ABSENT = "absent"
"""Stands for the hash of what a source doesn't hold."""
INSTRUMENTS = "instruments"
"""Stands for the names of all instruments: what is made of a group hangs on which of them there are."""


def fingerprint(source: Source, reads: Iterable[str], until: np.datetime64, *, prices: bool = True) -> dict[str, str]:
    """Return a hash of each input as far as a run that ends on a day can read it.

    Parameters
    ----------
    reads
        By kind and name, such as ``bars/SOXX``, ``series/VIX``, ``events/fomc`` and ``members/chips``; and
        `INSTRUMENTS`. What the source doesn't hold is `ABSENT`, and what it can't read ``unreadable``.
    until
        The last day.
    prices
        Whether the open, high and low of an index count, from which history may be made.
    """
    return {read: _digest_of(source, read, until, prices=prices) for read in sorted(reads)}


def all_reads(source: Source) -> frozenset[str]:
    """Return all that a source holds, as `fingerprint` takes it."""
    return frozenset(f"{kind}/{name}" for kind in KINDS for name in source.names(kind)) | {INSTRUMENTS}


def digest_lines(lines: Iterable[str]) -> str:
    """Return the hash of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest_of(source: Source, read: str, until: np.datetime64, *, prices: bool) -> str:
    if read == INSTRUMENTS:
        return digest_lines(source.names(BARS))
    kind, _, name = read.partition("/")
    if kind not in KINDS or name not in source.names(Kind(kind)):
        return ABSENT
    try:
        return _digest(source.read(Kind(kind), name).up_to(until), prices=prices)
    except DataError:
        return "unreadable"


def _digest(thing: Thing, *, prices: bool) -> str:
    if isinstance(thing, Bars):
        arrays = [thing.dates, *(getattr(thing, column) for column in COLUMNS)]
    elif isinstance(thing, Series):
        when = np.array([thing.lag]) if thing.known is None else thing.known
        others = thing.prices if prices and thing.prices is not None else {}
        arrays = [thing.dates, thing.values, when, *(others[name] for name in sorted(others))]
    else:
        return digest_lines(thing.lines())
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
