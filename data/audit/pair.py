"""A fund beside its underlying: which that is, what its leverage says each session should be, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.audit.history import History
from data.audit.peers import Peers
from data.audit.robust import Fit, fit, local_scale
from data.calendar import nyse_sessions
from data.families import Fund
from data.series import Series

LEAST_NOISE = 5e-4
"""Noise of a pair is taken to be 5 bp at least: closes are rounded to cents."""
WORST = 0.02
"""The model's gross return is no lower: an underlying that is wrong by a factor may say less than 0."""
MULTIPLES = (-3.0, -2.0, -1.0, 2.0, 3.0)
NEAR, ALIKE = 0.05, 0.98
"""Part by which a slope may miss such a multiple, and the least R2. SOXS on SOXX has .996, on SMH .95."""
RECENT, BLOCK = 1000, 125
"""Sessions that are looked at, and that are compared at a time: the median block counts, so that a stretch that is
wrong doesn't hide what a fund is."""


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

    def other(self, held: History) -> History:
        """Return the one of the two that `held` isn't."""
        return self.underlying if held.name == self.fund.name else self.fund

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
    def implied(self) -> Floats:
        """What the underlying's close should be over its last, by the fund's."""
        return np.maximum(1.0 + (self.fund.gross - 1.0) / self.leverage, WORST)

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


def match(unknown: History, others: Mapping[str, History]) -> tuple[Fund, str] | None:
    """Return which underlying's returns an instrument follows at a whole multiple, with how well in words, or None.

    Of several the one with the largest multiple, then the best fit: of a -3x fund both its index and that index's
    3x fund are found. A pair that mirror each other (-1x) counts once, the one that lost being the fund.
    """
    found = []
    for name, other in others.items():
        if name == unknown.name:
            continue
        common = np.intersect1d(unknown.dates[-RECENT:], other.dates[-RECENT:], assume_unique=True)
        if len(common) <= BLOCK:
            continue
        line = _line(_returns(other, common), _returns(unknown, common))
        near = [each for each in MULTIPLES if abs(line.slope / each - 1.0) < NEAR]
        if near and line.r2 >= ALIKE and not (near[0] == -1.0 and _gained(unknown, other, common)):
            found.append((abs(near[0]), line.r2, name, near[0], line.slope))
    if not found:
        return None
    _, r2, name, leverage, slope = max(found)
    return Fund(name, leverage, 0.0), f"{leverage:g}x {name} by its own returns, slope {slope:.2f}, R2 {r2:.3f}"


def _line(x: Floats, y: Floats) -> Fit:
    blocks = [fit(x[start : start + BLOCK], y[start : start + BLOCK]) for start in range(0, len(x), BLOCK)]
    slopes, shares = np.array([block for block in blocks if not np.isnan(block.slope)]).T
    return Fit(float(np.median(slopes)), float(np.median(shares)))


def _returns(history: History, sessions: Dates) -> Floats:
    """Return simple returns over the sessions shared; a session that is missing between two leaves a longer one."""
    at = np.searchsorted(history.dates, sessions)
    level = np.cumprod(np.concatenate(([1.0], history.gross[1:])))[at]
    return level[1:] / level[:-1] - 1.0


def _gained(unknown: History, other: History, sessions: Dates) -> bool:
    growth = [float(np.log1p(_returns(each, sessions)).sum()) for each in (unknown, other)]
    return growth[0] > growth[1]
