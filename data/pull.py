"""Market data from online into the store: whole at first, then the tail, its overlap checked against what is kept."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.bars import COLUMNS, PRICES, Bars
from data.errors import DataError
from data.files import locked
from data.series import Series
from data.sources import BARS, SERIES, Kind, fred, yahoo
from data.sources.csv_file import NAME
from data.sources.vendor import Fetched, Vendor
from data.store import Entry, Origin, Store

VENDORS: tuple[Vendor, ...] = (yahoo, fred)
"""Who is asked: the first for every symbol that isn't another's, by its prefix or known to be."""
OVERLAP = 20
"""Rows before the last that are fetched again and held against what is kept."""
WAITS: tuple[float, ...] = (1.0, 4.0, 15.0)
"""Seconds before the second, third and fourth try, when a source refuses or breaks off."""
COMPARED = ("split", "dividend", "close", "open", "high", "low", "value")
"""What a changed past shows in, the weightiest first. Volume isn't in it: it is told anew for days after a session."""
NEVER = np.datetime64("9999-12-31", "D")
CLOSE_ENOUGH = 1e-4
"""Dollars by which rounding may move a price."""


@dataclass(frozen=True)
class Pulled:
    """What became of one symbol.

    Parameters
    ----------
    symbol
        As it was asked for.
    name, kind
        Under which it stands in the store, and as what: ``bars`` or ``series``; the kind is empty where the symbol
        made no sense.
    rows, added
        How many the store has of it now, and how many of them are new.
    first, last
        The dates of the first and the last row, ISO.
    notes
        What there is to say about it, a sentence each.
    error
        Why it was not pulled, one line; what was kept before is kept still.
    """

    symbol: str
    name: str
    kind: str
    rows: int = 0
    added: int = 0
    first: str = ""
    last: str = ""
    notes: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Symbol:
    """What a symbol means: what its vendor calls it, its name and kind in the store, and its vendor."""

    symbol: str
    name: str
    kind: Kind[Any]
    vendor: Vendor


@dataclass(frozen=True)
class DatedRows:
    """Days, and columns of numbers beside them: what is kept or was fetched of one thing."""

    dates: Dates
    columns: Mapping[str, Floats]

    def between(self, after: np.datetime64, last: np.datetime64) -> DatedRows:
        """Return the rows after one day, up to another."""
        keep = (self.dates > after) & (self.dates <= last)
        return DatedRows(self.dates[keep], {name: column[keep] for name, column in self.columns.items()})


