"""A chunk of combinations, from indices on the axes to columns of metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.arrays import Flags, Floats, Ints
from data.errors import UserError
from engine.analytics.attribution import SLEEVE, attribute
from engine.analytics.attribution_batch import sleeve_scalars, units_held
from engine.analytics.carino import scalars
from engine.analytics.measure import COMPARABLE, columns_from, metrics_of
from engine.analytics.metrics import totals_from, trades_of
from engine.kernel.attribution import Daily, empty_sleeves
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger, Plan
from engine.kernel.sweep import Orders, Sums, empty_sums
from engine.research.cache import Cache, Decided, Environment, Hedge, Indices
from engine.research.columns import columns_of
from engine.research.overfitting.drawn import KEPT, WIDTH, kept_of, returns_to_ruin
from engine.research.rows import safety_columns, safety_row, sum_row
from engine.setup import run_beta

BLOCK = 256
"""Books that go through the sessions together, so that their sums stay in the nearest cache."""

OF_A_FUND = tuple(f"{name}_a_year" for name in (*SLEEVE[:-1], "decay"))
"""Columns that a row has of a fund, or of a book that ran by itself; the cost of trading is any hedge's."""

Words = npt.NDArray[np.object_]


@dataclass
class Timer:
    """Seconds of the kernel (from intensities in memory to metrics) and of the tail; books that ran by themselves."""

    kernel: float = 0.0
    tail: float = 0.0
    alone: int = 0


class Books(NamedTuple):
    """Rows of one environment, each with what it shares with others.

    Parameters
    ----------
    env
        Where they trade.
    rows
        Their numbers in the chunk, shape (books,).
    decided, which
        The distinct decisions, and which of them each book has, shape (books,).
    sizes, sized
        The distinct sizes, shape (sizes, sessions), and which of them each book has, shape (books,).
    cores, pays
        The core's weight without a hedge, and whether the hedge's comes out of it, shape (books,).
    """

    env: Environment
    rows: Ints
    decided: list[Decided]
    which: Ints
    sizes: Floats
    sized: Ints
    cores: Floats
    pays: Flags

    def of(self, part: slice) -> Books:
        """Return a part of the books."""
        which, sized = self.which[part], self.sized[part]
        return self._replace(
            rows=self.rows[part], which=which, sized=sized, cores=self.cores[part], pays=self.pays[part]
        )


class Laid(NamedTuple):
    """Combinations laid out to be run.

    Parameters
    ----------
    envs
        Each environment with its rows.
    blocks
        Books that go through the sessions together.
    alone
        Worlds and rows of books that run by themselves.
    failed
        Why a row can't be run, empty where it can, shape (rows,).
    """

    envs: list[tuple[Environment, Ints]]
    blocks: list[Books]
    alone: list[tuple[Environment, int]]
    failed: Words


def compute(cache: Cache, first: int, last: int, workers: int, timer: Timer, *, answer: bool = False) -> dict[str, Any]:
    """Return the metrics of rows `first` to `last` (exclusive), arrays by the names of `columns_of`.

    Rows that can't be run are NaN, and the column ``failed`` says why; it is empty elsewhere. `KEPT`, shape
    (rows, `engine.research.overfitting.drawn.WIDTH`), is what the statistics of overfitting need of the rows drawn for
    them; NaN in others.
    """
    indices = cache.grid.indices(first, last)
    table: dict[str, Any] = {name: np.full(len(indices), np.nan) for name in columns_of(answer=answer)}
    drawn = np.isin(np.arange(first, first + len(indices)), cache.drawn, assume_unique=True)
    table[KEPT] = np.full((len(indices), WIDTH), np.nan)
    began, asked = time.perf_counter(), cache.signal_seconds
    envs, blocks, alone, failed = lay_out(cache, indices)
    with ThreadPoolExecutor(workers) as pool:
        summed = list(pool.map(_run, blocks))
        for block, sums in zip(blocks, summed, strict=True):
            alone += [(block.env, int(row)) for row in block.rows[sums.lowest <= 0.0]]
        timer.kernel += time.perf_counter() - began - (cache.signal_seconds - asked)
        began = time.perf_counter()
        for block, (columns, kept) in zip(
            blocks, pool.map(partial(_columns, drawn=drawn), blocks, summed), strict=True
        ):
            for name, values in columns.items():
                table[name][block.rows] = values
            table[KEPT][block.rows[drawn[block.rows]]] = kept
        timer.tail += time.perf_counter() - began
    for env, row in alone:
        _write_alone(table, env, row, run_alone(cache, env, indices[row]), drawn=bool(drawn[row]))
    timer.alone += len(alone)
    if answer:
        began = time.perf_counter()
        fine = [(env, row) for env, rows in envs for row in rows[failed[rows] == ""].tolist()]
        _write_sums(table, cache, fine, indices, workers)
        timer.tail += time.perf_counter() - began
    for env, rows in envs:
        unhedged = _figures(env, env.unhedged)
        for name in COMPARABLE:
            table[f"{name}_vs_unhedged"][rows] = table[name][rows] - unhedged[name]
    return {**table, "failed": failed}


