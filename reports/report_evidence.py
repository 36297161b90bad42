"""What the figures rest on: clusters of episodes, the days that parted the books most, and random dates."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from data.arithmetic import expm1, log
from data.format import UNKNOWN, capital, counted, number, p_value, percent, points, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import printed_sum
from engine.analytics.answer.fund_part import APART, LARGEST, FundPart
from engine.analytics.answer.timing import LEVEL
from engine.analytics.answer.words import Names, beta_words, dates_words, names_of
from engine.analytics.drawdowns import core_level
from engine.runs.run import Run
from reports.document import Bar, BarChart, Chart, Column, Details, Paragraph, Part, Row, Section, Table
from reports.first_sum import months_of, rests_words
from reports.report_books import NamedBook, by_name

DAYS = 5
"""Days that are shown."""
SHOWN = 8
"""Clusters that are drawn; the rest is folded."""
BINS = 60
HUNDREDTHS = partial(points, places=2)


def rests(result: Run, answer: Answer, books: tuple[NamedBook, ...]) -> Section:
    """Return clusters of episodes, and the days on which hedge and holding less parted most."""
    names, fund = names_of(result.config), answer.fund
    if not fund.clusters:
        finding, parts = f"{capital(names.hedge.called)} and {names.selling} daily were the same book", list[Part]()
    else:
        assert fund.n_effective is not None  # noqa: S101  # there are clusters
        weigh = f"weighs as {number(fund.n_effective, 1)} equal clusters, of {len(fund.clusters):,}"
        if fund.rests_on:
            weigh = rests_words(fund, answer.sessions, sum(cluster.episodes for cluster in fund.clusters))
        finding = f"What {names.hedge.called} did beside {names.selling} {weigh}"
        parts = [*_erring(answer, names), *_clusters(result, fund, names)]
    return Section("rests-part", finding, [*parts, *_days(result, books)], "Rests on")


def _erring(answer: Answer, names: Names) -> list[Part]:
    """Return how far the hedge's own part hangs on an estimated beta, where there is one."""
    erring = beta_words(answer, names)
    if not erring or answer.fund.estimate is None:
        return []
    own = printed_sum(answer).parts[-1]
    part = "can't be told" if own is None else f"{signed(own)} points a year"
    about = f"{capital(names.hedge.possessive)} own part, {part}, rests on an estimated beta: {erring}, at every close."
    return [Paragraph(about, "dek", id="beta-range")]


def _clusters(result: Run, fund: FundPart, names: Names) -> list[Part]:
    days = result.market.run_sessions
    rows, bars = [], []
    for cluster in sorted(fund.clusters, key=lambda cluster: -cluster.share):
        first, last = days[cluster.first], days[cluster.last]
        about = f"{counted(cluster.episodes, 'episode')}; {percent(cluster.share, 0)} of all that differs."
        bars.append(Bar(months_of(first, last), cluster.difference, "hedge", about))
        rows.append(Row([f"{first} to {last}", cluster.episodes, cluster.difference, cluster.share]))
    less = "The hedged book's log growth less that of the book sold daily, over the cluster."
    columns = [
        *(Column("From the first fill to the last"), Column("Episodes", format="{:,}".format)),
        Column("Difference", less, unit="points", format=HUNDREDTHS),
        Column("Of all that differs", "Its size over the sum of all sizes, whatever their signs.", format=percent),
    ]
    about = (
        f"{capital(names.hedge.called)} less {names.selling} daily, log points, the largest clusters first. Episodes"
        f" with fewer than {APART} sessions between them are one cluster. How many equal ones weigh as much is N_eff."
        f" A cluster with more than {100 * LARGEST:.0f} % of all that differs lets no label stand."
    )
    return [
        Paragraph(about, "dek"),
        BarChart("clusters-bars", "The largest clusters of episodes", bars[:SHOWN], HUNDREDTHS),
        Details(f"All {counted(len(rows), 'cluster')}", [Table("clusters", columns, rows)]),
    ]


