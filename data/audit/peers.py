"""Which of two instruments is wrong when they disagree: the one that leaves its own day, and its peers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from data.audit.history import History
from data.audit.robust import Fit, fit
from data.format import rough

DECISIVE = 10.0
"""Log of the likelihood ratio from which an instrument's own moves settle who is wrong: a chance below 1 in 20,000."""
AKIN = 0.5
"""Share of the underlying's variance that a peer has to explain around that day."""
AROUND = 126
"""Sessions on either side over which it is measured."""
MOST = 3
"""Peers that count."""


class Peers(NamedTuple):
    """The instruments that move with an underlying.

    Parameters
    ----------
    read
        Reads them; asked only when something is suspicious and the pair itself doesn't tell.
    at_hand
        Gives those that are read already: they are quoted where they say something.
    """

    read: Callable[[], Sequence[History]]
    at_hand: Callable[[], Sequence[History]]


class Blame(NamedTuple):
    """Who is wrong.

    Parameters
    ----------
    underlying
        Whether it is the underlying, not the fund.
    message
        What peers did, for the finding: ``SMH moved +0.7 %``, or nothing.
    """

    underlying: bool
    message: str = ""


def own_evidence(fund: Sequence[float], underlying: Sequence[float], scale: float) -> float:
    """Return the log of the likelihood ratio that the underlying is wrong, from two moves in a row of each.

    One of the two is right, so the other's moves are the true ones, and those are normal: a bad price shows as a
    large move, most often taken back by the next.

    Parameters
    ----------
    fund, underlying
        Simple returns of the two legs, the fund's divided by its leverage.
    scale
        Standard deviation of such a return of the underlying.
    """
    squares = [float(np.square(moves).sum()) for moves in (fund, underlying)]
    return (squares[1] - squares[0]) / (2.0 * scale**2)


def blame(  # two instruments' moves, and how to judge them
    row: int, fund: Sequence[float], underlying: History, moves: Sequence[float], scale: float, field: str, peers: Peers
) -> Blame:
    """Decide who is wrong on a session; peers are asked when the two instruments' own moves don't tell.

    Parameters
    ----------
    row
        Of the underlying's history.
    fund, moves
        Two simple returns in a row of the fund, divided by its leverage, and of the underlying: last close to open
        and open to close, or two closes.
    scale
        Standard deviation of such a return of the underlying.
    field
        ``open`` or ``close``: the price in question.
    """
    evidence = own_evidence(fund, moves, scale)
    if abs(evidence) > DECISIVE:
        return Blame(evidence > 0)
    answer = expected_by_peers(row, underlying, field, peers.read())
    if answer is None:
        return Blame(underlying=False)
    expected, words = answer
    return Blame(abs(moves[0] - expected) > abs(fund[0] - expected), words)


def expected_by_peers(row: int, underlying: History, field: str, peers: Iterable[History]) -> tuple[float, str] | None:
    """Return what peers say the underlying moved since the last close, and what they did, in words."""
    date = underlying.dates[row]
    answers = []
    for peer in peers:
        at = int(np.searchsorted(peer.dates, date))
        if at == 0 or at >= len(peer) or peer.dates[at] != date:
            continue
        line = _line(row, underlying, peer)
        if line.r2 >= AKIN:
            move = float((peer.gap if field == "open" else peer.gross)[at]) - 1.0
            answers.append((line.r2, line.slope * move, f"{peer.name} {rough(move, sign=True)}"))
    if not answers:
        return None
    _, moves, words = zip(*sorted(answers, reverse=True)[:MOST], strict=True)
    return float(np.median(moves)), ", ".join(words)


def _line(row: int, underlying: History, peer: History) -> Fit:
    """Regress the underlying on a peer around a session, that session and the next left out."""
    around = underlying.bars.rows(slice(max(0, row - AROUND), row + AROUND))
    common = np.intersect1d(around.dates, peer.dates, assume_unique=True)
    ours, theirs = underlying.on(common).gross - 1.0, peer.on(common).gross - 1.0
    away = np.abs((common - underlying.dates[row]).astype(int)) > 4
    return fit(*(np.where(away, moves, np.nan) for moves in (theirs, ours)))
