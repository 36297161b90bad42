"""Rules for files, checked once at load by pandera: the first fault in one line, or all by rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.arrays import Dates, Ints
from data.bars import COLUMNS, MULTIPLY, PRICES, splits_beyond
from data.calendar import FIRST, LAST, nyse_sessions
from data.errors import DataError
from data.ranges import ANY, PAID, PRICE, SPLIT, VOLUME, Range
from data.sources import BARS, EVENTS, MEMBERS, SERIES
from data.stamps import days_off, off_words

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3
"""Rows that a fault of many names."""
ROUNDING = 1e-6
"""Part by which a high may stand below, or a low above, another price: a vendor's float32."""
ISO = "write it as YYYY-MM-DD"


@dataclass(frozen=True)
class FileRule:
    """One thing that has to hold in every row.

    Parameters
    ----------
    message, remedy
        What is wrong where it doesn't, and what to do, in words.
    holds
        The test, row by row.
    key
        The fault in one word.
    spoils
        Whether a row that breaks it can't be read at all.
    """

    message: str
    remedy: str
    holds: Callable[[pd.DataFrame], pd.Series[bool]]
    key: str = ""
    spoils: bool = True


@dataclass(frozen=True)
class Fault:
    """All the rows of a file that break one rule.

    Parameters
    ----------
    key
        The fault in one word: ``duplicate``.
    message, remedy
        What is wrong, with file and rows, and what to do, a line each.
    dates
        The rows' dates, ``datetime64[D]``, NaT where unreadable; empty where the fault is the file's.
    """

    key: str
    message: str
    remedy: str
    dates: Dates = field(default_factory=lambda: np.array([], dtype="datetime64[D]"))


def check(kind: str, frame: pd.DataFrame, where: str) -> None:
    """Check a file's rows.

    A day's range that excludes its open or close is left to the audit: that stops a run which trades the instrument, or
    reads its signals from it as the underlying. One that reads its close alone goes on.

    Parameters
    ----------
    kind
        What the file holds: one of `data.sources.KINDS`.
    frame
        Its columns: dates as datetime, NaT where unreadable, numbers as float; its index is the row in the file.
        Bars have ``date`` and the columns of `Bars`; a series ``date``, ``value`` and perhaps ``known``; events
        ``date`` and perhaps ``symbol``, ``timing``, ``announced``; members ``symbol``, perhaps ``from`` and ``to``
        (empty where open), and ``unread``, whether a date is none.
    where
        The file's name, for the message.

    Raises
    ------
    DataError
        File, row, date and remedy of the first fault.
    """
    rules = _RULES[kind](frame)
    if broken := _broken(frame, rules):
        row, number = min((int(rows[0]), number) for number, rows in broken.items())
        date = _dates(frame, np.array([row]))
        dated = f"{date[0]}: " if len(date) and not np.isnat(date[0]) else ""
        raise DataError(f"{where}:{row}: {dated}{rules[number].message}: {rules[number].remedy}")


def faults_of(kind: str, frame: pd.DataFrame, where: str) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of a file, by rule, and the rows that can be read all the same, sorted if dated; as `check`."""
    rules = _RULES[kind](frame)
    broken = sorted(_broken(frame, rules).items(), key=lambda rule: (int(rule[1][0]), rule[0]))
    faults = tuple(_fault(frame, where, rules[number], rows) for number, rows in broken)
    spoiled = [rows for number, rows in broken if rules[number].spoils]
    left = frame[~frame.index.isin(np.concatenate(spoiled))] if spoiled else frame
    return faults, left.sort_values("date", kind="stable") if "date" in left else left


def _bars_rules(frame: pd.DataFrame) -> tuple[FileRule, ...]:
    shifted = _in_step(frame)  # the rows that it puts on no session aren't to be deleted
    return (*shifted, *_dated(), *_priced(), *(() if shifted else (_held_by_nyse(),)))


def _series_rules(frame: pd.DataFrame) -> tuple[FileRule, ...]:
    dated = _revised() if "known" in frame else _dated()
    return (*_in_step(frame), *dated, _finite("value"), _within("value", ANY))


def _events_rules(frame: pd.DataFrame) -> tuple[FileRule, ...]:
    """One event of a company on a day: a row that stands twice is a fault, as it may be another company's."""
    key = [column for column in ("date", "symbol") if column in frame]
    once = _once(key, "keep one row for both" if len(key) > 1 else "keep one row a date", dated=True)
    rules = (*_in_step(frame, schedule=True), _has_date("date"), once)
    return (*rules, *_announced()) if "announced" in frame else rules


def _members_rules(frame: pd.DataFrame) -> tuple[FileRule, ...]:
    key = [column for column in ("symbol", "from") if column in frame]
    rules = (
        FileRule("symbol is missing", "fill it in, or delete the row", lambda f: f["symbol"] != "", "symbol-missing"),
        FileRule("from or to is no date", f"{ISO}, or leave it empty", lambda f: ~f["unread"], "undated"),
        _once(key, "keep one row"),
    )
    if not {"from", "to"} <= set(frame):
        return rules
    return (*rules, FileRule("to is before from", "correct one of them", lambda f: ~(f["to"] < f["from"]), "backwards"))


_RULES: Mapping[str, Callable[[pd.DataFrame], tuple[FileRule, ...]]] = {
    BARS: _bars_rules,
    SERIES: _series_rules,
    EVENTS: _events_rules,
    MEMBERS: _members_rules,
}


def _has_date(column: str, remedy: str = ISO) -> FileRule:
    key = "undated" if column == "date" else f"{column}-missing"
    return FileRule(f"{column} is missing or unreadable", remedy, lambda f: f[column].notna(), key)


