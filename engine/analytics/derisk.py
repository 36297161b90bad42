"""Books that sell core instead of buying the hedge (design: how money moves).

*Sold at entry* replays the hedged run's orders down to the hedged book's beta; *sold daily* does what the fund does,
when the fund does it. Neither is floored at 0: where the hedged book is net short, so is the control, or it would not
be the same beta. *Held less* keeps a part of the core and cash, all the time, which needs no signal and no fund.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints
from engine.analytics.fund_exposure import WIPED_OUT, fills_at_open, index_of
from engine.analytics.metrics import Trades, trades_of
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger, ledger_on
from engine.rules import Prices, Terms
from engine.setup import Setup, rebalancing_days

Replay = Callable[[Prices, Terms, Ledger], Ledger]
"""Runs a book on orders already decided."""

GRID = np.linspace(0.0, 1.0, 21)
"""Shares of the core at which books are run; straight lines lie between."""


def matched(core: Floats, hedges: Floats, beta: Floats, betas: Floats) -> Floats:
    """Return the weight of a core by itself that has the beta of core and hedges together, shape (sessions,).

    Parameters
    ----------
    core, beta
        The core's weight and beta, shape (sessions,).
    hedges, betas
        The hedges' weights, and what a unit of each adds to the book's beta, shape (sessions, hedges).
    """
    exposure = core * beta
    for k in range(hedges.shape[1]):
        exposure = exposure + betas[:, k] * hedges[:, k]
    return exposure / beta


def entry_orders(setup: Setup, hedged: Ledger, beta: Floats) -> Ledger:
    """Return the hedged run's orders with its hedges' beta taken out of the core's weight instead.

    Between orders the weight last ordered stands, at the beta of its own close.
    """
    core = matched(hedged.core, hedged.hedges, beta, setup.betas)
    return hedged._replace(core=core[_last(hedged.ordered)], hedges=np.zeros_like(hedged.hedges))


def _last(ordered: Flags) -> Ints:
    """Return the place of the last order by each close, shape (closes,)."""
    return np.maximum.accumulate(np.where(ordered, np.arange(len(ordered)), 0))


def sold_at_entry(setup: Setup, hedged: Ledger, beta: Floats, run: Replay | None = None) -> Ledger:
    """Run the de-risk that sells core when the hedge is ordered, down to the beta the hedged book then has.

    Parameters
    ----------
    setup
        What the hedged run was executed on.
    hedged
        The hedged run.
    beta
        The core's beta to the underlying at each close, shape (sessions,).
    run
        What replays it; compiled unless given.
    """
    return (run or compiled().replay)(setup.prices, setup.terms, entry_orders(setup, hedged, beta))


def net_beta(setup: Setup, book: Ledger, beta: Floats) -> Floats:
    """Return how much of a book's equity moves with the underlying at each close, shape (sessions,); NaN in ruin."""
    worth = book.shares * setup.prices.spot
    exposure = worth[:, setup.legs.of_core].sum(axis=1) * beta
    for k in range(setup.betas.shape[1]):
        exposure = exposure + setup.betas[:, k] * worth[:, setup.legs.of_hedge(k)]
    return np.divide(exposure, book.equity, out=np.full(len(exposure), np.nan), where=book.equity > 0.0)


def net_short(setup: Setup, book: Ledger, beta: Floats) -> Flags:
    """Return whether a book's beta to the underlying is below 0 at each close but its last, shape (sessions,)."""
    below = net_beta(setup, book, beta) < 0.0
    return below & (np.arange(len(below)) < book.last)


class SoldDaily(NamedTuple):
    """A book that trades at opens and at closes: its ledger by session, and what it traded in both."""

    ledger: Ledger
    trades: Trades


class Halves(NamedTuple):
    """What all books sold daily on one setup share: its sessions cut in two, opens and closes in turn.

    Parameters
    ----------
    prices, terms
        Those of half sessions.
    betas
        What a unit of each hedge adds to the book's beta when an order fills, shape (sessions - 1, hedges).
    """

    prices: Prices
    terms: Terms
    betas: Floats


def sold_daily(setup: Setup, hedged: Ledger, beta: Floats, run: Replay | None = None) -> SoldDaily:
    """Run the de-risk that follows the hedged book's beta when the fund itself does: at every close.

    At every close but the last at which the hedged book holds a hedge it trades, at that close, to the beta of the
    weights that book has. Where an order of the hedged book fills at an open, it trades at that open: a fund of
    leverage b set its exposure at the last close, so that after a night's return r1 its leverage is
    ``b (1 + r1) / (1 + b r1)``; of anything else the beta known at the last close counts.

    Parameters
    ----------
    setup, hedged, beta, run
        As for `sold_at_entry`.

    Notes
    -----
    The book is run by the ordinary rules on half sessions, opens and closes in turn. Filled at the next open instead
    it would lag the fund by a night, and the night's reversal would pass for the fund's doing.
    """
    halves = halves_of(setup)
    book = _replayed(setup, halves, hedged, beta, run or compiled().replay)
    trades = trades_of(book.traded, halves.prices.fill, halves.terms)
    return SoldDaily(_whole(book), Trades(*(_by_session(column) for column in trades)))


def equity_sold_daily(setup: Setup, halves: Halves, hedged: Ledger, beta: Floats) -> tuple[Floats, int]:
    """Return only the equity at each close of `sold_daily`, shape (sessions,), and the last session it stands."""
    book = _replayed(setup, halves, hedged, beta, compiled().replay)
    closes, last = _closes(book)
    return book.equity[closes], last


