"""Whether a fund follows its underlying at all: slope, dates that are a session off, closes that stand still."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import Flags, Floats
from data.audit.finding import ERROR, WARNING, Finding
from data.audit.history import History
from data.audit.pair import Pair
from data.audit.robust import BLOCK, fit, stretches
from data.format import counted, first_dates, rough

ENOUGH = 60
"""Sessions that a slope needs."""
OFF, LOOSE = 0.1, 0.9
"""A slope this part away from the leverage, or an R2 below, is no such fund. SOXS on SOXX: -3.00 and .996."""
WINDOW = 21
"""Sessions over which lagged returns are compared, and those of the first stretch."""
CLEARER = 3.0
"""The returns of a neighbouring session have to fit this many times as well."""
REPEATS, SURE = 2, 5
"""Unchanged closes in a row that are reported, that are an error: with what follows, SOXS since 2010-06 has none."""
MOVED, NOISES = 0.0033, 3.0
"""On one of them the other has to have moved this much, per unit of leverage, and as many times the pair's noise; on a
second half as much, lest one bad price of the other tells of a close that repeats by chance."""
CHANCE = 0.01
"""Of a run of unchanged prices, below which it isn't taken for one."""
EARLY = 4.0
"""A first stretch this many times as noisy as the rest is reported."""


def follows(pair: Pair, leave: Flags) -> Iterator[Finding]:
    """Find a fund that isn't the multiple it is taken for."""
    rows = ~leave & pair.fund.reported
    rows = rows if rows.sum() >= ENOUGH else ~leave
    line = fit(*(np.where(rows, held.gross - 1.0, np.nan) for held in (pair.underlying, pair.fund)))
    if rows.sum() < ENOUGH or np.isnan(line.slope) or not pair.fund.reported.any():
        return
    if abs(line.slope / pair.leverage - 1.0) > OFF or line.r2 < LOOSE:
        message = f"doesn't follow {pair.label}: slope {line.slope:.2f}, R2 {line.r2:.2f} "
        message += f"on {counted(rows.sum(), 'session')}"
        remedy = "name its underlying and leverage, or get the right history"
        yield pair.fund.finding("follows", ERROR, pair.fund.reported, message, remedy, against=(pair.underlying.name,))


def shifted(pair: Pair) -> tuple[Flags, list[Finding]]:
    """Find stretches whose dates are a session off: returns fit those of the session before or after.

    Returns
    -------
    The rows of such stretches, which other checks leave out, and the finding.
    """
    fund, model = pair.fund.gross - 1.0, pair.leverage * (pair.underlying.gross - 1.0)
    bound = 5.0 * pair.fund.scale
    here = _off(fund, model, bound)
    rows = np.zeros(len(pair.fund), dtype=bool)
    found: list[Finding] = []
    for lag, word in ((1, "late"), (-1, "early")):
        there = _off(fund, np.roll(model, lag), bound)
        fits = CLEARER * _mean(there) < _mean(here)
        off = np.zeros(len(fund), dtype=bool)
        for start, stop in stretches(fits):
            if stop - start >= WINDOW // 2:
                off[_edges(start, stop, here - there)] = True
        rows |= off
        found.extend(_shifted(pair, off, word))
    return rows, found


def _off(fund: Floats, model: Floats, bound: Floats) -> Floats:
    return np.minimum(np.nan_to_num(np.abs(fund - model)), np.nan_to_num(bound, nan=1.0))


def _mean(values: Floats) -> Floats:
    """Return the mean of each row's neighbourhood, `WINDOW` rows in all."""
    half = WINDOW // 2
    sums = np.concatenate((np.zeros(1), np.cumsum(np.pad(values, half, mode="edge"))))
    means: Floats = (sums[WINDOW:] - sums[:-WINDOW]) / WINDOW
    return means[: len(values)]


def _edges(start: int, stop: int, gain: Floats) -> slice:
    """Return a stretch's rows, its ends moved by up to a window to where all rows within gain the most."""
    lead, tail = gain[max(0, start - WINDOW) : start][::-1], gain[stop : stop + WINDOW]
    before, after = (np.argmax(np.concatenate(([0.0], np.cumsum(part)))) for part in (lead, tail))
    return slice(start - int(before), stop + int(after))


def _shifted(pair: Pair, off: Flags, word: str) -> Iterator[Finding]:
    rows = off & pair.fund.reported
    if not rows.any():
        return
    wrong, other = (pair.underlying, pair.fund) if _is_underlying(pair, off) else (pair.fund, pair.underlying)
    word = word if wrong is pair.fund else {"late": "early", "early": "late"}[word]
    message = f"dates are a session {word} on {counted(rows.sum(), 'session')} from {pair.dates[rows][0]}: "
    message += f"its returns fit {other.name}'s of the session {'before' if word == 'late' else 'after'}"
    remedy = "pull or import it again: its dates were read in the wrong time zone"
    yield wrong.finding("shifted", ERROR, rows, message, remedy, against=(other.name,))


def _is_underlying(pair: Pair, off: Flags) -> bool:
    """Return whether peers agree with the fund, not with the underlying, on those sessions."""
    votes = []
    for peer in pair.peers.read():
        common = np.intersect1d(pair.dates, peer.dates, assume_unique=True)
        rows = np.isin(common, pair.dates[off])
        moves = [np.where(rows, held.on(common).gross - 1.0, np.nan) for held in (peer, pair.fund, pair.underlying)]
        votes.append(fit(moves[0], moves[1]).r2 > fit(moves[0], moves[2]).r2)
    return bool(votes) and float(np.mean(votes)) > 0.5


