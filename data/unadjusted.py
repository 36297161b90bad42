"""As-traded closes out of prices that a vendor adjusted for splits and dividends, from the prices alone.

As traded, prices are whole cents since 2001, and between two ex-dates a vendor's factor is constant: adjusted prices
lie on a lattice (`data.lattice`), and a price over its spacing is the price as traded in cents, whatever was adjusted
later. So each stretch tells its own prices, and the steps between stretches are the splits and dividends taken out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from data.arrays import Flags, Floats, day
from data.bars import Bars
from data.lattice import WINDOWS, Quotes, allowed, multiple, quotes, spacing_before

DECIMAL = day("2001-04-09")
"""From when all of NYSE and Nasdaq quote in cents."""
CLOSELY = 0.02
"""Cents of tolerance up to which a close that fits says enough, where the session's other prices don't fit."""
RUN = 12
"""Sessions whose prices are all multiples of one prime: not by chance, but of a coarser lattice."""
DOUBT = 30.0
"""Twice the nats by which a session has to fit the lattice of its stretch better than its neighbour's."""
UNLIKELY = 2.5
"""Nats by which multiples of a ratio at either end have to be beyond chance, one in twelve, to be doubted."""
OFF = 8.0
"""Twice the nats that a price off every lattice costs: one in fifty is, by any amount."""
GAP = 9
"""Sessions between two stretches that may be of either; of more there may be a stretch that wasn't found."""
PATIENCE = 260
"""Sessions without a lattice after which what is older isn't told."""
RATIOS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)
"""Splits, and reverse ones, that may fall on one ex-date with a dividend; so may 3 for 2."""
DEAREST = 0.35
"""Largest dividend over the close before it."""
STRANGE = 0.05
"""A step that nothing explains ends what can be told if it is larger; a smaller one is a vendor's patch."""
NICKELS = (504, 2.5)
"""Sessions of a test for whole nickels, and how many standard errors it asks."""


@dataclass(frozen=True)
class Unadjusted:
    """What bars were before a vendor adjusted them; all shape (sessions,).

    Parameters
    ----------
    close
        As traded, dollars a share in that session's own share basis; NaN where it can't be told.
    split
        New shares per old share that was taken out, effective before that session's open; 1 where none was.
    dividend
        Dollars a share in that session's basis that were taken out, to about 1e-7 of the close; 0 where none was.
    """

    close: Floats
    split: Floats
    dividend: Floats


@dataclass(frozen=True)
class _Stretch:
    """Rows ``first`` to ``end`` (exclusive) with one factor, and what a cent of theirs is in the file, dollars."""

    first: int
    end: int
    spacing: float

    @property
    def as_it_stands(self) -> bool:
        """Whether its prices are in whole cents."""
        return abs(self.spacing - 0.01) < 1e-9

    def __len__(self) -> int:
        return self.end - self.first


def unadjusted(bars: Bars, first: np.datetime64 | None = None) -> Unadjusted:
    """Recover as-traded closes, and the splits and dividends that were taken out.

    Bars that are as traded come back as they are; of bars whose splits alone were taken out only these are found. Of
    bars' own events only this counts, whether there are any.

    Not told are

    - sessions before `DECIMAL` and before `first`;
    - those whose close isn't on the lattice of its stretch, and stretches of fewer than some five sessions;
    - those beside an ex-date that fit on either side: one or none at a dividend, one to five at a split, which may be
      dated that much too early;
    - those between two steps that undo each other, a vendor's patch;
    - everything before a step that no split or dividend explains, or before a year without a lattice;
    - prices rounded to cents, in bars without events, where they don't cluster at nickels as traded prices do: adjusted
      prices that were rounded are the same to the eye. Nor are prices told that were rounded too coarsely for a
      dividend of a cent to show.

    Events of sessions that aren't told are put together on the session where the next stretch begins.

    Later bars are read, as an adjusted price itself reads them. Cutting them away changes no close that is told, but
    at either end a few sessions more or fewer may be told.

    Parameters
    ----------
    bars
        Adjusted in whatever way, with or without events of their own.
    first
        The first session to tell; ``None`` for all.

    Notes
    -----
    4,300 sessions take a tenth of a second. SIMULATED companies with quarterly dividends of 0.05 to 2 %, two splits at
    most, up to 10 % false prints, adjusted in float32: of 870,000 sessions 98 % were told, 7 wrongly, 6 of them beside
    two splits within six sessions. Of 2,808 histories cut within a dozen sessions of an event 12 had a wrong close. Of
    450,000 sessions of prices that never were on cents none was told.
    """
    every = np.stack([bars.open, bars.high, bars.low, bars.close], axis=1)
    since = DECIMAL if first is None else max(DECIMAL, first)
    rows = np.flatnonzero((np.isfinite(every) & (every > 0)).all(axis=1) & (bars.dates >= since))
    found = Unadjusted(np.full(len(bars), np.nan), np.ones(len(bars)), np.zeros(len(bars)))
    if len(rows) < WINDOWS[0]:
        return found
    given = quotes(every[rows])
    own = bool((bars.dividend > 0).any() or (bars.split != 1).any())
    stretches = _stretches(given)
    if not (own and len(stretches) == 1 and stretches[0].as_it_stands and len(stretches[0]) == len(rows)):
        stretches = _trimmed(given, stretches)
    stretches, doubtful = _bounded(given, stretches)
    stretches = [stretch for stretch in stretches if own or _traded(given, stretch).any()]
    stretches, events = _explained(given.prices, _without_patches(stretches), stock=bool((bars.dividend > 0).any()))
    for stretch in stretches:
        here = slice(stretch.first, stretch.end)
        close = _closes(given, stretch)
        told = ~doubtful[here] & (own | _traded(given, stretch))
        found.close[rows[here]] = np.where(told, close, np.nan)
    for row, (split, dividend) in events.items():
        found.split[rows[row]], found.dividend[rows[row]] = split, dividend
    return found


