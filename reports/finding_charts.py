"""What a page draws of a finding: the sessions it is about, those around them, and what it was measured against."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Dates, Floats, Ints
from data.audit.finding import Finding
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.sources import BARS, EVENTS, MEMBERS, SERIES, Held, Kind, Source
from reports.charts import POINTS, line, singles, spread, thinned

AROUND = 30
"""Sessions shown each side of a finding's."""
NEAR = 180
"""Sessions up to which each is drawn by itself; a finding that takes more shows the whole history."""

FindingChart = dict[str, Any]
NOTHING: FindingChart = {"candles": None, "lines": [], "rings": None, "events": []}


@dataclass(frozen=True)
class ChartedHistory:
    """An instrument's bars, or a series, as a chart takes them.

    Parameters
    ----------
    name
        Its name.
    bars
        None of a series.
    dates
        Increasing, shape (n,).
    values
        Closes as traded, or the series' values, shape (n,).
    level
        What is compared: total-return closes, or the series' values, shape (n,).
    """

    name: str
    bars: Bars | None
    dates: Dates
    values: Floats
    level: Floats


def histories(source: Source) -> Callable[[str], ChartedHistory]:
    """Return a reader of a source that reads each name once, a broken file as far as it goes; it raises DataError."""

    @functools.cache
    def read(name: str) -> ChartedHistory:
        if name in source.names(BARS):
            bars = _readable(source, BARS, name)
            bars = bars.rows(~np.isnat(bars.dates))
            bars = bars.onto(np.unique(bars.dates))  # some findings are about their order
            with np.errstate(all="ignore"):
                found = ChartedHistory(name, bars, bars.dates, bars.close, bars.total_return())
        elif name not in source.names(SERIES) and name in (*source.names(EVENTS), *source.names(MEMBERS)):
            raise DataError("a schedule or a group has no chart")
        else:
            series = _readable(source, SERIES, name)
            dates, latest = np.unique(series.dates[::-1], return_index=True)
            dates, latest = dates[~np.isnat(dates)], latest[~np.isnat(dates)]
            values = series.values[::-1][latest]
            found = ChartedHistory(name, None, dates, values, values)
        if not len(found.dates):
            raise DataError(f"{name} has no row that can be read")
        return found

    return read


def _readable(source: Source, kind: Kind[Held], name: str) -> Held:
    """Return bars or series; where the source refuses them, the rows that it can read all the same."""
    try:
        return source.read(kind, name)
    except DataError:
        examine = getattr(source, "examine", None)
        held: Held | None = examine(kind, name)[1] if examine else None
        if held is None:
            raise
        return held


def finding_chart(finding: Finding, read: Callable[[str], ChartedHistory]) -> FindingChart:
    """Return what the page's script draws of a finding.

    Parameters
    ----------
    finding
        The finding.
    read
        Gives the history of a name; where it raises DataError, the chart says what is missing.

    Returns
    -------
    ``missing``: sentences about what can't be shown; where that is the instrument itself, there is nothing else.
    ``near``: whether x counts sessions, whose ``days`` are given, or days since 1970. ``name``, ``unit``, ``candles``
    or ``lines``, ``rings`` and ``spread`` (see `reports.charts.spread`) belong to the left axis, ``others`` and
    ``others_spread`` to the right one; ``marks`` are the sessions in question, as spans of x or as ticks, ``events``
    splits and dividends. Numbers are packed.
    """
    missing: list[str] = []
    own = _read(read, finding.instrument, missing)
    if own is None:
        return {"missing": missing}
    others = [other for name in finding.against if (other := _read(read, name, missing)) is not None]
    around = _around(own, concerned(finding))
    if around is None or about_volume(finding, own):
        return _whole(finding, own, others) | {"near": False, "missing": missing}
    return _near(finding, own, others, around) | {"near": True, "missing": missing}


def concerned(finding: Finding) -> Dates:
    """Return the sessions of a finding, oldest first; none where it is about the whole."""
    return np.unique(finding.dates[~np.isnat(finding.dates)])


def about_volume(finding: Finding, own: ChartedHistory) -> bool:
    """Return whether a finding is about volume, which its chart then shows in the place of prices."""
    return "volume" in finding.kind and own.bars is not None


def _read(read: Callable[[str], ChartedHistory], name: str, missing: list[str]) -> ChartedHistory | None:
    try:
        return read(name)
    except DataError as error:
        missing.append(f"{name} can't be shown: {error}.")
        return None


def _around(own: ChartedHistory, dates: Dates) -> Dates | None:
    """Return the sessions to draw around some, those without a bar too; None where there are none or too many."""
    if not len(dates):
        return None
    parts = [own.dates, dates]
    if own.bars is not None:
        with contextlib.suppress(DataError):  # a date beyond all calendars
            parts.append(nyse_sessions(own.dates[0], own.dates[-1]))
    slots = np.unique(np.concatenate(parts))
    first, last = np.searchsorted(slots, dates[[0, -1]])
    return slots[max(first - AROUND, 0) : last + AROUND + 1] if last - first < NEAR else None


