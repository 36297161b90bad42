"""Who plays which part in a run: what is held, what is bought or sold against it, and what signals read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.arrays import Floats

Kind = Literal["fund", "asset", "cash", "short", "option"]

BILLS = "BILLS"
"""What a hedge of kind cash holds: a dollar in Treasury bills, by its name among the instruments."""


@dataclass(frozen=True)
class HedgeRole:
    """An instrument that is traded as a hedge, or as a part of one.

    Parameters
    ----------
    instrument
        Its name. Bills, a short and an option have one of their own, such as ``SOXX-SHORT``: the source has no bars of
        them, they are made of the underlying's and of rates.
    kind
        A fund of a multiple of the underlying's daily move, any other asset, bills, the underlying sold short, or an
        option on it.
    leverage
        A fund's multiple of the underlying's daily move; NaN for anything else.
    side
        1, or -1 for what is sold short.
    leg
        Which of the run's hedges it belongs to, from 0: a collar is one hedge and two instruments.
    """

    instrument: str
    kind: Kind = "fund"
    leverage: float = math.nan
    side: int = 1
    leg: int = 0

    @property
    def made(self) -> bool:
        """Whether its bars are made from others."""
        return self.kind in ("cash", "short", "option")


@dataclass(frozen=True)
class Roles:
    """Which instrument plays which part in a run.

    Parameters
    ----------
    core
        Instruments held, with their configured weights (positive, sum 1).
    hedges
        What is traded against them, one at least.
    underlying
        What signals read unless told otherwise, and what funds are a multiple of, such as ``SOXX``.
    """

    core: Mapping[str, float]
    hedges: tuple[HedgeRole, ...]
    underlying: str

    @classmethod
    def with_fund(cls, core: Mapping[str, float], fund: str, underlying: str, leverage: float) -> Roles:
        """Return the roles of a run with one leveraged fund."""
        return cls(core, (HedgeRole(fund, "fund", leverage),), underlying)

    @property
    def hedge(self) -> str:
        """The first hedge's instrument."""
        return self.hedges[0].instrument

    @property
    def leverage(self) -> float:
        """The first hedge's multiple of the underlying's daily move; NaN where it is no fund."""
        return self.hedges[0].leverage

    @property
    def one_fund(self) -> bool:
        """Whether the hedge is one leveraged fund, and nothing else."""
        return len(self.hedges) == 1 and self.hedges[0].kind == "fund"

    @property
    def listed(self) -> tuple[str, ...]:
        """What is traded, or makes what is, of which the source has to have bars on every session of the run."""
        own = (self.underlying if hedge.kind in ("short", "option") else hedge.instrument for hedge in self.hedges)
        return tuple(dict.fromkeys((*self.core, *(name for name in own if name != BILLS))))

    @property
    def core_weights(self) -> Floats:
        """The configured core weights, shape (core holdings,)."""
        return np.array(list(self.core.values()), dtype=np.float64)
