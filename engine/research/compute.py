"""A chunk of combinations, from indices on the axes to columns of metrics."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.analytics.answer.insurance import tails_of
from engine.analytics.attribution import SLEEVE, attribute
from engine.analytics.attribution_batch import sleeve_scalars
from engine.analytics.carino import scalars
from engine.analytics.measure import COMPARABLE, SAFETY, columns_from
from engine.analytics.metrics import totals_from
from engine.kernel.attribution import Daily, empty_sleeves
from engine.kernel.compiled import compiled
from engine.kernel.decisions import Decisions
from engine.kernel.fills import Fills
from engine.kernel.loop import Ledger, Plan
from engine.kernel.sweep import Sums, empty_sums, room_for
from engine.research.cache import Cache, Environment
from engine.research.columns import columns_of
from engine.research.layout import BLOCK, Books, lay_out
from engine.research.overfitting.drawn import KEPT, WIDTH, kept_of, returns_to_ruin
from engine.research.rows import safety_row, sum_row
from engine.setup import run_beta

FEW = 16
"""Books whose returns are in memory at once, where numpy makes them."""

OF_A_FUND = tuple(f"{name}_a_year" for name in (*SLEEVE[:-1], "decay"))
"""Columns that a row has of a fund, or of a book that ran by itself; the cost of trading is any hedge's."""


@dataclass
class Timer:
    """Seconds of the kernel (from intensities in memory to metrics) and of the tail; books that ran by themselves.

    Of processors, in threads over their number: what others take of the machine is no part of it.
    """

    kernel: float = 0.0
    tail: float = 0.0
    alone: int = 0


class Block(NamedTuple):
    """What a block of books came to: columns, what is kept of those drawn, those that were ruined, and the seconds."""

    columns: dict[str, Floats]
    kept: Floats
    ruined: Flags
    kernel: float
    tail: float


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
    began, asked = time.thread_time(), cache.signal_seconds
    envs, blocks, alone, failed = lay_out(cache, indices)
    timer.kernel += max(0.0, time.thread_time() - began - (cache.signal_seconds - asked))
    with ThreadPoolExecutor(workers) as pool:  # starts no thread where nothing is given to it
        rooms = SimpleQueue[Floats]()
        for _ in range(min(workers, len(blocks))):
            rooms.put(np.empty(BLOCK * max(len(env.setup.prices.close) for env, _ in envs)))
        run = partial(_run, drawn=drawn, rooms=rooms)
        for books, block in zip(blocks, (pool.map if len(blocks) > 1 else map)(run, blocks), strict=True):
            at = _run_of(books.rows)
            for name, values in block.columns.items():
                table[name][at] = values
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
        unhedged = env.figures_unhedged
        for name in COMPARABLE:
            table[f"{name}_vs_unhedged"][rows] = table[name][rows] - unhedged[name]
    return {**table, "failed": failed}


def _run_of(rows: Ints) -> slice | Ints:
    """Return rows as a slice where they follow each other, as they do in a grid: it fills in a tenth of the time."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) and (np.diff(rows) == 1).all() else rows


def _run(books: Books, drawn: Flags, rooms: SimpleQueue[Floats]) -> Block:
    """Run a block from intensities to columns; there is room for the paths of as many blocks as there are threads."""
    room = rooms.get()
    try:
        return _run_in(room, books, drawn)
    finally:
        rooms.put(room)


def _run_in(room: Floats, books: Books, drawn: Flags) -> Block:
    began, env = time.thread_time(), books.env
    decided, sums, fills = _through(books)
    entries, a_year, count = decided.entries[books.given.decision], env.market.sessions_a_year, len(env.units.close) - 1
    ran, daily, alive, sleeves = time.thread_time(), _daily(env), sums.lowest > 0.0, empty_sleeves(len(entries))
    path = _paths(books, fills, room)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # ruined books are measured by themselves
        compiled().attribute_books(daily, fills, path, sleeves)
        columns = _told(env, sleeve_scalars(sleeves, daily, path[:, 0], path[:, -1], a_year))
        tails = tails_of(path, alive, env.less, count / a_year)
        columns |= dict(zip(SAFETY, tails.safety, strict=True))
        some = path[drawn[books.rows]]
        kept = [_kept(env, part[:, 1:] / part[:, :-1] - 1.0) for part in np.split(some, range(FEW, len(some), FEW))]
    tailed = time.thread_time()
    totals = totals_from(sums, entries, tails.worst, count, env.setup.terms.cash, env.cash_return, a_year)
    columns |= columns_from(totals)
    seconds = ran - began + time.thread_time() - tailed, tailed - ran
    return Block(columns, np.concatenate(kept), ~alive, *seconds)


def _through(books: Books) -> tuple[Decisions, Sums, Fills]:
    """Run a block; return what its policies decided, its sums, and its fills."""
    env, sums = books.env, empty_sums(len(books.rows))
    prices, terms = env.setup.prices, env.setup.terms
    decided = compiled().decisions(
        prices, books.plan, np.array(books.signals), books.given.sizes, books.dues, books.kinds
    )
    fills = room_for(decided, books.given, prices.close.shape[1])
    compiled().run_books(prices, terms, env.units, books.plan, decided, books.given, sums, fills)
    return decided, sums, fills


def paths_of(books: Books) -> Floats:
    """Run a block; return equity at every close, shape (books, sessions); after a ruin it means nothing."""
    return _paths(books, _through(books)[2], np.empty(len(books.rows) * len(books.env.units.close)))


def _paths(books: Books, fills: Fills, room: Floats) -> Floats:
    shape = len(books.rows), len(books.env.units.close)
    path = room[: math.prod(shape)].reshape(shape)
    compiled().follow_books(books.env.setup.terms, books.env.units, fills, path)
    return path


def _write_alone(table: dict[str, Any], env: Environment, row: int, ledger: Ledger, *, drawn: bool) -> None:
    """Write the metrics of a book that ran by itself."""
    safety = safety_row(ledger, env.less, env.market.sessions_a_year)
    for name, value in (env.figures(ledger) | _sleeve(env, ledger) | safety).items():
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
    """Return the measures of a single book's hedge."""
    found = scalars(attribute(env.setup, ledger))
    return found if env.daily is None else _told(env, found)


def _daily(env: Environment) -> Daily:
    assert env.daily is not None  # noqa: S101  # where books go through the sessions together
    return env.daily


def _told(env: Environment, sleeve: dict[str, Any]) -> dict[str, Any]:
    """Return the measures of the hedge without those of a fund's model, where it is none."""
    if env.market.roles.one_fund:
        return sleeve
    return {name: values * np.nan if name in OF_A_FUND else values for name, values in sleeve.items()}
