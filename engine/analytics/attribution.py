"""Attribution: what direction, daily reset, carry and costs did to a book, in dollars; and the bridge between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from data.calendar import SESSIONS_A_YEAR, sessions_a_year
from data.fund import FEE, SPREAD
from engine.analytics.fund_exposure import carry_of, day_return, fills_at_open, index_of
from engine.kernel.loop import Ledger
from engine.legs import CORE, HEDGE
from engine.rules import costs_of
from engine.setup import Setup

SLEEVE = ("direction", "compounding", "financing", "fee", "spread", "tracking", "hedge_costs")
"""The columns that sum to what the sleeve made."""

COLUMNS = (*SLEEVE, "core", "interest", "core_costs")
"""All columns: they sum to the change of equity."""

SPANS: Mapping[str, tuple[str, ...]] = {
    "core": ("core",),
    "interest": ("interest",),
    "direction": ("direction",),
    "compounding": ("compounding",),
    "financing": ("financing",),
    "fee": ("fee",),
    "spread": ("spread",),
    "tracking": ("tracking",),
    "costs": ("hedge_costs", "core_costs"),
}
"""The bridge's steps, and the columns of an attribution that each takes in."""

OWN_FILLS = 1e-9
"""The share of equity above which cash that the session's fill prices don't explain counts as a cost of fills."""


@dataclass(frozen=True)
class Attribution:
    """Where a book's dollars came from.

    Parameters
    ----------
    dollars
        Dollars of each session by the names of `COLUMNS`, in their order, shape (sessions,) each; 0 at t=0 and after
        a ruin. They sum to the session's change of equity.
    equity
        Dollars at each close, shape (sessions,); after a ruin what the book ended with.
    weight
        The sleeve's share of equity at each close, shape (sessions,); 0 from a ruin on.
    fund
        The fund's own total return of each session, from close to close, shape (sessions,).
    last
        The last session with a book.
    a_year
        How many of the sessions to it make a year: `data.calendar.sessions_a_year`.
    """

    dollars: Mapping[str, Floats]
    equity: Floats
    weight: Floats
    fund: Floats
    last: int
    a_year: float = SESSIONS_A_YEAR

    @property
    def sleeve(self) -> Floats:
        """What the sleeve made in each session, after costs, dollars, shape (sessions,)."""
        made: Floats = np.sum([self.dollars[name] for name in SLEEVE], axis=0)
        return made


class Positions(NamedTuple):
    """A book around each session's fills, shape (sessions, instruments) each, 0 at t=0 and after a ruin.

    Parameters
    ----------
    worth
        Dollars at the close before.
    held, shares
        As-traded shares after the night's events, before and after the fills.
    paid
        Dollars of cash dividends.
    """

    worth: Floats
    held: Floats
    shares: Floats
    paid: Floats


