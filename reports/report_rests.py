"""What the figures rest on: clusters of episodes, and the days on which hedge and holding less parted most."""

from __future__ import annotations

import numpy as np

from data.arithmetic import log
from data.format import counted, number, percent, points
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.fund_part import APART, LARGEST, FundPart
from engine.analytics.answer.words import names_of
from engine.analytics.drawdowns import core_level
from engine.runs.run import Run
from reports.first_sum import month, rests_words
from reports.report_books import Book, by_name
from reports.report_section import Fold, Head, Note, Part, Row, Section, Table, Value, bars_of

DAYS = 5
"""Days that are shown."""
SHOWN = 8
"""Clusters that are drawn; the rest is folded."""


def rests(result: Run, answer: Answer, books: tuple[Book, ...]) -> Section:
    """Return the section."""
    names, fund = names_of(result.config), answer.fund
    if not fund.clusters:
        return Section(
            "rests-part",
            "Rests on",
            f"{names.hedge} and {names.selling} daily were the same book",
            _days(result, books),
        )
    assert fund.n_effective is not None  # noqa: S101  # there are clusters
    count, weigh = len(fund.clusters), number(fund.n_effective, 1)
    finding = f"What {names.hedge} did beside {names.selling} weighs as {weigh} equal clusters, of {count:,}"
    if fund.rests_on:
        told = rests_words(fund, answer.sessions, sum(one.episodes for one in fund.clusters))
        finding = f"What {names.hedge} did beside {names.selling} {told}"
    parts = [*_clusters(result, fund, f"{names.selling} daily"), *_days(result, books)]
    return Section("rests-part", "Rests on", finding, parts)


def _clusters(result: Run, fund: FundPart, selling: str) -> list[Part]:
    days, name = result.market.run_sessions, result.market.hedge
    order = sorted(range(len(fund.clusters)), key=lambda i: -fund.clusters[i].share)
    rows, values = [], []
    for i in order:
        one = fund.clusters[i]
        span = f"{days[one.first]} to {days[one.last]}"
        text = points(one.difference, 2)
        values.append(
            Value(
                _months(days[one.first], days[one.last]),
                one.difference,
                text,
                "hedge",
                f"{counted(one.episodes, 'episode')}; {percent(one.share, 0)} of all that differs.",
            )
        )
        rows.append(Row([span, f"{one.episodes:,}", text, percent(one.share)]))
    heads = [
        Head("From the first fill to the last"),
        Head("Episodes"),
        Head("Difference, points", "The hedged book's log growth less that of the book sold daily, over the cluster."),
        Head("Of all that differs", "Its size over the sum of all sizes, whatever their signs."),
    ]
    alone = f"A cluster with more than {100 * LARGEST:.0f} % of all that differs lets no label stand."
    return [
        Note(
            f"{name} less {selling}, log points, the largest clusters first. Episodes with fewer than {APART} sessions"
            f" between them are one cluster. How many equal ones weigh as much is N_eff. {alone}"
        ),
        bars_of("clusters-bars", "The largest clusters of episodes", values[:SHOWN]),
        Fold(f"All {counted(len(rows), 'cluster')}", [Table("clusters", heads, rows)]),
    ]


def _months(first: object, last: object) -> str:
    return " to ".join(dict.fromkeys((month(first), month(last))))


def _days(result: Run, books: tuple[Book, ...]) -> list[Part]:
    equity, core, days = by_name(books), core_level(result.setup), result.market.run_sessions
    ours, theirs, moved = (np.diff(log(one)) for one in (equity["hedged"], equity["held_less"], core))
    apart = ours - theirs
    order = np.argsort(-np.abs(apart), kind="stable")[:DAYS]
    rows = [
        Row([str(days[t + 1]), *(points(np.expm1(one[t])) for one in (moved, ours, theirs)), points(apart[t])])
        for t in order.tolist()
    ]
    largest = float(apart[order].sum())
    total = float(apart.sum())
    heads = [
        Head("Day"),
        Head("Core, %"),
        Head("Hedge, %"),
        Head("Holding less, %"),
        Head("Hedge less holding less, log points"),
    ]
    return [
        Note(
            f"The {DAYS} days on which the hedge and holding less parted most came to {points(largest)} log points,"
            f" of {points(total)} over all {len(apart):,} days."
        ),
        Table("days", heads, rows),
    ]
