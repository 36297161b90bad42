"""What the statistics of overfitting come to, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from engine.research.overfitting.findings import LESS_UNHEDGED, Overfitting, read
from engine.research.overfitting.history import Tried, tried_in

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
        "deflated_sharpe": {name: one.deflated(tried.combinations) for name, one in found.deflated.items()},
        "spa": {name: one.p_value for name, one in found.superior.items()},
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