def attribute(setup: Setup, ledger: Ledger, fee: float = FEE, spread: float = SPREAD) -> Attribution:
    """Split each session's change of equity into its causes.

    Parameters
    ----------
    setup, ledger
        What was executed, and what it did.
    fee, spread
        The fund's expense ratio, and what a dollar of its swaps costs above the bill rate, fractions a year; the
        default spread is fitted to the underlying's own total return.

    Returns
    -------
    Attribution
        ``direction``: what a static position of the fund's leverage would have made, set when the sleeve was bought
        (buying q dollars at index level S adds q/S units, selling a fraction scales them). ``compounding``: what the
        daily reset added or took beside it, a path effect. ``financing``, ``fee``, ``spread``: what the fund earned on
        its cash, at the rate known at the last close, and what it paid. ``tracking``: its own return less the modelled.
        ``hedge_costs``, ``core_costs``: commission and slippage, signed. ``core``: what the core's holdings made
        before costs, dividends included. ``interest``: on the book's cash, or on what it owes.

    Notes
    -----
    A session in which the sleeve trades at the open is two periods. The night, with the shares of the last close,
    bears the session's carry; the day, with the new shares, bears none, and its modelled index part is that of
    `fund_exposure.day_return`. A fill at the close comes after the whole session. Where the underlying has
    no bar, what the fund moved is tracking, and is undone when the bar comes. A ``backtrader.Strategy`` of somebody's
    own may fill at other prices than the session's: the difference is in the costs, shared by dollars traded.
    """
    b, index, carry = setup.market.roles.leverage, index_of(setup), carry_of(setup, fee, spread)
    book, prices, at_open = _positions(setup, ledger), setup.prices, fills_at_open(setup)
    worth, shares, fill = book.worth[:, HEDGE], book.shares[:, HEDGE], prices.fill[:, HEDGE]
    in_two = (ledger.traded[:, HEDGE] != 0.0) & at_open
    first = b * np.where(in_two, index.night, index.whole)
    units = _static_units(book, ledger.traded[:, HEDGE], fill / (index.opened if at_open else index.level))
    direction = _before(units) * index.before * first
    direction += np.where(in_two, b * units * (index.level - index.opened), 0.0)
    modelled = worth * first + np.where(in_two, shares * fill * day_return(b, index), 0.0)
    made = book.held * prices.fill + book.paid - book.worth + book.shares * (prices.close - prices.fill)
    commission, slippage = costs_of(setup.terms, prices.fill, ledger.traded)
    costs = -(commission + slippage)
    dollars = {
        "direction": direction,
        "compounding": modelled - direction,
        "financing": worth * carry.financing,
        "fee": worth * carry.fee,
        "spread": worth * carry.spread,
        "tracking": made[:, HEDGE] - modelled - worth * carry.total,
        "hedge_costs": costs[:, HEDGE],
        "core": made[:, CORE].sum(axis=1),
        "interest": _interest(setup, ledger),
        "core_costs": costs[:, CORE].sum(axis=1),
    }
    return _attribution_of(setup, ledger, dollars)


def _positions(setup: Setup, ledger: Ledger) -> Positions:
    prices, reinvest = setup.prices, setup.terms.reinvest
    shares = np.where(_alive(ledger)[:, None], ledger.shares, 0.0)
    split = _before(shares) * prices.split
    held = split * (1.0 + prices.dividend / prices.open) if reinvest else split
    paid = np.zeros_like(split) if reinvest else split * prices.dividend
    return Positions(_before(shares * prices.close), held, shares, paid)


def _static_units(book: Positions, traded: Floats, a_share: Floats) -> Floats:
    """Return the index units of the static position after each session's fills, shape (sessions,).

    Parameters
    ----------
    traded
        Shares of the fund bought and sold, shape (sessions,).
    a_share
        Index units for the price of a share at each session's fill, shape (sessions,).
    """
    held, shares = book.held[:, HEDGE], book.shares[:, HEDGE]
    units, now, since = np.zeros(len(held)), 0.0, 0
    for t in np.flatnonzero(traded).tolist():
        units[since:t] = now
        if held[t] * shares[t] <= 0.0:
            now = shares[t] * a_share[t]
        elif abs(shares[t]) < abs(held[t]):
            now *= shares[t] / held[t]
        else:
            now += (shares[t] - held[t]) * a_share[t]
        since = t
    units[since:] = now
    return units


def _interest(setup: Setup, ledger: Ledger) -> Floats:
    before = _before(ledger.cash)
    earned: Floats = before * np.where(before >= 0.0, setup.terms.cash_accrual, setup.terms.borrow_accrual)
    return earned


