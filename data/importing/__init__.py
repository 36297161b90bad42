"""Importing: people's own CSV files into the store, saying what was assumed. A file with a fault changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.arrays import Dates
from data.bars import PRICES, Bars
from data.errors import DataError, check_arguments
from data.events import Events, Members
from data.filings.files import read_file, ticker_of
from data.foreign import misnamed, refuse_misnamed
from data.importing.notation import Notation
from data.importing.prices import read_bars
from data.importing.schedules import is_schedule, read_events
from data.importing.series import read_index, read_series
from data.importing.table import ImportedTable, counted, read_table, titles_of
from data.ranges import SESSIONS
from data.series import Series
from data.sources import BARS, EVENTS, FILINGS, KINDS, MEMBERS, SERIES, Thing, treasury
from data.sources.csv import read_members
from data.store import NAME, Origin, Store
from data.version import PROGRAM


@dataclass(frozen=True)
class Imported:
    """What became of one file.

    Parameters
    ----------
    file
        Its name, with the sub-folder it was found in.
    name
        Of the instrument, series, schedule, group or company.
    kind
        ``bars``, ``series``, ``events``, ``members`` or ``filings``; empty where that isn't known.
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


def import_files(
    store: Store,
    path: Path,
    name: str | None = None,
    lag: int | None = None,
    notation: Notation | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> tuple[Imported, ...]:
    """Import a CSV file or a companyfacts file of the SEC, or all those of a folder and of its sub-folders, one a kind.

    Parameters
    ----------
    store
        Where to keep them. What it held under the same names is replaced; its repairs stay.
    path
        A file or a folder. Each file is named after its instrument, ``SOXS.csv``, or index, ``^VIX.csv``; its header
        tells what it holds (see `data.importing.table` and the modules beside it), and so does a folder's name.
        A companyfacts file has the SEC's name, ``CIK##########.json``; company_tickers.json beside it says whose it is.
    name
        Of what it holds instead, ``^VIX`` for an index; for a single file.
    lag
        Sessions by which the series are known late; ``None`` keeps the lag that the store has for each, else 0.
    notation
        How the files write numbers and dates, where they don't show it themselves.
    say
        Told a line for each file that is imported.

    Returns
    -------
    tuple of Imported
        By file, those with a fault included.

    Raises
    ------
    UserError
        There is no file to import, `name` or `lag` doesn't fit, or the store can't be written.
    """
    check_arguments(whole=True, lag=(lag, SESSIONS))
    if name is not None and path.is_dir():
        raise DataError(f"{path}: is a folder, and a name is for a single file: name its files after what they hold")
    lags = {each.name: each.lag for each in store.entries(SERIES).values()}
    found = [_read(each, where, name, lag, lags, notation, folder=path.is_dir()) for each, where in _files(path)]
    named = Counter((done.kind, done.name) for done, held in found if held is not None)
    imported = []
    for each, held in found:
        done, key = each, (each.kind, each.name)
        if held is not None and named[key] > 1:
            other = next(other.file for other, _ in found if (other.kind, other.name) == key and other is not each)
            error = f"{done.file}: holds {done.kind} of {done.name}, and so does {other}: keep one"
            done = Imported(done.file, done.name, done.kind, error=error)
        elif held is not None:
            done = _keep(store, done, held)
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
    if _is_filed(path):
        return path.is_file()
    return path.is_file() and (path.suffix.lower() == ".csv" or bool(misnamed(path, path.name)))


def _is_filed(path: Path) -> bool:
    """Return whether a file is one of the SEC's, by its name."""
    return path.suffix.lower() == ".json" and path.name.upper().startswith("CIK")


def _read(
    path: Path,
    where: str,
    given: str | None,
    lag: int | None,
    lags: Mapping[str, int],
    notation: Notation | None,
    *,
    folder: bool,
) -> tuple[Imported, Thing | None]:
    """Read one file, given alone or found in a `folder`: what is to be kept of it, unless it has a fault."""
    try:
        if _is_filed(path):
            name, renamed = _name(ticker_of(path, where) if given is None else given, FILINGS, where)
            filings = read_file(path, where, name)
            late = () if lag is None else ("A lag is for series: filings are known the session after their day.",)
            return _done(where, FILINGS, name, np.sort(filings.filed), (*renamed, *late)), filings
        given = path.stem if given is None else given
        if folder:
            refuse_misnamed(path, where)
        held, notes = _content(path, where, given, lag, lags, notation)
    except DataError as error:
        return Imported(where, given or path.stem, error=str(error)), None
    if isinstance(held, Bars):
        return _done(where, BARS, held.instrument, held.dates, notes), held
    if isinstance(held, Members):
        dates = np.sort(np.concatenate((held.since, held.until)))
        done = _done(where, MEMBERS, held.name, dates[~np.isnat(dates)], notes)
        return replace(done, rows=len(held)), held
    return _done(where, SERIES if isinstance(held, Series) else EVENTS, held.name, held.dates, notes), held


def _done(where: str, kind: str, name: str, dates: Dates, notes: tuple[str, ...]) -> Imported:
    first, last = (str(dates[0]), str(dates[-1])) if len(dates) else ("", "")
    return Imported(where, name, kind, len(dates), first, last, notes)


def _content(
    path: Path, where: str, given: str, lag: int | None, lags: Mapping[str, int], notation: Notation | None
) -> tuple[Bars | Series | Events | Members, tuple[str, ...]]:
    """Return what a file holds, as its folder, its header and its name tell, and what was assumed."""
    if _is_group(path, where):
        name, notes = _name(given, MEMBERS, where)
        return read_members(path, where, name), notes
    table, folder = read_table(path, where, notation), path.parent.name
    if folder == EVENTS or (folder not in KINDS and is_schedule(table)):
        name, renamed = _name(given, EVENTS, where)
        events, notes = read_events(table, name)
        late = () if lag is None else ("A lag is for series: a schedule's column announced says when it was known.",)
        return events, (*renamed, *late, *notes)
    column, late_by = _bill_column(table, given) or (_value_column(table), None)
    if not column and not given.startswith("^") and folder != SERIES:
        name, renamed = _name(given, BARS, where)
        bars, notes = read_bars(table, name)
        late = () if lag is None else ("A lag is for series: these are prices, known at their close.",)
        return bars, (*renamed, *late, *notes)
    name, renamed = _name(given, SERIES, where)
    if lag is None and lags.get(name):
        lag = lags[name]
        renamed = (*renamed, f"Its lag of {counted(lag, 'session')} stays.")
    elif lag is None and late_by:
        lag = late_by
        renamed = (*renamed, f"Rates of the Treasury's, which come out in the evening: its lag is {lag}.")
    series, notes = read_series(table, name, column, lag) if column else read_index(table, name, lag or 0)
    return series, (*renamed, *notes)


def _is_group(path: Path, where: str) -> bool:
    """Return whether a file holds members: it has symbols, and no date but those from and to which each belonged."""
    titles = titles_of(path, where)
    symbols = titles & {"symbol", "ticker"}
    return path.parent.name == MEMBERS or bool(symbols and titles <= symbols | {"from", "to"})


def _bill_column(table: ImportedTable, given: str) -> tuple[str, int] | None:
    """Return the column of the Treasury's bill rates that a name means, and its lag; None in a file of something else.

    Raises DataError where the file has such rates, and the name means none of them.
    """
    rates = {title: weeks for weeks in treasury.WEEKS.values() if (title := _bill_title(weeks)) in table.titles}
    if len(rates) < 2:  # a column alone is read whatever it is
        return None
    symbols = {name: _bill_title(weeks) for name, weeks in treasury.WEEKS.items() if weeks in rates.values()}
    name = given.removeprefix("^").upper()
    if name not in symbols:
        known = ", ".join(symbols)
        raise DataError(
            f"{table.where}: holds the Treasury's bill rates of {len(rates)} maturities: give --name {known}"
        )
    return symbols[name], treasury.LAG


def _bill_title(weeks: int) -> str:
    """Return a title of the Treasury's as tables have it."""
    return treasury.DISCOUNT.format(weeks=weeks).replace(" ", "").lower()


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
    name = plain.upper() if kind in (BARS, FILINGS) or plain != given else plain
    if not NAME.fullmatch(name):
        remedy = "rename the file, or give a name of letters, digits and . = _ -"
        raise DataError(f"{where}: {given!r} is no name of an instrument or series: {remedy}")
    return name, (f"{given} is kept as {name}.",) if name != given else ()


def _keep(store: Store, done: Imported, held: Thing) -> Imported:
    repairs = [each for each in store.repairs() if done.kind == BARS and each.instrument == done.name]
    if repairs:
        many = f"{counted(len(repairs), 'repair')} of {done.name} still applied"
        note = f"{many}: backtest data check {done.name} tells what they do."
        done = replace(done, notes=(*done.notes, note))
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    store.put(held, Origin("import", done.file, PROGRAM, time, done.notes))
    return done
