"""Paths by filtered historical simulation: history's days drawn anew in blocks, at the volatility that follows today's.

The underlying's log returns are filtered by a GJR-GARCH(1,1) (Glosten, Jagannathan and Runkle 1993, J. Finance 48), and
its standardised residuals are drawn (Barone-Adesi, Giannopoulos and Vosper 1999, J. Futures Markets 19), in blocks of
days that belong together (Politis and Romano 1994, JASA 89).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from data.arithmetic import exp, log
from data.arrays import Flags, Floats, Ints
from data.errors import DataError
from data.series import Series
from data.sources import BARS, SERIES
from data.sources.valued import groups_in, valued_in
from engine.research.executors import Processes, Threads
from engine.research.job import FunctionJob
from engine.stress.continuation import Continuation, following, is_rate, replayed_schedule, unchanged
from engine.stress.courses import Days, moved
from engine.stress.past import Instrument, Past
from engine.stress.replay import by_beta

BLOCK = 10
"""Mean length of a block, sessions."""
FEWEST = 504
"""Days that there have to be to draw from."""
DIGITS = 6
"""Significant digits of a fitted parameter that count: those beyond hang on the processor."""
IMPLIED = re.compile(r"\^?(VIX(\d+[DMY])?|VXN|VXO|VXD|RVX|VIXCLS|VX[A-Z]{2,4}(CLS)?)")
"""Series of implied volatility, in points a year: they keep their ratio to the underlying's, as on the day drawn."""
YEAR = 252


class Garch(NamedTuple):
    """A GJR-GARCH(1,1) of log returns r: ``v' = omega + (alpha + gamma [e < 0]) e^2 + beta v``, e = r - mean.

    Parameters
    ----------
    mean, omega, alpha, gamma, beta
        Of daily log returns, a fraction.
    """

    mean: float
    omega: float
    alpha: float
    gamma: float
    beta: float

    def following(self, variance: Floats | float, e: Floats | float) -> Floats:
        """Return the next session's variance."""
        square = np.square(e)
        return self.omega + self.alpha * square + self.gamma * square * (np.less(e, 0.0)) + self.beta * variance


def fitted(returns: Floats) -> Garch:
    """Return the GJR-GARCH(1,1) of daily log returns, by quasi maximum likelihood (the arch package)."""
    from arch import arch_model

    found = arch_model(100.0 * returns, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="normal", rescale=False).fit(
        disp="off", show_warning=False
    )
    mu, omega, alpha, gamma, beta = (float(f"{value:.{DIGITS}g}") for value in found.params.to_numpy())
    return Garch(mu / 100.0, omega / 1e4, alpha, gamma, beta)


def filtered(model: Garch, returns: Floats) -> Floats:
    """Return the standard deviation of each return as known before it, and of the next, shape (returns + 1,)."""
    e = returns - model.mean
    jumps = (model.omega + (model.alpha + model.gamma * (e < 0.0)) * e * e).tolist()
    variance = float(e.var())
    variances = [variance]
    for jump in jumps:
        variance = jump + model.beta * variance
        variances.append(variance)
    return np.sqrt(variances)


@dataclass(frozen=True)
class Paths:
    """Paths of the underlying, and the days of which each session is made.

    Parameters
    ----------
    past
        The history they follow.
    pool
        The rows of `Past.days` that are drawn from: days on which all that the run reads has a value.
    model
        Of the underlying's returns.
    sd
        As of `filtered`, of `Past.days`, shape (days + 1,).
    rows
        The day of each session, a row of `Past.days`, shape (paths, sessions).
    returns
        The underlying's log returns, shape (paths, sessions).
    sds
        Their standard deviations as known before, and that of the next, shape (paths, sessions + 1).
    """

    past: Past
    pool: Ints
    model: Garch
    sd: Floats
    rows: Ints
    returns: Floats
    sds: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def level(self) -> Floats:
        """The underlying over its last close, shape (paths, sessions + 1)."""
        grown = np.cumprod(exp(self.returns), axis=1)
        return np.concatenate((np.ones((len(self), 1)), grown), axis=1)

    def bent(self, end: float, sessions: int) -> Paths:
        """Return the paths with one drift more in each of their first sessions, so that all are at one return then."""
        drift, returns = (log(1.0 + end) - self.returns[:, :sessions].sum(axis=1)) / sessions, self.returns.copy()
        returns[:, :sessions] += drift[:, np.newaxis]
        return replace(self, returns=returns)

    def take(self, count: int) -> Paths:
        """Return the first of the paths."""
        return replace(self, rows=self.rows[:count], returns=self.returns[:count], sds=self.sds[:count])

    @staticmethod
    def joined(several: Sequence[Paths]) -> Paths:
        """Return paths of one history together."""
        rows, returns, sds = (
            np.concatenate([getattr(each, name) for each in several]) for name in ("rows", "returns", "sds")
        )
        return replace(several[0], rows=rows, returns=returns, sds=sds)

    def continuation(self, path: int) -> Continuation:
        """Return how all that a run reads goes on along one path.

        Another instrument goes by its beta, and by what the day drawn left of its return, at the path's volatility over
        that day's. Rates add what they did on the days drawn, and don't get below 0 by it; implied volatility keeps
        its ratio to the underlying's own; every other series has the values of those days. Schedules go on as a year
        before.
        """
        past, rows = self.past, self.rows[path]
        count = len(rows)
        sessions, dates = following(past.last, count), past.days.dates[rows]
        scale = self.sds[path, :-1] / self.sd[rows]
        days = moved(past.days.rows(rows), exp(self.returns[path]), scale)
        year = past.days.dates[-YEAR:][:count]

        def moves(own: Instrument) -> Days:
            return by_beta(own, days, rows, scale)

        def values(series: Series) -> Floats:
            known, at = past.series(series).known, np.searchsorted(past.calendar, dates)
            if is_rate(series.name) or series.name == past.config.execution.cash_rate:
                return np.maximum(known[-1] + np.cumsum(known[at] - known[at - 1]), min(known[-1], 0.0))
            if IMPLIED.fullmatch(series.name):
                return known[at] / self.sd[rows + 1] * self.sds[path, 1:]
            return known[at]

        schedule = replayed_schedule(past, year, sessions) if len(year) == count else unchanged
        return Continuation(past, sessions, days, moves, values, schedule)