def _attribution_of(setup: Setup, ledger: Ledger, dollars: dict[str, Floats]) -> Attribution:
    """Return the attribution, with nothing in it after a ruin, and what fills at other prices cost."""
    alive, level = _alive(ledger), setup.prices.level[:, HEDGE]
    equity = np.where(alive, ledger.equity, ledger.equity[ledger.last])
    dollars = {name: np.where(alive, column, 0.0) for name, column in dollars.items()}
    gap = np.diff(equity, prepend=equity[0]) - np.sum(list(dollars.values()), axis=0)
    gap = np.where(np.abs(gap) > OWN_FILLS * np.abs(equity), gap, 0.0)
    value = np.abs(ledger.traded) * setup.prices.fill
    total = value.sum(axis=1)
    hedge = np.divide(value[:, HEDGE], total, out=np.zeros_like(total), where=total > 0.0)
    dollars["hedge_costs"] += hedge * gap
    dollars["core_costs"] += (1.0 - hedge) * gap
    sleeve = ledger.shares[:, HEDGE] * setup.prices.close[:, HEDGE]
    weight = np.divide(sleeve, equity, out=np.zeros_like(equity), where=alive & (equity > 0.0))
    fund = np.concatenate(([0.0], level[1:] / level[:-1] - 1.0))
    a_year = sessions_a_year(setup.market.run_sessions[: ledger.last + 1])
    return Attribution({name: dollars[name] for name in COLUMNS}, equity, weight, fund, ledger.last, a_year)


def _alive(ledger: Ledger) -> Flags:
    return np.arange(len(ledger.equity)) <= ledger.last


def _before(values: Floats) -> Floats:
    """Return each session's value of the one before, 0 at t=0."""
    return np.concatenate((np.zeros_like(values[:1]), values[:-1]))


@dataclass(frozen=True)
class Bridge:
    """From the unhedged book's equity to the hedged one's, in dollars by the names of `SPANS`, in their order.

    Two readings, that sum to the same difference on every session. Both are the hedged book's column less the
    unhedged book's. They differ in what the unhedged book's dollars are taken to stand for.

    Parameters
    ----------
    daily
        Dollars of each session, shape (sessions,): they sum to the day's change of the difference, and their running
        sums to the difference itself. A book that is smaller by what its hedge lost makes less with its core ever
        after; here that stands in ``core``: what the core sold and bought back would have made, and all that the
        difference between the books has brought or missed since.
    carried
        Dollars by each close, shape (sessions,): they sum to the difference of equity. What a step did to the hedged
        book in a session, beside what its equity would have done unhedged, grows from then on as the unhedged book
        does. So the core's step is only core that wasn't held, and a loss to the fund counts with what it would have
        become.
    """

    daily: Mapping[str, Floats]
    carried: Mapping[str, Floats]


def bridge(hedged: Attribution, unhedged: Attribution) -> Bridge:
    """Return the bridge between two books of the same market and starting cash; any control can stand for a book.

    A book that was ruined keeps what it ended with.
    """
    theirs_before = _held_before(unhedged.equity)
    stands = theirs_before != 0.0  # a book that was ruined to the cent has no return afterwards
    size = np.divide(_held_before(hedged.equity), theirs_before, out=np.zeros_like(theirs_before), where=stands)
    growth = np.divide(unhedged.equity, theirs_before, out=np.ones_like(theirs_before), where=stands)
    daily, carried = {}, {}
    for name, columns in SPANS.items():
        ours = np.sum([hedged.dollars[column] for column in columns], axis=0)
        theirs = np.sum([unhedged.dollars[column] for column in columns], axis=0)
        daily[name] = ours - theirs
        carried[name] = _grown(ours - size * theirs, growth)
    return Bridge(daily, carried)


def _grown(flows: Floats, growth: Floats) -> Floats:
    """Return what flows have become by each session, when each grows from its session on."""
    worth, now = np.empty(len(flows)), 0.0
    for t, (flow, factor) in enumerate(zip(flows.tolist(), growth.tolist(), strict=True)):
        now = now * factor + flow
        worth[t] = now
    return worth


def _held_before(values: Floats) -> Floats:
    """Return each session's value of the one before, that of t=0 itself there."""
    return np.concatenate((values[:1], values[:-1]))
