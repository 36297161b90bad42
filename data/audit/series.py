"""Checks of series (units, gaps, stale runs, spikes) and of schedules and groups (holes, hindsight, survivors)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from data.arrays import Dates, Flags
from data.audit.finding import ERROR, INFO, WARNING, Finding, about, identity
from data.audit.robust import local_scale, stretches
from data.events import Events, Members
from data.format import counted, first_dates, significant
from data.publication import RIGHT_AS_KNOWN, period_known_early
from data.rates import DISCOUNT_SERIES
from data.series import Series

RATES = (*DISCOUNT_SERIES, "TNX", "FVX", "TYX", "DFF", "EFFR", "FEDFUNDS", "SOFR", "OBFR", "IORB", "TB3MS", "GS10")
"""Names of rates in percent a year; those that begin with DGS or DTB are too."""
SET = ("DFF", "EFFR", "FEDFUNDS", "SOFR", "OBFR", "IORB")
"""Rates that a central bank holds still for months."""
PAID = ((1976, 2002), (2005, 2007), (2018, 2019), (2023, 2025))
"""Years in which bills never paid less than 1.1 %, and by their median 1.7 % at least."""
PERCENT = (0.3, 25.0)
"""Between these the median of such a year lies, in percent; the dearest, 1981, had 14.4. As fractions all lie below,
as basis points or 100 less the rate above."""
VOLATILITIES = {"VVIX": (50.0, 250.0)}
VOLATILITY = (5.0, 200.0)
"""Indices of implied volatility, VIX and its like, lie between: VIX from 9.1 to 82.7, VVIX from 60 to 208."""
VOLATILE = ("VIX", "VXN", "VXD", "RVX", "VVIX", "OVX", "GVZ", "VXSMH")
GAP, GAPS = 20, 8
"""A gap of more days than this, and than so many times the usual distance, is reported."""
STILL = 10
"""Values in a row that don't change, of a series that otherwise does daily, are reported."""
SPIKE, RETURN = 10.0, 0.3
"""A value this many standard deviations off that is back the next time, but for this part, is reported."""
LEAST, POINTS, SET_POINTS = 0.25, 0.5, 2.0
"""It is off by this part of its level at least; a rate by so many points, one in `SET` by more: at a year's end, or in
October 2008, overnight money is a point off for a day."""
HOLE = 3
"""A schedule of nobody in particular that has no event for so many times its usual distance misses some."""
SHOWN = 5
"""Symbols that a finding names."""
NO_DATE = np.array(["NaT"], dtype="datetime64[D]")
"""Of a finding that is about no day."""


def check(series: Series, since: np.datetime64, *, rate: bool) -> Iterator[Finding]:
    """Find what is wrong, or looks wrong, with a series.

    Parameters
    ----------
    since
        Findings about earlier values are not reported.
    rate
        Whether a run takes it for a rate in percent, whatever its name.
    """
    yield from _early(series, series.dates >= since)
    sane = np.isfinite(series.values) & ~np.isnat(series.dates)
    if series.known is None:
        sane &= np.concatenate((sane[:1], series.dates[1:] > series.dates[:-1]))
    wrong = ~sane & ~(series.dates < since)
    if wrong.any():
        message = f"values missing, or dates twice or out of order: {first_dates(series.dates[wrong])}"
        yield _finding(series, "values", ERROR, wrong, message, "one value a date, oldest first")
    if series.known is not None:
        return  # revisions share dates: no path to measure
    series = Series(series.name, series.dates[sane], series.values[sane])
    reported = series.dates >= since
    if reported.sum() < 2:
        return
    is_rate = rate or series.name in RATES or series.name.startswith(("DGS", "DTB"))
    if is_rate:
        yield from _percent(series, reported)
    if series.name.startswith(VOLATILE):
        yield from _volatility(series, reported)
    yield from _gaps(series, reported)
    if series.name not in SET:
        yield from _still(series, reported, is_rate=is_rate)
    yield from _spikes(series, reported, is_rate=is_rate)


