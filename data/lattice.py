"""The lattice that prices lie on: the coarsest spacing that nearly all of them are whole multiples of, or none.

Prices that a vendor adjusted by one factor f are whole cents times f: they lie on a lattice of spacing f/100 through
zero. Here a cent is the unit of such a lattice, whatever it is in the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats

NOISE = 2e-7
"""Standard error of an adjusted price over the price: that of factors kept as float32, 1.1e-7 to 2e-7 on real files."""
TOLERANCE = (0.001, 0.12)
"""Cents that a price may be off its lattice: five standard errors, but no less and no more than these."""
ROUNDED = 0.02
"""Cents that the last digit written may be worth, so that a dividend of a cent shows."""
SHARE = 2 / 3
"""Share of prices that have to fit, more where chance helps: vendors have sub-penny prints and false highs and lows."""
WINDOWS = (5, 8, 12, 18, 27, 40, 60)
"""Sessions that a lattice is looked for in: the next longer ones where the shorter can't tell."""
DISTINCT = 20
"""Different prices that a window begins with, where it can."""
CENTS = (20.0, 3e5)
"""Range of prices as traded that is looked in, cents; above it float32 leaves none."""
EVIDENCE = 30.0
"""Nats by which a lattice has to fit better than chance does: one chance in 1e13 for each that is looked at."""
AGAINST_FINER = (7.0, 16.0)
"""Nats by which prices have to fit too often to be of a finer lattice: near the one next to it, and anywhere."""
APART = 100.0
"""Squared standard errors by which the second best must fit worse; the four prices of a session may share one error."""
LOOKED_AT = 40
"""Frequencies that are looked at in one window, the lowest first."""
PRIMES = np.array([n for n in range(2, 200) if all(n % m for m in range(2, n))])


@dataclass(frozen=True)
class Quotes:
    """Prices, and how they are written.

    Parameters
    ----------
    prices
        Open, high, low and close, dollars, shape (sessions, 4).
    quantum
        What all of them are multiples of, a power of ten from 1e-6 to 0.01; 0 where nothing is.
    digits
        Significant digits that all of them have, at most; 0 where they have more than 7.
    """

    prices: Floats
    quantum: float
    digits: int

    def last(self, values: Floats) -> Floats:
        """Return what one of the last digit written of each price is worth, dollars; 0 where all are written."""
        last = 10.0 ** (np.floor(np.log10(values)) + 1 - self.digits) if self.digits else np.zeros(values.shape)
        largest: Floats = np.maximum(last, self.quantum)
        return largest

    def rounding(self, values: Floats, spacing: float) -> Floats:
        """Return what one of the last digit written is worth, cents; 0 where every point of the lattice is written."""
        if not (self.quantum or self.digits):
            return np.zeros(values.shape)
        last = self.last(values)
        return np.where((spacing > 0.9 * last) & whole(spacing / last, 1e-6), 0.0, last / spacing)

    def noise(self, values: Floats, spacing: float) -> Floats:
        """Return the standard error of each price, cents: of its factor, and of the decimals it is written with."""
        noise: Floats = NOISE * values / spacing
        if self.quantum or self.digits:
            noise = np.sqrt(noise**2 + self.rounding(values, spacing) ** 2 / 12)
        return noise

    def coarsely(self, values: Floats, spacing: float) -> bool:
        """Return whether any price is written too coarsely for a small step of its factor to show."""
        return bool((self.last(values) > ROUNDED * spacing).any())

    def fits(self, values: Floats, spacing: float) -> Flags:
        """Return which prices are on the lattice."""
        return whole(values / spacing, allowed(self.noise(values, spacing)))

    def before(self, end: int, rows: int) -> tuple[Floats, Floats]:
        """Return the different prices of so many rows before one, ascending, and the share of prices that each is."""
        values, counts = np.unique(self.prices[max(end - rows, 0) : end], return_counts=True)
        return values, counts / counts.sum()


