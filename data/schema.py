"""Rules for files, checked once at load by pandera: the first fault in one line, or all by rule; bars and series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.arrays import Dates
from data.bars import COLUMNS, PRICES
from data.calendar import FIRST, LAST, nyse_sessions
from data.errors import DataError
from data.stamps import days_off, off_words

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3
"""Rows that a fault of many names."""
ROUNDING = 1e-6
"""Part by which a high may stand below, or a low above, another price: a vendor's float32."""


@dataclass(frozen=True)
class Rule:
    """One thing that has to hold in every row.

    Parameters
    ----------
    fault, cure
        What is wrong where it doesn't, and what to do, in words.
    holds
        The test, row by row.
    key
        The fault in one word.
    spoils
        Whether a row that breaks it can't be read at all.
    """

    fault: str
    cure: str
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
    says, cure
        What is wrong, with file and rows, and what to do, a line each.
    dates
        The rows' dates, ``datetime64[D]``, NaT where unreadable; empty where the fault is the file's.
    """

    key: str
    says: str
    cure: str
    dates: Dates = field(default_factory=lambda: np.array([], dtype="datetime64[D]"))


def check_bars(frame: pd.DataFrame, where: str) -> None:
    """Check one instrument's bars.

    A day's range that excludes its open or close is left to the audit: that stops a run which trades the instrument, or
    reads its signals from it as the underlying. One that reads its close alone goes on.

    Parameters
    ----------
    frame
        ``date`` (datetime, NaT where unreadable) and float columns as in `Bars`; its index is the row in the file.
    where
        The file's name, for the message.

    Raises
    ------
    DataError
        File, row, date and cure of the first fault.
    """
    check(frame, where, _bars_rules(frame))


def check_series(frame: pd.DataFrame, where: str) -> None:
    """Check a series: columns ``date``, ``value`` and perhaps ``known``; raises as `check_bars` does."""
    check(frame, where, _series_rules(frame))


def bars_faults(frame: pd.DataFrame, where: str) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of one instrument's bars, by rule, and the rows that can be read all the same, sorted.

    A day's range that excludes its open or close spoils no row and is not told: the audit measures and mends it.
    """
    return faults_of(frame, where, _bars_rules(frame))


def series_faults(frame: pd.DataFrame, where: str) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of a series, by rule, and the rows that can be read all the same, sorted."""
    return faults_of(frame, where, _series_rules(frame))


def _bars_rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    shifted = in_step(frame)  # the rows that it puts on no session aren't to be deleted
    return (*shifted, *_dated(), *_priced(), *(() if shifted else (_held_by_nyse(),)))


def _series_rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    return (*in_step(frame), *(_revised() if "known" in frame else _dated()), _finite("value"))


def _dated() -> tuple[Rule, ...]:
    iso = "write it as YYYY-MM-DD"
    return (
        Rule("date is missing or unreadable", iso, lambda f: f["date"].notna(), "undated"),
        Rule(
            "date stands twice",
            "keep one row a date",
            lambda f: ~f["date"].duplicated() | f["date"].isna(),
            "duplicate",
        ),
        _sorted(),
    )


def _sorted() -> Rule:
    return Rule(
        "date is before that of the row above",
        "sort the rows by date, oldest first",
        lambda f: ~(f["date"] < f["date"].shift()),
        "unsorted",
        spoils=False,
    )


def _revised() -> tuple[Rule, ...]:
    iso = "write it as YYYY-MM-DD"
    return (
        Rule("date is missing or unreadable", iso, lambda f: f["date"].notna(), "undated"),
        Rule("known is missing or unreadable", iso, lambda f: f["known"].notna(), "known-missing"),
        Rule(
            "known is before date",
            "a value can't be public before its day",
            lambda f: ~(f["known"] < f["date"]),
            "known-early",
        ),
        Rule(
            "date and known stand twice",
            "keep one row for both",
            lambda f: ~f.duplicated(subset=["date", "known"]),
            "duplicate",
        ),
        _sorted(),
    )


def _finite(column: str) -> Rule:
    return Rule(
        f"{column} is missing or not finite",
        "fill it in, or delete the row",
        lambda f: np.isfinite(f[column]),
        f"{column}-missing",
    )


def _priced() -> tuple[Rule, ...]:
    """Return the rules of prices, volume and events; a NaN is told once, by its own rule."""
    return (
        *(_finite(column) for column in COLUMNS),
        *(_positive(column, "correct the price, or delete the row") for column in PRICES),
        Rule("volume is negative", "write 0 where it is not known", lambda f: ~(f["volume"] < 0), "volume-negative"),
        Rule(
            "dividend is negative",
            "write dollars a share, 0 on most days",
            lambda f: ~(f["dividend"] < 0),
            "dividend-negative",
        ),
        _positive("split", "write new shares per old share: 1 on most days, 0.1 for a 1:10 reverse split"),
    )


def _positive(column: str, cure: str) -> Rule:
    return Rule(f"{column} is zero or negative", cure, lambda f: ~(f[column] <= 0), f"{column}-not-positive")


def _held_by_nyse() -> Rule:
    def held(rows: pd.DataFrame) -> pd.Series[bool]:
        days = rows["date"].to_numpy().astype("datetime64[D]")
        read = days[(days >= FIRST) & (days <= LAST)]
        sessions = nyse_sessions(read.min(), read.max()) if len(read) else read
        return rows["date"].isna() | np.isin(days, sessions)

    return Rule("NYSE held no session on that date", "delete the row, or correct its date", held, "no-session")


def in_step(frame: pd.DataFrame, *, schedule: bool = False) -> tuple[Rule, ...]:
    """Return the rule that all rows break where their dates stand a day early or late; none where they don't."""
    way = days_off(frame["date"].to_numpy().astype("datetime64[D]"), schedule=schedule)
    return (Rule(*off_words(way), lambda f: f["date"].isna(), "shifted"),) if way else ()


