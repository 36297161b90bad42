"""What the statistics of overfitting say of a sweep, and how it is read back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engine.research.overfitting.sharpe import Deflated
from engine.research.overfitting.splits import Splits
from engine.research.overfitting.superior import Superior

FILE = "overfitting.json"

OVER_CASH, LESS_UNHEDGED, LESS_DERISK = "over_cash", "less_unhedged", "less_derisk"
SERIES = (OVER_CASH, LESS_UNHEDGED, LESS_DERISK)
"""Series of a book, each with a Sharpe ratio of its own: returns over cash, and log returns less those of another book,
whose mean has the sign of what the hedge adds to its CAGR."""


@dataclass(frozen=True)
class Best:
    """The combination with the highest Sharpe ratio, the first where several are as high.

    Parameters
    ----------
    row
        Its row in results.parquet, from 0.
    parameters
        Its values by their full keys.
    sharpe, unhedged_sharpe
        Of its book and of the unhedged one, a year.
    cagr_vs_unhedged
        What it gains on the unhedged book, a fraction a year.
    episodes
        How often it hedged.
    """

    row: int
    parameters: Mapping[str, Any]
    sharpe: float
    unhedged_sharpe: float
    cagr_vs_unhedged: float
    episodes: int


@dataclass(frozen=True)
class Overfitting:
    """What the statistics of a sweep say, as ``overfitting.json`` holds it.

    Parameters
    ----------
    combinations, trials
        Rows of the sweep, and those of them that have a Sharpe ratio.
    best
        The one that would be chosen.
    deflated
        The best's Sharpe ratio against luck, for each of `SERIES`.
    splits
        Choosing in half of the history and judging in the other; ``None`` where fewer than two combinations can be
        compared, or the history is too short.
    superior
        The tests against ``unhedged`` and ``derisk``.
    """

    combinations: int
    trials: int
    best: Best
    deflated: Mapping[str, Deflated]
    splits: Splits | None
    superior: Mapping[str, Superior]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, with what follows for the sweep's own number of trials."""
        told = asdict(self)
        told["deflated"] = {name: one.as_dict(self.trials) for name, one in self.deflated.items()}
        return told


def read(folder: Path) -> Overfitting | None:
    """Return what a sweep's folder holds of it, ``None`` where it holds nothing."""
    path = folder / FILE
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))

    def made(cls: Any, values: Mapping[str, Any]) -> Any:
        kinds = {field.name: field.type for field in fields(cls)}
        missing = {name: math.nan for name, kind in kinds.items() if kind == "float" and values.get(name, 0.0) is None}
        return cls(**{name: values[name] for name in kinds if name in values} | missing)

    return Overfitting(
        told["combinations"],
        told["trials"],
        made(Best, told["best"]),
        {name: made(Deflated, one) for name, one in told["deflated"].items()},
        None if told["splits"] is None else made(Splits, told["splits"]),
        {name: made(Superior, one) for name, one in told["superior"].items()},
    )
