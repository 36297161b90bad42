"""Checks of volume: sessions without any, too little to be one, and shares that aren't those of the price."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.audit.finding import INFO, WARNING, Finding
from data.audit.history import History
from data.audit.robust import MEDIAN, local_median, stretches
from data.format import counted, first_dates

OFTEN = 20
"""Sessions without volume from which on volume signals are in doubt."""
COARSE = 0.02
"""A common divisor of all volumes above this part of their median is the vendor's rounding."""
NOTHING = 50.0
"""Median volume, in shares a session, below which an adjusted volume is rounded to nothing."""
AROUND, SHORT, LONG = 20, 5, 60
"""Sessions on either side of a session over which a step in volume is measured, and shorter and longer ones that have
to show it too."""
LEAST, CLEAR = np.log(1.8), 8.0
"""Log of the least step in volume that is reported where no split is recorded, and usual ones that it takes at least.
Of 26 instruments since 1972 none has such a step that a shorter and a longer time show to `SAME`."""
SAME = np.array([0.5, 0.3])
"""Part by which the same step may differ when it is measured over a shorter, and over a longer time."""
CALM = 0.1
"""Least standard deviation of the log of a month's volume over the last's."""
PLAINLY, MOST = 9.0, 25.0
"""Squared standard deviations by which volumes at splits have to fit other shares better than those of the price, and
what one split counts for at most."""
AS_TRADED = "pull or import it as traded"


def check(history: History, *, rounded: bool) -> Iterator[Finding]:
    """Find sessions without volume, volume that was rounded to nothing, and volume in other shares than its price.

    Parameters
    ----------
    history
        Of any instrument.
    rounded
        Whether it was reported already that prices were adjusted for reverse splits, and volume with them.
    """
    bars = history.bars
    none = history.reported & (bars.volume == 0)
    if none.sum() >= OFTEN or (none & (bars.high > bars.low)).any():
        yield _no_volume(history, none, rounded=rounded)
    if rounded:
        return
    years = bars.dates.astype("datetime64[Y]")
    tiny = np.zeros(len(bars), dtype=bool)
    for year in np.unique(years[bars.volume > 0]):
        rows = (years == year) & (bars.volume > 0)
        tiny[rows] = np.median(bars.volume[rows]) < NOTHING
    tiny &= history.reported
    if tiny.sum() >= OFTEN:
        message = f"volume of a few shares on {counted(tiny.sum(), 'session')}, the last {bars.dates[tiny][-1]}: "
        message += "adjusted for later splits and rounded to nothing; volume signals are off there"
        yield history.finding("tiny-volume", WARNING, tiny, message, AS_TRADED)
    else:
        yield from _other_shares(history)


def _no_volume(history: History, none: Flags, *, rounded: bool) -> Finding:
    bars, count, last = history.bars, int(none.sum()), history.dates[none][-1]
    moved = none & (bars.high > bars.low)
    message = f"volume 0 on {counted(count, 'session')}, the last {last}: "
    step = _common_step(bars.volume[history.reported & (bars.dates <= last)])
    if rounded:
        message += "adjusted for later splits and rounded to nothing; "
    elif moved.any() and step:
        message += f"the vendor's rounding to {step:,.0f} shares or more; "
    elif moved.any():
        message += "yet its price moved: the vendor doesn't know it; "
    else:
        message += "no trade; "
    message += "counted as not known, so volume signals are off there"
    remedy = "nothing, unless a signal reads volume"
    return history.finding("zero-volume", WARNING if count >= OFTEN else INFO, none, message, remedy)


def _common_step(volumes: Floats) -> float:
    """Return the number of shares to which volumes were rounded, 0 where they weren't."""
    whole = volumes[volumes > 0]
    if not len(whole) or (whole != np.round(whole)).any():
        return 0.0
    step = float(np.gcd.reduce(whole.astype(np.int64)))
    return step if step > COARSE * float(np.median(whole)) else 0.0


def _other_shares(history: History) -> Iterator[Finding]:
    """Find volume in other shares than its price: turnover steps at splits, or where the price runs on.

    What is before the last session without volume is left out.
    """
    bars = history.bars
    unknown = np.flatnonzero(~(bars.volume > 0))
    first = int(unknown[-1]) + 1 if len(unknown) else 0
    if len(bars) - first < 2 * LONG:
        return
    turnover = np.full(len(bars), np.nan)
    turnover[first:] = np.log(bars.volume[first:] * bars.close[first:])
    steps = _steps(turnover, AROUND)
    usual = np.maximum(local_median(np.abs(steps)) / MEDIAN, CALM)
    split = np.flatnonzero((bars.split != 1) & ~np.isnan(steps))
    ratio, at_split = np.log(bars.split[split]) / usual[split], steps[split] / usual[split]
    as_are, adjusted, undone = (_misfit(at_split + way * ratio) for way in (0.0, 1.0, -1.0))
    if len(split) and as_are - min(adjusted, undone) > PLAINLY:
        what = "is split-adjusted, while prices are as traded"
        what = what if adjusted < undone else "was divided by splits that it wasn't adjusted for"
        rows = split[history.reported[split]]
        yield from _wrong_shares(history, rows, f"volume {what}: turnover steps by the ratio at")
        return
    what = "volume steps while the price runs on, as traded beside adjusted prices, at"
    rows = np.array([row for row in _unrecorded(history, turnover, steps, usual) if history.reported[row]], dtype=int)
    yield from _wrong_shares(history, rows, what)


def _wrong_shares(history: History, rows: Ints, what: str) -> Iterator[Finding]:
    if len(rows):
        message = f"{what} {first_dates(history.dates[rows])}; volume signals are off before"
        yield history.finding("volume", WARNING, rows.tolist(), message, AS_TRADED)


def _misfit(off: Floats) -> float:
    return float(np.minimum(np.square(off), MOST).sum())


def _unrecorded(history: History, turnover: Floats, steps: Floats, usual: Floats) -> Iterator[int]:
    """Find sessions from which on volume is another, at once and for good, while the price runs on."""
    runs_on = np.abs(np.log(history.gross)) < LEAST
    large = (np.abs(steps) > np.maximum(LEAST, CLEAR * usual)) & (history.bars.split == 1)
    short, long = _steps(turnover, SHORT), _steps(turnover, LONG)
    for start, stop in stretches(large):
        row = start + int(np.argmax(np.abs(short[start:stop])))
        sizes = np.array([short[row], long[row]]) / steps[row]
        near = slice(max(0, row - SHORT), row + SHORT)
        if (np.abs(sizes - 1.0) < SAME).all() and runs_on[near].all() and (history.bars.split[near] == 1).all():
            yield row


def _steps(values: Floats, width: int) -> Floats:
    """Return the median of some values from each on over that of as many before, a difference; NaN near the ends."""
    steps = np.full(len(values), np.nan)
    if len(values) >= 2 * width:
        medians = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
        steps[width : len(values) - width + 1] = medians[width:] - medians[:-width]
    return steps
