"""Attribution: what direction, daily reset, carry and costs did to a book, in dollars; and the bridge between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from data.calendar import SESSIONS_A_YEAR, sessions_a_year
from data.fund import FEE, SPREAD
from engine.analytics.fund_exposure import Index, carry_of, day_return, fills_at_open, index_of
from engine.kernel.loop import Ledger
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
        The sleeve's share of equity at each close, all hedges together, shape (sessions,); 0 from a ruin on.
    fund
        The hedge's own total return of each session, from close to close, shape (sessions,); NaN of an option, and of
        several.
    last
        The last session with a book.
    a_year
        How many of the sessions to it make a year: `data.calendar.sessions_a_year`.
    legs
        The dollars of each traded hedge by the names of `SLEEVE`, shape (sessions,) each: they sum to `dollars`.
    funds
        Whether every hedge is a leveraged fund: nothing else decays.
    """

    dollars: Mapping[str, Floats]
    equity: Floats
    weight: Floats
    fund: Floats
    last: int
    a_year: float = SESSIONS_A_YEAR
    legs: tuple[Mapping[str, Floats], ...] = ()
    funds: bool = True

    @property
    def sleeve(self) -> Floats:
        """What the sleeve made in each session, after costs, dollars, shape (sessions,)."""
        return np.sum([self.dollars[name] for name in SLEEVE], axis=0)


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
        Of a hedge that is no fund ``direction`` is its beta known at the last close times what the underlying moved,
        ``fee`` what shares sold short owe their lender, and ``tracking`` all else that it made; the others are 0.
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
    book, prices, legs = _positions(setup, ledger), setup.prices, setup.legs
    made = book.held * prices.fill + book.paid - book.worth + book.shares * (prices.close - prices.fill)
    commission, slippage = costs_of(setup.terms, prices.fill, ledger.traded)
    whole = Whole(setup, ledger, book, made, -(commission + slippage), index_of(setup), fee, spread)
    sleeves = tuple(_sleeve_of(whole, k) for k in range(len(legs.hedges)))
    dollars = {name: np.sum([each[name] for each in sleeves], axis=0) for name in SLEEVE} | {
        "core": made[:, legs.of_core].sum(axis=1),
        "interest": _interest(setup, ledger),
        "core_costs": whole.costs[:, legs.of_core].sum(axis=1),
    }
    return _attribution_of(setup, ledger, dollars, sleeves)


class Whole(NamedTuple):
    """What the attribution of every hedge of a book begins with."""

    setup: Setup
    ledger: Ledger
    book: Positions
    made: Floats
    costs: Floats
    moved: Index
    fee: float
    spread: float


def _sleeve_of(whole: Whole, k: int) -> dict[str, Floats]:
    """Return the dollars of one hedge by the names of `SLEEVE`, shape (sessions,) each."""
    if whole.setup.legs.hedges[k].kind == "fund":
        return _fund_of(whole, k)
    setup, index, i = whole.setup, whole.moved, whole.setup.legs.of_hedge(k)
    prices, shares = setup.prices, whole.book.shares[:, i]
    in_two = (whole.ledger.traded[:, i] != 0.0) & fills_at_open(setup)
    beta = _before(setup.betas[:, k])
    stood = _before(shares * prices.spot[:, i])
    direction = beta * stood * np.where(in_two, index.night, index.whole)
    direction += np.where(in_two, beta * shares * prices.spot_fill[:, i] * (index.level / index.opened - 1.0), 0.0)
    lent = np.minimum(_before(shares), 0.0) * setup.terms.stock[i]
    fee = lent * _before(prices.close[:, i]) * setup.terms.borrow
    none = np.zeros(len(shares))
    return {
        "direction": direction,
        "compounding": none,
        "financing": none,
        "fee": fee,
        "spread": none,
        "tracking": whole.made[:, i] - direction,
        "hedge_costs": whole.costs[:, i],
    }


