"""What became of the episodes together: how many made dollars, how much, and the false alarms. Texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from data.format import counted, dollars, number, percent
from engine.analytics.episode_stats import SHORT
from engine.runs.run import Run
from reports.report_section import Head, Row, Table

Held = Mapping[str, Any]
"""The measures of metrics.json, with the run's ``episodes`` and its ``underlying``."""


class Measure(NamedTuple):
    """A measure: its key in metrics.json, what it is called, how it is written, what it means."""

    key: str
    title: str
    shown: Callable[[Held], str]
    about: str


def _whipsaws(held: Held) -> str:
    lost, yearly = dollars(held["whipsaw_dollars"], sign=True), percent(held["whipsaw_a_year"], 2, sign=True)
    return f"{counted(held['whipsaws'], 'episode')}, {lost}, {yearly} a year"


MEASURES = (
    Measure(
        "hit_rate",
        "Hit rate",
        lambda held: f"{percent(held['hit_rate'])} ({held['hits']:,} of {held['episodes']:,})",
        "episodes that made dollars after costs",
    ),
    Measure(
        "payoff",
        "Payoff",
        lambda held: number(held["payoff"]),
        "mean gain of those over the others' mean loss",
    ),
    Measure(
        "false_alarms",
        "False alarms",
        lambda held: f"{held['false_alarms']:,} of {counted(held['episodes'], 'episode')}",
        "{underlying} rose from fill to fill",
    ),
    Measure("whipsaws", "Whipsaws", _whipsaws, f"losing episodes of fewer than {SHORT} sessions"),
)


def measures(result: Run) -> Table:
    """Return the measures: title, and value or why there is none."""
    own = {"episodes": result.metrics["episodes"], "underlying": result.market.underlying}
    held = result.metrics["measures"] | own
    rows = [Row([one.title, _value(one, held)], one.about.format_map(held)) for one in MEASURES]
    return Table("measures", (Head(""), Head("")), rows)


def _value(one: Measure, held: Held) -> str:
    return f"undefined: {held['undefined'][one.key]}" if held[one.key] is None else one.shown(held)