def _once(columns: Sequence[str], remedy: str, *, dated: bool = False) -> FileRule:
    """Return the rule that no two rows share these columns; of those that are `dated`, one without a date passes."""

    def holds(frame: pd.DataFrame) -> pd.Series[bool]:
        alone = ~frame.duplicated(subset=[*columns])
        return alone | frame["date"].isna() if dated else alone

    return FileRule(f"{' and '.join(columns)} stand{'s' * (len(columns) == 1)} twice", remedy, holds, "duplicate")


def _dated() -> tuple[FileRule, ...]:
    return _has_date("date"), _once(("date",), "keep one row a date", dated=True), _sorted()


def _sorted() -> FileRule:
    return FileRule(
        "date is before that of the row above",
        "sort the rows by date, oldest first",
        lambda f: ~(f["date"] < f["date"].shift()),
        "unsorted",
        spoils=False,
    )


def _revised() -> tuple[FileRule, ...]:
    return (
        _has_date("date"),
        _has_date("known"),
        FileRule(
            "known is before date",
            "a value can't be public before its day",
            lambda f: ~(f["known"] < f["date"]),
            "known-early",
        ),
        _once(("date", "known"), "keep one row for both"),
        _sorted(),
    )


def _announced() -> tuple[FileRule, ...]:
    return (
        _has_date("announced", f"{ISO}: the day on which the date became public"),
        FileRule(
            "announced is after date",
            "a date is announced before its day, or on it where nobody knew of it",
            lambda f: ~(f["announced"] > f["date"]),
            "announced-late",
        ),
    )


def _finite(column: str) -> FileRule:
    return FileRule(
        f"{column} is missing or not finite",
        "fill it in, or delete the row",
        lambda f: np.isfinite(f[column]),
        f"{column}-missing",
    )


def _priced() -> tuple[FileRule, ...]:
    """Return the rules of prices, volume and events; a NaN is told once, by its own rule."""
    return (
        *(_finite(column) for column in COLUMNS),
        *(_positive(column, "correct the price, or delete the row") for column in PRICES),
        *(_within(column, PRICE) for column in PRICES),
        _within("dividend", PAID),
        _within("volume", VOLUME),
        _within("split", SPLIT),
        _not_negative("volume", "write 0 where it is not known"),
        _not_negative("dividend", "write dollars a share, 0 on most days"),
        FileRule(*MULTIPLY, lambda f: f["split"].isna() | ~splits_beyond(f["split"].to_numpy(float)), "splits-beyond"),
        _positive("split", "write new shares per old share: 1 on most days, 0.1 for a 1:10 reverse split"),
    )


def _not_negative(column: str, remedy: str) -> FileRule:
    return FileRule(f"{column} is negative", remedy, lambda f: ~(f[column] < 0), f"{column}-negative")


def _positive(column: str, remedy: str) -> FileRule:
    return FileRule(f"{column} is zero or negative", remedy, lambda f: ~(f[column] <= 0), f"{column}-not-positive")


def _within(column: str, numbers: Range) -> FileRule:
    """Return the rule that a number can be meant; what is 0, below or NaN has rules of its own."""
    return FileRule(
        f"{column} is beyond all bounds",
        f"correct it: it is from {numbers.ends}",
        lambda f: f[column].isna() | ~numbers.beyond(f[column].to_numpy(np.float64)),
        f"{column}-beyond",
    )


def _held_by_nyse() -> FileRule:
    def held(rows: pd.DataFrame) -> pd.Series[bool]:
        days = rows["date"].to_numpy().astype("datetime64[D]")
        read = days[(days >= FIRST) & (days <= LAST)]
        sessions = nyse_sessions(read.min(), read.max()) if len(read) else read
        return rows["date"].isna() | np.isin(days, sessions)

    return FileRule("NYSE held no session on that date", "delete the row, or correct its date", held, "no-session")


def _in_step(frame: pd.DataFrame, *, schedule: bool = False) -> tuple[FileRule, ...]:
    """Return the rule that all rows break where their dates stand a day early or late; none where they don't."""
    way = days_off(frame["date"].to_numpy().astype("datetime64[D]"), schedule=schedule)
    return (FileRule(*off_words(way), lambda f: f["date"].isna(), "shifted"),) if way else ()


def _fault(frame: pd.DataFrame, where: str, rule: FileRule, rows: Ints) -> Fault:
    named = ", ".join(str(row) for row in rows[:SHOWN])
    named += f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    message = f"{rule.message} ({where}, row{'s' * (len(rows) != 1)} {named})"
    return Fault(rule.key, message, rule.remedy, _dates(frame, rows))


def _dates(frame: pd.DataFrame, rows: Ints) -> Dates:
    """Return the dates of some rows; none where rows have no date."""
    if "date" not in frame:
        return np.array([], dtype="datetime64[D]")
    days: Dates = frame.loc[rows, "date"].to_numpy().astype("datetime64[D]")
    return days


def _broken(frame: pd.DataFrame, rules: Sequence[FileRule]) -> dict[int, Ints]:
    """Return the rows that break each rule, by its number; a frame without a fault is checked in a single pass."""
    import pandera.errors  # a quarter of a second that --help must not pay
    import pandera.pandas as pa

    def all_hold(rows: pd.DataFrame) -> bool:
        return all(bool(rule.holds(rows).all()) for rule in rules)

    try:
        pa.DataFrameSchema(checks=pa.Check(all_hold)).validate(frame)
    except pandera.errors.SchemaError:  # pandera would list every row as text, of a million in gigabytes
        held = {number: rule.holds(frame).to_numpy(dtype=bool) for number, rule in enumerate(rules)}
        return {number: frame.index.to_numpy()[~holds] for number, holds in held.items() if not holds.all()}
    return {}