def _early(series: Series, reported: Flags) -> Iterator[Finding]:
    """Find that values count as known before their periods were over, or their publishers told them."""
    early = period_known_early(series)
    if early is None or not reported.any():
        return
    message, remedy = early.why, RIGHT_AS_KNOWN
    if series.known is None:
        message += f": with a lag of {counted(series.lag, 'session')} they count as known too early"
        remedy = f"import it with --lag {early.lag}, or set data.lag.{series.name}={early.lag} in the run"
    yield _finding(series, "early", WARNING, reported, message, remedy)


def _percent(series: Series, reported: Flags) -> Iterator[Finding]:
    """Find a rate that isn't in percent, by the years in which rates are known to have been over 1 %."""
    values, years = series.values, series.dates.astype("datetime64[Y]").astype(int) + 1970
    medians = {year: float(np.median(values[years == year])) for year in np.unique(years).tolist()}
    paying = [each for year, each in medians.items() if any(first <= year <= last for first, last in PAID)]
    low = bool(paying) and max(paying) < PERCENT[0]
    if not low and max(medians.values()) <= PERCENT[1]:
        return
    level = max(paying) if low else max(medians.values())
    message = f"isn't in percent a year: its yearly median is at most {significant(level)}" if low else ""
    message = message or f"isn't in percent a year: its yearly median is up to {significant(level)}"
    message += ", as a fraction would be" if low else ", as basis points, tenths or 100 less the rate would be"
    remedy = "write it in percent: 5.25 for five and a quarter a year"
    yield _finding(series, "percent", ERROR, reported, message, remedy, 0.01 if low else None)


def _volatility(series: Series, reported: Flags) -> Iterator[Finding]:
    low, high = VOLATILITIES.get(series.name, VOLATILITY)
    values = series.values
    out = reported & ((values < low) | (values > high))
    if not out.any():
        return
    most = out.sum() > 0.5 * reported.sum()
    message = f"{counted(out.sum(), 'value')} outside {low:g} to {high:g} ({first_dates(series.dates[out])}; "
    message += f"{significant(float(values[out].min()))} to {significant(float(values[out].max()))})"
    remedy = "write it in percent a year" if most else "correct or delete them"
    yield _finding(series, "range", ERROR if most else WARNING, out, message, remedy)


def _gaps(series: Series, reported: Flags) -> Iterator[Finding]:
    days = np.diff(series.dates).astype(int)
    long = np.concatenate(([False], days > max(GAP, GAPS * float(np.median(days))))) & reported
    if long.any():
        message = f"{counted(long.sum(), 'gap')} of up to {days[long[1:]].max()} days, "
        message += f"before {first_dates(series.dates[long])}"
        yield _finding(series, "gap", INFO, long, message, "the last value carries over; get the others if they matter")


def _still(series: Series, reported: Flags, *, is_rate: bool) -> Iterator[Finding]:
    """Find long runs of one value, where a value like it moves daily; rates near 0 hardly move."""
    values = series.values
    same = np.concatenate(([False], values[1:] == values[:-1]))
    if same.mean() > 0.2:
        return
    rows = np.zeros(len(same), dtype=bool)
    for start, stop in stretches(same):
        rows[start:stop] = stop - start >= STILL - 1 and not (is_rate and abs(values[start]) < 1.0)
    rows &= reported
    if rows.any():
        message = f"stands still on {rows.sum()} dates ({first_dates(series.dates[rows])}) though it moves daily else"
        yield _finding(series, "stale", WARNING, rows, message, "pull or import it again")