def pull(
    store: Store,
    symbols: Iterable[str],
    first: np.datetime64 | None = None,
    say: Callable[[str, str], None] = lambda _symbol, _text: None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> list[Pulled]:
    """Pull symbols into the store, one after the other; one that fails doesn't stop the others.

    Of what the store has from the same source only the tail is fetched, from 20 rows before its end, and those are
    held against what is kept (repairs not applied). Where they differ, or a split came in, the past has changed: that
    is noted, and it is fetched whole. Repairs stay.

    Parameters
    ----------
    store
        Where to keep it.
    symbols
        ``SOXS`` is Yahoo's; ``^VIX`` is an index of Yahoo's and becomes the series ``VIX``; ``DGS10``, or any other
        with ``fred:`` before it, is a daily series of FRED.
    first
        The first day to have; ``None`` for all there is. Earlier history that is kept stays.
    say
        Told of each step: the symbol, and what is being done.
    clock
        Returns the time, with its zone.

    Returns
    -------
    list of Pulled
        One for each symbol, in their order; a failure is in its `error`.

    Raises
    ------
    DataError
        The store's manifest can't be read.
    """
    store.listing()  # told once, not for each symbol
    patience = {vendor.NAME: WAITS for vendor in VENDORS}
    results = []
    for symbol in dict.fromkeys(symbols):
        name = kind = ""
        try:
            wanted = meant(symbol)
            name, kind = wanted.name, wanted.kind
            say(symbol, f"asking {wanted.vendor.TITLE}")
            job = Pull(store, symbol, wanted, first, partial(say, symbol), clock, patience[wanted.vendor.NAME])
            results.append(job.done())
        except DataError as error:
            results.append(Pulled(symbol, name, kind, error=str(error)))
        except ConnectionError as refusal:
            tries = len(patience[wanted.vendor.NAME]) + 1
            patience[wanted.vendor.NAME] = ()  # who refused four times is asked once for each of the rest
            again = f"tried {tries} times, try again later" if tries > 1 else "try again later"
            results.append(Pulled(symbol, name, kind, error=f"{symbol}: {refusal}: {again}"))
    return results


def meant(symbol: str) -> Symbol:
    """Return what a symbol means; raises DataError where it is none."""
    prefix, colon, rest = symbol.upper().rpartition(":")
    others = {vendor.NAME.upper(): vendor for vendor in VENDORS[1:]}
    name = rest if colon else rest.removeprefix("^")
    if not NAME.fullmatch(name) or "^" in name or (colon and prefix not in others):
        raise DataError(
            f"{symbol!r} is no symbol: write SOXS, an index with a caret (^VIX), a series of FRED as DGS10 or fred:NAME"
        )
    known = next((vendor for vendor in others.values() if rest in vendor.KNOWN), VENDORS[0])
    vendor = others[prefix] if colon else known
    return Symbol(rest, name, vendor.kind_of(rest), vendor)


@dataclass(frozen=True)
class Pull:
    """One symbol to pull; the fields as in `pull`, and the seconds to wait between tries."""

    store: Store
    symbol: str
    wanted: Symbol
    first: np.datetime64 | None
    say: Callable[[str], None]
    clock: Callable[[], dt.datetime]
    waits: tuple[float, ...]

    def done(self) -> Pulled:
        """Pull it; raises DataError, and ConnectionError when its source refused each time."""
        with _alone(self.store, self.wanted, self.say):
            entry = self.store.entries(self.wanted.kind).get(self.wanted.name)
            kept, said = _kept(self.store, self.wanted, entry)
            if entry is None or kept is None:
                return self._whole(self.first, None, said)
            earlier = self.first is not None and self.first < kept.dates[0]
            if earlier or len(kept.dates) <= OVERLAP:
                return self._whole(self.first if earlier else kept.dates[0], kept, ())
            return self._tail(entry, kept)

    def _tail(self, entry: Entry, kept: DatedRows) -> Pulled:
        """Fetch the tail and join it on; where the past has changed, fetch the whole."""
        since, last = kept.dates[-OVERLAP - 1], kept.dates[-1]
        tail = self._fetched(since, last)
        changed = _changed(self.wanted, kept, tail, since)
        if changed is not None:
            text = f"the past has changed ({changed}): fetched whole"
            self.say(text)
            return self._whole(kept.dates[0], kept, (text,))
        notes = tuple(dict.fromkeys((*entry.origin.notes, *tail.notes)))
        rows = _rows(tail.thing)
        added = int((rows.dates > last).sum())
        news = tuple(note for note in tail.notes if note not in entry.origin.notes) if added else ("nothing new",)
        return self._put(_joined(kept, rows, since), added, notes, (*news, *tail.passing))

    def _whole(self, first: np.datetime64 | None, kept: DatedRows | None, said: tuple[str, ...]) -> Pulled:
        whole = self._fetched(first, None)
        rows = _rows(whole.thing)
        before = 0 if kept is None else int(np.isin(rows.dates, kept.dates).sum())
        return self._put(rows, len(rows.dates) - before, whole.notes, (*said, *whole.notes, *whole.passing))

    def _fetched(self, first: np.datetime64 | None, noted: np.datetime64 | None) -> Fetched[Any]:
        wanted = self.wanted
        return _patiently(lambda: wanted.vendor.ask(wanted.symbol, first, self.clock(), noted), self.waits, self.say)

    def _put(self, rows: DatedRows, added: int, lasting: tuple[str, ...], notes: tuple[str, ...]) -> Pulled:
        wanted, vendor = self.wanted, self.wanted.vendor
        stamp = self.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = _put(self.store, wanted, rows, Origin(vendor.NAME, wanted.symbol, vendor.version(), stamp, lasting))
        return Pulled(self.symbol, wanted.name, wanted.kind, entry.rows, added, entry.first, entry.last, notes)


@contextmanager
def _alone(store: Store, wanted: Symbol, say: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time add to what is kept, so that none puts back what another has just prolonged."""
    folder = store.folder / wanted.kind
    with ExitStack() as held:
        if folder.is_dir():
            try:
                held.enter_context(locked(folder, wait=False))
            except BlockingIOError:
                say("waiting for another pull to end")
                held.enter_context(locked(folder))
        yield


def _kept(store: Store, wanted: Symbol, entry: Entry | None) -> tuple[DatedRows | None, tuple[str, ...]]:
    """Return what is kept of it from the same source, repairs not applied; otherwise nothing, and what to say."""
    if entry is None:
        return None, ()
    if (entry.origin.source, entry.origin.symbol) != (wanted.vendor.NAME, wanted.symbol):
        return None, (f"in place of what was kept from {entry.origin.source} {entry.origin.symbol}",)
    try:
        return _rows(store.bars_as_kept(wanted.name) if wanted.kind == BARS else store.read(SERIES, wanted.name)), ()
    except DataError:
        return None, ("what was kept is damaged: fetched whole",)


def _rows(thing: Bars | Series) -> DatedRows:
    if isinstance(thing, Bars):
        return DatedRows(thing.dates, {name: getattr(thing, name) for name in COLUMNS})
    return DatedRows(thing.dates, {"value": thing.values, **(thing.prices or {})})


def _patiently(ask: Callable[[], Fetched[Any]], waits: tuple[float, ...], say: Callable[[str], None]) -> Fetched[Any]:
    """Ask until there is an answer, waiting longer each time; raises ConnectionError when the last try fails too."""
    for wait in waits:
        try:
            return ask()
        except ConnectionError as refusal:
            say(f"{refusal}: again in {wait:g} s")
            time.sleep(wait)
    return ask()


def _changed(wanted: Symbol, kept: DatedRows, tail: Fetched[Any], since: np.datetime64) -> str | None:
    """Return what has changed of the past, its first day named, else None; raises DataError on a split half done.

    The row of `since` itself isn't compared: it may hold events of days before it that have no row.
    """
    rows, last = _rows(tail.thing), kept.dates[-1]
    old, new, came = kept.between(since, last), rows.between(since, last), rows.between(last, NEVER)
    for text, days in (
        ("its row is gone", np.setdiff1d(old.dates, new.dates)),
        ("its row is new", np.setdiff1d(new.dates, old.dates)),
    ):
        if len(days):
            return f"{days[0]}: {text}"
    if "split" in came.columns:
        _refuse_half_done(wanted, old, new, float(np.prod(came.columns["split"])) * tail.ahead)
        for day, split in zip(came.dates, came.columns["split"], strict=True):
            if split != 1.0:
                return f"{day}: a split of {split:.6g}"
    differ = {name: ~_same(name, old.columns[name], new.columns[name]) for name in COMPARED if name in old.columns}
    changed = np.flatnonzero(np.any(list(differ.values()), axis=0))
    if not len(changed):
        return None
    row = changed[0]
    name = next(name for name in differ if differ[name][row])
    was, now = (float(rows.columns[name][row]) for rows in (old, new))
    more = f", the first of {len(changed)} days" if len(changed) > 1 else ""
    return f"{old.dates[row]}: {name} was {was:.10g}, is {now:.10g}{more}"


def _refuse_half_done(wanted: Symbol, old: DatedRows, new: DatedRows, split: float) -> None:
    """Refuse a split that is listed while the prices before it aren't rescaled yet: undoing it would falsify them."""
    if abs(split - 1.0) > 1e-2 and np.allclose(new.columns["close"], split * old.columns["close"], rtol=1e-3):
        raise DataError(
            f"{wanted.symbol}: {wanted.vendor.TITLE} lists a new split of {split:.6g} but hasn't rescaled the prices "
            "before it: what was kept stays, pull again tomorrow"
        )


def _same(name: str, old: Floats, new: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    atol = CLOSE_ENOUGH if name in PRICES else 1e-6
    return np.isclose(new, old, rtol=1e-6, atol=atol, equal_nan=True)


def _joined(kept: DatedRows, tail: DatedRows, since: np.datetime64) -> DatedRows:
    """Return what is kept up to a day, and the tail after it."""
    old, new = kept.dates <= since, tail.dates > since
    columns = {name: np.concatenate((kept.columns[name][old], tail.columns[name][new])) for name in kept.columns}
    return DatedRows(np.concatenate((kept.dates[old], tail.dates[new])), columns)


def _put(store: Store, wanted: Symbol, rows: DatedRows, origin: Origin) -> Entry:
    if wanted.kind == BARS:
        return store.put(Bars(wanted.name, rows.dates, **rows.columns), origin)
    prices = {name: column for name, column in rows.columns.items() if name != "value"}
    series = Series(wanted.name, rows.dates, rows.columns["value"], lag=wanted.vendor.LAG, prices=prices or None)
    return store.put(series, origin)
