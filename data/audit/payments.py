"""What may be wrong with dividends, weighed: all of them, those before a split, a single one."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Flags, Floats, Ints
from data.audit.history import History
from data.audit.pair import LEAST_NOISE, Pair
from data.audit.robust import MEDIAN, local_median, local_scale
from data.bars import later_splits
from data.format import counted, multiple

CLEARLY = 9.0
"""Squared standard deviations by which the best explanation has to beat every other for a repair: 3 of them."""
EVIDENT = 36.0
"""Those by which it has to beat that nothing is wrong, of several payments."""
MOST = 16.0
"""Those that one payment counts for at most: one that is wrong by itself tells nothing of the others."""
FEWEST = 4
"""Payments that a fault of many has to bear on."""
ALIKE = 0.002
"""Part of the price, over all payments, by which two explanations differ too little to matter."""
SMALL = 0.0002
"""Part of its price below which nobody pays, most of the time."""
FREE, UNIT, BASIS, OFF_SCHEDULE = 20.0, 2.0, 10.0, 16.0
"""What an explanation costs in squared standard deviations: a split that isn't recorded, at a date and of a ratio;
a unit; the basis of some split; a payment where none is due, or none where one is."""
SPREAD = 0.25
"""Least standard deviation of a payment's logarithm about what is usual."""
RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
NEIGHBORS = 8
"""Payments on either side by which a usual one is known."""


LOOSE = 0.1
"""Part of a payment by which a fall may miss it on another day, at another price."""
EARLY, LATE = 5, 22
"""Sessions by which payments may be recorded off their ex-dates, such as on the days they are paid out."""


class Scaling(NamedTuple):
    """One explanation of dividends, and how they are mended.

    Parameters
    ----------
    by
        What each has to be multiplied by, shape (payments,).
    cost
        In squared standard deviations.
    words
        What it says of them.
    kind, factor, before
        Of the repair, and the day before which it applies, empty for all.
    """

    by: Floats
    cost: float
    words: str
    kind: str = "dividends"
    factor: float = 1.0
    before: str = ""


class Diagnosis(NamedTuple):
    """What explains the dividends of one history best.

    Parameters
    ----------
    best, rival
        Explanations; `rival` is as good and says something else, None where there is none.
    gain
        By how much `best` beats that nothing is wrong.
    rows
        The payments it is about.
    """

    best: Scaling
    rival: Scaling | None
    gain: float
    rows: Ints


def of_many(pair: Pair, held: History, given: Floats, leave: Flags) -> Diagnosis | None:
    """Weigh what may be wrong with many of a history's dividends; None where nothing is.

    Parameters
    ----------
    held, given
        One of the pair, and what its payments add to the fund's return over the model's, shape (sessions,).
    leave
        Rows that another check has reported.
    """
    rows = np.flatnonzero((given != 0) & ~leave & ~np.isnan(pair.plain))
    if len(rows) < FEWEST:
        return None
    noise = np.maximum(local_scale(pair.plain), LEAST_NOISE)[rows]
    error = (pair.plain - local_median(pair.plain))[rows] / noise
    shares = given[rows] / noise
    late, better = sessions_late(pair.plain, given, rows)
    as_late = Scaling(0.0 * shares, BASIS - better, late_words(late), "late", factor=0.0)
    as_they_are = _score(error, shares, np.ones(len(rows)))
    scored = [(_score(error, shares, way.by) + way.cost, way) for way in (*_scalings(held, rows), as_late)]
    if as_they_are - min(score for score, _ in scored) < EVIDENT:
        return None
    plausible = [(score, way) for score, way in scored if _is_plausible(way, held.yields[rows])]
    ranked = sorted(plausible, key=itemgetter(0))
    (lowest, best), gain = ranked[0], as_they_are - ranked[0][0]
    if gain < EVIDENT:
        return None
    near = [way for score, way in ranked if score < lowest + CLEARLY]
    rivals = [way for way in near if float(np.abs((way.by - best.by) * held.yields[rows]).sum()) > ALIKE]
    return Diagnosis(best, rivals[0] if rivals else None, gain, rows[best.by != 1])


def sessions_late(error: Floats, given: Floats, rows: Ints) -> tuple[int, float]:
    """Return by how many sessions payments are recorded late, and how much better that explains returns; below 0 early.

    Parameters
    ----------
    error, given
        By how much a fund's returns are off, and what payments add to that, shape (sessions,).
    rows
        The payments.
    """
    noise = np.maximum(local_scale(error), LEAST_NOISE)
    off, found = error - local_median(error), []
    for late in (*range(-EARLY, 0), *range(1, LATE + 1)):
        paid = rows[(rows - late >= 0) & (rows - late < len(off)) & ~np.isnan(off[(rows - late) % len(off)])]
        fell = paid - late
        spread, nothing = np.hypot(noise[fell], LOOSE * given[paid]), np.ones(len(paid))
        errors, shares = off[fell] / spread, -given[paid] / spread
        found.append((_score(errors, shares, nothing) - _score(errors, shares, 0.0 * nothing), late))
    better, late = max(found)
    return late, better


def late_words(late: int) -> str:
    """Return by how many sessions a payment is recorded late or early."""
    return f"recorded {counted(abs(late), 'session')} {'late' if late > 0 else 'early'}"


