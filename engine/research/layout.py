"""Combinations laid out to be run: books that share a market in blocks, those that decide alike beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.arrays import Flags, Floats, Ints
from data.errors import UserError
from engine.kernel.loop import Plan, policies_of
from engine.kernel.sweep import Given
from engine.research.cache import Cache, Environment, Indices
from engine.setup import rebalancing_days

BLOCK = 256
"""Books that a thread runs together: so many paths are in memory at once; fewer would cost Python more."""

Words = npt.NDArray[np.object_]


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


class Laid(NamedTuple):
    """Combinations laid out to be run.

    Parameters
    ----------
    envs
        Each environment with its rows.
    blocks
        Books that a thread runs together.
    alone
        Environments and rows of books that run by themselves.
    failed
        Why a row can't be run, empty where it can, shape (rows,).
    """

    envs: list[tuple[Environment, Ints]]
    blocks: list[Books]
    alone: list[tuple[Environment, int]]
    failed: Words


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
