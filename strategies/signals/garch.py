"""Volatility forecast by GARCH(1,1), refitted on a schedule on the past alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, NamedTuple

import numpy as np

from data.arithmetic import dot, log, power
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from data.ranges import CENTURY, Range
from strategies.signals.feeds import Count, Level

Point = tuple[float, ...]
"""Omega, alpha and beta, of returns scaled to a mean square of 1."""

STEPS = 2000
"""Steps before a search is given up; it needs some hundred."""

SUMS = ((0.5, 0.7, 0.85), (0.93, 0.97, 0.99, 0.997))
"""Of alpha and beta, where searches start: the likelihood may have a peak of short memory and one of long memory."""

NEAR = 1e-7
"""How close to the best point, in each parameter, the others lie when a search ends."""


def garch_volatility(level: Level, refit: Count = 63, sessions: Annotated[int, Range(100, CENTURY)] = 1000) -> Floats:
    """The next session's volatility as GARCH(1,1) forecasts it at this close, a year.

    sqrt(252 * v), v being the forecast variance of the next log return: v = omega + alpha * r^2 + beta * v before. The
    parameters are fitted (normal, mean 0) to the last `sessions` returns at the first close at which there are as many,
    and every `refit` sessions after it. In between, v is carried forward by those parameters. A fit that doesn't
    converge changes nothing: the last parameters go on.

    NaN for the first `sessions` sessions, until a first fit converges, and where the close is NaN: such sessions are
    left out, and the next return is against the last close that is known. When it is fitted hangs on where history
    starts, so a value does, a little.

    Parameters
    ----------
    level
        Total-return closes, shape (sessions,).
    refit
        Sessions from one fit to the next.
    sessions
        Returns that are fitted.

    Notes
    -----
    Bollerslev, "Generalized Autoregressive Conditional Heteroskedasticity" (1986). Maximum likelihood under omega > 0,
    alpha >= 0, beta >= 0, alpha + beta <= 1; what came before the first return is the mean square of the first 75,
    each weighing 0.94 of the one before. The likelihood is that of the `arch` package, which finds the same parameters
    on most windows, and where there are two peaks at times the lower one; but in its search the processor decides the
    last digits, and by them at times which peak.

    Unit: fraction a year
    """
    known = ~np.isnan(level)
    found = np.full(len(level), np.nan)
    if known.any():
        returns = np.diff(log(level[known]))
        found[known] = np.sqrt(SESSIONS_A_YEAR * _forecasts(returns, refit, sessions))
    return found


class _Fit(NamedTuple):
    """Parameters, and the variance of the next return as they forecast it, per session."""

    omega: float
    alpha: float
    beta: float
    ahead: float


def _forecasts(returns: Floats, refit: int, sessions: int) -> Floats:
    """Return the variance forecast before the first return and after each one."""
    forecasts = np.full(len(returns) + 1, np.nan)
    fit = _Fit(np.nan, np.nan, np.nan, np.nan)
    for seen in range(sessions, len(returns) + 1):
        due = (seen - sessions) % refit == 0
        anew = _fitted(returns[seen - sessions : seen]) if due else None
        ahead = fit.omega + fit.alpha * returns[seen - 1] ** 2 + fit.beta * fit.ahead
        fit = anew or fit._replace(ahead=ahead)
        forecasts[seen] = fit.ahead
    return forecasts


def _fitted(returns: Floats) -> _Fit | None:
    """Fit to returns; ``None`` where they don't move or the search doesn't converge."""
    scale = float((returns**2).mean())
    if not 0.0 < scale < np.inf:
        return None
    squares = returns**2 / scale
    weights = power(0.94, np.arange(min(75, len(squares)), dtype=float))
    shocks = np.append(dot(weights, squares[: len(weights)]) / weights.sum(), squares)
    found = [_lowest(lambda point: _cost(point, shocks), _around(_start(shocks, persistence))) for persistence in SUMS]
    if any(point is None for point in found):
        return None
    best = min((point for point in found if point is not None), key=lambda point: (_cost(point, shocks), point))
    omega, alpha, beta = _bounded(best)
    return _Fit(scale * omega, alpha, beta, scale * float(_variances((omega, alpha, beta), shocks)[-1]))


def _start(shocks: Floats, sums: tuple[float, ...]) -> Point:
    """Return the likeliest of a few points with one of these sums of alpha and beta."""
    points = [(1.0 - whole, alpha, whole - alpha) for whole in sums for alpha in (0.01, 0.03, 0.06, 0.1, 0.2, 0.3)]
    return min(points, key=lambda point: (_cost(point, shocks), point))


def _variances(point: Point, shocks: Floats) -> Floats:
    """Return the variance of each return and of the next one; `shocks` are the squares, what came before them first."""
    from scipy.signal import lfilter

    omega, alpha, beta = point
    carried, _ = lfilter([1.0], [1.0, -beta], omega + alpha * shocks, zi=[beta * shocks[0]])
    variances: Floats = carried
    return variances


def _cost(point: Point, shocks: Floats) -> float:
    """Return minus twice the log likelihood, up to a constant; infinite where variance would grow without end."""
    omega, alpha, beta = _bounded(point)
    if omega <= 0.0 or alpha + beta > 1.0:
        return np.inf
    variances = _variances((omega, alpha, beta), shocks)[:-1]
    return float((log(variances) + shocks[1:] / variances).sum())


def _bounded(point: Point) -> Point:
    """Return a point with alpha and beta at least 0: the search may step below, as a wall there would flatten it."""
    omega, alpha, beta = point
    return omega, max(alpha, 0.0), max(beta, 0.0)


def _around(start: Point) -> list[Point]:
    """Return the points of a first simplex: all have a finite cost."""
    omega, alpha, beta = start
    return [start, (1.1 * omega, alpha, beta), (omega, alpha + 0.02, beta - 0.04), (omega, alpha, beta - 0.04)]


def _lowest(cost: Callable[[Point], float], simplex: Iterable[Point]) -> Point | None:
    """Return the lowest point by Nelder and Mead (1965), ``None`` where the search doesn't converge.

    Ours rather than scipy's, which sorts by numpy: of equal costs, a processor decides there which comes first.
    """
    corners = sorted((cost(point), point) for point in simplex)
    for _ in range(STEPS):
        (least, best), *_, (second, _), (most, worst) = corners
        if all(abs(value - other) <= NEAR for _, point in corners for value, other in zip(point, best, strict=True)):
            return best
        others = [point for _, point in corners[:-1]]
        centre = [sum(values) / len(others) for values in zip(*others, strict=True)]

        def at(stretch: float, centre: list[float] = centre, worst: Point = worst) -> tuple[float, Point]:
            point = tuple(mid + stretch * (mid - end) for mid, end in zip(centre, worst, strict=True))
            return cost(point), point

        found = at(1.0)
        if found[0] < least:
            found = min(found, at(2.0))
        elif found[0] >= second:
            found = at(0.5) if found[0] < most else at(-0.5)
        if found[0] < most:
            corners = sorted([*corners[:-1], found])
        else:
            halved = [
                tuple((value + other) / 2 for value, other in zip(point, best, strict=True))
                for point in [*others[1:], worst]
            ]
            corners = sorted([corners[0], *((cost(point), point) for point in halved)])
    return None
