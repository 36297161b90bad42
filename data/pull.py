"""Market data from online into the store: whole at first, then the tail, its overlap checked against what is kept."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from data.arrays import Dates, Floats
from data.bars import COLUMNS, PRICES, Bars
from data.errors import DataError
from data.files import locked
from data.series import Series
from data.sources import BARS, SERIES, fred, yahoo
from data.sources.csv_file import NAME
from data.store import Entry, Origin, Store

YAHOO, FRED = "yahoo", "fred"
CALLED = {YAHOO: "Yahoo", FRED: "FRED"}
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
class Wanted:
    """What a symbol means: what its source calls it, its name and kind in the store, and its source."""

    symbol: str
    name: str
    kind: str
    source: str


@dataclass(frozen=True)
class Rows:
    """Days, and columns of numbers beside them: what is kept or was fetched of one thing."""

    dates: Dates
    columns: Mapping[str, Floats]

    def between(self, after: np.datetime64, last: np.datetime64) -> Rows:
        """Return the rows after one day, up to another."""
        keep = (self.dates > after) & (self.dates <= last)
        return Rows(self.dates[keep], {name: column[keep] for name, column in self.columns.items()})


@dataclass(frozen=True)
class Answer:
    """What a source answered: rows, what to write down about them, what to say only now, and splits ahead of them."""

    rows: Rows
    notes: tuple[str, ...]
    passing: tuple[str, ...] = ()
    ahead: float = 1.0


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
    patience = {YAHOO: WAITS, FRED: WAITS}
    results = []
    for symbol in dict.fromkeys(symbols):
        name = kind = ""
        try:
            wanted = meant(symbol)
            name, kind = wanted.name, wanted.kind
            say(symbol, f"asking {CALLED[wanted.source]}")
            job = Job(store, symbol, wanted, first, partial(say, symbol), clock, patience[wanted.source])
            results.append(job.done())
        except DataError as fault:
            results.append(Pulled(symbol, name, kind, error=str(fault)))
        except ConnectionError as refusal:
            tries = len(patience[wanted.source]) + 1
            patience[wanted.source] = ()  # who refused four times is asked once for each of the rest
            again = f"tried {tries} times, try again later" if tries > 1 else "try again later"
            results.append(Pulled(symbol, name, kind, error=f"{symbol}: {refusal}: {again}"))
    return results


def meant(symbol: str) -> Wanted:
    """Return what a symbol means; raises DataError where it is none."""
    prefix, colon, rest = symbol.upper().rpartition(":")
    index = rest.startswith("^") and not colon
    name = rest[1:] if index else rest
    if not NAME.fullmatch(name) or "^" in name or (colon and prefix != FRED.upper()):
        raise DataError(
            f"{symbol!r} is no symbol: write SOXS, an index with a caret (^VIX), a series of FRED as DGS10 or fred:NAME"
        )
    if colon or rest in fred.KNOWN:
        return Wanted(name, name, SERIES, FRED)
    return Wanted(rest, name, SERIES if index else BARS, YAHOO)


@dataclass(frozen=True)
class Job:
    """One symbol to pull; the fields as in `pull`, and the seconds to wait between tries."""

    store: Store
    symbol: str
    wanted: Wanted
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

    def _tail(self, entry: Entry, kept: Rows) -> Pulled:
        """Fetch the tail and join it on; where the past has changed, fetch the whole."""
        since, last = kept.dates[-OVERLAP - 1], kept.dates[-1]
        tail = self._fetched(since, last)
        changed = _changed(self.wanted, kept, tail, since)
        if changed is not None:
            text = f"the past has changed ({changed}): fetched whole"
            self.say(text)
            return self._whole(kept.dates[0], kept, (text,))
        notes = tuple(dict.fromkeys((*entry.origin.notes, *tail.notes)))
        added = int((tail.rows.dates > last).sum())
        news = tuple(note for note in tail.notes if note not in entry.origin.notes) if added else ("nothing new",)
        return self._put(_joined(kept, tail.rows, since), added, notes, (*news, *tail.passing))

    def _whole(self, first: np.datetime64 | None, kept: Rows | None, said: tuple[str, ...]) -> Pulled:
        whole = self._fetched(first, None)
        before = 0 if kept is None else int(np.isin(whole.rows.dates, kept.dates).sum())
        return self._put(whole.rows, len(whole.rows.dates) - before, whole.notes, (*said, *whole.notes, *whole.passing))

    def _fetched(self, first: np.datetime64 | None, told: np.datetime64 | None) -> Answer:
        return _patiently(lambda: _ask(self.wanted, first, told, self.clock()), self.waits, self.say)

    def _put(self, rows: Rows, added: int, lasting: tuple[str, ...], notes: tuple[str, ...]) -> Pulled:
        wanted, reader = self.wanted, fred.version() if self.wanted.source == FRED else yahoo.version()
        stamp = self.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = _put(self.store, wanted, rows, Origin(wanted.source, wanted.symbol, reader, stamp, lasting))
        return Pulled(self.symbol, wanted.name, wanted.kind, entry.rows, added, entry.first, entry.last, notes)


@contextmanager
def _alone(store: Store, wanted: Wanted, say: Callable[[str], None]) -> Iterator[None]:
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


def _kept(store: Store, wanted: Wanted, entry: Entry | None) -> tuple[Rows | None, tuple[str, ...]]:
    """Return what is kept of it from the same source, repairs not applied; otherwise nothing, and what to say."""
    if entry is None:
        return None, ()
    if (entry.origin.source, entry.origin.symbol) != (wanted.source, wanted.symbol):
        return None, (f"in place of what was kept from {entry.origin.source} {entry.origin.symbol}",)
    try:
        if wanted.kind == BARS:
            bars = store.bars_as_kept(wanted.name)
            return Rows(bars.dates, {name: getattr(bars, name) for name in COLUMNS}), ()
        series = store.read(SERIES, wanted.name)
        return Rows(series.dates, {"value": series.values, **(series.prices or {})}), ()
    except DataError:
        return None, ("what was kept is damaged: fetched whole",)


def _ask(wanted: Wanted, first: np.datetime64 | None, told: np.datetime64 | None, now: dt.datetime) -> Answer:
    """Ask its source, once; raises DataError and ConnectionError as the sources do."""
    if wanted.source == FRED:
        series = fred.fetch(wanted.symbol, first)
        return Answer(Rows(series.dates, {"value": series.values}), (fred.NOTE,))
    history = yahoo.fetch(wanted.symbol, first, now, told)
    bars = history.bars
    columns = {name: getattr(bars, name) for name in COLUMNS}
    if wanted.kind == SERIES:
        columns = {"value": bars.close, "open": bars.open, "high": bars.high, "low": bars.low}
    return Answer(Rows(bars.dates, columns), history.notes, history.passing, history.ahead)


def _patiently(ask: Callable[[], Answer], waits: tuple[float, ...], say: Callable[[str], None]) -> Answer:
    """Ask until there is an answer, waiting longer each time; raises ConnectionError when the last try fails too."""
    for wait in waits:
        try:
            return ask()
        except ConnectionError as refusal:
            say(f"{refusal}: again in {wait:g} s")
            time.sleep(wait)
    return ask()


def _changed(wanted: Wanted, kept: Rows, tail: Answer, since: np.datetime64) -> str | None:
    """Return what has changed of the past, its first day named, else None; raises DataError on a split half done.

    The row of `since` itself isn't compared: it may hold events of days before it that have no row.
    """
    last = kept.dates[-1]
    old, new, came = kept.between(since, last), tail.rows.between(since, last), tail.rows.between(last, NEVER)
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


def _refuse_half_done(wanted: Wanted, old: Rows, new: Rows, split: float) -> None:
    """Refuse a split that is listed while the prices before it aren't rescaled yet: undoing it would falsify them."""
    if abs(split - 1.0) > 1e-2 and np.allclose(new.columns["close"], split * old.columns["close"], rtol=1e-3):
        raise DataError(
            f"{wanted.symbol}: Yahoo lists a new split of {split:.6g} but hasn't rescaled the prices before it: "
            "what was kept stays, pull again tomorrow"
        )


def _same(name: str, old: Floats, new: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    atol = CLOSE_ENOUGH if name in PRICES else 1e-6
    return np.isclose(new, old, rtol=1e-6, atol=atol, equal_nan=True)


def _joined(kept: Rows, tail: Rows, since: np.datetime64) -> Rows:
    """Return what is kept up to a day, and the tail after it."""
    old, new = kept.dates <= since, tail.dates > since
    columns = {name: np.concatenate((kept.columns[name][old], tail.columns[name][new])) for name in kept.columns}
    return Rows(np.concatenate((kept.dates[old], tail.dates[new])), columns)


def _put(store: Store, wanted: Wanted, rows: Rows, origin: Origin) -> Entry:
    if wanted.kind == BARS:
        return store.put(Bars(wanted.name, rows.dates, **rows.columns), origin)
    lag = fred.LAG if wanted.source == FRED else 0
    prices = {name: column for name, column in rows.columns.items() if name != "value"}
    series = Series(wanted.name, rows.dates, rows.columns["value"], lag=lag, prices=prices or None)
    return store.put(series, origin)
