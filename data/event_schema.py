"""The schema of events and members, checked once at load as that of bars is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.schema import Fault, Rule, check, faults_of, in_step

if TYPE_CHECKING:
    import pandas as pd

ISO = "write it as YYYY-MM-DD"


def check_events(frame: pd.DataFrame, where: str) -> None:
    """Check a schedule: ``date`` and perhaps ``symbol``, ``timing``, ``announced``; raises DataError.

    One event of a company on a day: a row that stands twice is a fault, not folded, because it may be another
    company's.
    """
    check(frame, where, _events_rules(frame))


def check_members(frame: pd.DataFrame, where: str) -> None:
    """Check a group's members: ``symbol`` and perhaps ``from`` and ``to``, empty where open; raises DataError."""
    check(frame, where, _members_rules(frame))


def events_faults(frame: pd.DataFrame, where: str) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of a schedule, by rule, and the rows that can be read all the same."""
    return faults_of(frame, where, _events_rules(frame))


def members_faults(frame: pd.DataFrame, where: str) -> tuple[tuple[Fault, ...], pd.DataFrame]:
    """Return all faults of a group's members, by rule, and the rows that can be read all the same."""
    return faults_of(frame, where, _members_rules(frame))


def _events_rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    key = [column for column in ("date", "symbol") if column in frame]
    rules = (
        *in_step(frame, schedule=True),
        Rule("date is missing or unreadable", ISO, lambda f: f["date"].notna(), "undated"),
        Rule(
            f"{' and '.join(key)} stand{'s' * (len(key) == 1)} twice",
            "keep one row for both" if len(key) > 1 else "keep one row a date",
            lambda f: ~f.duplicated(subset=key) | f["date"].isna(),
            "duplicate",
        ),
    )
    return (*rules, *_announced()) if "announced" in frame else rules


def _announced() -> tuple[Rule, ...]:
    return (
        Rule(
            "announced is missing or unreadable",
            f"{ISO}: the day on which the date became public",
            lambda f: f["announced"].notna(),
            "announced-missing",
        ),
        Rule(
            "announced is after date",
            "a date is announced before its day, or on it where nobody knew of it",
            lambda f: ~(f["announced"] > f["date"]),
            "announced-late",
        ),
    )


def _members_rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    key = [column for column in ("symbol", "from") if column in frame]
    rules = (
        Rule("symbol is missing", "fill it in, or delete the row", lambda f: f["symbol"] != "", "symbol-missing"),
        Rule("from or to is no date", f"{ISO}, or leave it empty", lambda f: ~f["unread"], "undated"),
        Rule(
            f"{' and '.join(key)} stand{'s' * (len(key) == 1)} twice",
            "keep one row",
            lambda f: ~f.duplicated(subset=key),
            "duplicate",
        ),
    )
    if not {"from", "to"} <= set(frame):
        return rules
    backwards = Rule("to is before from", "correct one of them", lambda f: ~(f["to"] < f["from"]), "backwards")
    return (*rules, backwards)