def quotes(prices: Floats) -> Quotes:
    """Return prices, shape (sessions, 4), with how they are written."""
    quantum = next((10.0**-n for n in range(2, 7) if whole(prices * 10.0**n, 1e-6).all()), 0.0)
    scale = 10.0 ** (np.floor(np.log10(prices)) + 1)
    digits = next((n for n in range(4, 8) if whole(prices / scale * 10.0**n, 1e-6).all()), 0)
    return Quotes(prices, quantum, digits)


def whole(values: Floats | float, within: Floats | float) -> Flags:
    """Return which values are within so much of a whole number."""
    flags: Flags = np.abs(values - np.rint(values)) < within
    return flags


def allowed(noise: Floats) -> Floats:
    """Return how far from its lattice a price may be, cents."""
    return np.minimum(np.maximum(5 * noise, TOLERANCE[0]), TOLERANCE[1])


def spacing_before(given: Quotes, end: int, near: float | None, *, wide: bool) -> float | None:
    """Return what a cent is in the prices before a row, dollars; ``None`` where it can't be told.

    Parameters
    ----------
    end
        The row after the last that counts.
    near
        What a cent is in the rows that follow: a dividend or none is likelier than a split.
    wide
        Whether to look for anything else too, which takes 10 ms.
    """
    rows = next((n for n in WINDOWS[:-1] if len(given.before(end, n)[0]) >= DISTINCT), WINDOWS[-2])
    values, shares = given.before(end, rows)
    low, high = CENTS[0] / float(np.median(values)), CENTS[1] / float(np.median(values))
    bands = [(max(0.98 / near, low), min(1.06 / near, high), AGAINST_FINER[0])] if near else []
    for *band, against in bands + [(low, high, AGAINST_FINER[1])] * wide:
        for frequency in _frequencies(values, shares, *band):
            spacing = _settled(given, end, rows, 1 / float(frequency), against)
            if spacing is not None:
                return spacing
    return None


