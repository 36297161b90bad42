"""The placebo: the same weights on other days, which is what the run is worth without its timing."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from data.arithmetic import log
from data.arrays import Floats, Ints
from engine.kernel.loop import Ledger
from engine.kernel.shifted import Path, Rings
from engine.setup import Setup
from strategies.policy import ENTER
from strategies.signals.volatility import realised_volatility

DRAWS = 1000
TERCILES = 3
VOLATILITY_DAYS = 21
PART = 50
"""Draws that a thread takes at a time."""


@dataclass(frozen=True)
class Placebo:
    """What the run's path of weights brought on its own days and on others.

    Parameters
    ----------
    statistic
        The run's mean daily log return less that of its own daily-matched de-risk.
    growth
        The run's mean daily log return.
    shifts
        By how many closes each placebo's path is shifted, increasing, shape (draws,).
    draws, growths
        The statistic and the growth of each placebo, shape (draws,); -inf for one that was ruined.
    p, p_growth
        ``(1 + placebos at or above the run) / (1 + placebos)``, by the statistic and by growth alone.
    by_tercile
        The same with the path shifted within terciles of volatility; ``None`` where those can't be told.
    """

    statistic: float
    growth: float
    shifts: Ints
    draws: Floats
    growths: Floats
    p: float
    p_growth: float
    by_tercile: Placebo | None = None


def placebo_of(
    setup: Setup, hedged: Ledger, beta: Floats, draws: int = DRAWS, seed: int = 0, workers: int | None = None
) -> Placebo | None:
    """Shift the hedged run's path of weights around the calendar, each time with its own daily-matched de-risk.

    Parameters
    ----------
    setup, hedged
        The run. Its orders move as decided: when, to which weights, and whether they restate the core.
    beta
        The core's beta to the underlying at each close, shape (sessions,).
    draws
        Placebos: as many different shifts, drawn by `seed`, or all there are.
    workers
        Threads; all the machine's processors unless told. They don't change a bit of the result.

    Returns
    -------
    Placebo or None
        None where there is no timing to test: no episode, a book that was ruined, or too few sessions to shift.

    Notes
    -----
    A path is shifted in a circle: what was decided at close t stands at close t + shift, and what falls off the end
    begins anew at the start. Volatility clusters, and a hedge that is on in restless times does worse by that alone
    when it decays; so the second view shifts within terciles: the closes of each third by the underlying's 21-session
    realised volatility, known at that close, are a circle of their own. Stretches are cut up by that. A close then
    brings its order along, and orders besides where its weights aren't those of the close before.
    """
    closes = len(hedged.equity) - 1
    if not (hedged.action == ENTER).any() or hedged.last < closes or closes < 2:
        return None
    path, everywhere = _path_of(setup, hedged), np.zeros(closes, np.int64)
    whole = _around(setup, path, everywhere, beta, draws, seed, workers)
    terciles = _terciles(setup)
    if terciles is None:
        return whole
    return replace(whole, by_tercile=_around(setup, path, terciles, beta, draws, seed, workers))


def _around(
    setup: Setup, path: Path, groups: Ints, beta: Floats, draws: int, seed: int, workers: int | None
) -> Placebo:
    """Shift a path around the ring of each group of closes."""
    longest = int(np.bincount(groups)[:TERCILES].min()) - 1  # the shift after it is no shift again
    drawn = np.random.default_rng(seed).permutation(longest)[:draws] + 1
    shifts = np.concatenate(([0], np.sort(drawn)))
    ends = _run(setup, path, _rings(groups), beta, shifts, workers)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = log(np.maximum(ends / setup.terms.cash, 0.0)) / len(groups)
        growth, statistic = logs[:, 0], np.where(ends[:, 0] > 0.0, logs[:, 0] - logs[:, 1], -np.inf)
    return Placebo(
        float(statistic[0]),
        float(growth[0]),
        shifts[1:],
        statistic[1:],
        growth[1:],
        _p_value(statistic),
        _p_value(growth),
    )


def _run(setup: Setup, path: Path, rings: Rings, beta: Floats, shifts: Ints, workers: int | None) -> Floats:
    """Return the last equity of hedged book and de-risk of each shift, shape (shifts, 2)."""
    from engine.kernel.compiled import compiled

    ends = np.empty((len(shifts), 2))
    leverage, run_shifts = setup.market.roles.leverage, compiled().run_shifts

    def run(first: int) -> None:
        part = slice(first, first + PART)
        run_shifts(setup.prices, setup.terms, path, rings, beta, leverage, shifts[part], ends[part])

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        list(pool.map(run, range(0, len(shifts), PART)))
    return ends


def _path_of(setup: Setup, hedged: Ledger) -> Path:
    """Return the run's decisions, of every session but the last.

    That the first close orders and restates the core isn't part of the path: it does so whatever stands there. Where
    the path's end and beginning meet, an order is due only if their weights differ.
    """
    ordered, restate = hedged.ordered[:-1].copy(), hedged.restate[:-1].copy()
    ordered[0] = restate[0] = setup.plan.core_due[0]
    return Path(ordered, hedged.core[:-1].copy(), hedged.hedge[:-1].copy(), restate)


def _rings(groups: Ints) -> Rings:
    """Return a ring of closes for each group, from the number of each close's group, shape (closes,)."""
    closes = np.argsort(groups, kind="stable")
    counts = np.bincount(groups)
    begins = np.cumsum(counts) - counts
    rank = np.empty(len(groups), np.int64)
    rank[closes] = np.arange(len(groups)) - begins[groups[closes]]
    return Rings(closes, begins[groups], counts[groups], rank)


def _terciles(setup: Setup) -> Ints | None:
    """Return each close's third by volatility, 0 for the calmest; closes without one are a fourth group."""
    market = setup.market
    volatility = realised_volatility(market.total_return(), VOLATILITY_DAYS)[market.first : -1]
    known = np.flatnonzero(~np.isnan(volatility))
    if len(known) < 2 * TERCILES:
        return None
    group = np.full(len(volatility), TERCILES)
    rank = np.argsort(volatility[known], kind="stable")
    group[known[rank]] = np.arange(len(known)) * TERCILES // len(known)
    return group


def _p_value(values: Floats) -> float:
    """Return the share of all, the run first among them, that are at or above the run."""
    return float(np.mean(values >= values[0]))
