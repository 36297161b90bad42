"""Hedge measures of whole books: what protection cost, what it caught in crashes, when selling core is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import expm1, log
from data.arrays import Dates, Floats
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.metrics import cvar, drawdowns, returns_of

WINDOWS = 10
WINDOW = 21
"""The core's worst windows: how many, and how many sessions each."""


class Figure(NamedTuple):
    """A number, or why there is none."""

    value: float | None
    why: str = ""


@dataclass(frozen=True)
class Protection:
    """What the hedge cost against the unhedged book, and what it took off; fractions.

    Parameters
    ----------
    cost
        The unhedged book's CAGR less the hedged one's, a year; below 0 it earned.
    drawdown_avoided, cvar_avoided
        How much shallower the maximum drawdown, and how much smaller the mean tail loss of a session; below 0 deeper.
    cost_per_drawdown, cost_per_cvar
        `cost` over each: % a year for each point.
    """

    cost: float
    drawdown_avoided: float
    cvar_avoided: float
    cost_per_drawdown: Figure
    cost_per_cvar: Figure

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        return asdict(self) | {
            "cost_per_drawdown": self.cost_per_drawdown._asdict(),
            "cost_per_cvar": self.cost_per_cvar._asdict(),
        }


def protection(hedged: Floats, unhedged: Floats, a_year: float = SESSIONS_A_YEAR) -> Protection:
    """Price the protection from both books' equity, dollars at each close, shape (sessions,).

    `a_year` of those sessions make a year.
    """
    cost = _cagr(unhedged, a_year) - _cagr(hedged, a_year)
    fall = float(drawdowns(hedged).min() - drawdowns(unhedged).min())
    tail = min(cvar(returns_of(hedged)), 0.0) - min(cvar(returns_of(unhedged)), 0.0)
    return Protection(
        cost,
        fall,
        tail,
        _per_point(cost, fall, "the maximum drawdown was no smaller"),
        _per_point(cost, tail, "the mean tail loss was no smaller"),
    )


def _cagr(equity: Floats, a_year: float) -> float:
    growth = max(float(equity[-1] / equity[0]), 0.0)
    return growth ** (a_year / (len(equity) - 1)) - 1.0


def _per_point(cost: float, avoided: float, not_smaller: str) -> Figure:
    if avoided <= 0.0:
        return Figure(None, not_smaller)
    if cost <= 0.0:
        return Figure(None, "the hedge cost nothing")
    return Figure(cost / avoided)


class Crash(NamedTuple):
    """One of the core's worst windows: its first close, its last, and simple returns between them."""

    first: int
    last: int
    core: float
    hedged: float
    unhedged: float


def crashes(
    core: Floats, hedged: Floats, unhedged: Floats, windows: int = WINDOWS, length: int = WINDOW
) -> tuple[Crash, ...]:
    """List the core's worst windows that don't overlap and in which it fell, the worst first.

    Parameters
    ----------
    core, hedged, unhedged
        The core's total-return level, and both books' equity, at each close, shape (sessions,).
    windows, length
        At most how many, and how many sessions each.

    Notes
    -----
    Greedy: the worst, then the worst of those that share no session with it, and so on.
    """
    moves = core[length:] / core[:-length] - 1.0
    found: list[Crash] = []
    for start in np.argsort(moves, kind="stable"):
        first, last = int(start), int(start) + length
        if len(found) == windows or moves[first] >= 0.0:
            break
        if all(last <= one.first or one.last <= first for one in found):
            books = (float(book[last] / book[first] - 1.0) for book in (hedged, unhedged))
            found.append(Crash(first, last, float(moves[first]), *books))
    return tuple(found)


def crash_capture(found: Sequence[Crash]) -> Figure:
    """Return the hedged book's loss over the unhedged one's in those windows, sums of returns: 1 is no protection."""
    lost = sum(one.unhedged for one in found)
    if lost >= 0.0:
        return Figure(None, "the unhedged book didn't lose in the core's worst windows")
    return Figure(sum(one.hedged for one in found) / lost)


def capture(hedged: Floats, unhedged: Floats, sessions: Dates) -> tuple[Figure, Figure]:
    """Return up and down capture: the hedged book's mean return over the unhedged one's, in its months up and down.

    Means are geometric, over calendar months, the first and last as far as they go (Morningstar's measure, which
    takes whole months).

    Parameters
    ----------
    hedged, unhedged
        Dollars at each close, shape (sessions,).
    sessions
        ``datetime64[D]``, shape (sessions,).
    """
    alive = int(((hedged > 0.0) & (unhedged > 0.0)).sum())  # a ruined book has no month after its last
    hedged, unhedged, sessions = hedged[:alive], unhedged[:alive], sessions[:alive]
    months = sessions.astype("datetime64[M]").astype(np.int64)
    ends = np.union1d(np.flatnonzero(np.diff(months)), [0, len(months) - 1])
    ours, theirs = (np.diff(log(book[ends])) for book in (hedged, unhedged))
    return _captured(ours, theirs, theirs > 0.0, "up"), _captured(ours, theirs, theirs < 0.0, "down")


def _captured(ours: Floats, theirs: Floats, months: Any, way: str) -> Figure:
    if not months.any():
        return Figure(None, f"the unhedged book had no month {way}")
    return Figure(float(expm1(ours[months].mean()) / expm1(theirs[months].mean())))


def sale_cost_at_par(ends: Callable[[float], tuple[float, float]], most: float = 0.5) -> Figure:
    """Return X: selling core is better than the hedge unless selling costs more than X of the amount sold.

    The cost (a tax, a mandate's price) falls on every dollar of core sold, in both books, and isn't given back when
    core is bought again. X is the rate at which both end with the same dollars, by bisection to 1e-6.

    Parameters
    ----------
    ends
        Both books' end values when run at a rate, the hedged one first.
    most
        The highest rate looked at.

    Returns
    -------
    Figure
        A fraction of the amount sold, 0 when both ended alike; none when a book was ruined, when the hedge ended
        ahead as it was, or when no rate up to `most` levels them.
    """
    hedged, derisk = ends(0.0)
    if min(hedged, derisk) <= 0.0:
        return Figure(None, "one of the books was ruined")
    if hedged == derisk:
        return Figure(0.0)
    if hedged > derisk:
        return Figure(None, "the hedge ended ahead of selling core, at no extra cost of selling")
    low, high = 0.0, most
    hedged, derisk = ends(high)
    if hedged < derisk:
        return Figure(None, f"selling core is better even where selling costs {most:.0%} of the amount sold")
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        hedged, derisk = ends(middle)
        low, high = (middle, high) if hedged < derisk else (low, middle)
    return Figure((low + high) / 2.0)
