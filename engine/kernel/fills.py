"""What books hold from fill to fill: what a sweep's kernel leaves, and what paths and attributions are made of."""

from __future__ import annotations

from typing import NamedTuple

from data.arrays import Floats, Ints


class Fills(NamedTuple):
    """What books hold from each fill on: all that their paths are made of.

    Parameters
    ----------
    made
        How many each has, shape (books,).
    session, cash
        The session of each, and the dollars after it, shape (books, fills).
    held
        Units after it, shape (books, fills, instruments).
    """

    made: Ints
    session: Ints
    cash: Floats
    held: Floats
