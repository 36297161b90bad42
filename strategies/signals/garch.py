"""Volatility forecast by GARCH(1,1), refitted on a schedule on the past alone."""

from __future__ import annotations

import warnings
from typing import Annotated, NamedTuple

import numpy as np

from data.arithmetic import log
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from strategies.signals.feeds import Count, Level, Range


def garch_volatility(level: Level, refit: Count = 63, sessions: Annotated[int, Range(at_least=100)] = 1000) -> Floats:
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
    Bollerslev, "Generalized Autoregressive Conditional Heteroskedasticity" (1986); maximum likelihood by the `arch`
    package.

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
    from arch import arch_model

    if not returns.any():
        return None
    percent = 100.0 * returns  # the optimiser wants a variance near 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on a hard window the search warns at every step
        model = arch_model(percent, mean="Zero", vol="GARCH", p=1, q=1, dist="normal", rescale=False)
        result = model.fit(disp="off", show_warning=False)
    if result.convergence_flag != 0:
        return None
    omega, alpha, beta = (float(one) for one in result.params)
    ahead = omega + alpha * percent[-1] ** 2 + beta * float(result.conditional_volatility[-1]) ** 2
    return _Fit(omega / 1e4, alpha, beta, ahead / 1e4)