def _frequencies(values: Floats, shares: Floats, low: float, high: float) -> Floats:
    """Return the frequencies (lattice points a dollar) at which values are in phase, ascending.

    What their phase is doesn't matter yet: so a frequency has to be only as exact as the values' spread is wide.
    """
    middle = slice(len(values) // 16, len(values) - len(values) // 16)  # a false print would widen the spread
    kept, weights = values[middle], shares[middle] / shares[middle].sum()
    spread = float(kept[-1] - kept[0]) if len(kept) else 0.0
    if spread <= 0:
        return np.empty(0)
    low, step = max(low, 2.5 / spread), 0.25 / spread
    number = int(max(high - low, 0) / step) + 2
    inner = math.isqrt(number) + 1
    turn = 2j * np.pi * (kept - kept[len(kept) // 2])
    coarse = np.exp(np.multiply.outer(low + step * inner * np.arange(-(-number // inner)), turn))
    fine = np.exp(np.multiply.outer(step * np.arange(inner), turn))
    strength = np.abs((coarse * weights) @ fine.T).ravel()  # BLAS may decide its last bit: it only says where to look
    peak = strength > 0.6
    peak[1:] &= strength[1:] >= strength[:-1]
    peak[:-1] &= strength[:-1] > strength[1:]
    return low + step * np.flatnonzero(peak)[:LOOKED_AT].astype(np.float64)


def _settled(given: Quotes, end: int, first: int, spacing: float, against: float) -> float | None:
    """Return the exact spacing of the lattice through zero that has about this one, ``None`` where none fits.

    A lattice on which every price is a cent more fits a quiet window nearly as well: the window grows until the second
    best is out of the question, and chance too.
    """
    for rows in (n for n in WINDOWS if n >= first):
        values, shares = given.before(end, rows)
        aligned = _aligned(given, values, shares, spacing)
        if aligned is None:
            return None
        numbers, spacing, good = aligned
        cents = numbers + np.arange(-4, 5)[:, np.newaxis]
        spacings = (values * cents)[:, good].sum(axis=1) / (cents * cents)[:, good].sum(axis=1)
        noise = given.noise(values, spacing)
        misfit = (((values / spacings[:, np.newaxis] - cents) / noise)[:, good] ** 2).sum(axis=1)
        best = int(np.argmin(misfit))
        spacing = float(spacings[best])
        if 0 < best < 8 and np.partition(misfit, 1)[1] - misfit[best] >= APART:
            within = allowed(noise)
            fits = np.abs(values / spacing - cents[best]) <= within
            if shares[fits].sum() < SHARE + 2 * within.mean() or cents[best].min() < 5:
                return None
            decimal = np.abs(given.last(values) / spacing - 1) < 1e-6  # all prices are on the lattice of their decimals
            if given.rounding(values, spacing).max() > ROUNDED or (decimal.any() and spacing < 0.0099):
                return None
            enough = _evidence(fits, within) >= EVIDENCE and _against_finer(given, values, spacing, fits) >= against
            enough = enough and given.fits(given.prices[max(end - rows // 2, 0) : end], spacing).mean() >= SHARE
            times = multiple(cents[best][fits], 0.95, 0.3 if against == AGAINST_FINER[0] else 0.15) if enough else None
            if times:
                return spacing * times
        if rows >= end:
            break
    return None


def _aligned(given: Quotes, values: Floats, shares: Floats, spacing: float) -> tuple[Floats, float, Flags] | None:
    """Fit a lattice of any phase: the nearest whole numbers of spacings, the spacing, and which values fit it."""
    phase = float(np.angle((shares * np.exp(2j * np.pi * values / spacing)).sum())) / (2 * np.pi) * spacing
    numbers = np.rint((values - phase) / spacing)
    within: Floats | float = 0.2
    for _ in range(4):
        good = np.abs((values - phase) / spacing - numbers) <= within
        if shares[good].sum() < SHARE:
            return None
        count = np.count_nonzero(good)
        chosen, at = values[good], numbers[good]
        apart = at - at.sum() / count
        if not apart.any():
            return None
        spacing = float((apart * chosen).sum() / (apart * apart).sum())
        phase = float(chosen.sum() - spacing * at.sum()) / count
        numbers = np.rint((values - phase) / spacing)
        within = allowed(given.noise(values, spacing))
    return numbers + round(phase / spacing), spacing, good


def _evidence(fits: Flags, within: Floats) -> float:
    """Return the nats by which so many fits within so little are beyond chance, at any choice of which they are."""
    share = float(fits.mean())
    choice = -sum(part * math.log(part) for part in (share, 1 - share) if part > 0) * len(fits)
    return float(-np.log(2 * within[fits]).sum()) - choice


def _against_finer(given: Quotes, values: Floats, spacing: float, fits: Flags) -> float:
    """Return the least nats by which too many values fit for their lattice to be a finer one."""
    least = math.inf
    for parts in (2, 3, 5):
        on = int((fits | given.fits(values, spacing / parts)).sum())
        share = min(max(int(fits.sum()) / on, 1 / parts), 1 - 1e-9)
        nats = share * math.log(share * parts) + (1 - share) * math.log((1 - share) / (1 - 1 / parts))
        least = min(least, on * nats)
    return least


def multiple(cents: Floats, share: float, more: float) -> int | None:
    """Return the number that such a share of cents are multiples of, 1 where there is none.

    ``None`` where so many more than by chance are multiples that both may be, or leave one remainder: theirs is a
    coarser lattice, perhaps a cent off. Of nickels, where prices cluster, more is asked.
    """
    found = 1
    while True:
        of_it = (cents[:, np.newaxis] % PRIMES == 0).mean(axis=0)
        most = int(np.argmax(of_it > np.where(PRIMES == 5, 0.95, share)))
        if of_it[most] <= (0.95 if PRIMES[most] == 5 else share):
            break
        if len(cents) < 30:
            return None
        cents, found = cents[cents % PRIMES[most] == 0] / PRIMES[most], found * int(PRIMES[most])
    for prime in PRIMES[:4]:
        remainders = np.bincount((cents % prime).astype(np.int64))
        if remainders.max() > len(cents) * (0.65 if prime == 5 else 1 / prime + more):
            return None
    return None if (of_it > np.where(PRIMES == 5, 0.65, 1 / PRIMES + more)).any() else found
