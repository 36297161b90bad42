"""Faults of market data, planted into clean bars: what is planted where, and what an audit has to say of it.

A clean family is a fund, its underlying, a second fund and a near instrument, with realistic noise: fat tails,
volatility that clusters, gaps at the open, premiums, splits, dividends, prices in cents. `PLANTED` names each fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from markets import MemorySource

from data.arrays import DAY, Dates, Floats, day
from data.as_traded import Course, Listing, as_traded, course_of, is_ex_date
from data.audit.finding import Finding
from data.bars import COLUMNS, PRICES, Bars
from data.calendar import nyse_sessions
from data.fund import fund_return
from data.rates import days_between
from data.series import Series

FIRST, LAST = day("2017-01-03"), day("2024-06-28")
NAMES = ("SOXS", "SOXX", "SOXL", "SMH")
"""The fund, its underlying, a second fund, and what is near."""


@dataclass(frozen=True)
class Family:
    """Bars and series by name; `names` are the fund's, the underlying's, the second fund's and the near one's."""

    bars: Mapping[str, Bars]
    series: Mapping[str, Series] = field(default_factory=dict)
    names: tuple[str, ...] = NAMES

    @property
    def fund(self) -> Bars:
        return self.bars[self.names[0]]

    @property
    def underlying(self) -> Bars:
        return self.bars[self.names[1]]

    def source(self, *names: str) -> MemorySource:
        """Return a source of all it holds, or of these alone."""
        kept = names or (*self.bars, *self.series)
        series = {name: held for name, held in self.series.items() if name in kept}
        return MemorySource({name: held for name, held in self.bars.items() if name in kept}, series)

    def with_bars(self, bars: Bars) -> Family:
        return replace(self, bars={**self.bars, bars.instrument: bars})

    def with_series(self, series: Series) -> Family:
        return replace(self, series={**self.series, series.name: series})


def made_up(seed: int, names: tuple[str, ...] = NAMES, first: np.datetime64 = FIRST) -> Family:
    """Return a clean family on real NYSE sessions, the same for the same seed."""
    rng = np.random.default_rng(seed)
    sessions = nyse_sessions(first, LAST)
    log_returns, sds = _wild(rng, len(sessions))
    overnight = rng.standard_normal(len(sessions))
    course = course_of(log_returns, sds, overnight, rng)
    ex_dates = is_ex_date(sessions)
    fund, underlying, second, near = names
    listed = [
        as_traded(Listing(underlying, 120.0, 5e8, split_above=400.0), sessions, course, 0.002 * ex_dates, rng),
        _leveraged(Listing(fund, 40.0, 3e8), -3.0, sessions, course, rng),
        _leveraged(Listing(second, 40.0, 6e8, split_above=150.0), 3.0, sessions, course, rng),
        as_traded(Listing(near, 60.0, 2e8), sessions, _like(course, sds, rng), 0.008 * (ex_dates > 0), rng),
    ]
    bars = {each.instrument: in_cents(each) for each in listed}
    rate = Series("IRX", sessions, np.round(2.4 + np.cumsum(rng.normal(0.0, 0.01, len(sessions))), 3))
    vix = Series("VIX", sessions, np.round(12.0 + 600.0 * sds * np.exp(rng.normal(0.0, 0.04, len(sds))), 2))
    return Family(bars, {"IRX": rate, "VIX": vix}, names)


def _wild(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Return log returns of a sector and their standard deviations: t innovations, GARCH volatility."""
    shocks = rng.standard_t(5, count) / np.sqrt(5 / 3)
    sds, returns, variance = np.empty(count), np.empty(count), 0.018**2
    for t in range(count):
        sds[t] = np.sqrt(variance)
        returns[t] = np.clip(0.0006 + sds[t] * shocks[t], -0.16, 0.16)
        variance = 0.018**2 * 0.02 + 0.9 * variance + 0.08 * min(returns[t] ** 2, 0.004)
    return returns, sds


