"""Controls: the books a hedge is judged against, on the same sessions at the same costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats
from data.errors import DataError
from data.shown import screen
from engine.config import RunConfig
from engine.judgement.protective_put import MONEYNESS, run_protective_put
from engine.judgement.short_underlying import BORROW_FEE, run_short_underlying
from engine.kernel.loop import Ledger, replay, run_given, run_policy
from engine.kernel.shifted import matched
from engine.rules import LEAST_TRADE, Prices, Terms
from engine.setup import Setup, rebalancing_days, sizing_of
from strategies.sizing import most_hedge


@dataclass(frozen=True, repr=False)
class Control:
    """One control.

    Parameters
    ----------
    name, title
        Its key in metrics.json, and what a person calls it.
    about
        What it is, in a sentence.
    ledger
        What it did; ``None`` where it couldn't be run, and then a remark says why.
    prices, terms
        What it was executed on: the run's own, but for a control whose last column isn't the fund.
    remarks
        What a reader has to know besides the numbers, a sentence each.
    """

    name: str
    title: str
    about: str
    ledger: Ledger | None
    prices: Prices
    terms: Terms
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        book = ("couldn't be run",) if self.ledger is None else repr(self.ledger).splitlines()
        return screen(f"Control {self.name}: {self.title}", self.about, *book, *self.remarks)


def controls_of(
    config: RunConfig, setup: Setup, hedged: Ledger, beta: Floats, borrow_fee: float = BORROW_FEE
) -> Mapping[str, Control]:
    """Run every control of a hedged run.

    Parameters
    ----------
    config, setup, hedged
        The hedged run, and what it was executed on.
    beta
        The core's beta to the underlying at each close, shape (sessions,), as `engine.setup.run_beta` gives it.
    borrow_fee
        What a short pays for its shares, a fraction a year.

    Returns
    -------
    Controls by name, in the order to show them: ``unhedged``, ``derisk_entry``, ``derisk_daily``, ``always_on``,
    ``buy_and_hold``, ``short_underlying``, ``protective_put``.
    """
    made = (
        _unhedged(setup),
        _derisk_entry(setup, hedged, beta),
        _derisk_daily(setup, hedged, beta),
        *_untimed(config, setup, hedged),
        _short(config, setup, hedged, borrow_fee),
        _put(config, setup, beta),
    )
    return {control.name: control for control in made}


def least_controls(setup: Setup, hedged: Ledger, beta: Floats) -> Mapping[str, Control]:
    """Run the unhedged book and the entry-matched de-risk alone, as ``controls: off`` asks for."""
    return {control.name: control for control in (_unhedged(setup), _derisk_entry(setup, hedged, beta))}


def run_unhedged(setup: Setup) -> Ledger:
    """Run the same book with the hedge's weight at 0: the policy is never on."""
    calm = setup.plan._replace(size=np.zeros_like(setup.plan.size))
    return run_policy(setup.prices, setup.terms, calm)


def run_derisk_entry(setup: Setup, hedged: Ledger, beta: Floats) -> tuple[Ledger, int]:
    """Run the entry-matched de-risk: the hedged run's orders, met by selling core down to the same beta.

    Parameters
    ----------
    setup
        What the hedged run was executed on.
    hedged
        The hedged run.
    beta
        The core's beta to the underlying at each close, shape (sessions,).

    Returns
    -------
    Ledger, int
        The control, and on how many orders its core was held at 0 because it can't go short.
    """
    return _run_derisk(setup, hedged, hedged.ordered, (hedged.core, hedged.hedge), beta)