def _is_plausible(way: Scaling, shares: Floats) -> bool:
    """Return whether an explanation bears on several payments, and leaves none or those that somebody pays."""
    touched = way.by != 1
    return bool(touched.sum() >= FEWEST and (way.factor == 0 or np.median((way.by * shares)[touched]) > SMALL))


def _score(error: Floats, shares: Floats, by: Floats) -> float:
    return float(np.minimum(np.square(error - shares * (1.0 - by)), MOST).sum())


def _scalings(held: History, rows: Ints) -> Iterator[Scaling]:
    """Return what dividends may have to be multiplied by."""
    ones, dates = np.ones(len(rows)), held.dates
    yield Scaling(0.0 * ones, UNIT, "prices are adjusted for them already", factor=0.0)
    yield Scaling(0.01 * ones, UNIT, "100 times too high", factor=0.01)
    later = later_splits(held.bars.split)[rows]
    if (later != 1).any():
        yield Scaling(1.0 / later, 0.0, "as paid times the splits that came later", "later-splits", -1.0)
        yield Scaling(later, 0.0, "in the shares of today, and prices in those of then", "later-splits", 1.0)
    for end in range(FEWEST, len(rows) + 1):
        before = "" if end == len(rows) else str(dates[rows[end]])
        for ratio in RATIOS:
            for by in (1.0 / ratio, ratio):
                words = f"{multiple(ratio)} times too {'high' if by < 1 else 'low'}"
                words += f" before {before}, as paid beside adjusted prices" if before and by < 1 else ""
                words += f" before {before}" if before and by > 1 else ""
                yield Scaling(np.where(np.arange(len(rows)) < end, by, 1.0), FREE, words, factor=by, before=before)


class Single(NamedTuple):
    """One explanation of a single payment: what it has to be multiplied by, in words, and its cost."""

    ratio: float
    words: str
    cost: float


def of_one(held: History, row: int, true: float, spread: float) -> list[Single]:
    """Weigh what may be wrong with one payment; the best explanation first, then those that are as good.

    Parameters
    ----------
    true, spread
        The part of it that the price fell by, and its standard deviation.

    Returns
    -------
    Nothing where no explanation fits.
    """
    share, usual = float(held.yields[row]), np.log(_others(held, row))
    vary = max(SPREAD, float(np.median(np.abs(usual - np.median(usual)))) / MEDIAN) if len(usual) else np.inf
    due = _is_due(held.dates[held.yields > 0], held.dates[row])
    ways = []
    for way in _ratios(held, row):
        fit = ((true - way.ratio) / spread) ** 2
        if fit > CLEARLY:
            continue
        known = way.ratio > 0 and len(usual) > 0
        unusual = ((np.log(share * way.ratio) - np.median(usual)) / vary) ** 2 if known else 0.0
        off = OFF_SCHEDULE if due is not None and due != (way.ratio > 0) else 0.0
        ways.append(way._replace(cost=way.cost + fit + unusual + off))
    ways.sort(key=lambda way: way.cost)
    return [
        way
        for at, way in enumerate(ways)
        if not at or (way.cost < ways[0].cost + CLEARLY and abs(way.ratio - ways[0].ratio) * share > ALIKE)
    ]


def _ratios(held: History, row: int) -> list[Single]:
    """Return what a payment may have to be multiplied by: by the splits since, by that before or after it."""
    splits = np.flatnonzero(held.bars.split != 1)
    at = int(np.searchsorted(splits, row))
    near = held.bars.split[splits[max(0, at - 1) : at + 1]]
    bases = np.unique([*np.minimum(near, 1 / near), 1 / later_splits(held.bars.split)[row]])
    units = [Single(1 / size, f"{size} times too high", UNIT) for size in (2, 10, 100)]
    others = [Single(float(by), "in another share basis", BASIS) for by in bases if by < 1]
    return [Single(0.0, "never paid", 0.0), *units, *others]


def usual_share(held: History, row: int) -> float:
    """Return the usual payment around one, itself left out, as a part of the price; inf where it isn't known."""
    others = _others(held, row)
    return float(np.median(others)) if len(others) else np.inf


def _others(held: History, row: int) -> Floats:
    """Return the payments around one, as parts of the price; none where there are too few to be usual."""
    paid = np.flatnonzero(held.yields > 0)
    at = int(np.searchsorted(paid, row))
    others = np.concatenate((paid[max(0, at - NEIGHBORS) : at], paid[at + 1 : at + NEIGHBORS + 1]))
    return held.yields[others] if len(others) >= 3 else held.yields[:0]


def _is_due(paid: Dates, date: np.datetime64) -> bool | None:
    """Return whether a payment is due on a day, by how regular the others are; None where they don't tell."""
    others = paid[paid != date]
    if len(others) < FEWEST:
        return None
    gaps = np.diff(others).astype(int)
    usual = float(np.median(gaps))
    if np.mean(np.abs(gaps / usual - 1.0) < 0.5) < 0.7:
        return None
    at = int(np.searchsorted(others, date))
    if 0 < at < len(others):
        return bool(gaps[at - 1] > 1.5 * usual)
    return bool(abs(float((date - others[min(at, len(others) - 1)]).astype(int))) > 0.6 * usual)