def _leveraged(listing: Listing, leverage: float, sessions: Dates, of: Course, rng: np.random.Generator) -> Bars:
    days, rate = days_between(sessions), 0.024
    paths = [1 + fund_return(each - 1, rate, days, leverage) for each in (of.open, of.high, of.low, of.close)]
    premium_open, premium = rng.normal(0.0, [[0.0025], [0.0012]], (2, len(sessions)))
    before = 1 + np.concatenate(([0.0], premium[:-1]))
    opened, close = paths[0] * (1 + premium_open) / before, paths[3] * (1 + premium) / before
    reached = np.stack([opened, paths[1] / before, paths[2] / before, close])
    course = Course(opened, reached.max(axis=0), reached.min(axis=0), close)
    return as_traded(listing, sessions, course, 0.007 * np.roll(is_ex_date(sessions), 2), rng)


def _like(of: Course, sds: Floats, rng: np.random.Generator) -> Course:
    """Return the course of something near: the same but for a fifth of its volatility."""
    own = np.exp(rng.normal(0.0, 0.2 * sds))
    return Course(of.open * np.sqrt(own), of.high * np.maximum(own, 1), of.low * np.minimum(own, 1), of.close * own)


def in_cents(bars: Bars) -> Bars:
    """Return bars whose prices are whole cents, as those of an exchange."""
    prices = {name: np.maximum(np.round(getattr(bars, name), 2), 0.01) for name in PRICES}
    outer = np.array([prices[name] for name in PRICES])
    return replace(bars, **{**prices, "high": outer.max(axis=0), "low": outer.min(axis=0)})


def changed(bars: Bars, rows: object, **columns: object) -> Bars:
    """Return bars with other values in some rows: ``changed(bars, 5, close=12.0)``."""
    new = {}
    for name, values in columns.items():
        new[name] = getattr(bars, name).copy()
        new[name][rows] = values
    return replace(bars, **new)


def times(bars: Bars, rows: object, factor: float, names: tuple[str, ...] = (*PRICES, "dividend")) -> Bars:
    """Return bars with some prices multiplied."""
    return changed(bars, rows, **{name: getattr(bars, name)[rows] * factor for name in names})


# What is planted


@dataclass(frozen=True)
class Planted:
    """One kind of fault.

    Parameters
    ----------
    plant
        Puts it into a family at a date and returns that.
    kind, severity
        Of the finding.
    role
        0 for the fund, 1 for the underlying; or the name of a series.
    event
        The date has to have this: ``split`` a recorded split of that instrument, ``dividend`` a payment, ``large
        dividend`` one of `LARGE` of the price; else none within a week.
    dated
        Whether the finding has the planted date.
    also
        Kinds of findings that follow from it, and may be told too.
    """

    plant: Callable[[Family, np.datetime64], Family]
    kind: str
    severity: str
    role: int | str = 0
    event: str = ""
    dated: bool = True
    also: tuple[str, ...] = ()

    def about(self, family: Family) -> str:
        """Return the instrument or series that is at fault."""
        return family.names[self.role] if isinstance(self.role, int) else self.role

    def date(self, family: Family, rng: np.random.Generator) -> np.datetime64:
        """Draw a session to plant it on: one with the event it takes, else one a week away from any."""
        if not isinstance(self.role, int):
            dates = family.series[self.role].dates
            first, last = np.searchsorted(dates, [family.fund.dates[300], family.fund.dates[-300]])
            return dates[rng.integers(first, last)]
        bars = family.bars[family.names[self.role]]
        base = np.concatenate(([np.inf], bars.close[:-1])) / bars.split
        paid = {"dividend": bars.dividend > 0, "large dividend": bars.dividend > LARGE * base}
        events = {"split": bars.split != 1, **paid}
        near = np.convolve((bars.split != 1) | (bars.dividend > 0), np.ones(11), mode="same") > 0
        rows = np.flatnonzero(events[self.event] if self.event else ~near)
        fund = family.fund.dates
        rows = rows[(bars.dates[rows] > fund[300]) & (bars.dates[rows] < fund[-300])]
        return bars.dates[rng.choice(rows)]

    def in_findings(self, found: Iterable[Finding], family: Family, date: np.datetime64) -> list[Finding]:
        """Return the findings that tell of it."""
        wanted = (self.about(family), self.kind, self.severity)
        told = [one for one in found if (one.instrument, one.kind, one.severity) == wanted]
        return [one for one in told if not self.dated or date in one.dates]


LARGE = 0.005
"""Part of its price that a dividend has to be for ten times as much to be an error."""


def _on(role: int, change: Callable[[Bars, int], Bars]) -> Callable[[Family, np.datetime64], Family]:
    """Return a plant that changes one instrument's bars, given the row of the date."""

    def plant(family: Family, date: np.datetime64) -> Family:
        bars = family.bars[family.names[role]]
        return family.with_bars(change(bars, int(np.searchsorted(bars.dates, date))))

    return plant


