"""A fund beside its underlying: what its leverage says each session should have been, and by how much it wasn't."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.audit.history import History
from data.audit.peers import Peers
from data.audit.robust import local_scale
from data.calendar import nyse_sessions
from data.families import Fund
from data.series import Series

LEAST_NOISE = 5e-4
"""Noise of a pair is taken to be 5 bp at least: closes are rounded to cents."""
WORST = 0.02
"""The model's gross return is no lower: an underlying that is wrong by a factor may say less than 0."""


@dataclass(frozen=True)
class Pair:
    """A fund and its underlying on the sessions they share.

    Parameters
    ----------
    fund, underlying
        On the same dates, row for row.
    leverage
        b, the fund's multiple of the daily move.
    matched
        How the underlying was found, in words, where nobody named it.
    peers
        Asks for what moves with the underlying.
    earlier
        Simple returns of the index followed before it changed, shape (sessions,), NaN where it says nothing.
    """

    fund: History
    underlying: History
    leverage: float
    matched: str
    peers: Peers
    earlier: Floats | None = None

    @property
    def dates(self) -> Dates:
        """The sessions that both have."""
        return self.fund.dates

    @property
    def label(self) -> str:
        """What the fund should be: ``-3x SOXX``."""
        return f"{self.leverage:g}x {self.underlying.name}"

    def noted(self, peers: str = "") -> str:
        """Return what peers say, and how the underlying was found, in parentheses; nothing where there is nothing."""
        notes = [note for note in (peers, self.matched) if note]
        return f" ({'; '.join(notes)})" if notes else ""

    @cached_property
    def plain(self) -> Floats:
        """The fund's return less b times the underlying's, whatever index it followed."""
        return self.fund.gross - 1.0 - self.leverage * (self.underlying.gross - 1.0)

    @cached_property
    def moved(self) -> Floats:
        """The return the fund is judged by: the underlying's, or its earlier index's where that is nearer."""
        own = self.underlying.gross - 1.0
        if self.earlier is None:
            return own
        off = np.abs(self.fund.gross - 1.0 - self.leverage * np.array([own, self.earlier]))
        return np.where(off[1] < off[0], self.earlier, own)  # NaN is never nearer

    @cached_property
    def error(self) -> Floats:
        """The fund's return less the modelled one, close to close; financing and fee, some bp, are left in."""
        return self.fund.gross - 1.0 - self.leverage * self.moved

    @cached_property
    def model(self) -> Floats:
        """What the fund's close should be over its last."""
        return np.maximum(1.0 + self.leverage * self.moved, WORST)

    @cached_property
    def noise(self) -> Floats:
        """Standard deviation of `error` around each session."""
        return np.maximum(local_scale(self.error), LEAST_NOISE)

    @cached_property
    def after_gap(self) -> Flags:
        """The rows before which a session of the NYSE is missing: there the fund compounded over several."""
        if len(self.dates) < 2:
            return np.zeros(len(self.dates), dtype=bool)
        at = np.searchsorted(nyse_sessions(self.dates[0], self.dates[-1]), self.dates)
        return np.concatenate(([False], np.diff(at) > 1))

    @cached_property
    def open_model(self) -> Floats:
        """What the fund's open should be over its last close, by the underlying's."""
        return np.maximum(1.0 + self.leverage * (self.underlying.gap - 1.0), WORST)

    @cached_property
    def open_error(self) -> Floats:
        """The fund's move from last close to open less the modelled one."""
        return self.fund.gap - 1.0 - self.leverage * (self.underlying.gap - 1.0)

    @cached_property
    def open_noise(self) -> Floats:
        """Standard deviation of `open_error` around each session."""
        return np.maximum(local_scale(self.open_error), LEAST_NOISE)


def pair_up(
    fund: History, underlying: History, facts: Fund, peers: Peers, matched: str = "", earlier: Series | None = None
) -> Pair:
    """Lay a fund and its underlying on the sessions they share, events of the others folded.

    Parameters
    ----------
    facts
        The fund's leverage, and when its index changed.
    earlier
        That index's levels, where the source has them.
    """
    common = np.intersect1d(fund.dates, underlying.dates, assume_unique=True)
    moved = None
    if earlier is not None and facts.changed is not None and len(common):
        moved = _moves(earlier, common)
        moved[common >= facts.changed] = np.nan
    return Pair(fund.on(common), underlying.on(common), facts.leverage, matched, peers, moved)


def _moves(index: Series, sessions: Dates) -> Floats:
    """Return an index's simple returns from session to session, NaN where it lacks one of the two."""
    at = np.minimum(np.searchsorted(index.dates, sessions), max(len(index.dates) - 1, 0))
    moves = np.full(len(sessions), np.nan)
    if len(index.dates):
        level = np.where((index.dates[at] == sessions) & (index.values[at] > 0), index.values[at], np.nan)
        moves[1:] = level[1:] / level[:-1] - 1.0
    return moves