def _near(finding: Finding, own: ChartedHistory, others: Sequence[ChartedHistory], slots: Dates) -> FindingChart:
    """Each session by itself: candles, the sessions concerned as spans of x, and rings around the price in question."""
    held = np.isin(own.dates, slots)
    x = np.searchsorted(slots, own.dates[held])
    bars = own.bars.rows(held) if own.bars is not None else None
    chart: FindingChart = {
        "days": singles(slots.astype("int64")),
        "marks": [[int(run[0]) - 0.5, int(run[-1]) + 0.5] for run in _runs(np.searchsorted(slots, concerned(finding)))],
        **NOTHING,
    }
    if bars is None:
        chart |= {"lines": [line(own.name, x, own.values[held])], **_left(finding, own, own.values[held])}
    else:
        chart["candles"] = {"x": singles(x), **{name: singles(getattr(bars, name)) for name in PRICES}}
        chart |= {"events": _events(bars, x), **_left(finding, own, np.concatenate([bars.low, bars.high]))}
        if finding.field in PRICES:
            at = np.isin(bars.dates, finding.dates)
            chart["rings"] = line(finding.field, x[at], getattr(bars, finding.field)[at])
    return chart | _compared([_beside(other, slots, opens=finding.field == "open") for other in others])


def _whole(finding: Finding, own: ChartedHistory, others: Sequence[ChartedHistory]) -> FindingChart:
    """The whole history, thinned: lines over days, the sessions concerned as ticks."""
    values = own.bars.volume if own.bars is not None and about_volume(finding, own) else own.values
    values = np.where(values > 0, values, np.nan) if spread(values) else values
    kept = thinned(values)
    x = own.dates.astype("int64")
    ticks = concerned(finding).astype("int64")
    width = max(len(x) // POINTS, 1)
    split = own.bars.rows(own.bars.split != 1.0) if own.bars is not None else None
    chart: FindingChart = {
        "days": None,
        "marks": singles(ticks[np.unique(ticks // width, return_index=True)[1]]),
        **NOTHING,
        "lines": [line(own.name, x[kept], values[kept])],
        "events": _events(split, split.dates.astype("int64"), dividends=False) if split is not None else [],
        **_left(finding, own, values),
    }
    return chart | _compared([_beside(other, own.dates, opens=False, count=False) for other in others])


def _left(finding: Finding, own: ChartedHistory, values: Floats) -> FindingChart:
    unit = "value, in its own unit" if own.bars is None else "$ a share, as traded"
    if about_volume(finding, own):
        unit = "shares, as traded"
    return {"name": own.name, "unit": unit, "spread": spread(values)}


def _compared(lines: list[tuple[str, Floats, Floats]]) -> FindingChart:
    shown = [series for series in lines if len(series[1])]
    together = np.concatenate([y for _, _, y in shown]) if shown else np.empty(0)
    return {"others": [line(*series) for series in shown], "others_spread": spread(together)}


def _beside(other: ChartedHistory, slots: Dates, *, opens: bool, count: bool = True) -> tuple[str, Floats, Floats]:
    """Return a line to compare with, 100 at its first session in view: name, x, and y of its closes, perhaps opens."""
    held = (other.dates >= slots[0]) & (other.dates <= slots[-1]) & ~np.isnan(other.level)
    level = other.level[held]
    x = np.searchsorted(slots, other.dates[held]) if count else other.dates[held].astype("int64")
    if not len(level):
        return other.name, x.astype(float), level
    with np.errstate(all="ignore"):  # it may be broken as well
        level = 100.0 * level / level[0]
        opened = level * (other.bars.open / other.bars.close)[held] if opens and other.bars is not None else None
    if opened is not None:
        return other.name, np.column_stack((x - 0.3, x + 0.3)).ravel(), np.column_stack((opened, level)).ravel()
    kept = thinned(level)
    return other.name, x[kept].astype(float), level[kept]


def _runs(places: Ints) -> list[Ints]:
    """Return stretches of neighbouring places."""
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)


def _events(bars: Bars, x: Ints, *, dividends: bool = True) -> list[FindingChart]:
    """Return splits and dividends: where, which, and in words."""
    found = []
    for at in range(len(bars)):
        if bars.split[at] != 1.0:
            found.append({"x": int(x[at]), "kind": "split", "says": split_words(float(bars.split[at]))})
        if dividends and bars.dividend[at] > 0:
            found.append({"x": int(x[at]), "kind": "dividend", "says": f"dividend ${bars.dividend[at]:.4g}"})
    return found


def split_words(split: float) -> str:
    """Write a split as people do, new for old: ``split 3:1``, ``split 1:10``."""
    if not split > 0:
        return f"split {split:g}"
    return f"split {split:.6g}:1" if split > 1 else f"split 1:{1 / split:.6g}"
