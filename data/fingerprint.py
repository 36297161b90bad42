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


def fingerprint(
    source: Source, reads: Iterable[str], until: np.datetime64, *, prices: bool = True, public: bool = False
) -> dict[str, str]:
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
    public
        Whether of a series only what was public at the close of the last day counts, which has to be a session: what
        is published later of that day then changes nothing.
    """
    return {read: _digest_of(source, read, until, prices=prices, public=public) for read in sorted(reads)}


def all_reads(source: Source) -> frozenset[str]:
    """Return all that a source holds, as `fingerprint` takes it."""
    return frozenset(f"{kind}/{name}" for kind in KINDS for name in source.names(kind)) | {INSTRUMENTS}


def digest_lines(lines: Iterable[str]) -> str:
    """Return the hash of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest_of(source: Source, read: str, until: np.datetime64, *, prices: bool, public: bool) -> str:
    if read == INSTRUMENTS:
        return digest_lines(source.names(BARS))
    kind, _, name = read.partition("/")
    if kind not in KINDS or name not in source.names(Kind(kind)):
        return ABSENT
    try:
        thing: Thing = source.read(Kind(kind), name)
        seen = thing.public_by(until) if public and isinstance(thing, Series) else thing.up_to(until)
        return _digest(seen, prices=prices)
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
