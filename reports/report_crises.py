"""What history's falls and rallies would do to the book as it stands: the replays of `backtest stress`, in a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from data.errors import UserError
from data.format import counted, counted_of, points
from engine.analytics.answer.words import Piece
from engine.runs.run import Run
from engine.stress.books import HEDGED, LESS, SOLD, UNHEDGED, figures, standing
from engine.stress.past import FALL, Past, ReplaySpan
from engine.stress.results import Refused, Replayed
from engine.stress.stress import replay_all
from reports.document import Bar, BarChart, Column, Details, Items, Paragraph, Part, Row, Section, Table
from reports.report_books import NamedBook, against, bare_percent, compared_with
from strategies.load import kind, strategy_class

BOOKS = (HEDGED, LESS, UNHEDGED, SOLD)
ENGINES = {"intensity": "compiled", "on_close": "python", "backtrader": "backtrader"}
"""What executes a strategy in a scenario, by its kind."""
FEW = 4
"""Falls of a strategy without an intensity."""


def crises(result: Run, books: Sequence[NamedBook], share: float | None) -> Section | None:
    """Return the section; None where the hedged book was ruined, or nothing can be replayed.

    A strategy without an intensity is asked again session by session, so that of it the `FEW` deepest falls alone are
    replayed of those that it hasn't seen.

    Parameters
    ----------
    books
        Of the report, by which columns are named.
    share
        Of the core, as safe as the hedged book; None where that can't be told.
    """
    hedged, t = result.hedged, len(result.hedged.equity) - 1
    if hedged.last < t or hedged.equity[t] <= 0.0:
        return None
    decides, reads = bool(np.isfinite(result.intensity).any()), result.execution.reads
    engine = "compiled" if decides else ENGINES[kind(strategy_class(result.config.strategy.named))]
    today = standing(result.config, result.setup, hedged, share, engine, result.label, reads)
    spans = today.past.spans if decides else _deepest(today.past, result.market.run_sessions[0])
    try:
        replayed = list(replay_all(today, spans, edges=False))
    except UserError:  # a strategy that knows the run's own sessions alone, as one that a walk-forward stitched
        return None
    found = [each for each in replayed if isinstance(each, Replayed)]
    refused = [each for each in replayed if isinstance(each, Refused)]
    if not found:
        return None
    beside = compared_with(tuple(book for book in books if book.name in found[0].books.growth))
    state = "on" if np.any(today.weights != 0.0) else "off"
    parts = list(_parts(result, found, [book for book in books if book.name in BOOKS], beside, state))
    if not decides:
        parts.append(Paragraph(f"The {FEW} deepest falls before the run alone: this strategy takes long.", "dek"))
    if refused:
        lines = [f"{each.title}: {each.why}." for each in refused]
        parts.append(Details(f"{counted(len(refused), 'crisis')} can't be replayed", [Items(lines)]))
    return Section("crises-part", _finding(found, beside), parts, "Crises")


def _deepest(past: Past, start: np.datetime64) -> list[ReplaySpan]:
    """Return the deepest falls that were over before a run began, oldest first; of all where none was."""
    falls = [span for span in past.spans if span.kind == FALL]
    unseen = [span for span in falls if past.days.dates[span.until - 1] < start] or falls
    deepest = sorted(unseen, key=lambda span: span.move)[:FEW]
    return sorted(deepest, key=lambda span: span.first)


def _finding(found: Sequence[Replayed], beside: NamedBook) -> str:
    falls = [each for each in found if each.kind == FALL]
    ahead = {close: sum(_apart(each, beside, close) > 0.0 for each in falls) for close in ("turn", "end")}
    at_end, at_low = (counted_of(ahead[close], len(falls)) for close in ("end", "turn"))
    return (
        f"If it fell again as it did: ahead of {against(beside)} at the low in {at_low} falls, at the end in {at_end}"
    )


def _parts(
    result: Run, found: Sequence[Replayed], books: Sequence[NamedBook], beside: NamedBook, state: str
) -> Iterator[Part]:
    underlying = result.market.underlying
    falls = [each for each in found if each.kind == FALL]
    yield Paragraph(f"SYNTHETIC. The hedge less {against(beside)}, points, from today to the end of each fall", "dek")
    bars = [Bar(each.title, _apart(each, beside, "end"), "hedge") for each in falls]
    yield BarChart(
        "crises-bars", f"The hedge less {against(beside)} at the end of each fall that is replayed", bars, points
    )
    columns = [Column("Replayed"), Column(underlying, "Its total return.", format=bare_percent)]
    columns += [Column(book.title, book.about, book.role, format=bare_percent) for book in books]
    yield Table("crises", columns, [row for each in found for row in _rows(each, books)])
    modelled = any(role.kind == "fund" for role in result.market.roles.hedges)
    about = [
        Piece(
            f"SYNTHETIC, in every row: the days of each fall of {underlying} by over 20 % and of its sharpest rallies,"
            f" behind the last close, at which the hedge is {state}; strategy and policy go on from there. Returns in"
            " percent from that close: to the low, and to a new peak or a rise of 40 %."
            f"{' A fund follows its model.' if modelled else ''} Whatever else is read comes from the same days. "
        ),
        Piece("backtest stress", "code"),
        Piece(" with this run's file has paths, other rebalancings and where the hedge fails."),
    ]
    yield Paragraph(about, "dek")


def _rows(each: Replayed, books: Sequence[NamedBook]) -> Iterator[Row]:
    growth = {book.name: each.books.growth.get(book.name) for book in books}
    came = [None if grown is None else figures(grown, each.turn) for grown in growth.values()]
    if each.kind == FALL:
        yield Row([f"{each.title}, the low", each.move, *(None if one is None else one.turn for one in came)])
    until = "to its end" if each.kind == FALL else each.title
    end = float(each.books.underlying[-1] - 1.0)
    role = "next" if each.kind == FALL else ""
    yield Row([until, end, *(None if one is None else one.end for one in came)], role=role)


def _apart(each: Replayed, beside: NamedBook, close: str) -> float:
    """Return what the hedge made to a fall's low or to its end, less what it is compared with."""
    ours, theirs = (figures(each.books.growth[name], each.turn) for name in (HEDGED, beside.name))
    return ours.turn - theirs.turn if close == "turn" else ours.end - theirs.end