def _days(result: Run, books: tuple[NamedBook, ...]) -> list[Part]:
    equity, core, days = by_name(books), core_level(result.setup), result.market.run_sessions
    ours, theirs, moved = (np.diff(log(path)) for path in (equity["hedged"], equity["held_less"], core))
    apart = ours - theirs
    order = np.argsort(-np.abs(apart), kind="stable")[:DAYS]
    rows = [Row([days[t + 1], *(np.expm1(r[t]) for r in (moved, ours, theirs)), apart[t]]) for t in order.tolist()]
    columns = [
        Column("Day"),
        *(Column(name, unit="%", format=points) for name in ("Core", "Hedge", "Holding less")),
        Column("Hedge less holding less", unit="log points", format=points),
    ]
    largest, total = (points(float(some.sum())) for some in (apart[order], apart))
    about = (
        f"The {DAYS} days on which the hedge and holding less parted most came to {largest} log points,"
        f" of {total} over all {len(apart):,} days."
    )
    return [Paragraph(about, "dek"), Table("days", columns, rows)]


def timing(answer: Answer) -> Section:
    """Return the run's own dates among all others."""
    found = answer.timing
    caption = (
        f"Growth a year of the book sold at entry on its own orders, moved around the calendar by each of"
        f" {found.shifts:,} numbers of sessions. Shaded: nine of ten."
    )
    description = f"Histogram of {found.shifts:,} random dates with the run's own marked"
    sized = (
        "The p's weigh each shift by how much the sector moved while it was on, so that a path that is on when it moves"
        f" most isn't called lucky or unlucky for that. Below {LEVEL:g} the label says helped or hurt."
    )
    ruined = "A shifted book was ruined: it counts as the worst, and mean, band and smallest effect can't be told."
    parts: list[Part] = [
        Chart("shifts", description, caption, data=_shifts(answer)),
        _timing_table(answer),
        *(Paragraph(text, "dek") for text in (sized, *([ruined] if found.mean is None else []))),
    ]
    finding = f"{dates_words(answer)}: {found.label}"
    return Section("timing-part", finding[:1].upper() + finding[1:], parts, "Timing")


def _timing_table(answer: Answer) -> Table:
    found = answer.timing
    part = printed_sum(answer).parts[1]
    size = UNKNOWN if found.smallest is None else f"{points(found.smallest * answer.factor).removeprefix('+')} points"
    mean = UNKNOWN if found.mean is None else _grown(found.mean)
    nine = UNKNOWN if found.band is None else " to ".join(map(_grown, found.band))
    made, own = UNKNOWN if part is None else f"{signed(part)} points", "own dates less the average, in points of CAGR."
    least = "What would be found in four of five such histories, at 5 %, two-sided."
    rows = (
        ("The run's own dates", _grown(found.growth), "Growth a year, sold at entry."),
        ("Random dates, on average", mean, ""),
        ("Nine of ten random dates", nine, "From the 5 % quantile to the 95 % quantile."),
        ("Timing", made, f"The part of the sum: {own}"),
        ("Smallest effect this history could show", size, least),
        ("p", p_value(found.p), "How often random dates are as far out, on either side."),
        ("p of being worse", p_value(found.p_low), "How often random dates are as bad or worse."),
        ("p of being better", p_value(found.p_high), "How often random dates are as good or better."),
    )
    return Table("timing", [Column(""), Column("")], [Row([name, value], about) for name, value, about in rows])


def _grown(log_growth: float) -> str:
    return percent(float(expm1(log_growth)))


def _shifts(answer: Answer) -> dict[str, Any]:
    found = answer.timing
    growth = 100.0 * expm1(answer.shifts.growth[1:][np.isfinite(answer.shifts.growth[1:])])
    counts, edges = np.histogram(growth, BINS)
    own, mean = (None if growth is None else 100.0 * float(expm1(growth)) for growth in (found.growth, found.mean))
    return {
        "counts": counts.tolist(),
        "edges": [round(float(edge), 6) for edge in edges],
        "own": own,
        "mean": mean,
        "band": None if found.band is None else [100.0 * float(expm1(growth)) for growth in found.band],
    }
