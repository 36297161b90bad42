"""Jumps: sessions whose return is off by a factor, which splits are, and how such a one is mended."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Flags
from data.audit.bars import in_cents
from data.audit.history import History

LEAST = np.log(1.8)
"""Log of the least factor that an instrument's own history may be told by: below, crashes look the same. Among 26
instruments since 1972 the largest true moves are +52 % and -38 %."""
OWN = 8.0
"""Daily standard deviations that such a step takes at least."""
SLACK = 3.0
"""Standard deviations of a day's move by which a factor may miss a whole number."""
NEAR = 0.02
"""Part by which it may miss one where the day's move is known."""
QUIET = 3.0
"""A real crash trades and ranges more than this many times what is usual after it; a split doesn't."""
HALVES = (5 / 4, 4 / 3, 3 / 2, 5 / 2)
"""Splits that are no whole number."""
AROUND = 20
"""Sessions before and after a step that are compared."""


class Jump(NamedTuple):
    """A session whose return is off by a factor.

    Parameters
    ----------
    row
        In the history.
    factor
        What the recorded split would have to be multiplied by; above 1 the prices before are too high.
    slack
        Its uncertainty, in logs.
    says
        What it contradicts: ``-3x SOXX says -18.3 %``, or nothing.
    against
        The instruments that say so.
    """

    row: int
    factor: float
    slack: float
    says: str = ""
    against: tuple[str, ...] = ()


def own_jumps(history: History, where: Flags) -> list[Jump]:
    """Find jumps by the instrument's own volatility, on rows where no underlying tells."""
    moves = np.log(history.gross)
    large = where & (np.abs(moves) > np.maximum(LEAST, OWN * history.scale))
    jumps = [Jump(int(row), float(np.exp(-moves[row])), float(history.scale[row])) for row in np.flatnonzero(large)]
    return [jump for jump in jumps if whole(jump.factor, jump.slack) is not None]


def whole(factor: float, slack: float) -> float | None:
    """Return the split's ratio that a factor stands for: a whole number, one over it, 3/2 and its like; else None."""
    size = max(factor, 1.0 / factor)
    ratio = min((float(round(size)), *HALVES), key=lambda each: abs(np.log(size / each)))
    if ratio <= 1.0 or abs(np.log(size / ratio)) > max(NEAR, SLACK * slack):
        return None
    return ratio if factor > 1 else 1.0 / ratio


def splits_by(ratio: float, slack: float) -> float | None:
    """Return the ratio of a split as `whole` does, or 1 where there was none."""
    return 1.0 if is_near(ratio, 1.0, slack) else whole(ratio, slack)


def is_near(split: float, ratio: float, slack: float) -> bool:
    """Say whether a split is a ratio, given the slack of what is known of it."""
    return abs(np.log(split / ratio)) < max(3 * NEAR, SLACK * slack)


def is_certain(ratio: float, jump: Jump) -> bool:
    """Say whether no other whole number is as near, at two standard deviations."""
    return 2 * jump.slack < 0.5 / max(ratio, 1 / ratio)


def mend(history: History, jump: Jump, factor: float) -> str:
    """Choose how a step is mended; returns come out right in either way.

    ``split`` where the price before is a price that traded (in cents, and not in cents times the factor), at a level
    at which an issuer splits, unless the volume ran on through the step; else the history before is rescaled, with
    its volume unless that ran on.
    """
    bars, row = history.bars, jump.row
    before, after = slice(max(0, row - AROUND), row), slice(row, row + AROUND)
    volumes = [np.median(bars.volume[part]) for part in (before, after)]
    known = min(volumes) > 0
    turnover = [np.median(bars.volume[part] * bars.close[part]) for part in (before, after)]
    apart = np.log(turnover[1] / turnover[0]) if known else 0.0
    if known and abs(apart + np.log(factor)) < abs(apart):
        return "reprice"
    prices = np.concatenate([bars.open[before], bars.close[before]])
    traded = in_cents(prices) > 0.9 and (factor < 1 or in_cents(prices / factor) < 0.5)
    last, now = bars.close[row - 1], bars.close[row]
    plausible = last < 20 and now < 500 if factor < 1 else last > 50 and now > 10
    return "split" if traded and plausible else "rescale"


def is_quiet(history: History, row: int) -> bool:
    """Say whether a day traded and ranged as usual: a split does that, a crash doesn't."""
    bars = history.bars
    after = slice(row + 1, row + 1 + AROUND)
    spread = np.log(bars.high / bars.low)
    usual = np.median(spread[after]) if len(spread[after]) else np.nan
    if spread[row] > QUIET * max(float(np.nan_to_num(usual, nan=np.inf)), 0.01):
        return False
    turnover = bars.volume * bars.close
    usual = np.median(turnover[after]) if len(turnover[after]) else np.nan
    return not turnover[row] > QUIET * usual
