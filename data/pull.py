"""Market data from online into the store: whole at first, then the tail, its overlap checked against what is kept."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from data.bars import Bars
from data.errors import DataError
from data.files import locked
from data.filings.facts import Filings, joined
from data.sources import BARS, FILINGS, Kind, Thing, fred, sec, treasury, yahoo
from data.sources.csv_file import NAME
from data.sources.vendor import Ask, Fetched, Vendor
from data.sources.web import StatusError
from data.store import Entry, Origin, Store
from data.tails import OVERLAP, DatedRows, changed, rows_of, with_rows

VENDORS: tuple[Vendor, ...] = (yahoo, fred, treasury, sec)
"""Who is asked: the first for every symbol that isn't another's, by its prefix or known to be."""
WAITS: tuple[float, ...] = (1.0, 4.0, 15.0)
"""Seconds before the second, third and fourth try, when a source refuses or breaks off."""
PATIENCE = 120.0
"""The most seconds to wait because a source says so; one that wants more is left for another time."""


@dataclass(frozen=True)
class Pulled:
    """What became of one symbol.

    Parameters
    ----------
    symbol
        As it was asked for.
    name, kind
        Under which it stands in the store, and as what: ``bars``, ``series`` or ``filings``; the kind is empty where
        the symbol made no sense.
    rows, added
        How many the store has of it now, and how many of them are new.
    first, last
        The dates of the first and the last row, ISO; of filings the days of the first and the last one.
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