def _in(name: str, change: Callable[[Series, int], Series]) -> Callable[[Family, np.datetime64], Family]:
    def plant(family: Family, date: np.datetime64) -> Family:
        series = family.series[name]
        return family.with_series(change(series, int(np.searchsorted(series.dates, date))))

    return plant


def false_step(factor: float, *, with_volume: bool = False) -> Callable[[Bars, int], Bars]:
    """Return a change: every price before a row is `factor` times what it was, as after a split nobody made."""

    def change(bars: Bars, row: int) -> Bars:
        before = slice(0, row)
        stepped = times(bars, before, factor)
        return changed(stepped, before, volume=bars.volume[before] / factor) if with_volume else stepped

    return change


def unrecorded(bars: Bars, row: int) -> Bars:
    return changed(bars, row, split=1.0)


def upside_down(bars: Bars, row: int) -> Bars:
    return changed(bars, row, split=1.0 / bars.split[row])


def moved_split(by: int) -> Callable[[Bars, int], Bars]:
    """Return a change: the split of a row is recorded some sessions later, or earlier."""

    def change(bars: Bars, row: int) -> Bars:
        return changed(changed(bars, row, split=1.0), row + by, split=bars.split[row])

    return change


def wrong_ratio(bars: Bars, row: int) -> Bars:
    """The split is recorded as another whole number."""
    old = bars.split[row]
    wrong = 1.0 / (round(1.0 / old) + 2) if old < 1 else old + 2.0
    return changed(bars, row, split=wrong)


def split_adjusted(bars: Bars, row: int) -> Bars:
    """All prices are adjusted for the splits, which are recorded all the same."""
    del row
    later = np.append(np.cumprod(bars.split[::-1])[::-1][1:], 1.0)
    columns = {name: getattr(bars, name) / later for name in (*PRICES, "dividend")}
    return replace(bars, volume=bars.volume * later, **columns)


def back_adjusted(bars: Bars, row: int) -> Bars:
    """All prices are adjusted for the splits, which aren't recorded."""
    return replace(split_adjusted(bars, row), split=np.ones(len(bars)))


def bad_price(name: str, factor: float) -> Callable[[Bars, int], Bars]:
    """Return a change: one price is wrong, the day's range with it."""

    def change(bars: Bars, row: int) -> Bars:
        price = getattr(bars, name)[row] * factor
        high, low = max(bars.high[row], price), min(bars.low[row], price)
        return changed(bars, row, **{"high": high, "low": low, name: price})

    return change


def stale(count: int) -> Callable[[Bars, int], Bars]:
    """Return a change: from a row on, the last close stands still."""

    def change(bars: Bars, row: int) -> Bars:
        rows = slice(row, row + count)
        last = bars.close[row - 1]
        return changed(bars, rows, open=last, high=last, low=last, close=last, volume=0.0)

    return change


def shifted(count: int) -> Callable[[Bars, int], Bars]:
    """Return a change: prices of some sessions stand a session late."""

    def change(bars: Bars, row: int) -> Bars:
        into, of = slice(row + 1, row + count + 1), slice(row, row + count)
        return changed(bars, into, **{name: getattr(bars, name)[of] for name in COLUMNS})

    return change


def gone(count: int) -> Callable[[Bars, int], Bars]:
    def change(bars: Bars, row: int) -> Bars:
        keep = np.ones(len(bars), dtype=bool)
        keep[row : row + count] = False
        return bars.rows(keep)

    return change


def ends(bars: Bars, row: int) -> Bars:
    return bars.rows(slice(0, row + 1))


def on_a_holiday(bars: Bars, row: int) -> Bars:
    """The row stands a second time, on the Saturday after it."""
    week = (bars.dates[row] + 3 * DAY).astype("datetime64[W]") + np.timedelta64(1, "W")  # weeks begin on Thursdays
    saturday = week.astype("datetime64[D]") - 5 * DAY
    at = int(np.searchsorted(bars.dates, saturday))
    rows = np.insert(np.arange(len(bars)), at, at - 1)
    doubled = bars.rows(rows)
    dates = doubled.dates.copy()
    dates[at] = saturday
    return changed(replace(doubled, dates=dates), at, split=1.0, dividend=0.0)


