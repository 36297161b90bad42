"""Legs: what a run trades, and where each stands in the columns of its arrays: the core's holdings, then the hedges."""

from __future__ import annotations

from typing import NamedTuple

from data.roles import HedgeRole, Roles


class Legs(NamedTuple):
    """The instruments of a run by the part they play, in the order of the columns.

    Parameters
    ----------
    core
        The core's holdings, in the order of its weights.
    hedges
        What is bought or sold against it: a collar is one hedge of the run, and two of these.
    """

    core: tuple[str, ...]
    hedges: tuple[HedgeRole, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every instrument."""
        return (*self.core, *(hedge.instrument for hedge in self.hedges))

    @property
    def labels(self) -> tuple[str, ...]:
        """The hedges' names, a number after one that stands more than once: ``SOXS``, ``SOXS (2)``."""
        names = [hedge.instrument for hedge in self.hedges]
        before = [names[:k].count(name) for k, name in enumerate(names)]
        return tuple(f"{name} ({again + 1})" if again else name for name, again in zip(names, before, strict=True))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every instrument by a name of its own, in the order of the columns: the core, then `labels`."""
        return (*self.core, *self.labels)

    @property
    def firsts(self) -> tuple[int, ...]:
        """The place among `hedges` of the first instrument of each hedge of the run."""
        legs = [hedge.leg for hedge in self.hedges]
        return tuple(legs.index(leg) for leg in dict.fromkeys(legs))

    @property
    def of_core(self) -> slice:
        """The core's columns."""
        return slice(len(self.core))

    @property
    def of_hedges(self) -> slice:
        """The hedges' columns."""
        return slice(len(self.core), None)

    def of_hedge(self, k: int) -> int:
        """Return the column of the k-th of `hedges`."""
        return len(self.core) + k


def legs_of(roles: Roles) -> Legs:
    """Return the legs of who plays which part."""
    return Legs(tuple(roles.core), roles.hedges)
