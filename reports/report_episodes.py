"""The hedge report's episodes: a row of texts each, and what its charts are drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arrays import Floats
from data.format import counted, dollars, number, percent
from engine.analytics.cascade import Cascade
from engine.analytics.episode_stats import SHORT, Need
from engine.analytics.episodes import Episode
from engine.analytics.evaluate import Evaluation
from engine.analytics.fund_exposure import Index, fills_at_open, index_of
from engine.runs.run import Run
from reports.charts import singles
from reports.document import Chart, Column, Custom, Details, Menus, Paragraph, Part, Row, Section, Table
from reports.report_money import cascade_chart
from reports.report_spells import spells

AROUND = 10
"""Sessions of the underlying that are drawn before and after an episode."""
OPEN = 0.4
"""By how much of a session an open stands before its close on a chart."""


ORDERS = (
    *(("at", "oldest first"), ("pnl", "largest loss first")),
    *(("-pnl", "largest gain first"), ("-sessions", "longest first")),
)
"""In which episodes may stand."""


def episodes(result: Run, evaluation: Evaluation) -> Section:
    """Return the section: how far the underlying had to move, what became of the episodes, and each of them folded."""
    roles, count = result.market.roles, len(evaluation.episodes)
    if not roles.one_fund:
        return spells(result, evaluation, measures(result))
    fund, underlying = roles.hedge, roles.underlying
    if not count:
        return Section("episodes-part", "No episodes", [Paragraph(f"{fund} was never bought.", "dek")], "Episodes")
    lost = sum(episode.pnl <= 0.0 for episode in evaluation.episodes)
    asks = (
        "Daily reset asks for more than being right: the longer and the choppier the stay, the further"
        f" {underlying} has to {'fall' if roles.leverage < 0 else 'rise'} before {fund} gains."
    )
    needs = (
        "Each dot is an episode. Break-even is at the volatility and the interest of that time, and to second order:"
        " near the line it may be told wrongly. Click a dot to open its row."
    )
    heads = ("No.", "Bought", "Sold", "Made", "Sessions", f"{underlying} needed", underlying, fund, "Of equity")
    words = {"heads": heads, "rows": rows(result, evaluation), "roles": roles}
    each = Custom("report_episodes.html.j2", words, {"episodes": charts(result, evaluation)})
    parts: list[Part] = [
        Paragraph(asks, "dek"),
        Chart("needs", "How far the underlying had to move and moved, by episode", needs, "tall"),
        measures(result),
        Details(f"All {count} episodes", [Menus([("order", "Order", ORDERS)]), each], "all-episodes"),
    ]
    return Section("episodes-part", f"{lost:,} of {counted(count, 'episode')} made nothing or lost", parts, "Episodes")


def measures(result: Run) -> Table:
    """Return what became of the episodes together, or why there is no telling."""
    made, count = result.figures["measures"], counted(result.figures["episodes"], "episode")
    lost, yearly = dollars(made["whipsaw_dollars"], sign=True), percent(made["whipsaw_a_year"], 2, sign=True)
    hits = f"{percent(made['hit_rate'])} ({made['hits']:,} of {result.figures['episodes']:,})"
    whipsaws = f"{counted(made['whipsaws'], 'episode')}, {lost}, {yearly} a year"
    false, rose = f"{made['false_alarms']:,} of {count}", f"{result.market.underlying} rose from fill to fill"
    figures = (
        ("hit_rate", "Hit rate", hits, "episodes that made dollars after costs"),
        ("payoff", "Payoff", number(made["payoff"]), "mean gain of those over the others' mean loss"),
        ("false_alarms", "False alarms", false, rose),
        ("whipsaws", "Whipsaws", whipsaws, f"losing episodes of fewer than {SHORT} sessions"),
    )
    rows = [
        Row([title, f"undefined: {made['undefined'][key]}" if made[key] is None else text], about)
        for key, title, text, about in figures
    ]
    return Table("measures", [Column(""), Column("")], rows)


def rows(result: Run, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return the episodes' rows, oldest first: texts, and the numbers that rows are ordered by."""
    made = result.market.synthetic_sessions()
    found = zip(evaluation.episodes, evaluation.measures.needs, evaluation.cascades, strict=True)
    return [_row(result, *row, synthetic=bool(made[row[0].entered])) for row in found]


def _row(result: Run, episode: Episode, need: Need, cascade: Cascade, *, synthetic: bool) -> dict[str, Any]:
    days = result.market.run_sessions
    sold = "still held" if episode.exited is None else str(days[episode.exited])
    moves = (need.break_even, cascade.index, cascade.fund, episode.pnl / result.hedged.equity[episode.decided])
    texts = (percent(move, 2, sign=True) for move in moves)
    return {
        "cells": (str(days[episode.entered]), sold, dollars(episode.pnl, sign=True), str(need.sessions), *texts),
        "pnl": episode.pnl,
        "sessions": need.sessions,
        "synthetic": synthetic,
        "story": story(result, episode, need, cascade),
    }


