"""Growth and drawdown, the hedge over what it is compared with, and the book's net beta."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arrays import Flags, Floats
from data.format import counted, percent
from engine.analytics.derisk import net_beta
from engine.analytics.metrics import drawdowns
from engine.kernel.loop import Ledger
from engine.runs.run import Run
from engine.setup import run_beta
from reports.charts import singles, spread
from reports.report_books import Book, against, judged_by
from reports.report_section import Chart, Note, Section

OVER = ("held_less", "derisk_daily")
"""Books that the hedged one is divided by."""


def growth(result: Run, books: tuple[Book, ...]) -> Section:
    """Return the section."""
    fund, underlying = result.market.hedge, result.market.underlying
    over = [one for one in books if one.name in OVER and one.ledger is not None]
    ratios = (
        f" Third, the hedge over {' and over '.join(_called(one) for one in over)}: below 1 it is behind."
        if over
        else ""
    )
    caption = (
        f"Equity in dollars, and below it the fall from the highest so far.{ratios} Last, the hedged book's net beta:"
        f" how much of it moves with {underlying}; below 0 it gains when {underlying} falls. Shaded: {fund} is held."
        " Point at a day for every book of it."
    )
    chart = Chart(
        "growth", f"Growth, drawdown, relative growth and net beta of {counted(len(books), 'book')}", caption, "huge"
    )
    return Section("grown", "Growth", _finding(books), [chart, *_why(result)], {"growth": _data(result, books, over)})


def _called(book: Book) -> str:
    return "holding less" if book.name == "held_less" else book.title.lower()


def _why(result: Run) -> list[Note]:
    why = None if result.evaluation is None else result.evaluation.why
    if why is None:
        return []
    return [
        Note(
            f"There is no verdict ({why}), so what rests on one is left out: holding less, timing, sizes, sensitivity."
        )
    ]


def _finding(books: tuple[Book, ...]) -> str:
    judge = judged_by(books)
    ours, theirs = books[0].ledger, judge.ledger
    assert ours is not None  # noqa: S101  # both can always be run
    assert theirs is not None  # noqa: S101
    end, other = float(ours.equity[ours.last]), float(theirs.equity[theirs.last])
    if end <= 0.0:
        return "The hedged book was ruined"
    if other <= 0.0:
        return f"{judge.title} was ruined, the hedge was not"
    apart = percent(abs(end / other - 1.0))
    if apart == percent(0.0):
        return f"In the end the hedge was worth as much as {against(judge)}"
    return f"In the end the hedge was worth {apart} {'more' if end > other else 'less'} than {against(judge)}"


def _data(result: Run, books: tuple[Book, ...], over: list[Book]) -> dict[str, Any]:
    alive = {one.name: (one, _alive(one.ledger)) for one in books if one.ledger is not None}
    hedged = alive["hedged"][1]
    beta = run_beta(result.config, result.market)
    drawn = np.concatenate([values for _book, values in alive.values()])
    return {
        "books": [
            {"name": one.title, "role": one.role, "equity": singles(values), "drawdown": singles(drawdowns(values))}
            for one, values in alive.values()
        ],
        "over": [{"name": f"over {_called(one)}", "y": singles(hedged / alive[one.name][1])} for one in over],
        "beta": singles(np.where(np.isnan(hedged), np.nan, net_beta(result.setup, result.hedged, beta))),
        "held": held_stretches(result.hedged),
        "spread": spread(drawn),
        "reach": [float(np.nanmin(drawn)), float(np.nanmax(drawn))],
    }


def held_stretches(hedged: Ledger) -> list[list[int]]:
    """Return the sessions between which the fund was held: the fill that bought it, and the one that sold all of it."""
    held: Flags = hedged.shares[: hedged.last + 1, -1] != 0.0
    edges = np.diff(np.concatenate(([0], held.astype(np.int64), [0])))
    ends = np.minimum(np.flatnonzero(edges < 0), hedged.last)
    return np.column_stack((np.flatnonzero(edges > 0), ends)).tolist()


def _alive(ledger: Ledger) -> Floats:
    """Return a book's equity, NaN once it is ruined: what is at 0 has no place on a logarithmic axis."""
    there = (np.arange(len(ledger.equity)) <= ledger.last) & (ledger.equity > 0.0)
    return np.where(there, ledger.equity, np.nan)