def pull(
    store: Store,
    symbols: Iterable[str],
    first: np.datetime64 | None = None,
    say: Callable[[str, str], None] = lambda _symbol, _text: None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    identity: str | None = None,
) -> list[Pulled]:
    """Pull symbols into the store, one after the other; one that fails doesn't stop the others.

    Of what the store has from the same source only the tail is fetched, from 20 rows before its end, and those are
    held against what is kept (repairs not applied). Where they differ, or a split came in, the past has changed: that
    is noted, and it is fetched whole. Repairs stay. Filings are always fetched whole, and added to what there is.

    Parameters
    ----------
    store
        Where to keep it.
    symbols
        ``SOXS`` is Yahoo's; ``^VIX`` is an index of Yahoo's and becomes the series ``VIX``; ``DGS10``, or any other
        with ``fred:`` before it, is a daily series of FRED; ``treasury:IRX`` is the Treasury's rate of 13-week bills;
        ``sec:NVDA`` is what NVIDIA filed with the SEC.
    first
        The first day to have; ``None`` for all there is. Earlier history that is kept stays.
    say
        Told of each step: the symbol, and what is being done.
    clock
        Returns the time, with its zone.
    identity
        Who asks, by name and e-mail, for a vendor that wants to know (`data.sources.sec`); told to nobody else.

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
    asks: dict[str, Ask] = {}
    results = []
    for symbol in dict.fromkeys(symbols):
        name = kind = ""
        try:
            wanted = meant(symbol)
            name, kind, of = wanted.name, wanted.kind, wanted.vendor.NAME
            say(symbol, f"asking {wanted.vendor.TITLE}")
            asks[of] = asks.get(of) or wanted.vendor.session(identity)
            job = Pull(store, symbol, wanted, asks[of], first, partial(say, symbol), clock, patience[of])
            results.append(job.done())
        except DataError as error:
            results.append(Pulled(symbol, name, kind, error=str(error)))
        except ConnectionError as refusal:
            tries = 1 if _wait(refusal) > PATIENCE else len(patience[of]) + 1
            patience[of] = ()  # who refused four times is asked once for each of the rest
            again = f"tried {tries} times, try again later" if tries > 1 else "try again later"
            results.append(Pulled(symbol, name, kind, error=f"{symbol}: {refusal}: {again}"))
    return results


def pulled_before(store: Store) -> list[str]:
    """Return the symbols of all that a store has from a vendor, as `pull` takes them."""
    vendors = {vendor.NAME: vendor for vendor in VENDORS}
    origins = [each.origin for each in store.listing() if each.origin.source in vendors]
    return [
        origin.symbol if meant(origin.symbol).vendor is vendors[origin.source] else f"{origin.source}:{origin.symbol}"
        for origin in origins
    ]


def meant(symbol: str) -> Symbol:
    """Return what a symbol means; raises DataError where it is none."""
    prefix, colon, rest = symbol.upper().rpartition(":")
    others = {vendor.NAME.upper(): vendor for vendor in VENDORS[1:]}
    name = rest if colon else rest.removeprefix("^")
    if not NAME.fullmatch(name) or "^" in name or (colon and prefix not in others):
        raise DataError(
            f"{symbol!r} is no symbol: write SOXS, an index with a caret (^VIX), a series of FRED as DGS10 or "
            "fred:NAME, the Treasury's bills as treasury:IRX, a company's filings as sec:NVDA"
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
    ask: Ask
    first: np.datetime64 | None
    say: Callable[[str], None]
    clock: Callable[[], dt.datetime]
    waits: tuple[float, ...]

    def done(self) -> Pulled:
        """Pull it; raises DataError, and ConnectionError when its source refused each time."""
        with _alone(self.store, self.wanted, self.say):
            entry = self.store.entries(self.wanted.kind).get(self.wanted.name)
            kept, said = self._kept(entry)
            if entry is None or kept is None:
                return self._whole(self.first, None, said)
            if isinstance(kept, Filings):
                return self._more(kept)
            rows = rows_of(kept)
            earlier = self.first is not None and self.first < rows.dates[0]
            if earlier or len(rows.dates) <= OVERLAP:
                return self._whole(self.first if earlier else rows.dates[0], rows, ())
            return self._tail(entry, rows)

    def _kept(self, entry: Entry | None) -> tuple[Any, tuple[str, ...]]:
        """Return what is kept of it from the same source, repairs not applied; otherwise None, and what to say.

        Filings add up wherever they came from: each fact names the filing that it stands in.
        """
        wanted = self.wanted
        if entry is None:
            return None, ()
        same = (entry.origin.source, entry.origin.symbol) == (wanted.vendor.NAME, wanted.symbol)
        if not same and wanted.kind != FILINGS:
            return None, (f"in place of what was kept from {entry.origin.source} {entry.origin.symbol}",)
        try:
            bars = wanted.kind == BARS
            return self.store.bars_as_kept(wanted.name) if bars else self.store.read(wanted.kind, wanted.name), ()
        except DataError:
            return None, ("what was kept is damaged: fetched whole",)

    def _tail(self, entry: Entry, kept: DatedRows) -> Pulled:
        """Fetch the tail and join it on; where the past has changed, fetch the whole."""
        since, last = kept.dates[-OVERLAP - 1], kept.dates[-1]
        tail = self._fetched(since, last)
        change = changed(kept, tail, since, self.wanted.symbol, self.wanted.vendor.TITLE)
        if change is not None:
            text = f"the past has changed ({change}): fetched whole"
            self.say(text)
            return self._whole(kept.dates[0], kept, (text,))
        notes = tuple(dict.fromkeys((*entry.origin.notes, *tail.notes)))
        rows = rows_of(tail.thing)
        added = int((rows.dates > last).sum())
        news = tuple(note for note in tail.notes if note not in entry.origin.notes) if added else ("nothing new",)
        return self._put(
            with_rows(tail.thing, kept.before(rows, since)), len(kept.dates), notes, (*news, *tail.passing)
        )

    def _whole(self, first: np.datetime64 | None, kept: DatedRows | None, said: tuple[str, ...]) -> Pulled:
        whole = self._fetched(first, None)
        before = 0 if kept is None else int(np.isin(rows_of(whole.thing).dates, kept.dates).sum())
        return self._put(whole.thing, before, whole.notes, (*said, *whole.notes, *whole.passing))

    def _more(self, kept: Filings) -> Pulled:
        """Fetch all filings and add them to those that are kept: what was seen once stays."""
        whole = self._fetched(None, None)
        facts = joined(kept, whole.thing)
        return self._put(facts, len(kept), whole.notes, _news(kept, whole.thing, facts))

    def _fetched(self, first: np.datetime64 | None, noted: np.datetime64 | None) -> Fetched[Any]:
        symbol = self.wanted.symbol
        return _patiently(lambda: self.ask(symbol, first, self.clock(), noted), self.waits, self.say)

    def _put(self, thing: Thing, before: int, lasting: tuple[str, ...], notes: tuple[str, ...]) -> Pulled:
        """Keep it; of its rows so many had been there before."""
        wanted, vendor = self.wanted, self.wanted.vendor
        stamp = self.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        origin = Origin(vendor.NAME, wanted.symbol, vendor.version(), stamp, lasting)
        entry = self.store.put(_named(thing, wanted.name), origin)
        added = entry.rows - before
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


def _patiently(ask: Callable[[], Fetched[Any]], waits: tuple[float, ...], say: Callable[[str], None]) -> Fetched[Any]:
    """Ask until there is an answer, waiting longer each time, or for as long as the source says.

    Raises ConnectionError when the last try fails too, or the source wants to be left alone for long.
    """
    for wait in waits:
        try:
            return ask()
        except ConnectionError as refusal:
            pause = max(wait, _wait(refusal))
            if pause > PATIENCE:
                raise
            say(f"{refusal}: again in {pause:g} s")
            time.sleep(pause)
    return ask()


def _news(kept: Filings, came: Filings, facts: Filings) -> tuple[str, ...]:
    """Return what there is to say of filings that were kept, came, and are now both together."""
    last, added, gone = int(np.argmax(facts.filed)), len(facts) - len(kept), len(facts) - len(came)
    new = (
        f"{added:,} new {'fact' if added == 1 else 'facts'}, the last filing {facts.form[last]} of {facts.filed[last]}"
    )
    notes = [new if added else "nothing new"]
    if gone:
        notes.append(f"{gone:,} that {'is' if gone == 1 else 'are'} listed no more stay" + "s" * (gone == 1))
    if kept.cik != came.cik:
        notes.append(f"the ticker was CIK {kept.cik} and is CIK {came.cik}: filings of both are kept")
    return tuple(notes)


def _wait(refusal: ConnectionError) -> float:
    """Return the seconds for which a source asks to be left alone."""
    return refusal.wait if isinstance(refusal, StatusError) else 0.0


def _named(thing: Thing, name: str) -> Thing:
    """Return it under the name that it is kept by."""
    return replace(thing, instrument=name) if isinstance(thing, Bars) else replace(thing, name=name)
