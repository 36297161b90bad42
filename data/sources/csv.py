"""Source ``csv``: a folder with ``bars/<INSTRUMENT>.csv`` and ``series/<NAME>.csv``."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.arrays import Dates
from data.bars import COLUMNS, Bars
from data.errors import DataError, did_you_mean
from data.schema import check_bars, check_series
from data.series import Series

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^.=_-]*")
FIRST_ROW = 2
"""The number of the first row under the header, as an editor counts lines."""


@dataclass(frozen=True)
class CsvSource:
    """A folder of CSV files, each checked whole when it is read.

    ``bars/<INSTRUMENT>.csv`` has the columns ``date,open,high,low,close,volume,dividend,split`` (as traded);
    ``series/<NAME>.csv`` has ``date,value`` and perhaps ``known``. Further columns are passed over.
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

    def instruments(self) -> tuple[str, ...]:
        """Return the names of the files in ``bars/``, sorted."""
        return _names(self.folder / "bars")

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the files in ``series/``, sorted."""
        return _names(self.folder / "series")

    def bars(self, instrument: str) -> Bars:
        """Read and check an instrument's bars; raises DataError with file, row, date and cure."""
        where, frame = _read(self.folder, "bars", instrument, self.instruments(), COLUMNS)
        check_bars(frame, where)
        return Bars(instrument, _days(frame["date"]), **{name: frame[name].to_numpy(float) for name in COLUMNS})

    def series(self, name: str) -> Series:
        """Read and check a series; raises DataError with file, row, date and cure."""
        where, frame = _read(self.folder, "series", name, self.series_names(), ("value",))
        check_series(frame, where)
        known = _days(frame["known"]) if "known" in frame else None
        return Series(name, _days(frame["date"]), frame["value"].to_numpy(float), known)


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.csv"))) if folder.is_dir() else ()


def _days(column: pd.Series[pd.Timestamp]) -> Dates:
    days: Dates = column.to_numpy().astype("datetime64[D]")
    return days


def _read(
    folder: Path, kind: str, name: str, present: tuple[str, ...], numbers: tuple[str, ...]
) -> tuple[str, pd.DataFrame]:
    """Return the file's name for messages, and its rows: dates read, columns float, index the row in the file."""
    if not NAME.fullmatch(name):
        raise DataError(f"{name!r} is no name of an instrument or series: letters, digits and ^ . = _ - only")
    path = folder / kind / f"{name}.csv"
    if not path.is_file():
        raise DataError(
            f"{path}: no such file{did_you_mean(name, present)}: add it, or choose another folder with --data"
        )
    where = f"{kind}/{name}.csv"
    frame = _parse(path, where)
    missing = [column for column in ("date", *numbers) if column not in frame]
    if missing:
        raise DataError(f"{where}:1: column {missing[0]} is missing: the header needs {','.join(('date', *numbers))}")
    if not len(frame):
        raise DataError(f"{where}:{FIRST_ROW}: has no rows: add history, oldest first")
    return where, _typed(frame, numbers, where)


def _parse(path: Path, where: str) -> pd.DataFrame:
    import pandas as pd  # half a second that --help must not pay

    _check_shape(path, where)
    try:
        frame = pd.read_csv(path, skip_blank_lines=False, skipinitialspace=True, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        raise DataError(f"{where}:1: is empty: the first line is the header") from None
    except (pd.errors.ParserError, UnicodeDecodeError, OSError) as fault:
        raise DataError(f"{where}: can't be read as CSV: {' '.join(str(fault).split())}") from None
    frame = frame.rename(columns=lambda title: str(title).strip())
    frame.index += FIRST_ROW
    blank = frame.isna().all(axis=1)
    while len(frame) and blank.iloc[-1]:
        frame, blank = frame.iloc[:-1], blank.iloc[:-1]
    return frame


def _check_shape(path: Path, where: str) -> None:
    """Refuse what pandas would guess at: text that isn't UTF-8, rows longer than the header, an open quote."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = raw[: fault.start].count(b"\n") + 1
        raise DataError(f"{where}:{row}: is no text: save the file as UTF-8") from None
    rows = list(csv.reader(text.splitlines(keepends=True)))
    if rows and not rows[0]:
        raise DataError(f"{where}:1: is empty: the first line is the header")
    for number, fields in enumerate(rows, start=1):
        if len(fields) > len(rows[0]):
            raise DataError(f"{where}:{number}: has {len(fields)} fields, the header {len(rows[0])}: correct the row")
        if any("\n" in field for field in fields):
            raise DataError(f"{where}:{number}: a quote is open: close it, or take it out")


def _typed(frame: pd.DataFrame, numbers: tuple[str, ...], where: str) -> pd.DataFrame:
    import pandas as pd

    typed = pd.DataFrame(index=frame.index)
    for column in ("date", "known") if "known" in frame else ("date",):
        typed[column] = pd.to_datetime(frame[column].astype("string"), format="%Y-%m-%d", errors="coerce")
    for column in numbers:
        typed[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
        wrong = frame.index[typed[column].isna() & frame[column].notna()]
        if len(wrong):
            row = wrong[0]
            raise DataError(
                f"{where}:{row}: {frame['date'][row]}: {column} is {frame[column][row]!r}, not a number: correct it"
            )
    return typed
