"""The recorded books: what a line of the log says of each, and how the rule book carries one to the next close."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Floats
from data.bars import COLUMNS
from data.format import as_json
from data.sources import BARS
from engine.kernel.loop import Ledger, mark, move
from engine.rules import Order, Prices, Terms, open_session
from engine.setup import Setup

BOOKS = ("hedged", "unhedged", "derisk_entry", "held_less")
"""The books that are recorded: the run's own, and controls by their keys in `engine.analytics.controls.CONTROLS`."""
BAR = COLUMNS
"""What a line holds of an instrument's bar; volume is null where it isn't known."""
PRICED = ("fill", "spot", "spot_fill")
"""What it holds besides, as of `engine.rules.Prices`."""
ACCRUALS = ("cash_accrual", "borrow_accrual", "borrow")
EACH = ("commission", "slippage", "commission_per_share", "slippage_per_share", "levy")
"""Of `engine.rules.Terms`: what a session's line holds, and what the registration holds of each instrument."""
SWITCHES = ("reinvest", "whole", "margin")


class Ground(NamedTuple):
    """What recorded books are carried on: a row a line, the first that of the line to start from."""

    labels: tuple[str, ...]
    prices: Prices
    terms: Terms


class BrokerFills(NamedTuple):
    """What the broker of somebody's own `backtrader.Strategy` gave in a session.

    Parameters
    ----------
    traded
        Shares bought (+) or sold (-), shape (instruments,).
    paid
        What that changed of the cash, dollars.
    """

    traded: Floats
    paid: float


def terms_entry(setup: Setup) -> dict[str, Any]:
    """Return the terms that no session changes, for the registration."""
    terms = setup.terms
    return {
        "core_weights": terms.core_weights.tolist(),
        **{name: getattr(terms, name).tolist() for name in EACH},
        **{name: bool(getattr(terms, name)) for name in SWITCHES},
        "stock": terms.stock.tolist(),
    }


def day_entry(setup: Setup, t: int, logged: np.datetime64 | None = None) -> dict[str, Any]:
    """Return the bars of a session and what cash earned by it, for its line.

    Parameters
    ----------
    logged
        The close before it in the log, that the session before it of the data if None.
    """
    prices, sessions = setup.prices, setup.market.run_sessions
    bars = dict[str, Any]()
    for i, label in enumerate(setup.legs.columns):
        bar = bar_of(setup, t, i, logged) | {column: float(getattr(prices, column)[t, i]) for column in PRICED}
        bars[label] = as_json(bar)
    # interest grows by the day, and up to the close in the log it was paid
    part = 1.0 if logged is None or not t else float((sessions[t] - logged) / (sessions[t] - sessions[t - 1]))
    return {"bars": bars, "accruals": {name: part * float(getattr(setup.terms, name)[t]) for name in ACCRUALS}}


def bar_of(setup: Setup, t: int, i: int, logged: np.datetime64 | None = None) -> dict[str, float]:
    """Return the bar of an instrument, by its column, in session t, with the splits and dividends since a close.

    A session that the log has and the data have no more is cut away, and what happened in it is folded into the next
    one, where it would count a second time.
    """
    market, legs = setup.market, setup.legs
    held, sessions = market.bars(legs.names[i]), market.run_sessions
    bar = {column: float(getattr(held, column)[market.first + t]) for column in BAR}
    role = None if i < len(legs.core) else legs.hedges[i - len(legs.core)]
    if logged is None or (t and sessions[t - 1] == logged) or (role is not None and role.made and role.kind != "short"):
        return bar
    name = market.underlying if role is not None and role.kind == "short" else legs.names[i]
    bars = market.source.read(BARS, name).up_to(sessions[t])
    at = int(np.searchsorted(bars.dates, logged, side="right")) - 1
    if at < 0:
        return bar
    since = bars.rows(slice(at, None)).onto(np.array([bars.dates[at], sessions[t]]))
    return bar | {"dividend": float(since.dividend[1]), "split": float(since.split[1])}


def ground_of(registered: Mapping[str, Any], days: Sequence[Mapping[str, Any]]) -> Ground:
    """Return what books are carried on from what the registration and the lines of some sessions hold."""
    labels, terms = tuple(registered["instruments"]), registered["terms"]

    def columns(name: str) -> Floats:
        return np.array([[day["bars"][label][name] for label in labels] for day in days], np.float64)

    def accrued(name: str) -> Floats:
        return np.array([day["accruals"][name] for day in days], np.float64)

    opened, close, fill, dividend, split = map(columns, ("open", "close", "fill", "dividend", "split"))
    weights = np.array(terms["core_weights"], np.float64)
    level = np.full((len(days), len(labels) - len(weights)), np.nan)  # only decisions read it
    rebased = [[day.get("rebased", {}).get(label, 1.0) for label in labels] for day in days]
    split = split * np.array(rebased, np.float64)
    prices = Prices(opened, close, fill, dividend, split, level, columns("spot"), columns("spot_fill"))
    given: dict[str, Any] = {name: np.array(terms[name], np.float64) for name in EACH}
    given |= {name: accrued(name) for name in ACCRUALS} | {name: bool(terms[name]) for name in SWITCHES}
    given["stock"] = np.array(terms["stock"], np.bool_)
    return Ground(labels, prices, Terms(cash=0.0, core_weights=weights, **given))