def paths_of(
    past: Past, reads: frozenset[str], paths: int, sessions: int, seed: int = 0, *, apart: bool = False
) -> Paths:
    """Draw paths.

    Parameters
    ----------
    past, reads
        The history, and what the run reads of it, by kind and name.
    paths, sessions
        How many, and how long.
    seed
        Path k is the same however many there are.
    apart
        Fit the model in a process of its own: what that loads is given back.

    Raises
    ------
    DataError
        Fewer than `FEWEST` days have a value of all that is read.
    """
    returns = log(past.days.course.close)
    pool = _pool(past, reads)
    executor = Processes(1) if apart else Threads(1)
    ((_chunk, model),) = executor.run(FunctionJob("garch", fitted), [returns])
    sd = filtered(model, returns)
    z = (returns - model.mean) / sd[:-1]
    picks = np.stack([_drawn(len(pool), sessions, np.random.default_rng([seed, path])) for path in range(paths)])
    rows = pool[picks]
    made, sds = np.empty((paths, sessions)), np.empty((paths, sessions + 1))
    sds[:, 0], highest = sd[-1], sd.max()  # a model without bounds would go where no market was
    for t in range(sessions):
        e = sds[:, t] * z[rows[:, t]]
        made[:, t] = model.mean + e
        sds[:, t + 1] = np.minimum(np.sqrt(model.following(sds[:, t] ** 2, e)), highest)
    return Paths(past, pool, model, sd, rows, made, sds)


def _pool(past: Past, reads: frozenset[str]) -> Ints:
    """Return the rows of the days on which all that is read has a value; raises DataError where they are too few."""
    there = np.ones(len(past.days), np.bool_)
    there[0] = False  # what changes from the day before it isn't known
    found = dict(_had(past, reads))
    for has in found.values():
        there &= has
    pool = np.flatnonzero(there)
    if len(pool) < FEWEST:
        item = min(found, key=lambda name: int(found[name].sum()))
        raise DataError(
            f"{len(pool)} days have a value of all that is read, paths take {FEWEST}: {item} has {found[item].sum()}"
        )
    return pool


def _had(past: Past, reads: frozenset[str]) -> Iterator[tuple[str, Flags]]:
    """Yield what is read, and isn't modelled, with the days on which it has a value, shape (days,)."""
    market, valued = past.market, valued_in(past.market.source)
    modelled = {role.instrument for role in market.roles.hedges if role.kind == "fund"} | {market.underlying}
    at = np.searchsorted(past.calendar, past.days.dates)
    for item in sorted(reads):
        kind, _, name = item.partition("/")
        if valued is not None and kind == SERIES and name in valued.valuations:
            for company in groups_in(valued.source)[valued.valuations[name].whose]:
                yield f"{BARS}/{company}", past.instrument(valued.traded(company)).at >= 0
        elif kind == BARS and name not in modelled and market.has_bars(name):
            yield item, past.named(name).at >= 0
        elif kind == SERIES and market.has_series(name):
            known = past.series(market.source.read(SERIES, name)).known
            yield item, ~np.isnan(known[at]) & ~np.isnan(known[at - 1])


def _drawn(days: int, sessions: int, rng: np.random.Generator) -> Ints:
    """Return days drawn in blocks of a mean length, each followed by the next one, the last by the first."""
    fresh = rng.random(sessions) < 1.0 / BLOCK
    fresh[0] = True
    starts = rng.integers(0, days, sessions)
    block = np.maximum.accumulate(np.where(fresh, np.arange(sessions), 0))
    return (starts[block] + np.arange(sessions) - block) % days
