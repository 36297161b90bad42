"""Controls: the books a hedge is judged against, on the same sessions at the same costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Flags, Floats
from data.errors import DataError
from data.shown import screen
from engine.analytics.derisk import Replay, sold_at_entry, sold_daily
from engine.analytics.held_less import run_held_less
from engine.analytics.metrics import Trades, trades_of
from engine.analytics.protective_put import MONEYNESS, run_protective_put
from engine.analytics.short_underlying import run_short_underlying
from engine.config import RunConfig
from engine.kernel.loop import Ledger, replay, run_given, run_policy
from engine.rules import LEAST_TRADE, Terms
from engine.setup import BORROW_FEE, Setup, rebalancing_days, sizing_of
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
    trades
        What it traded; ``None`` where it couldn't be run.
    terms
        On what terms: the run's own, but for a control whose last column isn't the fund.
    remarks
        What a reader has to know besides the numbers, a sentence each.
    """

    name: str
    title: str
    about: str
    ledger: Ledger | None
    trades: Trades | None
    terms: Terms
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        book = ("couldn't be run",) if self.ledger is None else repr(self.ledger).splitlines()
        return screen(f"Control {self.name}: {self.title}", self.about, *book, *self.remarks)


def controls_of(config: RunConfig, setup: Setup, hedged: Ledger, beta: Floats) -> Mapping[str, Control]:
    """Run every control of a hedged run but those that hold less, which are matched to it (`held_less_of`).

    Parameters
    ----------
    config, setup, hedged
        The hedged run, and what it was executed on.
    beta
        The core's beta to the underlying at each close, shape (sessions,), as `engine.setup.run_beta` gives it.

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
        _short(config, setup, hedged),
        _put(config, setup, beta),
    )
    return {control.name: control for control in made}


MATCHED = {
    "held_less": "a bad quarter of it falls as far short of an average one as the hedged book's",
    "held_less_drawdown": "its deepest fall is as deep as the hedged book's",
    "held_less_volatility": "it is as volatile as the hedged book",
}
"""Controls that hold less, and what each is matched to."""


def held_less_of(setup: Setup, name: str, share: float) -> Control:
    """Run a control of `MATCHED` that holds a share of the core all the time."""
    about = f"{100.0 * share:.1f} % of the core and the rest in cash, restored monthly, so that {MATCHED[name]}."
    return _plain(setup, name, f"{100.0 * share:.0f} % held", about, run_held_less(setup, share))


def least_controls(setup: Setup, hedged: Ledger, beta: Floats) -> Mapping[str, Control]:
    """Run the unhedged book and the one sold at entry alone, as ``controls: off`` asks for."""
    return {control.name: control for control in (_unhedged(setup), _derisk_entry(setup, hedged, beta, replay))}


def run_unhedged(setup: Setup) -> Ledger:
    """Run the same book with the hedge's weight at 0: the policy is never on."""
    calm = setup.plan._replace(size=np.zeros_like(setup.plan.size))
    return run_policy(setup.prices, setup.terms, calm)


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


def _run_constant(setup: Setup, weight: float, due: Flags) -> Ledger:
    plan = setup.plan._replace(hedge_due=due, band=np.inf)
    return run_given(setup.prices, setup.terms, plan, lambda _t, _ledger: weight)


def _unhedged(setup: Setup) -> Control:
    return _plain(setup, "unhedged", "Unhedged", "The same core without any hedge.", run_unhedged(setup))


def _derisk_entry(setup: Setup, hedged: Ledger, beta: Floats, run: Replay | None = None) -> Control:
    ledger = sold_at_entry(setup, hedged, beta, run)
    return _plain(
        setup,
        "derisk_entry",
        "Sold at entry",
        "Core sold, when the hedge is ordered, down to the beta the hedged book then has; the rest in cash.",
        ledger,
        *_beyond(setup, ledger),
    )


def _beyond(setup: Setup, derisk: Ledger) -> Iterator[str]:
    """Yield how often the core would have had to borrow to have the hedged book's beta, which funds that rise do."""
    beyond = int(np.count_nonzero(derisk.ordered & (derisk.core > 1.0 + LEAST_TRADE)))
    if beyond and not setup.terms.margin:
        yield (
            f"The core without the fund was held at 1 on {beyond} orders: more beta would have meant borrowing, so that"
            " the fund's part holds what its leverage brought."
        )


def _derisk_daily(setup: Setup, hedged: Ledger, beta: Floats) -> Control:
    followed = sold_daily(setup, hedged, beta)
    title = "Sold daily"
    return Control(
        "derisk_daily",
        title,
        "Core sold or bought, when the fund resets, to the beta of the hedged book as it drifts; the rest in cash.",
        followed.ledger,
        followed.trades,
        setup.terms,
        _ruin(setup, title, followed.ledger),
    )


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


def _short(config: RunConfig, setup: Setup, hedged: Ledger) -> Control:
    roles = setup.market.roles
    if roles.leverage < 0.0:
        title = f"{roles.underlying} sold short"
        about = (
            f"{-roles.leverage:g} times the hedge's weight of {roles.underlying} sold short in the fund's place, at"
            f" each of its orders; it pays dividends and {100.0 * BORROW_FEE:g} % a year to borrow, its cash earns."
        )
    else:
        title = f"{roles.underlying} on margin"
        about = (
            f"{roles.leverage:g} times the hedge's weight of {roles.underlying} bought on margin in the fund's place."
        )
    try:
        ledger, prices, terms = run_short_underlying(config, setup, hedged)
    except DataError as fault:
        return _absent(setup, "short_underlying", title, about, fault)
    trades = trades_of(ledger.traded, prices.fill, terms)
    return Control("short_underlying", title, about, ledger, trades, terms, _ruin(setup, title, ledger))


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
    trades = trades_of(ledger.traded, prices.fill, setup.terms)
    return Control(name, title, about, ledger, trades, setup.terms, (modelled, *_ruin(setup, title, ledger)))


def _plain(setup: Setup, name: str, title: str, about: str, ledger: Ledger, *remarks: str) -> Control:
    trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
    return Control(name, title, about, ledger, trades, setup.terms, (*remarks, *_ruin(setup, title, ledger)))


def _absent(setup: Setup, name: str, title: str, about: str, fault: DataError) -> Control:
    return Control(name, title, about, None, None, setup.terms, (f"{title} is left out: {fault}.",))


def _ruin(setup: Setup, title: str, ledger: Ledger) -> tuple[str, ...]:
    """Say when a book was ruined."""
    ruined = ledger.equity[ledger.last] <= 0.0
    return (f"{title}: the book was ruined on {setup.market.run_sessions[ledger.last]}.",) if ruined else ()
