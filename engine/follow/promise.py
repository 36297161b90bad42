"""What a backtest promises of the sessions to come: bands of its hedged book's gap to others, and their scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from engine.analytics.answer.insurance import BLOCK, draw_sessions
from engine.follow.books import BOOKS, core_return
from engine.follow.present import Present

HORIZONS = (1, 5, 21, 63, 126, 252, 504, 756)
"""Sessions after which a band is told."""
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWS, SEED = 2_000, 0


def promised(present: Present) -> dict[str, Any]:
    """Return the bands of the hedged book's gap to each other, for the registration.

    The stationary bootstrap of paired sessions with mean block `BLOCK`: each draw is as long as the longest horizon,
    and the gap after n sessions is the sum of its first n differences of log returns.

    Returns
    -------
    dict
        ``sessions`` and ``levels``, and for each book in ``gaps`` the quantiles of log growth of the hedged book less
        its own, a row a number of sessions; null for a book that was ruined.
    """
    days = draw_sessions(len(present.sessions) - 1, HORIZONS[-1], DRAWS, SEED)
    ends = np.array(HORIZONS) - 1
    gaps = dict[str, Any]()
    for name, ahead in _ahead(present).items():
        drawn = None if ahead is None else np.cumsum(ahead[days], axis=1)[:, ends]
        gaps[name] = None if drawn is None else np.quantile(drawn, LEVELS, axis=0).T.tolist()
    return {"sessions": list(HORIZONS), "levels": list(LEVELS), "block": BLOCK, "draws": DRAWS, "gaps": gaps}


def scales(present: Present) -> dict[str, Any]:
    """Return how large differences a session were in the backtest, for a test of the sessions to come.

    Returns
    -------
    dict
        For ``held_less`` and ``derisk_entry`` the standard deviation and the largest absolute value of the hedged
        book's log return less theirs; the standard deviation of the underlying's and of the core's, this less that of
        cash; mean and standard deviation of the core exposure given up, as `engine.follow.record.ForwardReturns` has
        it; the share of closes with a hedge.
    """
    setup, market, count = present.setup, present.market, len(present.sessions)
    ahead, hedged, unhedged = _ahead(present), present.ledgers["hedged"], present.ledgers["unhedged"]
    level = market.total_return(market.underlying)[market.first :]
    rows = (
        core_return(setup.prices, setup.terms, unhedged.shares[t - 1, setup.legs.of_core], t) for t in range(1, count)
    )
    core = np.fromiter(rows, np.float64, count - 1)
    held = (hedged.shares[:count, setup.legs.of_hedges] != 0.0).any(axis=1)
    given_up = (unhedged.core[0] - present.ledgers["derisk_entry"].core)[: count - 1]
    return {
        **{name: _spread(ahead[name]) for name in ("held_less", "derisk_entry")},
        "underlying": {"sd": float(np.diff(log(level)).std(ddof=1))},
        "core": {"sd": float(core.std(ddof=1))},
        "given_up": {"mean": float(given_up.mean()), "sd": float(given_up.std(ddof=1))},
        "hedged": float(held.mean()),
    }


def _spread(values: Floats | None) -> dict[str, float] | None:
    if values is None:
        return None
    return {"sd": float(values.std(ddof=1)), "largest": float(np.abs(values).max())}


def _ahead(present: Present) -> dict[str, Floats | None]:
    """Return the hedged book's log return a session less that of each other, None of one that was ruined."""
    count = len(present.sessions)
    logs = {name: log(present.ledgers[name].equity[:count]) for name in BOOKS}
    ahead = {name: np.diff(logs["hedged"] - logs[name]) for name in BOOKS[1:]}
    return {name: each if np.isfinite(each).all() else None for name, each in ahead.items()}


def band_after(promise: Mapping[str, Any], book: str, sessions: int) -> Floats | None:
    """Return the quantiles of a gap after some sessions, shape (levels,); None beyond the longest, or of no book.

    Between two horizons a quantile lies on a straight line over the root of time, by which the spread grows.
    """
    rows, horizons = promise["gaps"].get(book), promise["sessions"]
    if rows is None or sessions > horizons[-1]:
        return None
    at = np.sqrt(np.array([0, *horizons], np.float64))
    table = np.vstack((np.zeros(len(promise["levels"])), np.array(rows, np.float64)))
    return np.array([np.interp(np.sqrt(sessions), at, column) for column in table.T])


def place_in(band: Floats, levels: Sequence[float], gap: float) -> tuple[float, float]:
    """Return between which of a band's levels a gap lies: 0 below the lowest, 1 above the highest."""
    at = int(np.searchsorted(band, gap))
    whole = (0.0, *levels, 1.0)
    return whole[at], whole[at + 1]
