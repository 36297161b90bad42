"""What a run's parts say of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from data.shown import figure, screen
from engine.analytics.measure import BOOK

if TYPE_CHECKING:
    from engine.kernel.loop import Ledger
    from engine.runs.run import RunResult

FIGURES = {"cagr": "CAGR", "max_drawdown": "max drawdown", "sharpe": "Sharpe"}
"""The measures that are told of every book, and what each is called here."""


def run_shown(result: RunResult) -> str:
    """Return a run's name, period, verdict and main figures, and what there is to do with it."""
    metrics, market = result.metrics, result.market
    titles = {name: control.title for name, control in result.controls.items()}
    derisk = "derisk_daily" if "derisk_daily" in metrics["controls"] else "derisk_entry"
    books: list[tuple[str, Mapping[str, Any]]] = [(f"Hedged with {market.hedge}", metrics)]
    books += [(titles[name], metrics["controls"][name]) for name in (derisk, "unhedged")]
    folder = f"{result.config.name}-SIMULATED" if result.simulated else result.config.name
    marks = [note for note in result.notes if note.startswith(("SIMULATED", "SYNTHETIC"))]
    return screen(
        f"RunResult {result.config.name}: {result.label}",
        f"{metrics['first']} to {market.run_sessions[-1]}, {len(market.run_sessions):,} sessions, by {result.engine}",
        None if result.evaluation is None else result.evaluation.verdict.sentence,
        "",
        *books_shown(books),
        "",
        *marks,
        f"notes: {len(result.notes)}; backtest.write_run(result) writes runs/{folder}-...",
    )


def books_shown(books: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return a table of books' figures, a line each below their heads."""
    wide, forms = max(len(title) for title, _figures in books), {"percent": ".2%", "number": ".2f"}
    heads = "".join(f"{head:>15}" for head in FIGURES.values())
    lines = [
        f"{title:<{wide}}" + "".join(f"{figure(figures[key], forms[BOOK[key].format]):>15}" for key in FIGURES)
        for title, figures in books
    ]
    return [" " * wide + heads, *lines]


def ledger_shown(ledger: Ledger) -> str:
    """Return a ledger's size, its first and last dollars, and how often it traded and hedged."""
    sessions, instruments = ledger.shares.shape
    last = min(ledger.last + 1, sessions)
    first, final = (figure(float(dollars), ",.2f") for dollars in ledger.equity[[0, ledger.last]])
    held = int((ledger.shares[:last, -1] != 0.0).sum())
    return screen(
        f"Ledger: {sessions:,} sessions, {instruments} instruments, the hedge last",
        f"equity {first} to {final} dollars"
        + ("" if ledger.last == sessions - 1 else f", ended at session {ledger.last:,}"),
        f"fills in {int((ledger.traded[:last] != 0.0).any(axis=1).sum()):,} sessions, the hedge held in {held:,}",
        "arrays: " + ", ".join(name for name in ledger._fields if name != "last"),
    )
