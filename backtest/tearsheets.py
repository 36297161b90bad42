"""Quantstats' tear-sheets of a run: against which of its controls, in which file, under which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from backtest.drawing import Here, PageDrawing
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from data.errors import UserError, did_you_mean
from data.format import lowered
from engine.analytics.controls import CONTROLS, run_unhedged
from engine.analytics.metrics import annual, mean_cash_return, returns_of
from engine.hedge_names import hedge_name
from engine.kernel.loop import Ledger
from engine.runs.execute import Executed
from engine.runs.run import Run

UNHEDGED, HELD_LESS = "unhedged", "held_less"
BENCHMARKS = (UNHEDGED, HELD_LESS, "derisk_entry", "derisk_daily")
"""Controls that a tear-sheet may set the run against."""
TEARSHEET = "tearsheet.html"
HOLED = (
    "Sessions are missing: {:.1f} of those that there are make a year on this page, in its rows of 3, 5 and 10 years"
    " and its rolling charts too, wherever the hole lies."
)
SAME_BOOK = "{}: the same book on every session, so that nothing on this page sets the two apart."


def benchmarks_of(named: str | Sequence[str]) -> tuple[str, ...]:
    """Return benchmarks by name, each once; raises UserError for one that isn't among `BENCHMARKS`."""
    names = tuple(dict.fromkeys([named] if isinstance(named, str) else named))
    for name in names:
        if name not in BENCHMARKS:
            known = did_you_mean(name, BENCHMARKS) or f": {', '.join(BENCHMARKS)}"
            raise UserError(f"benchmark {name} is unknown{known}")
    return names or (UNHEDGED,)


def tearsheets(result: Run, benchmark: str | Sequence[str]) -> dict[str, str]:
    """Return the file of each benchmark's tear-sheet; raises UserError where the run has no such benchmark."""
    names = benchmarks_of(benchmark)
    for name in names:
        if name not in result.books:
            why = result.figures["answer_why"] or "it couldn't be run"
            raise UserError(f"benchmark {name}: this run has none, {why}: {UNHEDGED} is always there")
    return {name: f"tearsheet-{name}.html" if place else TEARSHEET for place, name in enumerate(names)}


def draw_tearsheet(
    result: Run,
    path: Path,
    benchmark: str = UNHEDGED,
    *,
    report: str | None = None,
    sheets: Mapping[str, str] = MappingProxyType({}),
    drawing: PageDrawing | None = None,
) -> None:
    """Draw quantstats' tear-sheet of a run, over the same cash rate as its metrics.

    Parameters
    ----------
    result, path
        The run, and the file to write.
    benchmark
        The control it is set against.
    report
        The hedge report's file, where it is drawn too.
    sheets
        The files of all tear-sheets drawn, by benchmark, as `tearsheets` gives them: the page links to the others.
    drawing
        Who draws it; this process, at once, unless given.
    """
    from reports.first_screen import screen_of

    words = ("SIMULATED", "MODELLED", "SYNTHETIC", "ORDERS", "PRICE INDEX", "Accepted")
    a_year, against = result.market.sessions_a_year, result.controls[benchmark].title
    executed = Executed(result.config, result.setup, result.label, result.hedged)
    charted = _charted(executed, result.books[benchmark], benchmark, against)
    holed = [HOLED.format(a_year)] if a_year < SESSIONS_A_YEAR else []
    same = [SAME_BOOK.format(against)] if np.array_equal(charted["hedged"], charted["benchmark"]) else []
    (drawing or Here()).draw(
        path,
        **charted,
        verdict=""
        if result.evaluation is None
        else f"{screen_of(result).question} {result.evaluation.verdict.sentence}",
        report=report,
        neighbours={lowered(result.controls[name].title): file for name, file in sheets.items() if name != benchmark},
        notes=[*(note for note in result.notes if any(word in note for word in words)), *holed, *same],
    )


def draw_ahead(executed: Executed, drawing: PageDrawing) -> None:
    """Have the tear-sheet against the unhedged book begun before the run's controls are known."""
    title = CONTROLS[UNHEDGED].title
    assert isinstance(title, str)  # noqa: S101  # it is called so in every run
    drawing.ahead(**_charted(executed, run_unhedged(executed.setup), UNHEDGED, title))


def _charted(executed: Executed, book: Ledger, benchmark: str, against: str) -> dict[str, Any]:
    """Return what quantstats draws a page of: two books, their cash rate, and what they are called."""
    config, market, terms = executed.config, executed.setup.market, executed.setup.terms
    marked, hedge = "SIMULATED " if market.simulated else "", hedge_name(config).title
    made = market.run_sessions[market.synthetic_sessions()]
    a_year = market.sessions_a_year
    hedged, other = (_padded_returns(ledger.equity, ledger.last) for ledger in (executed.hedged, book))
    named = f"{lowered(against)}{' all the time' if benchmark == HELD_LESS else ''}"
    return {
        "sessions": market.run_sessions[1:],
        "hedged": hedged,
        "benchmark": other,
        "cash_rate": annual(mean_cash_return(terms.cash_accrual, len(hedged)), a_year),
        "sessions_a_year": a_year,
        "title": f"{marked}{config.name}: {executed.label}, {hedge} against {named}",
        "name": f"{marked}{hedge}",
        "benchmark_name": against,
        "synthetic": (made[0], made[-1]) if len(made) else None,
    }


def _padded_returns(equity: Floats, last: int) -> Floats:
    """Return a book's returns over the whole run: 0 after its ruin."""
    returns = np.zeros(len(equity) - 1)
    returns[:last] = returns_of(equity[: last + 1])
    return returns
