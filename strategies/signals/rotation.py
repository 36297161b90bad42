"""Signals of rotation: whether money leaves the sector for something else."""

from __future__ import annotations

from data.arrays import Floats
from strategies.signals.feeds import Days, Level, OtherLevel
from strategies.signals.windows import padded


def relative_strength(level: Level, other: OtherLevel, days: Days = 63) -> Floats:
    """The change of the sector's total return as a ratio to another's, over the last `days` sessions.

    ``(level[t] / other[t]) / (level[t-days] / other[t-days]) - 1``: below 0 the other did better. The other may be the
    market (SPY), industrials (XLI), or several at once, such as defensives, in equal parts. NaN in the first `days`
    sessions, and before either has a bar.

    Parameters
    ----------
    level, other
        Total-return closes, shape (sessions,).
    days
        Sessions over which the change is made.

    Notes
    -----
    The technicians' relative strength: a ratio line, not Wilder's index of the same name.

    Unit: fraction
    """
    ratio = level / other
    return padded(ratio[days:] / ratio[:-days] - 1.0, len(level))
