"""Combinations session by session, with what each is compared with: run once more, or as the chunks kept them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.derisk import equity_sold_daily, halves_of
from engine.kernel.compiled import compiled
from engine.kernel.loop import Plan
from engine.research.cache import Cache, Environment
from engine.research.compute import paths_of, plan_at, run_alone
from engine.research.layout import Books, lay_out
from engine.research.overfitting.drawn import calendar_of, returns_to_ruin
from engine.setup import run_beta

TOGETHER = 64
"""Books whose paths a thread has in memory by session, before they are laid out by book."""


class PathSet(NamedTuple):
    """Books on the same sessions, session by session; returns are 0 after a ruin.

    Parameters
    ----------
    calendar
        That of their sessions.
    rows
        Which rows of the sweep they are, sorted, shape (books,).
    returns
        Their session returns, shape (books, n).
    cash
        The mean cash return a session of each, shape (books,).
    unhedged, of
        Returns of the unhedged books, and which of them each has, shapes (unhedged books, n) and (books,).
    compared
        Which of them are compared with the book sold daily too, as indices in `rows`, sorted.
    derisked
        Returns of the books sold daily, shape (len(compared), n).
    a_year
        How many of their sessions make a year.
    """

    calendar: float
    rows: Ints
    returns: Floats
    cash: Floats
    unhedged: Floats
    of: Ints
    compared: Ints
    derisked: Floats
    a_year: float = SESSIONS_A_YEAR


Follow = Callable[[int, Ints, Ints], PathSet]
"""Follows the best row and some others, sorted, and the book sold daily of some of these.

Rows are left out that fail, that run on other sessions than the best's, or that nothing is known of.
"""


def follow(cache: Cache, workers: int) -> Follow:
    """Return what runs rows of a sweep once more and keeps their paths, on so many threads."""

    def run(best: int, rows: Ints, compared: Ints) -> PathSet:
        (env, _), *_ = lay_out(cache, cache.grid.indices(best, best + 1)).envs
        with ThreadPoolExecutor(workers) as pool:
            return _follow(cache, rows, np.isin(rows, compared), calendar_of(env.market.run_sessions), pool)

    return run


def _follow(cache: Cache, rows: Ints, compared: Flags, calendar: float, pool: ThreadPoolExecutor) -> PathSet:
    indices = np.concatenate([cache.grid.indices(row, row + 1) for row in rows.tolist()])
    laid = lay_out(cache, indices)
    alike = [(env, of) for env, of in laid.envs if calendar_of(env.market.run_sessions) == calendar]
    env_of = np.full(len(rows), -1)
    for k, (_, of) in enumerate(alike):
        env_of[of[laid.failed[of] == ""]] = k
    fine = np.flatnonzero(env_of >= 0)
    returns = np.zeros((len(rows), len(alike[0][0].setup.prices.close) - 1 if alike else 0))

    def run(books: Books) -> Flags:
        path = paths_of(books)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books run by themselves
            returns[books.rows] = path[:, 1:] / path[:, :-1] - 1.0
        return np.any(path <= 0.0, axis=1)

    blocks = [
        block.of(slice(k, k + TOGETHER))
        for block in laid.blocks
        if env_of[block.rows[0]] >= 0
        for k in range(0, len(block.rows), TOGETHER)
    ]
    alone = [(env, row) for env, row in laid.alone if env_of[row] >= 0]
    for block, ruined in zip(blocks, pool.map(run, blocks), strict=True):
        alone += [(block.env, int(row)) for row in block.rows[ruined]]
    for env, row in alone:
        ledger = run_alone(cache, env, indices[row])
        returns[row] = returns_to_ruin(ledger.equity, ledger.last)
    envs = [env for env, _ in alike]
    beside = fine[compared[fine]]
    return PathSet(
        calendar,
        rows[fine],
        some_of(returns, env_of >= 0),
        np.array([envs[k].cash_return for k in env_of[fine]]),
        np.array([returns_to_ruin(env.unhedged.equity, env.unhedged.last) for env in envs]),
        env_of[fine],
        np.flatnonzero(compared[fine]),
        _derisked_books(cache, [(envs[env_of[row]], indices[row]) for row in beside.tolist()], pool),
        envs[0].market.sessions_a_year if envs else SESSIONS_A_YEAR,
    )


def _derisked_books(cache: Cache, books: Sequence[tuple[Environment, Ints]], pool: ThreadPoolExecutor) -> Floats:
    """Return the returns of the book sold daily beside each, shape (books, sessions - 1)."""
    envs = {env.indices: env for env, _ in books}
    beta = {at: run_beta(env.config, env.market) for at, env in envs.items()}
    halves = {at: halves_of(env.setup) for at, env in envs.items()}
    returns = np.empty((len(books), len(books[0][0].setup.prices.close) - 1 if books else 0))

    def run(k: int, env: Environment, plan: Plan) -> None:
        hedged = compiled().run_policy(env.setup.prices, env.setup.terms, plan)
        equity, last = equity_sold_daily(env.setup, halves[env.indices], hedged, beta[env.indices])
        returns[k] = returns_to_ruin(equity, last)

    for first in range(0, len(books), TOGETHER):
        some = list(enumerate(books[first : first + TOGETHER], first))
        plans = [(k, env, plan_at(cache, env, indices)) for k, (env, indices) in some]  # in one thread: it remembers
        list(pool.map(run, *zip(*plans, strict=True)))
    return returns


def some_of(values: Floats, some: Flags) -> Floats:
    """Return some rows; the same array where that is all of them, as a thousand books take 33 MB."""
    return values if some.all() else values[some]


def follow_kept(kept: Mapping[int, Floats], again: Callable[[int], Floats]) -> Follow:
    """Return what looks rows up among the paths that were kept, `again` giving that of a row that wasn't."""

    def look(best: int, rows: Ints, compared: Ints) -> PathSet:
        del compared  # all that was kept has its book sold daily
        paths = {row: kept[row] for row in rows.tolist() if row in kept}
        if best not in paths:
            paths[best] = kept[best] if best in kept else again(best)
        same = sorted(row for row, path in paths.items() if path[0] == paths[best][0])
        books = np.array([paths[row][3:] for row in same]).reshape(len(same), 3, -1)
        every = np.arange(len(same))
        cash = np.array([paths[row][1] for row in same])
        calendar, _cash, a_year = paths[best][:3].tolist()
        return PathSet(calendar, np.array(same), books[:, 0], cash, books[:, 1], every, every, books[:, 2], a_year)

    return look
