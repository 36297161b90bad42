"""Source ``csv``: a folder with ``bars/<INSTRUMENT>.csv`` and ``series/<NAME>.csv``."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data.arrays import Dates
from data.bars import COLUMNS, Bars
from data.errors import DataError, did_you_mean
from data.files import write_whole
from data.repairs import Repair, as_json, from_json, mended
from data.schema import Fault, bars_faults, check_bars, check_series, series_faults
from data.series import Series

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^.=_-]*")
FIRST_ROW = 2
"""The number of the first row under the header, as an editor counts lines."""
REPAIRS = "repairs.json"
"""Below the folder: what is done to its bars whenever they are read."""


class Text(NamedTuple):
    """Text that stands where a number should, with its date as written."""

    row: int
    date: str
    column: str
    text: str


@dataclass(frozen=True)
class CsvSource:
    """A folder of CSV files, each checked whole when it is read.

    ``bars/<INSTRUMENT>.csv`` has the columns ``date,open,high,low,close,volume,dividend,split`` (as traded);
    ``series/<NAME>.csv`` has ``date,value`` and perhaps ``known``. Further columns are passed over. Repairs of bars
    stand in ``repairs.json``, and are applied whenever a file is read.
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
        """Read an instrument's bars, mend them and check them; raises DataError with file, row, date and cure."""
        where, frame, texts = _read(self.folder, "bars", instrument, self.instruments(), COLUMNS)
        _refuse_text(where, texts)
        frame = _repaired(instrument, frame, self.repairs())
        check_bars(frame, where)
        return _as_bars(instrument, frame)

    def bars_as_kept(self, instrument: str) -> Bars:
        """Read an instrument's bars as the file has them, without repairs and unchecked; raises DataError."""
        return _as_bars(instrument, _read(self.folder, "bars", instrument, self.instruments(), COLUMNS)[1])

    def examine_bars(self, instrument: str) -> tuple[tuple[Fault, ...], Bars | None]:
        """Return all faults of an instrument's file, and the bars of the rows that can be read, repairs applied."""
        try:
            where, frame, texts = _read(self.folder, "bars", instrument, self.instruments(), COLUMNS)
        except DataError as fault:
            return (_unreadable(fault),), None
        faults, rows = bars_faults(_repaired(instrument, frame, self.repairs()), where)
        return (*_text_faults(where, frame, texts), *faults), _as_bars(instrument, rows)

    def series(self, name: str) -> Series:
        """Read and check a series; raises DataError with file, row, date and cure."""
        where, frame, texts = _read(self.folder, "series", name, self.series_names(), ("value",))
        _refuse_text(where, texts)
        check_series(frame, where)
        return _as_series(name, frame)

    def examine_series(self, name: str) -> tuple[tuple[Fault, ...], Series | None]:
        """Return all faults of a series' file, and the values of the rows that can be read."""
        try:
            where, frame, texts = _read(self.folder, "series", name, self.series_names(), ("value",))
        except DataError as fault:
            return (_unreadable(fault),), None
        faults, rows = series_faults(frame, where)
        return (*_text_faults(where, frame, texts), *faults), _as_series(name, rows)

    def repairs(self) -> tuple[Repair, ...]:
        """Return the repairs that are applied to what is read, from ``repairs.json``; raises DataError."""
        path = self.folder / REPAIRS
        try:
            return from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise DataError(f"{path}: can't be read: {fault}: delete it to go back to the files as they are") from None

    def set_repairs(self, repairs: Iterable[Repair]) -> None:
        """Put these repairs in place of those there are; the CSV files stay as they are. Raises DataError."""
        path, kept = self.folder / REPAIRS, as_json(repairs)
        text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
        try:
            if kept:
                write_whole(path, lambda writing: writing.write_text(text, encoding="utf-8"))
            else:
                path.unlink(missing_ok=True)
        except OSError as fault:
            raise DataError(f"{path}: can't be written: {fault.strerror}: copy the folder to one of your own") from None


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.csv"))) if folder.is_dir() else ()


def _days(column: pd.Series[pd.Timestamp]) -> Dates:
    days: Dates = column.to_numpy().astype("datetime64[D]")
    return days


def _as_bars(instrument: str, frame: pd.DataFrame) -> Bars:
    return Bars(instrument, _days(frame["date"]), **{name: frame[name].to_numpy(float) for name in COLUMNS})


def _as_series(name: str, frame: pd.DataFrame) -> Series:
    known = _days(frame["known"]) if "known" in frame else None
    return Series(name, _days(frame["date"]), frame["value"].to_numpy(float), known)


def _repaired(instrument: str, frame: pd.DataFrame, repairs: tuple[Repair, ...]) -> pd.DataFrame:
    own = [repair for repair in repairs if repair.instrument == instrument]
    if not own:
        return frame
    bars = mended(_as_bars(instrument, frame), own)
    return frame.assign(**{name: getattr(bars, name) for name in COLUMNS})


def _refuse_text(where: str, texts: list[Text]) -> None:
    if texts:
        first = texts[0]
        raise DataError(
            f"{where}:{first.row}: {first.date}: {first.column} is {first.text!r}, not a number: correct it"
        )


def _text_faults(where: str, frame: pd.DataFrame, texts: list[Text]) -> list[Fault]:
    """Return text that stands where a number should, the first of each column being quoted."""
    first: dict[str, Text] = {}
    for text in texts:
        first.setdefault(text.column, text)
    return [
        Fault(
            f"{column}-text",
            f"{column} is {text.text!r}, not a number ({where}, row {text.row})",
            "correct it",
            _days(frame.loc[[each.row for each in texts if each.column == column], "date"]),
        )
        for column, text in first.items()
    ]


def _unreadable(fault: DataError) -> Fault:
    return Fault("unreadable", str(fault), "mend or replace the file")


def _read(
    folder: Path, kind: str, name: str, present: tuple[str, ...], numbers: tuple[str, ...]
) -> tuple[str, pd.DataFrame, list[Text]]:
    """Return the file's name for messages, its rows (dates read, columns float, index as in the file), and text."""
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
    return where, *_typed(frame, numbers)


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
    commas = {line.count(",") for line in text.splitlines()}
    if '"' not in text and len(commas) == 1 and 0 not in commas:
        return  # as nearly every file: what follows takes ten times as long
    rows = list(csv.reader(text.splitlines(keepends=True)))
    if rows and not rows[0]:
        raise DataError(f"{where}:1: is empty: the first line is the header")
    for number, fields in enumerate(rows, start=1):
        if len(fields) > len(rows[0]):
            raise DataError(f"{where}:{number}: has {len(fields)} fields, the header {len(rows[0])}: correct the row")
        if any("\n" in field for field in fields):
            raise DataError(f"{where}:{number}: a quote is open: close it, or take it out")


def _typed(frame: pd.DataFrame, numbers: tuple[str, ...]) -> tuple[pd.DataFrame, list[Text]]:
    """Return dates as dates and columns as numbers, and the text that stands where a number should, by column."""
    import pandas as pd

    typed, texts = pd.DataFrame(index=frame.index), []
    for column in ("date", "known") if "known" in frame else ("date",):
        typed[column] = pd.to_datetime(frame[column].astype("string"), format="%Y-%m-%d", errors="coerce")
    for column in numbers:
        typed[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
        wrong = frame.index[typed[column].isna() & frame[column].notna()]
        texts += [Text(int(row), f"{frame['date'][row]}", column, frame[column][row]) for row in wrong]
    return typed, texts
