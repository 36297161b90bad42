"""Checks of series: rates not in percent, volatility out of range, gaps, stale runs, values that spike and return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data.arrays import Dates, Flags
from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.audit.history import identity
from data.audit.robust import local_scale, stretches
from data.format import counted, first_dates, significant
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
"""A gap of more days than this, and than so many times the usual distance, is told."""
STILL = 10
"""Values in a row that don't change, of a series that otherwise does daily, are told."""
SPIKE, RETURN = 10.0, 0.3
"""A value this many standard deviations off that is back the next time, but for this part, is told."""
LEAST, POINTS, SET_POINTS = 0.25, 0.5, 2.0
"""It is off by this part of its level at least; a rate by so many points, one in `SET` by more: at a year's end, or in
October 2008, overnight money is a point off for a day."""


@dataclass(frozen=True)
class AuditedSeries:
    """A series as its checks read it: finite values, increasing dates, and from when on findings are told."""

    series: Series
    since: np.datetime64

    def find(  # the parts of one finding
        self, kind: str, severity: str, rows: Flags, says: str, cure: str, factor: float | None = None
    ) -> Finding:
        """Return a finding about these rows; a single one puts its date into the id."""
        name, dates = self.series.name, self.series.dates[rows]
        date = dates[0] if len(dates) == 1 and kind == "spike" else None
        return Finding(identity(name, kind, date), severity, name, kind, dates, says, cure, factor=factor)


def check(series: Series, since: np.datetime64, *, rate: bool) -> Iterator[Finding]:
    """Find what is wrong, or looks wrong, with a series.

    Parameters
    ----------
    since
        Findings about earlier values are not told.
    rate
        Whether a run takes it for a rate in percent, whatever its name.
    """
    sane = np.isfinite(series.values) & ~np.isnat(series.dates)
    if series.known is None:
        sane &= np.concatenate((sane[:1], series.dates[1:] > series.dates[:-1]))
    wrong = ~sane & ~(series.dates < since)
    if wrong.any():
        says = f"values missing, or dates twice or out of order: {first_dates(series.dates[wrong])}"
        yield AuditedSeries(series, since).find("values", ERROR, wrong, says, "one value a date, oldest first")
    if series.known is not None:
        return  # revisions share dates: no path to measure
    held = AuditedSeries(Series(series.name, series.dates[sane], series.values[sane]), since)
    told = held.series.dates >= since
    if told.sum() < 2:
        return
    is_rate = rate or series.name in RATES or series.name.startswith(("DGS", "DTB"))
    if is_rate:
        yield from _percent(held, told)
    if series.name.startswith(VOLATILE):
        yield from _volatility(held, told)
    yield from _gaps(held, told)
    if series.name not in SET:
        yield from _still(held, told, is_rate=is_rate)
    yield from _spikes(held, told, is_rate=is_rate)


def _percent(held: AuditedSeries, told: Flags) -> Iterator[Finding]:
    """Find a rate that isn't in percent, by the years in which rates are known to have been over 1 %."""
    values, years = held.series.values, held.series.dates.astype("datetime64[Y]").astype(int) + 1970
    medians = {year: float(np.median(values[years == year])) for year in np.unique(years).tolist()}
    paying = [each for year, each in medians.items() if any(first <= year <= last for first, last in PAID)]
    low = bool(paying) and max(paying) < PERCENT[0]
    if not low and max(medians.values()) <= PERCENT[1]:
        return
    level = max(paying) if low else max(medians.values())
    says = f"isn't in percent a year: its yearly median is at most {significant(level)}" if low else ""
    says = says or f"isn't in percent a year: its yearly median is up to {significant(level)}"
    says += ", as a fraction would be" if low else ", as basis points, tenths or 100 less the rate would be"
    cure = "write it in percent: 5.25 for five and a quarter a year"
    yield held.find("percent", ERROR, told, says, cure, 0.01 if low else None)


def _volatility(held: AuditedSeries, told: Flags) -> Iterator[Finding]:
    low, high = VOLATILITIES.get(held.series.name, VOLATILITY)
    values = held.series.values
    out = told & ((values < low) | (values > high))
    if not out.any():
        return
    most = out.sum() > 0.5 * told.sum()
    says = f"{counted(out.sum(), 'value')} outside {low:g} to {high:g} ({first_dates(held.series.dates[out])}; "
    says += f"{significant(float(values[out].min()))} to {significant(float(values[out].max()))})"
    cure = "write it in percent a year" if most else "correct or delete them"
    yield held.find("range", ERROR if most else WARNING, out, says, cure)


def _gaps(held: AuditedSeries, told: Flags) -> Iterator[Finding]:
    days = np.diff(held.series.dates).astype(int)
    long = np.concatenate(([False], days > max(GAP, GAPS * float(np.median(days))))) & told
    if long.any():
        says = f"{counted(long.sum(), 'gap')} of up to {days[long[1:]].max()} days, "
        says += f"before {first_dates(held.series.dates[long])}"
        yield held.find("gap", INFO, long, says, "the last value carries over; get the others if they matter")


def _still(held: AuditedSeries, told: Flags, *, is_rate: bool) -> Iterator[Finding]:
    """Find long runs of one value, where a value like it moves daily; rates near 0 hardly move."""
    values = held.series.values
    same = np.concatenate(([False], values[1:] == values[:-1]))
    if same.mean() > 0.2:
        return
    rows = np.zeros(len(same), dtype=bool)
    for start, stop in stretches(same):
        rows[start:stop] = stop - start >= STILL - 1 and not (is_rate and abs(values[start]) < 1.0)
    rows &= told
    if rows.any():
        says = f"stands still on {rows.sum()} dates ({first_dates(held.series.dates[rows])}) though it moves daily else"
        yield held.find("stale", WARNING, rows, says, "pull or import it again")


def _spikes(held: AuditedSeries, told: Flags, *, is_rate: bool) -> Iterator[Finding]:
    values = held.series.values
    if not is_rate and (values <= 0).any():
        return  # a spread or the like: no level to measure a jump by
    moves = np.diff(values) if is_rate else np.diff(np.log(values))
    scale = np.maximum(local_scale(moves), 1e-9)
    off, back = moves[:-1], moves[1:]
    points = SET_POINTS if held.series.name in SET else POINTS
    large = np.abs(off) > np.maximum(points if is_rate else LEAST, SPIKE * scale[:-1])
    rows = np.concatenate(([False], large & (np.abs(off + back) < RETURN * np.abs(off)), [False])) & told
    if not rows.any():
        return
    at = int(np.flatnonzero(rows)[np.argmax(np.abs(moves[np.flatnonzero(rows) - 1]))])
    path = ", ".join(significant(float(value)) for value in values[at - 1 : at + 2])
    says = f"spikes and is back the next time: {path} about {held.series.dates[at]}"
    says += f", also {first_dates(_others(held, rows, at))}" if rows.sum() > 1 else ""
    yield held.find("spike", WARNING, rows, says, "look it up and correct it")


def _others(held: AuditedSeries, rows: Flags, at: int) -> Dates:
    others = np.flatnonzero(rows)
    dates: Dates = held.series.dates[others[others != at]]
    return dates


def spacing(dates: Dates) -> int:
    """Return the usual number of weekdays from one date to the next, 1 for a daily series."""
    return max(1, round(float(np.median(np.diff(dates).astype(int))) * 5 / 7)) if len(dates) > 2 else 1
