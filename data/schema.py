"""The schema of bars and series, checked once at load by pandera; the first fault is told in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from data.bars import COLUMNS, PRICES
from data.calendar import FIRST, LAST, nyse_sessions
from data.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rule:
    """One thing that has to hold in every row: the fault in words, its cure, and the test, row by row."""

    fault: str
    cure: str
    holds: Callable[[pd.DataFrame], pd.Series[bool]]


def check_bars(frame: pd.DataFrame, where: str) -> None:
    """Check one instrument's bars.

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
    _check(frame, where, (*_dated(), *_priced(), _held_by_nyse(frame)))


def check_series(frame: pd.DataFrame, where: str) -> None:
    """Check a series: columns ``date``, ``value`` and perhaps ``known``; raises as `check_bars` does."""
    _check(frame, where, (*(_revised() if "known" in frame else _dated()), _finite("value")))


def _dated() -> tuple[Rule, ...]:
    iso = "write it as YYYY-MM-DD"
    return (
        Rule("date is missing or unreadable", iso, lambda f: f["date"].notna()),
        Rule("date stands twice", "keep one row a date", lambda f: ~f["date"].duplicated() | f["date"].isna()),
        Rule(
            "date is before that of the row above",
            "sort the rows by date, oldest first",
            lambda f: ~(f["date"] < f["date"].shift()),
        ),
    )


def _revised() -> tuple[Rule, ...]:
    iso = "write it as YYYY-MM-DD"
    return (
        Rule("date is missing or unreadable", iso, lambda f: f["date"].notna()),
        Rule("known is missing or unreadable", iso, lambda f: f["known"].notna()),
        Rule(
            "known is before date",
            "a value can't be public before its day",
            lambda f: ~(f["known"] < f["date"]),
        ),
        Rule(
            "date and known stand twice",
            "keep one row for both",
            lambda f: ~f.duplicated(subset=["date", "known"]),
        ),
        Rule(
            "date is before that of the row above",
            "sort the rows by date, oldest first",
            lambda f: ~(f["date"] < f["date"].shift()),
        ),
    )


def _finite(column: str) -> Rule:
    return Rule(
        f"{column} is missing or not finite",
        "fill it in, or delete the row",
        lambda f: np.isfinite(f[column]),
    )


def _priced() -> tuple[Rule, ...]:
    """Return the rules of prices, volume and events; a NaN is told once, by its own rule."""
    return (
        *(_finite(column) for column in COLUMNS),
        *(_positive(column, "correct the price, or delete the row") for column in PRICES),
        Rule("high is below low", "correct one of them", lambda f: ~(f["high"] < f["low"])),
        Rule(
            "high is below open or close",
            "high is the day's highest price",
            lambda f: ~((f["high"] < f["open"]) | (f["high"] < f["close"])),
        ),
        Rule(
            "low is above open or close",
            "low is the day's lowest price",
            lambda f: ~((f["low"] > f["open"]) | (f["low"] > f["close"])),
        ),
        Rule("volume is negative", "write 0 where it is not known", lambda f: ~(f["volume"] < 0)),
        Rule("dividend is negative", "write dollars a share, 0 on most days", lambda f: ~(f["dividend"] < 0)),
        _positive("split", "write new shares per old share: 1 on most days, 0.1 for a 1:10 reverse split"),
    )


def _positive(column: str, cure: str) -> Rule:
    return Rule(f"{column} is zero or negative", cure, lambda f: ~(f[column] <= 0))


def _held_by_nyse(frame: pd.DataFrame) -> Rule:
    def held(rows: pd.DataFrame) -> pd.Series[bool]:
        days = rows["date"].to_numpy().astype("datetime64[D]")
        read = days[(days >= FIRST) & (days <= LAST)]
        sessions = nyse_sessions(read.min(), read.max()) if len(read) else read
        return rows["date"].isna() | np.isin(days, sessions)

    del frame
    return Rule("NYSE held no session on that date", "delete the row, or correct its date", held)


def _check(frame: pd.DataFrame, where: str, rules: tuple[Rule, ...]) -> None:
    import pandera.errors  # a quarter of a second that --help must not pay
    import pandera.pandas as pa

    checks = [pa.Check(rule.holds, error=str(number), ignore_na=False) for number, rule in enumerate(rules)]
    try:
        pa.DataFrameSchema(checks=checks).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as faults:
        raise _first_fault(faults.failure_cases, frame, where, rules) from None


def _first_fault(cases: Any, frame: pd.DataFrame, where: str, rules: tuple[Rule, ...]) -> DataError:
    row, number = min(zip(cases["index"].astype(int), cases["check"].astype(int), strict=True))
    rule, date = rules[number], str(frame["date"].astype("datetime64[s]").loc[row])[:10]
    date = "" if date == "NaT" else f"{date}: "
    return DataError(f"{where}:{row}: {date}{rule.fault}: {rule.cure}")