def standing(ledger: Ledger, t: int, labels: Sequence[str]) -> dict[str, Any] | None:
    """Return the order that a run's book gave at the close of t, for its line; None where it gave none."""
    if not ledger.ordered[t] or (t >= ledger.last and ledger.equity[ledger.last] <= 0.0):
        return None
    hedges = dict(zip(labels[len(labels) - ledger.hedges.shape[1] :], ledger.hedges[t].tolist(), strict=True))
    return {"core": float(ledger.core[t]), "hedges": hedges, "restate": bool(ledger.restate[t])}


def order_of(entry: Mapping[str, Any] | None) -> Order | None:
    """Return an order as the rule book has it, from what a line says."""
    if entry is None:
        return None
    return Order(entry["core"], np.array(list(entry["hedges"].values()), np.float64), entry["restate"])


def set_book(ground: Ground, ledger: Ledger, t: int, book: Mapping[str, Any]) -> None:
    """Write what a line says of a book into a row."""
    ledger.cash[t], ledger.equity[t] = book["cash"], book["equity"]
    ledger.shares[t] = [book["shares"][label] for label in ground.labels]


def carry(ground: Ground, ledger: Ledger, t: int, order: Order | None, given: BrokerFills | None = None) -> None:
    """Carry a book from the row before to row t: by the order that stood, or by what a broker gave."""
    prices, terms = ground.prices, ground.terms
    if given is None:
        ledger.ordered[t - 1] = order is not None
        if order is not None:
            ledger.core[t - 1], ledger.hedges[t - 1], ledger.restate[t - 1] = order
        move(prices, terms, ledger, t)
        return
    ledger.shares[t] = ledger.shares[t - 1]
    cash = open_session(prices, terms, t, float(ledger.cash[t - 1]), ledger.shares[t])
    ledger.shares[t] += given.traded
    ledger.traded[t] = given.traded
    ledger.cash[t] = cash + given.paid
    ledger.equity[t] = mark(prices, ledger, t)


def book_entry(ground: Ground, ledger: Ledger, t: int, order: object, paid: float | None = None) -> dict[str, Any]:
    """Return what a line says of a book: where it stands, what was filled, and the order for the next session.

    Parameters
    ----------
    paid
        What a broker's fills changed of the cash, where that was no fill of the rule book: its prices aren't the bar's.
    """
    traded = ledger.traded[t].tolist()
    price = [None if paid is not None else each for each in ground.prices.fill[t].tolist()]
    fills = [
        {"instrument": label, "shares": shares, "price": at}
        for label, shares, at in zip(ground.labels, traded, price, strict=True)
        if shares != 0.0
    ]
    return {
        "equity": float(ledger.equity[t]),
        "cash": float(ledger.cash[t]),
        "shares": dict(zip(ground.labels, ledger.shares[t].tolist(), strict=True)),
        "fills": fills,
        **({} if paid is None else {"paid": paid}),
        "order": order,
    }


def core_return(prices: Prices, terms: Terms, held: Floats, t: int) -> float:
    """Return the core's log return in session t, dividends reinvested, less that of cash.

    Parameters
    ----------
    held
        Shares of the core's holdings at the close before, by which they weigh, shape (holdings,); the configured
        weights where none are held.
    """
    core = slice(len(held))
    paid = prices.split[t, core] * (1.0 + prices.dividend[t, core] / prices.open[t, core])
    grown = paid * prices.close[t, core] / prices.close[t - 1, core]
    worth = held * prices.close[t - 1, core]
    weights = worth / worth.sum() if worth.sum() > 0.0 else terms.core_weights
    return math.log((weights * grown).sum()) - math.log1p(terms.cash_accrual[t])


def given_by(book: Mapping[str, Any], labels: Sequence[str]) -> BrokerFills:
    """Return what a broker gave, from what a line says."""
    traded = np.zeros(len(labels))
    for fill in book["fills"]:
        traded[labels.index(fill["instrument"])] = fill["shares"]
    return BrokerFills(traded, book["paid"])
