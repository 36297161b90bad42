"""The episodes together: what each needed of the underlying for the fund to gain, what it got, what they came to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arithmetic import log
from data.arrays import Floats, Ints
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.episodes import Episode

SHORT = 10
"""Below how many sessions a losing episode is a whipsaw."""


class Figure(NamedTuple):
    """A number, or why there is none."""

    value: float | None
    why: str = ""


@dataclass(frozen=True)
class EpisodeStats:
    """What the episodes came to; one that is open counts as it stands at the last close.

    Parameters
    ----------
    episodes, hits
        How many, and how many made dollars after costs.
    hit_rate, payoff
        The share of hits, and the mean gain over the mean loss, dollars.
    false_alarms
        Episodes during which the underlying rose.
    whipsaws, whipsaw_dollars, whipsaw_a_year
        Losing episodes of fewer than `SHORT` sessions from fill to fill: how many, their dollars (<= 0), and the sum
        of each one's dollars over equity at its decision, a fraction a year.
    """

    episodes: int
    hits: int
    hit_rate: Figure
    payoff: Figure
    false_alarms: int
    whipsaws: int
    whipsaw_dollars: float
    whipsaw_a_year: float


class Need(NamedTuple):
    """What an episode needed of the underlying for the fund to gain, and what it got; simple returns, fill to fill.

    Parameters
    ----------
    sessions
        Of the exchange, from fill to fill; to the last close while it is open.
    volatility
        Of the underlying in that time, a fraction a year.
    break_even
        The fund gains when the underlying's return is below this (above it, for a fund of positive leverage); NaN of
        what is no fund.
    moved
        The underlying's return.
    """

    sessions: int
    volatility: float
    break_even: float
    moved: float


def break_even(leverage: float, variance: float, carry: float) -> float:
    """Return the underlying's simple return at which a daily-reset fund comes out even.

    In log moves: the fund makes ``b x + b(1-b)/2 V + C``, which is 0 at ``x = -(1-b)/2 V - C/b``. At b = -3 that is
    -2V + C/3. It is above 0 for x below that when b < 0, for x above it when b > 0.

    Parameters
    ----------
    leverage
        b, the fund's multiple of the underlying's daily move, not 0.
    variance
        V, the underlying's realised variance over the whole time: sigma squared times T.
    carry
        C, what the fund earns beside the index over the whole time: ((1-b) f - fee - abs(b) s) T.

    Notes
    -----
    To second order in daily moves, as for a fund reset without pause.

    References
    ----------
    Avellaneda and Zhang (2010), "Path-dependence of leveraged ETF returns", SIAM J. Financial Mathematics 1.
    """
    return math.expm1(-(1.0 - leverage) / 2.0 * variance - carry / leverage)


def needs_of(
    episodes: Sequence[Episode],
    level: Floats,
    filled: Floats,
    funds: Mapping[int, tuple[float, Floats]],
    last: int,
    numbers: Ints,
) -> tuple[Need, ...]:
    """Return what each episode needed of the underlying, and what it got.

    Parameters
    ----------
    episodes
        The run's.
    level, filled
        The underlying's total-return level at each close, and at the moment orders fill in each session (the same
        for fills at the close), shape (sessions,).
    funds
        Of each hedge that is a fund its b, and what a dollar in it earns in each session beside the index, shape
        (sessions,).
    last
        The last session with a book.
    numbers
        The place of each session among the exchange's: `data.calendar.session_numbers`, shape (sessions,).
    """
    return tuple(_need(episode, level, filled, funds, last, numbers) for episode in episodes)


def _need(
    episode: Episode,
    level: Floats,
    filled: Floats,
    funds: Mapping[int, tuple[float, Floats]],
    last: int,
    numbers: Ints,
) -> Need:
    end = last if episode.exited is None else episode.exited
    closes = (
        level[episode.entered : end + 1] if episode.exited is None else [*level[episode.entered : end], filled[end]]
    )
    path = log([filled[episode.entered], *closes])
    variance = float((np.diff(path) ** 2).sum())
    sessions = int(numbers[end] - numbers[episode.entered])
    volatility = math.sqrt(variance * SESSIONS_A_YEAR / max(sessions, 1))
    even = math.nan
    if episode.hedge in funds:
        leverage, carry = funds[episode.hedge]
        even = break_even(leverage, variance, float(carry[episode.entered + 1 : end + 1].sum()))
    return Need(sessions, volatility, even, math.expm1(float(path[-1] - path[0])))


def episode_stats(
    episodes: Sequence[Episode], needs: Sequence[Need], equity: Floats, a_year: float = SESSIONS_A_YEAR
) -> EpisodeStats:
    """Return what the episodes came to.

    Parameters
    ----------
    episodes, needs
        The run's, and `needs_of` them.
    equity
        The hedged book's dollars at each close, to its last session with a book, shape (sessions,).
    a_year
        How many of those sessions make a year.
    """
    pnl = np.array([episode.pnl for episode in episodes])
    gains, losses = pnl[pnl > 0.0], pnl[pnl < 0.0]
    sawn = [each for each, need in zip(episodes, needs, strict=True) if each.pnl < 0.0 and need.sessions < SHORT]
    years, no_payoff = (len(equity) - 1) / a_year, "no episode lost" if len(gains) else "no episode gained"
    return EpisodeStats(
        len(pnl),
        len(gains),
        Figure(len(gains) / len(pnl)) if len(pnl) else Figure(None, "there were no episodes"),
        Figure(float(gains.mean() / -losses.mean())) if len(gains) and len(losses) else Figure(None, no_payoff),
        sum(need.moved > 0.0 for need in needs),
        len(sawn),
        float(sum(episode.pnl for episode in sawn)),
        float(sum(episode.pnl / equity[episode.decided] for episode in sawn) / years),
    )