def run_derisk_daily(setup: Setup, hedged: Ledger, beta: Floats) -> tuple[Ledger, int]:
    """Run the daily-matched de-risk: its core is ordered at every close to the beta of the hedged book.

    Where the hedged book orders at that close, it is the beta of the weights it is about to have, so that both books
    act on a decision in the same session; else that of the weights it has. While it holds no hedge and orders
    nothing there is nothing to match: both books are core and cash, and drift alike.

    Parameters
    ----------
    setup, hedged, beta
        As for `run_derisk_entry`.

    Returns
    -------
    Ledger, int
        The control, and at how many closes its core was held at 0 because it can't go short.
    """
    deciding = np.arange(len(hedged.equity)) < hedged.last
    ordered = deciding & (hedged.ordered | (hedged.shares[:, -1] != 0.0))
    return _run_derisk(setup, hedged, ordered, followed_weights(setup, hedged), beta)


def followed_weights(setup: Setup, hedged: Ledger) -> tuple[Floats, Floats]:
    """Return the weights of core and hedge that the daily-matched de-risk follows, each shape (sessions,)."""
    worth, equity = hedged.shares * setup.prices.close, hedged.equity[:, None]
    weights = np.divide(worth, equity, out=np.zeros_like(worth), where=equity > 0.0)
    core = np.where(hedged.ordered, hedged.core, weights[:, :-1].sum(axis=1))
    return core, np.where(hedged.ordered, hedged.hedge, weights[:, -1])


def run_always_on(setup: Setup, weight: float) -> Ledger:
    """Hold the hedge at one weight from the first order on, rebalanced at the first close of each month."""
    monthly = rebalancing_days(setup.market.run_sessions, "monthly")
    return _run_constant(setup, weight, monthly)


def run_buy_and_hold(setup: Setup, weight: float) -> Ledger:
    """Buy that weight of the fund with the first order and never rebalance it."""
    return _run_constant(setup, weight, np.zeros(len(setup.prices.close), np.bool_))


def median_weight(config: RunConfig, hedged: Ledger) -> float:
    """Return the median weight of the hedge over the run's orders that had one; the configured one if none had."""
    ordered = hedged.hedge[hedged.ordered & (hedged.hedge > 0.0)]
    return float(np.median(ordered)) if len(ordered) else min(config.hedge.weight, most_hedge(sizing_of(config)))


def _run_derisk(
    setup: Setup, hedged: Ledger, ordered: Flags, weights: tuple[Floats, Floats], beta: Floats
) -> tuple[Ledger, int]:
    """Replay orders for a core alone that has the beta of these weights of core and hedge."""
    leverage = setup.market.roles.leverage
    core = matched(*weights, beta, leverage)
    orders = hedged._replace(ordered=ordered, core=core, hedge=np.zeros_like(core))
    short = weights[0] * beta + leverage * weights[1] < 0.0
    return replay(setup.prices, setup.terms, orders), int(np.count_nonzero(ordered & short))


def _run_constant(setup: Setup, weight: float, due: Flags) -> Ledger:
    plan = setup.plan._replace(hedge_due=due, band=np.inf)
    return run_given(setup.prices, setup.terms, plan, lambda _t, _ledger: weight)


def _unhedged(setup: Setup) -> Control:
    return _plain(setup, "unhedged", "Unhedged", "The same core without any hedge.", run_unhedged(setup))


def _derisk_entry(setup: Setup, hedged: Ledger, beta: Floats) -> Control:
    ledger, floored = run_derisk_entry(setup, hedged, beta)
    return _plain(
        setup,
        "derisk_entry",
        "De-risked at entry",
        "Core sold, when the hedge is ordered, down to the beta the hedged book then has; the rest in cash.",
        ledger,
        *_bounds(setup, ledger, floored, "orders"),
    )


def _derisk_daily(setup: Setup, hedged: Ledger, beta: Floats) -> Control:
    ledger, floored = run_derisk_daily(setup, hedged, beta)
    return _plain(
        setup,
        "derisk_daily",
        "De-risked daily",
        "Core sold or bought every session to the beta of the hedged book, as it drifts; the rest in cash.",
        ledger,
        *_bounds(setup, ledger, floored, "closes"),
    )


