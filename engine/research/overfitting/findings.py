"""What the statistics of overfitting say of a sweep: how it is read back, and what it comes to in plain words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from engine.research.overfitting.history import Tried, tried_in
from engine.research.overfitting.sharpe import Deflated
from engine.research.overfitting.splits import Splits
from engine.research.overfitting.superior import Superior

FILE = "overfitting.json"

OVER_CASH, LESS_UNHEDGED, LESS_DERISK = "over_cash", "less_unhedged", "less_derisk"
SERIES = (OVER_CASH, LESS_UNHEDGED, LESS_DERISK)
"""Series of a book, each with a Sharpe ratio of its own: returns over cash, and log returns less those of another book,
whose mean has the sign of what the hedge adds to its CAGR."""

EVEN = 0.5
"""The probability of overfitting from which a choice is no better than a blind one, and of skill below which luck is
the better explanation."""
SURE = 0.95
"""The deflated Sharpe ratio that a choice has to have to hold up; and one less it, the p-value."""
LEAST_EPISODES = 10
"""How many episodes it takes to claim anything of a choice."""
RARE = 0.1
"""The probability of overfitting that it may have."""

BARE, COSTS, LUCK, CANT_TELL, HOLDS = "no hedge", "costs", "luck", "can't tell", "holds up"
ENDINGS = {
    BARE: "doesn't hedge",
    COSTS: "has a hedge that costs more than it brings",
    LUCK: "is luck",
    CANT_TELL: "can't be told from luck",
    HOLDS: "holds up",
}


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
        deflated = {name: series.as_dict(self.trials) for name, series in self.deflated.items()}
        return asdict(self) | {"deflated": deflated}


def read(folder: Path) -> Overfitting | None:
    """Return what a sweep's folder holds of it, ``None`` where it holds nothing."""
    path = folder / FILE
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))

    def made(cls: Any, values: Mapping[str, Any]) -> Any:
        kinds = {field.name: field.type for field in fields(cls)}
        missing = {name: math.nan for name, kind in kinds.items() if kind == "float" and values.get(name, 0.0) is None}
        return cls(**{name: values[name] for name in kinds if name in values} | missing)

    return Overfitting(
        kept["combinations"],
        kept["trials"],
        made(Best, kept["best"]),
        {name: made(Deflated, each) for name, each in kept["deflated"].items()},
        None if kept["splits"] is None else made(Splits, kept["splits"]),
        {name: made(Superior, each) for name, each in kept["superior"].items()},
    )


class Number(NamedTuple):
    """One of the three numbers beside the sentence; ``None`` where it can't be had."""

    label: str
    value: float | None
    digits: int


class Standing(NamedTuple):
    """What was found of a sweep, and how much was tried of its run by now: more than when it was found, perhaps."""

    found: Overfitting
    tried: Tried


def standing_of(folder: Path) -> Standing | None:
    """Return how a sweep stands; ``None`` where its folder holds no statistics."""
    found = read(folder)
    return None if found is None else Standing(found, tried_in(folder))


def figures_of(standing: Standing | None) -> dict[str, Any]:
    """Return what a sweep's standing comes to, as plain values; all are ``None`` where there are no statistics.

    Returns
    -------
    ``says``; ``pbo``, the probability of backtest overfitting; ``deflated_sharpe`` of the best for all that was tried,
    by series; ``spa``, the p-value of the best against ``unhedged`` and ``derisk``.
    """
    if standing is None:
        return dict.fromkeys(("says", "pbo", "deflated_sharpe", "spa"))
    found, tried = standing
    return {
        "says": sentence(found, tried),
        "pbo": None if found.splits is None else found.splits.pbo,
        "deflated_sharpe": {name: series.deflated(tried.combinations) for name, series in found.deflated.items()},
        "spa": {name: test.p_value for name, test in found.superior.items()},
    }


def outcome(found: Overfitting, tried: int) -> str:
    """Return what the best of a sweep comes to: the first of `ENDINGS` that is true.

    What its hedge adds is its book's log return less the unhedged book's. `BARE`: that is nothing. `COSTS`: it is below
    0 on average.
    `LUCK`: its deflated Sharpe ratio is below one half, for all that was tried, or the probability of overfitting is
    one half at least. `HOLDS`: 0.95 at least, at most 0.1, a p-value against the unhedged book of 0.05 at most, and
    `LEAST_EPISODES` episodes. Else it `CANT_TELL`. A deflated Sharpe ratio that is undefined is neither.
    """
    adds, splits = found.deflated[LESS_UNHEDGED], found.splits
    skill = adds.deflated(tried)
    if adds.sharpe <= 0.0:
        return COSTS if adds.sharpe else BARE
    if (skill is not None and skill < EVEN) or (splits is not None and splits.pbo >= EVEN):
        return LUCK
    enough = found.best.episodes >= LEAST_EPISODES and found.superior["unhedged"].p_value <= 1.0 - SURE
    sure = skill is not None and skill >= SURE and splits is not None and splits.pbo <= RARE
    return HOLDS if enough and sure else CANT_TELL


def sentence(found: Overfitting, tried: Tried) -> str:
    """Return what there is to say of the best of a sweep, for all that was tried of its run."""
    many = tried.combinations
    of = f" ({many:,} in all {tried.sweeps} sweeps of this run)" if many > found.trials else ""
    counted = f"Of {found.trials:,} combinations{of} the best" if found.trials > 1 else f"The one combination{of}"
    return f"{counted} by Sharpe ratio {ENDINGS[outcome(found, many)]}."


def numbers(found: Overfitting, tried: Tried) -> tuple[Number, Number, Number]:
    """Return the three numbers that the sentence rests on."""
    skill = found.deflated[LESS_UNHEDGED].deflated(tried.combinations)
    return (
        Number("deflated Sharpe ratio of what its hedge adds", skill, 2),
        Number("probability of overfitting", None if found.splits is None else found.splits.pbo, 2),
        Number("SPA p-value against unhedged", found.superior["unhedged"].p_value, 3),
    )