def _spikes(series: Series, reported: Flags, *, is_rate: bool) -> Iterator[Finding]:
    values = series.values
    if not is_rate and (values <= 0).any():
        return  # a spread or the like: no level to measure a jump by
    moves = np.diff(values) if is_rate else np.diff(np.log(values))
    scale = np.maximum(local_scale(moves), 1e-9)
    off, back = moves[:-1], moves[1:]
    points = SET_POINTS if series.name in SET else POINTS
    large = np.abs(off) > np.maximum(points if is_rate else LEAST, SPIKE * scale[:-1])
    rows = np.concatenate(([False], large & (np.abs(off + back) < RETURN * np.abs(off)), [False])) & reported
    if not rows.any():
        return
    at = int(np.flatnonzero(rows)[np.argmax(np.abs(moves[np.flatnonzero(rows) - 1]))])
    path = ", ".join(significant(float(value)) for value in values[at - 1 : at + 2])
    message = f"spikes and is back the next time: {path} about {series.dates[at]}"
    others = np.flatnonzero(rows)
    message += f", also {first_dates(series.dates[others[others != at]])}" if rows.sum() > 1 else ""
    yield _finding(series, "spike", WARNING, rows, message, "look it up and correct it")


def _finding(
    series: Series, kind: str, severity: str, rows: Flags, message: str, remedy: str, factor: float | None = None
) -> Finding:
    """Return a finding about these rows; a single spike puts its date into the id."""
    dates = series.dates[rows]
    date = dates[0] if len(dates) == 1 and kind == "spike" else None
    name = identity(series.name, kind, date)
    return Finding(name, severity, series.name, kind, dates, message, remedy, factor=factor)


def spacing(dates: Dates) -> int:
    """Return the usual number of weekdays from one date to the next, 1 for a daily series."""
    return max(1, round(float(np.median(np.diff(dates).astype(int))) * 5 / 7)) if len(dates) > 2 else 1


def check_events(events: Events, since: np.datetime64, newest: np.datetime64 | None) -> Iterator[Finding]:
    """Find what is wrong, or good to know, of a schedule.

    Parameters
    ----------
    since
        Findings about earlier events are not reported.
    newest
        The last session of the history beside it; ``None`` where there is none.
    """
    name, dates = events.name, events.dates
    if newest is not None and not dates[-1] > newest:
        message = f"the schedule ends {dates[-1]}, and history runs to {newest}: nothing to come is known"
        yield about(name, "schedule-ends", INFO, dates[-1:], message, "add the dates that are announced")
    if events.in_hindsight:
        message = "a schedule in hindsight: nothing says when each date became public"
        yield about(name, "hindsight", INFO, NO_DATE, message, "add a column announced where that is known")
    if not (events.symbols != "").any():
        yield from _holes(name, np.unique(dates), since)


def check_members(members: Members, instruments: Collection[str]) -> Iterator[Finding]:
    """Find what is good to know of a group.

    Parameters
    ----------
    instruments
        Those the source holds bars of.
    """
    name = members.name
    if np.isnat(members.until).all():
        message = (
            f"nobody ever left {name}: if these are today's names, the past looks better than it was (survivorship)"
        )
        yield about(name, "survivors", INFO, NO_DATE, message, "add those who left, with from and to")
    gone = [symbol for symbol in dict.fromkeys(members.symbols.tolist()) if symbol not in instruments]
    if gone:
        more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
        message = f"no bars of {counted(len(gone), 'member')}: {', '.join(gone[:SHOWN])}{more}"
        yield about(name, "unpriced", INFO, NO_DATE, message, "pull or import them, or they don't count")


def _holes(name: str, dates: Dates, since: np.datetime64) -> Iterator[Finding]:
    """Find stretches without an event in a schedule that is regular otherwise, such as a year that was left out."""
    days = np.diff(dates).astype(int)
    if len(days) < 4:
        return
    wide = np.concatenate(([False], days > HOLE * np.median(days))) & (dates >= since)
    if wide.any():
        longest = int(days[wide[1:]].max())
        message = f"{counted(wide.sum(), 'hole')} of up to {longest} days, before {first_dates(dates[wide])}, "
        message += f"where events are {np.median(days):g} days apart"
        yield about(name, "hole", WARNING, dates[wide], message, "add what is missing")
