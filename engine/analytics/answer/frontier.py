"""The frontier: every book by how safe it was and how much it grew, and holding less as the line to beat.

Above the line is cheaper than holding less, below it dearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.arrays import Floats
from engine.analytics.answer.insurance import bad_quarter, gap_to_held_less
from engine.analytics.controls import HELD_LESS, Control
from engine.analytics.derisk import GRID
from engine.analytics.metrics import drawdowns, returns_of
from engine.kernel.loop import Ledger


@dataclass(frozen=True)
class Dot:
    """A book on the frontier.

    Parameters
    ----------
    name, title
        Its key, and what a person calls it.
    share
        Of the core, for a book on the line; ``None`` for others.
    cagr, bad_quarter, max_drawdown, volatility
        Fractions; `bad_quarter` is how far a bad quarter falls short of an average one.
    final_equity
        Dollars.
    gap
        CAGR less that of holding less to the same bad quarter; 0 on the line.
    """

    name: str
    title: str
    share: float | None
    cagr: float
    bad_quarter: float
    max_drawdown: float
    volatility: float
    final_equity: float
    gap: float


@dataclass(frozen=True)
class Frontier:
    """The line of holding less, shares increasing, and the dots beside it: the hedged book first."""

    line: tuple[Dot, ...]
    dots: tuple[Dot, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        return {"line": [asdict(dot) for dot in self.line], "dots": [asdict(dot) for dot in self.dots]}


def frontier_of(hedged: Ledger, controls: Mapping[str, Control], grid: tuple[Ledger, ...], years: float) -> Frontier:
    """Place the hedged book and its controls; a book that was ruined has no place.

    Parameters
    ----------
    hedged, controls
        The run and what it is compared with.
    grid
        Books that hold each share of `engine.analytics.derisk.GRID`.
    years
        Of the run.
    """
    books = [book.equity for book in grid]
    line = tuple(
        place(f"held_{100 * share:.0f}", f"{100 * share:.0f} %", equity, books, years, float(share))
        for share, equity in zip(GRID, books, strict=True)
    )
    beside = {"hedged": ("hedge", hedged)} | {
        name: (control.title, control.ledger)
        for name, control in controls.items()
        if name not in HELD_LESS and control.ledger is not None
    }
    dots = tuple(
        place(name, title, book.equity, books, years)
        for name, (title, book) in beside.items()
        if book.equity.min() > 0.0
    )
    return Frontier(line, dots)


def place(name: str, title: str, equity: Floats, grid: list[Floats], years: float, share: float | None = None) -> Dot:
    """Return where a book stands that is alive to the end."""
    returns, short = returns_of(equity), bad_quarter(equity)
    assert short is not None  # noqa: S101  # a run this short has no answer
    count = len(returns)
    return Dot(
        name,
        title,
        share,
        float((equity[-1] / equity[0]) ** (1.0 / years) - 1.0),
        short,
        float(drawdowns(equity).min()),
        float(returns.std(ddof=1) * np.sqrt(count / years)),
        float(equity[-1]),
        0.0 if share is not None else gap_to_held_less(equity, grid, years),
    )
