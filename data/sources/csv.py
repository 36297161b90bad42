"""Source ``csv``: a folder with ``bars/<INSTRUMENT>.csv``, and perhaps ``series/``, ``events/`` and ``members/``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.bars import COLUMNS, Bars
from data.errors import DataError
from data.event_schema import events_faults, members_faults
from data.events import Events, Members
from data.files import write_whole
from data.repairs import Repair, as_json, from_json, mended
from data.schema import Fault, bars_faults, check_bars, check_series, series_faults
from data.series import Series
from data.sources.csv_events import as_events, as_members, read_events, read_members
from data.sources.csv_file import (
    EVENTS,
    MEMBERS,
    days_of,
    find_words,
    names_in,
    read_numbers,
    read_words,
    refuse_text,
    text_faults,
    unreadable,
)

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
    ``members/<NAME>.csv`` has ``symbol`` and perhaps ``from,to``. Further columns are passed over. Repairs of bars
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
        return names_in(self.folder / "bars")

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the files in ``series/``, sorted."""
        return names_in(self.folder / "series")

    def event_names(self) -> tuple[str, ...]:
        """Return the names of the files in ``events/``, sorted."""
        return names_in(self.folder / "events")

    def member_names(self) -> tuple[str, ...]:
        """Return the names of the files in ``members/``, sorted."""
        return names_in(self.folder / "members")

    def bars(self, instrument: str) -> Bars:
        """Read an instrument's bars, mend them and check them; raises DataError with file, row, date and cure."""
        where, frame, texts = read_numbers(self.folder, "bars", instrument, self.instruments(), COLUMNS)
        refuse_text(where, texts)
        frame = _repaired(instrument, frame, self.repairs())
        check_bars(frame, where)
        return _as_bars(instrument, frame)

    def bars_as_kept(self, instrument: str) -> Bars:
        """Read an instrument's bars as the file has them, without repairs and unchecked; raises DataError."""
        return _as_bars(instrument, read_numbers(self.folder, "bars", instrument, self.instruments(), COLUMNS)[1])

    def examine_bars(self, instrument: str) -> tuple[tuple[Fault, ...], Bars | None]:
        """Return all faults of an instrument's file, and the bars of the rows that can be read, repairs applied."""
        try:
            where, frame, texts = read_numbers(self.folder, "bars", instrument, self.instruments(), COLUMNS)
        except DataError as fault:
            return (unreadable(fault),), None
        faults, rows = bars_faults(_repaired(instrument, frame, self.repairs()), where)
        return (*text_faults(where, frame, texts), *faults), _as_bars(instrument, rows)

    def series(self, name: str) -> Series:
        """Read and check a series; raises DataError with file, row, date and cure."""
        where, frame, texts = read_numbers(self.folder, "series", name, self.series_names(), ("value",))
        refuse_text(where, texts)
        check_series(frame, where)
        return _as_series(name, frame)

    def examine_series(self, name: str) -> tuple[tuple[Fault, ...], Series | None]:
        """Return all faults of a series' file, and the values of the rows that can be read."""
        try:
            where, frame, texts = read_numbers(self.folder, "series", name, self.series_names(), ("value",))
        except DataError as fault:
            return (unreadable(fault),), None
        faults, rows = series_faults(frame, where)
        return (*text_faults(where, frame, texts), *faults), _as_series(name, rows)

    def events(self, name: str) -> Events:
        """Read and check a schedule, its rows in any order; raises DataError with file, row, date and cure."""
        return read_events(*self._schedule(name), name)

    def examine_events(self, name: str) -> tuple[tuple[Fault, ...], Events | None]:
        """Return all faults of a schedule's file, and the events of the rows that can be read."""
        try:
            path, where = self._schedule(name)
            faults, rows = events_faults(read_words(path, where, EVENTS), where)
        except DataError as fault:
            return (unreadable(fault),), None
        return faults, as_events(name, rows)

    def members(self, name: str) -> Members:
        """Read and check a group's members, its rows in any order; raises DataError with file, row and cure."""
        return read_members(*self._group(name), name)

    def examine_members(self, name: str) -> tuple[tuple[Fault, ...], Members | None]:
        """Return all faults of a group's file, and the members of the rows that can be read."""
        try:
            path, where = self._group(name)
            faults, rows = members_faults(read_words(path, where, MEMBERS), where)
        except DataError as fault:
            return (unreadable(fault),), None
        return faults, as_members(name, rows)

    def _schedule(self, name: str) -> tuple[Path, str]:
        return find_words(self.folder, "events", name, self.event_names(), EVENTS)

    def _group(self, name: str) -> tuple[Path, str]:
        return find_words(self.folder, "members", name, self.member_names(), MEMBERS)

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


def _as_bars(instrument: str, frame: pd.DataFrame) -> Bars:
    return Bars(instrument, days_of(frame["date"]), **{name: frame[name].to_numpy(float) for name in COLUMNS})


def _as_series(name: str, frame: pd.DataFrame) -> Series:
    known = days_of(frame["known"]) if "known" in frame else None
    return Series(name, days_of(frame["date"]), frame["value"].to_numpy(float), known)


def _repaired(instrument: str, frame: pd.DataFrame, repairs: tuple[Repair, ...]) -> pd.DataFrame:
    own = [repair for repair in repairs if repair.instrument == instrument]
    if not own:
        return frame
    bars = mended(_as_bars(instrument, frame), own)
    return frame.assign(**{name: getattr(bars, name) for name in COLUMNS})