def stale(pair: Pair) -> tuple[Flags, list[Finding]]:
    """Find closes that stand still while the other of the two moved.

    Returns
    -------
    The rows of both, and those after them on which the price catches up; and the findings.
    """
    rows = np.zeros(len(pair.fund), dtype=bool)
    found: list[Finding] = []
    sides = ((pair.fund, pair.underlying, pair.error), (pair.underlying, pair.fund, pair.plain))
    for held, other, error in sides:
        bars = held.bars
        same = _repeats(bars.close)
        still = np.zeros(len(rows), dtype=bool)
        longest = 0
        for start, stop in stretches(same):
            if stop - start < REPEATS:
                continue
            least = max(MOVED * abs(pair.leverage), NOISES * float(np.median(pair.noise[start:stop])))
            second, largest = np.sort(np.abs(error[start:stop]))[-2:]
            if largest > least and second > least / 2:
                still[start:stop] = True
                rows[start : stop + 1] = True
                longest = max(longest, stop - start)
        found.extend(_stale(held, other, still & held.reported, longest, pair))
    return rows, found


def _stale(held: History, other: History, still: Flags, longest: int, pair: Pair) -> Iterator[Finding]:
    if not still.any():
        return
    moved, of = pair.fund.gross - 1.0, other.name
    if held is pair.fund:
        moved, of = pair.leverage * (pair.underlying.gross - 1.0), pair.label
    most = rough(float(np.abs(moved[still]).max()))
    message = f"close unchanged on {counted(still.sum(), 'session')} ({first_dates(held.dates[still])}) "
    message += f"while {of} moved up to {most} a day: stale"
    severity = ERROR if longest >= SURE else WARNING
    remedy = "pull or import it again" if severity == ERROR else "start a run after it"
    yield held.finding("stale", severity, still, message, remedy, against=(other.name,))


def stale_alone(history: History, where: Flags) -> Iterator[Finding]:
    """Find closes, whole bars and whole bars with their volume that stand for longer than chance explains.

    Each repeats with a frequency p that is measured around it, before 1990 a high one: prices moved by eighths of a
    dollar. A run of k has a chance of p**k; `CHANCE` bounds that of finding one in the whole history.

    Parameters
    ----------
    history
        Of any instrument.
    where
        Rows on which no underlying tells, shape (sessions,).
    """
    bars = history.bars
    same = {name: _repeats(getattr(bars, name)) for name in ("close", "open", "high", "low", "volume")}
    closes = same["close"]
    whole = closes & same["open"] & same["high"] & same["low"] & (bars.high > bars.low)
    still, none = np.zeros(len(bars), dtype=bool), np.zeros(len(bars))
    cents = 0.01 / (bars.close * history.scale * np.sqrt(2 * np.pi))
    doubled = whole & same["volume"] & (bars.volume > 0)
    for flags, ticks, least in ((closes, cents, REPEATS), (whole, none, REPEATS), (doubled, none, 1)):
        for start, stop in stretches(flags):
            still[start:stop] |= stop - start >= least and _chance(flags, ticks, start, stop) < CHANCE
    still &= history.reported & where
    if still.any():
        message = f"unchanged from the session before on {counted(still.sum(), 'session')} "
        message += f"({first_dates(bars.dates[still])}): stale"
        yield history.finding("stale", WARNING, still, message, "pull or import it again")


def _repeats(values: Floats) -> Flags:
    return np.concatenate(([False], values[1:] == values[:-1]))


def _chance(flags: Flags, ticks: Floats, start: int, stop: int) -> float:
    """Return the chance of finding a run as long, by how often the like happens in the year around it, and at all.

    It is no less than that of a price that moves by cents to end where it was, which `ticks` gives for a close.
    """
    around = np.concatenate((flags[max(0, start - BLOCK) : start], flags[stop : stop + BLOCK]))
    elsewhere = (flags.sum() - (stop - start) + 0.5) / len(flags)
    usual = max((around.sum() + elsewhere) / (len(around) + 1.0), min(1.0, float(ticks[start:stop].max())))
    return float(len(flags) * usual ** (stop - start))


def early(pair: Pair) -> Iterator[Finding]:
    """Find a first stretch in which the fund strays from its underlying much more than later: late or stale closes."""
    off = np.nan_to_num(np.abs(pair.error))
    usual = float(np.median(off))
    means = _mean(np.minimum(off, 20 * usual))
    calm = np.flatnonzero(means < EARLY * usual)
    stop = int(calm[0]) if len(calm) else 0
    rows = pair.fund.reported.copy()
    rows[stop:] = False
    if rows.sum() < WINDOW or len(off) < 4 * stop:
        return
    first, later = (rough(float(np.median(part))) for part in (off[:stop], off[stop:]))
    until, against = pair.dates[stop - 1], (pair.underlying.name,)
    message = f"closes stray {first} a day from {pair.label} until {until}, later {later}: late or stale closes"
    remedy = f"start after {until}"
    yield pair.fund.finding("early", WARNING, rows, message, remedy, against=against)
