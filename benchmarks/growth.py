"""What a book of the sweep costs as its sessions and its orders grow, beside the bare loop over sessions.

Made-up prices of a core and of a fund at -3 times it; books that are hedged for ten sessions at a time, evenly spread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.kernel.compiled import compiled
from engine.kernel.decisions import Decisions
from engine.kernel.loop import Plan, Policies
from engine.kernel.sweep import Given, empty_sums, room_for, units_of
from engine.rules import Prices, Terms

SESSIONS = (1_000, 10_000, 100_000)
ORDERS = (20, 200, 1_600)
MIDDLE = 10_000, 20
"""Sessions while orders grow, and orders while sessions grow."""
HELD = 10
BOOKS = 200
ROUNDS = 5


def world(sessions: int) -> tuple[Prices, Terms]:
    """Return made-up prices and terms without dividends, on which the bare loop does what ours does."""
    rng = np.random.default_rng(sessions)
    moves = rng.normal(0.0, 0.01, (sessions, 2)) + rng.normal(0.0, 0.01, (sessions, 1))
    night, day = (np.column_stack((move, -3.0 * move)) for move in moves.T / 10.0)
    close = 100.0 * np.cumprod((1.0 + night) * (1.0 + day), axis=0)
    opening, none = close / (1.0 + day), np.zeros((sessions, 2))
    prices = Prices(opening, close, opening, none, none + 1.0, close[:, 1:].copy(), close, opening)
    nothing, flat = np.zeros(2), np.zeros(sessions)
    how = (True, False, False)  # dividends reinvested, fractions of shares, no margin
    rates = np.full(2, 1e-4), np.full(2, 2e-4), nothing, nothing
    terms = Terms(1e5, np.ones(1), *rates, flat, flat, flat, *how, np.ones(2, np.bool_), nothing)
    return prices, terms


def ours(sessions: int, orders: int) -> Callable[[], object]:
    """Return what runs our books once."""
    prices, terms = world(sessions)
    units, entries = units_of(prices, terms), orders // 2
    starts = 1 + np.arange(entries) * ((sessions - HELD - 2) // entries)
    at = np.concatenate(([0], np.column_stack((starts, starts + HELD)).ravel()))[np.newaxis]
    on = np.concatenate(([False], np.tile([True, False], entries)))[np.newaxis]
    decided = Decisions(at, on, np.ones_like(on), np.array([orders + 1]), np.array([entries]))
    zeros, ones = np.zeros(BOOKS, np.int64), np.ones(BOOKS)
    given = Given(zeros, np.full((1, sessions), 0.15), zeros, ones, np.ones(BOOKS, np.bool_), ones * np.inf)
    never, row, one = np.zeros(sessions, np.bool_), np.zeros((sessions, 1)), np.ones(1)
    policies = Policies(one, one, *np.ones((4, 1), np.int64), one, one)
    takes = row + 1.0, np.zeros(1, np.bool_), row != 0.0, never
    plan = Plan(policies, row, row, one, *takes, one * np.inf, 1.0, core_pays=True)
    sums, fills = empty_sums(BOOKS), room_for(decided, given, 2)
    return lambda: compiled().run_books(prices, terms, units, plan, decided, given, sums, fills)


def theirs(sessions: int, orders: int, bare: Callable[..., None]) -> Callable[[], object]:
    """Return what runs the same books through the bare loop, which doesn't ask how often they order."""
    prices, _ = world(sessions)
    starts = 1 + np.arange(orders // 2) * ((sessions - HELD - 2) // (orders // 2))
    on = np.zeros((sessions, BOOKS), np.int8)
    for t in starts.tolist():
        on[t : t + HELD] = 1
    book, weight = np.full((4, BOOKS), 1e5), np.full(BOOKS, 0.15)
    book[:2] = np.array([[1e5 / prices.fill[1, 0]], [0.0]])
    out, spare = np.zeros((4, BOOKS)), np.empty((2, BOOKS))
    return lambda: bare(
        prices.fill, prices.close, on, np.zeros(sessions, np.int8), weight, book.copy(), out, 0.9994, spare
    )


def main(bare: Callable[..., None]) -> None:
    """Print microseconds a book, in one thread, each the least of some rounds."""
    print(f"{'sessions':>10}{'orders':>10}{'ours, us a book':>18}{'bare, us a book':>18}{'ratio':>10}")
    cases = [(n, MIDDLE[1]) for n in SESSIONS] + [(MIDDLE[0], n) for n in ORDERS if n < MIDDLE[0] // HELD * 2]
    for sessions, orders in cases:
        runs = ours(sessions, orders), theirs(sessions, orders, bare)
        seconds = [min(_timed(run) for _ in range(ROUNDS)) / BOOKS * 1e6 for run in runs]
        print(f"{sessions:>10,}{orders:>10,}{seconds[0]:>18.2f}{seconds[1]:>18.2f}{seconds[0] / seconds[1]:>10.4f}")


def _timed(run: Callable[[], object]) -> float:
    began = time.thread_time()
    run()
    return time.thread_time() - began