def _fund_of(whole: Whole, k: int) -> dict[str, Floats]:
    """Return the dollars of a leveraged fund by the names of `SLEEVE`, shape (sessions,) each."""
    setup, ledger, book, index = whole.setup, whole.ledger, whole.book, whole.moved
    b, i = setup.legs.hedges[k].leverage, setup.legs.of_hedge(k)
    carry, at_open = carry_of(setup, b, whole.fee, whole.spread), fills_at_open(setup)
    worth, shares, fill = book.worth[:, i], book.shares[:, i], setup.prices.fill[:, i]
    in_two = (ledger.traded[:, i] != 0.0) & at_open
    first = b * np.where(in_two, index.night, index.whole)
    a_share = fill / (index.opened if at_open else index.level)
    units = _static_units(book.held[:, i], shares, ledger.traded[:, i], a_share)
    direction = _before(units) * index.before * first
    direction += np.where(in_two, b * units * (index.level - index.opened), 0.0)
    modelled = worth * first + np.where(in_two, shares * fill * day_return(b, index), 0.0)
    return {
        "direction": direction,
        "compounding": modelled - direction,
        "financing": worth * carry.financing,
        "fee": worth * carry.fee,
        "spread": worth * carry.spread,
        "tracking": whole.made[:, i] - modelled - worth * carry.total,
        "hedge_costs": whole.costs[:, i],
    }


def _positions(setup: Setup, ledger: Ledger) -> Positions:
    prices, terms = setup.prices, setup.terms
    shares = np.where(_alive(ledger)[:, None], ledger.shares, 0.0)
    split = _before(shares) * prices.split
    grown = terms.reinvest & terms.stock & (split > 0.0)
    held = np.where(grown, split * (1.0 + prices.dividend / np.where(grown, prices.open, 1.0)), split)
    paid = np.where(grown, 0.0, split * prices.dividend)
    return Positions(_before(shares * prices.close), held, shares, paid)


def _static_units(held: Floats, shares: Floats, traded: Floats, a_share: Floats) -> Floats:
    """Return the index units of the static position after each session's fills, shape (sessions,).

    Parameters
    ----------
    held, shares, traded
        Shares of the fund before and after the fills, and bought or sold, shape (sessions,) each.
    a_share
        Index units for the price of a share at each session's fill, shape (sessions,).
    """
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
    return before * np.where(before >= 0.0, setup.terms.cash_accrual, setup.terms.borrow_accrual)


def _attribution_of(
    setup: Setup, ledger: Ledger, dollars: dict[str, Floats], legs: tuple[dict[str, Floats], ...]
) -> Attribution:
    """Return the attribution, with nothing in it after a ruin, and what fills at other prices cost."""
    alive, level, own = _alive(ledger), setup.prices.level, setup.legs.of_hedges
    equity = np.where(alive, ledger.equity, ledger.equity[ledger.last])
    dollars = {name: np.where(alive, column, 0.0) for name, column in dollars.items()}
    gap = np.diff(equity, prepend=equity[0]) - np.sum(list(dollars.values()), axis=0)
    gap = np.where(np.abs(gap) > OWN_FILLS * np.abs(equity), gap, 0.0)
    value = np.abs(ledger.traded) * setup.prices.fill
    total = value.sum(axis=1, keepdims=True)
    part = np.divide(value[:, own], total, out=np.zeros_like(level), where=total > 0.0)
    of_hedges = part.sum(axis=1)
    dollars["hedge_costs"] += of_hedges * gap
    dollars["core_costs"] += (1.0 - of_hedges) * gap
    for k, leg in enumerate(legs):
        leg["hedge_costs"] = leg["hedge_costs"] + part[:, k] * gap
    sleeve = (ledger.shares * setup.prices.close)[:, own].sum(axis=1)
    weight = np.divide(sleeve, equity, out=np.zeros_like(equity), where=alive & (equity > 0.0))
    fund = np.concatenate(([0.0], level[1:, 0] / level[:-1, 0] - 1.0))
    if level.shape[1] > 1:
        fund[:] = np.nan
    a_year = sessions_a_year(setup.market.run_sessions[: ledger.last + 1])
    by_leg = tuple({name: np.where(alive, leg[name], 0.0) for name in SLEEVE} for leg in legs)
    ordered, funds = {name: dollars[name] for name in COLUMNS}, all(role.kind == "fund" for role in setup.legs.hedges)
    return Attribution(ordered, equity, weight, fund, ledger.last, a_year, by_leg, funds)


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
    legs
        Of each traded hedge its part of `carried`, by the names of `SLEEVE`: they sum to the steps, but for what the
        core's trades cost.
    """

    daily: Mapping[str, Floats]
    carried: Mapping[str, Floats]
    legs: tuple[Mapping[str, Floats], ...] = ()


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
    legs = tuple({name: _grown(leg[name], growth) for name in SLEEVE} for leg in hedged.legs)
    return Bridge(daily, carried, legs)


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