def lay_out(cache: Cache, indices: Ints) -> Laid:
    """Lay combinations out, given their indices on the axes, shape (rows, axes)."""
    failed: Words = np.full(len(indices), "", dtype=object)
    envs = list(_envs(cache, indices, failed))
    blocks, alone = [], []
    for env, rows in envs:
        if env.daily is None:
            alone += [(env, int(row)) for row in _by_themselves(cache, env, indices, rows, failed)]
            continue
        books, by_themselves = _books(cache, env, indices, rows, failed)
        blocks += [books.of(slice(k, k + BLOCK)) for k in range(0, len(books.rows), BLOCK)]
        alone += [(env, int(row)) for row in by_themselves]
    return Laid(envs, blocks, alone, failed)


def _by_themselves(cache: Cache, env: Environment, indices: Ints, rows: Ints, failed: Words) -> Iterator[int]:
    """Yield the rows of an environment that can be run; others are marked as failed."""
    for row in rows.tolist():
        try:
            cache.signals(env, cache.run_at(tuple(indices[row].tolist())))
        except UserError as error:
            failed[row] = str(error)
        else:
            yield row


def _envs(cache: Cache, indices: Ints, failed: Words) -> Iterator[tuple[Environment, Ints]]:
    """Yield each environment with its rows; rows of one that can't be made are marked as failed."""
    kinds, which = _kinds(indices[:, cache.axes["environment"]])
    for k, chosen in enumerate(kinds):
        rows = np.flatnonzero(which == k)
        try:
            yield cache.environment(chosen), rows
        except UserError as error:
            failed[rows] = str(error)


def _kinds(columns: Ints) -> tuple[list[Indices], Ints]:
    """Return the distinct rows of some columns, and which of them each row is."""
    if not columns.shape[1]:
        return [()], np.zeros(len(columns), np.int64)
    spans = tuple((columns.max(axis=0, initial=0) + 1).tolist())  # one number a row sorts far faster than rows do
    kinds, which = np.unique(np.ravel_multi_index(tuple(columns.T), spans), return_inverse=True)
    return list(zip(*(column.tolist() for column in np.unravel_index(kinds, spans)), strict=True)), which


def _books(cache: Cache, env: Environment, indices: Ints, rows: Ints, failed: Words) -> tuple[Books, Ints]:
    """Return a environment's books, and the rows whose orders depend on their own book and so run by themselves."""
    signals, s = _kinds(indices[rows][:, cache.axes["signal"]])
    policies, p = _kinds(indices[rows][:, cache.axes["policy"]])
    hedges, h = _kinds(indices[rows][:, cache.axes["hedge"]])
    at = tuple(indices[rows[0]][cache.axes["environment"]].tolist())
    fine = np.ones(len(rows), np.bool_)
    for kinds, of, make in (
        (signals, s, lambda chosen: cache.signal(env, chosen)),
        (policies, p, cache.policy),
        (hedges, h, lambda chosen: cache.hedge(at, chosen)),
    ):
        for k, chosen in enumerate(kinds):
            try:
                make(chosen)
            except UserError as error:
                fine &= of != k
                failed[rows[of == k]] = str(error)
    known = {k: cache.hedge(at, hedges[k]) for k in np.unique(h[fine]).tolist()}
    banded = np.array([known[k].config.rebalance == "band" if k in known else False for k in range(len(hedges))])
    alone = rows[fine & banded[h]]
    fine &= ~banded[h]
    decided, which = _decisions(cache, env, (signals, s[fine]), (policies, p[fine]), (known, h[fine]))
    sizes, sized = _sizes(cache, env, (signals, s[fine]), (known, h[fine]))
    cores = np.array([cache.core(known[k]) if k in known else 0.0 for k in range(len(hedges))])
    pays = np.full(int(fine.sum()), env.config.hedge.funding == "sell_core")
    return Books(env, rows[fine], decided, which, sizes, sized, cores[h[fine]], pays), alone


