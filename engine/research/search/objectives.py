"""What a search is for: a column of a sweep's rows, or two of them, and which way each is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats
from data.errors import UserError
from engine.analytics.measure import lower_is_better
from engine.research.columns import check_column

COST, AVOIDED = "cost", "drawdown_avoided"
PAIR = (COST, AVOIDED)
"""What a hedge costs a year against what it spares: the pair that a front is most often wanted of."""

NAMED = {COST: ("cagr_vs_unhedged", -1.0), AVOIDED: ("max_drawdown_vs_unhedged", 1.0)}
"""Objectives that are columns by another name: the column, and its sign."""

MOST = 2


@dataclass(frozen=True)
class Objective:
    """One thing that a search is for.

    Parameters
    ----------
    name
        As it was asked for.
    column
        The column of a sweep's rows that it is read from.
    sign
        1.0, or -1.0 where it is that column's negative.
    lowest
        Whether less is better.
    """

    name: str
    column: str
    sign: float
    lowest: bool

    @property
    def direction(self) -> str:
        """Which way, as optuna has it."""
        return "minimize" if self.lowest else "maximize"

    def of(self, row: Mapping[str, float]) -> float:
        """Return its value in a row, NaN where undefined."""
        return self.sign * row[self.column]


def objectives_of(written: str, directions: str | None, *, answer: bool = False) -> tuple[Objective, ...]:
    """Read objectives.

    Parameters
    ----------
    written
        One name or two, with a comma between: columns of a sweep's rows, `COST` or `AVOIDED`.
    directions
        ``maximize`` or ``minimize`` of each; None for what is known of each.
    answer
        Whether rows hold the parts of the sum.

    Raises
    ------
    UserError
        An unknown name or direction, or too many.
    """
    names = [name.strip() for name in written.split(",")]
    if len(names) > MOST or len(set(names)) < len(names):
        raise UserError(f"--objective {written}: name one, or two that differ, such as {','.join(PAIR)}")
    for name in names:
        check_column("--objective", name, answer=answer, more=tuple(NAMED))
    known = [name == COST or (name not in NAMED and lower_is_better(name)) for name in names]
    ways = known if directions is None else _ways(directions, len(names))
    return tuple(
        Objective(name, *NAMED.get(name, (name, 1.0)), lowest=lowest) for name, lowest in zip(names, ways, strict=True)
    )


def _ways(directions: str, count: int) -> list[bool]:
    """Return of each direction whether less is better."""
    words = [word.strip().lower().replace("ise", "ize") for word in directions.split(",")]
    if len(words) != count or not set(words) <= {"minimize", "maximize"}:
        raise UserError(f"--directions {directions}: write minimize or maximize for each objective, {count} in all")
    return [word == "minimize" for word in words]


def best_first(values: Floats, objectives: Sequence[Objective]) -> tuple[int, ...]:
    """Return the best trials' places: by one objective the best first, by two those that no other beats in both.

    Parameters
    ----------
    values
        Shape (trials, objectives); NaN where undefined. Of equal trials the first counts.

    Returns
    -------
    Of one objective all that are defined; of two the Pareto front, by the first objective.
    """
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    scores = np.where([objective.lowest for objective in objectives], values, -values)[known]
    order = np.lexsort(scores.T[::-1])
    if len(objectives) > 1:
        order = order[_leads(scores[order, 1])]
    return tuple(known[order].tolist())


def _leads(scores: Floats) -> Flags:
    """Return where a score is below all before it, shape (n,)."""
    before = np.concatenate(([np.inf], np.minimum.accumulate(scores)[:-1])) if len(scores) else scores
    leads: Flags = scores < before
    return leads
