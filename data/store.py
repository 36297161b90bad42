"""The store: history kept as Parquet in the user's data folder, with a manifest of where each part came from.

A file is named after its content, and the manifest says which files count: it is written last, by one rename, so a
process that is killed leaves the old history whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.arrays import Floats, read_only
from data.bars import COLUMNS, Bars
from data.errors import DataError, cut, did_you_mean
from data.events import Events, Members, make_events, make_members
from data.files import locked, write_whole
from data.filings.facts import COLUMNS as FILED
from data.filings.facts import Filings
from data.ranges import ROWS, SESSIONS
from data.repairs import Repair, as_json, from_json, mended
from data.series import Series
from data.sources import BARS, EVENTS, FILINGS, KINDS, MEMBERS, SERIES, Held, Kind, Thing, typed

if TYPE_CHECKING:
    import pyarrow as pa

Column = npt.NDArray[Any]
"""Numbers, days (NaT where there is none), or text, shape (rows,)."""
MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest and of the files it names."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.=_-]{0,63}")
"""What instruments, series, schedules and groups are called."""
OURS = re.compile(r".+\.[0-9a-f]{12}\.parquet|\..+\.[0-9a-f]{8}\.tmp")
"""Files of the store, whole or left by a process that was killed; any other in its folders is somebody's own."""


@dataclass(frozen=True)
class Origin:
    """Where something in the store came from.

    Parameters
    ----------
    source
        ``yahoo``, ``fred`` or ``import``.
    symbol
        What it is called there: ``^VIX``, or the file that was imported, without its folder.
    version
        What read it, with its version: ``yfinance 1.7.0``.
    time
        When, UTC, ``2026-08-21T20:15:00Z``.
    notes
        What was assumed or mended on the way, a sentence each.
    """

    source: str
    symbol: str
    version: str
    time: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one thing that is kept.

    Parameters
    ----------
    kind
        One of `KINDS`.
    name
        Of the instrument, series, schedule, group or company.
    file
        Below the store's folder.
    first, last
        Dates of the first and the last row, ISO; of filings the first and the last day of one, of members the first and
        the last day that is named, empty if none.
    rows
        How many.
    hash
        SHA-256 of the content.
    origin
        Where it came from.
    lag
        Sessions by which a series is known late.
    """

    kind: str
    name: str
    file: str
    first: str
    last: str
    rows: int
    hash: str
    origin: Origin
    lag: int = 0


def store_folder() -> Path:
    """Return the store's folder: ``BACKTEST_DATA``, else the user's data folder; raises DataError without a home."""
    import platformdirs

    named = os.environ.get("BACKTEST_DATA")
    try:
        return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("hedge-backtest"))
    except RuntimeError:
        raise DataError("there is no home folder to keep a store in: set BACKTEST_DATA to a folder for it") from None


def symbol_of(kind: str, name: str) -> str:
    """Return by what symbol `backtest data pull` fetches something."""
    from data.sources.fred import KNOWN

    return f"^{name}" if kind == SERIES and name.isupper() and name not in KNOWN else name


def can_be_pulled(kind: str, name: str) -> bool:
    """Return whether `backtest data pull` may know something: no schedule, group, or series by one's own name."""
    return kind == BARS or (kind == SERIES and name.isupper() and "_" not in name)


def how_to_get(kind: str, name: str) -> str:
    """Return the command that brings something into the store."""
    if kind == FILINGS:
        return f"backtest data pull --filings {name}, or backtest data import FILE"
    if not can_be_pulled(kind, name):
        return f"backtest data import FILE --name {name}"
    return f"backtest data pull {symbol_of(kind, name)}, or backtest data import FILE"