Kinds = tuple[list[Indices], Ints]


def _decisions(
    cache: Cache, env: Environment, signals: Kinds, policies: Kinds, hedges: tuple[dict[int, Hedge], Ints]
) -> tuple[list[Decided], Ints]:
    """Return the distinct decisions, and which each book has: hedges of one pattern share them."""
    known, h = hedges
    patterns = {(hedge.config.rebalance, hedge.pattern): k for k, hedge in known.items()}
    stands_for = np.array([0] * (max(known, default=0) + 1))
    for k, hedge in known.items():
        stands_for[k] = patterns[hedge.config.rebalance, hedge.pattern]
    kinds, which = _kinds(np.column_stack((signals[1], policies[1], stands_for[h])))
    decided = [cache.decided(env, signals[0][s], cache.policy(policies[0][p]), known[k]) for s, p, k in kinds if len(h)]
    return decided, which


def _sizes(
    cache: Cache, env: Environment, signals: Kinds, hedges: tuple[dict[int, Hedge], Ints]
) -> tuple[Floats, Ints]:
    """Return the distinct sizes, and which each book has; only proportional ones depend on the signal."""
    known, h = hedges
    reads = np.array(
        [known[k].sizing.method == "proportional" if k in known else False for k in range(max(known, default=0) + 1)]
    )
    kinds, sized = _kinds(np.column_stack((h, np.where(reads[h], signals[1], 0))))
    sizes = [cache.size(env, known[k], signals[0][s]) for k, s in kinds if len(h)]
    return np.array(sizes).reshape(len(sizes), len(env.setup.prices.close)), sized


def _orders(books: Books) -> Orders:
    used, which = np.unique(books.which, return_inverse=True)
    decided = [books.decided[d] for d in used.tolist()]
    starts = np.concatenate(([0], np.cumsum([len(each.at) for each in decided]))).astype(np.int64)
    read = [np.concatenate([getattr(each, name) for each in decided]) for name in ("at", "on", "anew")]
    plan, sized = books.env.setup.plan, books.sized[:, np.newaxis]
    given = (books.sizes, plan.sides, plan.takes, plan.a_core_share, books.cores, books.pays, plan.core_due)
    return compiled().orders_of(starts, *read, which, sized, *given)


def _run(books: Books) -> Sums:
    nothing = np.empty((0, len(books.rows)))
    return _through(books, nothing, nothing)


def _through(books: Books, path: Floats, trail: Floats) -> Sums:
    env, width = books.env, len(books.rows)
    prices, terms = env.setup.prices, env.setup.terms
    sums, held = empty_sums(width, terms.cash), np.zeros((prices.close.shape[1], width))
    compiled().run_block(prices, terms, env.units, _orders(books), env.cash_return, sums, held, path, trail)
    return sums


def paths_of(books: Books) -> tuple[Floats, Floats]:
    """Run a block; return equity and units of the hedge at every close, shape (2, sessions, books)."""
    path, trail = np.empty((2, len(books.env.setup.prices.close), len(books.rows)))
    _through(books, path, trail)
    return path, trail


def _columns(books: Books, sums: Sums, drawn: Flags) -> tuple[dict[str, Floats], Floats]:
    """Return a block's columns, and what is kept of the books drawn for the statistics of overfitting.

    The tail and the attribution need every session of every book, so that the block runs once more.
    """
    env, (path, trail) = books.env, paths_of(books)
    sleeves, daily = empty_sleeves(len(books.rows)), _daily(env)
    compiled().attribute_books(daily, trail, path, sleeves)
    levels = np.ascontiguousarray(path.T)  # what needs a book's sessions in order takes half the time by rows
    entries = np.array([each.entries for each in books.decided])[books.which]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books are measured by themselves
        returns, a_year = levels[:, 1:] / levels[:, :-1] - 1.0, env.market.sessions_a_year
        columns = _told(env, sleeve_scalars(sleeves, daily, path[0], path[-1], a_year))
        columns |= safety_columns(levels, env.less, a_year)
        kept = _kept(env, returns[drawn[books.rows]])
    totals = totals_from(sums, entries, returns, env.setup.terms.cash, env.cash_return, a_year)
    return columns_from(totals) | columns, kept


