"""Source ``csv``: a folder with ``bars/<INSTRUMENT>.csv``, and perhaps series, events, members and filings beside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.arrays import Dates
from data.bars import COLUMNS, Bars
from data.errors import DataError
from data.events import Members, make_events, make_members
from data.files import write_whole
from data.filings.files import companies_in, read_filings
from data.repairs import Repair, as_json, from_json, mended
from data.schema import Fault, check, faults_of
from data.series import Series
from data.sources import BARS, FILINGS, MEMBERS, SERIES, Held, Kind, typed
from data.sources.csv_file import Text, days_of, find_file, names_in, read_file, refuse_text, with_text
from data.sources.kept_files import read_once

if TYPE_CHECKING:
    import pandas as pd

REPAIRS = "repairs.json"
"""Below the folder: what is done to its bars whenever they are read."""


@dataclass(frozen=True)
class CsvSource:
    """A folder of CSV files, each checked whole when it is read.

    ``bars/<INSTRUMENT>.csv`` has the columns ``date,open,high,low,close,volume,dividend,split`` (as traded);
    ``series/<NAME>.csv`` has ``date,value`` and perhaps ``known``. ``events/<NAME>.csv`` has ``date`` (or
    ``release_date`` or ``report_date``) and perhaps ``symbol`` (or ``ticker``), ``timing`` and ``announced``;
    ``members/<NAME>.csv`` has ``symbol`` and perhaps ``from,to``. Further columns are passed over. ``filings/`` has the
    SEC's companyfacts files, ``CIK##########.json``, with its ``company_tickers.json``. Repairs of bars stand in
    ``repairs.json``, and are applied whenever a file is read.
    """

    folder: Path

    name = "csv"
    simulated = False

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise DataError(
                f"{self.folder}: no such folder: give --data, or data.path, a folder that holds bars/ and series/"
            )
        if not (self.folder / "bars").is_dir():
            raise DataError(
                f"{self.folder}: has no folder bars/: put one file per instrument there, such as bars/SOXS.csv"
            )

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of the files in a kind's folder, sorted."""
        return tuple(companies_in(self.folder / kind)) if kind == FILINGS else names_in(self.folder / kind)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Read a file, its bars mended, and check it; raises DataError with file, row, date and remedy.

        Rows of events and members may stand in any order.
        """
        if kind == FILINGS:
            return typed(kind, read_filings(self.folder / kind, name))
        path, where = find_file(self.folder, kind, name, self.names(kind))

        def read() -> Held:
            _where, frame, texts = read_file(kind, path, where)
            refuse_text(where, texts)
            repaired = self._repaired(kind, name, frame)
            check(kind, repaired, where)
            return typed(kind, thing_of(kind, name, repaired))

        return read_once(kind, name, (path, self.folder / REPAIRS), read)

    def examine(self, kind: Kind[Any], name: str) -> tuple[tuple[Fault, ...], Any | None]:
        """Return all faults of a file, and what is in the rows that can be read, repairs applied."""
        try:
            if kind == FILINGS:
                return (), read_filings(self.folder / kind, name)
            where, frame, texts = self._file(kind, name)
        except DataError as error:
            return (Fault("unreadable", str(error), "mend or replace the file"),), None
        faults, rows = faults_of(kind, self._repaired(kind, name, frame), where)
        return with_text(faults, where, frame, texts), thing_of(kind, name, rows)

    def bars_as_kept(self, name: str) -> Bars:
        """Read an instrument's bars as the file has them, without repairs and unchecked; raises DataError."""
        return _bars(name, self._file(BARS, name)[1])

    def repairs(self) -> tuple[Repair, ...]:
        """Return the repairs that are applied to what is read, from ``repairs.json``; raises DataError."""
        path = self.folder / REPAIRS
        try:
            return from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: can't be read: {error}: delete it to go back to the files as they are") from None

    def set_repairs(self, repairs: Iterable[Repair]) -> None:
        """Put these repairs in place of those there are; the CSV files stay as they are. Raises DataError."""
        path, kept = self.folder / REPAIRS, as_json(repairs)
        text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
        try:
            if kept:
                write_whole(path, lambda writing: writing.write_text(text, encoding="utf-8"))
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{path}: can't be written: {error.strerror}: copy the folder to one of your own") from None

    def _file(self, kind: Kind[Any], name: str) -> tuple[str, pd.DataFrame, list[Text]]:
        return read_file(kind, *find_file(self.folder, kind, name, self.names(kind)))

    def _repaired(self, kind: str, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        own = [repair for repair in self.repairs() if repair.instrument == name] if kind == BARS else []
        if not own:
            return frame
        bars = mended(_bars(name, frame), own)
        return frame.assign(**{column: getattr(bars, column) for column in COLUMNS})


def read_members(path: Path, where: str, name: str) -> Members:
    """Read and check a file of a group's members; raises DataError with file, row and remedy."""
    _where, frame, _texts = read_file(MEMBERS, path, where)
    check(MEMBERS, frame, where)
    return _members(name, frame)


def thing_of(kind: str, name: str, frame: pd.DataFrame) -> Any:
    """Return rows, checked and with dates as dates, as what they are."""
    if kind == BARS:
        return _bars(name, frame)
    if kind == SERIES:
        return Series(name, days_of(frame["date"]), frame["value"].to_numpy(float), _dates(frame, "known"))
    if kind == MEMBERS:
        return _members(name, frame)
    symbols, timing = (list(frame[word]) if word in frame else None for word in ("symbol", "timing"))
    return make_events(name, days_of(frame["date"]), symbols, timing, _dates(frame, "announced"))


def _members(name: str, frame: pd.DataFrame) -> Members:
    return make_members(name, list(frame["symbol"]), _dates(frame, "from"), _dates(frame, "to"))


def _dates(frame: pd.DataFrame, column: str) -> Dates | None:
    return days_of(frame[column]) if column in frame else None


def _bars(name: str, frame: pd.DataFrame) -> Bars:
    return Bars(name, days_of(frame["date"]), **{column: frame[column].to_numpy(float) for column in COLUMNS})
