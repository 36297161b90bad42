"""Checks of one instrument's bars by themselves: sessions, values, ranges, volume, signs of back-adjusted prices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.arrays import DAY, Dates, Flags, Floats
from data.audit.finding import ERROR, INFO, WARNING, Finding, about, identity
from data.audit.history import History
from data.audit.robust import stretches
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.format import amount, counted, first_dates, rough
from data.ranges import PAID, PRICE, SPLIT
from data.repairs import Repair
from data.schema import ROUNDING

FAR, FAR_SCALES = 0.2, 12.0
"""A high or low this far outside open and close, in logs and in daily standard deviations, is reported. Among 26
instruments since 1972 it is SOXX's low of 2010-05-06 (71 %, 44 of them), a price that traded and was bust later."""
DEAREST, RATIO = 1e4, 1e2
"""A share that costs more dollars than this, and fell by that factor, was adjusted for later reverse splits."""
IN_CENTS, ODD = 0.9, 0.6
"""Part of prices in whole cents above which they are as traded, and below which they were multiplied by something."""

WIDEN = 0.1
"""Part of a price up to which a day's range is widened to its open and close; beyond, one of those is the wrong one."""
HOLE, SHARE = 10, 0.02
"""Sessions in a row, and part of all, from which on missing ones are no slip of a vendor's: figures would be wrong."""
LATE = 5
"""Sessions by which a history may end before the newest."""
AGAIN = "pull or import it again"


def sane(bars: Bars, since: np.datetime64) -> tuple[list[Finding], History]:
    """Return what is wrong with values and order, and the rows that the other checks can read.

    The source has checked a CSV folder's bars already; what comes from elsewhere is checked here.
    """
    found = []
    dates = bars.dates
    order = np.argsort(dates, kind="stable")
    order = order[np.concatenate((np.ones(min(len(dates), 1), dtype=bool), np.diff(dates[order]) > 0 * DAY))]
    if len(order) < len(dates) or (np.diff(order) < 0).any():
        late = dates[1:][dates[1:] <= dates[:-1]]
        if (late >= since).any():
            message = f"dates stand twice or out of order: {first_dates(late)}"
            found.append(about(bars.instrument, "order", ERROR, late, message, "one row a session, oldest first"))
        bars = bars.rows(order)
    wrong = _impossible(bars)
    reported = wrong & (bars.dates >= since)
    if reported.any():
        message = f"values that can't be on {counted(reported.sum(), 'session')}: {first_dates(bars.dates[reported])}"
        remedy = "prices and splits are positive, dividends and volume never negative: correct or delete the rows"
        found.append(about(bars.instrument, "values", ERROR, bars.dates[reported], message, remedy))
    return found, History(bars.rows(~wrong) if wrong.any() else bars, since, bars.dates[wrong])


def _impossible(bars: Bars) -> Flags:
    wrong = bars.volume < 0
    for column, within in (*((name, PRICE) for name in PRICES), ("split", SPLIT), ("dividend", PAID)):
        values: Floats = getattr(bars, column)
        wrong |= ~((values >= within.low) & (values <= within.high))
    return wrong


def ranges(history: History) -> Iterator[Finding]:
    """Find highs below, and lows above, what traded the same day."""
    bars = history.bars
    outer, inner = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    short = np.maximum.reduce([outer / bars.high, bars.low / inner, bars.low / bars.high]) - 1
    rows = history.reported & (short > ROUNDING)
    if rows.any():
        message = f"high below, or low above, the day's other prices on {counted(rows.sum(), 'session')}: "
        message += f"{first_dates(bars.dates[rows])} (by up to {rough(float(short[rows].max()))})"
        first = bars.dates[rows][0]
        repair, remedy = None, "one of them is wrong: pull it again or from another source"
        if short[rows].max() < WIDEN:
            repair = Repair(identity(history.name, "range"), history.name, "widen", first)
            remedy = "--repair widens the day's range to its open and close"
        yield history.finding("range", ERROR, rows, message, remedy, repair=repair)


def far(history: History) -> Iterator[Finding]:
    """Find highs and lows far outside the day's open and close, which hardly traded."""
    bars = history.bars
    sides = {
        "high": np.log(bars.high / np.maximum(bars.open, bars.close)),
        "low": np.log(np.minimum(bars.open, bars.close) / bars.low),
    }
    for field, reach in sides.items():
        limit = np.maximum(FAR, FAR_SCALES * np.nan_to_num(history.scale, nan=np.inf))
        for row in np.flatnonzero(history.reported & (reach > limit)).tolist():
            price = getattr(bars, field)[row]
            beyond = np.expm1(reach[row]) if field == "high" else -np.expm1(-reach[row])
            side = "above" if field == "high" else "below"
            message = f"{field} of {amount(price)} is {rough(float(beyond))} {side} both open and close"
            yield history.finding(field, WARNING, row, message, "no order fills there; correct it by hand")


