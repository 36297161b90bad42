"""Importing: people's own CSV files into the store, saying what was assumed. A file with a fault changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.arrays import Dates
from data.bars import PRICES
from data.errors import DataError
from data.foreign import misnamed, refuse_misnamed
from data.importing.events import is_schedule, read_events
from data.importing.prices import read_bars
from data.importing.series import read_index, read_series
from data.importing.table import ImportedTable, counted, read_table, titles_of
from data.sources import BARS, EVENTS, KINDS, MEMBERS, SERIES, Thing
from data.sources.csv import read_members
from data.store import NAME, Origin, Store
from data.version import VERSION


@dataclass(frozen=True)
class Imported:
    """What became of one file.

    Parameters
    ----------
    file
        Its name, with the sub-folder it was found in.
    name
        Of the instrument, series, schedule or group.
    kind
        ``bars``, ``series``, ``events`` or ``members``; empty where that can't be told.
    rows
        How many are kept; 0 where the file has a fault.
    first, last
        Dates of the first and the last row, ISO; empty where the file has a fault, and of members without dates.
    notes
        What was assumed or left out, a sentence each.
    error
        The fault, one line; empty where there is none. The store then has what it had.
    """

    file: str
    name: str
    kind: str = ""
    rows: int = 0
    first: str = ""
    last: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class _Read:
    """One file, read: what is to be kept of it, unless it has a fault."""

    done: Imported
    held: Thing | None = None

    @property
    def place(self) -> tuple[str, str]:
        return self.done.kind, self.done.name


def import_files(
    store: Store,
    path: Path,
    name: str | None = None,
    lag: int | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> tuple[Imported, ...]:
    """Import a CSV file, or all those of a folder and of its sub-folders ``bars``, ``series``, ``events``, ``members``.

    Parameters
    ----------
    store
        Where to keep them. What it held under the same names is replaced; its repairs stay.
    path
        A file or a folder. Each file is named after its instrument, ``SOXS.csv``, or index, ``^VIX.csv``; its header
        tells what it holds (see `data.importing.table` and the modules beside it), and so does a folder's name.
    name
        Of what it holds instead, ``^VIX`` for an index; for a single file.
    lag
        Sessions by which the series are known late; ``None`` keeps the lag that the store has for each, else 0.
    say
        Told a line for each file that is imported.

    Returns
    -------
    tuple of Imported
        By file, those with a fault included.

    Raises
    ------
    DataError
        There is no file to import, `name` or `lag` doesn't fit, or the store can't be written.
    """
    if lag is not None and lag < 0:
        raise DataError(f"a lag of {lag} sessions would make values known before their day: give 0 or more")
    if name is not None and path.is_dir():
        raise DataError(f"{path}: is a folder, and a name is for a single file: name its files after what they hold")
    lags = {each.name: each.lag for each in store.entries(SERIES).values()}
    found = [_read(each, where, name, lag, lags, folder=path.is_dir()) for each, where in _files(path)]
    clashes = {place for place, count in Counter(each.place for each in found if each.held).items() if count > 1}
    imported = []
    for each in found:
        done = each.done
        if each.place in clashes and each.held is not None:
            others = [other.done.file for other in found if other.place == each.place and other is not each]
            done = _fault(done, f"{done.file}: holds {done.kind} of {done.name}, and so does {others[0]}: keep one")
        elif each.held is not None:
            done = _keep(store, each)
            span = f" from {done.first} to {done.last}" if done.first else ""
            say(f"{done.file}: {done.kind} of {done.name}, {counted(done.rows, 'row')}{span}")
        imported.append(done)
    return tuple(imported)


def _files(path: Path) -> list[tuple[Path, str]]:
    """Return the files to import, with their names for messages; raises DataError if there are none."""
    if not path.is_dir():
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        return [(path, path.name)]
    folders = [path, *(path / kind for kind in KINDS)]
    files = [each for folder in folders for each in sorted(folder.glob("[!.]*")) if _is_meant(each)]
    if not files:
        raise DataError(f"{path}: has no CSV files, nor have its folders {', '.join(KINDS[:-1])} and {KINDS[-1]}")
    return [(each, each.relative_to(path).as_posix()) for each in files]


def _is_meant(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() == ".csv" or bool(misnamed(path, path.name)))


def _read(path: Path, where: str, name: str | None, lag: int | None, lags: Mapping[str, int], *, folder: bool) -> _Read:
    """Read one file, given alone or found in a `folder`."""
    done = Imported(where, path.stem if name is None else name)
    try:
        if folder:
            refuse_misnamed(path, where)
        if _is_group(path, where):
            return _members(path, where, done)
        table = read_table(path, where)
        if path.parent.name == EVENTS or (path.parent.name not in KINDS and is_schedule(table)):
            return _schedule(table, done, lag)
        return _taken(table, done, path.parent.name, lag, lags)
    except DataError as fault:
        return _Read(_fault(done, str(fault)))


def _is_group(path: Path, where: str) -> bool:
    """Say whether a file holds members: it has symbols, and no date but those from and to which each belonged."""
    titles = titles_of(path, where)
    symbols = titles & {"symbol", "ticker"}
    return path.parent.name == MEMBERS or bool(symbols and titles <= symbols | {"from", "to"})


def _members(path: Path, where: str, done: Imported) -> _Read:
    name, notes = _name(done.name, MEMBERS, where)
    members = read_members(path, where, name)
    named = np.sort(np.concatenate((members.since, members.until)))
    return _Read(_done(done, MEMBERS, name, named[~np.isnat(named)], notes, len(members)), members)


def _schedule(table: ImportedTable, done: Imported, lag: int | None) -> _Read:
    name, renamed = _name(done.name, EVENTS, table.where)
    events, notes = read_events(table, name)
    told = () if lag is None else ("A lag is for series: a schedule's column announced says when it was known.",)
    return _Read(_done(done, EVENTS, name, events.dates, (*renamed, *told, *notes)), events)


def _taken(table: ImportedTable, done: Imported, folder: str, lag: int | None, lags: Mapping[str, int]) -> _Read:
    """Return what a table holds, as its header and its file's name tell; `lags` are those the store has."""
    column = _value_column(table)
    is_index = done.name.startswith("^") or folder == SERIES
    kind = SERIES if column or is_index else BARS
    name, renamed = _name(done.name, kind, table.where)
    if kind == BARS:
        if lag is not None:
            renamed = (*renamed, "A lag is for series: these are prices, known at their close.")
        bars, notes = read_bars(table, name)
        return _Read(_done(done, kind, name, bars.dates, (*renamed, *notes)), bars)
    if lag is None and lags.get(name):
        lag = lags[name]
        renamed = (*renamed, f"Its lag of {counted(lag, 'session')} stays.")
    if column:
        series, notes = read_series(table, name, column, lag)
        return _Read(_done(done, kind, name, series.dates, (*renamed, *notes)), series)
    series, notes = read_index(table, name, lag or 0)
    return _Read(_done(done, kind, name, series.dates, (*renamed, *notes)), series)