def halves_of(setup: Setup) -> Halves:
    """Return what all books sold daily on a setup share."""
    then = setup.betas[:-1].copy()
    for k, role in enumerate(setup.legs.hedges):
        if role.kind == "fund" and fills_at_open(setup):
            then[:, k] = _leverage_at_open(role.leverage, index_of(setup).night[1:])
    return Halves(*_halved(setup.prices, setup.terms), then)


def _replayed(setup: Setup, halves: Halves, hedged: Ledger, beta: Floats, run: Replay) -> Ledger:
    """Run the book sold daily, by half session."""
    orders = _half_orders(setup, halves.betas, hedged, beta, ledger_on(halves.prices))
    return run(halves.prices, halves.terms, orders)


def _half_orders(setup: Setup, then: Floats, hedged: Ledger, beta: Floats, half: Ledger) -> Ledger:
    """Write orders by half session: row 2t is the close of session t, row 2t-1 its open; each fills a row later."""
    legs, sessions = setup.legs, np.arange(len(hedged.equity))
    held = (hedged.shares[:, legs.of_hedges] != 0.0).any(axis=1)
    half.ordered[1::2] = (held & (sessions < hedged.last))[1:]
    half.core[1::2] = matched(*weights_of(setup, hedged), beta, setup.betas)[1:]
    filled, at = hedged.ordered[:-1], slice(0, -1, 2) if fills_at_open(setup) else slice(1, None, 2)
    ordered = matched(hedged.core[:-1], hedged.hedges[:-1], beta[:-1], then)
    half.ordered[at] |= filled
    half.core[at] = np.where(filled, ordered, half.core[at])
    half.restate[at] = filled & hedged.restate[:-1]
    half.core[:] = half.core[_last(half.ordered)]
    return half


def _leverage_at_open(b: float, night: Floats) -> Floats:
    """Return the leverage a fund has after the night's return; b itself where the night would have wiped it out."""
    left = 1.0 + b * night
    alive = left > WIPED_OUT
    return np.where(alive, b * (1.0 + night) / np.where(alive, left, 1.0), b)


def weights_of(setup: Setup, book: Ledger) -> tuple[Floats, Floats]:
    """Return the weights that a book has at each close: of the core, (sessions,), of the hedges, (sessions, hedges)."""
    worth, equity = book.shares * setup.prices.spot, book.equity[:, None]
    weights = np.divide(worth, equity, out=np.zeros_like(worth), where=equity > 0.0)
    return weights[:, setup.legs.of_core].sum(axis=1), weights[:, setup.legs.of_hedges]


def _halved(prices: Prices, terms: Terms) -> tuple[Prices, Terms]:
    """Return prices and terms by half session: the night's events and interest fall before the open.

    Only closes mark a book, so that at an open it is marked at the close to come: what is below 0 there ends there.
    """
    opened, closed = prices.open, np.repeat(prices.close, 2, axis=0)[1:]

    def at_open(values: Floats, else_: float) -> Floats:
        half = np.full((2 * len(values) - 1, *values.shape[1:]), else_)
        half[1::2] = values[1:]
        return half

    both = closed.copy()
    both[1::2] = opened[1:]
    hedges, dividend, split = prices.level.shape[1], at_open(prices.dividend, 0.0), at_open(prices.split, 1.0)
    half = Prices(both, closed, both, dividend, split, both[:, -hedges:], both, both)
    cash, owed, borrow = (at_open(rate, 0.0) for rate in (terms.cash_accrual, terms.borrow_accrual, terms.borrow))
    return half, terms._replace(cash_accrual=cash, borrow_accrual=owed, borrow=borrow)


def _by_session(values: Floats) -> Floats:
    """Return sums by session of what happens by half session."""
    summed = values[::2].copy()
    summed[1:] += values[1::2]
    return summed


def _closes(halves: Ledger) -> tuple[Ints, int]:
    """Return the rows of the closes, shape (sessions,), and the last session the book stands."""
    closes = np.arange(0, len(halves.equity), 2)
    last = (halves.last + 1) // 2
    closes[last] = halves.last  # a book that ended at its open has no row at the close
    return closes, last


def _whole(halves: Ledger) -> Ledger:
    """Return the ledger at the closes; what was traded at the open and at the close adds up."""
    closes, last = _closes(halves)
    return Ledger(
        halves.equity[closes],
        halves.cash[closes],
        halves.shares[closes],
        _by_session(halves.traded),
        halves.ordered[::2] | np.append(halves.ordered[1::2], False),  # an order fills in the next session, at its end
        halves.core[closes],
        halves.hedges[closes],
        halves.restate[closes],
        halves.actions[closes],
        last,
    )


def run_held_less(setup: Setup, share: float) -> Ledger:
    """Hold a share of the core, the rest in cash, restored at the first close of each calendar month."""
    due = setup.plan.core_due
    orders = ledger_on(setup.prices)
    orders.ordered[:] = rebalancing_days(setup.market.run_sessions, "monthly") | due
    orders.restate[:] = due
    orders.ordered[0] = orders.restate[0] = True
    orders.core[:] = share
    return compiled().replay(setup.prices, setup.terms, orders)


def held_less_grid(setup: Setup) -> tuple[Ledger, ...]:
    """Run the books of `GRID`."""
    return tuple(run_held_less(setup, float(share)) for share in GRID)