def adjusted(history: History) -> Iterator[Finding]:
    """Find signs that prices were adjusted afterwards for splits or dividends."""
    bars = history.bars
    if not history.reported.any():
        return
    row = int(np.flatnonzero(history.reported)[np.argmax(bars.close[history.reported])])
    if bars.close[row] > DEAREST and bars.close[row] / bars.close[-1] > RATIO and (bars.split[row:] == 1).all():
        message = f"costs {amount(float(bars.close[row]))} a share in {str(bars.dates[row])[:7]}: "
        message += "adjusted for later reverse splits"
        remedy = "returns are right, whole shares, costs a share and volume aren't: pull or import it as traded"
        yield history.finding("adjusted", WARNING, [row], message, remedy)
        return
    reported = bars.rows(history.reported)
    if _in_cents(reported, slice(-20, None)) >= IN_CENTS and _in_cents(reported, slice(0, 60)) < ODD:
        message = f"prices of {str(reported.dates[0])[:4]} aren't in cents: adjusted for later splits or dividends"
        if not reported.dividend.any():
            message += ", and no dividend is recorded"
        remedy = "returns are right, whole shares and costs a share of then aren't"
        yield history.finding("adjusted", INFO, [int(np.flatnonzero(history.reported)[0])], message, remedy)


def _in_cents(bars: Bars, rows: slice) -> float:
    return in_cents(np.concatenate([bars.open[rows], bars.close[rows]]))


def in_cents(prices: Floats) -> float:
    """Return the part of prices that are whole cents, or 64ths as before 2001, to the rounding of a float32."""
    off = np.minimum(np.abs(prices - np.round(prices, 2)), np.abs(prices - np.round(64 * prices) / 64))
    return float(np.mean(off < np.maximum(1e-6, 1e-7 * prices)))


def missing(history: History) -> Iterator[Finding]:
    """Find sessions of the NYSE without a bar, inside the instrument's own span."""
    dates = history.dates
    held = nyse_sessions(max(dates[0], history.since), dates[-1]) if dates[-1] >= history.since else dates[:0]
    seen = np.isin(held, dates)
    if seen.sum() > 2 and np.median(np.diff(np.flatnonzero(seen))) > 1:
        message = f"isn't daily: {seen.sum():,} bars in {counted(len(held), 'session')}"
        gone, remedy = held[~seen], "get daily history"
        yield about(history.name, "missing", ERROR, gone, message, remedy)
        return
    yield from holes(history.name, held, ~seen & ~np.isin(held, history.unread))


def holes(name: str, held: Dates, gone: Flags) -> Iterator[Finding]:
    """Find what is missing of a span: each stretch of `HOLE` sessions or more, and then all others together.

    Parameters
    ----------
    name
        Of the instrument.
    held
        The exchange's sessions, shape (n,).
    gone
        Those without a bar, shape (n,). One in fifty, `SHARE`, is an error too.
    """
    gone = gone.copy()
    for start, stop in stretches(gone):
        if stop - start >= HOLE:
            days = held[start:stop]
            message = f"no bar from {days[0]} to {days[-1]}, {counted(len(days), 'session')} of the NYSE in a row"
            yield Finding(identity(name, "hole", days[0]), ERROR, name, "hole", days, message, AGAIN)
            gone[start:stop] = False
    if gone.any():
        days, part = held[gone], gone.sum() / len(held)
        missing = f"{'is' if len(days) == 1 else 'are'} missing: {first_dates(days)}"
        message = f"{counted(len(days), 'session')} of the NYSE {missing}"
        severity, remedy = WARNING, f"{AGAIN}; a run leaves such sessions out"
        if part > SHARE:
            severity, remedy = ERROR, AGAIN
            message += f", the last {days[-1]}, {rough(part)} of all"
        yield about(name, "missing", severity, days, message, remedy)


def extra(history: History) -> tuple[list[Finding], History]:
    """Find bars on days on which the NYSE held no session, and return the history without them, as a run reads it."""
    dates = history.dates
    held = np.isin(dates, nyse_sessions(dates[0], dates[-1]))
    if held.all():
        return [], history
    more, found = ~held & history.reported, []
    if more.any():
        message = f"{counted(more.sum(), 'bar')} on days without a session: {first_dates(dates[more])}"
        found = [history.finding("extra", WARNING, more, message, "delete the rows; a run leaves them out")]
    return found, history.on(dates[held])


def ends(name: str, dates: Dates, newest: np.datetime64, every: int = 1) -> Iterator[Finding]:
    """Find a history that ends before the newest one.

    Parameters
    ----------
    name, dates
        Of an instrument or a series.
    newest
        The last date of what it is compared with.
    every
        Sessions from one value to the next, where values aren't daily.
    """
    lag = len(nyse_sessions(dates[-1] + DAY, newest)) if newest > dates[-1] else 0
    if lag > max(LATE, 2 * every):
        message = f"ends {dates[-1]}, {counted(lag, 'session')} before the newest history"
        yield about(name, "ends", INFO, dates[-1:], message, AGAIN)