@dataclass(frozen=True)
class Store:
    """Source ``store`` in a folder, which is made when something is first put into it. It never goes online."""

    folder: Path

    name = "store"
    simulated = False

    def listing(self) -> tuple[Entry, ...]:
        """Return what the store holds, by kind and name; raises DataError if the manifest is damaged."""
        held = map(_entry, self._manifest()["entries"])
        return tuple(sorted(held, key=lambda each: (each.kind, each.name)))

    def entries(self, kind: str) -> dict[str, Entry]:
        """Return what the store holds of one kind, by name, sorted; raises DataError if the manifest is damaged."""
        return {each.name: each for each in self.listing() if each.kind == kind}

    def find(self, kind: str, name: str) -> Entry:
        """Return one entry; raises DataError that says how to get it."""
        held = self.entries(kind)
        if name not in held:
            raise DataError(f"the store has no {kind} of {name}{did_you_mean(name, held)}: {how_to_get(kind, name)}")
        return held[name]

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, sorted."""
        return tuple(self.entries(kind))

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Read what was put in, bars with repairs, a series with its lag; raises DataError that says how to get it."""
        return typed(kind, self._bars(name) if kind == BARS else self._thing(kind, name))

    def bars_as_kept(self, name: str) -> Bars:
        """Read an instrument's bars as they were put in, without repairs; raises DataError."""
        columns = self._read(BARS, name)
        return Bars(name, columns["date"], **{column: columns[column] for column in COLUMNS})

    def put(self, thing: Thing, origin: Origin) -> Entry:
        """Keep something in place of what was kept under its name; raises DataError where that can't be written."""
        match thing:
            case Bars():
                columns = {column: np.asarray(getattr(thing, column), np.float64) for column in COLUMNS}
                return self._put(BARS, thing.instrument, {"date": thing.dates, **columns}, origin)
            case Series():
                columns = {"value": thing.values, **(thing.prices or {})}
                if thing.known is not None:
                    columns["known"] = thing.known.astype("int64")
                numbers = {name: np.asarray(values, np.float64) for name, values in columns.items()}
                return self._put(SERIES, thing.name, {"date": thing.dates, **numbers}, origin, thing.lag)
            case Events():
                words = {"date": thing.dates, "symbol": thing.symbols, "timing": thing.timing}
                announced = {} if thing.announced is None else {"announced": thing.announced}
                return self._put(EVENTS, thing.name, {**words, **announced}, origin)
            case Members():
                words = {"symbol": thing.symbols, "from": thing.since, "to": thing.until}
                return self._put(MEMBERS, thing.name, words, origin)
            case Filings():
                facts = {name: getattr(thing, name) for name in FILED}
                return self._put(FILINGS, thing.name, facts | {"cik": np.full(len(thing), float(thing.cik))}, origin)

    def remove(self, names: Iterable[str]) -> None:
        """Take out all that has one of these names, with its repairs; raises DataError on a name that isn't there."""
        with self._changing() as manifest:
            for name in names:
                gone = [each for each in manifest["entries"] if each["name"] == name]
                if not gone:
                    known = [each["name"] for each in manifest["entries"]]
                    raise DataError(f"the store has no {name}{did_you_mean(name, known)}: backtest data list shows all")
                manifest["entries"] = [each for each in manifest["entries"] if each["name"] != name]
                manifest["repairs"] = [each for each in manifest["repairs"] if each["instrument"] != name]

    def repairs(self) -> tuple[Repair, ...]:
        """Return the repairs that are applied to what is read."""
        return from_json(self._manifest()["repairs"])

    def set_repairs(self, repairs: Iterable[Repair]) -> None:
        """Put these repairs in place of those there are."""
        with self._changing() as manifest:
            manifest["repairs"] = as_json(repairs)

    def _manifest(self) -> dict[str, Any]:
        """Return the manifest; raises DataError where it can't be read, or anything in it isn't as it was written."""
        path = self.folder / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if path.is_symlink():
                raise DataError(f"{path}: is a link to a file that isn't there: mend or remove it") from None
            return {"format": FORMAT, "entries": [], "repairs": []}
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(f"{path}: can't be read: {error}: move it away and pull again") from None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise DataError(f"{path}: is of another version of this program: name another folder with BACKTEST_DATA")
        try:
            for each in manifest["entries"]:
                _entry(each)
            from_json(manifest["repairs"])
        except (LookupError, TypeError, ValueError) as error:
            raise DataError(f"{path}: is damaged ({cut(str(error))}): move it away and pull again") from None
        return {key: manifest[key] for key in ("format", "entries", "repairs")}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """Yield the manifest to change; write it when that went well, and remove the files that it no longer names."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder):
                manifest = self._manifest()
                yield manifest
                text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
                write_whole(self.folder / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))
                named = {self.folder / each["file"] for each in manifest["entries"]}
                for path in (each for kind in ("", *KINDS) for each in (self.folder / kind).glob("*")):
                    if OURS.fullmatch(path.name) and path not in named:
                        path.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"{self.folder}: can't be written: {error.strerror or error}: name another folder with BACKTEST_DATA"
            ) from error

    def _bars(self, name: str) -> Bars:
        return mended(self.bars_as_kept(name), [repair for repair in self.repairs() if repair.instrument == name])

    def _thing(self, kind: str, name: str) -> Series | Events | Members | Filings:
        columns = self._read(kind, name)
        if kind == EVENTS:
            return make_events(name, columns["date"], columns["symbol"], columns["timing"], columns.get("announced"))
        if kind == MEMBERS:
            return make_members(name, columns["symbol"], columns["from"], columns["to"])
        if kind == FILINGS:
            return Filings(name, int(columns["cik"][0]), *(read_only(columns[column]) for column in FILED))
        known = columns.get("known")
        days = None if known is None else known.astype("int64").astype("datetime64[D]")
        prices: dict[str, Floats] = {name: columns[name] for name in ("open", "high", "low") if name in columns}
        return Series(name, columns["date"], columns["value"], days, self.find(SERIES, name).lag, prices or None)

    def _put(self, kind: str, name: str, columns: Mapping[str, Column], origin: Origin, lag: int = 0) -> Entry:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not NAME.fullmatch(name):
            raise DataError(f"{name!r} is no name of an instrument or series: letters, digits and . = _ - only")
        rows = len(next(iter(columns.values())))
        if not rows:
            raise DataError(f"{name}: there is no row to keep")
        columns = {name: col.astype("datetime64[D]") if col.dtype.kind == "M" else col for name, col in columns.items()}
        content = _content_hash(columns)
        file = f"{kind}/{name}.{content[:12]}.parquet"
        entry = Entry(kind, name, file, *_span(columns), rows, content, origin, lag)
        with self._changing() as manifest:
            table = pa.table({column: pa.array(values) for column, values in columns.items()})
            write_whole(self.folder / file, lambda path: pq.write_table(table, path, use_dictionary=False))
            others = [each for each in manifest["entries"] if (each["kind"], each["name"]) != (kind, name)]
            manifest["entries"] = sorted([*others, asdict(entry)], key=lambda each: (each["kind"], each["name"]))
        return entry

    def _read(self, kind: str, name: str) -> dict[str, Column]:
        """Read one file; a pull that replaces it meanwhile is read in its place."""
        tried = None
        while True:
            entry = self.find(kind, name)
            try:
                return _read_content(self.folder / entry.file, entry.hash)
            except (OSError, ValueError, LookupError, TypeError) as error:
                if entry == tried:
                    said = " ".join(str(error).split())
                    raise DataError(
                        f"{self.folder / entry.file}: is damaged: {said}: pull or import it again"
                    ) from None
                tried = entry


def _entry(kept: Mapping[str, Any]) -> Entry:
    """Return an entry of the manifest; raises LookupError, TypeError or ValueError on what is none."""
    entry = Entry(**{**kept, "origin": Origin(**{**kept["origin"], "notes": tuple(kept["origin"]["notes"])})})
    texts = (entry.first, entry.last, entry.hash, *astuple(entry.origin)[:-1], *entry.origin.notes)
    "".join(texts).encode()  # a TypeError where one is no text, a ValueError where it can't be written
    ROWS.take(entry.rows, whole=True)
    SESSIONS.take(entry.lag, whole=True)
    if entry.kind not in KINDS or not NAME.fullmatch(entry.name):
        raise ValueError(f"{entry.kind} {entry.name} is nothing that is kept")
    if not re.fullmatch(rf"{entry.kind}/{re.escape(entry.name)}\.[0-9a-f]{{12}}\.parquet", entry.file):
        raise ValueError(f"{entry.file} is no file of {entry.name}")
    return entry


def _span(columns: Mapping[str, Column]) -> tuple[str, str]:
    """Return the first and the last date of the rows, of facts those of filings; where rows have none, of all."""
    if "date" in columns:
        return str(columns["date"][0]), str(columns["date"][-1])
    if "filed" in columns:
        return str(columns["filed"].min()), str(columns["filed"].max())
    dates = np.concatenate([values for values in columns.values() if values.dtype.kind == "M"])
    named = np.sort(dates[~np.isnat(dates)])
    return (str(named[0]), str(named[-1])) if len(named) else ("", "")


def _read_content(path: Path, expected: str) -> dict[str, Column]:
    """Read a file's columns; raises ValueError where its content isn't what the manifest says."""
    import pyarrow.parquet as pq

    # pq.read_table and to_numpy import pandas: a quarter of a second. One thread reads files this small sooner.
    with pq.ParquetFile(path) as file:
        table = file.read(use_threads=False).combine_chunks()
    columns = {name: _column(table[name].chunk(0)) for name in table.column_names}
    if _content_hash(columns) != expected:
        raise ValueError("its content isn't what the manifest says")
    return columns


def _column(held: pa.Array) -> Column:
    """Return a column of a file: days, text, or float64."""
    kind = str(held.type)
    if kind == "string":
        return np.array(held.to_pylist(), dtype=np.str_)
    if kind == "date32[day]" and held.null_count:
        return np.array(held.to_pylist(), dtype="datetime64[D]")
    if kind == "date32[day]":
        return np.from_dlpack(held.cast("int32")).astype("datetime64[D]")
    return np.array(np.from_dlpack(held), dtype=np.float64)


def _content_hash(columns: Mapping[str, Column]) -> str:
    """Return the hash of a file's content: the rows' dates if there are any, then each column with its name."""
    digest = hashlib.sha256(columns["date"].astype("int64").tobytes() if "date" in columns else b"")
    for name in sorted(set(columns) - {"date"}):
        values = columns[name]
        digest.update(name.encode())
        if values.dtype.kind == "U":
            digest.update("\n".join(values.tolist()).encode())
        else:
            numbers = values.astype("int64") if values.dtype.kind == "M" else values
            digest.update(np.ascontiguousarray(numbers).tobytes())
    return digest.hexdigest()