def _bounds(setup: Setup, derisk: Ledger, floored: int, times: str) -> Iterator[str]:
    """Say how often the de-risked core couldn't be what it had to be."""
    if floored:
        yield f"The de-risked core was held at 0 on {floored} {times}: less beta would have meant going short."
    beyond = int(np.count_nonzero(derisk.ordered & (derisk.core > 1.0 + LEAST_TRADE)))
    if beyond and not setup.terms.margin:
        yield f"The de-risked core was held at 1 on {beyond} {times}: more beta would have meant borrowing."


def _untimed(config: RunConfig, setup: Setup, hedged: Ledger) -> Iterator[Control]:
    weight, fund, chosen = median_weight(config, hedged), setup.market.hedge, config.portfolio.rebalance
    whose = "median weight ordered" if (hedged.hedge > 0.0).any() else "configured weight"
    share = f"{100.0 * weight:.4g} % of equity in {fund}, the {whose}"
    restated = (f"portfolio.rebalance: {chosen} restates the fund too.",) if setup.plan.core_due.any() else ()
    yield _plain(
        setup,
        "always_on",
        f"{fund} always on",
        f"{share}, held from the first session and rebalanced monthly.",
        run_always_on(setup, weight),
    )
    yield _plain(
        setup,
        "buy_and_hold",
        f"{fund} bought and held",
        f"{share}, bought in the first session and never rebalanced.",
        run_buy_and_hold(setup, weight),
        *restated,
    )


def _short(config: RunConfig, setup: Setup, hedged: Ledger, borrow_fee: float) -> Control:
    roles = setup.market.roles
    if roles.leverage < 0.0:
        title = f"{roles.underlying} sold short"
        about = (
            f"{-roles.leverage:g} times the hedge's weight of {roles.underlying} sold short in the fund's place, at"
            f" each of its orders; it pays dividends and {100.0 * borrow_fee:g} % a year to borrow, its cash earns."
        )
    else:
        title = f"{roles.underlying} on margin"
        about = (
            f"{roles.leverage:g} times the hedge's weight of {roles.underlying} bought on margin in the fund's place."
        )
    try:
        ledger, prices, terms = run_short_underlying(config, setup, hedged, borrow_fee)
    except DataError as fault:
        return _absent(setup, "short_underlying", title, about, fault)
    return Control("short_underlying", title, about, ledger, prices, terms, _ruin(setup, title, ledger))


def _put(config: RunConfig, setup: Setup, beta: Floats) -> Control:
    name, title = "protective_put", "Protective put"
    about = (
        f"A one-month put on the whole core, struck {100.0 * (1.0 - MONEYNESS):g} % below {setup.market.underlying},"
        " rolled on the first session of each month and paid for by selling core."
    )
    try:
        ledger, prices = run_protective_put(config, setup, beta)
    except DataError as fault:
        return _absent(setup, name, title, about, fault)
    modelled = "Modelled, by Black-Scholes-Merton at VIX times the sector's realised volatility over that of SPY."
    return Control(name, title, about, ledger, prices, setup.terms, (modelled, *_ruin(setup, title, ledger)))


def _plain(setup: Setup, name: str, title: str, about: str, ledger: Ledger, *remarks: str) -> Control:
    return Control(name, title, about, ledger, setup.prices, setup.terms, (*remarks, *_ruin(setup, title, ledger)))


def _absent(setup: Setup, name: str, title: str, about: str, fault: DataError) -> Control:
    return Control(name, title, about, None, setup.prices, setup.terms, (f"{title} is left out: {fault}.",))


def _ruin(setup: Setup, title: str, ledger: Ledger) -> tuple[str, ...]:
    """Say when a book was ruined."""
    ruined = ledger.equity[ledger.last] <= 0.0
    return (f"{title}: the book was ruined on {setup.market.run_sessions[ledger.last]}.",) if ruined else ()
