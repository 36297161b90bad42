"""The hedge report's measures: what protection cost, what it caught, and when. Texts ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.judgement.drawdowns import DEEP
from engine.judgement.judge import Judgement
from engine.judgement.measures import WINDOW, WINDOWS
from engine.judgement.outcomes import SHORT
from engine.run import RunResult
from reports.report_words import UNKNOWN, dollars, many, number, percent, points

Held = Mapping[str, Any]
"""The measures of metrics.json, with the run's ``episodes`` and its ``underlying``."""


class Measure(NamedTuple):
    """A hedge measure: its key in metrics.json, what it is called, how it is written, what it means."""

    key: str
    title: str
    shown: Callable[[Held], str]
    about: str


def _share(key: str) -> Callable[[Held], str]:
    return lambda held: percent(held[key], 1)


def _points(key: str) -> Callable[[Held], str]:
    return lambda held: f"{points(held[key])} points"


def _a_point(key: str) -> Callable[[Held], str]:
    return lambda held: f"{held[key]:.2f} % a year"


def _whipsaws(held: Held) -> str:
    lost, yearly = dollars(held["whipsaw_dollars"], sign=True), percent(held["whipsaw_a_year"], sign=True)
    return f"{many(held['whipsaws'], 'episode')}, {lost}, {yearly} a year"


MEASURES = (
    Measure(
        "cost_a_year",
        "Cost a year",
        lambda held: percent(held["cost_a_year"]),
        "the unhedged book's CAGR less the hedged one's",
    ),
    Measure(
        "drawdown_avoided",
        "Drawdown avoided",
        _points("drawdown_avoided"),
        "how much shallower the maximum drawdown was",
    ),
    Measure(
        "cvar_avoided",
        "Tail loss avoided",
        _points("cvar_avoided"),
        "how much smaller the mean loss of the worst 5 % of sessions was",
    ),
    Measure(
        "cost_per_drawdown_point",
        "Cost a point of drawdown",
        _a_point("cost_per_drawdown_point"),
        "cost over drawdown avoided",
    ),
    Measure(
        "cost_per_cvar_point",
        "Cost a point of tail loss",
        _a_point("cost_per_cvar_point"),
        "cost over tail loss avoided",
    ),
    Measure(
        "crash_capture",
        "Crash capture",
        _share("crash_capture"),
        f"the hedged book's loss over the unhedged one's in the core's {WINDOWS} worst windows of {WINDOW} sessions;"
        " 100 % is no protection",
    ),
    Measure(
        "up_capture",
        "Up capture",
        _share("up_capture"),
        "the hedged book's mean return over the unhedged one's, in its months up",
    ),
    Measure(
        "down_capture",
        "Down capture",
        _share("down_capture"),
        "the same in its months down; a hedge wants it below the one above",
    ),
    Measure(
        "sessions_to_trigger",
        "Peak to trigger",
        lambda held: f"{held['sessions_to_trigger']:g} sessions",
        "median, of the {core_drawdowns_met} of {core_drawdowns} falls of the core by more than"
        f" {100 * DEEP:.0f} % in which the hedge was on",
    ),
    Measure(
        "caught_after_trigger",
        "Caught after the trigger",
        _share("caught_after_trigger"),
        "mean share of such a fall that came after the hedge was decided on",
    ),
    Measure(
        "hit_rate",
        "Hit rate",
        lambda held: f"{percent(held['hit_rate'], 1)} ({held['hits']:,} of {held['episodes']:,})",
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
        lambda held: f"{held['false_alarms']:,} of {many(held['episodes'], 'episode')}",
        "{underlying} rose from fill to fill",
    ),
    Measure("whipsaws", "Whipsaws", _whipsaws, f"losing episodes of fewer than {SHORT} sessions"),
)


def measures(result: RunResult) -> list[tuple[str, str, str]]:
    """Return the hedge measures: title, value or why there is none, meaning."""
    own = {"episodes": result.metrics["episodes"], "underlying": result.market.underlying}
    held = result.metrics["measures"] | own
    return [
        (
            one.title,
            f"undefined: {held['undefined'][one.key]}" if held[one.key] is None else one.shown(held),
            one.about.format_map(held),
        )
        for one in MEASURES
    ]


def crashes(result: RunResult, judgement: Judgement) -> list[list[str]]:
    """Return the core's worst windows: first and last close, returns of core, unhedged and hedged, points taken off."""
    days = result.market.run_sessions
    return [
        [
            str(days[one.first]),
            str(days[one.last]),
            *(percent(value, 1) for value in (one.core, one.unhedged, one.hedged)),
            points(one.hedged - one.unhedged, 1),
        ]
        for one in judgement.measures.crashes
    ]


def triggers(result: RunResult, judgement: Judgement) -> list[list[str]]:
    """Return the core's deep falls: peak, trough, depth, when the hedge was decided on, and what it caught."""
    days = result.market.run_sessions
    return [
        [
            str(days[one.drawdown.peak]),
            str(days[one.drawdown.trough]),
            percent(one.drawdown.depth, 1),
            "never" if one.trigger is None else str(days[one.trigger]),
            UNKNOWN if one.sessions is None else str(one.sessions),
            percent(one.after, 0),
            percent(one.hedged, 0),
        ]
        for one in judgement.measures.triggers
    ]
