"""Combinations session by session, with what each is compared with: run once more, or as the chunks kept them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.derisk import sold_daily
from engine.kernel.compiled import compiled
from engine.research.cache import Cache, Environment
from engine.research.compute import paths_of, plan_at, run_alone
from engine.research.layout import Books, lay_out
from engine.research.overfitting.drawn import calendar_of, returns_to_ruin
from engine.setup import run_beta

TOGETHER = 512
"""Rows that are run together: what they share needs memory, and two blocks keep two threads busy."""


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
            return joined(
                [
                    _run_together(cache, some, np.isin(some, compared), calendar_of(env.market.run_sessions), pool)
                    for some in np.split(rows, range(TOGETHER, len(rows), TOGETHER))
                ]
            )

    return run


def _run_together(cache: Cache, rows: Ints, compared: Flags, calendar: float, pool: ThreadPoolExecutor) -> PathSet:
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

    blocks = [block for block in laid.blocks if env_of[block.rows[0]] >= 0]
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
        returns[fine],
        np.array([envs[k].cash_return for k in env_of[fine]]),
        np.array([returns_to_ruin(env.unhedged.equity, env.unhedged.last) for env in envs]),
        env_of[fine],
        np.flatnonzero(compared[fine]),
        _derisked_books(cache, [(envs[env_of[row]], indices[row]) for row in beside.tolist()], pool),
        envs[0].market.sessions_a_year if envs else SESSIONS_A_YEAR,
    )


def _derisked_books(cache: Cache, books: Sequence[tuple[Environment, Ints]], pool: ThreadPoolExecutor) -> Floats:
    """Return the returns of the book sold daily beside each, shape (books, sessions - 1)."""
    beta = {env.indices: run_beta(env.config, env.market) for env, _ in books}
    plans = [plan_at(cache, env, indices) for env, indices in books]  # in one thread: they are remembered

    def run(k: int) -> Floats:
        env = books[k][0]
        hedged = compiled().run_policy(env.setup.prices, env.setup.terms, plans[k])
        book = sold_daily(env.setup, hedged, beta[env.indices]).ledger
        return returns_to_ruin(book.equity, book.last)

    return np.array(list(pool.map(run, range(len(books)))))


def joined(parts: Sequence[PathSet]) -> PathSet:
    """Return several as one; those of no book at all are passed over."""
    some = [part for part in parts if len(part.rows)]
    books, bare = (
        np.cumsum([0, *counts])[:-1].tolist()
        for counts in ([len(part.rows) for part in some], [len(part.unhedged) for part in some])
    )
    return PathSet(
        some[0].calendar,
        np.concatenate([part.rows for part in some]),
        np.concatenate([part.returns for part in some]),
        np.concatenate([part.cash for part in some]),
        np.concatenate([part.unhedged for part in some]),
        np.concatenate([part.of + at for part, at in zip(some, bare, strict=True)]),
        np.concatenate([part.compared + at for part, at in zip(some, books, strict=True)]),
        np.concatenate([part.derisked for part in some if len(part.derisked)]),
        some[0].a_year,
    )


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
