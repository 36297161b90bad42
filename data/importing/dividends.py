"""Dividends out of adjusted closes: Yahoo's factor, told from the rounding of what is printed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats, Ints

STORED = 5e-6
"""Relative error of a price beside its printed decimals: Yahoo's own factor wavers by up to 5e-7 between dividends."""
FEW = 20
"""Rows under which a lucky course of rounding can look like none."""


@dataclass(frozen=True)
class Implied:
    """What adjusted closes say was paid.

    Parameters
    ----------
    dividend
        Dollars a share in the closes' basis, on the ex-date, shape (rows,). NaN where the factor falls, which no
        dividend does.
    factor, width
        The factor adjusted close / close of each row, and how far rounding lets it be known either way.
    """

    dividend: Floats
    factor: Floats
    width: Floats


def implied(adjusted: Floats, close: Floats, unit: float, close_unit: Floats) -> Implied:
    """Return the dividends that make closes into adjusted closes.

    Yahoo's factor is f = adjusted/close, and a dividend d with ex-date t makes f[t-1] = f[t] (1 - d/close[t-1]).
    Rows belong together as long as one f explains them all within the rounding of the prices, so that rounding never
    makes a dividend.

    Parameters
    ----------
    adjusted, close
        Positive, no NaN, in one share basis, shape (rows,).
    unit, close_unit
        The last decimal that each of the two is printed to; that of closes by row.

    Notes
    -----
    Closes are often exact in cents. So they are taken as exact first; where f falls then, as it does half of the time
    if it is noise, their rounding is allowed for too.
    """
    exact = _explained(adjusted, close, unit, np.zeros(len(close)))
    if len(close) >= FEW and not np.isnan(exact.dividend).any():
        return exact
    return _explained(adjusted, close, unit, close_unit)


def factor_of(dividend: Floats, close: Floats) -> Floats:
    """Return the factor that these dividends make, 1 in the last row (see `implied`)."""
    kept = np.ones(len(close))
    kept[:-1] = 1.0 - dividend[1:] / close[:-1]
    factor: Floats = np.cumprod(kept[::-1], dtype=np.float64)[::-1]
    return factor


def unadjusted_factor(adjusted: Floats, dividend: Floats) -> Floats:
    """Return the factor by which closes were adjusted for these dividends, both in one share basis (see `implied`)."""
    factor: Floats = np.ones(len(adjusted))
    for row in np.flatnonzero(dividend[1:])[::-1]:
        close = adjusted[row] / factor[row + 1] + dividend[row + 1]
        factor[: row + 1] = adjusted[row] / close
    return factor


def in_cents(close: Floats) -> Flags:
    """Say which closes are whole cents, but for how vendors keep them (see `STORED`)."""
    cents = close * 100.0
    whole: Flags = np.abs(cents - np.round(cents)) <= 1e-6 * cents
    return whole


def _explained(adjusted: Floats, close: Floats, unit: float, close_unit: Floats) -> Implied:
    least = (adjusted - unit / 2) / (close + close_unit / 2) * (1 - STORED)
    most = (adjusted + unit / 2) / np.maximum(close - close_unit / 2, close / 4) * (1 + STORED)
    ratio = adjusted / close
    starts, low, high = _runs(least, most)
    level = (low + high) / 2
    _sharpen(starts, ratio, level)
    dividend = np.zeros(len(close))
    paid = close[starts[1:] - 1] * (1.0 - level[:-1] / level[1:])
    dividend[starts[1:]] = np.where(paid > 0, paid, np.nan)
    return Implied(dividend, ratio, (most - least) / 2)


def _runs(low: Floats, high: Floats) -> tuple[Ints, Floats, Floats]:
    """Return where each run of rows begins that one number explains, and the bounds of that number."""
    starts, lows, highs = [0], [low[0]], [high[0]]
    for row in range(1, len(low)):
        both = max(lows[-1], low[row]), min(highs[-1], high[row])
        if both[0] <= both[1]:
            lows[-1], highs[-1] = both
        else:
            starts.append(row)
            lows.append(low[row])
            highs.append(high[row])
    return np.array(starts), np.array(lows), np.array(highs)


def _sharpen(starts: Ints, ratio: Floats, level: Floats) -> None:
    """Move a run's start back over the rows that are nearer to its own level: a small step shows days late."""
    for run in range(1, len(starts)):
        while starts[run] - 1 > starts[run - 1]:
            before = ratio[starts[run] - 1]
            if abs(before - level[run]) >= abs(before - level[run - 1]):
                break
            starts[run] -= 1
