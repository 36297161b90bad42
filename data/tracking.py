"""How a fund kept to the leveraged-fund model over a span: regression, tracking difference, tracking error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from data.arithmetic import dot
from data.arrays import Dates, Flags, Floats
from data.calendar import SESSIONS_A_YEAR, sessions_a_year
from data.fund import Dated, dated, fund_return
from data.rates import days_between


@dataclass(frozen=True)
class Tracking:
    """How a fund moved with what drives it, and how it kept to the model, over one span.

    Parameters
    ----------
    driver
        What the model is driven by, in words.
    first, last
        The sessions of the first and the last return.
    sessions
        How many returns there are.
    slope, slope_error, intercept, r2
        The fund's daily returns regressed on the driver's by least squares: slope with its standard error, intercept
        a year, share of variance. NaN with fewer than three sessions.
    spread
        s of the model, a fraction a year: fitted to this span, but for a calendar year to the whole overlap.
    actual, model
        Total returns over the span, fractions.
    daily_error
        Standard deviation (ddof 1) of the daily tracking, actual less modelled return, a year.
    monthly_error, monthly_mean
        Standard deviation and mean of a calendar month's actual less its modelled return, fractions a month.
    worst, worst_on
        The largest daily tracking, with its sign, and its session.
    sessions_a_year
        How many of the returns make a year.
    """

    driver: str
    first: np.datetime64
    last: np.datetime64
    sessions: int
    slope: float
    slope_error: float
    intercept: float
    r2: float
    spread: float
    actual: float
    model: float
    daily_error: float
    monthly_error: float
    monthly_mean: float
    worst: float
    worst_on: np.datetime64
    sessions_a_year: float = SESSIONS_A_YEAR

    @property
    def difference(self) -> float:
        """The tracking difference over the span: actual less modelled total return."""
        return self.actual - self.model

    @property
    def years(self) -> float:
        """The span's length in years."""
        return self.sessions / self.sessions_a_year

    @property
    def actual_a_year(self) -> float:
        """The fund's compound total return a year."""
        return float((1.0 + self.actual) ** (1.0 / self.years) - 1.0)

    @property
    def model_a_year(self) -> float:
        """The model's compound total return a year."""
        return float((1.0 + self.model) ** (1.0 / self.years) - 1.0)


@dataclass(frozen=True)
class Overlap:
    """Fund and driver at the closes both have, and the terms of the model between them.

    Parameters
    ----------
    driver
        In words.
    dates, fund, index, rate
        Closes, total-return levels of fund and driver, the yield known; shape (sessions+1,).
    leverage, fee
        As in `FundFit`.
    """

    driver: str
    dates: Dates
    fund: Floats
    index: Floats
    rate: Floats
    leverage: float = 1.0
    fee: Dated = 0.0

    @property
    def days(self) -> Floats:
        """Calendar days from close to close, shape (sessions,)."""
        return days_between(self.dates)[1:]

    def model(self, spread: float) -> Floats:
        """Return the modelled returns, shape (sessions,)."""
        fee = dated(self.fee, self.dates[1:])
        return fund_return(returns(self.index), self.rate[:-1], self.days, self.leverage, fee, spread)

    def fitted(self) -> float:
        """Return the spread with which actual less modelled return is zero on average."""
        paid = abs(self.leverage) * self.days.mean() / 360.0
        return float((self.model(0.0) - returns(self.fund)).mean() / paid)

    def rows(self, keep: Flags | slice) -> Overlap:
        """Return some of the closes."""
        kept = {name: getattr(self, name)[keep] for name in ("dates", "fund", "index", "rate")}
        return replace(self, **kept)

    def years(self) -> Iterator[Overlap]:
        """Give the calendar years, each from the last close before it."""
        for start, end in _runs(self.dates[1:].astype("datetime64[Y]")):
            yield self.rows(slice(start, end + 1))

    def tracking(self, spread: float) -> Tracking:
        """Return how the fund kept to the model with that spread."""
        actual, model, index = returns(self.fund), self.model(spread), returns(self.index)
        missed = actual - model
        months = [slice(*run) for run in _runs(self.dates[1:].astype("datetime64[M]"))]
        monthly = np.array([np.prod(1.0 + actual[month]) - np.prod(1.0 + model[month]) for month in months])
        worst, a_year = int(np.abs(missed).argmax()), sessions_a_year(self.dates)
        return Tracking(
            self.driver,
            self.dates[1],
            self.dates[-1],
            len(actual),
            *regression(index, actual, a_year),
            spread,
            float(np.prod(1.0 + actual) - 1.0),
            float(np.prod(1.0 + model) - 1.0),
            _sd(missed) * a_year**0.5,
            _sd(monthly),
            float(monthly.mean()),
            float(missed[worst]),
            self.dates[1 + worst],
            a_year,
        )


def regression(x: Floats, y: Floats, a_year: float = SESSIONS_A_YEAR) -> tuple[float, float, float, float]:
    """Return slope, its standard error, intercept a year and R2 of y on x; NaN where there is nothing to regress."""
    n, dx, dy = len(x), x - x.mean(), y - y.mean()
    if n < 3 or not dx.any() or not dy.any():
        return np.nan, np.nan, np.nan, np.nan
    across = dot(dx, dx)
    slope = dot(dx, dy) / across
    left = dy - slope * dx
    unexplained = dot(left, left)
    error = float(np.sqrt(unexplained / (n - 2) / across))
    return slope, error, float(a_year * (y.mean() - slope * x.mean())), float(1.0 - unexplained / dot(dy, dy))


def _runs(labels: Dates) -> Iterator[tuple[int, int]]:
    """Give start and end of each run of equal labels."""
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(labels)], strict=True)


def returns(level: Floats) -> Floats:
    """Return simple returns, one fewer than levels."""
    return level[1:] / level[:-1] - 1.0


def growth(simple: Floats) -> Floats:
    """Return what a dollar became by simple returns, from one dollar on."""
    return np.concatenate(([1.0], np.cumprod(1.0 + simple)))


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan
