"""A chunk of combinations, from indices on the axes to columns of metrics."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.arrays import Flags, Floats, Ints
from data.errors import UserError
from engine.analytics.answer.insurance import tails_of
from engine.analytics.attribution import SLEEVE, attribute
from engine.analytics.attribution_batch import sleeve_scalars, units_held
from engine.analytics.carino import scalars
from engine.analytics.measure import COMPARABLE, SAFETY, columns_from, metrics_of
from engine.analytics.metrics import totals_from, trades_of
from engine.kernel.attribution import Daily, empty_sleeves
from engine.kernel.compiled import compiled
from engine.kernel.decisions import Decisions
from engine.kernel.loop import Ledger, Plan, policies_of
from engine.kernel.sweep import Given, Sums, empty_sums
from engine.research.cache import Cache, Environment, Indices
from engine.research.columns import columns_of
from engine.research.overfitting.drawn import KEPT, WIDTH, kept_of, returns_to_ruin
from engine.research.rows import safety_row, sum_row
from engine.setup import rebalancing_days, run_beta

BLOCK = 128
"""Books that a thread runs together: so many paths are in memory at once, and stay in the cache next to it."""

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
    plan
        Of the environment, with every policy.
    signals
        The distinct intensities over the run's sessions, shape (sessions,) each.
    dues
        The closes of the calendars of hedges, shape (calendars, sessions).
    kinds
        Which signal, policy, size and calendar each distinct decision has, shape (decisions, 4).
    given
        What each book is given.
    """

    env: Environment
    rows: Ints
    plan: Plan
    signals: list[Floats]
    dues: Flags
    kinds: Ints
    given: Given

    def of(self, part: slice | Ints) -> Books:
        """Return a part of the books, with the decisions and the signals that they have."""
        used, decision = np.unique(self.given.decision[part], return_inverse=True)
        kinds = self.kinds[used]
        read, kinds[:, 0] = np.unique(kinds[:, 0], return_inverse=True)
        cut = {name: getattr(self.given, name)[part] for name in ("sized", "core", "pays", "band")}
        return self._replace(
            rows=self.rows[part],
            signals=[self.signals[k] for k in read.tolist()],
            kinds=kinds,
            given=self.given._replace(decision=decision, **cut),
        )


class Block(NamedTuple):
    """What a block of books came to: columns, what is kept of those drawn, those that were ruined, and the seconds."""

    columns: dict[str, Floats]
    kept: Floats
    ruined: Flags
    kernel: float
    tail: float


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
    timer.kernel += time.perf_counter() - began - (cache.signal_seconds - asked)
    with ThreadPoolExecutor(workers) as pool:
        rooms = SimpleQueue[Floats]()
        for _ in range(min(workers, len(blocks))):
            rooms.put(np.empty(2 * BLOCK * max(len(env.setup.prices.close) for env, _ in envs)))
        for books, block in zip(blocks, pool.map(partial(_run, drawn=drawn, rooms=rooms), blocks), strict=True):
            for name, values in block.columns.items():
                table[name][books.rows] = values
            table[KEPT][books.rows[drawn[books.rows]]] = block.kept
            alone += [(books.env, int(row)) for row in books.rows[block.ruined]]
            timer.kernel += block.kernel / workers
            timer.tail += block.tail / workers
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
        blocks += _blocks(cache, env, indices, rows, failed)
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


def _blocks(cache: Cache, env: Environment, indices: Ints, rows: Ints, failed: Words) -> list[Books]:
    """Return an environment's books in blocks, those that decide alike one after another."""
    at = tuple(indices[rows[0]][cache.axes["environment"]].tolist())
    makers: dict[str, Callable[[Indices], Any]] = {
        "signal": lambda chosen: (chosen, cache.signal(env, chosen)[env.market.first :]),
        "policy": cache.policy,
        "hedge": lambda chosen: cache.hedge(at, chosen),
    }
    parts = []
    for part, make in makers.items():
        kinds, of = _kinds(indices[rows][:, cache.axes[part]])
        values = []
        for k, chosen in enumerate(kinds):
            try:
                values.append(make(chosen))
            except UserError as error:
                values.append(None)
                failed[rows[of == k]] = str(error)
        parts.append((values, of))
    fine = failed[rows] == ""
    if not fine.any():
        return []
    (signals, s), (policies, p), (hedges, h) = (_used(values, of[fine]) for values, of in parts)
    books = _books(cache, env, rows[fine], (signals, s), (policies, p), (hedges, h))
    return [books.of(slice(k, k + BLOCK)) for k in range(0, len(books.rows), BLOCK)]


Part = tuple[list[Any], Ints]
"""Distinct values, and which of them each row has."""


def _used(values: list[Any], of: Ints) -> Part:
    """Return the values that rows have, and which each has."""
    used, of = np.unique(of, return_inverse=True)
    return [values[k] for k in used.tolist()], of


def _books(cache: Cache, env: Environment, rows: Ints, signals: Part, policies: Part, hedges: Part) -> Books:
    """Return books of which every part is made; hedges of one pattern share decisions, only some read the signal."""
    (read, s), (rules, p), (kinds, h) = signals, policies, hedges
    reads = np.array([hedge.sizing.method == "proportional" for hedge in kinds])
    sizings, sized = _kinds(np.column_stack((h, np.where(reads[h], s, 0))))
    sizes = np.array([cache.size(env, kinds[k], read[j][0]) for k, j in sizings])
    patterns: dict[Any, int] = {}
    alike = np.array([patterns.setdefault((e.config.rebalance, e.pattern), len(patterns)) for e in kinds])
    decision = _kinds(np.column_stack((s, p, alike[h])))[1]
    order, first = np.argsort(decision, kind="stable"), np.unique(decision, return_index=True)[1]
    calendars = sorted({hedge.config.rebalance for hedge in kinds})
    dues = np.array([rebalancing_days(env.market.run_sessions, every) for every in calendars])
    due = np.array([calendars.index(hedge.config.rebalance) for hedge in kinds])
    bands = np.array([hedge.config.band if hedge.config.rebalance == "band" else np.inf for hedge in kinds])
    cores, pays = np.array([cache.core(hedge) for hedge in kinds]), env.config.hedge.funding == "sell_core"
    return Books(
        env,
        rows,
        env.setup.plan._replace(policies=policies_of(rules)),
        [intensity for _, intensity in read],
        dues,
        np.column_stack((s, p, sized, due[h]))[first],
        Given(decision, sizes, sized, cores[h], np.full(len(rows), pays), bands[h]),
    ).of(order)


def _run(books: Books, drawn: Flags, rooms: SimpleQueue[Floats]) -> Block:
    """Run a block from intensities to columns; there is room for the paths of as many blocks as there are threads."""
    room = rooms.get()
    try:
        return _run_in(room, books, drawn)
    finally:
        rooms.put(room)


def _run_in(room: Floats, books: Books, drawn: Flags) -> Block:
    began, env = time.perf_counter(), books.env
    shape = 2, len(books.rows), len(env.setup.prices.close)
    path, trail = room[: math.prod(shape)].reshape(shape)
    decided, sums = _through(books, path, trail)
    ran, daily, alive, count = time.perf_counter(), _daily(env), sums.lowest > 0.0, path.shape[1] - 1
    sleeves, a_year, kept = empty_sleeves(len(path)), env.market.sessions_a_year, path[drawn[books.rows]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books are measured by themselves
        compiled().attribute_books(daily, trail, path, sleeves)
        columns = _told(env, sleeve_scalars(sleeves, daily, path[:, 0], path[:, -1], a_year))
        tails = tails_of(path, alive, env.less, count / a_year)
        columns |= dict(zip(SAFETY, tails.safety, strict=True))
        blocks = _kept(env, kept[:, 1:] / kept[:, :-1] - 1.0)
    tailed, entries = time.perf_counter(), decided.entries[books.given.decision]
    columns |= columns_from(
        totals_from(sums, entries, tails.worst, count, env.setup.terms.cash, env.cash_return, a_year)
    )
    return Block(columns, blocks, ~alive, ran - began + time.perf_counter() - tailed, tailed - ran)


def _through(books: Books, path: Floats, trail: Floats) -> tuple[Decisions, Sums]:
    """Run a block; return what its policies decided, and its sums; paths are written as of `run_books`."""
    env, sums = books.env, empty_sums(len(books.rows))
    prices, terms = env.setup.prices, env.setup.terms
    decided = compiled().decisions(
        prices, books.plan, np.array(books.signals), books.given.sizes, books.dues, books.kinds
    )
    compiled().run_books(prices, terms, env.units, books.plan, decided, books.given, sums, path, trail)
    return decided, sums


def paths_of(books: Books) -> tuple[Floats, Floats]:
    """Run a block; return equity and units of the hedge at every close, shape (books, sessions) each."""
    path, trail = np.empty((2, len(books.rows), len(books.env.setup.prices.close)))
    _through(books, path, trail)
    return path, trail


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
    compiled().attribute_books(env.daily, held[np.newaxis], path[np.newaxis], sums)
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