def twice(bars: Bars, row: int) -> Bars:
    return bars.rows(np.insert(np.arange(len(bars)), row, row))


def dividend_times(factor: float) -> Callable[[Bars, int], Bars]:
    def change(bars: Bars, row: int) -> Bars:
        return changed(bars, row, dividend=bars.dividend[row] * factor)

    return change


def dividend_again(bars: Bars, row: int) -> Bars:
    return changed(bars, row + 3, dividend=bars.dividend[row])


def never_paid(share: float) -> Callable[[Bars, int], Bars]:
    def change(bars: Bars, row: int) -> Bars:
        return changed(bars, row, dividend=share * bars.close[row - 1] / bars.split[row])

    return change


def dividend_adjusted(bars: Bars, row: int) -> Bars:
    """Prices are adjusted for the dividends, which are recorded all the same."""
    del row
    base = np.concatenate((bars.close[:1], bars.close[:-1])) / bars.split
    kept = 1.0 - bars.dividend / base
    later = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    return times(bars, slice(None), later, PRICES)  # type: ignore[arg-type]


def no_volume(count: int) -> Callable[[Bars, int], Bars]:
    def change(bars: Bars, row: int) -> Bars:
        return changed(bars, slice(row, row + count), volume=0.0)

    return change


def tiny_volume(bars: Bars, row: int) -> Bars:
    until = slice(0, row)
    return changed(bars, until, volume=np.ceil(bars.volume[until] / bars.volume.max() * 9))


def another_fund(family: Family, date: np.datetime64) -> Family:
    """The fund's bars are the second fund's."""
    del date
    fund, _, second, _ = family.names
    return family.with_bars(replace(family.bars[second], instrument=fund))


def in_units(factor: float) -> Callable[[Series, int], Series]:
    def change(series: Series, row: int) -> Series:
        del row
        return replace(series, values=series.values * factor)

    return change


def spiked(series: Series, row: int) -> Series:
    values = series.values.copy()
    values[row] *= 2.5
    return replace(series, values=values)


def still(series: Series, row: int) -> Series:
    values = series.values.copy()
    values[row : row + 25] = values[row - 1]
    return replace(series, values=values)


def holed(series: Series, row: int) -> Series:
    keep = np.ones(len(series.dates), dtype=bool)
    keep[row : row + 40] = False
    return replace(series, dates=series.dates[keep], values=series.values[keep])


def unknown_value(series: Series, row: int) -> Series:
    values = series.values.copy()
    values[row] = np.nan
    return replace(series, values=values)


def cut(series: Series, row: int) -> Series:
    return replace(series, dates=series.dates[: row + 1], values=series.values[: row + 1])


ERROR, WARNING, INFO = "error", "warning", "info"

