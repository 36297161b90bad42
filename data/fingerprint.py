"""Hashes of what is read of a source, up to a day: other values give another hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from data.bars import COLUMNS, Bars
from data.errors import DataError
from data.series import Series
from data.sources import Source

ABSENT = "absent"
"""Stands for the hash of what a source doesn't hold."""
INSTRUMENTS = "instruments"
"""The place of the names of all instruments: what is made of a group hangs on which of them there are."""


def fingerprint(source: Source, places: Iterable[str], until: np.datetime64) -> dict[str, str]:
    """Return a hash of each input as far as a run that ends on a day can read it.

    Parameters
    ----------
    places
        By kind and name, such as ``bars/SOXX``, ``series/VIX``, ``events/fomc`` and ``members/chips``; and
        `INSTRUMENTS`. What the source doesn't hold is `ABSENT`, and what it can't read ``unreadable``.
    until
        The last day.
    """
    return {place: _digest_of(source, place, until) for place in sorted(places)}


def places_of(source: Source) -> frozenset[str]:
    """Return the places of all that a source holds."""
    return frozenset(f"{kind}/{name}" for kind, names in _held(source).items() for name in names) | {INSTRUMENTS}


def digest_bars(bars: Bars) -> str:
    """Return the hash of bars."""
    return _digest(bars.dates, *(getattr(bars, column) for column in COLUMNS))


def digest_series(series: Series) -> str:
    """Return the hash of a series: its values, when each is known, and an index's prices."""
    when = np.array([series.lag]) if series.known is None else series.known
    prices = () if series.prices is None else (series.prices[name] for name in sorted(series.prices))
    return _digest(series.dates, series.values, when, *prices)


def digest_lines(lines: Iterable[str]) -> str:
    """Return the hash of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest(*arrays: npt.NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _held(source: Source) -> dict[str, tuple[str, ...]]:
    return {
        "bars": source.instruments(),
        "series": source.series_names(),
        "events": source.event_names(),
        "members": source.member_names(),
    }


def _digest_of(source: Source, place: str, until: np.datetime64) -> str:
    if place == INSTRUMENTS:
        return digest_lines(source.instruments())
    kind, _, name = place.partition("/")
    if name not in _held(source)[kind]:
        return ABSENT
    read: dict[str, Callable[[], str]] = {
        "bars": lambda: digest_bars(source.bars(name).until(until)),
        "series": lambda: digest_series(source.series(name).until(until)),
        "events": lambda: digest_lines(source.events(name).known_by(until).lines()),
        "members": lambda: digest_lines(source.members(name).known_by(until).lines()),
    }
    try:
        return read[kind]()
    except DataError:
        return "unreadable"