def story(result: Run, episode: Episode, need: Need, cascade: Cascade) -> str:
    """Return how far the underlying had to move beside how far it did, and what became of the dollars."""
    roles, days = result.market.roles, result.market.run_sessions
    fund, underlying = roles.hedge, roles.underlying
    fate = "It is still held." if episode.left is None else f"Left on {days[episode.left]} {LEFT[episode.reason]}."
    return (
        f"In {counted(need.sessions, 'session')} at a volatility of {percent(need.volatility, 0)} a year, {underlying}"
        f" {_had_to(need.break_even, falls=roles.leverage < 0)} for {fund} to gain. It {_moved(cascade.index)}, and"
        f" {fund} returned {percent(cascade.fund, 2, sign=True)}. Decided on {days[episode.decided]} for"
        f" {percent(episode.weight)} of equity; the sleeve made {dollars(episode.pnl, sign=True)}, after"
        f" {dollars(episode.costs)} of costs. {fate}"
    )


LEFT = {
    "signal": "when the signal let go",
    "max_hold": "at its longest stay (max_hold)",
    "stop_loss": "by its stop loss",
    "take_profit": "by its take profit",
}


def _had_to(break_even: float, *, falls: bool) -> str:
    """Return what the underlying had to do, with the side of 0 that its break-even is on."""
    size = percent(abs(break_even), 2)
    if falls:
        return f"had to fall by more than {size}" if break_even < 0.0 else f"had to rise by less than {size}"
    return f"had to rise by more than {size}" if break_even > 0.0 else f"had to fall by less than {size}"


def _moved(change: float) -> str:
    return f"{'fell' if change < 0.0 else 'rose'} {percent(abs(change), 2)}"


def charts(result: Run, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return what each episode's two charts are drawn from, packed.

    ``underlying``, ``fund`` and ``naive``, the multiple of the underlying's whole move, are paths from fill to fill
    over ``x``, session numbers with opens `OPEN` before their closes, 100 at the first fill. ``outside`` is the
    underlying before and after. ``even`` is where it had to be at the end.
    """
    index, b = index_of(result.setup), result.market.roles.leverage
    found = zip(evaluation.episodes, evaluation.measures.needs, evaluation.cascades, strict=True)
    return [
        _paths(result, index, b, episode, cascade)
        | {
            "even": 100.0 * (1.0 + need.break_even),
            "cascade": cascade_chart(cascade, result.market.roles),
            "needed": need.break_even,
            "moved": cascade.index,
            "pnl": episode.pnl,
            "dollars": dollars(episode.pnl, sign=True),
        }
        for episode, need, cascade in found
    ]


def _paths(result: Run, index: Index, b: float, episode: Episode, cascade: Cascade) -> dict[str, Any]:
    prices, i = result.setup.prices, result.setup.legs.of_hedge(0)
    entered, at_open = episode.entered, fills_at_open(result.setup)
    left, end = episode.exited is not None, result.hedged.last if episode.exited is None else episode.exited
    before = OPEN if at_open else 0.0
    closes = np.arange(entered if at_open else entered + 1, end if left else end + 1)
    begun = (index.opened if at_open else index.level)[entered]
    bought = prices.level[entered, 0] * prices.fill[entered, i] / prices.close[entered, i]

    def path(level: Floats, base: float, last: float) -> Floats:
        return np.array([1.0, *(level[closes] / base), *([1.0 + last] if left else [])])

    x = np.array([entered - before, *closes, *([end - before] if left else [])])
    moved, fund = path(index.level, begun, cascade.index), path(prices.level[:, 0], bought, cascade.fund)
    return {
        "x": singles(x),
        "underlying": singles(100.0 * moved),
        "fund": singles(100.0 * fund),
        "naive": singles(100.0 * (1.0 + b * (moved - 1.0))),
        "outside": _outside(index.level / begun, (entered, end if left else len(index.level)), x, moved),
    }


def _outside(level: Floats, held: tuple[int, int], x: Floats, moved: Floats) -> dict[str, str]:
    """Return the underlying's closes before and after an episode, joined to its fills, with a gap between."""
    entered, end = held
    lead, tail = np.arange(max(entered - AROUND, 0), entered), np.arange(end, min(end + AROUND, len(level)))
    return {
        "x": singles([*lead, x[0], np.nan, x[-1], *tail]),
        "y": singles(100.0 * np.array([*level[lead], moved[0], np.nan, moved[-1], *level[tail]])),
    }