PLANTED = {
    "15 times too high before": Planted(_on(0, false_step(15.0)), "step", ERROR),
    "15 times too low before": Planted(_on(0, false_step(1 / 15)), "step", ERROR),
    "15 times too high before, volume too": Planted(_on(0, false_step(15.0, with_volume=True)), "step", ERROR),
    "half before": Planted(_on(0, false_step(0.5)), "step", ERROR),
    "the underlying thrice before": Planted(_on(1, false_step(3.0)), "step", ERROR, role=1),
    "a split that isn't recorded": Planted(_on(0, unrecorded), "step", ERROR, event="split"),
    "a false split": Planted(_on(0, lambda b, row: changed(b, row, split=0.1)), "split", ERROR),
    "a false split of the underlying": Planted(
        _on(1, lambda b, row: changed(b, row, split=2.0)), "split", ERROR, role=1
    ),
    "a split upside down": Planted(_on(0, upside_down), "split", ERROR, event="split"),
    "a split a session early": Planted(_on(0, moved_split(-1)), "split", ERROR, event="split", dated=False),
    "a split a session late": Planted(_on(0, moved_split(1)), "split", ERROR, event="split", dated=False),
    "a split of another ratio": Planted(_on(0, wrong_ratio), "split", ERROR, event="split"),
    "splits given twice": Planted(_on(0, split_adjusted), "split-adjusted", ERROR, dated=False, also=("tiny-volume",)),
    "billions a share": Planted(_on(0, back_adjusted), "adjusted", WARNING, dated=False),
    "a close ten times too high": Planted(_on(0, bad_price("close", 10.0)), "close", ERROR),
    "an underlying's close half": Planted(_on(1, bad_price("close", 0.5)), "close", ERROR, role=1),
    "a close 12 % too high": Planted(_on(0, bad_price("close", 1.12)), "close", WARNING),
    "an underlying's close 8 % too low": Planted(_on(1, bad_price("close", 0.92)), "close", WARNING, role=1),
    "an open 10 times too low": Planted(_on(0, bad_price("open", 0.1)), "open", ERROR),
    "an open 15 % too high": Planted(_on(0, bad_price("open", 1.15)), "open", WARNING),
    "an underlying's open 7 % too low": Planted(_on(1, bad_price("open", 0.93)), "open", WARNING, role=1),
    "a high far out": Planted(_on(0, lambda b, row: changed(b, row, high=2.0 * b.high[row])), "high", WARNING),
    "an underlying's low far out": Planted(
        _on(1, lambda b, row: changed(b, row, low=0.3 * b.low[row])), "low", WARNING, role=1
    ),
    "a high below the close": Planted(
        _on(0, lambda b, row: changed(b, row, high=0.97 * min(b.open[row], b.close[row]))), "range", ERROR
    ),
    "three sessions of ten times": Planted(
        _on(0, lambda b, row: times(b, slice(row, row + 3), 10.0, PRICES)), "step", ERROR
    ),
    "closes that stand for three sessions": Planted(_on(0, stale(3)), "stale", WARNING),
    "closes that stand for eight sessions": Planted(_on(0, stale(8)), "stale", ERROR),
    "an underlying that stands still": Planted(_on(1, stale(4)), "stale", WARNING, role=1),
    "a fund a session late for a year": Planted(_on(0, shifted(250)), "shifted", ERROR, dated=False),
    "another fund's bars": Planted(another_fund, "follows", ERROR, dated=False, also=("dividend",)),
    "six sessions missing": Planted(_on(0, gone(6)), "missing", WARNING),
    "history that ends": Planted(_on(0, ends), "ends", INFO),
    "a row on a Saturday": Planted(_on(0, on_a_holiday), "extra", WARNING, dated=False),
    "a row twice": Planted(_on(0, twice), "order", ERROR),
    "a close that isn't there": Planted(_on(0, lambda b, row: changed(b, row, close=np.nan)), "values", ERROR),
    "a negative price": Planted(_on(1, lambda b, row: changed(b, row, low=-1.0)), "values", ERROR, role=1),
    "a dividend ten times too high": Planted(_on(0, dividend_times(10.0)), "dividend", ERROR, event="large dividend"),
    "a dividend of 2.8 % never paid": Planted(_on(0, never_paid(0.028)), "dividend", WARNING),
    "an underlying's dividend of 4 % never paid": Planted(_on(1, never_paid(0.04)), "dividend", ERROR, role=1),
    "a dividend twice": Planted(_on(1, dividend_again), "dividend", WARNING, role=1, event="dividend", dated=False),
    "dividends given twice": Planted(_on(0, dividend_adjusted), "dividends", ERROR, dated=False),
    "an underlying's dividends given twice": Planted(
        _on(1, dividend_adjusted), "dividends", ERROR, role=1, dated=False
    ),
    "no volume for forty sessions": Planted(_on(0, no_volume(40)), "zero-volume", WARNING),
    "volume of nine shares": Planted(_on(0, tiny_volume), "tiny-volume", WARNING, dated=False),
    "a rate as a fraction": Planted(_in("IRX", in_units(0.01)), "percent", ERROR, role="IRX", dated=False),
    "a rate in basis points": Planted(_in("IRX", in_units(100.0)), "percent", ERROR, role="IRX", dated=False),
    "VIX as a fraction": Planted(_in("VIX", in_units(0.01)), "range", ERROR, role="VIX", dated=False),
    "VIX that spikes": Planted(_in("VIX", spiked), "spike", WARNING, role="VIX"),
    "VIX that stands still": Planted(_in("VIX", still), "stale", WARNING, role="VIX"),
    "VIX with a hole": Planted(_in("VIX", holed), "gap", INFO, role="VIX", dated=False),
    "VIX without a value": Planted(_in("VIX", unknown_value), "values", ERROR, role="VIX"),
    "a rate that ends": Planted(_in("IRX", cut), "ends", INFO, role="IRX"),
}