def _write_alone(table: dict[str, Any], env: Environment, row: int, ledger: Ledger, *, drawn: bool) -> None:
    """Write the metrics of a book that ran by itself."""
    safety = safety_row(ledger, env.less, env.market.sessions_a_year)
    for name, value in (_figures(env, ledger) | _sleeve(env, ledger) | safety).items():
        if name in table:
            table[name][row] = value
    if drawn:
        table[KEPT][row] = _kept(env, returns_to_ruin(ledger.equity, ledger.last))


def _write_sums(
    table: dict[str, Any], cache: Cache, fine: Sequence[tuple[Environment, int]], indices: Ints, workers: int
) -> None:
    """Write the parts of the sum of rows that can be run, each book by itself."""
    envs = {env.indices: env for env, _ in fine}
    beta = {indices: run_beta(env.config, env.market) for indices, env in envs.items()}
    plans = [plan_at(cache, env, indices[row]) for env, row in fine]  # in one thread: they are remembered

    def run(k: int) -> dict[str, float]:
        env = fine[k][0]
        hedged = compiled().run_policy(env.setup.prices, env.setup.terms, plans[k])
        return sum_row(env.setup, hedged, env.unhedged, beta[env.indices])

    with ThreadPoolExecutor(workers) as pool:
        for (_, row), parts in zip(fine, pool.map(run, range(len(fine))), strict=True):
            for name, value in parts.items():
                table[name][row] = value


def _kept(env: Environment, returns: Floats) -> Floats:
    return kept_of(returns, env.cash_return, env.market.run_sessions)


def run_alone(cache: Cache, env: Environment, indices: Ints) -> Ledger:
    """Run a book by itself, whose orders depend on it or which was ruined."""
    plan = plan_at(cache, env, indices)
    return compiled().run_policy(env.setup.prices, env.setup.terms, plan)


def plan_at(cache: Cache, env: Environment, indices: Ints) -> Plan:
    """Return when and how the combination at these indices decides, shape (axes,)."""
    if env.daily is None:
        return cache.plan_alone(env, tuple(indices.tolist()))
    at = {part: tuple(indices[axes].tolist()) for part, axes in cache.axes.items()}
    return cache.plan(env, at["signal"], cache.policy(at["policy"]), cache.hedge(at["environment"], at["hedge"]))


def _sleeve(env: Environment, ledger: Ledger) -> dict[str, float]:
    """Return the measures of a single book's hedge; one that was ruined has to be attributed session by session."""
    if env.daily is None:
        return scalars(attribute(env.setup, ledger))
    if ledger.equity[ledger.last] <= 0.0:
        return _told(env, scalars(attribute(env.setup, ledger)))
    sums, held, path = empty_sleeves(1), units_held(ledger, env.units), ledger.equity
    compiled().attribute_books(env.daily, held[:, np.newaxis], path[:, np.newaxis], sums)
    sleeve = _told(env, sleeve_scalars(sums, env.daily, path[:1], path[-1:], env.market.sessions_a_year))
    return {name: float(values[0]) for name, values in sleeve.items()}


def _daily(env: Environment) -> Daily:
    assert env.daily is not None  # noqa: S101  # where books go through the sessions together
    return env.daily


def _told(env: Environment, sleeve: dict[str, Any]) -> dict[str, Any]:
    """Return the measures of the hedge without those of a fund's model, where it is none."""
    if env.market.roles.one_fund:
        return sleeve
    return {name: values * np.nan if name in OF_A_FUND else values for name, values in sleeve.items()}


def _figures(env: Environment, ledger: Ledger) -> dict[str, Any]:
    """Return a single book's metrics, NaN where one is undefined."""
    setup = env.setup
    trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
    figures = metrics_of(ledger, setup.terms.cash_accrual, env.market.run_sessions, trades, setup.legs.firsts)
    return {name: np.nan if value is None else value for name, value in figures.items()}