def _value_column(table: ImportedTable) -> str:
    """Return the column of a series' values, nothing for a file of prices; raises DataError if it is neither."""
    if "value" in table.titles:
        return "value"
    missing = [column for column in PRICES if column not in table.titles]
    others = [column for column in table.titles if column not in ("date", "known")]
    if not missing:
        return ""
    if "adjclose" in others and "close" not in others:
        title = table.titles["adjclose"]
        raise DataError(
            f"{table.where}:1: column close is missing, and {title} can't stand for it: add what was traded"
        )
    if len(others) == 1:
        return others[0]
    header = ",".join(table.titles.values())[:80]
    needs = "prices need date,open,high,low,close, a series date,value"
    raise DataError(f"{table.where}:1: column {missing[0]} is missing from {header!r}: {needs}")


def _name(given: str, kind: str, where: str) -> tuple[str, tuple[str, ...]]:
    """Return the name to keep something under, and the note if that isn't the one given: tickers are in capitals."""
    plain = given.removeprefix("^")
    name = plain.upper() if kind == BARS or plain != given else plain
    if not NAME.fullmatch(name):
        cure = "rename the file, or give a name of letters, digits and . = _ -"
        raise DataError(f"{where}: {given!r} is no name of an instrument or series: {cure}")
    return name, (f"{given} is kept as {name}.",) if name != given else ()


def _done(  # what is told of one file
    done: Imported, kind: str, name: str, dates: Dates, notes: tuple[str, ...], rows: int | None = None
) -> Imported:
    first, last = (str(dates[0]), str(dates[-1])) if len(dates) else ("", "")
    counted_rows = len(dates) if rows is None else rows
    return replace(done, name=name, kind=kind, rows=counted_rows, first=first, last=last, notes=notes)


def _fault(done: Imported, error: str) -> Imported:
    return Imported(done.file, done.name, done.kind, error=error)


def _keep(store: Store, read: _Read) -> Imported:
    done = read.done
    mended = [each for each in store.repairs() if done.kind == BARS and each.instrument == done.name]
    if mended:
        many = f"{counted(len(mended), 'repair')} of {done.name} still applied"
        note = f"{many}: backtest data check {done.name} tells what they do."
        done = replace(done, notes=(*done.notes, note))
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    origin = Origin("import", done.file, f"hedge-backtest {VERSION}", time, done.notes)
    if read.held is not None:
        store.put(read.held, origin)
    return done
