"""Legs: what a run trades, and where each stands in the columns of its arrays: the core's holdings, then the hedge."""

from __future__ import annotations

from typing import NamedTuple

from data.roles import Roles


class Legs(NamedTuple):
    """The instruments of a run by the part they play.

    Parameters
    ----------
    core
        The core's holdings, in the order of its weights.
    hedges
        What is bought as a hedge.
    """

    core: tuple[str, ...]
    hedges: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every instrument, in the order of the columns."""
        return self.core + self.hedges

    def column(self, name: str) -> int:
        """Return an instrument's column; raises ValueError for one that isn't traded."""
        return self.names.index(name)


def legs_of(roles: Roles) -> Legs:
    """Return the legs of who plays which part."""
    return Legs(tuple(roles.core), tuple(hedge.instrument for hedge in roles.hedges))