def check(frame: pd.DataFrame, where: str, rules: Sequence[Rule]) -> None:
    """Check a file's rows against some rules; raises DataError with file, row, date and cure of the first fault."""
    broken = _broken(frame, rules)
    if broken:
        row, number = broken[0]
        date = _dates(frame, [row])
        told = f"{date[0]}: " if len(date) and not np.isnat(date[0]) else ""
        raise DataError(f"{where}:{row}: {told}{rules[number].fault}: {rules[number].cure}")


def faults_of(frame: pd.DataFrame, where: str, rules: Sequence[Rule]) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of a file, by rule, and the rows that can be read all the same, sorted if dated."""
    broken = _broken(frame, rules)
    by_rule: dict[int, list[int]] = {}
    for row, number in broken:
        by_rule.setdefault(number, []).append(row)
    faults = tuple(_fault(frame, where, rules[number], rows) for number, rows in by_rule.items())
    spoiled = {row for number, rows in by_rule.items() if rules[number].spoils for row in rows}
    left = frame[~frame.index.isin(spoiled)]
    return faults, left.sort_values("date", kind="stable") if "date" in left else left


def _fault(frame: pd.DataFrame, where: str, rule: Rule, rows: list[int]) -> Fault:
    named = ", ".join(str(row) for row in rows[:SHOWN])
    named += f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    says = f"{rule.fault} ({where}, row{'s' * (len(rows) != 1)} {named})"
    return Fault(rule.key, says, rule.cure, _dates(frame, rows))


def _dates(frame: pd.DataFrame, rows: list[int]) -> Dates:
    """Return the dates of some rows; none where rows have no date."""
    if "date" not in frame:
        return np.array([], dtype="datetime64[D]")
    days: Dates = frame.loc[rows, "date"].to_numpy().astype("datetime64[D]")
    return days


def _broken(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[tuple[int, int]]:
    """Return row and rule of each fault, by row and then by rule; a frame without one is checked in a single pass."""
    import pandera.errors  # a quarter of a second that --help must not pay
    import pandera.pandas as pa

    def all_hold(rows: pd.DataFrame) -> bool:
        return all(bool(rule.holds(rows).all()) for rule in rules)

    try:
        pa.DataFrameSchema(checks=pa.Check(all_hold)).validate(frame)
    except pandera.errors.SchemaError:
        pass
    else:
        return []
    checks = [pa.Check(rule.holds, error=str(number), ignore_na=False) for number, rule in enumerate(rules)]
    try:
        pa.DataFrameSchema(checks=checks).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as faults:
        cases = faults.failure_cases
        return sorted(set(zip(cases["index"].astype(int), cases["check"].astype(int), strict=True)))
    return []
