"""Reverse stress: at which falls, and after which chops, the hedged book ends behind doing nothing and holding less."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.stress.books import HEDGED, LESS, UNHEDGED, Today
from engine.stress.many import ManyBooks, run_paths
from engine.stress.paths import Paths

FALLS = (-0.025, -0.05, -0.075, -0.10, -0.125, -0.15, -0.175, -0.20, -0.25, -0.30, -0.35, -0.40, -0.50, -0.60)
"""Returns of the underlying at which the paths are made to end."""
CHOPS = (5, 10, 15, 21, 31, 42, 63, 84, 105, 126)
"""Sessions after which they are made to end where they began."""
BENT, EVERY = 40, 20
"""Each is tried on one in so many paths, at most on so many of them."""


class TriedPaths(NamedTuple):
    """What the hedged book did where the paths were made to end.

    Parameters
    ----------
    at
        The underlying's return, or the sessions of a chop.
    behind
        The share of paths on which it ends behind, by the book it is behind of.
    apart
        The median of its growth less the other's, from 1 on, by that book.
    """

    at: float
    behind: dict[str, float]
    apart: dict[str, float]


class Reverse(NamedTuple):
    """Where the hedged book ends behind on most paths.

    Parameters
    ----------
    falls, chops
        What was tried, from the smallest fall and the shortest chop on.
    sessions
        Over which the falls take place.
    """

    falls: tuple[TriedPaths, ...]
    chops: tuple[TriedPaths, ...]
    sessions: int

    def behind(self, other: str) -> tuple[list[float], list[float]]:
        """Return at which falls, and after which chops, it ends behind a book on more than half of the paths."""
        falls, chops = (
            [tried.at for tried in each if tried.behind.get(other, 0.0) > 0.5] for each in (self.falls, self.chops)
        )
        return falls, chops


def reverse_of(
    today: Today, paths: Paths, workers: int | None = None, progress: Callable[[int], None] | None = None
) -> Reverse:
    """Try the hedged book on paths that are bent: one drift more a session, so that all end at one return.

    They keep the volatility, the blocks of days and the gaps of the paths that were drawn.

    Parameters
    ----------
    paths
        Of which the first are bent.
    """
    sessions, few = paths.returns.shape[1], paths.take(_bent(len(paths)))
    tried = [(fall, sessions) for fall in FALLS] + [(0.0, count) for count in _chops(sessions)]
    bent = Paths.joined([few.bent(end, count) for end, count in tried])
    books = run_paths(today, bent, calendars=False, workers=workers, progress=progress)
    found = [
        _tried(end or float(count), books.rows(slice(k * len(few), (k + 1) * len(few))), count)
        for k, (end, count) in enumerate(tried)
    ]
    return Reverse(tuple(found[: len(FALLS)]), tuple(found[len(FALLS) :]), sessions)


def tries(paths: int, sessions: int) -> int:
    """Return on how many paths `reverse_of` runs the books."""
    return _bent(paths) * (len(FALLS) + len(_chops(sessions)))


def _bent(paths: int) -> int:
    return min(max(paths // EVERY, 5), BENT)


def _chops(sessions: int) -> list[int]:
    return [count for count in CHOPS if count <= sessions] or [sessions]


def _tried(at: float, books: ManyBooks, sessions: int) -> TriedPaths:
    hedged, behind, apart = books.growth[HEDGED][:, sessions], dict[str, float](), dict[str, float]()
    for other in (UNHEDGED, LESS):
        if other in books.growth:
            over = hedged - books.growth[other][:, sessions]
            behind[other], apart[other] = float((over < 0.0).mean()), float(np.median(over))
    return TriedPaths(at, behind, apart)