# The stretches


def _stretches(given: Quotes) -> list[_Stretch]:
    """Return the stretches of one lattice each, newest first; what lies between two has none that is found."""
    found: list[_Stretch] = []
    end, near, lost = len(given.prices), None, 0
    while end >= WINDOWS[0] and lost < PATIENCE:
        step = lost // 3
        spacing = spacing_before(given, end, near, wide=step & (step - 1) == 0)  # at steps 0, 1, 2, 4, 8 ...
        if spacing is None:
            end, lost = end - 3, lost + 3
            continue
        stretch = _extended(given, end, spacing)
        found.append(stretch)
        end, near, lost = stretch.first, stretch.spacing, 0
    return found


def _trimmed(given: Quotes, stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches without the rows at either end that may be of one that wasn't found."""
    kept = list(stretches)
    while kept:
        newest = kept.pop(0)
        fits, multiples = _edge(given, newest)
        enough = np.append(fits[::-1] >= 0.75, [True] * 3)
        cut = int(np.argmax(enough[:-2] & enough[1:-1] & enough[2:]))  # back to three that fit
        if not newest.as_it_stands:  # else it is the older prices that would be on a finer lattice
            cut = max(cut, _suspect(multiples[::-1]))
        if cut < len(newest):
            kept.insert(0, replace(newest, end=newest.end - cut))
            break
    if kept:
        oldest = kept.pop()
        fits, multiples = _edge(given, oldest)
        mean = np.cumsum(fits[:60]) / np.arange(1, len(fits[:60]) + 1)
        worse = int(np.max(np.flatnonzero(mean < 0.8), initial=-1)) + 1  # before a split a half may fit
        cut = max(worse, _suspect(multiples), 0 if oldest.as_it_stands else WINDOWS[0])
        cut += 2 * RUN if oldest.first > 0 else 0  # the factor may have changed there by too little to show yet
        kept += [replace(oldest, first=oldest.first + cut)] if cut < len(oldest) else []
    return kept


def _edge(given: Quotes, stretch: _Stretch) -> tuple[Floats, Floats]:
    """Return the share of each row's prices that fit, and its cents, NaN where they don't."""
    prices = given.prices[stretch.first : stretch.end]
    fits = given.fits(prices, stretch.spacing)
    return fits.mean(axis=1), np.where(fits, np.rint(prices / stretch.spacing), np.nan)


def _suspect(cents: Floats) -> int:
    """Return how many rows, from the first on, are nearly all multiples of a split's ratio: they may lie beyond it."""
    most = 0
    for ratio in RATIOS:
        run = int(np.argmin(np.append(((cents % ratio == 0) | np.isnan(cents)).sum(axis=1) >= 3, False)))
        multiples = np.unique(cents[:run][cents[:run] % ratio == 0])
        if len(multiples) * math.log(ratio) > UNLIKELY:
            most = max(most, run)
    return most


def _extended(given: Quotes, end: int, spacing: float) -> _Stretch:
    """Return the stretch of a lattice: back to where three sessions on end don't fit it, or a dozen a coarser one."""
    first, broken = end - WINDOWS[0], False
    while first > 0 and not broken:
        low = max(0, first - max(2 * RUN, end - first))
        block = given.prices[low : first + 2]
        fits = given.fits(block, spacing)
        fails = fits.sum(axis=1) < 3
        breaks = np.flatnonzero((fails[:-2] & fails[1:-1] & fails[2:]) | _coarser(np.rint(block / spacing), fits))
        broken = len(breaks) > 0
        first = min(low + int(breaks[-1]) + 3, first) if broken else low
        spacing = _refined(given, given.prices[first:end], spacing)
    prices = given.prices[first:end]
    cents = np.rint(prices / spacing)[given.fits(prices, spacing)]
    return _Stretch(first, end, spacing * (multiple(cents[:: 1 + len(cents) // 200], 0.9, 0.15) or 1))


def _refined(given: Quotes, prices: Floats, spacing: float) -> float:
    """Return the spacing that fits best, by the prices that fit."""
    for _ in range(2):
        kept = prices[given.fits(prices, spacing)]
        cents = np.rint(kept / spacing)
        spacing = float((kept * cents).sum() / (cents * cents).sum()) if len(kept) else spacing
    return spacing


def _coarser(cents: Floats, fits: Flags) -> Flags:
    """Return the rows, but for the last two, that end a run whose cents are all multiples of one prime.

    Before a reverse split prices still fit the lattice of those after it.
    """
    found = np.zeros(len(cents) - 2, dtype=bool)
    for prime in (2, 3, 5, 7):
        of_it = ((cents % prime == 0) | ~fits).all(axis=1) & fits.any(axis=1)
        count = np.concatenate(([0], np.cumsum(of_it)))
        for row in np.flatnonzero(count[RUN:] - count[:-RUN] == RUN):
            if len(np.unique(cents[row : row + RUN])) > RUN // 2:
                found[min(int(row) + RUN - 1, len(found) - 1)] = True
    return found


# The sessions at which factors change


def _bounded(given: Quotes, stretches: list[_Stretch]) -> tuple[list[_Stretch], Flags]:
    """Return the stretches with the bounds that fit best, newest first, and which rows may be on either side of one."""
    doubtful = np.zeros(len(given.prices), dtype=bool)
    bounded = stretches[:1]
    for older in stretches[1:]:
        newer = bounded.pop()
        low, high = max(older.first, older.end - 15), min(newer.first + 90, newer.end)
        chains: list[tuple[float, ...]] = [(older.spacing, newer.spacing)]
        split, paid = _step(older.spacing / newer.spacing) or (1.0, 0.0)
        if split != 1 and paid:  # perhaps on two days
            between = (newer.spacing / split, newer.spacing * (1 - paid))
            chains += [(older.spacing, middle, newer.spacing) for middle in between]
        courses = [_course(given, given.prices[low:high], chain) for chain in chains]
        best = min(range(len(chains)), key=lambda each: courses[each][0].min())
        total, cents = courses[best]
        at, rows = np.argmin(total, axis=1), np.arange(high - low)
        rival = np.where(cents == cents[rows, at][:, np.newaxis], np.inf, total)
        doubtful[low:high] |= (rival - total[rows, at][:, np.newaxis] < DOUBT).any(axis=1)
        fails = given.fits(given.prices[older.end : newer.first], older.spacing).sum(axis=1) < 3
        reach = int(np.argmax(np.append(fails[:-1] & fails[1:], True)))  # the first of two that fail
        if best == 0 and len(fails) - reach > GAP:
            doubtful[older.end + reach : newer.first] = True
        starts = [low + int((at < state).sum()) for state in range(len(chains[best]) - 1, 0, -1)] + [older.first]
        for first, end, spacing in zip(starts, [newer.end, *starts], chains[best][::-1], strict=False):
            bounded += [_Stretch(first, end, spacing)] * (first < end)
    return bounded, doubtful


def _course(given: Quotes, prices: Floats, chain: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Return what it costs all rows if one is on a lattice of a chain, oldest first, and the cents of its close there.

    A cost is twice the negative log likelihood of all rows, each on the lattice of the row before it or on a newer one,
    the first on the oldest and the last on the newest. Of two lattices that fit alike the coarser is likelier.
    """
    different = 1 + (np.diff(np.sort(prices, axis=1), axis=1) > 0).sum(axis=1)
    error = np.max([given.noise(prices, spacing) * spacing for spacing in chain], axis=0)
    error = np.maximum(error, 8e-4 * min(chain))
    cost = np.empty((len(prices), len(chain)))
    for state, spacing in enumerate(chain):
        off = prices / spacing - np.rint(prices / spacing)
        each = (off * spacing / error) ** 2 + 2 * np.log(error * math.sqrt(2 * math.pi) / spacing)
        cost[:, state] = np.minimum(each, OFF).mean(axis=1) * different
    total = _forward(cost) + _forward(cost[::-1, ::-1])[::-1, ::-1] - cost
    return total, np.rint(prices[:, 3:] / np.array(chain))


def _forward(cost: Floats) -> Floats:
    """Return the least cost of all rows up to each one that is in each state, from state 0 on, never back."""
    total = np.full(cost.shape, np.inf)
    total[:, 0] = np.cumsum(cost[:, 0])
    for state in range(1, cost.shape[1]):
        own = np.cumsum(cost[:, state])
        total[1:, state] = own[1:] + np.minimum.accumulate(total[:-1, :state].min(axis=1) - own[:-1])
    return total


# What the changes are


def _without_patches(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches but for those between a step and an older one that undoes it."""
    kept: list[_Stretch] = []
    steps: list[float] = []
    for stretch in stretches:
        if kept:
            steps.append(stretch.spacing / kept[-1].spacing)
            split = _split(steps[-1])
            undone = next(
                (i for i, s in enumerate(steps[:-1]) if split != 1 and abs(_split(s) * split - 1) < 1e-9), None
            )
            if undone is None and len(steps) > 1 and abs(steps[-2] * steps[-1] - 1) < 1e-6 < abs(steps[-1] - 1):
                undone = len(steps) - 2
            if undone is not None:
                kept = kept[: undone + 1]
                steps = [*steps[:undone], stretch.spacing / kept[-1].spacing]
        kept.append(stretch)
    return kept


def _explained(
    prices: Floats, stretches: list[_Stretch], *, stock: bool
) -> tuple[list[_Stretch], dict[int, tuple[float, float]]]:
    """Return the stretches back to a step that nothing explains, and split and dividend by row.

    A dividend of 10 cents on $20.10 makes the step of a stock dividend of half a per cent: which it is, `stock` says.
    """
    events: dict[int, tuple[float, float]] = {}
    for place, (newer, older) in enumerate(pairwise(stretches)):
        step = older.spacing / newer.spacing
        found = _step(step)
        if found is None and abs(step - 1) > STRANGE:
            return stretches[: place + 1], events
        split, paid = found or (1.0, 0.0)
        if 1 < split < 1.2 and not stock:
            split, paid = 1.0, 1 - step
        if split != 1 or paid:
            before = float(prices[older.end - 1, 3]) / older.spacing / 100
            events[newer.first] = (split, paid * before / split)
    return stretches, events


def _split(step: float) -> float:
    """Return the split of a step, 1 where there is none."""
    return (_step(step) or (1.0, 0.0))[0]


def _step(step: float) -> tuple[float, float] | None:
    """Return the split and the dividend (of the close before) that make a step, an older factor over a newer one."""
    if abs(step - 1) < 1e-6:
        return 1.0, 0.0
    ratios = [round(part / step) / part for part in range(1, 21) if part < round(part / step) <= 20]
    ratios += [round(200 / step) / 200] if 2 / 3 < step < 1 else []  # stock dividends, in half per cents
    ratios += [1 / round(step) if step > 1.5 else float(round(1 / step))]
    exact = next((ratio for ratio in ratios if abs(ratio * step - 1) < 5e-7 and ratio <= RATIOS[-1]), None)
    if exact is not None:
        return exact, 0.0
    for split in (1.5, *RATIOS, *(1 / ratio for ratio in RATIOS)):
        if 0 < 1 - split * step < STRANGE:
            return float(split), 1 - split * step
    return (1.0, 1 - step) if 0 < 1 - step < DEAREST else None


# The closes


def _closes(given: Quotes, stretch: _Stretch) -> Floats:
    """Return the closes of a stretch, dollars; NaN where one is off the lattice, or may be alone on it by chance."""
    prices = given.prices[stretch.first : stretch.end]
    fits = given.fits(prices, stretch.spacing)
    closely = allowed(given.noise(prices[:, 3], stretch.spacing)) <= CLOSELY
    told = fits[:, 3] & ((fits.sum(axis=1) >= 2) | closely)
    return np.where(told, np.rint(prices[:, 3] / stretch.spacing) / 100, np.nan)


def _traded(given: Quotes, stretch: _Stretch) -> Flags:
    """Return which rows of a stretch may be taken for traded prices, and not for adjusted ones that were rounded.

    Prices rounded to some decimals are all on a lattice of these. In a file with no other prices whole cents are as
    traded only if they cluster at nickels.
    """
    told = np.ones(len(stretch), dtype=bool)
    prices = given.prices[stretch.first : stretch.end]
    if not given.coarsely(prices, stretch.spacing):
        return told
    if (given.last(prices) > 1.01 * stretch.spacing).any():
        return ~told
    sessions, errors = NICKELS
    for end in range(len(stretch), 0, -sessions):
        cents = np.rint(prices[max(end - sessions, 0) : end] / stretch.spacing)
        if ((cents % 5 == 0).mean() - 0.2) / math.sqrt(0.16 / cents.size) < errors:
            told[:end] = False
            break
    return told
